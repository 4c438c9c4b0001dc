"""`python -m local.screenshot docs/page.png`: the page with an answer, as the README shows it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import sync_playwright

from functions.predict.api import make_handler
from local.gateway import Gateway
from local.s3 import running_s3
from local.serving import HOST, bound, serving
from local.site import page_with_api
from picklejar.errors import InvalidConfiguration
from picklejar.serving.jar import Jar
from training.terminal import reported

WIDTH, HEIGHT = 1280, 1180

app = typer.Typer()


@app.command()
def take(
    file: Annotated[Path, typer.Argument(help="The PNG to write.")],
    build: Annotated[Path, typer.Option(help="Where the bundles to publish are.")] = Path("build"),
    model: Annotated[str, typer.Option(help="The model to show.")] = "housing",
) -> None:
    """Start the stack, open the page in Chromium, wait for its first answer, and write the picture."""
    with reported(), bound(0) as listening, running_s3() as s3:
        s3.publish_all(build)
        gateway = Gateway(make_handler(Jar(s3.store(), live_allowed=True), ()))
        with serving(page_with_api(gateway), listening):
            file.parent.mkdir(parents=True, exist_ok=True)
            _photograph(f"http://{HOST}:{listening.getsockname()[1]}/#/{model}", file)


def _photograph(address: str, file: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-US")
        page.goto(address)
        page.locator("path.curve").wait_for()
        page.locator("#version").click()
        page.screenshot(path=file)
        browser.close()


def _chromium() -> str:
    path = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if path is None:
        raise InvalidConfiguration("Chromium is not installed; the picture is taken with it.")
    return path


if __name__ == "__main__":
    app()

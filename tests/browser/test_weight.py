"""What the page weighs, and what it is made of."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import opened

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
MOST_BYTES = 40_000
# No file is so long that it cannot be read at one sitting.
MOST_LINES = 220


def test_the_first_load_is_small(
    page: Page, site: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """All files until the first answer and its curve, as they are sent; a classifier's bars and the icon as well."""
    loaded = {f"{site}/icon.svg", f"{site}/ask/bars.js"}
    page.on("response", lambda response: loaded.add(response.url))
    opened(page, f"{site}/#/housing", "House price")
    page.wait_for_load_state("networkidle")
    sent = {url: _sent_bytes(url) for url in loaded if "/api/" not in url}
    record_testsuite_property("first_load_bytes", sum(sent.values()))
    assert {f"{site}/{name}" for name in ("", "config.json", "main.js", "styles/ask.css", "whatif/curve.js")} < {*sent}
    assert sum(sent.values()) < MOST_BYTES


def _sent_bytes(url: str) -> int:
    """The bytes of an answer's body on the wire."""
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as response:
        response.raise_for_status()
        response.read()
        return response.num_bytes_downloaded


def test_nothing_moves_for_whom_motion_is_too_much(page: Page, site: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    opened(page, f"{site}/#/housing", "House price")
    seconds = "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one).transitionDuration)"
    assert set(page.evaluate(seconds)) == {"0s"}


def test_the_basics_hold(housing: Page) -> None:
    assert housing.locator("h1").count() == 1
    assert housing.locator("html").get_attribute("lang") == "en"
    assert len(housing.locator("meta[name=description]").get_attribute("content") or "") > 50
    assert "width=device-width" in (housing.locator("meta[name=viewport]").get_attribute("content") or "")
    assert housing.title() == "House price · Picklejar"
    assert housing.evaluate(
        "[...document.querySelectorAll('input, select')].every((one) => one.labels.length || one.ariaLabel)"
    )
    housing.locator("#card summary").click()
    housing.locator("#card img").first.wait_for()
    assert housing.locator("img:not([alt]), img[alt='']").count() == 0


@pytest.mark.parametrize(("file", "main"), [("index.html", "main.js"), ("api.html", "reference/main.js")])
def test_every_module_of_the_first_load_is_asked_for_at_once(page: Page, site: str, file: str, main: str) -> None:
    """A browser would find them one import after the other, and each would cost a way to the server and back."""
    page.goto(f"{site}/{file}#/housing")
    page.get_by_role("heading", level=1, name="House price").wait_for()
    names = "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname.slice(1))"
    loaded = {name for name in page.evaluate(names) if name.endswith(".js")}
    preloaded = re.findall(r'rel="modulepreload" href="([^"]+)"', (WEB / file).read_text(encoding="utf-8"))
    assert loaded == {*preloaded, main}


@pytest.mark.parametrize("script", sorted(WEB.rglob("*.js")), ids=lambda path: path.relative_to(WEB).as_posix())
def test_a_module_is_small_and_writes_no_markup(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text.startswith("// ")
    assert len(text.splitlines()) <= MOST_LINES
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\balert\(", text)
    # The requests to take away fetch and print, too.
    if script.name not in {"api.js", "exchange.js", "snippets.js"}:
        assert not re.search(r"\bfetch\(|console\.", text)


@pytest.mark.parametrize("file", ["index.html", "api.html"])
def test_a_page_has_nothing_inline(file: str) -> None:
    text = (WEB / file).read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)|https?://(?!127\.0\.0\.1|localhost)", text)


def test_the_page_asks_no_other_host(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, site, "House price")
    assert all(url.startswith(site) for url in asked)


def test_the_modules_hold_by_themselves(tool: Callable[[str], str]) -> None:
    finished = subprocess.run(
        [tool("node"), "--test", "tests/web/"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr

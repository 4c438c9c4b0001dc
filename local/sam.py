"""`python -m local.sam`: the same stack in Lambda's real runtime, by `sam local start-api`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer

from local.kept_s3 import PORT, shared_s3
from local.s3 import KEY, REGION, LocalS3, addresses
from local.serving import HIGHEST_PORT, HOST, bound, serve
from local.site import page_for
from picklejar.environment import LOCAL_S3
from picklejar.errors import PicklejarError
from training.terminal import reported

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / ".aws-sam" / "build" / "template.yaml"
VARIABLES = ROOT / "local" / "env.json"
# The first answer waits for SAM to make the container's image.
SECONDS_TO_ANSWER = 300

app = typer.Typer()


class ApiNotStarted(PicklejarError):
    """`sam local start-api` ended or never answered; its own words are above."""


@app.command()
def start(
    port: Annotated[int, typer.Option(min=1, max=HIGHEST_PORT, help="The port of the page.")] = 8000,
    api_port: Annotated[int, typer.Option(min=1, max=HIGHEST_PORT, help="The port of the API.")] = 3000,
    build: Annotated[Path, typer.Option(help="Where the bundles to publish are.")] = Path("build"),
) -> None:
    """Start S3 unless `make s3` runs, publish the trained models to it, and serve API by SAM and page until Ctrl-C."""
    site = f"http://{HOST}:{port}"
    with reported(), bound(port) as listening, shared_s3(hosts=addresses()) as s3:
        names = s3.publish_all(build)
        typer.echo(f"Serving {', '.join(names)}. Waiting for SAM, which makes an image the first time.")
        with running_sam(s3, [site, site.replace(HOST, "localhost")], api_port) as api:
            typer.echo(f"\n  Page   {site}/\n  API    {api}/models\n\n  Ctrl-C ends everything.\n")
            serve(page_for(api), listening)


@contextmanager
def running_sam(s3: LocalS3, origins: list[str], port: int, template: Path = TEMPLATE) -> Iterator[str]:
    """Run `sam local start-api` and yield the API's address once it answers."""
    with bound(port, "API_PORT"):
        pass  # SAM's own words for a port that is taken are a page long
    command = [str(Path(sys.executable).with_name("sam")), "local", "start-api", "--port", str(port)]
    with tempfile.TemporaryDirectory() as temporary:
        variables = Path(temporary) / "variables.json"
        variables.write_text(json.dumps(variables_for(s3, origins)))
        # SAM would look for its configuration beside the built template.
        command += ["--config-file", str(ROOT / "samconfig.toml"), "--template", str(template)]
        command += ["--env-vars", str(variables)]
        process = subprocess.Popen(command, env=os.environ | _account())
        try:
            api = f"http://{HOST}:{port}"
            _await_answer(api, process)
            yield api
        finally:
            process.terminate()
            process.wait()


def variables_for(s3: LocalS3, origins: list[str]) -> dict[str, dict[str, str]]:
    """Return what local/env.json says, for this S3 and these origins."""
    variables: dict[str, dict[str, str]] = json.loads(VARIABLES.read_text())
    endpoint = LOCAL_S3.replace(str(PORT), str(s3.port))
    functions = {name: said | {"MODELS_BUCKET": s3.bucket, "S3_ENDPOINT": endpoint} for name, said in variables.items()}
    functions["PredictFunction"]["ALLOWED_ORIGINS"] = ",".join(origins)
    return functions


def _account() -> dict[str, str]:
    # SAM hands its own credentials to the container; a laptop's real ones have no business there.
    return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY, "AWS_DEFAULT_REGION": REGION}


def _await_answer(api: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ApiNotStarted("`sam local start-api` ended; what it said is above. Is Docker running?")
        try:
            httpx.get(f"{api}/models", timeout=SECONDS_TO_ANSWER)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise ApiNotStarted(f"`sam local start-api` did not answer within {SECONDS_TO_ANSWER} s.")


if __name__ == "__main__":
    app()

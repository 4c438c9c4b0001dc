"""`python -m local`: the whole stack on a laptop, without an account or Docker."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from functions.predict.api import make_handler
from local.gateway import Gateway
from local.kept_s3 import PORT, shared_s3
from local.s3 import LocalS3
from local.serving import HIGHEST_PORT, HOST, bound, serve, serving
from local.site import api_alone, page_with_api
from picklejar.serving.jar import Jar
from training.terminal import reported

app = typer.Typer()


@app.command()
def start(
    port: Annotated[int, typer.Option(min=0, max=HIGHEST_PORT, help="The port of the page and the API.")] = 8000,
    build: Annotated[Path, typer.Option(help="Where the bundles to publish are.")] = Path("build"),
    keys: Annotated[bool, typer.Option(help="Give the API an address of its own, which asks for a key.")] = False,
    api_port: Annotated[int, typer.Option(min=0, max=HIGHEST_PORT, help="The port of that address.")] = 3000,
    s3_port: Annotated[int, typer.Option(min=1, max=HIGHEST_PORT, help="Where `make s3` is, if it runs.")] = PORT,
) -> None:
    """Start S3 unless `make s3` runs, publish the trained models to it, and serve API and page until Ctrl-C."""
    with reported(), bound(port) as listening, shared_s3(s3_port) as s3:
        names = s3.publish_all(build)
        site = f"http://{HOST}:{listening.getsockname()[1]}"
        handler = make_handler(Jar(s3.store(), live_allowed=True), (site, site.replace(HOST, "localhost")))
        gateway = Gateway(handler, secrets.token_urlsafe(30) if keys else None)
        with _own_address(gateway, api_port) if gateway.key else nullcontext("") as own:
            typer.echo(_greeting(site, s3, names, own))
            serve(page_with_api(gateway), listening)


@contextmanager
def _own_address(gateway: Gateway, port: int) -> Iterator[str]:
    """Serve the API alone while the block lasts, and yield how to call it."""
    with bound(port, "API_PORT") as listening, serving(api_alone(gateway), listening):
        yield f"""
  The API's own address asks for a key; the page's sends it for its readers.

  curl http://{HOST}:{listening.getsockname()[1]}/api/models -H 'x-api-key: {gateway.key}'
"""


def _greeting(site: str, s3: LocalS3, names: list[str], own_address: str) -> str:
    return f"""
  Page   {site}/
  API    {site}/api/models

  Serving {", ".join(names) or "no models yet"}. Try:

  curl {site}/api/models
  curl {site}/api/models/sales/predict -H 'content-type: application/json' \\
    -d '{{"instances": [{{"rate": 4, "sales_in_first_month": 300, "sales_in_second_month": 500}}]}}'

  Another model, from a second terminal:
  .venv/bin/picklejar publish NAME --bucket {s3.bucket} --endpoint-url {s3.endpoint}
{own_address}
  Ctrl-C ends everything.
"""


if __name__ == "__main__":
    app()

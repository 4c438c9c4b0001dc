"""`python -m local`: the whole stack on a laptop, without an account or Docker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from functions.predict.api import make_handler
from local.gateway import Gateway
from local.s3 import PORT, LocalS3, shared_s3
from local.serving import HIGHEST_PORT, HOST, bound, serve
from local.site import page_with_api
from picklejar.serving.jar import Jar
from training.terminal import reported

app = typer.Typer()


@app.command()
def start(
    port: Annotated[int, typer.Option(min=0, max=HIGHEST_PORT, help="The port of the page and the API.")] = 8000,
    build: Annotated[Path, typer.Option(help="Where the bundles to publish are.")] = Path("build"),
    s3_port: Annotated[int, typer.Option(min=1, max=HIGHEST_PORT, help="Where `make s3` is, if it runs.")] = PORT,
) -> None:
    """Start S3 unless `make s3` runs, publish the trained models to it, and serve API and page until Ctrl-C."""
    with reported(), bound(port) as listening, shared_s3(s3_port) as s3:
        names = s3.publish_all(build)
        site = f"http://{HOST}:{listening.getsockname()[1]}"
        gateway = Gateway(make_handler(Jar(s3.store(), live_allowed=True), (site, site.replace(HOST, "localhost"))))
        typer.echo(_greeting(site, s3, names))
        serve(page_with_api(gateway), listening)


def _greeting(site: str, s3: LocalS3, names: list[str]) -> str:
    return f"""
  Page   {site}/
  API    {site}/api/models

  Serving {", ".join(names) or "no models yet"}. Try:

  curl {site}/api/models
  curl {site}/api/models/sales/predict -H 'content-type: application/json' \\
    -d '{{"instances": [{{"rate": 4, "sales_in_first_month": 300, "sales_in_second_month": 500}}]}}'

  Another model, from a second terminal:
  .venv/bin/picklejar publish NAME --bucket {s3.bucket} --endpoint-url {s3.endpoint}

  Ctrl-C ends everything.
"""


if __name__ == "__main__":
    app()

"""`python -m local.kept_s3`, which `make s3` is: one S3 at a fixed port, for `sam local` and `make start`."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from local.s3 import BUCKET, LocalS3, addresses, running_s3
from local.serving import HIGHEST_PORT, HOST
from picklejar.bucket import version_key
from picklejar.environment import LOCAL_S3
from picklejar.manifest import MANIFEST_FILE
from training.terminal import reported

PORT = urlsplit(LOCAL_S3).port or 0
BATCH_BUCKET = "picklejar-batch"
EXAMPLE = "incoming/sales/example.csv"
EXAMPLE_ROWS = b"rate,sales_in_first_month,sales_in_second_month\n4,300,500\n5,200,400\n,,450\n"
PICTURE_EVENT = Path(__file__).parents[1] / "events" / "picture.json"

app = typer.Typer()


@app.command()
def keep(
    port: Annotated[int, typer.Option(min=1, max=HIGHEST_PORT, help="The port, which local/env.json names.")] = PORT,
    build: Annotated[Path, typer.Option(help="Where the bundles to publish are.")] = Path("build"),
) -> None:
    """Start S3 for `sam local` and `make start`, publish the trained models to it, and keep it until Ctrl-C."""
    hosts = addresses()
    with reported(), running_s3(port=port, hosts=hosts) as s3:
        make_batch_bucket(LocalS3(s3.port, BATCH_BUCKET))
        names = s3.publish_all(build)
        typer.echo(_greeting(s3, hosts, names))
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


@contextmanager
def shared_s3(port: int = PORT, hosts: tuple[str, ...] = (HOST,)) -> Iterator[LocalS3]:
    """Yield the S3 that `make s3` keeps, or run one on a free port of `hosts` while the block lasts."""
    kept = LocalS3(port)
    if _is_kept(kept):
        yield kept
        return
    with running_s3(hosts=hosts) as own:
        yield own


def make_batch_bucket(batch: LocalS3) -> None:
    """Make a bucket for files of many rows, with the file that events/plan.json names."""
    client = batch.client()
    client.create_bucket(Bucket=batch.bucket)
    # Before the bucket has versions, because then the file's is `null`, in every bucket and so in the event.
    client.put_object(Bucket=batch.bucket, Key=EXAMPLE, Body=EXAMPLE_ROWS)
    batch.make_bucket()


def _is_kept(s3: LocalS3) -> bool:
    """Whether this port answers as an S3 of ours; another's refuses who sends no key."""
    try:
        answers = [httpx.head(f"{s3.endpoint}/{bucket}", timeout=1) for bucket in (BUCKET, BATCH_BUCKET)]
    except httpx.HTTPError:
        return False
    return all(answer.is_success for answer in answers)


def _greeting(s3: LocalS3, hosts: tuple[str, ...], names: list[str]) -> str:
    return f"""
  S3      {s3.endpoint}{_for_containers(s3, hosts)}
  Models  {s3.bucket}: {", ".join(names) or "none yet"}
  Files   {BATCH_BUCKET}: {EXAMPLE}

  From a second terminal, after `source .venv/bin/activate` and `sam build`:

  sam local start-api
  sam local invoke PredictFunction -e events/predict.json
  sam local invoke BatchFunction -e events/plan.json

  Another model:
  .venv/bin/picklejar publish NAME --bucket {s3.bucket} --endpoint-url {s3.endpoint}
{_other_picture(s3)}
  Ctrl-C ends it, and with it all that is in it.
"""


def _for_containers(s3: LocalS3, hosts: tuple[str, ...]) -> str:
    if len(hosts) > 1:
        return f", and for containers {hosts[1]}:{s3.port}"
    # Docker Desktop leads containers to the first address.
    return "; no bridge of Docker's was found, so no container reaches it" if sys.platform == "linux" else ""


def _other_picture(s3: LocalS3) -> str:
    """Say so where the event for a picture names another version than the one trained here."""
    _, _, name, _, version, *_ = json.loads(PICTURE_EVENT.read_text())["path"].split("/")
    if s3.has(version_key(name, version, MANIFEST_FILE)):
        return ""
    return f"\n  events/picture.json asks for version {version} of {name}, which is not here; name yours there.\n"


if __name__ == "__main__":
    app()

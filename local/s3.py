"""`python -m local.s3`, which `make s3` is: S3 on a laptop, by moto's server, with the models' bucket in it."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import boto3
import httpx
import typer
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from local.serving import HIGHEST_PORT, HOST, PortTaken, bound
from picklejar.bucket import LOCAL_KEY, alias_key, s3_store, version_key
from picklejar.environment import LOCAL_S3
from picklejar.manifest import MANIFEST_FILE, Manifest, decode_manifest
from training.registry.publish import publish
from training.terminal import reported

BUCKET = "picklejar-models"
BATCH_BUCKET = "picklejar-batch"
REGION = "us-east-1"
KEY = LOCAL_KEY
PORT = urlsplit(LOCAL_S3).port or 0
WHY_ALL_SERVE = "On a laptop every trained model is shown, also one that predicts nothing and says so on its card."
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
        s3.make_batch_bucket()
        names = s3.publish_all(build)
        typer.echo(_greeting(s3, hosts, names))
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


@dataclass(frozen=True)
class LocalS3:
    """A running S3 on this machine's `port`, in memory."""

    port: int
    bucket: str = BUCKET

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def store(self) -> S3Store:
        return s3_store(self.bucket, region=REGION, endpoint=self.endpoint)

    def publish_all(self, build: Path) -> list[str]:
        """Publish every bundle that is not there yet, and return the names of all."""
        manifests = sorted(build.glob(f"*/{MANIFEST_FILE}"))
        return [self._publish(manifest.parent, decode_manifest(manifest.read_bytes())) for manifest in manifests]

    def make_bucket(self) -> None:
        """Make the bucket as template.yaml has it; one that is there stays."""
        client = self._client()
        client.create_bucket(Bucket=self.bucket)
        client.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def make_batch_bucket(self) -> None:
        """Make the bucket for files of many rows, with the file that events/plan.json names."""
        batch = LocalS3(self.port, BATCH_BUCKET)
        client = batch._client()
        client.create_bucket(Bucket=batch.bucket)
        # Before the bucket has versions, because then the file's is `null`, in every bucket and so in the event.
        client.put_object(Bucket=batch.bucket, Key=EXAMPLE, Body=EXAMPLE_ROWS)
        batch.make_bucket()

    def has(self, *keys: str) -> bool:
        """Whether the bucket has all of the keys."""
        with suppress(FileNotFoundError):
            return all(map(self.store().head, keys))
        return False

    def _publish(self, bundle: Path, manifest: Manifest) -> str:
        # Not again: a version that somebody rolled back from would serve once more.
        if not self.has(version_key(manifest.name, manifest.version, MANIFEST_FILE), alias_key(manifest.name)):
            publish(bundle, self.store(), _silently, WHY_ALL_SERVE)
        return manifest.name

    def _client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=KEY
        )


@contextmanager
def running_s3(bucket: str = BUCKET, port: int = 0, hosts: tuple[str, ...] = (HOST,)) -> Iterator[LocalS3]:
    """Run S3 with a models' bucket on `port`, 0 for a free one, of `hosts` while the block lasts; raises PortTaken.

    Its content lasts as long as the process: two of them share buckets of one name.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with ExitStack() as running:
        for host in hosts:
            server = _server(host, port)
            running.callback(server.stop)
            port = server.get_host_and_port()[1]
        s3 = LocalS3(port, bucket)
        s3.make_bucket()
        yield s3


@contextmanager
def shared_s3(port: int = PORT, hosts: tuple[str, ...] = (HOST,)) -> Iterator[LocalS3]:
    """Yield the S3 that `make s3` keeps, or run one on a free port of `hosts` while the block lasts."""
    kept = LocalS3(port)
    if _is_kept(kept):
        yield kept
        return
    with running_s3(hosts=hosts) as own:
        yield own


def addresses() -> tuple[str, ...]:
    """Return this machine's addresses for itself and for its containers.

    The second is Docker's bridge. Docker Desktop has that in a machine of its own, and leads containers to the first.
    """
    command = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
    with suppress(OSError), socket.socket() as bridge:
        address = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        if address:
            bridge.bind((address, 0))
            return HOST, address
    return (HOST,)


def _server(host: str, port: int) -> ThreadedMotoServer:
    try:
        # The server itself would end its thread, and leave us waiting for it.
        with bound(port, host=host):
            server = ThreadedMotoServer(host, port, verbose=False)
    except PortTaken:
        raise PortTaken(
            f"Port {port} is taken, perhaps by another `make s3`; end what listens there. local/env.json sends the "
            "functions to this port."
        ) from None
    server.start()
    return server


def _is_kept(s3: LocalS3) -> bool:
    """Whether this port answers as an S3 of ours; another's refuses who sends no key."""
    try:
        answers = [httpx.head(f"{s3.endpoint}/{bucket}", timeout=1) for bucket in (BUCKET, BATCH_BUCKET)]
    except httpx.HTTPError:
        return False
    return all(answer.is_success for answer in answers)


def _greeting(s3: LocalS3, hosts: tuple[str, ...], names: list[str]) -> str:
    return f"""
  S3      {s3.endpoint}{"".join(f", and for containers {host}:{s3.port}" for host in hosts[1:])}
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


def _other_picture(s3: LocalS3) -> str:
    """Say so where the event for a picture names another version than the one trained here."""
    _, _, name, _, version, *_ = json.loads(PICTURE_EVENT.read_text())["path"].split("/")
    if s3.has(version_key(name, version, MANIFEST_FILE)):
        return ""
    return f"\n  events/picture.json asks for version {version} of {name}, which is not here; name yours there.\n"


def _silently(_: str) -> None:
    return


if __name__ == "__main__":
    app()

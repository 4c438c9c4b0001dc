"""S3 on a laptop: moto's server, with the models' bucket in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from picklejar.bucket import s3_store
from picklejar.manifest import MANIFEST_FILE
from training.registry.publish import publish

BUCKET = "picklejar-models"
REGION = "us-east-1"
KEY = "local"
WHY_ALL_SERVE = "On a laptop every trained model is shown, also one that predicts nothing and says so on its card."


@dataclass(frozen=True)
class LocalS3:
    """A running S3 on this machine's `port`, in memory."""

    port: int
    bucket: str = BUCKET

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def store(self) -> S3Store:
        return s3_store(self.bucket, region=REGION, endpoint=self.endpoint, credentials=_credentials)

    def publish_all(self, build: Path) -> list[str]:
        bundles = sorted(manifest.parent for manifest in build.glob(f"*/{MANIFEST_FILE}"))
        return [publish(bundle, self.store(), _silently, WHY_ALL_SERVE).manifest.name for bundle in bundles]


@contextmanager
def running_s3(host: str = "127.0.0.1", bucket: str = BUCKET) -> Iterator[LocalS3]:
    """Run S3 with a models' bucket on a free port of `host` while the block lasts.

    Its content lasts as long as the process: two of them share buckets of one name.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(host, port=0, verbose=False)
    server.start()
    try:
        s3 = LocalS3(server.get_host_and_port()[1], bucket)
        client = boto3.client(
            "s3", endpoint_url=s3.endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=KEY
        )
        client.create_bucket(Bucket=bucket)
        yield s3
    finally:
        server.stop()


def _credentials() -> dict[str, Any]:
    return {"access_key_id": KEY, "secret_access_key": KEY, "expires_at": None}


def _silently(_: str) -> None:
    return

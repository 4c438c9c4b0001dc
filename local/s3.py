"""S3 on a laptop: moto's server, with the models' bucket in it."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from local.serving import HOST, PortTaken, bound
from picklejar.bucket import LOCAL_KEY, alias_key, s3_store, version_key
from picklejar.manifest import MANIFEST_FILE, Manifest, decode_manifest
from training.registry.publish import publish

BUCKET = "picklejar-models"
REGION = "us-east-1"
KEY = LOCAL_KEY
WHY_ALL_SERVE = "On a laptop every trained model is shown, also one that predicts nothing and says so on its card."


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

    def client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=KEY
        )

    def publish_all(self, build: Path) -> list[str]:
        """Publish every bundle that is not there yet, and return the names of all."""
        manifests = sorted(build.glob(f"*/{MANIFEST_FILE}"))
        return [self._publish(manifest.parent, decode_manifest(manifest.read_bytes())) for manifest in manifests]

    def make_bucket(self) -> None:
        """Make the bucket as template.yaml has it; one that is there stays."""
        client = self.client()
        client.create_bucket(Bucket=self.bucket)
        client.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

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


def addresses() -> tuple[str, ...]:
    """Return this machine's addresses for itself and for its containers.

    The second is Docker's bridge. Docker Desktop has that in a machine of its own, and leads containers to the first.
    """
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    with suppress(OSError), socket.socket() as bridge:
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        for network in json.loads(told or "[]") or []:
            # An engine tells the gateway only once it was started anew; it is the first address by default.
            address = network.get("Gateway") or str(next(ip_network(network["Subnet"]).hosts()))
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


def _silently(_: str) -> None:
    return

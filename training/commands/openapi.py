"""The command that describes an API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from picklejar.manifest import Manifest
from picklejar.registry import Registry
from training import manifests
from training.commands.options import Build, Endpoint, OptionalBucket, Profile, Region
from training.terminal import reported

app = typer.Typer()


@app.command()
def openapi(
    names: Annotated[list[str] | None, typer.Argument(help="The models' names; all without.")] = None,
    bucket: OptionalBucket = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    build: Build = Path("build"),
    url: Annotated[
        str | None, typer.Option(help="The API's address, up to and without /models; the document's own without.")
    ] = None,
) -> None:
    """Print the description of an API in OpenAPI 3.1, as its /openapi.json has it.

    Without a bucket, it describes the bundles trained here.

    Example: picklejar openapi housing > openapi.json
    """
    from picklejar.openapi.document import BESIDE, document_of

    with reported():
        found = _champions(names, bucket, profile, region, endpoint) if bucket else _bundles(names, build)
        typer.echo(json.dumps(document_of(found, url or BESIDE), indent=2, ensure_ascii=False))


def _champions(
    names: list[str] | None, bucket: str, profile: str | None, region: str | None, endpoint: str | None
) -> list[Manifest]:
    from training.registry.store import open_store

    store = open_store(bucket, profile, region, endpoint)
    if not names:
        return manifests.all_champions(store)
    return [manifests.champion_of(Registry(store), name) for name in sorted(set(names))]


def _bundles(names: list[str] | None, build: Path) -> list[Manifest]:
    if not names:
        return manifests.all_of(build)
    return [manifests.manifest_of(build / name) for name in sorted(set(names))]

"""Publishes the trained models to the stack's bucket."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from obstore.store import ObjectStore

from deployment.samconfig import ROOT
from picklejar.bucket import CHAMPION
from picklejar.manifest import MANIFEST_FILE, decode_manifest
from training.aws.account import Account
from training.registry import aliases
from training.registry.publish import publish
from training.registry.store import open_store

BUILD = ROOT / "build"
DEMO = "It is a demonstration, which make deploy promotes whatever its scores are."

Say = Callable[[str], None]


def publish_models(
    account: Account, bucket: str, say: Say, build: Path = BUILD, demos: Collection[str] = ()
) -> list[str]:
    """Publish every bundle under `build`, and return the names of the serving models.

    The gate has no say about `demos`. A version that was ever the champion is left alone: a rollback stays. Raises like
    `training.registry.publish.publish`.
    """
    store = open_store(bucket, account.profile, account.region, account.s3_endpoint)
    names = [bundle.name for bundle in sorted(build.glob("*")) if (bundle / MANIFEST_FILE).is_file()]
    for name in names:
        say(_published(build / name, store, DEMO if name in demos else None))
    return [name for name in names if aliases.read(store, name, CHAMPION)]


def _published(bundle: Path, store: ObjectStore, promote_anyway: str | None) -> str:
    manifest = decode_manifest((bundle / MANIFEST_FILE).read_bytes())
    champion = aliases.read(store, manifest.name, CHAMPION)
    if champion and any(move.version == manifest.version for move in champion.alias.history):
        return f"{manifest.name} {manifest.version} has served already; {champion.alias.version} serves."
    done = publish(bundle, store, lambda _: None, promote_anyway)
    if done.refusal:
        return f"{manifest.name} {manifest.version} is published, and not promoted. {done.refusal}"
    return f"{manifest.name} {manifest.version} is published, and serves. {done.proof}"

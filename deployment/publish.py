"""Publishes the trained models to the stack's bucket."""

from __future__ import annotations

from collections.abc import Callable
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
# The models that Picklejar comes with; no scores of theirs are of any use to anybody.
DEMOS = frozenset({"housing", "sales"})
DEMO = "It is a demonstration, which make publish DEMO=1 promotes whatever its scores are."
NOTHING = (
    "There is no model of your own in {build}: make one by `picklejar new` or `picklejar adopt`. `make publish DEMO=1` "
    "publishes the two that come with Picklejar."
)

Say = Callable[[str], None]


def publish_models(account: Account, bucket: str, say: Say, build: Path = BUILD, *, demos: bool = False) -> list[str]:
    """Publish every bundle under `build`, and return the names of the serving models.

    The `DEMOS` are left out unless `demos`, and the gate has no say about them. A version that was ever the champion is
    left alone: a rollback stays. Raises like `training.registry.publish.publish`.
    """
    store = open_store(bucket, account.profile, account.region, account.s3_endpoint)
    found = [bundle.name for bundle in sorted(build.glob("*")) if (bundle / MANIFEST_FILE).is_file()]
    names = [name for name in found if demos or name not in DEMOS]
    if not names:
        say(NOTHING.format(build=build))
    for name in names:
        say(_published(build / name, store, DEMO if name in DEMOS else None))
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

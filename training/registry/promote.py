"""Promotes a version to champion, if the gate lets it or there is a reason to do it anyway."""

from __future__ import annotations

from dataclasses import dataclass

from obstore.store import ObjectStore

from picklejar.bucket import CHAMPION
from picklejar.errors import BundleDamaged
from picklejar.manifest import Manifest
from picklejar.registry import AliasRead, Registry
from training.registry import aliases
from training.registry.aliases import Moved
from training.registry.gate import refusal


@dataclass(frozen=True)
class Promotion:
    """The move, or the gate's refusal and no move."""

    moved: Moved | None
    refusal: str | None = None


def promote(store: ObjectStore, name: str, version: str, promote_anyway: str | None = None) -> Promotion:
    """Make a published version the champion, without a canary; see `promote_manifest`.

    The gate is not asked of the version that serves already: promoting it only ends its canary.

    Raises:
        ModelNotFound: there is no such version.
        AliasMoved: somebody else moved the champion meanwhile.
    """
    manifest = aliases.require(store, name, version)
    champion = aliases.read(store, name, CHAMPION)
    if champion and champion.alias.version == version:
        return Promotion(aliases.move(store, name, CHAMPION, champion, aliases.now(version)))
    return promote_manifest(store, manifest, champion, promote_anyway)


def promote_manifest(
    store: ObjectStore, manifest: Manifest, champion: AliasRead | None, promote_anyway: str | None
) -> Promotion:
    """Make a version the champion, if the gate lets it.

    With `promote_anyway`, the reason, it is promoted although the gate refuses it, and the alias's history keeps the
    reason. `champion` is the alias as it was read; raises AliasMoved if somebody moved it since.
    """
    refused = refusal(manifest, _manifest_of(store, manifest.name, champion))
    if refused and not promote_anyway:
        return Promotion(None, refused)
    to = aliases.now(manifest.version, reason=promote_anyway if refused else None)
    return Promotion(aliases.move(store, manifest.name, CHAMPION, champion, to))


def _manifest_of(store: ObjectStore, name: str, found: AliasRead | None) -> Manifest | None:
    try:
        return Registry(store).manifest(name, found.alias.version) if found else None
    except (FileNotFoundError, BundleDamaged):
        return None

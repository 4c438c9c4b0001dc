"""Publishes a bundle: proves it, uploads a version that never changes, then moves the champion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore

from picklejar.alias import Canary
from picklejar.bucket import CHAMPION, put_if, s3_errors, version_key
from picklejar.errors import VersionTaken
from picklejar.manifest import (
    MANIFEST_FILE,
    Manifest,
    decode_manifest,
)
from training.proof.prove import Proven, prove
from training.registry import aliases
from training.registry.promote import promote_manifest

Step = Callable[[str], None]


@dataclass(frozen=True)
class Published:
    """A published version: its manifest, its proof, the gate's `refusal`, and the canary that its promotion `ended`."""

    manifest: Manifest
    proof: str
    refusal: str | None = None
    serves: bool = True
    ended: Canary | None = None


def publish(
    bundle: Path, store: ObjectStore, step: Step, promote_anyway: str | None = None, *, promote: bool = True
) -> Published:
    """Publish the bundle and promote it to champion, if the gate lets it.

    Publishing again after a crash finishes the work. With `promote_anyway`, the reason, it serves although the gate
    refuses it, and the alias's history keeps the reason.

    Raises:
        BundleDamaged: the bundle does not prove itself; nothing was uploaded.
        AliasMoved: somebody else moved the champion meanwhile; the version is uploaded and does not serve.
        VersionTaken: a file of the version exists with other content.
    """
    step("proving the bundle")
    proven = prove(bundle)
    return deliver(proven, store, step, promote_anyway, promote=promote)


def deliver(
    proven: Proven, store: ObjectStore, step: Step, promote_anyway: str | None = None, *, promote: bool = True
) -> Published:
    """Upload a proven bundle, and move the champion or not; raises like `publish`."""
    manifest = proven.manifest
    champion = aliases.read(store, manifest.name, CHAMPION)
    step(f"uploading {len(proven.files)} files")
    for file, content in proven.files.items():
        _create(store, manifest, file, content)
    # Not moved once more to where it is: that would end a canary.
    if champion and champion.alias.version == manifest.version:
        return Published(manifest, proven.proof)
    if not promote:
        return Published(manifest, proven.proof, serves=False)
    step("moving the champion")
    promotion = promote_manifest(store, manifest, champion, promote_anyway)
    if promotion.moved is None:
        return Published(manifest, proven.proof, promotion.refusal, serves=False)
    return Published(manifest, proven.proof, ended=promotion.moved.ended)


def _create(store: ObjectStore, manifest: Manifest, file: str, content: bytes) -> None:
    key = version_key(manifest.name, manifest.version, file)
    with s3_errors():
        try:
            put_if(store, key, content)
        except AlreadyExistsError:
            if not _same(file, bytes(store.get(key).bytes()), content, manifest):
                raise VersionTaken(f"{key} exists with other content; remove it or train again.") from None


def _same(file: str, there: bytes, content: bytes, manifest: Manifest) -> bool:
    # Manifests of one version may differ in the time of training, which is not part of the version.
    return there == content or (file == MANIFEST_FILE and decode_manifest(there).version == manifest.version)

"""Lists a model's versions, and retires those that no longer serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore

from picklejar.alias import Alias
from picklejar.bucket import put_if, s3_errors, version_key
from picklejar.errors import ModelNotFound, VersionServes
from picklejar.manifest import MANIFEST_FILE, MODEL_NAME, VERSION, Manifest
from picklejar.registry import Registry
from training.registry.aliases import no_version


@dataclass(frozen=True)
class Listed:
    """One version and the aliases that use it; a candidate's is "champion canary 10 %"."""

    manifest: Manifest
    aliases: tuple[str, ...]


def versions(store: ObjectStore, name: str) -> list[Listed]:
    """Return the model's versions, the newest first; raises ModelNotFound."""
    registry = Registry(store)
    standing = registry.aliases(name) if MODEL_NAME.fullmatch(name) else {}
    match = []
    for version in registry.versions(name) if MODEL_NAME.fullmatch(name) else []:
        try:
            manifest = registry.manifest(name, version)
        except FileNotFoundError:
            continue  # it is being published, or was being when its publisher died
        match.append(Listed(manifest, tuple(_serving(standing, version))))
    if not match:
        raise ModelNotFound(f"There is no version of a model named {name!r} in this bucket.")
    return sorted(match, key=lambda one: one.manifest.trained_at, reverse=True)


def retire(store: ObjectStore, name: str, version: str) -> None:
    """Delete a version: its manifest first, which ends its existence, then its files.

    A half deleted version is deleted to its end. Do not retire a version while it is published.

    Raises:
        VersionServes: an alias uses it; it is left as it is.
        ModelNotFound: nothing of such a version exists.
    """
    is_valid = MODEL_NAME.fullmatch(name) and VERSION.fullmatch(version)
    files = Registry(store).version_keys(name, version) if is_valid else []
    if not files:
        raise no_version(name, version)
    _refuse_serving(store, name, version)
    key = version_key(name, version, MANIFEST_FILE)
    with s3_errors():
        manifest = bytes(store.get(key).bytes()) if key in files else None
        store.delete(key)
    try:
        # Whoever promoted it meanwhile may have seen it just before it went.
        _refuse_serving(store, name, version)
    except VersionServes:
        if manifest is not None:
            _put_back(store, key, manifest)
        raise
    with s3_errors():
        store.delete([file for file in files if file != key])


def _serving(aliases: dict[str, Alias], version: str) -> Iterator[str]:
    for name, alias in aliases.items():
        if alias.version == version:
            yield name
        if alias.canary and alias.canary.candidate == version:
            yield f"{name} {alias.canary}"


def _refuse_serving(store: ObjectStore, name: str, version: str) -> None:
    serving = list(_serving(Registry(store).aliases(name), version))
    if serving:
        raise VersionServes(f"{name} {version} serves as {' and '.join(serving)}; promote another first, or roll back.")


def _put_back(store: ObjectStore, key: str, manifest: bytes) -> None:
    with s3_errors():
        try:
            put_if(store, key, manifest)
        except AlreadyExistsError:
            return  # somebody published the version again

"""Finds manifests: those of the bundles trained here, and those of a bucket's champions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from obstore.store import ObjectStore

from picklejar.errors import BundleDamaged, InvalidDefinition, ModelNotFound
from picklejar.manifest import MANIFEST_FILE, Manifest, check_name, decode_manifest
from picklejar.registry import Registry


def manifest_of(bundle: Path) -> Manifest:
    """Return a bundle's manifest; raises BundleDamaged."""
    try:
        content = (bundle / MANIFEST_FILE).read_bytes()
    except OSError as error:
        raise BundleDamaged(f"{error.filename} cannot be read; train the model first, or again.") from error
    return decode_manifest(content)


def champion_of(registry: Registry, name: str) -> Manifest:
    """Return the manifest of the version that serves; raises ModelNotFound and ModelNotReady."""
    try:
        check_name(name)
        return registry.manifest(name, registry.alias(name).alias.version)
    except (FileNotFoundError, InvalidDefinition):
        raise ModelNotFound(f"There is no model named {name!r} that serves.") from None


def all_of(build: Path) -> list[Manifest]:
    """Return the manifests of the bundles below a folder, by their names."""
    return [manifest_of(path.parent) for path in sorted(build.glob(f"*/{MANIFEST_FILE}"))]


def all_champions(store: ObjectStore) -> list[Manifest]:
    """Return the manifests of all models that serve, by their names; raises ModelNotReady."""
    return [*_champions(Registry(store))]


def _champions(registry: Registry) -> Iterator[Manifest]:
    for name in registry.names():
        try:
            yield champion_of(registry, name)
        except ModelNotFound:
            continue  # all its versions are candidates yet

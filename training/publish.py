"""Publishes a bundle: proves it, uploads it as a version that never changes, then lets the champion move to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import ObjectStore

from picklejar.bucket import CHAMPION, alias_key, s3_errors, version_key
from picklejar.errors import AliasMoved, BundleDamaged, VersionTaken
from picklejar.jar import Alias, check_file, decode_alias, open_version
from picklejar.manifest import GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE, Golden, Manifest, decode_manifest

Step = Callable[[str], None]


def publish(bundle: Path, store: ObjectStore, step: Step) -> Manifest:
    """Publish the bundle in the directory `bundle` and make it the champion of its model.

    A version that is there already is left as it is, so publishing again after a crash finishes the work.

    Raises:
        BundleDamaged: the bundle does not prove itself; nothing was uploaded.
        AliasMoved: somebody else moved the champion meanwhile; the version is uploaded and does not serve.
        VersionTaken: a file of the version is there with other content.
        JarUnreachable: S3 did not answer, or refused.
    """
    step("proving the bundle")
    manifest, files = prove(bundle)
    champion = _read_alias(store, manifest.name)
    step(f"uploading {len(files)} files")
    for file, content in files.items():
        _create(store, manifest, file, content)
    step("moving the champion")
    _move_alias(store, manifest, champion)
    return manifest


def prove(bundle: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Return a bundle's manifest and files once every hash holds and the model repeats its golden predictions.

    The manifest's own file is the last of the files. The model is opened and asked by the very code that the
    Lambda runs.
    """
    try:
        manifest_file = (bundle / MANIFEST_FILE).read_bytes()
        manifest = decode_manifest(manifest_file)
        files = {file: (bundle / file).read_bytes() for file in manifest.files}
    except OSError as error:
        raise BundleDamaged(f"{error.filename} cannot be read; train the model first, or again.") from error
    for file, content in files.items():
        check_file(manifest, file, content)
    predictor = open_version(manifest, files[MODEL_FILE])
    predictor.replay(msgspec.json.decode(files[GOLDEN_FILE], type=Golden))
    return manifest, files | {MANIFEST_FILE: manifest_file}


def _create(store: ObjectStore, manifest: Manifest, file: str, content: bytes) -> None:
    key = version_key(manifest.name, manifest.version, file)
    with s3_errors():
        try:
            store.put(key, content, mode="create")
        except AlreadyExistsError:
            if not _same(file, bytes(store.get(key).bytes()), content, manifest):
                raise VersionTaken(f"{key} exists with other content; remove it or train again.") from None


def _same(file: str, there: bytes, content: bytes, manifest: Manifest) -> bool:
    # Manifests of one version may differ in the time of training, which is no part of the version.
    return there == content or (file == MANIFEST_FILE and decode_manifest(there).version == manifest.version)


def _read_alias(store: ObjectStore, name: str) -> tuple[Alias, str | None] | None:
    """Return the champion's alias and the ETag by which it is moved, or None where there is no champion yet."""
    with s3_errors():
        try:
            found = store.get(alias_key(name))
            return decode_alias(bytes(found.bytes())), found.meta["e_tag"]
        except FileNotFoundError:
            return None


def _move_alias(store: ObjectStore, manifest: Manifest, champion: tuple[Alias, str | None] | None) -> None:
    if champion and champion[0].version == manifest.version:
        return
    content = msgspec.json.encode(Alias(manifest.version))
    with s3_errors():
        try:
            if champion:
                store.put(alias_key(manifest.name), content, mode={"e_tag": champion[1]})
            else:
                store.put(alias_key(manifest.name), content, mode="create")
        except (AlreadyExistsError, PreconditionError):
            raise AliasMoved(
                f"Somebody else moved the {CHAMPION} of {manifest.name} at the same time. Version {manifest.version} "
                "is uploaded and does not serve; look at what serves now, and publish again if yours should."
            ) from None

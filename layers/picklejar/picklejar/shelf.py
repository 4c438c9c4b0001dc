"""The shelf: everything that is read from the bucket, each piece checked before it is handed on, none of it kept."""

from __future__ import annotations

from dataclasses import dataclass

from obstore.exceptions import NotModifiedError
from obstore.store import ObjectStore

from picklejar.alias import Alias, decode_alias
from picklejar.bucket import CHAMPION, alias_key, s3_errors, version_key
from picklejar.errors import BundleDamaged
from picklejar.manifest import MANIFEST_FILE, File, Manifest, decode_manifest

# A larger file is fetched in parts, each within its own timeout.
PART_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """An alias as it was read, and the ETag by which it is moved and asked for again."""

    alias: Alias
    e_tag: str | None


class Shelf:
    """The bucket's models, aliases and versions, read anew at every call.

    Every method raises JarUnreachable where S3 does not answer or refuses, and BundleDamaged where what it holds is
    not what was published.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def names(self) -> list[str]:
        """Return the names of the bucket's models, sorted."""
        with s3_errors():
            prefixes = self._store.list_with_delimiter("models")["common_prefixes"]
        return sorted(_last(prefix) for prefix in prefixes)

    def versions(self, name: str) -> list[str]:
        """Return the names of all that looks like a version of the model, sorted; not all need have a manifest."""
        with s3_errors():
            prefixes = self._store.list_with_delimiter(f"models/{name}/versions")["common_prefixes"]
        return sorted(_last(prefix) for prefix in prefixes)

    def aliases(self, name: str) -> dict[str, Alias]:
        """Return the model's aliases by their names, sorted."""
        with s3_errors():
            objects = self._store.list_with_delimiter(f"models/{name}/aliases")["objects"]
        names = sorted(_last(one["path"]).removesuffix(".json") for one in objects)
        return {alias: self.alias(name, alias).alias for alias in names}

    def alias(self, name: str, alias: str = CHAMPION) -> Found:
        """Return an alias; raises FileNotFoundError where there is none."""
        with s3_errors():
            found = self._store.get(alias_key(name, alias))
            return Found(decode_alias(bytes(found.bytes())), found.meta["e_tag"])

    def changed_alias(self, name: str, alias: str, e_tag: str | None) -> Found | None:
        """Return an alias, or None where it still has the ETag that it was read with; raises like `alias`."""
        if e_tag is None:
            return self.alias(name, alias)
        with s3_errors():
            try:
                found = self._store.get(alias_key(name, alias), options={"if_none_match": e_tag})
            except NotModifiedError:
                return None
            return Found(decode_alias(bytes(found.bytes())), found.meta["e_tag"])

    def manifest(self, name: str, version: str) -> Manifest:
        """Return a version's manifest; raises FileNotFoundError where there is no such version."""
        manifest = decode_manifest(self._fetch(version_key(name, version, MANIFEST_FILE)))
        if (manifest.name, manifest.version) != (name, version):
            raise BundleDamaged(f"The manifest of {name} {version} belongs to another version.")
        return manifest

    def file(self, manifest: Manifest, file: str) -> bytes:
        """Return a file of a version, to the byte what was published; that it is missing is a damage, too."""
        key = version_key(manifest.name, manifest.version, file)
        size = manifest.files[file].size
        try:
            content = self._fetch(key) if size <= PART_BYTES else self._fetch_parts(key, size)
        except FileNotFoundError:
            raise BundleDamaged(f"{manifest.name} {manifest.version} has no {file}; publish it again.") from None
        check_file(manifest, file, content)
        return content

    def _fetch_parts(self, key: str, size: int) -> bytes:
        with s3_errors():
            parts = (self._store.get_range(key, start=at, length=PART_BYTES) for at in range(0, size, PART_BYTES))
            return b"".join(map(bytes, parts))

    def _fetch(self, key: str) -> bytes:
        with s3_errors():
            return bytes(self._store.get(key).bytes())


def check_file(manifest: Manifest, file: str, content: bytes) -> None:
    """Raise BundleDamaged unless `content` is, to the byte, what the manifest says of `file`."""
    published = manifest.files.get(file)
    if published != File.of(content):
        raise BundleDamaged(f"{file} of {manifest.name} {manifest.version} is not the file that was published.")


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]

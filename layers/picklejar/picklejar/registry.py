"""The registry: reads the bucket, checks each piece, and keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from obstore.exceptions import NotModifiedError
from obstore.store import ObjectStore

from picklejar.alias import Alias, decode_alias
from picklejar.background import Allowance, in_background
from picklejar.bucket import CHAMPION, alias_key, refuse_page, s3_errors, version_key
from picklejar.errors import BundleDamaged
from picklejar.manifest import GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE, File, Manifest, decode_manifest

# A larger file is fetched in parts, each within its own timeout; each that came allows as much time for the next.
PART_BYTES = 16 * 1024 * 1024
PART_SECONDS = 2.0
NOBODY_WROTE = ".nothing"
# Aliases and manifests have kilobytes. What is larger is none, and not worth the memory.
MOST_BYTES = 4 * 1024 * 1024

# Files by their keys that are on their way, unchecked; None is one that is too large to come before its manifest.
type Ahead = dict[str, Future[bytes | None]]


class AliasRead(msgspec.Struct, frozen=True):
    """An alias, and the ETag by which it is moved and asked for again."""

    alias: Alias
    e_tag: str | None


class Registry:
    """The bucket's models, aliases and versions, read anew at every call.

    Methods raise JarUnreachable and BundleDamaged. `allowance` bounds what S3 may take for all calls together.
    """

    def __init__(self, store: ObjectStore, allowance: Allowance | None = None) -> None:
        self._store = store
        self._allowance = allowance

    def within(self, seconds: float) -> Registry:
        return Registry(self._store, Allowance(seconds))

    def names(self) -> list[str]:
        return self._below("models")

    def versions(self, name: str) -> list[str]:
        return self._below(f"models/{name}/versions")

    def aliases(self, name: str) -> dict[str, Alias]:
        prefix = f"models/{name}/aliases"
        objects = self._ask(lambda: self._store.list_with_delimiter(prefix)["objects"])
        if not objects:
            self._refuse_page(prefix)
        names = sorted(_last(item["path"]).removesuffix(".json") for item in objects)
        return {alias: self.alias(name, alias).alias for alias in names}

    def version_keys(self, name: str, version: str) -> list[str]:
        """Return the keys of all files of a version, also of a half deleted one."""
        prefix = f"models/{name}/versions/{version}"
        keys = self._ask(lambda: [entry["path"] for page in self._store.list(f"{prefix}/") for entry in page])
        if not keys:
            self._refuse_page(prefix)
        return keys

    def alias(self, name: str, alias: str = CHAMPION) -> AliasRead:
        content, e_tag = self._fetch(alias_key(name, alias))
        return AliasRead(decode_alias(content), e_tag)

    def changed_alias(self, name: str, alias: str, e_tag: str | None) -> AliasRead | None:
        """Return an alias, or None if its ETag is still the same; raises like `alias`."""
        if e_tag is None:
            return self.alias(name, alias)

        def fetch() -> AliasRead | None:
            try:
                content, new = self._get(alias_key(name, alias), MOST_BYTES, options={"if_none_match": e_tag})
            # Only here: S3 that says so unasked is S3 that cannot be relied on.
            except NotModifiedError:
                return None
            return AliasRead(decode_alias(content), new)

        return self._ask(fetch)

    def manifest(self, name: str, version: str) -> Manifest:
        content = self._fetch(version_key(name, version, MANIFEST_FILE))[0]
        try:
            manifest = decode_manifest(content)
        except BundleDamaged as error:
            raise BundleDamaged(
                f"The manifest of {name} {version} is not what was published, or is another Picklejar's; retire the "
                "version, and publish it again."
            ) from error
        if (manifest.name, manifest.version) != (name, version):
            raise BundleDamaged(f"The manifest of {name} {version} belongs to another version.")
        return manifest

    def ask_ahead(self, name: str, version: str, most: int) -> Ahead:
        """Ask for the files that open a version before its manifest has come, which says how large they are.

        Each of them that has more than `most` bytes, or than such files usually have, is left to `file`.
        """
        usual = {MODEL_FILE: PART_BYTES, GOLDEN_FILE: MOST_BYTES}
        keys = {version_key(name, version, file): min(most, size) for file, size in usual.items()}
        return {key: in_background(partial(self._get_at_most, key, size)) for key, size in keys.items()}

    def file(self, manifest: Manifest, file: str, ahead: Ahead | None = None) -> bytes:
        """Return a file of a version, to the byte as published; a missing one is damage, too.

        It is taken out of `ahead`, where it was asked for ahead.
        """
        key = version_key(manifest.name, manifest.version, file)
        size = manifest.files[file].size
        try:
            content = self._fetch_file(key, size, ahead or {}) if size <= PART_BYTES else self._fetch_parts(key, size)
        except FileNotFoundError:
            raise BundleDamaged(f"{manifest.name} {manifest.version} has no {file}; publish it again.") from None
        check_file(manifest, file, content)
        return content

    def _fetch_file(self, key: str, size: int, ahead: Ahead) -> bytes:
        content = None
        if key in ahead:
            # No frame of an error's traceback may hold its future: each would hold the other.
            content = self._wait(lambda seconds: ahead.pop(key).result(seconds))
        return self._fetch(key, size)[0] if content is None else _plausible(key, content, size)

    def _fetch_parts(self, key: str, size: int) -> bytes:
        content = bytearray()
        for start in range(0, size, PART_BYTES):
            content += self._ask(partial(self._store.get_range, key, start=start, length=PART_BYTES))
            if self._allowance:
                self._allowance.extend(PART_SECONDS)
        return bytes(content)

    def _fetch(self, key: str, most: int = MOST_BYTES) -> tuple[bytes, str | None]:
        return self._ask(lambda: self._get(key, most))

    def _get(self, key: str, most: int, **options: Any) -> tuple[bytes, str | None]:
        match = self._store.get(key, **options)
        _refuse_larger(key, match.meta["size"], most)
        return _plausible(key, bytes(match.bytes()), most), match.meta["e_tag"]

    def _get_at_most(self, key: str, most: int) -> bytes | None:
        match = self._store.get(key)
        # The size comes with the headers; what is too large stays where it is.
        return bytes(match.bytes()) if match.meta["size"] <= most else None

    def _below(self, prefix: str) -> list[str]:
        prefixes = self._ask(lambda: self._store.list_with_delimiter(prefix)["common_prefixes"])
        if not prefixes:
            self._refuse_page(prefix)
        return sorted(map(_last, prefixes))

    def _refuse_page(self, prefix: str) -> None:
        """Raise JarUnreachable where a page of HTML comes for a key that nobody wrote; it reads as an empty list."""
        with suppress(FileNotFoundError):
            self._fetch(f"{prefix}/{NOBODY_WROTE}")

    def _ask[T](self, request: Callable[[], T]) -> T:
        with s3_errors():
            return self._allowance.wait_for(request) if self._allowance else request()

    def _wait[T](self, wait: Callable[[float | None], T]) -> T:
        with s3_errors():
            return self._allowance.spend(wait) if self._allowance else wait(None)


def check_file(manifest: Manifest, file: str, content: bytes) -> None:
    """Raise BundleDamaged unless `content` is, to the byte, the manifest's `file`."""
    published = manifest.files.get(file)
    if published != File.of(content):
        raise BundleDamaged(f"{file} of {manifest.name} {manifest.version} is not the file that was published.")


def _plausible(key: str, content: bytes, most: int) -> bytes:
    """Return content that may be an object's of at most so many bytes, and is no page of HTML."""
    _refuse_larger(key, len(content), most)
    refuse_page(content)
    return content


def _refuse_larger(key: str, size: int, most: int) -> None:
    if size > most:
        raise BundleDamaged(f"{key} is not the file that was published; it is larger.")


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]

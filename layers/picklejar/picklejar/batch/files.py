"""The bucket or folder that a batch reads and writes, its failures told in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from picklejar.bucket import NO_LOCAL_S3, is_of_local_s3, put_if
from picklejar.errors import FilesUnreachable

if TYPE_CHECKING:
    from obstore import GetOptions

# Also what a part of an upload has: S3 wants 5 MiB at least, and at most 10,000 of them.
PIECE_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 4
UNREACHABLE = (
    "The batch's files cannot be read or written at the moment; look whether there is room and whether you may, and "
    "try again."
)


class Files:
    """One store's files by their keys.

    Methods raise FileNotFoundError for a missing key, and FilesUnreachable where the store fails.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def size(self, key: str, version: str | None = None) -> int:
        with _failures():
            match = self._store.get(key, options=_options(version, {"head": True}))
        return match.meta["size"]

    def version(self, key: str) -> str | None:
        try:
            with _failures():
                return self._store.head(key)["version"]
        except FileNotFoundError:
            return None

    def piece(self, key: str, start: int, end: int, version: str | None = None) -> bytes:
        if start >= end:
            return b""
        with _failures():
            return bytes(self._store.get(key, options=_options(version, {"range": (start, end)})).bytes())

    def read(self, key: str) -> bytes:
        with _failures():
            return bytes(self._store.get(key).bytes())

    def has(self, key: str) -> bool:
        try:
            with _failures():
                self._store.head(key)
        except FileNotFoundError:
            return False
        return True

    def create(self, key: str, content: bytes) -> None:
        with _failures():
            try:
                put_if(self._store, key, content)
            except AlreadyExistsError:
                return

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        """Write a file of any size; the old one stays until all of it is there."""
        with (
            _failures(),
            obstore.open_writer(self._store, key, buffer_size=PIECE_BYTES, max_concurrency=PARTS_AT_ONCE) as writer,
        ):
            for piece in pieces:
                writer.write(piece)


def _options(version: str | None, options: GetOptions) -> GetOptions:
    return {**options, "version": version} if version else options


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except BaseError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise FilesUnreachable(NO_LOCAL_S3 if is_of_local_s3(error) else UNREACHABLE) from error

"""A source as it can be planned: its bytes unpacked and in UTF-8, in a copy where they are not."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Buffer, Callable, Iterator

from picklejar.batch.files import PIECE_BYTES
from picklejar.batch.layout import format_of
from picklejar.batch.source import Source
from picklejar.cells.dialect import Dialect
from picklejar.cells.text import GZIP, HEAD_BYTES, MARK, encoding_of, not_text, unmarked_encoding
from picklejar.errors import FileRefused

# Of a file that is packed: more could not be looked through within Lambda's quarter of an hour.
MOST_UNPACKED_BYTES = 10_000_000_000
# Writes a copy of what it is told under a name, and returns the copy.
Copy = Callable[[str, Iterator[bytes]], Source]


def prepared(source: Source, copy: Copy) -> Source:
    """Return the source, or its copy where it is packed, or in UTF-16; raises FileRefused."""
    format_of(source.key)
    if source.read(0, len(GZIP)) == GZIP:
        source = copy("unpacked", _unpacked(source))
    if encoding_of(source.read(0, HEAD_BYTES)) == "utf-16":
        source = copy("utf-8", _encoded(source, "utf-16"))
    return source


def from_cp1252(source: Source, copy: Copy) -> Source:
    """Return a copy in UTF-8; raises FileRefused for bytes that no letter has."""
    return copy("utf-8", _encoded(source, "cp1252"))


class NotUtf8(Exception):
    """A file that has no byte order mark is cp1252."""


class Watched(io.RawIOBase):
    """A source's bytes from the first on, looked at while they are read: are they UTF-8?"""

    def __init__(self, source: Source) -> None:
        self._stream = source.opened(0)
        self._returned = io.BytesIO()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_utf_8 = self._is_ascii = True
        self._is_marked = source.read(0, len(MARK)) == MARK

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        content = self.take(len(view))
        view[: len(content)] = content
        return len(content)

    def take(self, size: int) -> bytes:
        """Return the next bytes, so many unless the source ends."""
        before = self._returned.read(size)
        content = self._stream.read(size - len(before))
        self._see(content)
        return before + content

    def give_back(self, content: bytes) -> None:
        """Let bytes that were taken be the next again."""
        self._returned = io.BytesIO(content + self._returned.read())

    def check(self, dialect: Dialect) -> None:
        """Raise NotUtf8 or, where the encoding is not the model's, FileRefused; when all was read."""
        self._see(b"", is_last=True)
        if not self._is_marked:
            if unmarked_encoding(dialect, is_utf_8=self._is_utf_8, is_ascii=self._is_ascii) != "utf-8":
                raise NotUtf8
        elif not self._is_utf_8:
            raise not_text("utf-8")

    def _see(self, content: bytes, *, is_last: bool = False) -> None:
        self._is_ascii = self._is_ascii and content.isascii()
        if self._is_ascii or not self._is_utf_8:
            return
        try:
            self._decoder.decode(content, is_last)
        except UnicodeDecodeError:
            self._is_utf_8 = False


def _unpacked(source: Source) -> Iterator[bytes]:
    size = 0
    try:
        with gzip.GzipFile(fileobj=source.opened(0)) as file:
            while piece := file.read(PIECE_BYTES):
                size += len(piece)
                if size > MOST_UNPACKED_BYTES:
                    raise FileRefused(f"The file has more than {MOST_UNPACKED_BYTES:,} bytes unpacked; split it.")
                yield piece
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise FileRefused("The file is packed by gzip, and damaged; pack it again.") from None


def _encoded(source: Source, encoding: str) -> Iterator[bytes]:
    yield MARK
    text = io.TextIOWrapper(source.opened(0), encoding, newline="")
    try:
        while piece := text.read(PIECE_BYTES):
            yield piece.encode()
    except UnicodeError:
        raise not_text(encoding) from None

"""The source: the file whose rows are predicted from, one version of it, read by pieces."""

from __future__ import annotations

import io
from collections.abc import Buffer
from dataclasses import dataclass

from picklejar.batch.files import PIECE_BYTES, Files


@dataclass(frozen=True)
class Source:
    """One version of a file, of `size` bytes; without a `version` the file is the only one there is."""

    files: Files
    key: str
    version: str | None
    size: int

    @classmethod
    def found(cls, files: Files, key: str, version: str | None = None) -> Source:
        """Return the source of a key; raises FileNotFoundError where it is missing."""
        return cls(files, key, version, files.size(key, version))

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, or up to the file's own end."""
        return self.files.piece(self.key, start, min(end, self.size), self.version)

    def opened(self, start: int) -> io.BufferedReader:
        """Return the file from `start` on, of which no more than a piece is in memory."""
        return io.BufferedReader(_Pieces(self, start), PIECE_BYTES)


class _Pieces(io.RawIOBase):
    """A file as a stream: each piece a request of its own, because one that takes minutes is one that breaks."""

    def __init__(self, source: Source, position: int) -> None:
        self._source, self._position = source, position

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        piece = self._source.read(self._position, self._position + len(view))
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

"""One version of the file that is read, piece by piece."""

from __future__ import annotations

import io
from collections.abc import Buffer
from dataclasses import dataclass

from picklejar.batch.files import PIECE_BYTES, Files


@dataclass(frozen=True)
class Source:
    """One version of a file, of `size` bytes; without `version` where the store keeps one only."""

    files: Files
    key: str
    version: str | None
    size: int

    @classmethod
    def found(cls, files: Files, key: str, version: str | None = None) -> Source:
        return cls(files, key, version, files.size(key, version))

    def read(self, start: int, end: int) -> bytes:
        return self.files.piece(self.key, start, min(end, self.size), self.version)

    def opened(self, start: int) -> io.BufferedReader:
        return io.BufferedReader(_Pieces(self, start), PIECE_BYTES)


class _Pieces(io.RawIOBase):
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

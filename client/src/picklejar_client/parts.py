"""Puts rows together to requests that the API takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

# The limits of one request: docs/serving.md.
MOST_ROWS = 10_000
MOST_BYTES = 5_000_000


class Part(NamedTuple):
    """Rows for one request, each as JSON; the first is row `first` of all."""

    first: int
    rows: Sequence[bytes]

    def body(self, output: str) -> bytes:
        return b"".join([*_around(output, b",".join(self.rows))])

    def halves(self) -> tuple[Part, Part]:
        middle = len(self.rows) // 2
        return Part(self.first, self.rows[:middle]), Part(self.first + middle, self.rows[middle:])


class Splitter:
    """Splits rows; a model that takes less at once than others lowers `most_rows`."""

    def __init__(self, output: str) -> None:
        self.most_rows = MOST_ROWS
        self._most_bytes = MOST_BYTES - sum(map(len, _around(output, b"")))

    def split(self, rows: Iterable[bytes]) -> Iterator[Part]:
        """Yield parts, each as soon as it is full; a row that is too large for any stands alone."""
        first, size = 0, -1
        kept: list[bytes] = []
        for row in rows:
            # With a comma before each but the first.
            if kept and (len(kept) >= self.most_rows or size + len(row) + 1 > self._most_bytes):
                yield Part(first, kept)
                first, size, kept = first + len(kept), -1, []
            kept.append(row)
            size += len(row) + 1
        if kept:
            yield Part(first, kept)


def _around(output: str, rows: bytes) -> tuple[bytes, bytes, bytes]:
    end = "]}" if output == "predict" else f'],"output":{json.dumps(output)}}}'
    return b'{"instances":[', rows, end.encode()

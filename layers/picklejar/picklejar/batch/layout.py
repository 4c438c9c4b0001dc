"""How a file is written, found from its beginning."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from picklejar.batch.lines import csv_rows
from picklejar.batch.source import Source
from picklejar.cells.dialect import UNDESCRIBED, Dialect
from picklejar.cells.text import LONGEST_ROW, MARK, start_of, too_long
from picklejar.errors import FileRefused

Format = Literal["csv", "jsonl"]
FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
PACKED = ".gz"
# The longest header, with what may stand before it: a byte order mark, a line `sep=;` and empty lines.
HEAD_BYTES = LONGEST_ROW + 64 * 1024


@dataclass(frozen=True)
class Layout:
    """How a file in UTF-8 is written; its rows begin at the byte `start`.

    Before the header come a byte order `mark` and what the file says of its delimiter, where there are any.
    """

    format: Format
    mark: bytes
    start: int
    dialect: Dialect = UNDESCRIBED
    delimiter: str = ","
    newline: str = "\n"
    header: tuple[str, ...] = ()
    said: str = ""

    @property
    def is_utf_8(self) -> bool:
        return not any("\udc80" <= letter <= "\udcff" for name in self.header for letter in name)


def format_of(key: str) -> Format:
    """Return what a file's name says of its format; raises FileRefused."""
    match = FORMATS.get(PurePosixPath(key.lower().removesuffix(PACKED)).suffix)
    if match is None:
        raise FileRefused(f"The file's name must end in one of {', '.join(FORMATS)}, or in one of them and {PACKED}.")
    return match


def find_layout(source: Source, dialect: Dialect) -> Layout:
    """Return the layout of a source in UTF-8; raises FileRefused."""
    return layout_of(format_of(source.key), source.read(0, HEAD_BYTES), dialect)


def layout_of(kind: Format, head: bytes, dialect: Dialect) -> Layout:
    """Return the layout of what begins with `head`, which has all of the first row; raises FileRefused."""
    mark = MARK if head.startswith(MARK) else b""
    if kind == "jsonl":
        return Layout(kind, mark, len(mark))
    return _csv_layout(head.removeprefix(mark), mark, dialect)


def _csv_layout(head: bytes, mark: bytes, dialect: Dialect) -> Layout:
    # Each byte as a character: a place in the text is one in the file, and nothing that CSV means is another byte.
    text = head.decode("latin-1")
    delimiter, said = start_of(text, dialect)
    row = next(csv_rows(io.StringIO(text[len(said) :], newline=""), delimiter, 0, dialect), None)
    if row is None:
        raise FileRefused("The file is empty.")
    cells, characters = row
    end = len(said) + characters
    if end + len(mark) >= HEAD_BYTES:
        raise too_long("The first line")
    header = tuple(cell.encode("latin-1").decode("utf-8", "surrogateescape") for cell in cells)
    newline = "\r\n" if text[:end].endswith("\r\n") else "\n"
    return Layout("csv", mark, len(mark) + end, dialect, delimiter, newline, header, said)

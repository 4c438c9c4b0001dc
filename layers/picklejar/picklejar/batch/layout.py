"""How a file is written, found from its beginning."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from picklejar.batch.lines import csv_rows
from picklejar.batch.source import Source
from picklejar.errors import FileRefused

Format = Literal["csv", "jsonl"]
FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
DELIMITERS = ",;\t"
MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
LONGEST_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True)
class Layout:
    """How a file is written; its rows begin at the byte `start`, after any byte order `mark`.

    Text that is not UTF-8 is kept byte by byte (`surrogateescape`), so that unread columns come out unchanged.
    """

    format: Format
    mark: bytes
    start: int
    delimiter: str = ","
    newline: str = "\n"
    header: tuple[str, ...] = ()


def find_layout(source: Source) -> Layout:
    """Return the layout of a source; raises FileRefused."""
    format = FORMATS.get(PurePosixPath(source.key).suffix.lower())  # noqa: A001  what it is called
    if format is None:
        raise FileRefused(f"The file's name must end in one of {', '.join(FORMATS)}.")
    head = source.read(0, LONGEST_HEADER_BYTES)
    if head.startswith(UTF_16_MARKS):
        raise FileRefused("The file is UTF-16 text; save it as UTF-8.")
    mark = MARK if head.startswith(MARK) else b""
    if format == "jsonl":
        return Layout(format, mark, len(mark))
    return _csv_layout(head.removeprefix(mark), mark)


def _csv_layout(head: bytes, mark: bytes) -> Layout:
    # Each byte as a character: a place in the text is one in the file, and nothing that CSV means is another byte.
    text = head.decode("latin-1")
    delimiter = _delimiter(text.lstrip("\r\n"))
    row = next(csv_rows(io.StringIO(text, newline=""), delimiter, 0), None)
    if row is None:
        raise FileRefused("The file is empty.")
    cells, end = row
    if end + len(mark) >= LONGEST_HEADER_BYTES:
        raise FileRefused(f"The first line names the columns, in fewer than {LONGEST_HEADER_BYTES:,} bytes.")
    header = tuple(cell.encode("latin-1").decode("utf-8", "surrogateescape") for cell in cells)
    newline = "\r\n" if text[:end].endswith("\r\n") else "\n"
    return Layout("csv", mark, len(mark) + end, delimiter, newline, header)


def _delimiter(text: str) -> str:
    counts = dict.fromkeys(DELIMITERS, 0)
    quoted = False
    for sign in text:
        quoted ^= sign == '"'
        if not quoted and sign in "\r\n":
            break
        if not quoted and sign in counts:
            counts[sign] += 1
    return max(DELIMITERS, key=counts.__getitem__)

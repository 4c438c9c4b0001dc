"""The text of a file's bytes, and what parts its cells."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from picklejar.cells.dialect import DELIMITER_NAMES, Dialect, Encoding
from picklejar.errors import FileRefused

if TYPE_CHECKING:
    from _csv import Reader

MARK = codecs.BOM_UTF8
# utf-16 takes the mark off, and says by it which half of a character comes first.
MARKS = {MARK: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
GZIP = b"\x1f\x8b"
# So many of a file's bytes tell whether it is text.
HEAD_BYTES = 1024
# In UTF-8, the header too, without its line end. A row is held in memory, whatever the file; the longest that anybody
# means are those of some thousand columns.
LONGEST_ROW = 1024 * 1024
# csv's own limit counts characters of a cell: the row's is reached before it.
csv.field_size_limit(LONGEST_ROW)
_SEPARATOR_LINE = re.compile(r"sep=(.)(?:\r\n|\r|\n|$)")


class Start(NamedTuple):
    """What parts a file's cells, and the line `sep=;` that may say so before the header."""

    delimiter: str
    said: str


def encoding_of(head: bytes) -> str | None:
    """Return the encoding that a byte order mark tells, or None; raises FileRefused where no text begins like that.

    `head` are the first `HEAD_BYTES`.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileRefused("The file is UTF-32 text, which is not read; save it as UTF-8.")
    encoding = next((encoding for mark, encoding in MARKS.items() if head.startswith(mark)), None)
    zeros = [] if encoding else [place % 2 for place, byte in enumerate(head) if byte == 0]
    # Half of each Latin letter is a zero byte; in other scripts, of each delimiter, digit and line end.
    if len(set(zeros)) == 1 and len(zeros) * 16 > len(head):
        raise FileRefused(
            "The file looks like UTF-16 text without a byte order mark, which is not read; save it as UTF-8, or with "
            "the mark."
        )
    if zeros:
        raise FileRefused(
            "The file has zero bytes, which no text has; it may be a spreadsheet or an archive. Save its table as CSV "
            "in UTF-8."
        )
    return encoding


def decoded(content: bytes, dialect: Dialect) -> tuple[str, str]:
    """Return a whole file's text without its byte order mark, and its encoding; raises FileRefused."""
    encoding = encoding_of(content[:HEAD_BYTES])
    if encoding is None:
        encoding = unmarked_encoding(dialect, is_utf_8=_is_utf_8(content), is_ascii=content.isascii())
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        raise not_text(encoding) from None


def unmarked_encoding(dialect: Dialect, *, is_utf_8: bool, is_ascii: bool) -> Encoding:
    """Return the encoding of a file without a mark; raises FileRefused where it is not the model's."""
    if is_ascii or dialect.encoding == "utf-8":
        if is_utf_8:
            return "utf-8"
        raise FileRefused("The file is not UTF-8 text, as this model's files are; save it as such.")
    if dialect.encoding == "cp1252" and is_utf_8:
        raise FileRefused(
            "The file is UTF-8 text or cp1252, as this model's files are, and nothing tells which; save it as UTF-8 "
            "with a byte order mark, which Excel calls CSV UTF-8."
        )
    return "utf-8" if is_utf_8 else "cp1252"


def not_text(encoding: str) -> FileRefused:
    """Return the error of bytes that are no text."""
    if encoding == "cp1252":
        return FileRefused("The file is text neither in UTF-8 nor in cp1252; save it as UTF-8.")
    said = encoding.removesuffix("-sig").upper()
    return FileRefused(f"The file is not the {said} text that its first bytes announce; save it as UTF-8.")


def too_long(place: str) -> FileRefused:
    """Return the error of a row that is longer than `LONGEST_ROW`; `place` says which."""
    return FileRefused(
        f"{place} has more than {LONGEST_ROW:,} bytes in UTF-8; close its quote, where one is left open, or shorten it."
    )


def start_of(text: str, dialect: Dialect) -> Start:
    """Return how a text without its mark begins; raises FileRefused where another delimiter is said than sealed."""
    match = _SEPARATOR_LINE.match(text)
    said, delimiter = (match[0], match[1]) if match else ("", None)
    if delimiter not in (None, *DELIMITER_NAMES):
        raise FileRefused(f"The file's first line says that {delimiter!r} parts its cells, which is not read.")
    if dialect.delimiter is None:
        return Start(delimiter or _most_frequent(text.lstrip("\r\n")), said)
    if delimiter not in (None, dialect.delimiter):
        raise FileRefused(
            f"The file's cells are parted by {DELIMITER_NAMES[str(delimiter)]}, and those of this model's files by "
            f"{DELIMITER_NAMES[dialect.delimiter]}."
        )
    return Start(dialect.delimiter, said)


def split(lines: Iterable[str], delimiter: str, dialect: Dialect, *, strict: bool = False) -> Reader:
    """Return csv's reader of the cells of lines; `strict` raises csv.Error for text behind a closing quote."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=dialect.spaces_before_quotes, strict=strict)


def _most_frequent(text: str) -> str:
    counts = dict.fromkeys(DELIMITER_NAMES, 0)
    quoted = False
    for sign in text:
        quoted ^= sign == '"'
        if not quoted and sign in "\r\n":
            break
        if not quoted and sign in counts:
            counts[sign] += 1
    return max(counts, key=counts.__getitem__)


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True

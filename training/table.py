"""A CSV file's cells, and the columns of a signature read from them."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from picklejar.cells.dialect import LEARNED, UNDESCRIBED, Dialect
from picklejar.cells.meaning import UNREADABLE, Reader, is_empty, reader, trimmed
from picklejar.cells.names import names_of, undivided
from picklejar.cells.text import GZIP, LONGEST_ROW, decoded, split, start_of, too_long
from picklejar.errors import FileRefused, InvalidTrainingData
from picklejar.signature import LONGEST_NAME, UNNAMEABLE, Signature
from picklejar.wording import list_of, shorten

KINDS_OF_LABELS = {str: "string", bool: "boolean", int: "integer"}


@dataclass(frozen=True)
class Cells:
    """A file's cells as they stand in it, each column's under its name, and what parts them.

    An unnamed column is kept under an empty name. Left out are `empty_rows`, with nothing in them, and `empty_columns`,
    without a name, too; `rows` are the numbers of the other rows, the first below the header being 0.
    """

    columns: dict[str, list[str]]
    delimiter: str
    rows: list[int]
    empty_rows: int
    empty_columns: int

    def read(self, name: str, read: Reader) -> pd.Series[Any]:
        """Return a column's values as objects, None where missing; what cannot be read stays text."""
        values = []
        for cell in self.columns[name]:
            value = read(cell)
            values.append(cell if value == UNREADABLE and isinstance(value, str) else value)
        return pd.Series(values, self.rows, dtype=object)


def read_table(path: Path, signature: Signature) -> pd.DataFrame:
    """Return the signature's columns, read as its dialect says; None where missing, and text where unreadable.

    The index is the rows' numbers in the file; those without a target are left out. Raises InvalidTrainingData for a
    file that is no table.
    """
    described = signature.dialect != UNDESCRIBED
    dialect = signature.dialect if described else LEARNED
    text, _ = text_of_file(path, dialect)
    cells = cells_of(path, text, dialect)
    target = signature.target
    kinds = {feature.name: (str(feature.type), feature.enum) for feature in signature.features}
    kinds[target.name] = (KINDS_OF_LABELS[type(target.labels[0])] if target.labels else "number", None)
    if len(cells.columns) == 1 and not kinds.keys() <= cells.columns.keys():
        raise InvalidTrainingData(f"{path} is no table. {undivided(next(iter(cells.columns)), dialect)}")
    table = pd.DataFrame(
        {
            name: cells.read(name, reader(kind, choices, dialect, cells.delimiter, dialect.signs.get(name, "")))
            for name, (kind, choices) in kinds.items()
            if name in cells.columns
        }
    )
    return table[table[target.name].notna()] if target.name in table else table


def text_of_file(path: Path, dialect: Dialect) -> tuple[str, str]:
    """Return the text of a file, packed by gzip or not, and its encoding; raises InvalidTrainingData."""
    try:
        content = path.read_bytes()
        text, encoding = decoded(gzip.decompress(content) if content.startswith(GZIP) else content, dialect)
    except FileRefused as error:
        raise InvalidTrainingData(f"{path}: {error}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidTrainingData(f"{path} is packed by gzip, and damaged; pack it again.") from error
    except OSError as error:
        raise InvalidTrainingData(f"{path} cannot be opened: {error.strerror}.") from error
    if not text.strip():
        raise InvalidTrainingData(f"{path} is empty.")
    return text, encoding


def cells_of(path: Path, text: str, dialect: Dialect) -> Cells:
    """Return the cells of a text with a header; raises InvalidTrainingData."""
    try:
        delimiter, said = start_of(text, dialect)
    except FileRefused as error:
        raise InvalidTrainingData(f"{path}: {error}") from error
    try:
        records = [*_records(text[len(said) :], delimiter, dialect, int(bool(said)))]
    except FileRefused as error:
        raise InvalidTrainingData(f"{path}: {error}") from error
    if not records:
        raise InvalidTrainingData(f"{path} is empty.")
    names = names_of(records[0][1], dialect)
    rows = {row: record for row, record in enumerate(records[1:]) if not is_empty(record[1], len(names))}
    if not rows:
        raise InvalidTrainingData(f"{path} has a header and no rows.")
    _check_widths([*rows.values()], len(names), path)
    columns = [*map(list, zip(*(record for _, record in rows.values()), strict=True))]
    kept = [place for place, name in enumerate(names) if name or any(map(trimmed, columns[place]))]
    _check_names({place + 1: names[place] for place in kept}, path)
    return Cells(
        {names[place]: columns[place] for place in kept},
        delimiter,
        [*rows],
        empty_rows=len(records) - 1 - len(rows),
        empty_columns=len(names) - len(kept),
    )


def _records(text: str, delimiter: str, dialect: Dialect, before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty lines, each with the number of its last line; raises FileRefused."""
    line = size = 0

    def lines() -> Iterator[str]:
        nonlocal size
        for each in io.StringIO(text, newline=""):
            # No character has more than four bytes.
            if size + 4 * len(each) > LONGEST_ROW and size + len(each.rstrip("\r\n").encode()) > LONGEST_ROW:
                raise too_long(f"The row after line {line}" if line else "The first line")
            size += len(each.encode())
            yield each

    rows = split(lines(), delimiter, dialect, strict=True)
    try:
        for row in rows:
            line, size = rows.line_num + before, 0
            if row:
                yield line, row
    except csv.Error:
        place = f"What comes after line {line}" if line else "The first line"
        raise FileRefused(f"{place} is not CSV; look for unbalanced quotes.") from None


def _check_widths(rows: list[tuple[int, list[str]]], columns: int, path: Path) -> None:
    widths = Counter(len(record) for _, record in rows)
    for line, record in rows:
        if len(record) != columns:
            # As where R does not name the column of the rows' names, rows end with a comma, or a title stands above.
            advice = "; so has every row: the first line must name each column" if len(widths) == 1 else ""
            cells = "1 cell" if len(record) == 1 else f"{len(record)} cells"
            raise InvalidTrainingData(
                f"{path} is not a table: the row that ends in line {line} has {cells}, and the header "
                f"{columns}{advice}."
            )


def _check_names(names: dict[int, str], path: Path) -> None:
    if not any(names.values()):
        raise InvalidTrainingData(f"The first line of {path} names no column; it must name each.")
    unnamed = [str(position) for position, name in names.items() if not name]
    if len(unnamed) > 1:
        raise InvalidTrainingData(f"Columns {list_of(unnamed)} of {path} have no name; give each one, or remove it.")
    for position, name in names.items():
        if not (name.isprintable() and len(name) <= LONGEST_NAME and UNNAMEABLE.isdisjoint(name)):
            raise InvalidTrainingData(
                f"The name of column {position} of {path}, {shorten(name, LONGEST_NAME)!r}, must have at most "
                f"{LONGEST_NAME} characters, all printable, and neither a double quote nor a backslash."
            )
    twice = sorted(name for name, count in Counter(names.values()).items() if count > 1)
    if twice:
        raise InvalidTrainingData(
            f"{path} has more than one column with the name {list_of(map(repr, twice))}; rename all but one."
        )

"""Finds out how a file's cells are to be read, once; the answer is sealed in the signature."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from picklejar.cells.dialect import DELIMITER_NAMES, LEARNED, Dialect
from picklejar.cells.meaning import reader, trimmed
from picklejar.cells.text import split, start_of
from picklejar.errors import FileRefused, InvalidTrainingData
from picklejar.signature import LARGEST_EXACT_INTEGER
from training.dataset.infer import CODE
from training.dataset.marks import ALL_MARKS, Marks, Numbers, marks_of, numbers
from training.table import Cells, cells_of, text_of_file

# Other words for yes and no, columns of texts have as well.
BOOLEANS = {"true", "false"}
# What pandas takes for a number all the same, and the signature refuses by its name.
INFINITE = {sign + word for sign in ("", "+", "-") for word in ("inf", "Inf", "INF", "Infinity", "infinity")}
# So many characters tell what parts cells.
LOOKED_AT = 100_000
DTYPES = {"boolean": "boolean", "integer": "Int64", "number": "float64"}
QUOTED = re.compile(r'"(?:[^"]|"")*"')
# What R's write.csv leaves without quotes: numbers, dates, truth values, and what is missing.
BARE_IN_R = re.compile(r"NA|NaN|-?Inf|TRUE|FALSE|[-+0-9.:e /]*")
OF_R = ("NA", "NaN")
SPACE_BEFORE_QUOTE = re.compile(r'(?:\A|[,;\t|\r\n]) +"')


@dataclass(frozen=True)
class Described:
    """A file's table, each column of the type that all its cells have, and the dialect that it was read by.

    `encoding` is the file's; `dropped` are columns that are left out, and why; so are empty rows, and empty columns
    without a name.
    """

    table: pd.DataFrame
    dialect: Dialect
    encoding: str
    dropped: dict[str, str]
    empty_rows: int
    empty_columns: int

    @property
    def undivided(self) -> str | None:
        """The one column of a file that nothing parts into more, or None."""
        names = [*self.table, *self.dropped]
        return str(names[0]) if len(names) + self.empty_columns == 1 else None


def describe(
    path: Path,
    like: Dialect = LEARNED,
    allowed: tuple[Marks, ...] = ALL_MARKS,
    texts: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Described:
    """Return what a CSV file is taken for; `like` says what spaces, names and words for missing are.

    `allowed` are the marks that numbers may have; `texts` are columns that hold texts, whatever they look like, with
    those that are known, which are never words for missing.

    Raises:
        InvalidTrainingData: the file is no table, or its numbers can be read in two ways.
    """
    text, encoding = text_of_file(path, like)
    by_pandas = like.names == "pandas"
    dialect = like.replaced(
        # Nothing is to be kept of letters that are the same in all encodings, or where a mark tells.
        encoding=encoding if encoding in ("utf-8", "cp1252") and not text.isascii() else None,
        spaces_before_quotes=not by_pandas and SPACE_BEFORE_QUOTE.search(text) is not None,
    )
    dialect = dialect.replaced(delimiter=_delimiter(text, dialect))
    if not by_pandas and _is_of_r(text, dialect.delimiter):
        dialect = dialect.replaced(missing=OF_R, missing_in_texts=True)
    cells = cells_of(path, text, dialect)
    dropped = {} if by_pandas else _unnamed(cells, path)
    kept = replace(cells, columns={name: column for name, column in cells.columns.items() if name not in dropped})
    try:
        table, dialect = typed(kept, dialect, allowed, texts)
    except InvalidTrainingData as error:
        raise InvalidTrainingData(f"{path}: {error}") from error
    return Described(table, dialect, encoding, dropped, cells.empty_rows, cells.empty_columns)


def typed(
    cells: Cells,
    dialect: Dialect,
    allowed: tuple[Marks, ...] = ALL_MARKS,
    texts: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> tuple[pd.DataFrame, Dialect]:
    """Return the table of the cells, and the dialect with their marks; raises InvalidTrainingData."""
    by_pandas = dialect.names == "pandas"
    there = {name: _texts(column, dialect) for name, column in cells.columns.items()}
    found = [one for name in there if name not in texts and (one := numbers(name, there[name]))]
    # pandas reads points without options where it reads cells without: between commas.
    is_plain = by_pandas and cells.delimiter == "," and _are_plain(found, allowed)
    marks = ALL_MARKS[0] if is_plain else marks_of(found, allowed)
    # pandas takes a code for a number, and so did a notebook.
    fitting = {
        column.name: column
        for column in found
        if marks in column.readings and (by_pandas or not any(map(CODE.match, column.texts)))
    }
    dialect = dialect.replaced(
        delimiter=cells.delimiter,
        decimal=marks[0],
        thousands=marks[1],
        signs={column.name: column.sign for column in fitting.values() if column.sign},
    )
    table = {}
    for name, column in cells.columns.items():
        kind = "string" if name in texts else _kind(column, there[name], fitting.get(name), marks)
        table[name] = _column(name, cells, dialect, kind, texts.get(name))
    return pd.DataFrame(table), dialect


def _is_of_r(text: str, delimiter: str | None) -> bool:
    """Whether all texts are quoted and none is NA, so that a bare NA is a missing value also among texts."""
    header, *lines = QUOTED.sub('""', text).splitlines() or [""]
    if '"NA"' in text or set(header.split(delimiter or ",")) != {'""'}:
        return False
    cells = {cell for line in lines for cell in line.split(delimiter or ",")} - {'""'}
    return "NA" in cells and all(map(BARE_IN_R.fullmatch, cells))


def _delimiter(text: str, dialect: Dialect) -> str | None:
    """Return what parts the first rows into equally many cells, the most; None where the first line decides."""
    try:
        start = start_of(text, dialect)
    except FileRefused:  # and told where its cells are read
        return None
    if start.said:
        return start.delimiter
    widths = {one: _width(text, one, dialect) for one in (start.delimiter, *DELIMITER_NAMES)}
    widest = max(widths, key=widths.__getitem__)
    return widest if widths[widest] > 1 else None


def _width(text: str, delimiter: str, dialect: Dialect) -> int:
    """Return how many cells each of the first rows has, or 0."""
    lines = io.StringIO(text[:LOOKED_AT], newline="")
    rows = split(lines, delimiter, dialect)
    # The last row may be cut.
    widths = {len(row) for row in [*filter(None, rows)][: -1 if len(text) > LOOKED_AT else None]}
    return widths.pop() if len(widths) == 1 else 0


def _unnamed(cells: Cells, path: Path) -> dict[str, str]:
    if "" not in cells.columns:
        return {}
    counted = cells.columns[""]
    if not any(counted == [str(at) for at in range(first, first + len(counted))] for first in (0, 1)):
        raise InvalidTrainingData(f"A column of {path} has no name; give it one, or remove it.")
    return {"": "counts the rows, as the index that a table was written with"}


def _texts(cells: list[str], dialect: Dialect) -> list[str]:
    """Return the different texts that must be numbers, or booleans, where a column is of those."""
    if dialect.names == "pandas":  # which knows empty cells and words alone, without spaces around them
        return sorted(map(trimmed, {*cells} - {"", *dialect.missing, *INFINITE}))
    return sorted({*map(trimmed, {*cells})} - {"", *dialect.missing})


def _are_plain(columns: list[Numbers], allowed: tuple[Marks, ...]) -> bool:
    return ALL_MARKS[0] in allowed and all(ALL_MARKS[0] in column.readings for column in columns)


def _kind(cells: list[str], texts: list[str], numbers: Numbers | None, marks: Marks) -> str:
    """Return a column's type; what is infinite is neither whole nor a truth value."""
    is_finite = INFINITE.isdisjoint(cells)
    if numbers:
        return "integer" if is_finite and _are_whole(numbers, marks) else "number"
    are_booleans = bool(texts) and {text.lower() for text in texts} <= BOOLEANS
    return "boolean" if is_finite and are_booleans else "string"


def _are_whole(column: Numbers, marks: Marks) -> bool:
    """Return whether numbers are written without decimals and exponents, and are exact."""
    return not any(mark in text for text in column.texts for mark in (marks[0], "e", "E")) and all(
        abs(value) <= LARGEST_EXACT_INTEGER for value in column.values(marks)
    )


def _column(name: str, cells: Cells, dialect: Dialect, kind: str, choices: tuple[str, ...] | None) -> pd.Series[Any]:
    values = cells.read(name, reader(kind, choices, dialect, cells.delimiter, dialect.signs.get(name, "")))
    return values if kind == "string" else values.astype(DTYPES[kind])  # type: ignore[call-overload]

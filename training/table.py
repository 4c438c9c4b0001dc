"""A CSV file's cells as texts, and as the types that they or a signature say."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from picklejar.errors import InvalidTrainingData
from picklejar.signature import LARGEST_EXACT_INTEGER, LONGEST_NAME, UNNAMEABLE, Signature
from picklejar.wording import list_of, shorten

SEPARATORS = (",", ";", "\t", "|")
# A number that begins with 0, as a postcode may, is a text: read as a number, it would lose it.
NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
POINTED_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
# What people write for a number or a boolean that is not known. Among texts it is one: NA is also Namibia.
MISSING = {"na", "n/a", "nan", "null", "none", "?", "-"}
BOOLEANS = {"true": True, "false": False}


def read_sample(path: Path) -> pd.DataFrame:
    """Return the file's table, each column of the type that all its cells have: `read_cells`, then `guessed`."""
    return guessed(read_cells(path))


def read_table(path: Path, signature: Signature) -> pd.DataFrame:
    """Return the signature's columns, each cell of its type: `read_cells`, then `typed`.

    Rows without a target are left out.
    """
    table = typed(read_cells(path), signature)
    target = signature.target.name
    return table[table[target].notna()] if target in table else table


def read_cells(path: Path) -> pd.DataFrame:
    """Return every cell of a CSV file with a header as a text without spaces around it, None where empty.

    The separator is the comma, semicolon, tab or bar that the header has most of. Beside semicolons, a comma in a
    number is its decimal point. Spaces and line breaks in a column's name become one space.

    Raises:
        InvalidTrainingData: the file is not UTF-8 text or CSV, has no rows or ambiguous numbers, or unnamed or equal
            columns.
    """
    text = _text(path)
    separator, ((_, header), *records) = _records(text, path)
    names = [" ".join(name.split()) for name in header]
    _check_names(names, path)
    for line, record in records:
        if len(record) != len(names):
            raise InvalidTrainingData(
                f"{path} is not a table: the row that ends in line {line} has {len(record)} cells, and the header "
                f"{len(names)}."
            )
    if not records:
        raise InvalidTrainingData(f"{path} has a header and no rows.")
    if separator == ";":
        _check_points(records, path)
    cells = [[_cell(cell, separator) for cell in record] for _, record in records]
    return pd.DataFrame(cells, columns=names, dtype=object)


def guessed(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the table with columns of booleans, integers or numbers where all cells are; others stay texts.

    true and false are booleans, in any case. Only in such columns do words for missing values count.
    """
    return pd.DataFrame({name: _guessed(cells[name]) for name in cells})


def typed(cells: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Return the signature's columns, each cell of its type; unreadable ones stay text."""
    labels = signature.target.labels
    kind = {str: "string", bool: "boolean"}.get(type(labels[0]), "number") if labels else "number"
    types = {feature.name: str(feature.type) for feature in signature.features} | {signature.target.name: kind}
    return pd.DataFrame({name: _typed(cells[name], kind) for name, kind in types.items() if name in cells})


def number(text: str) -> float | None:
    """Return the number of a text, an int if exact, or None."""
    if INTEGER.fullmatch(text) and NUMBER.fullmatch(text) and abs(int(text)) <= LARGEST_EXACT_INTEGER:
        return int(text)
    return float(text) if NUMBER.fullmatch(text) and math.isfinite(float(text)) else None


def _text(path: Path) -> str:
    try:
        # The mark that Excel puts before a file's first byte is none of its first column's name.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidTrainingData(f"{path} cannot be opened: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidTrainingData(
            f"{path} is not text in UTF-8; save it as such, which Excel calls CSV UTF-8."
        ) from error
    if not text.strip():
        raise InvalidTrainingData(f"{path} is empty.")
    return text


def _records(text: str, path: Path) -> tuple[str, list[tuple[int, list[str]]]]:
    line, records = 0, []
    try:
        separator = max(SEPARATORS, key=lambda one: len(next(filter(None, _rows(text, one, strict=False)))))
        rows = _rows(text, separator, strict=True)
        for row in rows:
            line = rows.line_num
            if row:
                records.append((line, row))
    except csv.Error as error:
        raise InvalidTrainingData(
            f"{path} is not a CSV file: what comes after line {line} cannot be read; look for unbalanced quotes."
        ) from error
    return separator, records


def _rows(text: str, separator: str, *, strict: bool) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=strict)


def _check_names(names: list[str], path: Path) -> None:
    for position, name in enumerate(names, 1):
        if not name:
            raise InvalidTrainingData(f"Column {position} of {path} has no name; give it one, or remove it.")
        if not (name.isprintable() and len(name) <= LONGEST_NAME and UNNAMEABLE.isdisjoint(name)):
            raise InvalidTrainingData(
                f"The name of column {position} of {path}, {shorten(name, LONGEST_NAME)!r}, must have at most "
                f"{LONGEST_NAME} characters, all printable, and neither a double quote nor a backslash."
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidTrainingData(
            f"{path} has more than one column with the name {list_of(twice)}; rename all but one."
        )


def _check_points(records: list[tuple[int, list[str]]], path: Path) -> None:
    if not any(DECIMAL_COMMA.fullmatch(cell.strip()) for _, record in records for cell in record):
        return
    for line, record in records:
        for cell in map(str.strip, record):
            if POINTED_THOUSANDS.fullmatch(cell):
                raise InvalidTrainingData(
                    f"{path} has numbers with a decimal comma and, in line {line}, {cell}, which may be "
                    f"{cell.replace('.', '')} or a number with a decimal point; write it without the point, or with a "
                    "comma."
                )


def _cell(cell: str, separator: str) -> str | None:
    text = cell.strip()
    if separator == ";" and DECIMAL_COMMA.fullmatch(text):
        return text.replace(",", ".")
    return text or None


def _guessed(column: pd.Series[Any]) -> pd.Series[Any]:
    for kind in ("boolean", "number"):
        values = _typed(column, kind)
        present = values.dropna().tolist()
        if present and not any(isinstance(value, str) for value in present):
            whole = all(type(value) is int for value in present)
            return values.astype("boolean" if kind == "boolean" else "Int64" if whole else "float64")
    return column


def _typed(column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    if kind == "string":
        return column
    read = _boolean if kind == "boolean" else _number
    return pd.Series([None if cell is None else read(cell) for cell in column.tolist()], column.index, dtype=object)


def _boolean(text: str) -> bool | str | None:
    word = text.casefold()
    return None if word in MISSING else BOOLEANS.get(word, text)


def _number(text: str) -> float | str | None:
    match = number(text)
    return match if match is not None else None if text.casefold() in MISSING else text

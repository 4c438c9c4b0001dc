"""Finds where each row of a CSV or of JSON Lines ends, keeping no more than a row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from picklejar.cells.dialect import Dialect
from picklejar.cells.text import split
from picklejar.errors import FileRefused

# A row is held in memory, whatever the file; the longest that anybody means are those of a few hundred columns.
LONGEST_LINE = 1024 * 1024


def csv_rows(text: TextIO, delimiter: str, first: int, dialect: Dialect) -> Iterator[tuple[list[str], int]]:
    """Yield the cells of each row and the number of characters up to its end; empty lines are skipped.

    `text` is opened with newline=""; row 0 is the header. Raises FileRefused.
    """
    number, position = first, 0

    def lines() -> Iterator[str]:
        nonlocal position
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise FileRefused(_too_long(number))
            position += len(line)
            yield line
        # An empty line behind the last: a quote that is still open would take it into its cell.
        yield "\n"

    row: tuple[list[str], int] | None = None
    cells: list[str] = []
    try:
        for cells in split(lines(), delimiter, dialect):
            if row:
                yield row
                number += 1
            row = (cells, position) if cells else None
    except csv.Error:
        raise FileRefused(
            f"{_place(number + (row is not None))} has a cell of more than {csv.field_size_limit():,} characters; "
            "perhaps a quote is never closed."
        ) from None
    if cells:
        raise FileRefused(f"A quote that opens in {_place(number, 'row', 'the first line')} is never closed.")


def json_rows(content: BinaryIO) -> Iterator[int]:
    """Yield how many bytes end with each line that is not blank; raises FileRefused for an overlong one."""
    number, position = 1, 0
    while line := content.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise FileRefused(_too_long(number))
        position += len(line)
        if line.strip():
            yield position
            number += 1


def _too_long(number: int) -> str:
    return f"{_place(number)} has a line of {LONGEST_LINE:,} characters or more."


def _place(number: int, row: str = "Row", header: str = "The first line") -> str:
    return f"{row} {number}" if number else header

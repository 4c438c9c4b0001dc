"""Finds where each row of a CSV or of JSON Lines ends, keeping no more than a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, TextIO

from picklejar.cells.dialect import Dialect
from picklejar.cells.text import LONGEST_ROW, split, too_long
from picklejar.errors import FileRefused


def csv_rows(text: TextIO, delimiter: str, first: int, dialect: Dialect) -> Iterator[tuple[list[str], int]]:
    """Yield the cells of each row and the number of characters up to its end; empty lines are skipped.

    `text` is opened with newline="" and has a character for each byte; row 0 is the header. Raises FileRefused.
    """
    number, position, begin = first, 0, 0
    row: tuple[list[str], int] | None = None

    def lines() -> Iterator[str]:
        nonlocal position
        while line := text.readline(LONGEST_ROW + len("\r\n")):
            if position - begin + len(line.rstrip("\r\n")) > LONGEST_ROW:
                raise too_long(_place(number + (row is not None)))
            position += len(line)
            yield line
        # An empty line behind the last: a quote that is still open would take it into its cell.
        yield "\n"

    cells: list[str] = []
    for cells in split(lines(), delimiter, dialect):
        if row:
            yield row
            number += 1
        row, begin = (cells, position) if cells else None, position
    if cells:
        raise FileRefused(f"A quote that opens in {_place(number, 'row', 'the first line')} is never closed.")


def json_rows(content: BinaryIO) -> Iterator[int]:
    """Yield how many bytes end with each line that is not blank; raises FileRefused for an overlong one."""
    number, position = 1, 0
    while line := content.readline(LONGEST_ROW + len(b"\r\n")):
        if len(line.rstrip(b"\r\n")) > LONGEST_ROW:
            raise too_long(_place(number))
        position += len(line)
        if line.strip():
            yield position
            number += 1


def _place(number: int, row: str = "Row", header: str = "The first line") -> str:
    return f"{row} {number}" if number else header

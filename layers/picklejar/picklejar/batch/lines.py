"""Finds where each row of a CSV or of JSON Lines ends, keeping no more than a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, TextIO

import numpy as np

from picklejar.cells.dialect import Dialect
from picklejar.cells.text import LONGEST_ROW, split, too_long
from picklejar.errors import FileRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUOTE, RETURN, END = b'"\r\n'
# Each takes many times its byte while all are looked at together.
MOST_SIGNS = 1 / 8


def row_ends(content: bytes, delimiter: str) -> NDArray[np.intp] | None:
    """Return up to which byte each row of a CSV goes that begins and ends in these bytes; empty lines are skipped.

    None where only csv tells: a quote within a cell, lines of several ends, an overlong row, or most of it quotes and
    line ends.
    """
    if content.count(b'"') + content.count(b"\n") > len(content) * MOST_SIGNS:
        return None
    signs = np.frombuffer(content, np.uint8)
    quotes = np.flatnonzero(signs == QUOTE)
    # Each other quote begins what is in quotes, at a cell's begin or right behind a quote, which makes two a sign.
    before = signs[np.maximum(quotes[::2], 1) - 1]
    if not np.isin(before, [ord(delimiter), END, QUOTE]).all():
        return None
    ends = _outside(np.flatnonzero(signs == END), quotes)
    returns = _outside(np.flatnonzero(signs == RETURN), quotes)
    if (signs.take(returns + 1, mode="clip") != END).any():
        return None
    sizes = np.diff(ends, prepend=-1) - 1 - (signs[ends - 1] == RETURN)
    return None if sizes.max(initial=0) > LONGEST_ROW else ends[sizes > 0] + 1


def _outside(places: NDArray[np.intp], quotes: NDArray[np.intp]) -> NDArray[np.intp]:
    return places[np.searchsorted(quotes, places) % 2 == 0] if len(quotes) else places


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

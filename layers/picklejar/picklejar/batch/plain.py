"""Text whose rows are its lines, which a result repeats as they are, with predictions behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from picklejar.batch.layout import Layout
from picklejar.batch.lines import MOST_SIGNS

# Stands for a cell that keeps its quotes, since there is a delimiter or a line end in it.
HIDDEN = "\0"


class Plain(NamedTuple):
    """Rows, each a line without its end; every `HIDDEN` in them is the next cell of `hidden`."""

    lines: list[str]
    hidden: Iterator[str]


def plain(text: str, layout: Layout) -> Plain | None:
    """Return whole rows as lines; None where csv is needed to read them, or would write them otherwise."""
    hidden: list[str] = []
    if HIDDEN in text or text.count('"') + text.count("\n") > len(text) * MOST_SIGNS:
        return None
    if '"' in text:
        match = _without_quotes(text, layout.delimiter)
        if match is None:
            return None
        text, hidden = match
    if not _ends_alike(text, layout.newline) or (layout.dialect.spaces_before_quotes and " " in text):
        return None
    return Plain(list(filter(None, text.split(layout.newline))), iter(hidden))


def take_hidden(lines: str, hidden: Iterator[str]) -> list[str]:
    """Return the next hidden cells, those of these lines."""
    return list(islice(hidden, lines.count(HIDDEN)))


def columns_of(lines: str, count: int, layout: Layout, places: list[int]) -> dict[int, list[str]] | None:
    """Return the cells at each of the places; None where lines have other numbers of cells, or one is hidden."""
    delimiter, end, width = layout.delimiter, layout.newline, len(layout.header)
    # A line's end becomes a cell, which is in its place if each line has as many cells as the header.
    cells = lines.replace(end, f"{delimiter}{end}{delimiter}").split(delimiter)
    ends = cells[width :: width + 1]
    if len(cells) != count * (width + 1) - 1 or ends.count(end) != len(ends):
        return None
    columns = {place: cells[place :: width + 1] for place in places}
    return None if any(HIDDEN in column for column in columns.values()) else columns


def shown(text: str, hidden: Sequence[str]) -> str:
    """Return a text with its hidden cells in their quotes."""
    if not hidden:
        return text
    parts = [""] * (2 * len(hidden) + 1)
    parts[::2], parts[1::2] = text.split(HIDDEN), hidden
    return '"'.join(parts)


def _without_quotes(text: str, delimiter: str) -> tuple[str, list[str]] | None:
    """Return a text without quotes, as csv writes none that nothing needs, and the cells that are hidden in it."""
    parts = text.split('"')
    quoted = parts[1::2]
    # A line of an empty cell alone is a row, and an empty line is none.
    if text.startswith('""') or '\n""' in text or not _is_each_a_cell(parts[::2], len(quoted), delimiter):
        return None
    parts[1::2] = cells = [HIDDEN if delimiter in cell or "\n" in cell else cell for cell in quoted]
    hidden = [quoted[place] for place, cell in enumerate(cells) if cell is HIDDEN]
    # A line end of old Macs keeps its quotes, too, if not by every release of Python.
    return None if any("\r" in cell for cell in cells) else ("".join(parts), hidden)


def _is_each_a_cell(outside: list[str], quoted: int, delimiter: str) -> bool:
    """Return whether all that is quoted are whole cells, without a quote in them."""
    text = '"'.join(outside)
    opening = text.count(f'{delimiter}"') + text.count('\n"') + text.startswith('"')
    closing = text.count(f'"{delimiter}') + text.count('"\n') + text.count('"\r') + text.endswith('"')
    return len(outside) == quoted + 1 and opening == closing == quoted


def _ends_alike(text: str, newline: str) -> bool:
    """Return whether every line ends like the first one of the file."""
    if newline == "\n":
        return "\r" not in text
    return text.count("\r") == text.count("\n") == text.count(newline)

"""The wording of values in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_LIST_SHOWN = 300
FORMULA = re.compile(r"'*[=+\-@\t\r]")
Label = str | int | bool


def text_of(label: Label) -> str:
    """Return a label as people read it; booleans are yes and no."""
    return ("yes" if label else "no") if isinstance(label, bool) else str(label)


def cell_of(text: str) -> str:
    """Return a text that we add to a CSV, with a quote before what a spreadsheet would take for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def from_cell(cell: str) -> str:
    """Return the text of which `cell_of` made a cell."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def list_of(words: Iterable[str]) -> str:
    """Return the words with commas, cut where they are many."""
    return shorten(", ".join(words), LONGEST_LIST_SHOWN)


def shorten(text: str, longest: int) -> str:
    """Return the beginning of a text, with an ellipsis where it is cut."""
    return text if len(text) <= longest else f"{text[:longest]}…"

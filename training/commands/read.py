"""The command that shows what a file is taken for, and the table that `new` shows, too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from picklejar.cells.dialect import DELIMITER_NAMES, LEARNED
from picklejar.cells.names import undivided
from picklejar.wording import list_of, shorten, text_of
from training.commands.options import Decimal, DecimalMark, Thousands, ThousandsMark
from training.dataset.marks import SPOKEN, Marks, allowed
from training.terminal import console, reported, say

if TYPE_CHECKING:
    from training.dataset.describe import Described

app = typer.Typer()

ROWS_SHOWN, LONGEST_SHOWN = 3, 24
ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a byte order mark", "utf-16": "UTF-16"}
DECIMALS = {".": "a decimal point", ",": "a decimal comma"}
MARKS = {word: mark for mark, word in SPOKEN.items()}
TYPES = {"Int64": "integer", "float64": "number", "boolean": "boolean"}


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header, also packed by gzip.")],
    decimal: Decimal = None,
    thousands: Thousands = None,
) -> None:
    """Show what a file is taken for: how it is written, its columns with their types, and what is left out.

    Example: picklejar read docs/example/customers.csv
    """
    from training.dataset.describe import describe

    with reported():
        show_file(file, describe(file, allowed=marks_allowed(decimal, thousands)))


def marks_allowed(decimal: DecimalMark | None, thousands: ThousandsMark | None) -> tuple[Marks, ...]:
    """Return the marks that the two options leave."""
    return allowed(decimal, None if thousands is None else MARKS.get(thousands, thousands))


def show_file(file: Path, described: Described) -> None:
    """Print what a file is taken for."""
    from training.dataset.infer import has_words, useless

    table, dialect = described.table, described.dialect
    say(f"{file} has {len(table):,} rows. {_written(described)}")
    shown = Table(title="What its columns are taken for")
    for header in ("column", "type", "missing", *(f"row {row + 1}" for row in range(min(ROWS_SHOWN, len(table))))):
        shown.add_column(header)
    for name, column in table.items():
        kind, sign = TYPES.get(str(column.dtype), "text"), dialect.signs.get(str(name))
        first = [_shown(value) for value in column.head(ROWS_SHOWN).astype(object).where(column.notna(), None)]
        cells = (str(name), f"{kind} in {sign}" if sign else kind, f"{int(column.isna().sum()):,}", *first)
        shown.add_row(*map(escape, cells))
    console.print(shown)
    say_empty(described.empty_rows, described.empty_columns)
    if described.undivided:
        say(undivided(described.undivided, LEARNED))
    for name, reason in described.dropped.items():
        say(f"Dropped: {name or 'the column without a name'} {reason}.")
    for name, column in table.items():
        why = useless(column)
        if why and has_words(column):
            say(f"Text: {name} {why}; the words in them can be counted.")
        elif why:
            say(f"Not learned from: {name} {why}.")


def say_empty(rows: int, columns: int = 0) -> None:
    """Say how many rows of a file are skipped because they are empty, if any are, and how many columns."""
    if rows:
        say(f"Skipped: {rows:,} empty row{'s' * (rows != 1)}.")
    if columns:
        say(f"Skipped: {columns:,} empty column{'s' * (columns != 1)} without a name.")


def _written(described: Described) -> str:
    dialect = described.dialect
    parts: list[str] = [f"{ENCODINGS.get(described.encoding, described.encoding)} text"]
    if not described.undivided:
        parts.append(f"cells parted by {DELIMITER_NAMES[str(dialect.delimiter)]}")
    if dialect.decimal:
        mark = "spaces" if dialect.thousands == " " else str(dialect.thousands)
        parted = f" and {mark} between thousands" if mark else ""
        parts.append(f"numbers with {DECIMALS[dialect.decimal]}{parted}")
    if dialect.spaces_before_quotes:
        parts.append("spaces before quotes")
    words = list_of(sorted({word.lower() for word in dialect.missing}))
    among = "" if dialect.missing_in_texts else " among numbers"
    return f"It is {', '.join(parts)}. Missing{among}: an empty cell, and {words}."


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else shorten(text_of(value), LONGEST_SHOWN)

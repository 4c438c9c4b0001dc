"""What commands print, and the sentence that they end with on errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import typer
from rich.console import Console

from picklejar.errors import PicklejarError

console = Console()
errors = Console(stderr=True)


def say(sentence: str) -> None:
    """Print a sentence as it is."""
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def reported() -> Iterator[None]:
    """End the command with an error's own sentence."""
    try:
        yield
    except PicklejarError as error:
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


AGES = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def ago(moment: str) -> str:
    """Return how long ago a time in ISO 8601 was, in its largest unit."""
    # Trained by a clock that is ahead of ours, or just now, is a second ago.
    seconds = max(1.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
    count, unit = next((int(seconds // size), unit) for size, unit in AGES if seconds >= size)
    return f"{count} {unit}" + ("s" if count != 1 else "") + " ago"

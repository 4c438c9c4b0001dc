"""What a command says: its sentences, and the one with which it ends where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from picklejar.errors import PicklejarError

console = Console()
errors = Console(stderr=True)


def say(sentence: str) -> None:
    """Print a sentence, as it is."""
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def reported() -> Iterator[None]:
    """End the command with an error's own sentence."""
    try:
        yield
    except PicklejarError as error:
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error

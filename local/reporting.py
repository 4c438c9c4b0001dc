"""Ends a command with an error's own sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from picklejar.errors import PicklejarError


@contextmanager
def reported() -> Iterator[None]:
    """Say what went wrong, where it is an error of ours, and leave with status 1."""
    try:
        yield
    except PicklejarError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error

"""Progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from training.terminal import console


@contextmanager
def steps(name: str, count: int) -> Iterator[Callable[[str], None]]:
    """Show a bar that moves at each call with a step's name."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=count + 1)
        yield lambda step: progress.update(task, description=f"{name}: {step}", advance=1)


@contextmanager
def rows(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar that moves at each call with the rows done and the rows in all."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"{name}: looking for the rows", total=None)
        yield lambda done, whole: progress.update(task, description=name, completed=done, total=whole)


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")

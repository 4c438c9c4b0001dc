"""Looks for inert answers that are not scikit-learn's: `make agree SECONDS=600`.

Each case has a seed of its own, which draws a class, parameters, a table and a protocol; `--seed N` runs one case
again. Ends with what was drawn, and with 1 where an answer differed.
"""

from __future__ import annotations

import itertools
import multiprocessing
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Annotated

import typer

from tests.agree.run import Case, Run, run_case

LONGEST = 20.0  # seconds


def main(
    seconds: Annotated[float, typer.Argument(help="How long to look.")] = 600,
    first: Annotated[int, typer.Option(help="The seed of the first case.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Run the case of this seed alone.")] = None,
    classes: Annotated[str, typer.Option("--class", help="Draw this class alone, as in SVC.")] = "",
) -> None:
    """Compare inert estimators with their originals until the time is over."""
    run = Run()
    ends = time.monotonic() + seconds
    shown = time.monotonic()
    for case, found in _cases(first if seed is None else seed, classes):
        run.add(found)
        if found.differences:
            sys.stdout.write(f"\nseed {case}: {found.shown}\n" + "".join(f"  {one}\n" for one in found.differences))
            sys.stdout.flush()
        if seed is not None or time.monotonic() > ends:
            break
        if time.monotonic() - shown > 10:
            shown = time.monotonic()
            sys.stderr.write(f"{run.cases} cases, {run.differing} differ, {ends - shown:.0f} s left\n")
    sys.stdout.write(run.summary())
    raise typer.Exit(1 if run.differing else 0)


def _cases(seed: int, classes: str) -> Iterator[tuple[int, Case]]:
    """Yield cases from a seed on, without those whose fit, in C, does not end: a process of its own runs them."""
    processes = multiprocessing.get_context("fork")
    while True:
        cases, sends = processes.Pipe(duplex=False)
        worker = processes.Process(target=_send, args=(sends, seed, classes), daemon=True)
        worker.start()
        while cases.poll(LONGEST):
            yield seed, cases.recv()
            seed += 1
        worker.kill()
        sys.stderr.write(f"seed {seed} does not end\n")
        seed += 1


def _send(cases: Connection, seed: int, classes: str) -> None:
    for case in itertools.count(seed):
        cases.send(run_case(case, classes))


if __name__ == "__main__":
    typer.run(main)

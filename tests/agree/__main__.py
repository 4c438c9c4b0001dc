"""Looks for inert answers that are not scikit-learn's: `make agree SECONDS=600`.

Each case has a seed of its own, which draws a class, parameters, a table and a protocol; `--seed N` runs one case
again. Ends with what was drawn, and with 1 where an answer differed.
"""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from tests.agree.run import Run, run_case

SLOW = 5.0  # seconds


def main(
    seconds: Annotated[float, typer.Argument(help="How long to look.")] = 600,
    first: Annotated[int, typer.Option(help="The seed of the first case.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Run the case of this seed alone.")] = None,
    classes: Annotated[str, typer.Option("--class", help="Draw this class alone, as in SVC.")] = "",
) -> None:
    """Compare inert estimators with their originals until the time is over."""
    run = Run()
    ends, case = time.monotonic() + seconds, first if seed is None else seed
    shown = time.monotonic()
    while True:
        began = time.monotonic()
        found = run_case(case, classes)
        if time.monotonic() - began > SLOW:
            sys.stderr.write(f"seed {case} took {time.monotonic() - began:.0f} s: {found.shown}\n")
        run.add(found)
        if found.differences:
            sys.stdout.write(f"\nseed {case}: {found.shown}\n" + "".join(f"  {one}\n" for one in found.differences))
        case += 1
        if seed is not None or time.monotonic() > ends:
            break
        if time.monotonic() - shown > 10:
            shown = time.monotonic()
            sys.stderr.write(f"{run.cases} cases, {run.differing} differ, {ends - shown:.0f} s left\n")
    sys.stdout.write(run.summary())
    raise typer.Exit(1 if run.differing else 0)


if __name__ == "__main__":
    typer.run(main)

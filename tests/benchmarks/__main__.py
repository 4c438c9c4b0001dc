"""`make bench`: measures ours beside what is usually deployed, and writes docs/benchmarks.md and its picture."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tests.benchmarks import cold, estimators, machine, material, picture, report, sizes, traffic, warm
from tests.benchmarks.measurement import Results
from tests.benchmarks.places import ROOT, SIDES, WORK, Surroundings, naive, ours
from tests.benchmarks.store import running_store
from tests.benchmarks.workers import worker

README = ROOT / "README.md"


def main(
    rounds: Annotated[int, typer.Option(help="How often every side takes its turn.")] = 15,
    quick: Annotated[
        bool, typer.Option(help="Two rounds, kept out of docs: only to see that everything runs.")
    ] = False,
    docs: Annotated[Path, typer.Option(help="Where the table and the picture go.")] = ROOT / "docs",
) -> None:
    """Measure everything, one part after another."""
    results = measure(2 if quick else rounds)
    written = WORK if quick else docs
    (WORK / "results.json").write_bytes(msgspec.json.encode(results))
    (written / "benchmarks.md").write_text(report.render(results))
    picture.draw(results, written / "benchmarks.svg")
    if not quick:
        README.write_text(report.between(README.read_text(), report.summary(results)))
    typer.echo(f"{written / 'benchmarks.md'} and its picture are written.")


def measure(rounds: int) -> Results:
    """Return what was measured, in as many rounds."""
    # The first answer of our own process is nobody's, but its threads would be on the scales.
    os.environ["OMP_NUM_THREADS"] = "1"
    WORK.mkdir(parents=True, exist_ok=True)
    material.write()
    built, usual = ours(), naive()
    with running_store() as store:
        typer.echo("cold starts")
        started, peaks = cold.measure(built, usual, rounds, **store)
        variables = store | {"WORK": str(WORK), "ROWS": json.dumps(estimators.ROWS)}
        with (
            worker(Surroundings((*built.folders, SIDES)), "our_calls", **variables) as one,
            worker(usual, "their_calls", **variables) as other,
        ):
            typer.echo("a warm container")
            warmed = warm.measure(one, other, rounds)
            typer.echo("estimators")
            alone = estimators.measure(one, other, rounds)
            unread = estimators.unread(one)
            typer.echo("requests")
            sent = traffic.measure(built, one, rounds, **store)
    typer.echo("sizes")
    return Results(
        machine=machine.describe(),
        rounds=rounds,
        comparisons=[*started, *warmed, *alone, *sent],
        amounts=[*peaks, *sizes.measure()],
        unread=unread,
    )


if __name__ == "__main__":
    typer.run(main)

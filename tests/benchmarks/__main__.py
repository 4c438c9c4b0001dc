"""`make bench`: measures ours beside what is usually deployed, and writes docs/benchmarks.md and its picture."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tests.benchmarks import cold, estimators, machine, material, picture, report, sizes, traffic, warm
from tests.benchmarks.measurement import Comparison, Results
from tests.benchmarks.places import ROOT, SIDES, WORK, Surroundings, naive, ours
from tests.benchmarks.store import running_store
from tests.benchmarks.workers import worker

README = ROOT / "README.md"


class Part(StrEnum):
    """A part of the benchmarks that can be measured alone."""

    COLD = "cold"


def main(
    rounds: Annotated[int, typer.Option(help="How often every side takes its turn.")] = 15,
    quick: Annotated[
        bool, typer.Option(help="Two rounds, kept out of docs: only to see that everything runs.")
    ] = False,
    docs: Annotated[Path, typer.Option(help="Where the table and the picture go.")] = ROOT / "docs",
    only: Annotated[Part | None, typer.Option(help="Measure this part, and print it; docs are left alone.")] = None,
    before: Annotated[
        Path | None, typer.Option(help="Another checkout, built and trained, to compare cold starts with.")
    ] = None,
) -> None:
    """Measure everything, one part after another."""
    if only == Part.COLD:
        typer.echo(report.table(measure_cold(2 if quick else rounds, before)))
        return
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


def measure_cold(rounds: int, before: Path | None) -> list[Comparison]:
    """Return the cold starts of this checkout beside the usual handler's, or beside those of another checkout."""
    WORK.mkdir(parents=True, exist_ok=True)
    material.write()
    with running_store() as store:
        if before is not None:
            return [cold.compare_builds(ours(), ours(before), rounds, **store)]
        return cold.measure(ours(), naive(), rounds, **store)[0]


if __name__ == "__main__":
    typer.run(main)

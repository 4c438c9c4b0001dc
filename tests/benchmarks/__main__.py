"""`make bench`: measures ours beside the usual deployments, and writes docs/benchmarks.md and the tables of two pages.

The pages are docs/performance.md and README.md.
"""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tests.benchmarks import (
    cold,
    estimators,
    files,
    growth,
    machine,
    material,
    picture,
    report,
    shares,
    sizes,
    traffic,
    warm,
)
from tests.benchmarks.measurement import Results
from tests.benchmarks.places import BUNDLES, ROOT, SIDES, WORK, Surroundings, naive, ours
from tests.benchmarks.store import running_store
from tests.benchmarks.workers import Worker, worker

README = ROOT / "README.md"
PERFORMANCE = ROOT / "docs" / "performance.md"


class Part(enum.StrEnum):
    """A part of the benchmarks that can run alone."""

    COLD = "cold"
    WARM = "warm"
    ESTIMATORS = "estimators"
    REQUESTS = "requests"
    FILES = "files"
    SIZES = "sizes"
    PERFORMANCE = "performance"


BY_WORKERS = {Part.WARM, Part.ESTIMATORS, Part.REQUESTS, Part.FILES}


def main(
    rounds: Annotated[int, typer.Option(help="Rounds; each side is measured once a round.")] = 15,
    only: Annotated[Part | None, typer.Option(help="Measure one part and print it; docs stay as they are.")] = None,
    quick: Annotated[
        bool, typer.Option(help="Two rounds, to see that everything runs; docs stay as they are.")
    ] = False,
    docs: Annotated[Path, typer.Option(help="Folder for the tables and the picture.")] = ROOT / "docs",
    before: Annotated[
        Path | None, typer.Option(help="Another built checkout, whose cold start and warm calls are measured, too.")
    ] = None,
) -> None:
    """Measure all parts, one after another."""
    results = measure(2 if quick else rounds, [only] if only else [*Part], before)
    (WORK / "results.json").write_bytes(msgspec.json.encode(results))
    if only:
        typer.echo(report.performance(results) if only is Part.PERFORMANCE else report.render(results))
        return
    folder = WORK if quick else docs
    (folder / "benchmarks.md").write_text(report.render(results))
    picture.draw(results, folder / "benchmarks.svg")
    performance = report.performance(results)
    if quick:
        (WORK / "performance.md").write_text(performance)
    else:
        README.write_text(report.between(README.read_text(), report.summary(results)))
        PERFORMANCE.write_text(report.between(PERFORMANCE.read_text(), performance))
    typer.echo(f"Wrote {folder / 'benchmarks.md'} and its picture.")


def measure(rounds: int, parts: list[Part], before: Path | None = None) -> Results:
    # Threads of our own process must not count.
    os.environ["OMP_NUM_THREADS"] = "1"
    WORK.mkdir(parents=True, exist_ok=True)
    material.write()
    results = Results(machine=machine.describe(), rounds=rounds, comparisons=[], amounts=[], onnx=material.convert())
    built, usual = ours(), naive()
    with running_store() as store:
        if Part.COLD in parts:
            typer.echo("cold starts")
            comparisons, amounts = cold.measure(built, usual, rounds, **store)
            results.comparisons.extend(comparisons)
            results.amounts.extend(amounts)
            if before is not None:
                results.comparisons.extend(cold.compare_builds(built, ours(before), rounds, **store))
        if BY_WORKERS & {*parts}:
            _measure_calls(results, parts, built, usual, before, store)
        if Part.PERFORMANCE in parts:
            typer.echo("shares and growth")
            results.shares.extend(shares.measure(built, rounds, **store))
            results.growth.extend(growth.measure(built, usual, rounds, **store))
    if Part.SIZES in parts:
        typer.echo("sizes")
        results.amounts.extend(sizes.measure())
    return results


def _measure_calls(
    results: Results,
    parts: list[Part],
    built: Surroundings,
    usual: Surroundings,
    before: Path | None,
    store: dict[str, str],
) -> None:
    """Add the parts whose calls two processes repeat, one of each side."""
    rounds = results.rounds
    with _workers(built, usual, store) as (mine, theirs):
        if Part.WARM in parts:
            typer.echo("a warm container")
            results.comparisons.extend(warm.measure(mine, theirs, rounds))
            if before is not None:
                with _ours(ours(before), store) as earlier:
                    results.comparisons.extend(warm.compare_builds(mine, earlier, rounds))
        if Part.ESTIMATORS in parts:
            typer.echo("estimators")
            results.comparisons.extend(estimators.measure(mine, theirs, rounds))
            results.comparisons.extend(estimators.measure_onnx(mine, theirs, rounds))
            results.unread.extend(estimators.unread(mine))
        if Part.FILES in parts:
            typer.echo("files")
            results.comparisons.extend(files.measure(mine, theirs, rounds))
        if Part.REQUESTS in parts:
            typer.echo("requests")
            results.comparisons.extend(traffic.measure(built, mine, rounds, **store))


@contextmanager
def _workers(built: Surroundings, usual: Surroundings, store: dict[str, str]) -> Iterator[tuple[Worker, Worker]]:
    with _ours(built, store) as mine, worker(usual, "their_calls", **_variables(store)) as theirs:
        yield mine, theirs


def _ours(built: Surroundings, store: dict[str, str]) -> AbstractContextManager[Worker]:
    return worker(Surroundings((*built.folders, SIDES)), "our_calls", **_variables(store))


def _variables(store: dict[str, str]) -> dict[str, str]:
    return store | {"WORK": str(WORK), "BUNDLES": str(BUNDLES), "ROWS": json.dumps(estimators.ROWS)}


if __name__ == "__main__":
    typer.run(main)

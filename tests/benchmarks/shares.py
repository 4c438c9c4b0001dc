"""Shares: which parts of a cold start, and of a warm call, take the processor's time."""

from __future__ import annotations

import json
import subprocess
from statistics import median

from tests.benchmarks.measurement import Shares
from tests.benchmarks.places import PYTHON, SIDES, WORK, Surroundings

COLD = "A cold start, by what is imported first"
WARM = "A warm call of 1 row, by the module of ours that is at work"
SECONDS_A_ROUND = 1
# By what a module's path begins with, the first that fits.
PARTS = {
    "predict/observation": "log line and metrics",
    "predict/lines": "log line and metrics",
    "predict/metrics": "log line and metrics",
    "predict/": "event, routes, answer",
    "picklejar/instances": "decoding and checking the request",
    "picklejar/ranges": "decoding and checking the request",
    "picklejar/serving": "which version serves",
    "picklejar/registry": "which version serves",
    "picklejar/": "predicting",
    "": "the loop that calls it",
}


def measure(ours: Surroundings, rounds: int, **store: str) -> list[Shares]:
    side = Surroundings((*ours.folders, SIDES))
    event = str(WORK / "event.json")
    starts = [_run(side, store, "cold_parts.py", event) for _ in range(rounds)]
    cold = {name: median(start[name] for start in starts) * 1000 for name in starts[0]}
    calls = [_run(side, store, "warm_parts.py", event, str(SECONDS_A_ROUND)) for _ in range(rounds)]
    warm = dict.fromkeys(PARTS.values(), 0.0)
    for counts in calls:
        for module, count in counts.items():
            warm[part_of(module)] += count
    return [Shares(title=COLD, parts=cold, unit="ms"), Shares(title=WARM, parts=warm, unit="samples")]


def part_of(module: str) -> str:
    """Return the part of a warm call that a module is of."""
    return next(part for beginning, part in PARTS.items() if module.startswith(beginning))


def _run(side: Surroundings, store: dict[str, str], *arguments: str) -> dict[str, float]:
    file, *rest = arguments
    finished = subprocess.run(
        [*PYTHON, str(SIDES / file), *rest],
        env=side.environment(**store),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr)
    measured: dict[str, float] = json.loads(finished.stderr.splitlines()[-1])
    return measured

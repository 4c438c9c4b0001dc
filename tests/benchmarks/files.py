"""Files of many rows: all steps, from a CSV on a disk to the CSV with predictions, beside pandas and scikit-learn."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.measurement import Comparison
from tests.benchmarks.warm import compare
from tests.benchmarks.workers import Worker

ROWS = 100_000
SECTION = f"A file of {ROWS:,} houses, from the disk to the disk"
PAIRS = [
    # title, call, limit, bar
    ("numbers, beside pandas and scikit-learn", "houses.csv", 0.75, "A file of numbers / pandas and scikit-learn"),
    (
        "numbers and addresses of two lines in quotes, beside pandas and scikit-learn",
        "addresses.csv",
        0.75,
        "A file with quotes / pandas and scikit-learn",
    ),
]


def measure(ours: Worker, theirs: Worker, rounds: int) -> list[Comparison]:
    return [
        msgspec.structs.replace(compare(SECTION, title, (ours, call), (theirs, call), limit, rounds), bar=bar)
        for title, call, limit, bar in PAIRS
    ]


def write(folder: Path, names: tuple[str, ...], X: NDArray[np.float64]) -> None:
    """Write both files, the rows of X again and again; addresses stand behind the numbers, as in the published file."""
    rows = np.resize(X, (ROWS, X.shape[1])).tolist()
    _write(folder / "houses.csv", ("id", *names), ([f"house {number}", *row] for number, row in enumerate(rows)))
    addresses = ([*row, f"{number} Maple Square\nAlderville, IA {number:05}"] for number, row in enumerate(rows))
    _write(folder / "addresses.csv", (*names, "Address"), addresses)


def _write(path: Path, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)

"""Estimators alone: ours on numpy beside scikit-learn itself, one thread each."""

from __future__ import annotations

from tests.benchmarks.measurement import Comparison
from tests.benchmarks.warm import compare
from tests.benchmarks.workers import Worker

SECTION = "`predict` alone, beside scikit-learn's"
ROWS = [1, 10, 100, 1_000, 10_000]
TITLES = {
    "linear": "linear regression",
    "tree": "decision tree",
    "forest": "random forest, 100 trees",
    "boosting": "gradient boosting, 100 trees",
    "histogram": "histogram gradient boosting, 100 trees",
    "texts": "logistic regression on 100,000 words",
}
OPENING = "100,000 words, read as data beside `pickle.loads`"


def measure(ours: Worker, theirs: Worker, rounds: int) -> list[Comparison]:
    """Compare each estimator that ours reads at each number of rows."""
    compared = [
        compare(SECTION, line(title, rows), (ours, f"{name}/{rows}"), (theirs, f"{name}/{rows}"), 1.05, rounds)
        for name, title in TITLES.items()
        for rows in ROWS
        if f"{name}/{rows}" in ours.calls
    ]
    return [*compared, compare(SECTION, OPENING, (ours, "open"), (theirs, "open"), None, rounds)]


def line(title: str, rows: int) -> str:
    return f"{title}, {rows:,} row{'s' if rows > 1 else ''}"


def unread(ours: Worker) -> list[str]:
    return [title for name, title in TITLES.items() if f"{name}/1" not in ours.calls]

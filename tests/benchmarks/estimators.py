"""Estimators alone: ours on numpy beside scikit-learn itself and ONNX Runtime, one thread each."""

from __future__ import annotations

from tests.benchmarks.measurement import Comparison
from tests.benchmarks.warm import compare
from tests.benchmarks.workers import Worker

SECTION = "`predict` alone, beside scikit-learn's"
ONNX = "`predict` alone, beside ONNX Runtime's"
ROWS = [1, 10, 100, 1_000, 10_000]
TITLES = {
    "linear": "linear regression",
    "tree": "decision tree",
    "forest": "random forest, 100 trees",
    "boosting": "gradient boosting, 100 trees",
    "histogram": "histogram gradient boosting, 100 trees",
    "texts": "logistic regression on 100,000 words",
}
# At most, of scikit-learn's time; and what is another number, since a deep tree has no way that NumPy is good at.
LIMIT = 1.05
LIMITS = {"tree/100": 1.3, "tree/1000": 1.3, "tree/10000": 4.6, "forest/10000": 1.0}
OPENING = "100,000 words, read as data beside `pickle.loads`"


def measure(ours: Worker, theirs: Worker, rounds: int) -> list[Comparison]:
    """Compare each estimator that ours reads at each number of rows."""
    compared = [
        compare(SECTION, line(title, rows), (ours, call), (theirs, call), LIMITS.get(call, LIMIT), rounds)
        for name, title in TITLES.items()
        for rows in ROWS
        if (call := f"{name}/{rows}") in ours.calls
    ]
    return [*compared, compare(SECTION, OPENING, (ours, "open"), (theirs, "open"), None, rounds)]


def measure_onnx(ours: Worker, theirs: Worker, rounds: int) -> list[Comparison]:
    """Compare each estimator that was converted to ONNX at each number of rows."""
    return [
        compare(ONNX, line(title, rows), (ours, f"{name}/{rows}"), (theirs, f"onnx/{name}/{rows}"), None, rounds)
        for name, title in TITLES.items()
        for rows in ROWS
        if f"{name}/{rows}" in ours.calls and f"onnx/{name}/{rows}" in theirs.calls
    ]


def line(title: str, rows: int) -> str:
    return f"{title}, {rows:,} row{'s' if rows > 1 else ''}"


def unread(ours: Worker) -> list[str]:
    return [title for name, title in TITLES.items() if f"{name}/1" not in ours.calls]

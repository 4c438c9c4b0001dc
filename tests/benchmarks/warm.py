"""A warm container: 1 row and 10,000 rows through the whole handler."""

from __future__ import annotations

import msgspec

from tests.benchmarks.measurement import Comparison
from tests.benchmarks.workers import Worker

BUILDS = "Warm calls, beside the other checkout's build"
SECTION = "Warm, the whole handler, JSON in and JSON out"
BLOCK_SECONDS = 0.05
PAIRS = [
    # title, our call, their call, limit, bar
    (
        "1 row, beside the bare `predict` of StandardScaler and LinearRegression",
        "one",
        "pipeline/1",
        0.5,
        "1 row, all of it / bare predict of a scaled regression",
    ),
    (
        "1 row, beside the bare `predict` of the LinearRegression that ships",
        "one",
        "linear/1",
        None,
        "1 row, all of it / bare predict of a regression",
    ),
    (
        "1 row, beside the bare `predict` of a random forest of 100 trees",
        "one",
        "forest/1",
        0.1,
        "1 row, all of it / bare predict of a forest",
    ),
    ("1 row, beside the naive handler", "one", "one", None, "1 row / the usual handler"),
    ("1 row, beside a plain handler with ONNX Runtime", "one", "onnx/one", None, "1 row / ONNX Runtime's"),
    ("10,000 rows, beside the naive handler", "many", "many", 0.5, "10,000 rows / the usual handler"),
    ("10,000 rows, beside a plain handler with ONNX Runtime", "many", "onnx/many", None, None),
]


REFUSED = "5 MB for 1,000 features, each value beyond its limit: refuse, beside decoding it", "refuse", "decode", 10


def measure(ours: Worker, theirs: Worker, rounds: int) -> list[Comparison]:
    title, refuse, decode, most = REFUSED
    return [
        *(
            msgspec.structs.replace(compare(SECTION, title, (ours, mine), (theirs, other), limit, rounds), bar=bar)
            for title, mine, other, limit, bar in PAIRS
        ),
        compare(SECTION, title, (ours, refuse), (ours, decode), most, rounds),
    ]


def compare_builds(ours: Worker, before: Worker, rounds: int) -> list[Comparison]:
    """Time in turns every call of both builds that answers requests, and each estimator for one row."""
    calls = ["one", "many", *(call for call in ours.calls if call.endswith("/1"))]
    return [compare(BUILDS, call, (ours, call), (before, call), 1.03, rounds) for call in calls if call in before.calls]


def compare(
    section: str, title: str, ours: tuple[Worker, str], theirs: tuple[Worker, str], limit: float | None, rounds: int
) -> Comparison:
    """Time two calls in turns, each long enough for the clock."""
    sides = [(worker, call, worker.enough(call, BLOCK_SECONDS)) for worker, call in (ours, theirs)]
    samples = [[worker.seconds(call, count) * 1e6 for worker, call, count in sides] for _ in range(rounds)]
    return Comparison(
        section=section,
        title=title,
        ours=[mine for mine, _ in samples],
        theirs=[other for _, other in samples],
        unit="µs",
        limit=limit,
    )

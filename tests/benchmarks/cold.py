"""Cold starts: from the start of the interpreter to the first answer; the model comes from S3."""

from __future__ import annotations

from statistics import median

from tests.benchmarks.measurement import Amount, Comparison
from tests.benchmarks.places import SIDES, Surroundings, naive_as_packaged
from tests.benchmarks.workers import first_answer

SECTION = "Cold start"
HANDLER = "predict.app"


def measure(
    ours: Surroundings, naive: Surroundings, rounds: int, **store: str
) -> tuple[list[Comparison], list[Amount]]:
    packaged = naive_as_packaged()
    floor = Surroundings((*ours.folders, SIDES))
    starts = {
        "ours": (ours, HANDLER),
        "naive": (naive, "naive"),
        "packaged": (packaged, "naive"),
        "floor": (floor, "floor"),
    }
    for side, module in starts.values():
        first_answer(side, module, **store)  # loads the files into the page cache
    samples = [
        {name: first_answer(side, module, **store) for name, (side, module) in starts.items()} for _ in range(rounds)
    ]

    def column(name: str, word: str) -> list[float]:
        return [sample[name][word] for sample in samples]

    def compare(title: str, name: str, limit: float, bar: str) -> Comparison:
        return Comparison(
            section=SECTION,
            title=title,
            ours=[value * 1000 for value in column("ours", "cpu")],
            theirs=[value * 1000 for value in column(name, "cpu")],
            unit="ms",
            limit=limit,
            bar=f"cold start / {bar}",
        )

    usual = "the handler everyone writes (boto3, joblib, pandas, scikit-learn)"
    comparisons = [
        compare(usual, "naive", 1 / 6, "the usual handler's"),
        compare(f"{usual}, as SAM packages it", "packaged", 1 / 12, "the usual handler's, as SAM packages it"),
        compare(
            "only importing Powertools' Logger, numpy, msgspec and obstore",
            "floor",
            1.2,
            "importing these packages alone",
        ),
    ]
    peak = Amount(
        title="Most memory until the first answer",
        ours=median(column("ours", "peak")),
        theirs=median(column("naive", "peak")),
        unit="MB",
        limit=80,
    )
    return comparisons, [peak]


def compare_builds(ours: Surroundings, before: Surroundings, rounds: int, **store: str) -> Comparison:
    """Start two builds of the function in turn, once a round."""
    for side in (ours, before):
        first_answer(side, HANDLER, **store)  # loads the files into the page cache
    samples = [[first_answer(side, HANDLER, **store)["cpu"] * 1000 for side in (ours, before)] for _ in range(rounds)]
    return Comparison(
        section=SECTION,
        title="the other checkout's build",
        ours=[mine for mine, _ in samples],
        theirs=[theirs for _, theirs in samples],
        unit="ms",
        limit=1.03,
    )

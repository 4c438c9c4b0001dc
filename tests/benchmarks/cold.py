"""Cold starts: from the start of the interpreter to the first answer, with the model fetched from S3."""

from __future__ import annotations

from statistics import median

from tests.benchmarks.measurement import Amount, Comparison
from tests.benchmarks.places import SIDES, Surroundings, naive_as_packaged
from tests.benchmarks.workers import first_answer

SECTION = "Cold start"


def measure(
    ours: Surroundings, naive: Surroundings, rounds: int, **store: str
) -> tuple[list[Comparison], list[Amount]]:
    """Start every side once a round, and compare."""
    packaged = naive_as_packaged()
    floor = Surroundings((*ours.folders, SIDES))
    starts = {
        "ours": (ours, "predict.app"),
        "naive": (naive, "naive"),
        "packaged": (packaged, "naive"),
        "floor": (floor, "floor"),
    }
    for side, module in starts.values():
        first_answer(side, module, **store)  # so that the files are in memory
    taken = [
        {name: first_answer(side, module, **store) for name, (side, module) in starts.items()} for _ in range(rounds)
    ]

    def all_of(name: str, word: str) -> list[float]:
        return [one[name][word] for one in taken]

    def compared(title: str, name: str, word: str, unit: str, limit: float | None) -> Comparison:
        return Comparison(
            section=SECTION,
            title=title,
            ours=[value * 1000 for value in all_of("ours", word)],
            theirs=[value * 1000 for value in all_of(name, word)],
            unit=unit,
            limit=limit,
        )

    usual = "the handler everyone writes (boto3, joblib, pandas, scikit-learn)"
    comparisons = [
        compared(usual, "naive", "cpu", "ms", 1 / 6),
        compared(f"{usual}, as SAM packages it", "packaged", "cpu", "ms", 1 / 12),
        compared("only importing Powertools, numpy and obstore", "floor", "cpu", "ms", 1.25),
    ]
    peak = Amount(
        title="Most memory until the first answer",
        ours=median(all_of("ours", "peak")),
        theirs=median(all_of("naive", "peak")),
        unit="MB",
        limit=80,
    )
    return comparisons, [peak]

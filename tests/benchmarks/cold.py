"""Cold starts: from the start of the interpreter to the first answer; the model comes from S3."""

from __future__ import annotations

import time
from statistics import median
from urllib.parse import urlsplit

from tests.benchmarks.measurement import Amount, Comparison
from tests.benchmarks.places import SIDES, Surroundings, naive_as_packaged
from tests.benchmarks.workers import first_answer
from tests.integration.faults import Answer, Exchange, passed, proxy_of

SECTION = "Cold start"
HANDLER = "predict.app"
# Seconds that each answer of S3 is held back, and so many of them that a cold start waits for one after another: the
# alias, then everything that it leads to.
LATE = 0.1
IN_A_ROW = 2


def measure(
    ours: Surroundings, naive: Surroundings, rounds: int, **store: str
) -> tuple[list[Comparison], list[Amount]]:
    packaged = naive_as_packaged()
    floor = Surroundings((*ours.folders, SIDES))
    starts = {
        "ours": (ours, HANDLER),
        "naive": (naive, "naive"),
        "packaged": (packaged, "naive"),
        "onnx": (naive, "onnx_handler"),
        "floor": (floor, "floor"),
    }
    for side, module in starts.values():
        first_answer(side, module, **store)  # loads the files into the page cache
    samples = [
        {name: first_answer(side, module, **store) for name, (side, module) in starts.items()} for _ in range(rounds)
    ]

    def column(name: str, word: str) -> list[float]:
        return [sample[name][word] for sample in samples]

    def compare(title: str, name: str, limit: float | None, bar: str) -> Comparison:
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
        compare(usual, "naive", 1 / 9, "the usual handler's"),
        compare(f"{usual}, as SAM packages it", "packaged", 1 / 28, "the usual handler's, as SAM packages it"),
        compare("a plain handler with boto3 and ONNX Runtime", "onnx", None, "a handler with ONNX Runtime"),
        compare(
            "only importing Powertools' Logger, numpy, msgspec and obstore",
            "floor",
            1.2,
            "importing its packages alone",
        ),
        Comparison(
            section=SECTION,
            title=f"waiting {IN_A_ROW} times for an S3 that answers {LATE * 1000:g} ms late",
            ours=added_by_late_s3([ours], rounds, **store)[0],
            theirs=[IN_A_ROW * LATE * 1000] * rounds,
            unit="ms",
            limit=1.25,
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


def compare_builds(ours: Surroundings, before: Surroundings, rounds: int, **store: str) -> list[Comparison]:
    """Start two builds of the function in turn, once a round."""
    for side in (ours, before):
        first_answer(side, HANDLER, **store)  # loads the files into the page cache
    samples = [[first_answer(side, HANDLER, **store)["cpu"] * 1000 for side in (ours, before)] for _ in range(rounds)]
    added, theirs_added = added_by_late_s3([ours, before], rounds, **store)
    cpu = Comparison(
        section=SECTION,
        title="the other checkout's build",
        ours=[mine for mine, _ in samples],
        theirs=[theirs for _, theirs in samples],
        unit="ms",
        limit=1.03,
    )
    title = f"the other checkout's wait for an S3 that answers {LATE * 1000:g} ms late"
    late = Comparison(section=SECTION, title=title, ours=added, theirs=theirs_added, unit="ms", limit=1.03)
    return [cpu, late]


def added_by_late_s3(sides: list[Surroundings], rounds: int, **store: str) -> list[list[float]]:
    """Return by how many milliseconds each side answers later where S3 does, once a round."""
    port = urlsplit(store["S3_ENDPOINT"]).port
    assert port
    added: list[list[float]] = [[] for _ in sides]
    with proxy_of(port) as proxy:
        through = store | {"S3_ENDPOINT": f"http://127.0.0.1:{proxy.server_port}"}
        for _ in range(rounds):
            for side, waits in zip(sides, added, strict=True):
                walls = []
                for proxy.fault in (None, _late):
                    walls.append(first_answer(side, HANDLER, **through)["wall"])
                waits.append((walls[1] - walls[0]) * 1000)
    return added


def _late(to: Exchange, answer: Answer) -> None:
    time.sleep(LATE)
    passed(to, answer)

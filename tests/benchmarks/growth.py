"""Growth: how the time of our calls grows with the model's size, its features, and the rows of a request."""

from __future__ import annotations

import json
import pickle
from typing import Any

from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from tests.benchmarks.measurement import Comparison
from tests.benchmarks.places import SIDES, WORK, Surroundings
from tests.benchmarks.warm import compare
from tests.benchmarks.workers import worker

FOLDER = WORK / "growth"
TREES, FEATURES, ROWS = [1, 10, 100, 250], [5, 50, 500], [1, 10, 100, 1_000, 10_000]
OPENING = "A larger model: opening a random forest, beside `pickle.loads`"
TREE_ROW = "A larger model: `predict` of 1 row by a random forest, beside scikit-learn's"
FEATURE = "More features: decoding and checking a request of 1 row, beside `json.loads`"
ROW = "More rows: the whole handler of the regression, beside the naive handler"


def write(X: Any, y: NDArray[Any], event: dict[str, Any], instances: list[dict[str, float]]) -> None:
    """Write forests, requests of many features, and events of many rows; `event` is one with any body."""
    FOLDER.mkdir(exist_ok=True)
    for trees in TREES:
        forest = RandomForestRegressor(trees, random_state=0).fit(X, y)
        (FOLDER / f"forest-{trees}.pkl").write_bytes(pickle.dumps(forest, protocol=5))
    for features in FEATURES:
        instance = {f"feature_{number}": number + 0.25 for number in range(features)}
        (FOLDER / f"features-{features}.json").write_text(json.dumps({"instances": [instance]}))
    for rows in ROWS:
        body = json.dumps({"instances": instances[:rows]})
        (FOLDER / f"rows-{rows}.json").write_text(json.dumps(event | {"body": body}))


def measure(ours: Surroundings, naive: Surroundings, rounds: int, **store: str) -> list[Comparison]:
    variables = store | {"WORK": str(WORK)}
    lines = [
        *((OPENING, f"{_trees(trees)}, {_megabytes(trees)}", f"open/forest-{trees}") for trees in TREES),
        *((TREE_ROW, _trees(trees), f"row/forest-{trees}") for trees in TREES),
        *((FEATURE, f"{features} features", f"features-{features}") for features in FEATURES),
        *((ROW, f"{rows:,} row{'s' if rows > 1 else ''}", f"rows-{rows}") for rows in ROWS),
    ]
    with (
        worker(Surroundings((*ours.folders, SIDES)), "our_growth", **variables) as mine,
        worker(naive, "their_growth", **variables) as theirs,
    ):
        return [compare(section, title, (mine, call), (theirs, call), None, rounds) for section, title, call in lines]


def _trees(trees: int) -> str:
    return f"{trees} tree{'s' if trees > 1 else ''}"


def _megabytes(trees: int) -> str:
    return f"{(FOLDER / f'forest-{trees}.pkl').stat().st_size / 1e6:.1f} MB"

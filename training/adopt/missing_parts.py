"""Recognises a model whose columns went through a part that was not given, as a scaler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.errors import UnreadablePickle
from picklejar.inert.reading import arrays
from picklejar.inert.reading.records import Record
from picklejar.signature import Feature
from training.adopt import lightgbm_file
from training.adopt.joblib_file import NotAdopted

# Rows that an estimator keeps, as they were when it was fitted.
KEPT_ROWS = ("support_vectors_", "_fit_X")
# What scalers hand on lies within this.
LARGEST_SCALED = 50
# Of the columns of which it is known what was learned, and of their values, so many are elsewhere.
COLUMNS_ELSEWHERE, VALUES_ELSEWHERE = 0.5, 0.9
# Two columns, as one may be another's by chance; and so many thresholds tell where a column's values are.
FEWEST_COLUMNS, FEWEST_THRESHOLDS = 2, 3
MOST_TREES = 30
GIVE_IT = "Give the part that made them, too, before the model: picklejar adopt scaler.pkl model.pkl."

Ranges = dict[int, tuple[float, float]]


def check_scales(record: Record, X: NDArray[Any], features: tuple[Feature, ...]) -> None:
    """Refuse a model that learned scaled values, where those of the sample are not.

    Raises NotAdopted, and says how to go on where the model does take such values.
    """
    ranges = {
        at: known for at, known in learned_ranges(record).items() if at < len(features) and features[at].is_number
    }
    if not ranges or not all(-LARGEST_SCALED <= low <= high <= LARGEST_SCALED for low, high in ranges.values()):
        return
    elsewhere = [at for at, known in ranges.items() if _is_elsewhere(X[:, at], *known)]
    if len(elsewhere) < max(min(FEWEST_COLUMNS, len(features)), COLUMNS_ELSEWHERE * len(ranges)):
        return
    at = elsewhere[0]
    values = _numbers(X[:, at])
    low, high = ranges[at]
    raise NotAdopted(
        f"The model learned values of {features[at].name} from {low:.3g} to {high:.3g}, and the sample has "
        f"{values.min():.3g} to {values.max():.3g}: it was fitted on scaled values. {GIVE_IT} If it does take values "
        "as the sample has them, say that it is all, by --part and the name of its file without the ending."
    )


def learned_ranges(record: Record) -> Ranges:
    """Return the least and the largest value of each column that an estimator learned, where its file tells."""
    try:
        state = record.state if isinstance(record.state, dict) else {}
        for name in KEPT_ROWS:
            if isinstance(state.get(name), Record):
                rows = arrays.array(state[name])
                if rows.ndim == 2 and len(rows) > 1 and rows.dtype.kind in "fiu":
                    return {at: (float(low), float(high)) for at, (low, high) in enumerate(_ends(rows))}
        return lightgbm_file.ranges(record) if record.name.startswith("lightgbm.") else _of_trees(record)
    # Another's to refuse.
    except UnreadablePickle:
        return {}


def _ends(rows: NDArray[Any]) -> NDArray[Any]:
    return np.stack([rows.min(axis=0), rows.max(axis=0)], axis=1)


def _of_trees(record: Record) -> Ranges:
    thresholds: dict[int, list[float]] = {}
    for nodes in _trees(record):
        inner = nodes[nodes["left_child"] >= 0]
        for at in np.unique(inner["feature"]).tolist():
            thresholds.setdefault(at, []).extend(inner["threshold"][inner["feature"] == at].tolist())
    return {at: (min(known), max(known)) for at, known in thresholds.items() if len({*known}) >= FEWEST_THRESHOLDS}


def _trees(record: Record) -> Iterator[NDArray[Any]]:
    left: list[Any] = [record]
    count = 0
    while left and count < MOST_TREES:
        item = left.pop(0)
        state = item.state if isinstance(item, Record) and isinstance(item.state, dict) else {}
        if isinstance(state.get("tree_"), Record) and isinstance(state["tree_"].state, dict):
            nodes = arrays.array(state["tree_"].state.get("nodes"))
            count += 1
            if {"feature", "threshold", "left_child"} <= {*(nodes.dtype.names or ())}:
                yield nodes
        estimators = state.get("estimators_")
        if isinstance(estimators, Record):
            estimators = arrays.array(estimators).ravel().tolist()
        # Of a bagging each has columns of its own.
        if isinstance(estimators, list) and "estimators_features_" not in state:
            left += estimators


def _is_elsewhere(column: NDArray[Any], low: float, high: float) -> bool:
    values = _numbers(column)
    span = high - low
    outside = (values < low - span) | (values > high + span)
    return bool(values.size) and float(outside.mean()) >= VALUES_ELSEWHERE


def _numbers(column: NDArray[Any]) -> NDArray[np.float64]:
    values = column.astype(np.float64)
    return values[np.isfinite(values)]

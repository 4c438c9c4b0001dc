"""The rows that prove a version: golden predictions and proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.errors import RowsRefused
from picklejar.inert import InertEstimator
from picklejar.manifest import Golden
from picklejar.signature import Feature, Signature
from training.evaluation.predictions import Predictions

MOST_GOLDEN_ROWS = 100
# In a line of the file with all training rows.
ROWS_PER_LINE = 1_000


@dataclass(frozen=True)
class ProofRows:
    """The instance reader's rows, (rows, features), and the answers that a version must repeat."""

    X: NDArray[Any]
    answers: Predictions


def tied_rows(estimator: InertEstimator, X: NDArray[Any], signature: Signature) -> NDArray[np.intp]:
    """Return the rows that an inert estimator refuses by the rule `tie`.

    scikit-learn's own answer to these depends on the order in which it adds.
    """
    kept = np.arange(len(X))
    for output in signature.outputs:
        method = getattr(estimator, output, None)
        while method is not None and len(kept):
            try:
                with np.errstate(all="ignore"):
                    method(X[kept])
                break
            except RowsRefused as refused:
                if refused.rule != "tie":
                    break
                kept = np.delete(kept, refused.rows)
    return np.setdiff1d(np.arange(len(X)), kept)


def limit_by_ties(rows: int) -> str:
    """Return what a card says of so many rows that are refused by the rule `tie`."""
    return (
        f"It does not answer {rows:,} of the rows here: several training rows are equally near, and scikit-learn's own "
        "answer depends on the order of its additions. A fit with algorithm='kd_tree' or 'ball_tree' decides it."
    )


def golden_rows(signature: Signature, answered: ProofRows) -> Golden:
    """Return rows spread evenly over all."""
    count = len(answered.X)
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_GOLDEN_ROWS)).astype(np.intp))
    return _asked(signature, answered, chosen)


def proof_lines(signature: Signature, answered: ProofRows) -> Iterator[bytes]:
    """Yield all rows, some in each line."""
    count = len(answered.X)
    for start in range(0, count, ROWS_PER_LINE):
        chosen = np.arange(start, min(start + ROWS_PER_LINE, count))
        yield msgspec.json.encode(_asked(signature, answered, chosen)) + b"\n"


def _asked(signature: Signature, answered: ProofRows, rows: NDArray[np.intp]) -> Golden:
    instances = [
        {feature.name: _sent(feature, value) for feature, value in zip(signature.features, row, strict=True)}
        for row in answered.X[rows].tolist()
    ]
    answers = answered.answers[rows]
    return Golden(
        instances,
        _predictions(signature, answers),
        [] if answers.probabilities is None else answers.probabilities.tolist(),
        [] if answers.scores is None else answers.scores.tolist(),
    )


def _predictions(signature: Signature, answers: Predictions) -> list[Any]:
    """Return predictions as an answer has them: of several targets, each by its name."""
    rows = answers.predicted.tolist()
    names = [target.name for target in signature.targets]
    return [dict(zip(names, row, strict=True)) for row in rows] if len(names) > 1 else rows


def _sent(feature: Feature, value: float | str | None) -> float | bool | str | None:
    kinds: dict[str, Callable[[Any], float | bool | str]] = {"integer": int, "boolean": bool}
    return None if pd.isna(value) else kinds[feature.type](value) if feature.type in kinds else value

"""The rows that prove a version: golden predictions and proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.manifest import (
    Golden,
)
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
        answers.predicted.tolist(),
        [] if answers.probabilities is None else answers.probabilities.tolist(),
    )


def _sent(feature: Feature, value: float | str | None) -> float | bool | str | None:
    kinds: dict[str, Callable[[Any], float | bool | str]] = {"integer": int, "boolean": bool}
    return None if pd.isna(value) else kinds[feature.type](value) if feature.type in kinds else value

"""The predictor: one version of one model, ready to answer requests."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from picklejar.errors import BundleDamaged, InvalidInstances, RowsRefused
from picklejar.instances import MOST_BROKEN_RULES_LISTED, BrokenRule, InstanceReader
from picklejar.manifest import Golden, Manifest

# Sums of products may round otherwise on another processor, or for another number of rows.
GOLDEN_TOLERANCE = 1e-12


class Estimator(Protocol):
    """What the predictor needs of a model, whatever kind it is."""

    def predict(self, X: NDArray[Any], /) -> NDArray[Any]:
        """Return one answer a row of X, as the instance reader makes it, shape (rows,)."""


class Answer(msgspec.Struct, frozen=True):
    """The predictions for one request, in the order of its instances and in the target's unit."""

    model: str
    version: str
    predictions: list[float]


class Predictor:
    """Answers request bodies with an estimator, whose kind it does not know."""

    def __init__(self, manifest: Manifest, estimator: Estimator) -> None:
        self.manifest = manifest
        self._estimator = estimator
        self._reader = InstanceReader(manifest.signature)

    def predict(self, body: bytes) -> Answer:
        """Return the answer to a request's body.

        Raises:
            InvalidRequest: what the reader refuses, values that the estimator refuses, or rows for which it has no
                finite answer.
        """
        X = self._reader.read(body)
        # Values that pass every limit may still overflow inside the model; the rows are named below.
        with np.errstate(over="ignore", invalid="ignore"):
            predictions = np.asarray(self._answers(X), dtype=np.float64)
        if not np.isfinite(predictions).all():
            raise InvalidInstances([_no_finite_answer(int(row)) for row in np.flatnonzero(~np.isfinite(predictions))])
        return Answer(self.manifest.name, self.manifest.version, predictions.tolist())

    def _answers(self, X: NDArray[Any]) -> NDArray[Any]:
        try:
            return self._estimator.predict(X)
        except RowsRefused as error:
            name = self.manifest.signature.names[error.column]
            message = f"{name} {error.sentence}."
            listed = [
                BrokenRule(row=row, field=name, rule=error.rule, message=message)
                for row in error.rows[:MOST_BROKEN_RULES_LISTED]
            ]
            raise InvalidInstances(listed, total=len(error.rows)) from error

    def replay(self, golden: Golden) -> None:
        """Send the golden rows as a request and compare the answers.

        Raises:
            BundleDamaged: an answer differs from the golden prediction by more than `GOLDEN_TOLERANCE`
                of the largest of them.
        """
        answers = np.array(self.predict(msgspec.json.encode({"instances": golden.instances})).predictions)
        expected = np.array(golden.predictions)
        tolerance = GOLDEN_TOLERANCE * np.abs(expected).max()
        if answers.shape != expected.shape or (np.abs(answers - expected) > tolerance).any():
            raise BundleDamaged(f"{self.manifest.name} {self.manifest.version} does not repeat its golden predictions.")


def _no_finite_answer(row: int) -> BrokenRule:
    message = "The model has no finite answer for these values."
    return BrokenRule(row=row, field=None, rule="finite", message=message)

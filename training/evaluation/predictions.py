"""An estimator's predictions in the signature's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.errors import InvalidDefinition
from picklejar.labels import Labels, labels_of
from picklejar.signature import OUTLIER_LABELS, SCORES, Output, Target
from training.dataset.inputs import Floats, Inputs


@dataclass(frozen=True)
class Predictions:
    """Predictions of shape (rows,), of several targets (rows, targets): numbers in the target's unit, or labels.

    `probabilities` are (rows, classes) in the target's order, or None; `scores` (rows,) say how unusual a row is, or
    are None.
    """

    predicted: NDArray[Any]
    probabilities: Floats | None = None
    scores: Floats | None = None

    def __getitem__(self, chosen: NDArray[np.intp]) -> Predictions:
        parts = (self.predicted, self.probabilities, self.scores)
        return Predictions(*(None if part is None else part[chosen] for part in parts))  # type: ignore[arg-type]

    def each(self) -> list[Predictions]:
        """Return those of each target."""
        if self.predicted.ndim == 1:
            return [self]
        # Of labels, each target's are of a type of their own.
        return [Predictions(np.array(column.tolist())) for column in self.predicted.T]


def ask(estimator: Any, X: Inputs, target: Target) -> Predictions:
    """Return the estimator's answers; raises InvalidDefinition for other classes."""
    predicted = estimator.predict(X)
    if predicted.shape[1:] > (1,):
        raise InvalidDefinition(f"The model predicts {predicted.shape[1]} targets, and not {target.name} alone.")
    if not target.labels:
        # Fitted on y of shape (rows, 1), it answers with that.
        return Predictions(predicted.reshape(-1))
    score = score_of(estimator)
    if score is not None:
        plain = np.array(Labels(target.labels, np.array(OUTLIER_LABELS)).plain(predicted))
        return Predictions(plain, scores=np.asarray(getattr(estimator, score)(X), dtype=np.float64).reshape(-1))
    (labels,) = labels_of([target], estimator.classes_)
    plain = np.array(labels.plain(predicted.reshape(-1)))
    return Predictions(plain, labels.in_order(estimator.predict_proba(X)) if has_probabilities(estimator) else None)


def ask_several(estimator: Any, X: Inputs, targets: Sequence[Target]) -> Predictions:
    """Return the estimator's answers for one target or several; raises InvalidDefinition for other classes."""
    if len(targets) == 1:
        return ask(estimator, X, targets[0])
    predicted = np.asarray(estimator.predict(X))
    if predicted.shape != (len(X), len(targets)):
        raise InvalidDefinition(f"The model does not predict {len(targets)} targets.")
    if not targets[0].labels:
        return Predictions(predicted)
    each = zip(labels_of(targets, estimator.classes_), predicted.T, strict=True)
    return Predictions(np.array([labels.plain(column) for labels, column in each], dtype=object).T)


def has_probabilities(estimator: Any) -> bool:
    """Return whether a fitted estimator has probabilities."""
    # Those of an estimator for several targets are a list, even where there is one.
    return hasattr(estimator, "predict_proba") and not isinstance(getattr(estimator, "classes_", []), list)


def score_of(estimator: Any) -> Output | None:
    """Return the method of a fitted estimator that says how unusual a row is, if it tells outliers; else None."""
    if hasattr(estimator, "classes_") or hasattr(estimator, "predict_proba"):
        return None
    return next((method for method in SCORES if hasattr(estimator, method)), None)


def concatenate(parts: Sequence[Predictions]) -> Predictions:
    """Return the answers of all parts in a row."""
    probabilities = [part.probabilities for part in parts if part.probabilities is not None]
    scores = [part.scores for part in parts if part.scores is not None]
    predicted = np.concatenate([part.predicted for part in parts])
    return Predictions(
        predicted,
        np.concatenate(probabilities) if probabilities else None,
        np.concatenate(scores) if scores else None,
    )


def description_of(estimator: Any) -> str:
    """Return scikit-learn's description of an estimator in one line."""
    return " ".join(repr(estimator).split())

"""How good predictions are, and the baseline beside them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from picklejar.manifest import Scores
from picklejar.signature import Target
from training.dataset.inputs import Floats
from training.evaluation.predictions import Predictions


def baseline(target: Target) -> Any:
    """Return an unfitted dummy: the mean of its fit, or the most frequent label and the labels' frequencies there."""
    return DummyClassifier(strategy="prior") if target.labels else DummyRegressor()


def scores(target: Target, actual: NDArray[Any], answers: Predictions, *, one_fit: bool = True) -> Scores:
    """Return the scores of some rows' answers.

    `actual` are the true values, (rows,). `one_fit` says whether all answers are of one fit; ranks across fits mean
    nothing.
    """
    if not target.labels:
        numbers = _of_numbers(actual, answers.predicted)
        # R2 of one row is NaN, which a manifest would keep as null.
        return Scores(**{name: score for name, score in numbers.items() if math.isfinite(score)})
    match = _of_labels(target, actual, answers.predicted)
    if answers.probabilities is not None:
        match |= _of_probabilities(target, actual, answers.probabilities, ranked=one_fit)
    return Scores(**match)


def _of_numbers(actual: Floats, predicted: Floats) -> dict[str, float]:
    return {
        "r2": float(r2_score(actual, predicted)),
        "rmse": float(root_mean_squared_error(actual, predicted)),
        "mae": float(mean_absolute_error(actual, predicted)),
    }


def _of_labels(target: Target, actual: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    there = np.unique(actual)
    of_f1 = {"labels": list(target.labels[1:]) if len(target.labels) == 2 else there, "average": "macro"}
    return {
        "accuracy": float(accuracy_score(actual, predicted)),
        # The mean of the classes' recalls, of those that there are.
        "balanced_accuracy": float(recall_score(actual, predicted, labels=there, average="macro", zero_division=0)),
        "f1": float(f1_score(actual, predicted, **of_f1, zero_division=0)),
    }


def _of_probabilities(target: Target, actual: NDArray[Any], probabilities: Floats, *, ranked: bool) -> dict[str, float]:
    # One column for each class; scikit-learn would have them sorted by their labels.
    is_class = actual[:, np.newaxis] == np.array(target.labels)
    positions = np.arange(len(target.labels))
    # Those of float32 add up to one but for their last digit.
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    match = {"log_loss": float(log_loss(is_class.argmax(axis=1), shares, labels=positions))}
    if ranked and is_class.any(axis=0).all():
        columns = positions[1:] if len(positions) == 2 else positions
        each = [roc_auc_score(is_class[:, column], probabilities[:, column]) for column in columns]
        match["roc_auc"] = float(np.mean(each))
    return match

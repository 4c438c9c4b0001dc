"""Estimators that found, tuned or hold another one, and predict by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.composite import Composite, classes_of, one_column, require
from picklejar.inert.base.estimator import InertEstimator, Matrix, available_if
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


def best_estimator(state: EstimatorState) -> InertEstimator:
    """Return the estimator that a search found: `BaseSearchCV`."""
    if state.value("refit", True) is False:
        raise state.unsupported("refit=False, which keeps no estimator")
    match: InertEstimator = state.estimator("best_estimator_")
    return match


def frozen_estimator(state: EstimatorState) -> InertEstimator:
    """Return the estimator that `FrozenEstimator` holds."""
    frozen: InertEstimator = state.estimator("estimator")
    return frozen


class RansacRegressor(Composite):
    """The regressor of the inliers: `RANSACRegressor.predict`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        self._part: Any = state.estimator("estimator_")
        super().__init__(state, [self._part])
        require(state, [self._part], "predict")

    def predict(self, X: Matrix) -> Floats:
        y: Floats = self._part.predict(X)
        return y


class _Threshold(Composite):
    """A classifier of two classes with its own threshold: `BaseThresholdClassifier`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState, positive: Any) -> None:
        # Made of a classifier that was fitted before, it may have no other.
        self._part: Any = state.estimator("estimator_" if state.has("estimator_") else "estimator")
        super().__init__(state, [self._part])
        self.classes_ = classes_of(state, self._part)
        places = [place for place, label in enumerate(self.classes_.tolist()) if label == positive]
        self._positive = 1 if positive is None else next(iter(places), None)
        self._method = state.choice("response_method", "auto", "predict_proba", "decision_function")
        if self._method == "auto":
            self._method = "predict_proba" if hasattr(self._part, "predict_proba") else "decision_function"
        self._has_scores = hasattr(self._part, self._method)
        self._threshold = 0.5 if self._method == "predict_proba" else 0.0

    # scikit-learn fits it around any classifier, and finds out when it is asked.
    @available_if(lambda self: len(self.classes_) == 2 and self._positive in (0, 1) and self._has_scores)
    def predict(self, X: Matrix) -> NDArray[Any]:
        if self._method == "predict_proba":
            scores: Floats = self._part.predict_proba(X)[:, self._positive]
        else:
            scores = one_column(self._part.decision_function(X)) * (1 if self._positive else -1)
        labels = self.classes_ if self._positive else self.classes_[::-1]
        y: NDArray[Any] = labels[(scores >= self._threshold).view(np.int8)]
        return y

    @available_if(lambda self: hasattr(self._part, "predict_proba"))
    def predict_proba(self, X: Matrix) -> Floats:
        p: Floats = self._part.predict_proba(X)
        return p

    @available_if(lambda self: hasattr(self._part, "decision_function"))
    def decision_function(self, X: Matrix) -> Floats:
        scores: Floats = self._part.decision_function(X)
        return scores


class FixedThresholdClassifier(_Threshold):
    """The threshold that was given: `FixedThresholdClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state, state.value("pos_label", None))
        if state.value("threshold") != "auto":
            self._threshold = state.number("threshold")


class TunedThresholdClassifier(_Threshold):
    """The threshold that scored best: `TunedThresholdClassifierCV`."""

    def __init__(self, state: EstimatorState) -> None:
        scorer = state.part("_curve_scorer", *CURVE_SCORERS)
        score = getattr(scorer.value("_score_func"), "name", None)
        super().__init__(state, scorer.mapping("_kwargs").get("pos_label", 1 if score in ONE_IS_POSITIVE else None))
        # NaN where no threshold had a score; nothing reaches it.
        self._threshold = state.number_or_nan("best_threshold_")


CURVE_SCORERS = (
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.model_selection._classification_threshold._CurveScorer",
)
# The scores whose positive label is 1 where none is given.
ONE_IS_POSITIVE = {
    "sklearn.metrics._classification.f1_score",
    "sklearn.metrics._classification.fbeta_score",
    "sklearn.metrics._classification.jaccard_score",
    "sklearn.metrics._classification.precision_score",
    "sklearn.metrics._classification.recall_score",
    "sklearn.metrics._ranking.average_precision_score",
}

"""Calibrated probabilities: sklearn/calibration.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.composite import Composite, classes_of, refuse_rounded, require
from picklejar.inert.base.estimator import Matrix
from picklejar.inert.base.special import expit_of_c, softmax
from picklejar.inert.models.isotonic import IsotonicRegression
from picklejar.inert.reading.state import EstimatorState, Floats, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

Calibrator = Callable[[Floats], Floats]


class CalibratedClassifier(Composite):
    """The mean of the probabilities of calibrated classifiers: `CalibratedClassifierCV`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        self.classes_ = state.labels("classes_")
        if len(self.classes_) < 2:
            raise state.unsupported("one class")
        name = "sklearn.calibration._CalibratedClassifier"
        parts = [state.part_of(part, name) for part in state.sequence("calibrated_classifiers_")]
        self._pairs = [_Pair(part, self.classes_) for part in parts]
        super().__init__(state, [pair.classifier for pair in self._pairs])

    def predict(self, X: Matrix) -> NDArray[Any]:
        shares = self._probabilities(X)
        refuse_rounded(shares, [pair.classifier for pair in self._pairs])
        y: NDArray[Any] = self.classes_[shares.argmax(axis=1)]
        return y

    def predict_proba(self, X: Matrix) -> Floats:
        return self._probabilities(X)

    def largest_term(self, X: Matrix) -> float:
        return max(super().largest_term(X), *(pair.largest_term(X) for pair in self._pairs))

    def _probabilities(self, X: Matrix) -> Floats:
        total = np.zeros((len(X), len(self.classes_)))
        for pair in self._pairs:
            total += pair.probabilities(X)
        total /= len(self._pairs)
        return total


class _Pair:
    """One classifier and its calibrators: `_CalibratedClassifier.predict_proba`."""

    def __init__(self, state: State, classes: NDArray[Any]) -> None:
        self.classifier: Any = state.estimator("estimator")
        require(state, [self.classifier], "decision_function", "predict_proba")
        own = classes_of(state, self.classifier).tolist()
        self._classes = len(classes)
        self._is_old = state.before("1.4")
        calibrators = state.sequence("calibrators")
        if getattr(self.classifier, "has_fewer_scores", False):
            raise state.unsupported("a classifier without scores for some of its classes")
        if len(own) < 2 or len(calibrators) not in (1, len(own)):
            raise state.damaged("has a number of calibrators other than of classes")
        self._temperature: float | None = None
        if state.choice("method", "sigmoid", "isotonic", "temperature") == "temperature":
            # Here the classifier knows labels by their places.
            self._temperature = state.part_of(calibrators[0], TEMPERATURE).number("beta_")
            return
        places = {label: place for place, label in enumerate(classes.tolist())}
        if not places.keys() >= set(own):
            raise state.damaged("calibrates a classifier of other classes")
        self._calibrators = [_calibrator(state, record) for record in calibrators]
        self._steepest = max(_slope(state, record) for record in calibrators)
        # Of two classes the one calibrator is the second's.
        self._places = [1] if self._classes == 2 else [places[label] for label in own]

    def probabilities(self, X: Matrix) -> Floats:
        scores = self._scores(X)
        p = self._by_class(scores) if self._temperature is None else self._by_temperature(scores, self._temperature)
        p[(p > 1) & (p <= 1 + 1e-5)] = 1
        return p

    def largest_term(self, X: Matrix) -> float:
        """Return the largest term of what calibrators turn into probabilities: a score times a slope."""
        slope = self._steepest if self._temperature is None else abs(self._temperature)
        with np.errstate(all="ignore"):
            return float(np.abs(self._scores(X)).max(initial=0) * slope)

    def _scores(self, X: Matrix) -> Floats:
        if hasattr(self.classifier, "decision_function"):
            scores: Floats = self.classifier.decision_function(X)
            return scores.reshape(-1, 1) if scores.ndim == 1 else scores
        p: Floats = self.classifier.predict_proba(X)
        # Before 1.4 it was the whole that had two classes, and not the classifier.
        return p[:, 1:] if (self._classes if self._is_old else p.shape[1]) == 2 else p

    def _by_class(self, scores: Floats) -> Floats:
        p = np.zeros((len(scores), self._classes))
        for place, column, calibrate in zip(self._places, scores.T, self._calibrators, strict=False):
            p[:, place] = calibrate(column)
        if self._classes == 2:
            p[:, 0] = 1 - p[:, 1]
            return p
        total = p.sum(axis=1, keepdims=True)
        return np.divide(p, total, out=np.full_like(p, 1 / self._classes), where=total != 0)

    def _by_temperature(self, scores: Floats, temperature: float) -> Floats:
        if scores.shape[1] == 1 and hasattr(self.classifier, "decision_function"):
            scores = np.concatenate([-scores, scores], axis=1)
        else:
            if scores.shape[1] == 1:
                scores = np.concatenate([1 - scores, scores], axis=1)
            if ((scores >= 0) & (scores <= 1)).all() and np.isclose(scores.sum(axis=1), 1).all():
                scores = np.log(scores + 1e-12)
        return softmax(temperature * scores)


SIGMOID = "sklearn.calibration._SigmoidCalibration"
TEMPERATURE = "sklearn.calibration._TemperatureScaling"


def _calibrator(state: State, record: Any) -> Calibrator:
    if getattr(record, "name", "") != SIGMOID:
        isotonic = state.estimator_of(record)
        if not isinstance(isotonic, IsotonicRegression):
            raise state.damaged("has a calibrator that is none")
        return isotonic.interpolate_scores
    sigmoid = state.part_of(record, SIGMOID)
    a, b = sigmoid.number("a_"), sigmoid.number("b_")
    # Constant scores make equal probabilities but for their last bits, and the largest is the label.
    return lambda scores: expit_of_c(-(a * scores + b))


def _slope(state: State, record: Any) -> float:
    return abs(state.part_of(record, SIGMOID).number("a_")) if getattr(record, "name", "") == SIGMOID else 0.0

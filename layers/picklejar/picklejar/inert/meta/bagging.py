"""Bagging of any estimators, each on its own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.composite import places_of, refuse_rounded, require
from picklejar.inert.base.estimator import InertEstimator, Matrix, available_if
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Bagging(InertEstimator):
    """Estimators on columns of their own: `BaseBagging`."""

    takes_text = True
    takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._parts: list[Any] = state.estimators("estimators_")
        self._columns = [
            _columns(state, given, part, self.n_features_in_)
            for given, part in zip(state.sequence("estimators_features_", len(self._parts)), self._parts, strict=True)
        ]
        if not self._parts:
            raise state.damaged("has no estimators")
        # scikit-learn divides by the parameter.
        if state.integer("n_estimators", at_least=1, at_most=2**62) != len(self._parts):
            raise state.changed()

    def largest_term(self, X: Matrix) -> float:
        each = zip(self._parts, self._columns, strict=True)
        return float(max(_on_columns(part, "largest_term", X, columns) for part, columns in each))

    def _mean(self, method: str, X: Matrix) -> Floats:
        total = np.zeros(())
        for part, columns in zip(self._parts, self._columns, strict=True):
            answer = _on_columns(part, method, X, columns)
            total = _added(total, answer)
        total /= len(self._parts)
        return total


class BaggingRegressor(_Bagging):
    """The mean of the estimators' predictions: `BaggingRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        require(state, self._parts, "predict")

    def predict(self, X: Matrix) -> Floats:
        return self._mean("predict", X)


class BaggingClassifier(_Bagging):
    """The mean of the estimators' probabilities, or their votes where they have none: `BaggingClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        self._places = [places_of(state, part, len(self.classes_)) for part in self._parts]
        require(state, self._parts, "predict")

    def predict(self, X: Matrix) -> NDArray[Any]:
        shares = self._probabilities(X)
        refuse_rounded(shares, self._parts)
        y: NDArray[Any] = self.classes_[shares.argmax(axis=1)]
        return y

    def predict_proba(self, X: Matrix) -> Floats:
        return self._probabilities(X)

    @available_if(lambda self: hasattr(self._parts[0], "decision_function"))
    def decision_function(self, X: Matrix) -> Floats:
        return self._mean("decision_function", X)

    def _probabilities(self, X: Matrix) -> Floats:
        total = np.zeros((len(X), len(self.classes_)))
        for part, columns, places in zip(self._parts, self._columns, self._places, strict=True):
            if not hasattr(part, "predict_proba"):
                total[np.arange(len(X)), _on_columns(part, "predict", X, columns)] += 1
            elif len(places) == len(self.classes_):
                total += _on_columns(part, "predict_proba", X, columns)
            else:
                total[:, places] += _on_columns(part, "predict_proba", X, columns)
        total /= len(self._parts)
        return total


def _columns(state: EstimatorState, given: Any, part: InertEstimator, n: int) -> NDArray[Any]:
    columns = state.array_of(given)
    if columns.dtype.kind not in "iu" or columns.shape != (part.n_features_in_,):
        raise state.damaged("has other columns in estimators_features_ than its estimators")
    if columns.min() < 0 or columns.max() >= n:
        raise state.damaged("has a column in estimators_features_ that X has not")
    return columns


def _on_columns(part: Any, method: str, X: Matrix, columns: NDArray[Any]) -> Any:
    try:
        # As there, also where they are all: columns are then stored one by one, which BLAS adds in its own way.
        return getattr(part, method)(X[:, columns])
    except RowsRefused as refusal:
        # The part knows its own columns alone.
        raise refusal.moved(None if refusal.column is None else int(columns[refusal.column])) from None


def _added(total: Floats, answer: Any) -> Floats:
    """Add in place; broadcasting would make a square of two columns' length."""
    if not total.shape:
        return np.array(answer, dtype=np.float64)
    total += answer
    return total

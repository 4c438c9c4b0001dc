"""Stacking: sklearn/ensemble/_stacking.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.composite import Composite, places_of, require
from picklejar.inert.base.estimator import Matrix, available_if
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Given, Storage

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Stacking(Composite):
    """Estimators whose answers a final one is given: `_BaseStacking`."""

    def __init__(self, state: EstimatorState) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        self._methods = state.sequence("stack_method_", len(self._parts))
        for part, method in zip(self._parts, self._methods, strict=True):
            if method not in ("predict_proba", "decision_function", "predict"):
                raise state.damaged("has a method in stack_method_ that is none")
            require(state, [part], method)
        self._passthrough = state.flag("passthrough")
        # Beside a sparse X the answers become sparse, too.
        self.answers = state.given if self._passthrough else Storage.DENSE
        self._final: Any = state.estimator("final_estimator_", Given(self.answers, self.precision))
        require(state, [self._final], "predict")
        # Whether the first of two probabilities, which follows from the second, is left out.
        self._binary = False

    def largest_term(self, X: Matrix) -> float:
        return max(super().largest_term(X), float(self._final.largest_term(self._stacked(X))))

    def ignored(self) -> frozenset[int]:
        return frozenset() if self._passthrough else super().ignored()

    def transform(self, X: Matrix) -> Matrix:
        return self._stacked(X)

    def _stacked(self, X: Matrix) -> Matrix:
        answers = []
        for part, method in zip(self._parts, self._methods, strict=True):
            answer = getattr(part, method)(X)
            if answer.ndim == 1:
                answer = answer.reshape(-1, 1)
            elif self._binary and method == "predict_proba":
                answer = answer[:, 1:]
            answers.append(answer)
        if self._passthrough:
            answers.append(X)
        return np.hstack(answers)


class StackingRegressor(_Stacking):
    """What the final estimator predicts: `StackingRegressor`."""

    def predict(self, X: Matrix) -> Floats:
        y: Floats = self._final.predict(self._stacked(X))
        return y


class StackingClassifier(_Stacking):
    """What the final classifier predicts: `StackingClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if isinstance(state.value("classes_"), list):
            raise state.unsupported("several targets")
        self.classes_ = state.labels("classes_")
        self._binary = len(self.classes_) == 2
        places_of(state, self._final, len(self.classes_))

    def predict(self, X: Matrix) -> NDArray[Any]:
        y: NDArray[Any] = self.classes_[self._final.predict(self._stacked(X))]
        return y

    @available_if(lambda self: hasattr(self._final, "predict_proba"))
    def predict_proba(self, X: Matrix) -> Floats:
        p: Floats = self._final.predict_proba(self._stacked(X))
        return p

    @available_if(lambda self: hasattr(self._final, "decision_function"))
    def decision_function(self, X: Matrix) -> Floats:
        scores: Floats = self._final.decision_function(self._stacked(X))
        return scores

"""Dummies, whose answers disregard X: sklearn/dummy.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.estimator import InertEstimator, Matrix
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Dummy(InertEstimator):
    takes_text = True
    takes_missing = True

    def checked(self, given: Any) -> Matrix:
        # As there: nothing of X is looked at, also not how wide it is.
        return given if type(given) is np.ndarray else self._array(given)


class DummyRegressor(_Dummy):
    """One constant for each target: `DummyRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._constant = state.floats("constant_", (1, None))
        if self._constant.shape[1] == 0:
            raise state.damaged("has no constant")

    def predict(self, X: Matrix) -> Floats:
        y = np.repeat(self._constant, len(X), axis=0)
        return y.reshape(-1) if y.shape[1] == 1 else y


class DummyClassifier(_Dummy):
    """One label and one distribution: `DummyClassifier`, by the strategies that draw nothing at random."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        strategy = state.choice("_strategy", "most_frequent", "prior", "constant")
        state.choice("sparse_output_", False)
        state.choice("n_outputs_", 1)
        self.classes_ = state.labels("classes_")
        prior = state.floats("class_prior_", (len(self.classes_),))
        if not len(prior):
            raise state.damaged("has no classes")
        self._label = int(prior.argmax())
        if strategy == "constant":
            self._label = _index_of(state, self.classes_)
        self._distribution = prior if strategy == "prior" else np.eye(1, len(prior), self._label).reshape(-1)

    def predict(self, X: Matrix) -> NDArray[Any]:
        return np.repeat(self.classes_[self._label], len(X))

    def predict_proba(self, X: Matrix) -> Floats:
        return np.tile(self._distribution, (len(X), 1))


def _index_of(state: EstimatorState, classes: NDArray[Any]) -> int:
    constant = state.value("constant")
    if constant is None:
        raise state.changed()
    if not isinstance(constant, str | int | float):
        constant = state.sequence("constant", 1)[0]
    places = [place for place, label in enumerate(classes.tolist()) if label == constant]
    if len(places) != 1:
        raise state.damaged("answers with a constant that is none of its classes")
    return places[0]

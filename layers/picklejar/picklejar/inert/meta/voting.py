"""Voting: sklearn/ensemble/_voting.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.composite import Composite, places_of, refuse_rounded, require
from picklejar.inert.base.estimator import Matrix, available_if
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Voting(Composite):
    """Estimators that are each asked, with weights: `_BaseVoting`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        require(state, self._parts, "predict")
        self._weights = self._weights_of_parts(state) if state.has("weights") else None

    def _weights_of_parts(self, state: EstimatorState) -> Floats:
        given = state.sequence("estimators")
        weights = state.numbers("weights", len(given))
        named = [item for item in given if isinstance(item, tuple | list) and len(item) == 2]
        dropped = ("drop", None) if state.before("0.24") else ("drop",)
        kept = weights[[item[1] not in dropped for item in named]] if len(named) == len(given) else weights[:0]
        if len(kept) != len(self._parts):
            raise state.damaged("has a number of weights other than of estimators")
        if (kept < 0).any() or not kept.any():
            raise state.unsupported("weights below 0, or all of them 0")
        return kept

    def _predictions(self, X: Matrix) -> NDArray[Any]:
        return np.stack([part.predict(X) for part in self._parts]).T


class VotingRegressor(_Voting):
    """The mean of the predictions: `VotingRegressor`."""

    def predict(self, X: Matrix) -> Floats:
        y: Floats = np.average(self._predictions(X), axis=1, weights=self._weights)
        return y

    def transform(self, X: Matrix) -> NDArray[Any]:
        return self._predictions(X)


class VotingClassifier(_Voting):
    """The label with the most votes, or with the highest mean probability: `VotingClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        self._soft = state.choice("voting", "hard", "soft") == "soft"
        self._flat = state.has("flatten_transform") and state.flag("flatten_transform")
        require(state, self._parts, "predict_proba" if self._soft else "predict")
        if any(len(places_of(state, part, len(self.classes_))) != len(self.classes_) for part in self._parts):
            raise state.damaged("is made of classifiers of fewer classes")

    def predict(self, X: Matrix) -> NDArray[Any]:
        if self._soft:
            shares = self._probabilities(X)
            refuse_rounded(shares, self._parts)
            chosen = shares.argmax(axis=1)
        else:
            votes, rows = np.zeros((len(X), len(self.classes_))), np.arange(len(X))
            weights = np.ones(len(self._parts)) if self._weights is None else self._weights
            for part, weight in zip(self._parts, weights, strict=True):
                votes[rows, part.predict(X)] += weight
            chosen = votes.argmax(axis=1)
        y: NDArray[Any] = self.classes_[chosen]
        return y

    @available_if(lambda self: self._soft)
    def predict_proba(self, X: Matrix) -> Floats:
        return self._probabilities(X)

    def transform(self, X: Matrix) -> NDArray[Any]:
        if not self._soft:
            return self._predictions(X)
        each = [part.predict_proba(X) for part in self._parts]
        return np.hstack(each) if self._flat else np.stack(each)

    def _probabilities(self, X: Matrix) -> Floats:
        each = np.stack([part.predict_proba(X) for part in self._parts])
        mean: Floats = np.average(each, axis=0, weights=self._weights)
        return mean

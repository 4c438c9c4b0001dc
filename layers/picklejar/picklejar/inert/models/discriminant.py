"""Linear and quadratic discriminant analysis: sklearn/discriminant_analysis.py."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.estimator import InertEstimator, available_if, refuse_one_class
from picklejar.inert.base.special import expit, log_softmax, shares, softmax, two_columns
from picklejar.inert.models.linear import LinearClassifier
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LinearDiscriminantAnalysis(LinearClassifier):
    """A linear classifier that also projects onto the directions between the classes: `LinearDiscriminantAnalysis`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._solver = state.choice("solver", "svd", "lsqr", "eigen")
        # Until 0.20 each class had a probability of its own.
        self._by_class = state.before("0.21")
        # Another solver set after the fit has nothing to project by.
        self._projects = (
            self._solver != "lsqr" and state.has("scalings_") and (self._solver == "eigen" or state.has("xbar_"))
        )
        if self._projects:
            n = self.n_features_in_
            most = state.integer("_max_components", at_least=0, at_most=max(n, len(self.classes_)))
            self._scalings = np.ascontiguousarray(state.floats("scalings_", (n, None))[:, :most])
            self._centre = state.floats("xbar_", (n,)) if self._solver == "svd" else np.zeros(n)

    def predict_proba(self, X: Floats) -> Floats:
        scores = self._scores(X)
        if scores.ndim == 1:
            return two_columns(expit(scores))
        return shares(expit(scores)) if self._by_class else softmax(scores)

    @available_if(lambda self: self._projects)
    def transform(self, X: Floats) -> Floats:
        y: Floats = (X - self._centre) @ self._scalings
        return y


class ByLogarithms(InertEstimator):
    """Answers by the logarithms of what is proportional to probabilities: `DiscriminantAnalysisPredictionMixin`."""

    classes_: NDArray[Any]

    def predict(self, X: Floats) -> NDArray[Any]:
        y: NDArray[Any] = self.classes_[self._logarithms(X).argmax(axis=1)]
        return y

    def predict_proba(self, X: Floats) -> Floats:
        with np.errstate(all="ignore"):
            p: Floats = np.exp(log_softmax(self._logarithms(X)))
        return p

    @abstractmethod
    def _logarithms(self, X: Floats) -> Floats:
        """Return them, of shape (rows, classes)."""


class QuadraticDiscriminantAnalysis(ByLogarithms):
    """One normal distribution a class: `QuadraticDiscriminantAnalysis._decision_function`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        classes, n = len(self.classes_), self.n_features_in_
        refuse_one_class(state, self.classes_)
        if classes < 2:
            raise state.damaged("has fewer than two classes")
        self._means = state.kept_floats("means_", (classes, n))
        scalings = state.kept_float_arrays("scalings_", classes)
        rotations = state.kept_float_arrays("rotations_", classes)
        for scaling, rotation in zip(scalings, rotations, strict=True):
            if scaling.ndim != 1 or rotation.shape != (n, len(scaling)) or (scaling <= 0).any():
                raise state.damaged("has other rotations than scalings")
        self._directions = [r * s**-0.5 for r, s in zip(rotations, scalings, strict=True)]
        self._volumes = np.array([np.log(scaling).sum() for scaling in scalings])
        with np.errstate(all="ignore"):
            self._priors = np.log(state.kept_floats("priors_", (classes,)))

    def decision_function(self, X: Floats) -> Floats:
        scores = self._logarithms(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def _logarithms(self, X: Floats) -> Floats:
        norms = np.empty((len(X), len(self._directions)))
        with np.errstate(over="ignore"):
            for place, (mean, directions) in enumerate(zip(self._means, self._directions, strict=True)):
                norms[:, place] = (((X - mean) @ directions) ** 2).sum(axis=1)
        y: Floats = -0.5 * (norms + self._volumes) + self._priors
        return y

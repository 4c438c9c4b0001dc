"""Support vector machines with kernels: sklearn/svm/_base.py, and libsvm's svm_predict_values."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.inert.base.composite import one_versus_one
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.base.special import squared_distances
from picklejar.inert.reading.state import EstimatorState, Floats

# How many values of the kernel are held at once, so that they stay in the processor's own memory.
MOST_VALUES = 65_536


class _Machine(InertEstimator):
    """Support vectors, their coefficients and a kernel: `BaseLibSVM`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._vectors = state.floats("support_vectors_", (None, self.n_features_in_))
        self._kernel = state.choice("kernel", "linear", "rbf", "poly", "sigmoid")
        self._gamma = state.number("_gamma")
        self._constant = state.number("coef0")
        self._degree = state.integer("degree", at_least=0, at_most=1000) if self._kernel == "poly" else 0
        # Distances are of no origin; around the vectors' own centre they lose no digits to it.
        self._centre = self._vectors.mean(axis=0) if len(self._vectors) else np.zeros(self.n_features_in_)
        if self._kernel == "rbf":
            self._vectors = self._vectors - self._centre
        self._norms = np.einsum("ij,ij->i", self._vectors, self._vectors)
        self._rows_at_once = max(1, MOST_VALUES // max(1, len(self._vectors)))

    def _values(self, X: Floats) -> Floats:
        """Return the kernel of rows and support vectors, of shape (rows, vectors): `Kernel::k_function` of libsvm."""
        if self._kernel == "rbf":
            d = squared_distances(X - self._centre, self._vectors, self._norms)
            d *= -self._gamma
            return np.exp(d, out=d)
        y: Floats = X @ self._vectors.T
        if self._kernel == "linear":
            return y
        y *= self._gamma
        y += self._constant
        return np.tanh(y, out=y) if self._kernel == "sigmoid" else _power(y, self._degree)

    def _sums(self, X: Floats) -> Floats:
        """Return decision values, of shape (rows,) or (rows, pairs of classes)."""
        with np.errstate(all="ignore"):
            starts = range(0, max(1, len(X)), self._rows_at_once)
            sums = [self._sum(self._values(X[start : start + self._rows_at_once])) for start in starts]
        return sums[0] if len(sums) == 1 else np.concatenate(sums)

    @abstractmethod
    def _sum(self, values: Floats) -> Floats:
        """Return decision values of values of the kernel."""


def _power(base: Floats, times: int) -> Floats:
    """Return base to the power of times by products, several times faster than any power: `powi` of libsvm."""
    power = np.ones_like(base)
    while times:
        if times % 2:
            power *= base
        times //= 2
        base = base * base
    return power


class SupportVectorRegressor(_Machine):
    """One weighted sum of the kernel: `SVR` and `NuSVR`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._coef = state.floats("dual_coef_", (1, len(self._vectors)))[0]
        self._intercept = state.floats("intercept_", (1,))

    def predict(self, X: Floats) -> Floats:
        return self._sums(X)

    def _sum(self, values: Floats) -> Floats:
        y: Floats = values @ self._coef + self._intercept
        return y


class OneClassMachine(_Machine):
    """Inliers as 1 and outliers as -1: `OneClassSVM`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._coef = state.floats("dual_coef_", (1, len(self._vectors)))[0]
        self._intercept = state.floats("intercept_", (1,))

    def decision_function(self, X: Floats) -> Floats:
        return self._sums(X)

    def predict(self, X: Floats) -> NDArray[np.int64]:
        return np.where(self._sums(X) > 0, 1, -1)

    def _sum(self, values: Floats) -> Floats:
        y: Floats = values @ self._coef + self._intercept
        return y


class SupportVectorClassifier(_Machine):
    """One machine for each pair of classes, each with a vote: `SVC` and `NuSVC`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        # Platt's probabilities are drawn from a cross-validation that scikit-learn itself advises against.
        if state.value("probability", False) is True:
            raise state.unsupported("probability=True (CalibratedClassifierCV has probabilities that are)")
        self.classes_ = state.labels("classes_")
        classes, vectors = len(self.classes_), len(self._vectors)
        # These are libsvm's own signs; dual_coef_ and intercept_ turn them around for two classes.
        self._coef = state.floats("_dual_coef_", (max(classes - 1, 0), vectors))
        self._intercept = state.floats("_intercept_", (classes * (classes - 1) // 2,))
        counts = state.integers("_n_support", (classes,))
        if classes < 2 or (counts < 0).any() or counts.max() > vectors or counts.sum() != vectors:
            raise state.damaged("has support vectors of other classes than its own")
        self._ends = counts.cumsum()
        self._starts = self._ends - counts
        self._shape = state.choice("decision_function_shape", "ovr", "ovo")
        self._break_ties = state.flag("break_ties") and classes > 2
        if self._break_ties and self._shape == "ovo":
            raise state.unsupported("break_ties=True and decision_function_shape='ovo'")

    def decision_function(self, X: Floats) -> Floats:
        return self._scores(self._sums(X))

    def predict(self, X: Floats) -> NDArray[Any]:
        sums = self._sums(X)
        y: NDArray[Any] = self.classes_[(self._scores(sums) if self._break_ties else self._votes(sums)).argmax(axis=1)]
        return y

    def _scores(self, sums: Floats) -> Floats:
        if len(self.classes_) == 2:
            return -sums[:, 0]
        return one_versus_one(sums < 0, -sums, len(self.classes_)) if self._shape == "ovr" else sums

    def _votes(self, sums: Floats) -> NDArray[np.int64]:
        """Return the votes of shape (rows, classes): the pair's first class has one where the value is above 0."""
        classes = len(self.classes_)
        votes = np.zeros((len(sums), classes), dtype=np.int64)
        first, pair = sums > 0, 0
        for place in range(classes - 1):
            won = first[:, pair : pair + classes - 1 - place]
            votes[:, place] += won.sum(axis=1)
            votes[:, place + 1 :] += ~won
            pair += classes - 1 - place
        return votes

    def _sum(self, values: Floats) -> Floats:
        if len(self.classes_) == 2:
            two: Floats = values @ self._coef.T + self._intercept
            return two
        # The coefficients of one class's vectors against each other class.
        blocks = [
            values[:, start:end] @ self._coef[:, start:end].T
            for start, end in zip(self._starts, self._ends, strict=True)
        ]
        pairs = [
            blocks[first][:, second - 1] + blocks[second][:, first]
            for first in range(len(blocks))
            for second in range(first + 1, len(blocks))
        ]
        y: Floats = np.stack(pairs, axis=1) + self._intercept
        return y

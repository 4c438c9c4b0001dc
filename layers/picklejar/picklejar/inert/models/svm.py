"""Support vector machines with kernels: sklearn/svm/_base.py, and libsvm's svm_predict_values."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.inert.base.composite import one_versus_one
from picklejar.inert.base.estimator import InertEstimator, available_if
from picklejar.inert.reading.state import EstimatorState, Floats

# Differences or kernel values held at once; sized to the CPU cache.
MOST_VALUES = 65_536
# A sum this small beside its terms may have either sign, by the last digits of the kernel and the order of additions.
CLOSE_TO_ZERO = 1e-14
# Pairwise probabilities are kept away from 0 and 1 by this much: `svm_predict_probability`.
LEAST_PROBABILITY = 1e-7


class _Machine(InertEstimator):
    """Support vectors, their coefficients and a kernel: `BaseLibSVM`."""

    # libsvm adds terms one by one, which are larger than their sum.
    tolerance = 1e-9
    # Coefficients of the vectors, of shape (any, vectors), and the constant of each decision value.
    _coef: Floats
    _intercept: Floats

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._vectors = state.floats("support_vectors_", (None, self.n_features_in_))
        self._kernel = state.choice("kernel", "linear", "rbf", "poly", "sigmoid")
        self._gamma = state.number("_gamma")
        self._constant = state.number("coef0")
        self._degree = state.integer("degree", at_least=0, at_most=1000) if self._kernel == "poly" else 0
        values_of_a_row = self._vectors.size if self._kernel == "rbf" else len(self._vectors)
        self._rows_at_once = max(1, MOST_VALUES // max(1, values_of_a_row))

    def largest_term(self, X: Floats) -> float:
        """Return the largest of the terms that a decision value of X is the sum of, without its sign."""
        with np.errstate(all="ignore"):
            values = [np.abs(self._values(X[start:end])).max(axis=0, initial=0) for start, end in self._parts(X)]
            largest = np.max(values, axis=0) * np.abs(self._coef).max(axis=0)
        return float(max(largest.max(initial=0), np.abs(self._intercept).max(initial=0)))

    def _parts(self, X: Floats) -> list[tuple[int, int]]:
        starts = range(0, max(1, len(X)), self._rows_at_once)
        return [(start, start + self._rows_at_once) for start in starts]

    def _values(self, X: Floats) -> Floats:
        """Return the kernel of rows and support vectors, of shape (rows, vectors): `Kernel::k_function` of libsvm.

        Like libsvm, it subtracts before it squares: products would lose what is small beside them.
        """
        if self._kernel == "rbf":
            difference = X[:, None, :] - self._vectors
            d: Floats = np.einsum("ijk,ijk->ij", difference, difference)
            d *= -self._gamma
            return np.exp(d, out=d)
        y: Floats = X @ self._vectors.T
        if self._kernel == "linear":
            return y
        y *= self._gamma
        y += self._constant
        return np.tanh(y, out=y) if self._kernel == "sigmoid" else _power(y, self._degree)

    def _sums(self, X: Floats) -> Floats:
        with np.errstate(all="ignore"):
            sums = [self._sums_part(X[start:end]) for start, end in self._parts(X)]
        return sums[0] if len(sums) == 1 else np.concatenate(sums)

    def _sums_part(self, X: Floats) -> Floats:
        values = self._values(X)
        sums, close = self._sum(values)
        if close.any():
            values = np.array([self._exact_values(x) for x in X[close]])
            sums[close] = self._sum(values, in_order=True)[0]
        return sums

    def _exact_values(self, x: Floats) -> list[float]:
        """Return the kernel of one row as libsvm has it to the last digit: by C's functions and BLAS's `dot`."""
        if self._kernel == "rbf":
            return [_exp(-self._gamma * float(d.dot(d))) for d in x - self._vectors]
        products = [float(x.dot(vector)) for vector in self._vectors]
        if self._kernel == "linear":
            return products
        bases = [self._gamma * product + self._constant for product in products]
        if self._kernel == "sigmoid":
            return [math.tanh(base) for base in bases]
        powers: list[float] = _power(np.array(bases), self._degree).tolist()
        return powers

    @abstractmethod
    def _sum(self, values: Floats, *, in_order: bool = False) -> tuple[Floats, NDArray[np.bool]]:
        """Return decision values of values of the kernel, and which rows have one close to 0.

        With `in_order`, terms are added one by one as libsvm adds them.
        """


def _power(base: Floats, times: int) -> Floats:
    """Return base to the power of times by products, several times faster than any power: `powi` of libsvm."""
    power = np.ones_like(base)
    while times:
        if times % 2:
            power *= base
        times //= 2
        base = base * base
    return power


def _exp(exponent: float) -> float:
    try:
        return math.exp(exponent)
    except OverflowError:
        return math.inf


def _added(terms: Floats, intercept: float, *, in_order: bool) -> tuple[Floats, NDArray[np.bool]]:
    if in_order and terms.shape[1]:
        return terms.cumsum(axis=1)[:, -1] + intercept, np.zeros(len(terms), dtype=bool)
    sums: Floats = terms.sum(axis=1) + intercept
    return sums, np.abs(sums) <= CLOSE_TO_ZERO * (np.abs(terms).sum(axis=1) + abs(intercept))


class _OneSum(_Machine):
    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._coef = state.floats("dual_coef_", (1, len(self._vectors)))
        self._intercept = state.floats("intercept_", (1,))

    def _sum(self, values: Floats, *, in_order: bool = False) -> tuple[Floats, NDArray[np.bool]]:
        return _added(values * self._coef[0], float(self._intercept[0]), in_order=in_order)


class SupportVectorRegressor(_OneSum):
    """The weighted sum as it is: `SVR` and `NuSVR`."""

    def predict(self, X: Floats) -> Floats:
        return self._sums(X)


class OneClassMachine(_OneSum):
    """Inliers as 1 and outliers as -1: `OneClassSVM`."""

    def decision_function(self, X: Floats) -> Floats:
        return self._sums(X)

    def predict(self, X: Floats) -> NDArray[np.int64]:
        return np.where(self._sums(X) > 0, 1, -1)


class SupportVectorClassifier(_Machine):
    """One machine for each pair of classes, each with a vote: `SVC` and `NuSVC`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        classes, vectors = len(self.classes_), len(self._vectors)
        pairs = classes * (classes - 1) // 2
        # These are libsvm's own signs; dual_coef_ and intercept_ turn them around for two classes.
        self._coef = state.floats("_dual_coef_", (max(classes - 1, 0), vectors))
        self._intercept = state.floats("_intercept_", (pairs,))
        counts = state.integers("_n_support", (classes,))
        if classes < 2 or (counts < 0).any() or counts.max() > vectors or counts.sum() != vectors:
            raise state.damaged("has support vectors of other classes than its own")
        self._ends = counts.cumsum()
        self._starts = self._ends - counts
        self._shape = state.choice("decision_function_shape", "ovr", "ovo")
        if state.flag("break_ties") and self._shape == "ovo":
            raise state.unsupported("break_ties=True and decision_function_shape='ovo', which never predicts,")
        self._break_ties = state.flag("break_ties") and classes > 2
        self._has_probabilities = state.value("probability", False) is True
        if self._has_probabilities:
            # Platt's sigmoid of each pair, 1 / (1 + exp(A s + B)).
            self._slopes, self._offsets = (state.floats(name, (pairs,)) for name in ("_probA", "_probB"))

    def decision_function(self, X: Floats) -> Floats:
        return self._scores(self._sums(X))

    def predict(self, X: Floats) -> NDArray[Any]:
        sums = self._sums(X)
        y: NDArray[Any] = self.classes_[(self._scores(sums) if self._break_ties else self._votes(sums)).argmax(axis=1)]
        return y

    @available_if(lambda self: self._has_probabilities)
    def predict_proba(self, X: Floats) -> Floats:
        """Return probabilities of shape (rows, classes): `svm_predict_probability`, which predict does not look at."""
        classes = len(self.classes_)
        pairwise = np.zeros((len(X), classes, classes))
        first, second = np.triu_indices(classes, 1)
        with np.errstate(all="ignore"):
            exponents = self._sums(X) * self._slopes + self._offsets
            falling = np.exp(-np.abs(exponents))
            p = np.where(exponents >= 0, falling, 1) / (1 + falling)
        pairwise[:, first, second] = np.minimum(np.maximum(p, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY)
        pairwise[:, second, first] = 1 - pairwise[:, first, second]
        return _coupled(pairwise)

    def _scores(self, sums: Floats) -> Floats:
        if len(self.classes_) == 2:
            return -sums[:, 0]
        return one_versus_one(sums < 0, -sums, len(self.classes_)) if self._shape == "ovr" else sums

    def _votes(self, sums: Floats) -> NDArray[np.int64]:
        classes = len(self.classes_)
        votes = np.zeros((len(sums), classes), dtype=np.int64)
        first, pair = sums > 0, 0
        for place in range(classes - 1):
            won = first[:, pair : pair + classes - 1 - place]
            votes[:, place] += won.sum(axis=1)
            votes[:, place + 1 :] += ~won
            pair += classes - 1 - place
        return votes

    def _sum(self, values: Floats, *, in_order: bool = False) -> tuple[Floats, NDArray[np.bool]]:
        """Return the values of all pairs, of shape (rows, pairs): `svm_predict_values` of libsvm."""
        pairs: list[Floats] = []
        any_close = np.zeros(len(values), dtype=bool)
        for first in range(len(self.classes_)):
            of_first = slice(self._starts[first], self._ends[first])
            for second in range(first + 1, len(self.classes_)):
                of_second = slice(self._starts[second], self._ends[second])
                # The coefficients of one class's vectors against the other class.
                terms = (
                    values[:, of_first] * self._coef[second - 1, of_first],
                    values[:, of_second] * self._coef[first, of_second],
                )
                intercept = float(self._intercept[len(pairs)])
                sums, close = _added(np.concatenate(terms, axis=1), intercept, in_order=in_order)
                pairs.append(sums)
                any_close |= close
        return np.stack(pairs, axis=1), any_close


def _coupled(pairwise: Floats) -> Floats:
    """Return probabilities of shape (rows, classes) from those of pairs, (rows, classes, classes).

    Method 2 of Wu, Lin and Weng, "Probability Estimates for Multi-class Classification by Pairwise Coupling" (2004), by
    the iteration of `multiclass_probability` in libsvm, which stops where it is within 0.005 / classes.
    """
    rows, classes = pairwise.shape[:2]
    p = np.full((rows, classes), 1 / classes)
    Q = -pairwise.transpose(0, 2, 1) * pairwise
    diagonal = np.arange(classes)
    Q[:, diagonal, diagonal] = (pairwise**2).sum(axis=1)
    left = np.arange(rows)
    for _ in range(max(100, classes)):
        Qp = np.einsum("rij,rj->ri", Q[left], p[left])
        pQp = (p[left] * Qp).sum(axis=1)
        going = np.abs(Qp - pQp[:, None]).max(axis=1) >= 0.005 / classes
        left, Qp, pQp = left[going], Qp[going], pQp[going]
        if not len(left):
            break
        of_rows, shares = Q[left], p[left]
        for place in range(classes):
            own = of_rows[:, place, place]
            change = (pQp - Qp[:, place]) / own
            shares[:, place] += change
            pQp = (pQp + change * (change * own + 2 * Qp[:, place])) / (1 + change) / (1 + change)
            Qp = (Qp + change[:, None] * of_rows[:, place]) / (1 + change)[:, None]
            shares /= (1 + change)[:, None]
        p[left] = shares
    return p

"""Support vector machines with kernels: sklearn/svm/_base.py, and libsvm's svm_predict_values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.composite import one_versus_one
from picklejar.inert.base.estimator import available_if
from picklejar.inert.models.kernel_machine import KernelMachine, added
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pairwise probabilities are kept away from 0 and 1 by this much: `svm_predict_probability`.
LEAST_PROBABILITY = 1e-7


class _OneSum(KernelMachine):
    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._coef = self._coefficients(state, "dual_coef_", 1)
        self._intercept = state.floats("intercept_", (1,))

    def _sum(self, values: Floats, rounding: Floats | None = None) -> tuple[Floats, NDArray[np.bool]]:
        return added(values, self._coef[0], float(self._intercept[0]), rounding)


class SupportVectorRegressor(_OneSum):
    """The weighted sum as it is: `SVR` and `NuSVR`."""

    _decides = False

    def predict(self, X: Floats) -> Floats:
        return self._sums(X)


class OneClassMachine(_OneSum):
    """Inliers as 1 and outliers as -1: `OneClassSVM`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._is_column = state.before("0.20")
        self._has_scores = not self._is_column
        self._offset = float(state.floats("offset_", (1,), ()).reshape(-1)[0]) if self._has_scores else 0.0

    def decision_function(self, X: Floats) -> Floats:
        return self._sums(X)[:, None] if self._is_column else self._sums(X)

    @available_if(lambda self: self._has_scores)
    def score_samples(self, X: Floats) -> Floats:
        return self._sums(X) + self._offset

    def predict(self, X: Floats) -> NDArray[np.int64]:
        return np.where(self._sums(X) > 0, 1, -1)


class SupportVectorClassifier(KernelMachine):
    """One machine for each pair of classes, each with a vote: `SVC` and `NuSVC`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        classes, vectors = len(self.classes_), len(self._vectors)
        if len(state.integers("_n_support", (None,))) < classes:
            raise state.unsupported("a class of which no row had a weight")
        pairs = classes * (classes - 1) // 2
        # These are libsvm's own signs; dual_coef_ and intercept_ turn them around for two classes.
        self._coef = self._coefficients(state, "_dual_coef_", max(classes - 1, 0))
        self._intercept = state.floats("_intercept_", (pairs,))
        counts = state.integers("_n_support", (classes,))
        if classes < 2 or (counts < 0).any() or counts.max() > vectors or counts.sum() != vectors:
            raise state.damaged("has support vectors of other classes than its own")
        self._ends = counts.cumsum()
        self._starts = self._ends - counts
        self._shape = state.choice("decision_function_shape", "ovr", "ovo")
        if state.flag("break_ties") and self._shape == "ovo":
            raise state.unsupported("break_ties=True and decision_function_shape='ovo', which never predicts,")
        # Until 0.20 the scores of a row were scaled by those of the others.
        self._depends_on_rows = state.before("0.21") and classes > 2 and self._shape == "ovr"
        self._break_ties = state.flag("break_ties") and classes > 2
        self._has_probabilities = state.value("probability", False) in (True,)  # or 1
        if self._has_probabilities:
            # Platt's sigmoid of each pair, 1 / (1 + exp(A s + B)).
            self._slopes, self._offsets = (state.floats(name, (pairs,), (0,)) for name in ("_probA", "_probB"))
            # Asked for after the fit, there are none.
            self._has_probabilities = len(self._slopes) == len(self._offsets) == pairs

    @available_if(lambda self: not self._depends_on_rows)
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
        seconds = sums < 0
        return one_versus_one(~seconds, seconds, -sums, len(self.classes_)) if self._shape == "ovr" else sums

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

    def _sum(self, values: Floats, rounding: Floats | None = None) -> tuple[Floats, NDArray[np.bool]]:
        """Return the values of all pairs, of shape (rows, pairs): `svm_predict_values` of libsvm."""
        pairs: list[Floats] = []
        any_close = np.zeros(len(values), dtype=bool)
        for first in range(len(self.classes_)):
            of_first = slice(self._starts[first], self._ends[first])
            for second in range(first + 1, len(self.classes_)):
                of_second = slice(self._starts[second], self._ends[second])
                # The coefficients of one class's vectors against the other class.
                coefficients = np.concatenate((self._coef[second - 1, of_first], self._coef[first, of_second]))
                of_pair = np.concatenate((values[:, of_first], values[:, of_second]), axis=1)
                sums, close = added(of_pair, coefficients, float(self._intercept[len(pairs)]), rounding)
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

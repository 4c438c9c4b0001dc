"""Gaussian processes: sklearn/gaussian_process/_gpr.py and _gpc.py.

Algorithms 2.1, 3.2 of Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base import normal
from picklejar.inert.base.composite import Composite, classes_of
from picklejar.inert.base.estimator import InertEstimator, Matrix
from picklejar.inert.base.special import two_columns
from picklejar.inert.base.work import spend
from picklejar.inert.models.covariance import kernel_of
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Values of the kernel held at once; sized to the CPU cache.
MOST_VALUES = 65_536
# Terms are larger than their sum, as of other kernel machines.
TOLERANCE = 1e-9
# A sum this small beside its terms may have either sign.
CLOSE_TO_ZERO = 1e-13
# Two probabilities so near may be in either order.
CLOSE_SHARES = 1e-8
# The logistic function as a sum of five error functions: Williams and Barber, "Bayesian Classification with Gaussian
# Processes" (1998), appendix A.
LAMBDAS = np.array([0.41, 0.4, 0.37, 0.44, 0.39])[:, None]
COEFS = np.array([-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654])[:, None]


class _Process(InertEstimator):
    """Fitted rows and the kernel between them and X."""

    takes_sparse = False
    tolerance = TOLERANCE

    def __init__(self, state: EstimatorState) -> None:
        self._read_features(state)
        self._fitted = state.floats("X_train_", (None, self.n_features_in_))
        self._rows = len(self._fitted)
        if not self._rows:
            raise state.damaged("was fitted on no rows")
        self._kernel = kernel_of(state, "kernel_", self.n_features_in_)
        self._rows_at_once = max(1, MOST_VALUES // self._rows)

    def _read_features(self, state: EstimatorState) -> None:
        super().__init__(state)

    def _parts(self, X: Floats) -> Iterator[tuple[int, Floats]]:
        """Yield the kernel of X and the fitted rows, some rows at a time, each with its first row's number."""
        spend(len(X) * self._fitted.size)
        with np.errstate(all="ignore"):
            for start in range(0, max(1, len(X)), self._rows_at_once):
                yield start, self._kernel.between(X[start : start + self._rows_at_once], self._fitted)


class GaussianProcessRegressor(_Process):
    """The mean of the process: `GaussianProcessRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._coef = state.floats("alpha_", (self._rows,), (self._rows, None))
        # Before 0.23 targets were moved, and not stretched.
        self._std = np.ones(1) if state.before("0.23") else _one_or_each(state, "_y_train_std", self._coef)
        self._mean = _one_or_each(state, "_y_train_mean", self._coef)
        self._squeezes = not state.before("1.1")

    def predict(self, X: Floats) -> Floats:
        with np.errstate(all="ignore"):
            means = np.concatenate([values @ self._coef for _, values in self._parts(X)])
            y: Floats = self._std * means + self._mean
        return y[:, 0] if self._squeezes and y.ndim == 2 and y.shape[1] == 1 else y

    def largest_term(self, X: Floats) -> float:
        sizes = np.abs(self._coef).reshape(self._rows, -1).max(axis=1, initial=0)
        largest = [float((np.abs(values).max(axis=0, initial=0) * sizes).max()) for _, values in self._parts(X)]
        return max(*largest, 0.0) * float(np.abs(self._std).max()) + float(np.abs(self._mean).max())


class LaplaceClassifier(_Process):
    """A latent process and its logistic function: `_BinaryGaussianProcessClassifierLaplace`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        rows = (self._rows,)
        self.classes_ = state.labels("classes_", 2)
        self._coef = state.floats("y_train_", rows) - state.floats("pi_", rows)
        self._roots = state.floats("W_sr_", rows)
        self._lower = state.floats("L_", (self._rows, self._rows))

    def _read_features(self, state: EstimatorState) -> None:
        # Its file does not say how many columns it takes; the classifier that holds it does.
        self.n_features_in_ = state.floats("X_train_", (None, None)).shape[1]
        self.precision, self.feature_names_in_ = state.precision.computed(), None
        if not self.n_features_in_:
            raise state.unsupported("no features")

    def predict(self, X: Floats) -> NDArray[Any]:
        latent, close = np.zeros(len(X)), np.zeros(len(X), dtype=bool)
        for start, values in self._parts(X):
            terms = values * self._coef
            some = slice(start, start + len(values))
            latent[some] = values @ self._coef
            close[some] = np.abs(latent[some]) <= CLOSE_TO_ZERO * np.abs(terms).sum(axis=1)
        _refuse(close)
        y: NDArray[Any] = self.classes_[(latent > 0).astype(np.int8)]
        return y

    def largest_term(self, X: Floats) -> float:
        """Return the largest variance, from which that of fitted rows is taken."""
        return float(np.abs(self._kernel.diagonal(X)).max(initial=0))

    def predict_proba(self, X: Floats) -> Floats:
        spend(len(X) * self._rows**2)
        with np.errstate(all="ignore"):
            parts = [self._share(X[start : start + len(values)], values) for start, values in self._parts(X)]
        return two_columns(np.concatenate(parts))

    def _share(self, X: Floats, values: Floats) -> Floats:
        """Return the probability of the second class, (rows,)."""
        mean = values @ self._coef
        solved = self._solved(self._roots[:, None] * values.T)
        variance = self._kernel.diagonal(X) - np.einsum("ij,ij->j", solved, solved)
        alpha = 1 / (2 * variance)
        arguments = LAMBDAS * mean * np.sqrt(alpha / (alpha + LAMBDAS**2))
        error = 2 * normal.cdf((arguments * np.sqrt(2)).reshape(-1)).reshape(arguments.shape) - 1
        integrals = np.sqrt(np.pi / alpha) * error / (2 * np.sqrt(variance * 2 * np.pi))
        y: Floats = (COEFS * integrals).sum(axis=0) + 0.5 * COEFS.sum()
        return y

    def _solved(self, right: Floats) -> Floats:
        """Return the solution of L @ y = right, (fitted rows, rows), by substitution; L_ is a lower triangle."""
        y = np.empty_like(right)
        for row in range(self._rows):
            y[row] = (right[row] - self._lower[row, :row] @ y[:row]) / self._lower[row, row]
        return y


class GaussianProcessClassifier(Composite):
    """One process for two classes, or one for each against the rest: `GaussianProcessClassifier`."""

    takes_text = takes_missing = takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        if state.value("n_classes_") != 2:
            state.choice("multi_class", "one_vs_rest")
        self._part = state.estimator("base_estimator_")
        if not hasattr(self._part, "predict_proba"):
            raise state.changed()
        super().__init__(state, [self._part])
        self.classes_ = classes_of(state, self._part)
        if not np.array_equal(self.classes_, state.labels("classes_")):
            raise state.damaged("has other classes than its parts")

    def predict(self, X: Matrix) -> NDArray[Any]:
        y: NDArray[Any] = self._part.predict(X)
        if len(self.classes_) > 2:
            second, first = np.partition(self._part.predict_proba(X), -2, axis=1)[:, -2:].T
            _refuse(first - second <= CLOSE_SHARES)
        return y

    def predict_proba(self, X: Matrix) -> Floats:
        p: Floats = self._part.predict_proba(X)
        return p


def _refuse(close: NDArray[np.bool]) -> None:
    if close.any():
        sentence = "Two labels score alike, and only rounding tells them apart."
        raise RowsRefused(np.flatnonzero(close).tolist(), None, "tie", sentence)


def _one_or_each(state: EstimatorState, name: str, coef: Floats) -> Floats:
    """Return a number for all targets or one for each, (1,) or (targets,)."""
    value = state.value(name)
    if type(value) in (int, float):
        return np.array([state.number(name)])
    targets = coef.shape[1] if coef.ndim == 2 else 1
    return state.floats(name, (1,), (targets,), ()).reshape(-1)

"""Regression by a kernel of all fitted rows: sklearn/kernel_ridge.py."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.base.special import squared_distances
from picklejar.inert.base.work import spend
from picklejar.inert.reading.state import EstimatorState, Floats

KERNELS = ("linear", "rbf", "poly", "polynomial", "sigmoid", "laplacian", "cosine")
# Values of the kernel held at once; sized to the CPU cache.
MOST_VALUES = 65_536
# Squared distances come from products of matrices, and are so wrong, relative to the longest fitted row's square.
ROUNDING = 8e-15
# As for other kernel machines, whose terms are larger than their sum.
TOLERANCE = 1e-9
MOST_TOLERANCE = 1e-6


class KernelRidge(InertEstimator):
    """The kernel of X and the fitted rows @ dual_coef_: `KernelRidge.predict`."""

    # Fitted on a sparse X, whose rows are sparse and not read, it takes no other.
    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._kernel = state.choice("kernel", *KERNELS)
        self._fitted = state.floats("X_fit_", (None, self.n_features_in_))
        rows = len(self._fitted)
        if not rows:
            raise state.damaged("was fitted on no rows")
        self._coef = state.floats("dual_coef_", (rows,), (rows, None))
        self._gamma = state.number("gamma") if state.has("gamma") else 1.0 / self.n_features_in_
        self._degree, self._constant = state.number("degree"), state.number("coef0")
        self._norms = np.einsum("ij,ij->i", self._fitted, self._fitted)
        if self._kernel == "cosine":
            self._fitted = _normalized(self._fitted)
        self.tolerance = TOLERANCE
        if self._kernel == "rbf":
            self.tolerance = max(TOLERANCE, ROUNDING * abs(self._gamma) * float(self._norms.max()))
        if not self.tolerance <= MOST_TOLERANCE:
            raise state.unsupported(
                "features so large that their distances are rounding,", "Put a StandardScaler before it and fit again."
            )
        self._rows_at_once = max(1, MOST_VALUES // rows)

    def predict(self, X: Floats) -> Floats:
        spend(len(X) * self._fitted.size)
        with np.errstate(all="ignore"):
            parts = [values @ self._coef for values in self._parts(X)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def largest_term(self, X: Floats) -> float:
        sizes = np.abs(self._coef).reshape(len(self._coef), -1).max(axis=1, initial=0)
        with np.errstate(all="ignore"):
            return max(float((np.abs(values).max(axis=0, initial=0) * sizes).max()) for values in self._parts(X))

    def _parts(self, X: Floats) -> Iterator[Floats]:
        for start in range(0, max(1, len(X)), self._rows_at_once):
            yield self._values(X[start : start + self._rows_at_once])

    def _values(self, X: Floats) -> Floats:
        """Return the kernel, (rows, fitted rows): `pairwise_kernels` of sklearn/metrics/pairwise.py."""
        if self._kernel == "rbf":
            return np.exp(-self._gamma * squared_distances(X, self._fitted, self._norms))
        if self._kernel == "laplacian":
            return np.exp(-self._gamma * self._manhattan(X))
        y: Floats = (_normalized(X) if self._kernel == "cosine" else X) @ self._fitted.T
        if self._kernel in ("linear", "cosine"):
            return y
        y = y * self._gamma + self._constant
        return np.tanh(y) if self._kernel == "sigmoid" else y**self._degree

    def _manhattan(self, X: Floats) -> Floats:
        d = np.zeros((len(X), len(self._fitted)))
        for column, known in zip(X.T, self._fitted.T, strict=True):
            d += np.abs(column[:, None] - known)
        return d


def _normalized(X: Floats) -> Floats:
    lengths = np.sqrt(np.einsum("ij,ij->i", X, X))
    lengths[lengths == 0] = 1
    output: Floats = X / lengths[:, None]
    return output

"""Regression on latent components, and these as features: sklearn/cross_decomposition/_pls.py."""

from __future__ import annotations

import numpy as np

from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.state import EstimatorState, Floats


class PartialLeastSquares(InertTransformer):
    """(X - mean) @ coef, or (X - mean) / std @ rotations: `PLSRegression.predict` and `transform`."""

    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        n = self.n_features_in_
        mean, std = ("x_mean_", "x_std_") if state.before("0.24") else ("_x_mean", "_x_std")
        self._mean, self._std = state.floats(mean, (n,)), state.floats(std, (n,))
        self._rotations = state.floats("x_rotations_", (n, None))
        self.n_features_out = self._rotations.shape[1]
        self._coef = _coefficients(state, n)
        intercept = "intercept_" if not state.before("1.1") else "y_mean_" if state.before("0.24") else "_y_mean"
        self._intercept = state.floats(intercept, (self._coef.shape[1],))
        # Since 1.5 the coefficients are of features that were not scaled.
        self._is_scaled = state.before("1.5")
        self._is_flat = not state.before("1.3") and state.flag("_predict_1d")

    def transform(self, X: Floats) -> Floats:
        output: Floats = ((X - self._mean) / self._std) @ self._rotations
        return output

    def predict(self, X: Floats) -> Floats:
        y: Floats = self._features(X) @ self._coef + self._intercept
        return y.reshape(-1) if self._is_flat else y

    def largest_term(self, X: Floats) -> float:
        with np.errstate(all="ignore"):
            terms = np.abs(self._features(X)).max(axis=0, initial=0)[:, None] * np.abs(self._coef)
        return float(max(terms.max(initial=0), np.abs(self._intercept).max(initial=0)))

    def _features(self, X: Floats) -> Floats:
        output: Floats = X - self._mean
        return output / self._std if self._is_scaled else output


def _coefficients(state: EstimatorState, n: int) -> Floats:
    """Return coefficients of shape (features, targets), which 1.1 and 1.2 kept privately and all since transposed."""
    if state.before("1.1"):
        return state.floats("coef_", (n, None))
    return state.floats("_coef_" if state.before("1.3") else "coef_", (None, n)).T

"""Linear models: X @ coef_.T + intercept_, as sklearn/linear_model/_base.py computes it."""

from __future__ import annotations

from picklejar.inert.estimator import InertEstimator
from picklejar.inert.state import EstimatorState, Floats


class LinearRegressor(InertEstimator):
    """Regression by coefficients: `LinearModel._decision_function` of sklearn/linear_model/_base.py."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        n = self.n_features_in_
        coef = state.floats("coef_", (n,), (None, n))
        self._coef = coef.T
        self._intercept = _intercept(state, len(coef) if coef.ndim == 2 else None)

    def predict(self, X: Floats) -> Floats:
        """Return y of shape (rows,), or (rows, targets) where coef_ has a row for each."""
        y: Floats = X @ self._coef + self._intercept
        return y


def _intercept(state: EstimatorState, targets: int | None) -> Floats | float:
    """Return the intercept: one number, or one for each target."""
    if isinstance(state.value("intercept_"), int | float):
        return state.number("intercept_")
    return state.floats("intercept_", (1,) if targets is None else (targets,))

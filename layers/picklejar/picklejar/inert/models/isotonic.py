"""Isotonic regression: lines between points that rise or fall, by sklearn/isotonic.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import InertEstimator, refuse_leaps
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray


class IsotonicRegression(InertEstimator):
    """Interpolation between thresholds: `IsotonicRegression._transform`, whose `interp1d` of SciPy is np.interp."""

    def __init__(self, state: EstimatorState) -> None:
        state.refuse_precision(Precision.ROUNDED)
        # It is fitted on one column or on none, a 1-D array, and does not say which.
        self.n_features_in_ = 1
        self.feature_names_in_ = None
        self._outside = state.choice("out_of_bounds", "nan", "clip", "raise")
        self._x = state.floats("X_thresholds_", (None,))
        self._y = state.floats("y_thresholds_", self._x.shape)
        if not len(self._x):
            raise state.damaged("has no thresholds")
        # Fitted on float32, it rounds X and its answers to that.
        self._type = state.array_of(state.value("X_thresholds_")).dtype
        if self._type not in (np.float64, np.float32):
            raise state.damaged("has thresholds that are no floats")
        self._least, self._most = state.number("X_min_"), state.number("X_max_")

    def predict(self, X: Floats) -> Floats:
        """Return y of shape (rows,), NaN outside of the thresholds; raises RowsRefused if it was made to."""
        return self.interpolate(X[:, 0])

    def transform(self, X: Floats) -> Floats:
        return self.interpolate(X[:, 0])

    def interpolate(self, x: Floats) -> Floats:
        x = x.astype(self._type, copy=False)
        if self._outside == "clip":
            x = np.clip(x, self._least, self._most)
        y = np.interp(x, self._x, self._y) if self._type == np.float64 else self._coarse(x)
        # One threshold alone is a constant, which has no outside.
        if self._outside != "clip" and len(self._x) > 1:
            outside = (x < self._x[0]) | (x > self._x[-1])
            if self._outside == "raise" and outside.any():
                low = x < self._x[0]
                rule, bound = ("minimum", "least") if low.any() else ("maximum", "most")
                rows, number = (low, self._x[0]) if low.any() else (outside, self._x[-1])
                raise RowsRefused(np.flatnonzero(rows).tolist(), 0, rule, f"must be at {bound} {number:.16g}")
            y[outside] = np.nan
        return y.astype(np.float64)

    def interpolate_scores(self, scores: Floats) -> Floats:
        """Return y for what an estimator answered; raises RowsRefused where the last digit of it decides y."""
        sentence = "The model's score of this row is at a step of its calibration, which rounding decides."
        refuse_leaps(lambda X: self.interpolate(X[:, 0]), scores[:, None], np.abs(self._x).max(keepdims=True), sentence)
        return self.interpolate(scores)

    def _coarse(self, x: NDArray[Any]) -> NDArray[Any]:
        if len(self._x) == 1:
            return np.repeat(self._y, len(x))
        xs, ys = self._x.astype(self._type), self._y.astype(self._type)
        above = xs.searchsorted(x).clip(1, len(xs) - 1)
        low, high = xs[above - 1], xs[above]
        y: NDArray[Any] = (x - low) / (high - low) * ys[above] + (high - x) / (high - low) * ys[above - 1]
        return y

"""Scalers: each column moved and stretched, as sklearn/preprocessing/_data.py does it, and back.

Over 250 lines, because scalers share one way there and back. A `transform` takes X and an `inverse_transform` what a
transform answered, both of shape (rows, n_features_in_).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base import normal
from picklejar.inert.base.estimator import STEEP_TOLERANCE, NotDense, refuse_cells, refuse_leaps
from picklejar.inert.base.transformer import OneToOne
from picklejar.inert.reading.state import LARGEST, EstimatorState, Floats
from picklejar.inert.reading.storage import Precision, Storage

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOUNDS_THRESHOLD = 1e-7
SMALLEST_STEP = float(np.spacing(1.0))
# Numbers of X that are ranked at once, so that what lies between stays in the processor's cache.
MOST_NUMBERS = 2**13

type Mask = NDArray[np.bool_]
NEAR_0 = BOUNDS_THRESHOLD - SMALLEST_STEP


class Standard(OneToOne):
    """(X - mean_) / scale_: `StandardScaler.transform`."""

    takes_missing = True
    _center, _scale = "mean_", "scale_"
    _centers, _scales = "with_mean", "with_std"

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        shape = (self.n_features_in_,)
        self._mean = state.floats(self._center, shape) if state.flag(self._centers) else None
        self._std = state.floats(self._scale, shape) if state.flag(self._scales) else None
        self.takes_sparse = self.reads_sparse = self._mean is None
        self.answers, self.precision = state.given, state.precision.scaled()

    def transform(self, X: Floats) -> Floats:
        if self._mean is None:
            return X if self._std is None else _scaled(X, self._std, self.answers)
        output = X - self._mean
        return output if self._std is None else np.divide(output, self._std, out=output)

    def inverse_transform(self, X: Floats) -> Floats:
        output = X if self._std is None else X * self._std
        return output if self._mean is None else output + self._mean


class Robust(Standard):
    """(X - center_) / scale_: `RobustScaler.transform`."""

    _center = "center_"
    _centers, _scales = "with_centering", "with_scaling"


class MinMax(OneToOne):
    """X * scale_ + min_, within the range where it clips: `MinMaxScaler.transform`."""

    takes_missing = True
    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.precision = state.precision.scaled()
        shape = (self.n_features_in_,)
        self._scale, self._min = state.floats("scale_", shape), state.floats("min_", shape)
        self._range: list[float] | None = None
        if state.flag("clip", False):
            bounds = [state.plain_of(bound) for bound in state.sequence("feature_range", 2)]
            if not all(type(bound) in (int, float) and math.isfinite(bound) for bound in bounds):
                raise state.damaged("has no range of numbers to clip to")
            self._range = [float(bound) for bound in bounds]

    def transform(self, X: Floats) -> Floats:
        output = X * self._scale
        output += self._min
        return output if self._range is None else np.clip(output, *self._range, out=output)

    def inverse_transform(self, X: Floats) -> Floats:
        return (X - self._min) / self._scale


class MaxAbs(OneToOne):
    """X / scale_, from -1 to 1 where it clips: `MaxAbsScaler.transform`."""

    takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._scale = state.floats("scale_", (self.n_features_in_,))
        self._clips = state.flag("clip", False)
        self.reads_sparse = not self._clips
        self.answers, self.precision = state.given, state.precision.scaled()

    def transform(self, X: Floats) -> Floats:
        output = _scaled(X, self._scale, self.answers)
        return np.clip(output, -1.0, 1.0, out=output) if self._clips else output

    def inverse_transform(self, X: Floats) -> Floats:
        output: Floats = X * self._scale
        return output


class RowNormalizer(OneToOne):
    """Each row divided by its norm: `normalize`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._norm = state.choice("norm", "l1", "l2", "max")
        # Sums depend on the order of X in memory, which is another one for a data frame.
        self.precision = state.precision.computed(exactly=self._norm == "max")
        # Until 0.24 only 0 was left alone.
        self._keeps_tiny = state.before("1.0")
        # Until 0.22 the largest number was one with its sign.
        is_signed = self._norm == "max" and state.before("0.23")
        self._size: Any = (lambda X: X) if is_signed else np.abs
        self.reads_sparse = not is_signed
        self.answers = state.given

    def transform(self, X: Any) -> Any:
        if isinstance(X, NotDense):
            return X.normalized(self._norm)
        norms = self._norms_of_sparse(X) if self.answers else self._norms(X)
        output: Floats = X / norms[:, None]
        return output

    def _norms(self, X: Floats) -> Floats:
        if self._norm == "l2":
            norms: Floats = np.sqrt(np.einsum("ij,ij->i", X, X))
        else:
            norms = np.abs(X).sum(axis=1) if self._norm == "l1" else self._size(X).max(axis=1)
        norms[norms == 0 if self._keeps_tiny else norms < 10 * np.finfo(np.float64).eps] = 1.0
        return norms

    def _norms_of_sparse(self, X: Floats) -> Floats:
        """Return norms added one by one, of which only 0 is left out: `inplace_csr_row_normalize_l2` and its like."""
        if self._norm == "l2":
            norms: Floats = np.sqrt(np.cumsum(X * X, axis=1)[:, -1])
        else:
            norms = np.cumsum(np.abs(X), axis=1)[:, -1] if self._norm == "l1" else self._size(X).max(axis=1)
        norms[norms == 0] = 1.0
        return norms


class Threshold(OneToOne):
    """1 above the threshold, else 0: `binarize`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.SCALED, Precision.ROUNDED)
        self.precision = state.precision.counted()
        self._is_of_computed = state.precision == Precision.COMPUTED
        self._threshold = state.number("threshold")
        # All zeros would become 1.
        self.takes_sparse = self._threshold >= 0
        self.answers = min(state.given, Storage.SPARSE)

    def transform(self, X: Floats) -> Floats:
        if self._is_of_computed:
            sizes = np.full(X.shape[1], abs(self._threshold))
            refuse_leaps(self._above, X, sizes, "A number computed on the way is at the threshold.")
        return self._above(X)

    def _above(self, X: Floats) -> Floats:
        return (self._threshold < X).astype(np.float64)


class Power(OneToOne):
    """Yeo-Johnson's or Box-Cox's powers, lambdas_ (n_features_in_,): `PowerTransformer.transform`.

    Formulas of scipy/stats/_morestats.py and scipy/special/_boxcox.pxd, which keep their digits near 0.
    """

    takes_sparse = False

    takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._is_box_cox = state.choice("method", "yeo-johnson", "box-cox") == "box-cox"
        self.precision = state.precision.computed(exactly=not self._is_box_cox)
        self._lambdas = state.kept_floats("lambdas_", (self.n_features_in_,))
        self._power, self._inverse_power = _box_cox, _inverse_box_cox
        if not self._is_box_cox:
            self._power = _yeo_johnson_by_powers if state.before("1.9") else _yeo_johnson
            self._inverse_power = _inverse_yeo_johnson
        elif state.before("1.6"):
            self._inverse_power = _inverse_box_cox_by_powers
        self._scaler = None
        if state.flag("standardize"):
            scaler = state.estimator("_scaler")
            if not isinstance(scaler, Standard) or scaler.n_features_in_ != self.n_features_in_:
                raise state.damaged("has a scaler of something else")
            self._scaler = scaler

    def transform(self, X: Floats) -> Floats:
        if self._is_box_cox:
            refuse_cells(X <= 0, "minimum", "must be more than 0")
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            output = self._power(X, self._lambdas)
        return output if self._scaler is None else self._scaler.transform(output)

    def inverse_transform(self, X: Floats) -> Floats:
        X = X if self._scaler is None else self._scaler.inverse_transform(X)
        power = self._inverse_power
        output = np.empty(X.shape)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            for column, exponent in enumerate(self._lambdas):
                output[:, column] = power(X[:, column], exponent)
        return output


class Quantile(OneToOne):
    """Ranks among quantiles_ (quantiles, n_features_in_): `QuantileTransformer._transform_col`.

    Of a sparse X only what is stored is ranked, and its other zeros stay 0.
    """

    takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        # Its bounds, too, are rounded to float32 there.
        state.refuse_precision(Precision.SINGLE, Precision.SCALED, Precision.ROUNDED)
        self._is_normal = state.choice("output_distribution", "uniform", "normal") == "normal"
        # Until 0.20 those of the uniform one, too, were a ten-millionth wide.
        self._has_wide_ends = self._is_normal or state.before("0.21")
        self.precision = state.precision
        self._is_of_computed = state.precision == Precision.COMPUTED
        if self._is_of_computed:
            self.tolerance = STEEP_TOLERANCE
        quantiles = state.floats("quantiles_", (None, self.n_features_in_))
        self._references = state.floats("references_", (len(quantiles),))
        if len(quantiles) == 1:
            raise state.unsupported("n_quantiles=1")
        if not len(quantiles) or (np.diff(quantiles, axis=0) < 0).any() or not (np.diff(self._references) > 0).all():
            raise state.damaged("has quantiles that are not in their order")
        # (columns, quantiles), and flat, as all that follows is looked up.
        self._quantiles = np.ascontiguousarray(quantiles.T)
        self._firsts = np.arange(0, self._quantiles.size, len(quantiles))
        self._ranks_of = np.tile(self._references, self.n_features_in_)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            self._slopes = np.append(np.diff(self._ranks_of) / np.diff(self._quantiles.ravel()), 0.0)
            steep = np.isinf(np.diff(self._references) / np.diff(self._quantiles)) & (np.diff(self._quantiles) > 0)
        # `np.interp` has rules of its own where a slope is infinite, and at an end that the threshold does not cover.
        ends = self._quantiles[:, [0, -1]]
        bare = self._has_wide_ends & (ends + BOUNDS_THRESHOLD == ends)
        self._interpolated = np.flatnonzero(steep.any(axis=1) | bare.any(axis=1)).tolist()
        self._refuses_negative = state.given != Storage.DENSE and not state.flag("ignore_implicit_zeros")
        self._leaves_zeros = state.given != Storage.DENSE
        # What ranks lowest becomes a 0 that is stored.
        self.answers = Storage.SPARSE_WITH_ZEROS if state.given else Storage.DENSE
        if state.given is Storage.SPARSE_WITH_ZEROS and self._ranked(np.zeros((1, self.n_features_in_))).any():
            raise state.unsupported("sparse features of which it is not known which zeros are stored,")

    def transform(self, X: Floats) -> Floats:
        if self._refuses_negative:
            refuse_cells(X < 0, "minimum", "must be at least 0")
        if self._is_of_computed:
            sizes = np.abs(self._quantiles).max(axis=1)
            refuse_leaps(self._ranked, X, sizes, "A number computed on the way is at a quantile that several rows had.")
        output = self._ranked(X)
        if self._leaves_zeros:
            output[X == 0] = 0.0
        return output

    def _ranked(self, X: Floats) -> Floats:
        output = np.empty(X.shape)
        step = max(1, MOST_NUMBERS // self.n_features_in_)
        with np.errstate(invalid="ignore", over="ignore"):
            for at in range(0, len(X), step):
                output[at : at + step] = self._ranks(X[at : at + step])
        return output

    def _ranks(self, X: Floats) -> Floats:
        """Return the mean of the ranks from below and above, which differ at equal quantiles.

        The operations of scikit-learn's two calls of `np.interp`, mostly by one search.
        """
        last = self._quantiles.shape[1] - 1
        right = np.empty(X.shape, dtype=np.int64)
        for column, quantiles in enumerate(self._quantiles):
            right[:, column] = quantiles.searchsorted(X[:, column], side="right")
        right = np.clip(right - 1, 0, last - 1) + self._firsts
        left = right + 1
        lower = self._quantiles.ravel()[right]
        equal = lower == X
        for column in np.flatnonzero(equal.any(axis=0)).tolist():
            match = self._quantiles[column].searchsorted(X[:, column], side="left")
            left[:, column] = np.clip(match, 1, last) + self._firsts[column]
        from_below = self._slopes[right] * (X - lower) + self._ranks_of[right]
        from_above = self._slopes[left - 1] * (self._quantiles.ravel()[left] - X) - self._ranks_of[left]
        output = 0.5 * (from_below - from_above)
        for column in self._interpolated:
            x, quantiles = X[:, column], self._quantiles[column]
            from_below = np.interp(x, quantiles, self._references)
            output[:, column] = 0.5 * (from_below - np.interp(-x, -quantiles[::-1], -self._references[::-1]))
        lowest, highest = self._quantiles[:, 0], self._quantiles[:, -1]
        below, above = self._bounds(X, lowest, highest)
        output[above | (highest < X)] = 1.0
        output[below | (lowest > X)] = 0.0
        if self._is_normal:
            # The ends would be infinite.
            least, most = normal.inverse_cdf(np.array([NEAR_0, 1 - NEAR_0]))
            output = np.clip(normal.inverse_cdf(output), least, most)
        elif self._has_wide_ends:
            output = np.clip(output, NEAR_0, 1 - NEAR_0)
        return output

    def inverse_transform(self, X: Floats) -> Floats:
        output = np.empty(X.shape)
        with np.errstate(invalid="ignore"):
            ranks = normal.cdf(X) if self._is_normal else X
            below, above = self._bounds(ranks, np.zeros(1), np.ones(1))
            for column, quantiles in enumerate(self._quantiles):
                output[:, column] = np.interp(ranks[:, column], self._references, quantiles)
                output[above[:, column], column] = quantiles[-1]
                output[below[:, column], column] = quantiles[0]
        return output

    def _bounds(self, x: Floats, lowest: Floats, highest: Floats) -> tuple[Mask, Mask]:
        if self._has_wide_ends:
            return x - BOUNDS_THRESHOLD < lowest, x + BOUNDS_THRESHOLD > highest
        return x == lowest, x == highest


def _scaled(X: Floats, scale: Floats, given: Storage) -> Floats:
    # scikit-learn multiplies what a sparse X stores, which may differ in the last digit.
    return X * (1.0 / scale) if given or isinstance(X, NotDense) else X / scale


def _yeo_johnson(X: Floats, exponents: Floats) -> Floats:
    positive = X >= 0
    # One formula serves both signs, the exponent of the negative ones turned about.
    exponents = np.where(positive, exponents, 2 - exponents)
    output = np.log1p(np.abs(X))
    flat = np.abs(exponents) < SMALLEST_STEP
    if flat.any():
        output = np.where(flat, output, np.expm1(exponents * output) / exponents)
    else:
        output *= exponents
        np.expm1(output, out=output)
        output /= exponents
    return np.negative(output, out=output, where=~positive)


def _yeo_johnson_by_powers(X: Floats, exponents: Floats) -> Floats:
    """Return what `_yeo_johnson` does by the formula of 1.8 and before, which loses digits near 0."""
    output = np.empty_like(X)
    for column, exponent in enumerate(exponents):
        x = X[:, column]
        above = np.log1p(x) if abs(exponent) < SMALLEST_STEP else (np.power(x + 1, exponent) - 1) / exponent
        below = -np.log1p(-x)
        if abs(exponent - 2) > SMALLEST_STEP:
            below = -(np.power(-x + 1, 2 - exponent) - 1) / (2 - exponent)
        output[:, column] = np.where(x >= 0, above, below)
    return output


def _inverse_yeo_johnson(x: Floats, exponent: float) -> Floats:
    output = np.empty_like(x)
    positive = x >= 0
    above, below = x[positive], x[~positive]
    if abs(exponent) < SMALLEST_STEP:
        output[positive] = np.exp(above) - 1
    else:
        output[positive] = np.power(above * exponent + 1, 1 / exponent) - 1
    if abs(exponent - 2) > SMALLEST_STEP:
        output[~positive] = 1 - np.power(-(2 - exponent) * below + 1, 1 / (2 - exponent))
    else:
        output[~positive] = 1 - np.exp(-below)
    return output


def _box_cox(X: Floats, exponents: Floats) -> Floats:
    logs = np.log(X)
    powers = exponents * logs
    output: Floats = np.expm1(powers) / exponents
    if (powers >= 709.78).any():
        # Where the power itself would overflow, so would not always what is divided by the exponent.
        far = np.sign(exponents) * np.exp(powers - np.log(np.abs(exponents))) - 1 / exponents
        output = np.where(powers < 709.78, output, far)
    flat = np.abs(exponents) < 1e-19
    return np.where(flat, logs, output) if flat.any() else output


def _inverse_box_cox_by_powers(x: Floats, exponent: float) -> Floats:
    """Return what `_inverse_box_cox` does by the formula of 1.5 and before."""
    return np.exp(x) if exponent == 0 else np.power(x * exponent + 1, 1 / exponent)


def _inverse_box_cox(x: Floats, exponent: float) -> Floats:
    if exponent == 0:
        return np.exp(x)
    powers = exponent * x
    far = (np.log(np.sign(exponent) * (x + 1 / exponent)) + np.log(abs(exponent))) / exponent
    return np.exp(np.where(powers < LARGEST, np.log1p(powers) / exponent, far))

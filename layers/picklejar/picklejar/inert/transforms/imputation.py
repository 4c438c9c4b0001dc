"""Missing values: sklearn/impute/_base.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.estimator import Matrix, as_floats, refuse_cells
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Precision, Storage

if TYPE_CHECKING:
    from numpy.typing import NDArray

type Mask = NDArray[np.bool_]


class Placeholder:
    """The value that means missing: NaN, None, a number or a text; `_get_mask`."""

    def __init__(self, state: EstimatorState) -> None:
        self._value: Any = state.value("missing_values")
        self.is_of_old = state.has("axis")  # of the Imputer until 0.21
        if self.is_of_old and state.value("axis") != 0:
            raise state.unsupported("axis=1, which fills by the numbers of a row,")
        if self.is_of_old and self._value == "NaN":
            self._value = math.nan
        if self._value is not None and type(self._value) not in (int, float, str):
            raise state.unsupported("missing_values of another kind than NaN, None, numbers and text")
        self.is_nan = _is_missing(self._value)
        self.is_number = type(self._value) in (int, float)
        if self.is_number:
            self._value = float(self._value)
        self.is_zero = self.is_number and self._value == 0

    def mask(self, X: Matrix) -> Mask:
        output: Mask
        if X.dtype != object and not self.is_number:
            output = np.zeros(X.shape, dtype=bool)
        elif self.is_nan:
            output = np.isnan(X) if X.dtype != object else X != X
        else:
            output = np.equal(X, self._value)
        return output


class Imputer(InertTransformer):
    """statistics_ (n_features_in_,) in place of missing values: `SimpleImputer.transform`.

    A feature without any value at the fit is left out, unless keep_empty_features; add_indicator adds columns that say
    where a value was missing.
    """

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._placeholder = Placeholder(state)
        # Most numbers of a sparse X would be missing.
        self.takes_sparse = not self._placeholder.is_zero
        self.takes_text = _takes_text(state)
        # Until 0.21 NaN was let through.
        self.takes_missing = self._placeholder.is_nan or self._placeholder.is_of_old
        if not self.takes_text and not self._placeholder.is_number:
            raise state.damaged("takes something other than a number for a missing one")
        statistics = state.labels("statistics_", self.n_features_in_)
        if state.value("strategy") == "constant":
            fill = state.value("fill_value", None)
            default = "missing_value" if self.takes_text else 0
            if not _is_filled(statistics, default if fill is None else fill):
                raise state.changed()
        if not self.takes_text:
            statistics = _numbers(state, statistics)
            if state.has("_fill_dtype") and state.type_name("_fill_dtype") == "f4":
                # Fitted on float32, it fills with float32.
                statistics = statistics.astype(np.float32).astype(np.float64)
        dropped = _is_nan(statistics)
        if state.flag("keep_empty_features", False):
            dropped[:] = False
        elif _is_missing(state.value("fill_value", None)):
            # Releases do not agree on whether a feature that is always filled with nothing is left out.
            raise state.unsupported("fill_value=nan")
        self._kept = None if not dropped.any() else np.flatnonzero(~dropped)
        self._statistics = statistics if self._kept is None else statistics[self._kept]
        self._indicated = np.empty(0, dtype=np.int64)
        if state.flag("add_indicator"):
            indicator = state.estimator("indicator_")
            if not isinstance(indicator, Indicator) or indicator.n_features_in_ != self.n_features_in_:
                raise state.damaged("has an indicator of something else")
            self._indicated = np.arange(self.n_features_in_) if indicator.indicates_all else indicator.features
        self.n_features_out = len(self._statistics) + len(self._indicated)
        self.precision = state.precision
        self.answers = Storage.SPARSE_WITH_ZEROS if state.given and (self._statistics == 0).any() else state.given

    def transform(self, X: Matrix) -> Matrix:
        if self.takes_text and X.dtype != object:
            X = X.astype(object)
        missing = self._placeholder.mask(X)
        kept, where = (X, missing) if self._kept is None else (X[:, self._kept], missing[:, self._kept])
        output = np.where(where, self._statistics, kept)
        return np.concatenate([output, missing[:, self._indicated]], axis=1) if len(self._indicated) else output

    def source(self, column: int) -> int:
        if column >= len(self._statistics):
            return int(self._indicated[column - len(self._statistics)])
        return column if self._kept is None else int(self._kept[column])


class Indicator(InertTransformer):
    """Where a value is missing, for the columns features_: `MissingIndicator.transform`."""

    takes_text = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._placeholder = Placeholder(state)
        self.takes_sparse = not self._placeholder.is_zero
        self.answers, self.precision = _storage(state), Precision.EXACT
        self.takes_missing = self._placeholder.is_nan
        self.features = state.integers("features_", (None,))
        n = self.n_features_in_
        if len(self.features) > n or ((self.features < 0) | (self.features >= n)).any():
            raise state.damaged("indicates features that X does not have")
        # No array is made of all features: how many there are is a number of the file's, and may be a lie.
        self.indicates_all = state.choice("features", "missing-only", "all") == "all"
        if state.before("0.21") and not self.indicates_all and not len(self.features):
            raise state.unsupported("no feature that was missing, of which 0.20 made all,")
        self._refuses_new = not self.indicates_all and state.flag("error_on_new")
        self.n_features_out = n if self.indicates_all else len(self.features)

    def transform(self, X: Matrix) -> Mask:
        """Return where values are missing, of shape (rows, n_features_out).

        Raises RowsRefused for a feature that was never missing at the fit.
        """
        missing = self._placeholder.mask(X)
        if self._refuses_new:
            new = missing.copy()
            new[:, self.features] = False
            refuse_cells(new, "required", "must not be missing, as it never was in training")
        return missing if self.indicates_all else missing[:, self.features]

    def source(self, column: int) -> int:
        return column if self.indicates_all else int(self.features[column])


def _takes_text(state: EstimatorState) -> bool:
    if state.before("1.1") and not state.has("_fit_dtype"):
        return state.array_of(state.value("statistics_")).dtype == object
    return state.type_name("_fit_dtype") in ("O", "O8")


def _storage(state: EstimatorState) -> Storage:
    if state.choice("sparse", "auto", True, False) == "auto":
        return min(state.given, Storage.SPARSE)
    return Storage.SPARSE if state.flag("sparse") else Storage.DENSE


def _numbers(state: EstimatorState, statistics: NDArray[Any]) -> Floats:
    if any(value is None or type(value) is str for value in statistics.tolist()):
        raise state.damaged("has text to stand for a missing number")
    return as_floats(statistics)


def _is_filled(statistics: NDArray[Any], fill: Any) -> bool:
    """Return whether each of the statistics is the constant `fill`, or NaN."""
    if statistics.dtype != object and type(fill) is str:
        return False
    return bool((_is_nan(statistics) | (statistics == np.full_like(statistics, fill))).all())


def _is_nan(values: NDArray[Any]) -> Mask:
    return np.array([_is_missing(value) for value in values.tolist()])


def _is_missing(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)

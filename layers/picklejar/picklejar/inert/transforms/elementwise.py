"""Columns by a function of numpy: `FunctionTransformer` of sklearn/preprocessing/_function_transformer.py."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import Matrix, as_floats
from picklejar.inert.base.transformer import OneToOne, numbers_of
from picklejar.inert.reading.allowlist import FUNCTIONS
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Precision, Storage

Function = Callable[[Floats], Floats]
# The functions on the list by which scipy computes with what a sparse matrix stores; to the others it is an object that
# they do not know. That of `square` depends on whether it is a matrix, which multiplies by itself, or an array.
OF_SPARSE = frozenset(
    """
    absolute arcsinh arctan arctanh deg2rad expm1 log1p negative rad2deg rint sin sinh sqrt tan tanh
    """.split()
)
# These leap at whole numbers.
LEAPING = (np.ceil, np.floor, np.rint, np.sign, np.trunc)


class Elementwise(OneToOne):
    """func(X), where the file names one of numpy's functions of single numbers; or X itself."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._function, self._inverse = _function(state, "func"), _function(state, "inverse_func")
        if self._function in LEAPING:
            state.refuse_precision(Precision.COMPUTED, Precision.SCALED, Precision.ROUNDED)
        for name in ("kw_args", "inv_kw_args"):
            if state.has(name) and state.mapping(name):
                raise state.unsupported(name)
        # Not said until 0.21, it was done.
        self._validates = state.flag("validate") if state.has("validate") else state.before("0.22")
        if self._validates:
            self.takes_sparse = state.value("accept_sparse", False) is not False
        if state.given and self._function is not None and self._function.__name__ not in OF_SPARSE:
            raise state.unsupported("a function that scipy's sparse matrices do not have")
        # What is rounded to 0 stays stored.
        self.precision = state.precision.scaled()
        self.answers = Storage.SPARSE_WITH_ZEROS if state.given and self._function is np.rint else state.given
        self.takes_text = self._function is None and not self._validates

    @property
    def is_identity(self) -> bool:
        return self._function is None and self._inverse is None

    def transform(self, X: Matrix) -> Matrix:
        return numbers_of(X) if self._function is None else _applied(self._function, X)

    def inverse_transform(self, X: Floats) -> Floats:
        return X if self._inverse is None else _applied(self._inverse, X)

    def checked(self, given: Any) -> Matrix:
        X = self.shaped(given)
        if X.dtype == bool:  # of MissingIndicator, and computed with as such
            return X
        if self._validates:
            return super().checked(X)
        return X if self.takes_text or X.dtype in (np.float64, object) else as_floats(X)


def _function(state: EstimatorState, name: str) -> Function | None:
    if not state.has(name):
        return None
    full_name = state.global_name(name)
    if full_name not in FUNCTIONS:
        raise state.unsupported(f"{name} that is not a function of numpy on the list")
    function: Function = getattr(np, full_name.removeprefix("numpy."))
    return function


def _applied(function: Function, X: Matrix) -> Floats:
    with np.errstate(all="ignore"):
        if X.dtype == bool:
            return _of_truth(function, X, np.arange(len(X)), 0)
        if X.dtype != object:
            return function(X)
        output = function(as_floats(X))
        values = X.ravel().tolist()
        if {*map(type, values)} <= {float, int, NoneType}:
            return output
        # Texts, which scikit-learn does not convert here, are refused like what numpy does not compute.
        for place in [place for place, value in enumerate(values) if isinstance(value, bool | str)]:
            row, column = divmod(place, X.shape[1])
            output[row, column] = _of_truth(function, values[place], row, column)
        return output


def _of_truth(function: Function, values: Any, rows: Any, column: int) -> Floats:
    """Return what numpy computes of truth values: in half precision, or not at all."""
    try:
        return np.asarray(function(values), dtype=np.float64)
    except TypeError:
        raise RowsRefused(np.ravel(rows).tolist(), int(column), "type", "must be a number") from None

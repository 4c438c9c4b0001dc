"""Counts of terms to weights: TfidfTransformer of sklearn/feature_extraction/text.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from picklejar.inert.base.sparse_rows import SparseRows
from picklejar.inert.base.transformer import OneToOne
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Precision, Storage

DIAGONALS = (
    "scipy.sparse._csr.csr_matrix",
    "scipy.sparse._csr.csr_array",
    "scipy.sparse.csr.csr_matrix",
    "scipy.sparse._dia.dia_matrix",
    "scipy.sparse._dia.dia_array",
    "scipy.sparse.dia.dia_matrix",
)


class TfidfTransformer(OneToOne):
    """Counts times idf_ (n_features_in_,), each row divided by its norm: `TfidfTransformer.transform`."""

    reads_sparse = True
    answers = Storage.SPARSE

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._norm = state.choice("norm", "l1", "l2", "max", None)
        self._sublinear = state.flag("sublinear_tf")
        self._idf = _idf(state, self.n_features_in_)
        # Until 1.4 a product of two sparse matrices, of which each row's last column comes first.
        self._is_turned = self._idf is not None and state.before("1.5")
        # In float32 each number is rounded again; the logarithm is NumPy's own, which differs between computers.
        is_single = state.precision >= Precision.SINGLE or state.in_float32
        self.precision = Precision.ROUNDED if is_single else state.precision.computed(exactly=not self._sublinear)

    def transform(self, X: Any) -> SparseRows:
        rows = X if isinstance(X, SparseRows) else SparseRows.of_dense(X)
        if self._sublinear:
            with np.errstate(all="ignore"):
                rows = rows.with_data(np.log(rows.data) + 1.0)
        if self._idf is not None:
            rows = (rows.in_order(turned=True) if self._is_turned else rows) * self._idf
        if self._norm is None:
            return rows
        rows.check_finite()
        return rows.normalized(self._norm)


def _idf(state: EstimatorState, width: int) -> Floats | None:
    if not state.before("1.5"):
        if state.flag("use_idf") and not state.has("idf_"):
            raise state.changed()
        return state.floats("idf_", (width,)) if state.has("idf_") else None
    if not state.flag("use_idf"):
        return None
    return _diagonal(state, width)


def _diagonal(state: EstimatorState, width: int) -> Floats:
    """Return the diagonal of a sparse matrix with nothing beside it."""
    matrix = state.part("_idf_diag", *DIAGONALS)
    if ".dia_" in matrix.class_name:
        offsets, values = matrix.integers("offsets", (1,)), matrix.floats("data", (1, width)).reshape(width)
        is_diagonal = not offsets.any()
    else:
        indices, indptr = matrix.integers("indices", (width,)), matrix.integers("indptr", (width + 1,))
        values = matrix.floats("data", (width,))
        everything = np.arange(width + 1)
        is_diagonal = np.array_equal(indices, everything[:-1]) and np.array_equal(indptr, everything)
    if not is_diagonal:
        raise state.damaged("has weights beside the diagonal")
    state.in_float32 |= matrix.in_float32
    return values

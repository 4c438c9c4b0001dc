"""Rows of which only some numbers are stored, as scipy.sparse.csr_matrix does: a text has few of 100,000 words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import NotDense
from picklejar.inert.reading.arrays import SPARSE
from picklejar.inert.reading.state import Floats, Integers, State


class SparseRows(NotDense):
    """A matrix of shape (rows, columns), for estimators with `reads_sparse`; all others are given `dense()`.

    Row i has the numbers `data[starts[i]:starts[i + 1]]` in `columns[starts[i]:starts[i + 1]]`, each column once, and 0
    in all others. Sums are added one after the other in that order, as SciPy does.
    """

    ndim = 2
    dtype = np.dtype(np.float64)

    def __init__(self, data: Floats, columns: Integers, starts: Integers, width: int) -> None:
        self.data, self.columns, self.starts = data, columns, starts
        self.shape = len(starts) - 1, width

    @classmethod
    def of_counts(cls, rows: Sequence[Mapping[int, float]], width: int) -> SparseRows:
        """Return rows given as mappings from columns to numbers, in the order of columns."""
        starts = np.cumsum([0, *map(len, rows)])
        columns = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=starts[-1])
        data = np.fromiter(chain.from_iterable(row.values() for row in rows), dtype=np.float64, count=starts[-1])
        return cls(data, columns, starts, width).in_order()

    @classmethod
    def of_dense(cls, X: Floats) -> SparseRows:
        """Return what is not 0 of an array."""
        rows, columns = np.nonzero(X)
        return cls(X[rows, columns], columns, np.searchsorted(rows, np.arange(len(X) + 1)), X.shape[1])

    @classmethod
    def of_state(cls, state: State, name: str, width: int) -> SparseRows:
        """Return the matrix of an attribute, which SciPy stores by rows; raises DamagedPickle."""
        matrix = state.part(name, *sorted(SPARSE))
        data, starts = matrix.floats("data", (None,)), matrix.integers("indptr", (None,))
        columns = matrix.integers("indices", (len(data),))
        is_whole = len(starts) and starts[0] == 0 and starts[-1] == len(data) and (np.diff(starts) >= 0).all()
        if not is_whole or (len(columns) and not 0 <= columns.min() <= columns.max() < width):
            raise state.damaged(f"has no sparse matrix of {width:,} columns in {name}")
        rows = cls(data, columns, starts, width).in_order()
        if (np.diff(rows.columns)[np.diff(rows.rows()) == 0] == 0).any():
            raise state.damaged(f"stores a number twice in {name}")
        return rows

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: tuple[slice, Integers]) -> SparseRows:
        """Return some columns, as `X[:, columns]`, which are in ascending order."""
        wanted = key[1]
        if not len(wanted):
            return SparseRows(self.data[:0], self.columns[:0], np.zeros_like(self.starts), 0)
        places = np.minimum(np.searchsorted(wanted, self.columns), len(wanted) - 1)
        kept = wanted[places] == self.columns
        starts = np.concatenate([[0], np.cumsum(kept)])[self.starts]
        return SparseRows(self.data[kept], places[kept], starts, len(wanted))

    def __matmul__(self, weights: Floats) -> Floats:
        """Return sums of shape (rows,) or (rows, outputs), for weights (columns,) or (columns, outputs)."""
        if weights.ndim == 1:
            return self._summed(self.data * weights[self.columns])
        output = np.empty((len(self), weights.shape[1]))
        for at in range(weights.shape[1]):
            output[:, at] = self._summed(self.data * weights[self.columns, at])
        return output

    def __mul__(self, factors: Floats) -> SparseRows:
        """Return each column times its factor, of shape (columns,)."""
        return self.with_data(self.data * factors[self.columns])

    def __gt__(self, threshold: float) -> SparseRows:
        """Return 1 where a number is above a threshold that is not below 0."""
        return self.with_data((self.data > threshold).astype(np.float64))

    def __abs__(self) -> SparseRows:
        return self.with_data(np.abs(self.data))

    def with_data(self, data: Floats) -> SparseRows:
        """Return other numbers, (stored,), in the same places."""
        return SparseRows(data, self.columns, self.starts, self.shape[1])

    def normalized(self, norm: str) -> SparseRows:
        """Return each row divided by its norm, if that is not 0: 'l1', 'l2' or 'max'; `normalize`."""
        if norm == "l2":
            norms = np.sqrt(self._summed(self.data * self.data))
        elif norm == "l1":
            norms = self._summed(np.abs(self.data))
        else:
            norms = np.zeros(len(self))
            np.maximum.at(norms, self.rows(), np.abs(self.data))
        norms[norms == 0] = 1.0
        return self.with_data(self.data / norms[self.rows()])

    def in_order(self, *, turned: bool = False) -> SparseRows:
        """Return each row in the order of its columns, or with the last first if `turned`."""
        order = np.lexsort((-self.columns if turned else self.columns, self.rows()))
        return SparseRows(self.data[order], self.columns[order], self.starts, self.shape[1])

    def rows(self) -> Integers:
        """Return the row of each number that is stored."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def dense(self) -> Floats:
        X = np.zeros(self.shape)
        X[self.rows(), self.columns] = self.data
        return X

    def largest(self, weights: Floats | float = 1.0) -> float:
        factors = weights[self.columns] if isinstance(weights, np.ndarray) else weights
        return float((np.abs(self.data) * factors).max(initial=0))

    def check_finite(self) -> None:
        if not np.isfinite(self.data).all():
            refused = np.unique(self.rows()[~np.isfinite(self.data)]).tolist()
            raise RowsRefused(refused, None, "finite", "The model makes no finite numbers of these values.")

    def _summed(self, terms: Floats) -> Floats:
        return np.bincount(self.rows(), terms, len(self))


def side_by_side(parts: Sequence[Any]) -> SparseRows:
    """Return matrices beside one another, of which at least one is sparse: `scipy.sparse.hstack`."""
    rows = [part if isinstance(part, SparseRows) else SparseRows.of_dense(part.astype(np.float64)) for part in parts]
    widths = np.cumsum([0, *(part.shape[1] for part in rows)])
    order = np.argsort(np.concatenate([part.rows() for part in rows]), kind="stable")
    return SparseRows(
        np.concatenate([part.data for part in rows])[order],
        np.concatenate([part.columns + first for part, first in zip(rows, widths[:-1].tolist(), strict=True)])[order],
        np.sum([part.starts for part in rows], axis=0),
        int(widths[-1]),
    )

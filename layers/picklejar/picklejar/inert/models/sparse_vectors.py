"""Support vectors of a fit on sparse rows, and their products and distances: the sparse half of libsvm."""

from __future__ import annotations

import numpy as np

from picklejar.inert.base.sparse_rows import SparseRows
from picklejar.inert.reading.state import EstimatorState, Floats


class SparseVectors:
    """Vectors of which zeros are not stored; sums are added in the order of columns, as `Kernel::dot` does."""

    def __init__(self, state: EstimatorState, width: int) -> None:
        self._rows = SparseRows.of_state(state, "support_vectors_", width)
        self.size = len(self._rows.data)
        self.longest = float(np.sqrt(self._summed(np.square(self._rows.data)).max(initial=0)))

    def __len__(self) -> int:
        return len(self._rows)

    def products(self, X: Floats) -> Floats:
        """Return products of shape (rows, vectors), to the last digit as libsvm has them."""
        return np.stack([self._rows @ x for x in X]) if len(X) else np.empty((0, len(self)))

    def distances(self, X: Floats) -> Floats:
        """Return squared distances of shape (rows, vectors)."""
        output = np.empty((len(X), len(self)))
        for at, x in enumerate(X):
            there = x[self._rows.columns]
            # What only the row has is all of it but for what both have.
            others = np.square(x).sum() - self._summed(np.square(there))
            output[at] = self._summed(np.square(self._rows.data - there)) + np.maximum(others, 0)
        return output

    def distances_of(self, x: Floats) -> list[float]:
        """Return the squared distances of one row to the last digit: by column, what one or both have."""
        own = np.flatnonzero(x)
        result = []
        for first, end in zip(self._rows.starts[:-1], self._rows.starts[1:], strict=True):
            columns = self._rows.columns[first:end]
            differences = -x
            differences[columns] += self._rows.data[first:end]
            either = np.union1d(own, columns)
            result.append(float(np.cumsum(np.square(differences[either]))[-1]) if len(either) else 0.0)
        return result

    def _summed(self, terms: Floats) -> Floats:
        return np.bincount(self._rows.rows(), terms, len(self._rows))


def coefficients(state: EstimatorState, name: str, rows: int, vectors: int) -> Floats:
    """Return coefficients of shape (rows, vectors), which a fit on sparse rows stores in a sparse matrix."""
    matrix = SparseRows.of_state(state, name, vectors)
    if matrix.shape != (rows, vectors):
        raise state.damaged(f"has coefficients of other vectors in {name}")
    state.charge(8 * rows * vectors)
    return matrix.dense()

"""Support vectors and their kernel, summed as libsvm does: svm_predict_values of libsvm."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.base.special import EPSILON, LEAST_FLOAT
from picklejar.inert.base.work import spend
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Differences or kernel values held at once; sized to the CPU cache.
MOST_VALUES = 65_536
# A sum this small beside its terms may have either sign, by the last digits of the kernel and the order of additions.
CLOSE_TO_ZERO = 1e-14
# Beyond it, the exponential of its negative is 0.
VANISHING_EXPONENT = 745.2
# To compute one value of the kernel by itself takes as long as so many numbers.
NUMBERS_OF_A_CALL = 400


class KernelMachine(InertEstimator):
    """Support vectors, their coefficients and a kernel: `BaseLibSVM`."""

    # libsvm adds terms one by one, which are larger than their sum.
    tolerance = 1e-9
    # Whether the sign of a sum decides a label.
    _decides = True
    # Coefficients of the vectors, of shape (any, vectors), and the constant of each decision value.
    _coef: Floats
    _intercept: Floats

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        # Fitted on a sparse X, it takes any; fitted on another, it takes no sparse one.
        self.takes_sparse = state.flag("_sparse")
        self._sparse: Any = None
        if self.takes_sparse:
            from picklejar.inert.models.sparse_vectors import SparseVectors  # few are fitted so

            self._sparse = SparseVectors(state, self.n_features_in_)
        self._vectors: Any = self._sparse or state.floats("support_vectors_", (None, self.n_features_in_))
        self._kernel = state.choice("kernel", "linear", "rbf", "poly", "sigmoid")
        # Before 1.5 libsvm added up in other ways, and with other releases of BLAS.
        self._refuses_close = self._decides and state.before("1.5")
        self._gamma = state.number("_gamma")
        self._constant = state.number("coef0")
        self._degree = state.integer("degree", at_least=0, at_most=1000) if self._kernel == "poly" else 0
        if self._sparse:
            self._longest = self._sparse.longest
        else:
            norms = np.einsum("ij,ij->i", self._vectors, self._vectors)
            self._longest = float(np.sqrt(norms.max(initial=0)))
        values_of_a_row = self._vectors.size if self._kernel == "rbf" else len(self._vectors)
        self._numbers_of_a_row = len(self._vectors) * (self.n_features_in_ + 4)
        self._rows_at_once = max(1, MOST_VALUES // max(1, values_of_a_row))

    def largest_term(self, X: Floats) -> float:
        """Return the largest of the terms that a decision value of X is the sum of, without its sign."""
        with np.errstate(all="ignore"):
            values = [np.abs(self._values(X[start:end])).max(axis=0, initial=0) for start, end in self._parts(X)]
            largest = np.max(values, axis=0) * np.abs(self._coef).max(axis=0)
        return float(max(largest.max(initial=0), np.abs(self._intercept).max(initial=0)))

    def _parts(self, X: Floats) -> list[tuple[int, int]]:
        starts = range(0, max(1, len(X)), self._rows_at_once)
        return [(start, start + self._rows_at_once) for start in starts]

    def _values(self, X: Floats) -> Floats:
        """Return the kernel of rows and support vectors, of shape (rows, vectors): `Kernel::k_function` of libsvm.

        Like libsvm, it subtracts before it squares: products would lose what is small beside them.
        """
        if self._kernel == "rbf":
            d = self._distances(X)
            d *= -self._gamma
            return np.exp(d, out=d)
        y: Floats = self._sparse.products(X) if self._sparse else X @ self._vectors.T
        if self._kernel == "linear":
            return y
        y *= self._gamma
        y += self._constant
        return np.tanh(y, out=y) if self._kernel == "sigmoid" else _power(y, self._degree)

    def _distances(self, X: Floats) -> Floats:
        if self._sparse:
            squares: Floats = self._sparse.distances(X)
            return squares
        difference = X[:, None, :] - self._vectors
        d: Floats = np.einsum("ijk,ijk->ij", difference, difference)
        return d

    def _sums(self, X: Floats) -> Floats:
        spend(len(X) * self._numbers_of_a_row)
        with np.errstate(all="ignore"):
            sums = [self._sums_part(X[start:end], start) for start, end in self._parts(X)]
        return sums[0] if len(sums) == 1 else np.concatenate(sums)

    def _sums_part(self, X: Floats, start: int) -> Floats:
        values = self._values(X)
        sums, close = self._sum(values, self._rounding(X, values))
        if close.any():
            if self._refuses_close:
                rows = (start + np.flatnonzero(close)).tolist()
                raise RowsRefused(rows, None, "tie", "Two labels score alike, and only rounding tells them apart.")
            spend(int(np.count_nonzero(close)) * len(self._vectors) * (self.n_features_in_ + NUMBERS_OF_A_CALL))
            values = np.array([self._exact_values(x) for x in X[close]])
            sums[close] = self._sum(values)[0]
        return sums

    def _rounding(self, X: Floats, values: Floats) -> Floats:
        """Return by how much the kernel of each row may be wrong, (rows,), beside the last digits of its `values`.

        What is summed over the features has rounding of its own: an exponential or power makes it larger, and a product
        may be small beside what it is the sum of.
        """
        largest: Floats = np.abs(values).max(axis=1, initial=0)
        rounding = EPSILON * (self.n_features_in_ + 4)
        if self._kernel == "rbf":
            # Relative, it grows with the exponent, beyond the largest of which a value is 0.
            relative = rounding * VANISHING_EXPONENT
            if self._sparse:
                # Where what both have is taken from all that the row has, as much of that may be lost.
                lost: Floats = np.einsum("ij,ij->i", X, X) + self._longest**2
                return (relative + rounding * abs(self._gamma) * lost) * largest + LEAST_FLOAT
            return relative * largest + LEAST_FLOAT
        products: Floats = rounding * np.sqrt(np.einsum("ij,ij->i", X, X)) * self._longest
        if self._kernel == "linear":
            return products
        bases: Floats = abs(self._gamma) * products + rounding * abs(self._constant)
        if self._kernel == "sigmoid":
            return bases
        if not self._degree:
            return np.zeros(len(X))
        powers: Floats = self._degree * bases * (largest ** (1 / self._degree) + bases) ** (self._degree - 1)
        return powers

    def _exact_values(self, x: Floats) -> list[float]:
        """Return the kernel of one row as libsvm has it to the last digit: by C's functions and BLAS's `dot`."""
        if self._kernel == "rbf":
            squares = self._sparse.distances_of(x) if self._sparse else [float(d.dot(d)) for d in x - self._vectors]
            return [_exp(-self._gamma * square) for square in squares]
        products: list[float]
        if self._sparse:
            products = self._sparse.products(x[None])[0].tolist()
        else:
            products = [float(x.dot(vector)) for vector in self._vectors]
        if self._kernel == "linear":
            return products
        bases = [self._gamma * product + self._constant for product in products]
        if self._kernel == "sigmoid":
            return [math.tanh(base) for base in bases]
        powers: list[float] = _power(np.array(bases), self._degree).tolist()
        return powers

    def _coefficients(self, state: EstimatorState, name: str, rows: int) -> Floats:
        """Return coefficients of the vectors, of shape (rows, vectors)."""
        if not self._sparse:
            return state.floats(name, (rows, len(self._vectors)))
        from picklejar.inert.models.sparse_vectors import coefficients

        return coefficients(state, name, rows, len(self._vectors))

    @abstractmethod
    def _sum(self, values: Floats, rounding: Floats | None = None) -> tuple[Floats, NDArray[np.bool]]:
        """Return decision values of values of the kernel, and which rows have one close to 0.

        `rounding` is by how much the values of each row may be wrong. Without it they are exact, and terms are added
        one by one as libsvm adds them.
        """


def _power(base: Floats, times: int) -> Floats:
    """Return base to the power of times by products, several times faster than any power: `powi` of libsvm."""
    power = np.ones_like(base)
    while times:
        if times % 2:
            power *= base
        times //= 2
        base = base * base
    return power


def _exp(exponent: float) -> float:
    try:
        return math.exp(exponent)
    except OverflowError:
        return math.inf


def added(
    values: Floats, coefficients: Floats, intercept: float, rounding: Floats | None
) -> tuple[Floats, NDArray[np.bool]]:
    """Return the sums of (rows, values) times their coefficients, and which may have either sign by their rounding."""
    terms = values * coefficients
    if rounding is None and terms.shape[1]:
        return terms.cumsum(axis=1)[:, -1] + intercept, np.zeros(len(terms), dtype=bool)
    sums: Floats = terms.sum(axis=1) + intercept
    close = CLOSE_TO_ZERO * (np.abs(terms).sum(axis=1) + abs(intercept))
    if rounding is not None:
        close += rounding * np.abs(coefficients).sum()
    return sums, np.abs(sums) <= close

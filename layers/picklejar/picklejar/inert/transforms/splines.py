"""B-splines of each column: `SplineTransformer` of sklearn/preprocessing/_polynomial.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import refuse_cells
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import EstimatorState, Floats, Integers, State
from picklejar.inert.reading.storage import Storage

HIGHEST_DEGREE = 100
FILLED = "must not be missing, as scikit-learn fills it by the other rows that it is asked with"
# Numbers of X that are answered at once, so that what lies between stays in the processor's cache.
MOST_NUMBERS = 2**13
# Beyond so many knots a search is faster than a comparison with each.
MOST_COMPARED = 64


class Splines(InertTransformer):
    """The basis splines (knots - degree - 1) of each column; those of a missing value are 0."""

    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.takes_missing = state.choice("handle_missing", "error", "zeros", default="error") == "zeros"
        self._extrapolation = state.choice("extrapolation", "error", "constant", "linear", "continue", "periodic")
        self.precision = state.precision.computed(exactly=self._extrapolation != "linear")
        self._degree = state.integer("degree", at_least=0, at_most=HIGHEST_DEGREE)
        if self._degree == 0 and self._extrapolation in ("constant", "linear"):
            raise state.unsupported(f"degree=0 and extrapolation={self._extrapolation!r}")
        is_sparse = state.flag("sparse_output")
        if is_sparse and self._degree == 0 and self._extrapolation == "periodic":
            raise state.unsupported("degree=0, of which scikit-learn makes no sparse periods,")
        # Of a sparse answer scikit-learn means to make such values 0, and does so in the first column alone.
        self._fills_missing = is_sparse and self._extrapolation in ("continue", "error", "periodic")
        n, k = self.n_features_in_, self._degree
        # The shapes of coefficients that are known to be an identity; all columns share one.
        bases: dict[Any, tuple[int, int]] = {}
        knots = [self._knots_of(state, record, bases) for record in state.sequence("bsplines_", n)]
        if len({len(item) for item in knots}) != 1:
            raise state.damaged("has splines of different numbers")
        self._knots = np.array(knots)  # of each column, a row
        gaps = np.diff(self._knots)
        if is_sparse and (gaps[gaps > 0] < np.finfo(np.float64).tiny).any():
            raise state.unsupported("knots so near that what is divided by their distance is not finite,")
        self._all = len(knots[0]) - k - 1
        self._count = self._all - (k if self._extrapolation == "periodic" else 0)
        # scikit-learn adds 1 to a degree of 1 after the first column that it extends linearly.
        edges = np.full(n, k)
        if self._extrapolation == "linear" and k == 1:
            edges[1:] = 2
        columns = np.arange(n)
        self._lowest, self._highest = self._knots[columns, edges], self._knots[columns, -edges - 1]
        if state.before("1.8") and self._extrapolation == "periodic" and not (self._lowest < self._highest).all():
            raise state.unsupported("a period of 0, of which releases before 1.8 made NaN,")
        self._extended = self._extension() if self._extrapolation == "linear" else None
        # The last spline of each column follows from the others.
        self._kept = self._count - (not state.flag("include_bias"))
        self.n_features_out = n * self._kept
        # At a knot a spline is 0, and stored.
        self.answers = Storage.SPARSE_WITH_ZEROS if is_sparse else Storage.DENSE
        if state.integer("n_features_out_", at_least=0, at_most=2**62) != self.n_features_out:
            raise state.changed()

    def transform(self, X: Floats) -> Floats:
        if self._fills_missing:
            refuse_cells(np.isnan(X[:, 1:]), "required", FILLED, first_column=1)
        output = np.zeros((len(X), self.n_features_in_, self._count))
        step = max(1, MOST_NUMBERS // self.n_features_in_)
        for at in range(0, len(X), step):
            self._fill(output[at : at + step], X[at : at + step], at)
        return output[:, :, : self._kept].reshape(len(X), self.n_features_out)

    def source(self, column: int) -> int:
        return column // self._kept

    def _fill(self, made: Floats, X: Floats, row: int) -> None:
        below, above = self._lowest > X, self._highest < X
        outside = below | above
        inside = X
        if self._extrapolation == "periodic":
            period = self._highest - self._lowest
            turned = self._lowest + (X - self._lowest) % np.where(period > 0, period, 1)
            inside = np.where(period > 0, turned, 0.0)
        elif self._extrapolation == "error" and outside.any():
            column = int(np.flatnonzero(outside.any(axis=0))[0])
            rows = (row + np.flatnonzero(outside[:, column])).tolist()
            bounds = f"from {self._lowest[column]:.16g} to {self._highest[column]:.16g}"
            raise RowsRefused(rows, column, "maximum", f"must be {bounds}")
        elif self._extrapolation in ("constant", "linear"):
            inside = np.clip(X, self._lowest, self._highest)
        self._basis(made, inside)
        if self._extrapolation == "constant":
            # At an end one spline fewer is not 0, whatever the knots there make of it.
            made[below, self._degree :] = made[above, : -self._degree] = 0.0
        if self._extended is not None and outside.any():
            ends, slopes = self._extended
            for end, beyond, bounds in ((0, below, self._lowest), (1, above, self._highest)):
                rows, columns = np.nonzero(beyond)
                distance = X[rows, columns] - bounds[columns]
                made[rows, columns] = ends[end, columns] + distance[:, None] * slopes[end, columns]
        missing = np.isnan(X)
        if missing.any():
            made[missing] = 0.0

    def _extension(self) -> tuple[Floats, Floats]:
        X = np.array([self._lowest, self._highest])
        ends, slopes = np.zeros((2, self.n_features_in_, self._count)), np.zeros((2, self.n_features_in_, self._count))
        self._basis(ends, X)
        self._basis(slopes, X, slope=True)
        # As many splines as there can be at an end are made longer.
        most = max(2, self._degree)
        for output in (ends, slopes):
            output[0, :, most:] = output[1, :, :-most] = 0.0
        return ends, slopes

    def _basis(self, made: Floats, X: Floats, *, slope: bool = False) -> None:
        k = self._degree
        places = self._intervals(X)
        flat = (places + np.arange(0, self._knots.size, self._knots.shape[1])).ravel()
        knots = self._knots.ravel()
        values = _de_boor(X.ravel(), [knots[flat + item] for item in range(1 - k, k + 1)], k, slope=slope)
        firsts = (places - k).ravel()
        starts = np.arange(0, len(firsts) * self._count, self._count)
        cells = made.reshape(-1)
        for item, value in enumerate(values):
            # The last splines of a period are its first ones.
            cells[starts + (firsts + item) % self._count] += value
        # scikit-learn adds all of them up, times 1 or 0, and 0 times what is not finite is not 0.
        for row in np.flatnonzero(~np.isfinite(np.add.reduce(values))).tolist():
            ones = np.zeros((k + 1, self._count))
            ones[np.arange(k + 1), (firsts[row] + np.arange(k + 1)) % self._count] = 1.0
            cells[starts[row] : starts[row] + self._count] = np.dot([value[row] for value in values], ones)

    def _intervals(self, X: Floats) -> Integers:
        """Return the last knot <= X that has a whole basis: `find_interval` of scipy."""
        inner = self._knots[:, self._degree + 1 : self._all]
        output = np.full(X.shape, self._degree)
        if inner.shape[1] <= MOST_COMPARED:
            for knots in inner.T:
                output += knots <= X
        else:
            for column, knots in enumerate(inner):
                output[:, column] += np.searchsorted(knots, X[:, column], side="right")
        return output

    def _knots_of(self, state: State, record: object, bases: dict[Any, tuple[int, int]]) -> Floats:
        """Return the knots of a BSpline of scipy; its coefficients must be the identity."""
        # scipy 1.18 keeps them in an object within the object, and 1.17 by other names.
        if isinstance(record, Record) and type(record.state) is tuple and record.state:
            record = record.state[0]
        spline = state.part_of(record, "scipy.interpolate._bsplines.BSpline", "scipy.interpolate._bsplines._BSpline")
        k = spline.integer("k", at_least=0, at_most=HIGHEST_DEGREE)
        beyond = self._extrapolation in ("continue", "periodic")
        if k != self._degree or bool(spline.value("extrapolate")) != beyond:
            raise state.changed()
        of_knots, of_basis = ("_t", "_c") if spline.has("_t") else ("t", "c")
        knots = spline.floats(of_knots, (None,))
        count = len(knots) - k - 1
        periodic = k if self._extrapolation == "periodic" else 0
        shape = (count, count - periodic)
        if not count > k or not np.isfinite(knots).all():
            raise state.damaged("has too few knots, or infinite ones")
        if (np.diff(knots) < 0).any():
            raise state.unsupported("knots that are not in their order")
        basis = spline.value(of_basis)
        if bases.get(basis) == shape:
            return knots
        coefficients = spline.floats(of_basis, shape, (count, count), (count, count - k))
        if coefficients.shape != shape:
            raise state.changed()
        # The shape was looked at before an identity of it is made.
        if not np.array_equal(coefficients, np.eye(shape[1])[np.arange(count) % shape[1]]):
            raise state.damaged("has splines that are no basis")
        bases[basis] = shape
        return knots


def _de_boor(x: Floats, knots: list[Floats], degree: int, *, slope: bool) -> list[Floats]:
    """Return the degree + 1 splines, or slopes, that are not 0 at each x, by its 2 * degree knots.

    `_deBoor_D` of scipy/interpolate/src/__fitpack.cc, for all x at once.
    """
    output = [np.zeros_like(x) if slope and not degree else np.ones_like(x)]
    distances = [item - x for item in knots]
    for j in range(1, degree + 1):
        last, output = output, [np.zeros_like(x)]
        for n in range(1, j + 1):
            right, left = degree - 1 + n, degree - 1 + n - j
            span = knots[right] - knots[left]
            # Between equal knots is nothing.
            share = np.divide(last[n - 1], span, out=np.zeros_like(x), where=span > 0)
            if slope and j == degree:
                share *= j
                output[n - 1] -= share
                output.append(share)
            else:
                output[n - 1] += share * distances[right]
                output.append(share * -distances[left])
    return output

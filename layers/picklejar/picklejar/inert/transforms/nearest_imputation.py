"""Missing values from the nearest rows that have them: sklearn/impute/_knn.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.special import has_exact_distances, squared_distances
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.base.work import spend
from picklejar.inert.reading.state import EstimatorState, Floats, Integers
from picklejar.inert.reading.storage import Precision
from picklejar.inert.transforms.imputation import Indicator, Mask, Placeholder

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Distances held at once; each takes several arrays.
MOST_DISTANCES = 65_536
# Products of matrices are so wrong, relative to the squared lengths of what is multiplied.
ROUNDING = 1e-15
# Squared distances whose roots are equal but for the last digits.
REACH = 1e-14
# A squared distance is known to nine digits where it is so many times its rounding.
MOST_LOST = 3e6
SENTENCE = (
    "Several training rows are equally near, and a missing value depends on which of them count as neighbors; "
    "scikit-learn's own choice depends on the processor."
)


class Distances(NamedTuple):
    """Squared distances of rows and fitted rows, NaN where they share no feature, and by how much they may be wrong."""

    squared: Floats
    rounding: Floats


class NearestImputer(InertTransformer):
    """The mean of the nearest fitted rows that have the value, by what both rows have: `KNNImputer.transform`."""

    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.SCALED, Precision.ROUNDED)
        n = self.n_features_in_
        self._placeholder = Placeholder(state)
        if not self._placeholder.is_number:
            raise state.damaged("takes something other than a number for a missing one")
        self.takes_missing = self._placeholder.is_nan
        state.choice("metric", "nan_euclidean")
        self._by_distance = state.choice("weights", "uniform", "distance") == "distance"
        self.tolerance = 1e-9 if self._by_distance else type(self).tolerance
        # Until 1.5 rows of which no distance is known were averaged with the others.
        self._counts_unknown = state.before("1.6") and not self._by_distance
        self._fitted = state.floats("_fit_X", (None, n))
        lacking = state.integers("_mask_fit_X", self._fitted.shape) != 0
        if not len(self._fitted):
            raise state.damaged("was fitted on no rows")
        self._count = min(state.integer("n_neighbors", at_least=1, at_most=2**63), len(self._fitted))
        state.charge(5 * self._fitted.nbytes)
        self._has = ~lacking
        self._known = np.where(lacking, 0.0, self._fitted)
        self._valid = self._has.any(axis=0)
        self._keeps_empty = state.flag("keep_empty_features", False)
        self._kept = np.arange(n) if self._keeps_empty else np.flatnonzero(self._valid)
        self._indicated = self._read_indicator(state)
        self.n_features_out = len(self._kept) + len(self._indicated)
        self._rows_at_once = max(1, MOST_DISTANCES // len(self._fitted))

    def _read_indicator(self, state: EstimatorState) -> Integers:
        if not state.flag("add_indicator", False):
            return np.empty(0, dtype=np.int64)
        if state.before("1.3"):
            raise state.unsupported("add_indicator=True, of which releases before 1.3 left out columns at times,")
        indicator = state.estimator("indicator_")
        if not isinstance(indicator, Indicator) or indicator.n_features_in_ != self.n_features_in_:
            raise state.damaged("has an indicator of something else")
        return np.arange(self.n_features_in_) if indicator.indicates_all else indicator.features

    def transform(self, X: Floats) -> Floats:
        """Return X without missing values, (rows, n_features_out).

        Raises RowsRefused where the choice among equally near rows decides a value.
        """
        missing = self._placeholder.mask(X)
        output = X.copy()
        rows = np.flatnonzero(missing[:, self._valid].any(axis=1))
        spend(len(rows) * self._fitted.size * 4)
        refused: set[int] = set()
        for start in range(0, len(rows), self._rows_at_once):
            refused.update(self._fill(output, missing, rows[start : start + self._rows_at_once]))
        if refused:
            raise RowsRefused(sorted(refused), None, "tie", SENTENCE)
        output[:, ~self._valid] = 0
        return np.concatenate([output[:, self._kept], missing[:, self._indicated]], axis=1)

    def source(self, column: int) -> int | None:
        if column >= len(self._kept):
            return int(self._indicated[column - len(self._kept)])
        return int(self._kept[column])

    def _fill(self, output: Floats, missing: Mask, rows: Integers) -> list[int]:
        """Fill in the values that `rows` of X lack, in place; return the rows that depend on a choice."""
        distances = self._distances(output[rows], missing[rows])
        refused: list[int] = []
        for column in np.flatnonzero(self._valid & missing[rows].any(axis=0)).tolist():
            donors = np.flatnonzero(self._has[:, column])
            takers = np.flatnonzero(missing[rows, column])
            known = self._fitted[donors, column]
            near = Distances(*(part[np.ix_(takers, donors)] for part in distances))
            values, tied = self._values(near, known)
            output[rows[takers], column] = values
            refused += rows[takers[tied]].tolist()
        return refused

    def _distances(self, X: Floats, missing: Mask) -> Distances:
        """Return distances by what both rows have, scaled to all features: `nan_euclidean_distances`."""
        x = np.where(missing, 0.0, X)
        norms = np.einsum("ij,ij->i", self._known, self._known)
        with np.errstate(all="ignore"):
            d = squared_distances(x, self._known, norms)
            d -= (x * x) @ (~self._has).T.astype(np.float64)
            d -= missing.astype(np.float64) @ (self._known * self._known).T
            np.clip(d, 0, None, out=d)
            shared = (~missing).astype(np.float64) @ self._has.T.astype(np.float64)
            d[shared == 0] = np.nan
            d = d / np.maximum(1, shared) * X.shape[1]
            lengths = 4 * ROUNDING * (np.einsum("ij,ij->i", x, x)[:, None] + norms)
            lengths[has_exact_distances(x, self._known)] = 0
            rounding = lengths / np.maximum(1, shared) * X.shape[1] + REACH * d
        return Distances(d, rounding)

    def _values(self, near: Distances, known: Floats) -> tuple[Floats, NDArray[np.bool]]:
        """Return what rows (n,) get from donors whose values are `known`, and which of them depend on a choice."""
        count, donors = min(self._count, len(known)), len(known)
        # Behind all others, as a sort puts NaN.
        ranks = np.where(np.isnan(near.squared), np.inf, near.squared)
        places = np.sort(ranks.argsort(axis=1, kind="stable")[:, :count], axis=1)
        chosen = np.take_along_axis(near.squared, places, axis=1)
        weights = self._weights(chosen)
        values = known[places]
        nothing = np.isnan(near.squared).all(axis=1)
        with np.errstate(all="ignore"):
            means = (values * weights).sum(axis=1) / weights.sum(axis=1)
        means[nothing] = known.mean()
        tied = np.zeros(len(ranks), dtype=bool)
        if count < donors:
            tied |= self._has_choice(near, ranks, known, count)
        if self._by_distance:
            lost = chosen < MOST_LOST * np.take_along_axis(self._pure(near), places, axis=1)
            tied |= lost.any(axis=1) & (values != values[:, :1]).any(axis=1)
        return means, tied & ~nothing

    @staticmethod
    def _pure(near: Distances) -> Floats:
        """Return the rounding of products of matrices alone."""
        rounding: Floats = near.rounding - REACH * near.squared
        return np.where(rounding > REACH * near.squared, rounding, 0.0)

    def _weights(self, squared: Floats) -> Floats:
        """Return the weights of chosen donors: `_get_weights` of sklearn/neighbors/_base.py."""
        if not self._by_distance:
            unknown = 1.0 if self._counts_unknown else 0.0
            return np.where(np.isnan(squared), unknown, 1.0)
        with np.errstate(divide="ignore"):
            weights = 1.0 / np.sqrt(squared)
        same = np.isinf(weights)
        rows = same.any(axis=1)
        weights[rows] = same[rows]
        return np.where(np.isnan(weights), 0.0, weights)

    def _has_choice(self, near: Distances, ranks: Floats, known: Floats, count: int) -> NDArray[np.bool]:
        """Return for which rows donors equally near have other values, and not all of them are taken."""
        bounds = np.partition(ranks, (count - 1, count), axis=1)[:, count - 1 : count + 1]
        last = bounds[:, :1]
        with np.errstate(invalid="ignore"):
            reach = np.where(np.isnan(near.rounding), 0.0, near.rounding)
            equal = (ranks == last) | (np.abs(ranks - last) <= reach)
            # One that is not taken, among those as near as the last that is.
            behind = (bounds[:, 1] == bounds[:, 0]) | (
                bounds[:, 1] - bounds[:, 0] <= np.where(equal, reach, 0).max(axis=1)
            )
        if not self._counts_unknown:
            equal &= np.isfinite(ranks)  # whichever are taken of those, they have no weight
        lowest = np.where(equal, known, np.inf).min(axis=1)
        highest = np.where(equal, known, -np.inf).max(axis=1)
        choice: NDArray[np.bool] = behind & (lowest < highest)
        return choice

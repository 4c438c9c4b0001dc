"""The nearest of the fitted rows, each distance computed: sklearn/neighbors."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.base.special import has_exact_distances, squared_distances
from picklejar.inert.base.work import NUMBERS_OF_A_STEP, spend
from picklejar.inert.models.neighbor_trees import NeighborTree, reduced_distance
from picklejar.inert.reading.state import EstimatorState, Floats, Integers
from picklejar.inert.reading.storage import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Distances held at once; sized to the CPU cache, which is eight times faster than memory.
MOST_DISTANCES = 32_768
EUCLIDEAN, MANHATTAN, CHEBYSHEV = ("euclidean", "l2"), ("manhattan", "cityblock", "l1"), ("chebyshev", "infinity")
# Distances of computed numbers are known to nine digits where they are so large beside these.
LEAST_COMPUTED = 1e-6
# Reduced distances that differ by less, relative to the larger, are equal but for rounding.
ROUNDING = 1e-13
# A reduced distance is known to nine digits where it is so many times its rounding.
MOST_LOST = 3e6


class Neighbors(NamedTuple):
    """The nearest rows of some rows, nearest first; and which of those have a choice among equally near ones.

    `distances` and `places` have the shape (rows, neighbors). `tied` lists each row that has a choice: the row, the
    places of all that are equally near, and how many of them are taken. `rounding` is by how much the squared distances
    of each row may be wrong where weights are made of them; 0 where they are exact.
    """

    distances: Floats
    places: Integers
    tied: list[tuple[int, NDArray[np.intp], int]]
    rounding: Floats

    @property
    def lost(self) -> NDArray[np.bool]:
        """Which distances are so short that products of matrices leave little but rounding of them."""
        return self.distances**2 < MOST_LOST * self.rounding[:, None]


class NearestRows(InertEstimator):
    """The fitted rows and which of them are nearest: `KNeighborsMixin.kneighbors`.

    Where the last neighbor and the next row are equally near, scikit-learn's tree decides which is taken, and its walk
    is repeated. Brute force decides by its threads, so a row whose answer depends on the choice is refused.
    """

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.SCALED, Precision.ROUNDED)
        fitted = state.floats("_fit_X", (None, self.n_features_in_))
        self._rows = len(fitted)
        if not self._rows:
            raise state.damaged("was fitted on no rows")
        self._count = self._read_count(state)
        self._by_distance = self._reads_distances(state)
        metric = state.choice("effective_metric_", *EUCLIDEAN, *MANHATTAN, *CHEBYSHEV, "minkowski")
        self._power = 2.0 if metric in EUCLIDEAN else 1.0 if metric in MANHATTAN else np.inf
        if metric == "minkowski":
            parameters = state.mapping("effective_metric_params_")
            self._power = parameters.get("p", 2)
            if not isinstance(self._power, int | float) or not self._power > 0 or parameters.get("w") is not None:
                raise state.unsupported("a weighted metric")
        method = state.choice("_fit_method", "brute", "kd_tree", "ball_tree")
        self._tree = None if method == "brute" else NeighborTree(state, fitted, self._power)
        self.takes_sparse = self._tree is None
        # Brute force has Euclidean distances from products of matrices; by the name of l2 before 1.1, or if the types
        # differ.
        by_products = method == "brute" and (
            metric == "euclidean" or (metric == "l2" and (state.before("1.1") or not state.is_double("_fit_X")))
        )
        self._norms = np.einsum("ij,ij->i", fitted, fitted) if by_products else None
        self._is_of_computed = self._by_distance and state.precision == Precision.COMPUTED
        self.tolerance = 1e-9 if self._by_distance and (by_products or self._is_of_computed) else 1e-12
        # A column in one piece each, which is how distances are added up.
        self._fitted = fitted if by_products else np.ascontiguousarray(fitted.T)
        # Each distance is a few more numbers than it has features; a power takes as long as two.
        each = 1 if self._power in (1, 2, np.inf) else 2
        self._numbers_of_a_row = self._rows * (self.n_features_in_ + 4) * each
        self._rows_at_once = max(1, MOST_DISTANCES // self._rows)

    def _read_count(self, state: EstimatorState) -> int:
        """Return how many neighbors are looked for."""
        return self._checked_count(state, "n_neighbors")

    def _checked_count(self, state: EstimatorState, name: str) -> int:
        count = state.integer(name, at_least=1, at_most=2**63)
        if count > self._rows:
            raise state.unsupported("more neighbors than fitted rows, which scikit-learn never answers,")
        return count

    def _reads_distances(self, state: EstimatorState) -> bool:
        """Return whether answers depend on how near neighbors are."""
        return bool(state.choice("weights", "uniform", "distance", None) == "distance")

    def _nearest(self, X: Floats) -> Neighbors:
        spend(len(X) * self._numbers_of_a_row)
        starts = range(0, max(1, len(X)), self._rows_at_once)
        parts = [self._nearest_part(X[start : start + self._rows_at_once], start) for start in starts]
        if len(parts) == 1:
            return parts[0]
        distances, places, tied, rounding = zip(*parts, strict=True)
        return Neighbors(np.concatenate(distances), np.concatenate(places), [*chain(*tied)], np.concatenate(rounding))

    def _nearest_part(self, X: Floats, start: int) -> Neighbors:
        ranks, k = self._ranks(X), self._count
        tied = []
        if k == self._rows:
            places = np.broadcast_to(np.arange(k), ranks.shape)
        else:
            bounds = np.partition(ranks, (k - 1, k), axis=1)[:, k - 1 : k + 1]
            inside = ranks <= bounds[:, :1]
            with np.errstate(invalid="ignore"):
                close = ~(bounds[:, 1] - bounds[:, 0] > self._rounding(X, ranks, bounds[:, 1]))
            if np.count_nonzero(inside) > k * len(ranks):
                # The first of equals, without a sort of all.
                below = ranks < bounds[:, :1]
                equal = inside & ~below
                inside = below | (equal & (equal.cumsum(axis=1) <= k - below.sum(axis=1, keepdims=True)))
            if np.count_nonzero(inside) == k * len(ranks):
                places = inside.reshape(-1).nonzero()[0].reshape(-1, k) % self._rows
            else:
                places = np.sort(ranks.argsort(axis=1, kind="stable")[:, :k], axis=1)
            for row in np.flatnonzero(close).tolist():
                if self._tree is not None:
                    places[row] = self._tree.nearest(X[row], ranks[row], k).places
                else:
                    tied.append((start + row, *self._choice(X[row : row + 1], ranks[row], bounds[row, 0])))
        near = np.take_along_axis(ranks, places, axis=1)
        order = near.argsort(axis=1, kind="stable")
        near, places = np.take_along_axis(near, order, axis=1), np.take_along_axis(places, order, axis=1)
        by_products = self._by_distance and self._norms is not None
        rounding = self._rounding(X, ranks, near[:, 0]) if by_products else np.zeros(len(X))
        return Neighbors(self._distances(near), places, tied, rounding)

    def _choice(self, x: Floats, ranks: Floats, last: float) -> tuple[NDArray[np.intp], int]:
        rounding = self._rounding(x, ranks[None], np.array([last]))[0]
        equal = np.flatnonzero(np.abs(ranks - last) <= rounding) if np.isfinite(last) else np.arange(len(ranks))
        return equal, self._count - int(np.count_nonzero(ranks < last - rounding))

    def _rounding(self, X: Floats, ranks: Floats, bounds: Floats) -> Floats:
        if self._norms is not None:
            products: Floats = 4 * ROUNDING * (np.einsum("ij,ij->i", X, X) + self._norms.max())
            return products
        # A ball's distance is a difference of larger ones.
        if self._tree is not None and self._tree.balls:
            bounds = ranks.max(axis=1)
        rounding: Floats = ROUNDING * bounds
        return rounding

    def _ranks(self, X: Floats) -> Floats:
        """Return what rises with the distances, of shape (rows, fitted rows): `DistanceMetric.rdist`."""
        if self._norms is not None:
            return squared_distances(X, self._fitted, self._norms)
        d = np.zeros((len(X), self._fitted.shape[1]))
        difference = np.empty_like(d)
        for column, known in zip(X.T, self._fitted, strict=True):
            np.subtract(column[:, None], known, out=difference)
            if self._power == 2:
                d += np.multiply(difference, difference, out=difference)
                continue
            np.abs(difference, out=difference)
            if self._power == np.inf:
                np.maximum(d, difference, out=d)
            else:
                d += difference if self._power == 1 else np.power(difference, self._power, out=difference)
        return d

    def _distances(self, ranks: Floats) -> Floats:
        if self._power in (1, np.inf):
            return ranks
        distances: Floats = np.sqrt(ranks) if self._power == 2 else ranks ** (1 / self._power)
        return distances

    def _settled(self, x: Floats, places: Integers) -> tuple[Floats, Integers] | None:
        """Return the distances and places of a row's neighbors, (neighbors,), to the last digit as scikit-learn has it.

        None where it has no such: products of matrices are rounded otherwise in another batch. Only the order of rows
        equally far may still be another.
        """
        if self._tree is not None:
            nearest = self._tree.nearest(x, self._ranks(x[None])[0], self._count)
            return self._distances(nearest.ranks), nearest.places
        if self._norms is not None:
            distances = self._distances(self._ranks(x[None])[0, places])
            return (distances, places) if has_exact_distances(x[None], self._fitted).all() else None
        spend(NUMBERS_OF_A_STEP * self._count * len(x))
        values = x.tolist()
        ranks = [reduced_distance(values, known, self._power) for known in self._fitted[:, places].T.tolist()]
        distances = self._distances_of_c(ranks)
        order = distances.argsort(kind="stable")
        return distances[order], places[order]

    def _distances_of_c(self, ranks: list[float]) -> Floats:
        if self._power in (1, 2, np.inf):
            return self._distances(np.array(ranks))
        return np.array([math.pow(rank, 1 / self._power) for rank in ranks])

    def _computed(self, X: Floats, neighbors: Neighbors, targets: NDArray[Any]) -> list[int]:
        """Return the rows of which two unlike neighbors are so near that the rounding of a computed X weighs them."""
        if not self._is_of_computed:
            return []
        near = neighbors.distances <= LEAST_COMPUTED * np.abs(X).max(axis=1, keepdims=True)
        rows = np.flatnonzero(near.sum(axis=1) > 1).tolist()
        return [row for row in rows if len(np.unique(targets[neighbors.places[row][near[row]]], axis=0)) > 1]

    def _unweighed(self, neighbors: Neighbors, targets: NDArray[Any]) -> list[int]:
        rows = np.flatnonzero(neighbors.lost.any(axis=1))
        near = targets[neighbors.places[rows]]
        unlike: list[int] = rows[(near != near[:, :1]).any(axis=(1, 2))].tolist()
        return unlike

    def _weights(self, distances: Floats) -> Floats:
        """Return 1 / distance; where some are 0, 1 for those and 0 for the others: `_get_weights`."""
        with np.errstate(divide="ignore"):
            weights: Floats = 1 / distances
        same = np.isinf(weights)
        rows = same.any(axis=1)
        weights[rows] = same[rows]
        return weights


def has_metric_of_its_fit(state: EstimatorState) -> bool:
    """Return whether the metric that brute force votes by, which is the parameter, is the one that was learned."""
    metric, p = state.value("metric", "minkowski"), state.value("p", 2)
    if metric == "minkowski":
        metric = {1: "manhattan", 2: "euclidean", math.inf: "chebyshev"}.get(p if isinstance(p, int | float) else 0)
        if metric is None:
            return bool(state.mapping("effective_metric_params_").get("p", 2) == p)
    return bool(metric == state.value("effective_metric_"))


def refuse(
    rows: list[int],
    why: str = "Several training rows are equally near, and the answer depends on which of them count as neighbors.",
) -> None:
    """Raise RowsRefused for any rows."""
    if rows:
        raise RowsRefused(
            rows, None, "tie", f"{why} Fit the model with algorithm='kd_tree' or 'ball_tree', which decide it."
        )

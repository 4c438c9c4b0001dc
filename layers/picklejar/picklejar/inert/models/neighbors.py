"""The nearest neighbors, each distance computed: sklearn/neighbors."""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.base.special import squared_distances
from picklejar.inert.models.neighbor_trees import NeighborTree
from picklejar.inert.reading.state import EstimatorState, Floats, Integers

# Distances held at once; sized to the CPU cache, which is eight times faster than memory.
MOST_DISTANCES = 32_768
EUCLIDEAN, MANHATTAN, CHEBYSHEV = ("euclidean", "l2"), ("manhattan", "cityblock", "l1"), ("chebyshev", "infinity")
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


class _Neighbors(InertEstimator):
    """The fitted rows and which of them are nearest: `KNeighborsMixin.kneighbors`.

    Where the last neighbor and the next row are equally near, scikit-learn's tree decides which is taken, and its walk
    is repeated. Brute force decides by its threads, so a row whose answer depends on the choice is refused.
    """

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        fitted = state.floats("_fit_X", (None, self.n_features_in_))
        self._rows = len(fitted)
        self._count = state.integer("n_neighbors", at_least=1, at_most=2**63)
        if self._count > self._rows:
            if not self._rows:
                raise state.damaged("was fitted on no rows")
            raise state.unsupported("more neighbors than fitted rows, which scikit-learn never answers,")
        self._by_distance = state.choice("weights", "uniform", "distance", None) == "distance"
        metric = state.choice("effective_metric_", *EUCLIDEAN, *MANHATTAN, *CHEBYSHEV, "minkowski")
        self._power = 2.0 if metric in EUCLIDEAN else 1.0 if metric in MANHATTAN else np.inf
        if metric == "minkowski":
            parameters = state.mapping("effective_metric_params_")
            self._power = parameters.get("p", 2)
            if not isinstance(self._power, int | float) or not self._power > 0 or parameters.get("w") is not None:
                raise state.unsupported("a weighted metric")
        method = state.choice("_fit_method", "brute", "kd_tree", "ball_tree")
        self._tree = None if method == "brute" else NeighborTree(state, fitted, self._power)
        # Brute force has Euclidean distances from products of matrices; by the name of l2 if the types differ, too.
        by_products = method == "brute" and (
            metric == "euclidean" or (metric == "l2" and not state.is_double("_fit_X"))
        )
        self._norms = np.einsum("ij,ij->i", fitted, fitted) if by_products else None
        self.tolerance = 1e-9 if by_products and self._by_distance else 1e-12
        # A column in one piece each, which is how distances are added up.
        self._fitted = fitted if by_products else np.ascontiguousarray(fitted.T)
        self._rows_at_once = max(1, MOST_DISTANCES // self._rows)

    def _nearest(self, X: Floats) -> Neighbors:
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
            if np.count_nonzero(inside) == k * len(ranks):
                places = inside.reshape(-1).nonzero()[0].reshape(-1, k) % self._rows
            else:
                places = np.sort(ranks.argsort(axis=1, kind="stable")[:, :k], axis=1)
            for row in np.flatnonzero(close).tolist():
                if self._tree is not None:
                    places[row] = self._tree.nearest(X[row], k)
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


def _refuse(rows: list[int]) -> None:
    if rows:
        raise RowsRefused(
            rows,
            None,
            "tie",
            "Several training rows are equally near, and the answer depends on which of them count as neighbors. "
            "Fit the model with algorithm='kd_tree' or 'ball_tree', which decide it.",
        )


class KNeighborsRegressor(_Neighbors):
    """The mean of the neighbors' targets: `KNeighborsRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._y = state.floats("_y", (self._rows,), (self._rows, None))

    def predict(self, X: Floats) -> Floats:
        neighbors = self._nearest(X)
        targets = self._y.reshape(len(self._y), -1)
        _refuse(self._unweighed(neighbors, targets))
        _refuse([row for row, equal, _ in neighbors.tied if (targets[equal] != targets[equal[0]]).any()])
        if self._by_distance:
            weights = self._weights(neighbors.distances)
            sums = [(targets[neighbors.places, target] * weights).sum(axis=1) for target in range(targets.shape[1])]
            y: Floats = np.stack(sums, axis=1) / weights.sum(axis=1, keepdims=True)
        else:
            y = targets[neighbors.places].mean(axis=1)
        return y.reshape(-1) if self._y.ndim == 1 else y


class KNeighborsClassifier(_Neighbors):
    """The label that most of the neighbors have: `KNeighborsClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.choice("outputs_2d_", False)
        self.classes_ = state.labels("classes_")
        self._y = state.integers("_y", (self._rows,))
        if self._y.min() < 0 or self._y.max() >= len(self.classes_):
            raise state.damaged("has a row of none of its classes")

    def predict(self, X: Floats) -> NDArray[Any]:
        neighbors = self._nearest(X)
        votes = self._sums(*neighbors[:2]) if self._by_distance else self._votes(neighbors)
        _refuse([row for row, equal, taken in neighbors.tied if self._is_open(neighbors.places[row], equal, taken)])
        if self._by_distance:
            self._settle(X, votes)
            _refuse([row for row in self._unweighed(neighbors, self._y[:, None]) if self._is_close_run(neighbors, row)])
        y: NDArray[Any] = self.classes_[votes.argmax(axis=1)]
        return y

    def predict_proba(self, X: Floats) -> Floats:
        neighbors = self._nearest(X)
        _refuse(self._unweighed(neighbors, self._y[:, None]))
        _refuse([row for row, equal, _ in neighbors.tied if len(set(self._y[equal].tolist())) > 1])
        p = self._votes(neighbors)
        p /= p.sum(axis=1, keepdims=True)
        return p

    def _is_open(self, places: Integers, equal: NDArray[np.intp], taken: int) -> bool:
        choices = np.bincount(self._y[equal], minlength=len(self.classes_))
        if np.count_nonzero(choices) == 1:
            return False
        if self._by_distance:
            return True
        certain = np.setdiff1d(places, equal)
        votes = np.bincount(self._y[certain], minlength=len(self.classes_))
        # Every class in turn gets as many of the choices as it can; whichever wins then may win.
        most, least = votes + np.minimum(choices, taken), votes + np.maximum(0, taken - (choices.sum() - choices))
        order = np.arange(len(most))
        winner = int((most * len(order) - order).argmax())
        rivals = (most * len(order) - order) > int(least[winner]) * len(order) - winner
        rivals[winner] = False
        return bool(rivals.any())

    def _is_close_run(self, neighbors: Neighbors, row: int) -> bool:
        labels, lost, distances = self._y[neighbors.places[row]], neighbors.lost[row], neighbors.distances[row]
        if len(set(labels[lost].tolist())) > 1:
            return True
        least = np.sum(1 / np.sqrt(distances[lost] ** 2 + neighbors.rounding[row]))
        return bool(least <= np.bincount(labels[~lost], 1 / distances[~lost], minlength=1).max())

    def _settle(self, X: Floats, sums: Floats) -> None:
        if len(self.classes_) < 2 or self._tree is None:
            return
        best = np.sort(sums, axis=1)[:, -2:]
        for row in np.flatnonzero(best[:, 0] >= best[:, 1] * (1 - ROUNDING)).tolist():
            places = self._tree.nearest(X[row], self._count)[None]
            ranks = np.take_along_axis(self._ranks(X[row : row + 1]), places, axis=1)
            sums[row] = self._sums(self._distances(ranks), places)[0]

    def _sums(self, distances: Floats, places: Integers) -> Floats:
        weights, labels = self._weights(distances), self._y[places]
        return np.stack(
            [np.where(labels == label, weights, 0).sum(axis=1) for label in range(len(self.classes_))], axis=1
        )

    def _votes(self, neighbors: Neighbors) -> Floats:
        classes, rows = len(self.classes_), len(neighbors.places)
        cells = self._y[neighbors.places] + classes * np.arange(rows)[:, None]
        weights = self._weights(neighbors.distances).reshape(-1) if self._by_distance else None
        votes = np.bincount(cells.reshape(-1), weights, minlength=rows * classes)
        return votes.reshape(-1, classes).astype(np.float64)

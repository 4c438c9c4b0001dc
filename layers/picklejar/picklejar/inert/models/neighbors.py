"""The nearest neighbours, each distance computed: sklearn/neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.base.special import squared_distances
from picklejar.inert.reading.state import EstimatorState, Floats, Integers

# How many distances are held at once: as many as stay in the processor's own memory, which is eight times faster.
MOST_DISTANCES = 32_768
EUCLIDEAN, MANHATTAN, CHEBYSHEV = ("euclidean", "l2"), ("manhattan", "cityblock", "l1"), ("chebyshev", "infinity")


class _Neighbors(InertEstimator):
    """The rows that were fitted on, and which of them are nearest: `KNeighborsMixin.kneighbors`.

    scikit-learn's trees find the same neighbours by fewer distances; they are not read.
    """

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        # A column in one piece each: that is how distances are added up.
        fitted = state.floats("_fit_X", (None, self.n_features_in_))
        self._count = state.integer("n_neighbors", at_least=1, at_most=len(fitted))
        self._by_distance = state.choice("weights", "uniform", "distance", None) == "distance"
        metric = state.choice("effective_metric_", *EUCLIDEAN, *MANHATTAN, *CHEBYSHEV, "minkowski")
        self._power = 2.0 if metric in EUCLIDEAN else 1.0 if metric in MANHATTAN else np.inf
        if metric == "minkowski":
            parameters = state.mapping("effective_metric_params_")
            self._power = parameters.get("p", 2)
            if not isinstance(self._power, int | float) or not self._power > 0 or parameters.get("w") is not None:
                raise state.unsupported("a weighted metric")
        # Without a tree, scikit-learn has Euclidean distances from products of matrices.
        by_products = state.choice("_fit_method", "brute", "kd_tree", "ball_tree") == "brute" and metric == "euclidean"
        self._norms = np.einsum("ij,ij->i", fitted, fitted) if by_products else None
        self._fitted = fitted if by_products else np.ascontiguousarray(fitted.T)
        self._rows_at_once = max(1, MOST_DISTANCES // len(fitted))

    def _nearest(self, X: Floats) -> tuple[Floats, Integers]:
        """Return the distances of the nearest rows and their numbers, each of shape (rows, neighbours), nearest first.

        Of rows equally far the first ones are taken.
        """
        if len(X) <= self._rows_at_once:
            ranks, nearest = self._first(self._ranks(X))
        else:
            starts = range(0, len(X), self._rows_at_once)
            chunks = [self._first(self._ranks(X[start : start + self._rows_at_once])) for start in starts]
            ranks, nearest = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
        order = ranks.argsort(axis=1, kind="stable")
        return self._distances(np.take_along_axis(ranks, order, axis=1)), np.take_along_axis(nearest, order, axis=1)

    def _first(self, d: Floats) -> tuple[Floats, Integers]:
        k = self._count
        inside = d <= np.partition(d, k - 1, axis=1)[:, k - 1 : k]
        if np.count_nonzero(inside) == k * len(d):
            nearest = inside.reshape(-1).nonzero()[0].reshape(-1, k) % d.shape[1]
        else:
            nearest = np.sort(d.argsort(axis=1, kind="stable")[:, :k], axis=1)
        return np.take_along_axis(d, nearest, axis=1), nearest

    def _ranks(self, X: Floats) -> Floats:
        """Return what rises with the distances, of shape (rows, rows fitted on): `DistanceMetric.rdist`."""
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

    def _weights(self, distances: Floats) -> Floats:
        """Return 1 / distance; where some are 0, 1 for those and 0 for the others: `_get_weights`."""
        with np.errstate(divide="ignore"):
            weights: Floats = 1 / distances
        same = np.isinf(weights)
        rows = same.any(axis=1)
        weights[rows] = same[rows]
        return weights


class KNeighborsRegressor(_Neighbors):
    """The mean of the neighbours' targets: `KNeighborsRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        rows = self._fitted.shape[0 if self._norms is not None else 1]
        self._y = state.floats("_y", (rows,), (rows, None))

    def predict(self, X: Floats) -> Floats:
        y = self._means(X)
        return y.reshape(-1) if self._y.ndim == 1 else y

    def _means(self, X: Floats) -> Floats:
        distances, nearest = self._nearest(X)
        targets = self._y.reshape(len(self._y), -1)
        if not self._by_distance:
            return targets[nearest].mean(axis=1)
        weights = self._weights(distances)
        sums = [(targets[nearest, target] * weights).sum(axis=1) for target in range(targets.shape[1])]
        y: Floats = np.stack(sums, axis=1) / weights.sum(axis=1, keepdims=True)
        return y


class KNeighborsClassifier(_Neighbors):
    """The label that most of the neighbours have: `KNeighborsClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.choice("outputs_2d_", False)
        self.classes_ = state.labels("classes_")
        self._y = state.integers("_y", (self._fitted.shape[0 if self._norms is not None else 1],))
        if self._y.min() < 0 or self._y.max() >= len(self.classes_):
            raise state.damaged("has a row of none of its classes")

    def predict(self, X: Floats) -> NDArray[Any]:
        votes = self._sums if self._by_distance else self._votes
        y: NDArray[Any] = self.classes_[votes(X).argmax(axis=1)]
        return y

    def predict_proba(self, X: Floats) -> Floats:
        p = self._votes(X)
        p /= p.sum(axis=1, keepdims=True)
        return p

    def _sums(self, X: Floats) -> Floats:
        """Return the votes in the order in which `weighted_mode` adds them up, so that equals are the same equals."""
        distances, nearest = self._nearest(X)
        weights, labels = self._weights(distances), self._y[nearest]
        return np.stack([np.where(labels == one, weights, 0).sum(axis=1) for one in range(len(self.classes_))], axis=1)

    def _votes(self, X: Floats) -> Floats:
        distances, nearest = self._nearest(X)
        classes = len(self.classes_)
        cells = self._y[nearest] + classes * np.arange(len(X))[:, None]
        weights = self._weights(distances).reshape(-1) if self._by_distance else None
        votes = np.bincount(cells.reshape(-1), weights, minlength=len(X) * classes)
        return votes.reshape(-1, classes).astype(np.float64)

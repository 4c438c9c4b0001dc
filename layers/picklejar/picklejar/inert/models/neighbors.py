"""Targets and labels of the nearest rows: sklearn/neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.models.nearest_rows import ROUNDING, NearestRows, Neighbors, has_metric_of_its_fit, refuse
from picklejar.inert.reading.state import EstimatorState, Floats, Integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

# From so many on, NumPy's sums have several parts.
ADDED_ONE_BY_ONE = 8


class KNeighborsRegressor(NearestRows):
    """`KNeighborsRegressor`: the neighbors' mean."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if state.array_of(state.value("_y")).dtype.kind in "UO":
            raise state.unsupported("texts to predict the mean of")
        self._y = state.floats("_y", (self._rows,), (self._rows, None))

    def predict(self, X: Floats) -> Floats:
        neighbors = self._nearest(X)
        targets = self._y.reshape(len(self._y), -1)
        refuse(self._unweighed(neighbors, targets))
        refuse(self._computed(X, neighbors, targets), "Neighbors are so near that rounding weighs them.")
        refuse([row for row, equal, _ in neighbors.tied if (targets[equal] != targets[equal[:1]]).any()])
        if self._by_distance:
            weights = self._weights(neighbors.distances)
            sums = [(targets[neighbors.places, target] * weights).sum(axis=1) for target in range(targets.shape[1])]
            y: Floats = np.stack(sums, axis=1) / weights.sum(axis=1, keepdims=True)
        else:
            y = targets[neighbors.places].mean(axis=1)
        return y.reshape(-1) if self._y.ndim == 1 else y


class KNeighborsClassifier(NearestRows):
    """The label that most of the neighbors have: `KNeighborsClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.choice("outputs_2d_", False)
        if (
            self._tree is None
            and not self._by_distance
            and state.is_double("_fit_X")
            and not has_metric_of_its_fit(state)
        ):
            raise state.unsupported("a metric or p that was set after the fit")
        self.classes_ = state.labels("classes_")
        self._y = state.integers("_y", (self._rows,))
        if self._y.min() < 0 or self._y.max() >= len(self.classes_):
            raise state.damaged("has a row of none of its classes")

    def predict(self, X: Floats) -> NDArray[Any]:
        neighbors = self._nearest(X)
        votes = self._sums(*neighbors[:2]) if self._by_distance else self._votes(neighbors)
        refuse([row for row, equal, taken in neighbors.tied if self._is_open(neighbors.places[row], equal, taken)])
        refuse(self._computed(X, neighbors, self._y[:, None]), "Neighbors are so near that rounding weighs them.")
        if self._by_distance:
            refuse([row for row in self._unweighed(neighbors, self._y[:, None]) if self._is_close_run(neighbors, row)])
            refuse(self._settle(X, neighbors, votes), "Two labels have equal votes but for rounding.")
        y: NDArray[Any] = self.classes_[votes.argmax(axis=1)]
        return y

    def predict_proba(self, X: Floats) -> Floats:
        neighbors = self._nearest(X)
        refuse(self._unweighed(neighbors, self._y[:, None]))
        refuse(self._computed(X, neighbors, self._y[:, None]), "Neighbors are so near that rounding weighs them.")
        refuse([row for row, equal, _ in neighbors.tied if len(set(self._y[equal].tolist())) > 1])
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

    def _settle(self, X: Floats, neighbors: Neighbors, votes: Floats) -> list[int]:
        """Let votes that only rounding tells apart be scikit-learn's; return the rows that have no such votes."""
        if len(self.classes_) < 2:
            return []
        second, first = np.sort(votes, axis=1)[:, -2:].T
        # Weights are wrong by as much, relative, as the distances that they are made of; a lost one was looked at.
        with np.errstate(all="ignore"):
            rounding = neighbors.rounding / neighbors.distances.min(axis=1) ** 2
        rounding[neighbors.lost.any(axis=1)] = 0
        unsettled: list[int] = []
        for row in np.flatnonzero(second >= first * (1 - ROUNDING - rounding)).tolist():
            settled = self._settled(X[row], neighbors.places[row])
            if settled is None or (self._tree is None and not self._has_one_sum(*settled)):
                unsettled.append(row)
            else:
                votes[row] = self._sums(settled[0][None], settled[1][None])[0]
        return unsettled

    def _has_one_sum(self, distances: Floats, places: Integers) -> bool:
        """Return whether votes are the same in every order of neighbors equally far."""
        unlike = self._y[places[1:]] != self._y[places[:-1]]
        # NumPy adds so few one by one, and the 0 of another label between them changes nothing.
        if len(distances) < ADDED_ONE_BY_ONE or not unlike[distances[1:] == distances[:-1]].any():
            return True
        ratios = [weight.as_integer_ratio() for weight in self._weights(distances[None])[0].tolist()]
        finest = max(denominator for _, denominator in ratios)
        return bool(sum(whole * (finest // denominator) for whole, denominator in ratios) < 2**53)

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

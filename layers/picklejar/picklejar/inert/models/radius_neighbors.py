"""Targets and labels of the fitted rows within a radius: sklearn/neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import TOLERANCE, available_if
from picklejar.inert.base.special import GRID, has_exact_distances
from picklejar.inert.base.work import spend
from picklejar.inert.models.nearest_rows import MOST_LOST, ROUNDING, NearestRows, has_metric_of_its_fit
from picklejar.inert.reading.state import EstimatorState, Floats, Integers
from picklejar.inert.reading.storage import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_THE_RADIUS = "A training row is as far away as the radius, and only rounding tells whether it counts."
ROUNDED_WEIGHTS = "Neighbors are so near that rounding weighs them."
NOT_EQUAL = "Two labels have equal votes but for rounding."
NOBODY = "No training row is within the radius"


class Within(NamedTuple):
    """Which fitted rows are within the radius of some rows of X, all (rows, fitted rows), and their weights.

    `is_rounding` are those of them whose distances are made of rounding.
    """

    inside: NDArray[np.bool]
    weights: Floats
    is_rounding: NDArray[np.bool]


class RadiusRows(NearestRows):
    """The fitted rows and which of them are within a radius: `RadiusNeighborsMixin.radius_neighbors`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._radius = state.number("radius")
        if not self._radius >= 0:
            raise state.damaged("has a radius below 0")
        reduces = self._power not in (1, np.inf)
        self._reduced = self._radius**self._power if reduces else self._radius
        self._is_computed = state.precision == Precision.COMPUTED
        balls = self._tree is not None and self._tree.balls
        on_grid = self._radius < GRID**2 and (self._radius * GRID).is_integer()
        # A ball's distance is a difference of rounded ones.
        self._may_be_exact = self._power in (1, 2, np.inf) and on_grid and not balls and not self._is_computed
        self._points = self._fitted if self._norms is not None else self._fitted.T

    def _read_count(self, state: EstimatorState) -> int:  # noqa: ARG002  it is not counted
        return 1

    def _within(self, X: Floats) -> list[Within]:
        """Return neighbors in parts of X; raises RowsRefused where rounding tells whether a row is one."""
        spend(len(X) * self._numbers_of_a_row)
        starts = range(0, max(1, len(X)), self._rows_at_once)
        parts, refused = [], list[int]()
        for start in starts:
            part, close = self._within_part(X[start : start + self._rows_at_once])
            parts.append(part)
            refused += (start + np.flatnonzero(close)).tolist()
        refuse(refused, AT_THE_RADIUS)
        return parts

    def _within_part(self, X: Floats) -> tuple[Within, NDArray[np.bool]]:
        ranks = self._ranks(X)
        pure = self._rounding(X, ranks, np.full(len(X), self._reduced))[:, None]
        lengths = np.einsum("ij,ij->i", X, X)[:, None]
        reach = pure + (TOLERANCE * (lengths + self._reduced) if self._is_computed else 0.0)
        close = (np.abs(ranks - self._reduced) <= reach).any(axis=1)
        if self._may_be_exact:
            close &= ~has_exact_distances(X, self._points)
        inside = ranks <= self._reduced
        if not self._by_distance:
            return Within(inside, inside.astype(np.float64), np.zeros_like(inside)), close
        distances = self._distances(ranks)
        lost = ranks < MOST_LOST * pure if self._norms is not None else np.zeros_like(inside)
        if self._is_computed:
            lost |= ranks <= (TOLERANCE / ROUNDING) * TOLERANCE * lengths
        return Within(inside, _weights(distances, inside), inside & lost), close


class RadiusNeighborsRegressor(RadiusRows):
    """The mean of the rows within the radius, NaN where there are none: `RadiusNeighborsRegressor`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if (kind := state.array_of(state.value("_y")).dtype.kind) in "UO":
            raise state.unsupported("texts to predict the mean of")
        self._is_whole = kind in "iub"
        self._y = state.floats("_y", (self._rows,), (self._rows, None))

    def predict(self, X: Floats) -> Floats:
        parts = self._within(X)
        weights = np.concatenate([part.weights for part in parts])
        targets = self._y.reshape(self._rows, -1)
        lost = np.concatenate([_is_lost(part, targets) for part in parts])
        refuse(np.flatnonzero(lost).tolist(), ROUNDED_WEIGHTS)
        total = weights.sum(axis=1, keepdims=True)
        if self._is_whole:
            why = f"{NOBODY}, and scikit-learn's answer then depends on the processor."
            refuse(np.flatnonzero(total == 0).tolist(), why)
        with np.errstate(all="ignore"):
            y: Floats = weights @ targets / total
        return y.reshape(-1) if self._y.ndim == 1 else y

    def largest_term(self, X: Floats) -> float:  # noqa: ARG002  a mean is at most so large
        return float(np.abs(self._y).max(initial=0))


class RadiusNeighborsClassifier(RadiusRows):
    """The label that most of the rows within the radius have: `RadiusNeighborsClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.choice("outputs_2d_", False)
        self.classes_ = state.labels("classes_")
        self._y = state.integers("_y", (self._rows,))
        if self._y.min() < 0 or self._y.max() >= len(self.classes_):
            raise state.damaged("has a row of none of its classes")
        self._has_shares = not state.before("0.22")
        # Since 1.4, by a way of its own unless the distance is Euclidean.
        self._counts_by_number = (
            not state.before("1.4")
            and self._tree is None
            and not self._by_distance
            and self._norms is None
            and state.is_double("_fit_X")
        )
        if self._tree is None and not state.before("1.4") and not has_metric_of_its_fit(state):
            raise state.unsupported("a metric or p that was set after the fit")
        if self._counts_by_number and state.before("1.9") and self.classes_.dtype.kind not in "iub":
            raise state.unsupported("labels that are no whole numbers, of which releases before 1.9 made such,")
        self._outlier = _outlier_label(state)
        self._outlier_place = self._place_of_outliers(state)

    def predict(self, X: Floats) -> NDArray[Any]:
        votes = self._votes(X, decides=True)
        y: NDArray[Any] = self.classes_[votes.argmax(axis=1)]
        alone = votes.sum(axis=1) == 0
        if alone.any() and self._outlier_place is None:
            y[alone] = self._outlier
        return y

    @available_if(lambda self: self._has_shares)
    def predict_proba(self, X: Floats) -> Floats:
        p = self._votes(X, decides=False)
        total = p.sum(axis=1, keepdims=True)
        total[total == 0] = 1
        with np.errstate(invalid="ignore"):
            p /= total
        return p

    def _votes(self, X: Floats, *, decides: bool) -> Floats:
        parts = self._within(X)
        labels = self._y[:, None]
        lost = np.concatenate([_is_lost(part, labels) for part in parts])
        refuse(np.flatnonzero(lost).tolist(), ROUNDED_WEIGHTS)
        weights = np.concatenate([part.weights for part in parts])
        # A weight may be infinite.
        places = range(len(self.classes_))
        votes = np.stack([np.where(self._y == place, weights, 0.0).sum(axis=1) for place in places], axis=1)
        alone = ~weights.any(axis=1)
        if alone.any() and self._outlier is None:
            sentence = f"{NOBODY}. Fit the model with a larger radius, or with outlier_label."
            raise RowsRefused(np.flatnonzero(alone).tolist(), None, "neighbors", sentence)
        if decides and self._by_distance and len(self.classes_) > 1:
            second, first = np.sort(votes, axis=1)[:, -2:].T
            # Sums of whole numbers are the same in any order.
            is_open = (second >= first * (1 - ROUNDING)) & (np.rint(weights) != weights).any(axis=1)
            refuse(np.flatnonzero(is_open).tolist(), NOT_EQUAL)
        if self._outlier_place is not None:
            votes[alone, self._outlier_place] = 1.0
        return votes

    def _place_of_outliers(self, state: EstimatorState) -> int | None:
        """Return the class that rows without neighbors get, if it is one of the classes.

        Counted by number, the parameter is looked for among the classes as whole numbers, or since 1.9 among their
        places, whatever they are: `RadiusNeighborsClassMode` of sklearn/metrics/_pairwise_distances_reduction.
        """
        if self._outlier is None or not self._has_shares:
            return None
        if self._counts_by_number:
            label = state.value("outlier_label", None)
            numbers = self.classes_.astype(np.int64) if state.before("1.9") else np.arange(len(self.classes_))
            known = numbers.tolist() if isinstance(label, int | float) else []
            return next((place for place, number in enumerate(known) if number == label), None)
        return next((place for place, label in enumerate(self.classes_.tolist()) if label == self._outlier), None)


def _outlier_label(state: EstimatorState) -> Any:
    """Return the label of rows without neighbors, or None; before 0.22 the parameter itself."""
    if state.before("0.22"):
        label = state.value("outlier_label", None)
    else:
        label = None if not state.has("outlier_label_") else state.plain_of(state.sequence("outlier_label_", 1)[0])
    if label is not None and type(label) not in (int, float, str, bool):
        raise state.damaged("has something other than a label for outliers")
    return label


def _weights(distances: Floats, inside: NDArray[np.bool]) -> Floats:
    """Return 1 / distance; where some are 0, 1 for those and 0 for the others: `_get_weights` of lists of neighbors."""
    with np.errstate(divide="ignore", over="ignore"):
        weights = np.where(inside, 1.0 / distances, 0.0)
    same = inside & (distances == 0)
    rows = same.any(axis=1)
    weights[rows] = same[rows]
    return weights


def _is_lost(part: Within, targets: Floats | Integers) -> NDArray[np.bool]:
    """Return the rows of which a neighbor's weight is rounding, and its target another than another's."""
    lost = part.is_rounding.any(axis=1)
    for row in np.flatnonzero(lost).tolist():
        near = targets[part.inside[row]]
        lost[row] = bool((near != near[:1]).any())
    return lost


def refuse(rows: list[int], why: str) -> None:
    """Raise RowsRefused for any rows."""
    if rows:
        raise RowsRefused(rows, None, "tie", why)

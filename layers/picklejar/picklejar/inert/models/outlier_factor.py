"""How much sparser the rows around a row are than around its neighbors: sklearn/neighbors/_lof.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, TOLERANCE
from picklejar.inert.base.outliers import labels_of
from picklejar.inert.models.nearest_rows import LEAST_COMPUTED, NearestRows, Neighbors, refuse
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Added to a mean distance that may be 0.
LEAST_DISTANCE = 1e-10
# The sums of equal numbers in equal order differ by less, relative.
REACH = 1e-14


class LocalOutlierFactor(NearestRows):
    """Scores by the densities around a row's neighbors, beside its own: `LocalOutlierFactor.score_samples`."""

    def __init__(self, state: EstimatorState) -> None:
        if state.before("0.20") or not state.flag("novelty"):
            raise state.unsupported("novelty=False, which predicts nothing of new rows,", "Fit it with novelty=True.")
        super().__init__(state)
        # Of each fitted row: how dense it is around it, and how far away its last neighbor is.
        self._density = state.floats("_lrd", (self._rows,))
        self._reach = state.floats("_distances_fit_X_", (self._rows, self._count))[:, -1].copy()
        self._offset = state.number_or_nan("offset_")
        self._is_computed = state.precision == Precision.COMPUTED
        self._close = (
            FLOAT32_TOLERANCE if state.in_float32 else REACH if self.tolerance == TOLERANCE else self.tolerance
        )

    def _read_count(self, state: EstimatorState) -> int:
        return self._checked_count(state, "n_neighbors_")

    def _reads_distances(self, state: EstimatorState) -> bool:  # noqa: ARG002  all answers do
        return True

    def decision_function(self, X: Floats) -> Floats:
        return self._scores(X) - self._offset

    def score_samples(self, X: Floats) -> Floats:
        return self._scores(X)

    def predict(self, X: Floats) -> NDArray[np.int64]:
        scores = self._scores(X)
        return labels_of(scores - self._offset, np.maximum(1, np.abs(scores)), self._close)

    def _scores(self, X: Floats) -> Floats:
        neighbors = self._nearest(X)
        own = np.stack([self._density, self._reach], axis=1)
        refuse([row for row, equal, _ in neighbors.tied if (own[equal] != own[equal[:1]]).any()])
        reaches = np.maximum(neighbors.distances, self._reach[neighbors.places])
        refuse(self._without_distance(X, neighbors, reaches), "Neighbors are so near that rounding weighs them.")
        density = 1.0 / (np.mean(reaches, axis=1) + LEAST_DISTANCE)
        scores: Floats = -np.mean(self._density[neighbors.places] / density[:, None], axis=1)
        return scores

    def _without_distance(self, X: Floats, neighbors: Neighbors, reaches: Floats) -> list[int]:
        """Return the rows whose mean distance is made of rounding."""
        # Products of matrices leave of a short distance what may be more than a last neighbor's.
        longest = neighbors.distances**2 + neighbors.rounding[:, None]
        unknown = (neighbors.lost & (longest >= self._reach[neighbors.places] ** 2)).any(axis=1)
        if self._is_computed:
            unknown |= reaches.mean(axis=1) <= LEAST_COMPUTED * np.abs(X).max(axis=1)
        rows: list[int] = np.flatnonzero(unknown).tolist()
        return rows

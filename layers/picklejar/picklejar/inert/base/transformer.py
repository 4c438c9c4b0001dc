"""A transformer's width, and which column of X each of its columns comes from."""

from __future__ import annotations

from picklejar.inert.base.estimator import InertEstimator, Matrix
from picklejar.inert.reading.state import EstimatorState


class InertTransformer(InertEstimator):
    """An estimator with `transform`; a subclass sets `n_features_out`."""

    n_features_out: int

    def source(self, column: int) -> int | None:  # noqa: ARG002  what a subclass asks
        """Return the only column of X that decides a column of the answer, or None."""
        return None


class OneToOne(InertTransformer):
    """A transformer that answers each column of X with one."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.n_features_out = self.n_features_in_

    def source(self, column: int) -> int:
        return column


def numbers_of(X: Matrix) -> Matrix:
    """Return X as float64 if all its objects are numbers, else X itself."""
    if X.dtype == object and {*map(type, X.ravel().tolist())} <= {float, int, bool}:
        return X.astype(float)
    return X

"""Projections onto components_ (components, n_features_in_): sklearn/decomposition."""

from __future__ import annotations

import numpy as np

from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, TOLERANCE
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.state import BYTES_OF_A_NUMBER, EstimatorState, Floats

# Two inverses may agree by chance where a third does not.
MARGIN = 50
TINY = float(np.finfo(np.float64).tiny)
EPSILON = float(np.finfo(np.float64).eps)


class Projection(InertTransformer):
    """X @ components_.T: `TruncatedSVD.transform`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._components = state.floats("components_", (None, self.n_features_in_)).T
        self.n_features_out = self._components.shape[1]

    def transform(self, X: Floats) -> Floats:
        output: Floats = X @ self._components
        return output


class PrincipalComponents(Projection):
    """The projection of X - mean_, over its deviation if it whitens: `_BasePCA.transform` of decomposition/_base.py."""

    reads_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._components = state.kept_floats("components_", (None, self.n_features_in_)).T
        mean = state.kept_floats("mean_", (self.n_features_in_,)).reshape(1, -1)
        # Before 1.5 it was taken from X, and since then from the projection.
        self._center: Floats | None = mean if state.before("1.5") else None
        self._mean = mean @ self._components
        self._scale: Floats | None = None
        if state.flag("whiten"):
            variance = state.kept_floats("explained_variance_", (self.n_features_out,))
            if np.isnan(variance).any():
                raise state.unsupported("whiten=True after a fit on one row")
            if not (variance >= 0).all():
                raise state.damaged("has a negative variance")
            self._scale = np.sqrt(variance)
            if not state.before("1.5"):
                self._scale = np.maximum(self._scale, np.finfo(variance.dtype).eps)
            elif not variance.all():
                raise state.unsupported("whiten=True and a variance of 0, over which it divided before 1.5")

    def transform(self, X: Floats) -> Floats:
        output: Floats = (X if self._center is None else X - self._center) @ self._components
        if self._center is None:
            output -= self._mean
        return output if self._scale is None else output / self._scale

    def largest_term(self, X: Floats) -> float:
        components = self._components if self._scale is None else self._components / self._scale
        with np.errstate(all="ignore"):
            return float((np.abs(X).max(axis=0, initial=0)[:, None] * np.abs(components)).max(initial=0))


class Factors(Projection):
    """The expected factors of X: `FactorAnalysis.transform`."""

    takes_sparse = reads_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if self.n_features_out > self.n_features_in_:
            raise state.damaged("has more factors than features")
        self._mean = state.floats("mean_", (self.n_features_in_,))
        self._noise = state.floats("noise_variance_", (self.n_features_in_,))
        weighted = self._components.T / self._noise
        self._weighted = weighted.T
        state.charge(BYTES_OF_A_NUMBER * self.n_features_out**2)
        precision = np.eye(self.n_features_out) + weighted @ self._components
        try:
            self._covariance = np.linalg.inv(precision)
            doubt = MARGIN * self._doubt(precision)
        except np.linalg.LinAlgError:  # singular by this way of inverting
            doubt = np.inf
        if not doubt <= FLOAT32_TOLERANCE:  # or NaN, of an eigenvalue of 0
            raise state.unsupported("factors so nearly alike that no two ways of inverting agree,")
        self.tolerance = max(TOLERANCE, doubt)

    def transform(self, X: Floats) -> Floats:
        output: Floats = (X - self._mean) @ self._weighted @ self._covariance
        return output

    def _doubt(self, precision: Floats) -> float:
        """Return by how much answers differ, as a part of the largest, where they are computed in another way.

        Another inverse, or another order of additions, whose terms may be far larger than what is left of them.
        """
        deviations = np.sqrt(np.square(self._components).sum(axis=1) + self._noise)[:, None]
        answers = deviations * (self._weighted @ self._covariance)
        values, vectors = np.linalg.eigh(precision)
        with np.errstate(all="ignore"):
            others = deviations * (self._weighted @ (vectors / values @ vectors.T))
        rounded = EPSILON * deviations * (np.abs(self._weighted) @ np.abs(self._covariance))
        apart = np.maximum(np.abs(answers - others), rounded).max(initial=0)
        return float(apart / np.abs(answers).max(initial=TINY))

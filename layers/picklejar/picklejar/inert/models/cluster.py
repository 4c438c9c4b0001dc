"""The nearest of a few points: k-means and nearest centroids, by sklearn/cluster and sklearn/neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.inert.base.estimator import InertEstimator, available_if
from picklejar.inert.base.special import log_softmax, squared_distances
from picklejar.inert.models.discriminant import ByLogarithms
from picklejar.inert.reading.state import EstimatorState, Floats


class KMeans(InertEstimator):
    """The nearest of the clusters' centres: `_BaseKMeans`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._centres = state.floats("cluster_centers_", (None, self.n_features_in_))
        if not len(self._centres):
            raise state.damaged("has no centres")
        self._norms = np.einsum("ij,ij->i", self._centres, self._centres)

    def predict(self, X: Floats) -> NDArray[np.int32]:
        nearest: NDArray[np.int32] = (self._norms - 2 * (X @ self._centres.T)).argmin(axis=1).astype(np.int32)
        return nearest

    def transform(self, X: Floats) -> Floats:
        return np.sqrt(squared_distances(X, self._centres, self._norms))


class NearestCentroid(ByLogarithms):
    """The nearest of the classes' centroids: `NearestCentroid`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        classes = len(self.classes_)
        self._centroids = state.floats("centroids_", (classes, self.n_features_in_))
        if not classes:
            raise state.damaged("has no classes")
        if np.isnan(self._centroids).any():
            raise state.unsupported("a centroid that is not a number, for which scikit-learn has no answer,")
        self._euclidean = state.choice("metric", "euclidean", "manhattan") == "euclidean"
        self._norms = np.einsum("ij,ij->i", self._centroids, self._centroids)
        # Before 1.6 it had neither priors nor probabilities.
        self._scored = state.has("class_prior_")
        self._equal = True
        if self._scored:
            priors = state.floats("class_prior_", (classes,))
            deviations = state.floats("within_class_std_dev_", (self.n_features_in_,))
            self._equal = bool(np.isclose(priors, 1 / classes).all())
            self._scale = np.where(deviations == 0, 1, deviations)
            with np.errstate(all="ignore"):
                self._scaled = self._centroids / self._scale
                self._priors = 2 * np.log(priors)

    def predict(self, X: Floats) -> NDArray[Any]:
        scores = -self._distances(X, self._centroids, self._norms) if self._equal else self._logarithms(X)
        y: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return y

    @available_if(lambda self: self._scored and self._euclidean)
    def predict_proba(self, X: Floats) -> Floats:
        with np.errstate(all="ignore"):
            p: Floats = np.exp(log_softmax(self._logarithms(X)))
        return p

    @available_if(lambda self: self._scored and self._euclidean)
    def decision_function(self, X: Floats) -> Floats:
        scores = self._logarithms(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def _logarithms(self, X: Floats) -> Floats:
        norms = np.einsum("ij,ij->i", self._scaled, self._scaled)
        return self._priors - self._distances(X / self._scale, self._scaled, norms)

    def _distances(self, X: Floats, points: Floats, norms: Floats) -> Floats:
        if self._euclidean:
            return squared_distances(X, points, norms)
        d = np.empty((len(X), len(points)))
        for place, point in enumerate(points):
            d[:, place] = np.abs(X - point).sum(axis=1)
        return d**2

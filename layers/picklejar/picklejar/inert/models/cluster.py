"""The nearest of a few points: k-means and nearest centroids, by sklearn/cluster and sklearn/neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import InertEstimator, available_if
from picklejar.inert.base.special import has_exact_distances, log_softmax, squared_distances
from picklejar.inert.models.discriminant import ByLogarithms
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Squared distances that differ by fewer roundings, of the squares of what they are between, may be equal.
ROUNDINGS = 50


class KMeans(InertEstimator):
    """The nearest of the clusters' centres: `_BaseKMeans`."""

    # Of its distances, which scikit-learn has from products.
    tolerance = 1e-9

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._centres = state.kept_floats("cluster_centers_", (None, self.n_features_in_))
        if not len(self._centres):
            raise state.damaged("has no centres")
        self._norms = np.einsum("ij,ij->i", self._centres, self._centres)
        self._exact = self._centres.astype(np.float64, copy=False)

    def predict(self, X: Floats) -> NDArray[np.int32]:
        # Fitted on float32, it takes no other X.
        X = X.astype(self._centres.dtype, copy=False)
        ranks = self._norms - 2 * (X @ self._centres.T)
        _refuse_ties(X, self._centres, self._norms, ranks)
        nearest: NDArray[np.int32] = ranks.argmin(axis=1).astype(np.int32)
        return nearest

    def transform(self, X: Floats) -> Floats:
        norms = np.einsum("ij,ij->i", self._exact, self._exact)
        return np.sqrt(squared_distances(X, self._exact, norms))


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
        self._norms = np.array([np.dot(point, point) for point in self._centroids])
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
            # scikit-learn divides by the deviations only where priors count.
            self._scored = bool(np.isfinite(self._scaled).all())
            if not self._scored and not self._equal:
                raise state.unsupported("a deviation too small to divide by")

    def predict(self, X: Floats) -> NDArray[Any]:
        scores = -self._ranked(X) if self._equal else self._settled(X)
        y: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return y

    def largest_term(self, X: Floats) -> float:
        if not self._scored:
            return 0.0
        with np.errstate(all="ignore"):
            X = X / self._scale
            return float(max(np.square(X).sum(axis=1).max(initial=0), np.square(self._scaled).sum(axis=1).max()))

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
        with np.errstate(over="ignore"):
            X = X / self._scale
        self._refuse(~np.isfinite(X))
        return self._priors - self._distances(X, self._scaled) ** 2

    def _settled(self, X: Floats) -> Floats:
        """Return the logarithms where the label that they tell is scikit-learn's in every batch."""
        scores = self._logarithms(X)
        if self._euclidean:
            norms = np.square(self._scaled).sum(axis=1)
            beside = np.abs(self._priors[np.isfinite(self._priors)]).max(initial=0)
            _refuse_ties(X / self._scale, self._scaled, norms, -scores, beside)
        return scores

    def _ranked(self, X: Floats) -> Floats:
        """Return what `pairwise_distances_argmin` compares: distances, or squared ones without the norm of X."""
        if not self._euclidean:
            return self._distances(X, self._centroids)
        ranks: Floats = self._norms - 2 * (X @ self._centroids.T)
        _refuse_ties(X, self._centroids, self._norms, ranks)
        return ranks

    def _distances(self, X: Floats, points: Floats) -> Floats:
        d = np.empty((len(X), len(points)))
        for place, point in enumerate(points):
            if self._euclidean:
                d[:, place] = np.sqrt(squared_distances(X, point[None], np.dot(point, point)))[:, 0]
            else:
                # Column by column, as in C: NumPy adds up several at once.
                d[:, place] = 0
                for column, value in zip(X.T, point, strict=True):
                    d[:, place] += np.abs(column - value)
        return d


def _refuse_ties(
    X: NDArray[Any], points: NDArray[Any], norms: NDArray[Any], ranks: NDArray[Any], beside: float = 0.0
) -> None:
    """Refuse rows whose nearest of several points rounding alone decides, in an order of additions of its own.

    `ranks`, (rows, points), are squared distances, with or without the norm of X, and with something of up to `beside`
    in them; `norms` are the squared ones of the points.
    """
    if len(points) == 1:
        return
    with np.errstate(all="ignore"):
        first, second = np.partition(ranks, 1, axis=1)[:, :2].T
        size = np.square(X).sum(axis=1) + norms.max() + beside
        close = np.flatnonzero(~(second - first > ROUNDINGS * np.finfo(X.dtype).eps * size))
    # Where nothing is rounded, the first of equals is taken.
    tied = close[~has_exact_distances(X[close], points)]
    if tied.size:
        sentence = "Several centers are equally near, and only rounding tells which is nearer."
        raise RowsRefused(tied.tolist(), None, "tie", sentence)

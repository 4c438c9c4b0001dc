"""Naive Bayes: each feature by itself, multiplied; sklearn/naive_bayes.py."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import InertEstimator, NotDense, Ties
from picklejar.inert.base.special import logsumexp
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _NaiveBayes(InertEstimator):
    """Answers by the joint logarithm of likelihoods: `_BaseNB`, whose `predict_proba` is by SciPy's `logsumexp`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        if not len(self.classes_):
            raise state.damaged("has no classes")

    def predict(self, X: Floats) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            y: NDArray[Any] = self.classes_[self._scored(X).argmax(axis=1)]
        return y

    def _scored(self, X: Floats) -> Floats:
        return self._joint(X)

    def predict_proba(self, X: Floats) -> Floats:
        with np.errstate(all="ignore"):
            joint = self._joint(X)
            p: Floats = np.exp(joint - logsumexp(joint)[:, None])
        return p

    @abstractmethod
    def _joint(self, X: Floats) -> Floats:
        """Return the joint logarithms of likelihoods, of shape (rows, classes)."""


class GaussianNB(_NaiveBayes):
    """A normal distribution for each class and feature: `GaussianNB._joint_log_likelihood`."""

    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        classes, n = len(self.classes_), self.n_features_in_
        self._means = state.kept_floats("theta_", (classes, n))
        self._variances = state.kept_floats("var_", (classes, n))
        with np.errstate(all="ignore"):
            volumes = np.array([-0.5 * np.log(2 * np.pi * variances).sum() for variances in self._variances])
            self._priors = np.log(state.kept_floats("class_prior_", (classes,)))
        self._volumes = volumes

    def _joint(self, X: Floats) -> Floats:
        y = np.empty((len(X), len(self._means)))
        for place, (mean, variance) in enumerate(zip(self._means, self._variances, strict=True)):
            y[:, place] = self._volumes[place] - 0.5 * ((X - mean) ** 2 / variance).sum(axis=1)
        return self._priors + y


class _Counted(_NaiveBayes):
    """Likelihoods that are linear in X: `_BaseDiscreteNB`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        classes = len(self.classes_)
        self._weights = state.floats("feature_log_prob_", (classes, self.n_features_in_))
        self._offset = state.floats("class_log_prior_", (classes,))
        self._ties = Ties(state)

    def _scored(self, X: Floats) -> Floats:
        scores = self._joint(X)
        self._ties.settle(scores, self._counts(X), self._weights.T, self._offset)
        return scores

    def _counts(self, X: Floats) -> Floats:
        return X

    def _joint(self, X: Floats) -> Floats:
        y: Floats = self._counts(X) @ self._weights.T + self._offset
        return y


class MultinomialNB(_Counted):
    """Counts: `MultinomialNB._joint_log_likelihood`."""


class ComplementNB(_Counted):
    """Counts of all other classes: `ComplementNB._joint_log_likelihood`, which has priors for one class alone."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if len(self.classes_) > 1:
            self._offset = np.zeros(len(self.classes_))


class BernoulliNB(_Counted):
    """Features that apply or not: `BernoulliNB._joint_log_likelihood`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._threshold = state.number("binarize") if state.has("binarize") else None
        self.takes_sparse = self.reads_sparse = self._threshold is None or self._threshold >= 0
        with np.errstate(all="ignore"):
            absent = np.log(1 - np.exp(self._weights))
            self._weights = self._weights - absent
            self._offset = self._offset + absent.sum(axis=1)

    def _counts(self, X: Any) -> Any:
        if self._threshold is None:
            return X
        above = self._threshold < X
        return above if isinstance(above, NotDense) else above.astype(np.float64)


class CategoricalNB(_NaiveBayes):
    """A share for each category, by its number: `CategoricalNB._joint_log_likelihood`."""

    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        classes = len(self.classes_)
        self._shares = [share.T for share in state.float_arrays("feature_log_prob_", self.n_features_in_)]
        if not all(share.ndim == 2 and share.shape[1] == classes and len(share) for share in self._shares):
            raise state.damaged("has categories for other classes")
        self._offset = state.floats("class_log_prior_", (classes,))

    def _joint(self, X: Floats) -> Floats:
        y = np.zeros((len(X), len(self.classes_)))
        for column, share in enumerate(self._shares):
            numbers = X[:, column]
            # Fractions are cut off, as by scikit-learn.
            if not ((numbers > -1) & (numbers < len(share))).all():
                self._refuse_numbers(column, numbers, len(share))
            y += share[numbers.astype(np.int64)]
        return y + self._offset

    def _refuse_numbers(self, column: int, numbers: Floats, count: int) -> None:
        low = numbers <= -1
        if low.any():
            raise RowsRefused(np.flatnonzero(low).tolist(), column, "minimum", "must be at least 0")
        rows = np.flatnonzero(numbers >= count).tolist()
        raise RowsRefused(rows, column, "maximum", f"must be at most {count - 1}")

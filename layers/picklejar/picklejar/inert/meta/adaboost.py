"""AdaBoost: any estimators, weighted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.composite import classes_of, one_column, require
from picklejar.inert.base.estimator import InertEstimator, Matrix
from picklejar.inert.base.special import softmax
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Boosting(InertEstimator):
    """Estimators with weights: `BaseWeightBoosting`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._parts: list[Any] = state.estimators("estimators_")
        # Boosting that ended early leaves the weights of what was not fitted.
        self._weights = state.floats("estimator_weights_", (None,))
        if not 0 < len(self._parts) <= len(self._weights):
            raise state.damaged("has more estimators than weights, or none")
        if any(part.n_features_in_ != self.n_features_in_ for part in self._parts):
            raise state.damaged("is made of estimators with other features")
        require(state, self._parts, "predict")
        self.takes_text = all(part.takes_text for part in self._parts)

    def largest_term(self, X: Matrix) -> float:
        return float(max(part.largest_term(X) for part in self._parts))


class AdaBoostRegressor(_Boosting):
    """The weighted median of the estimators' predictions: `AdaBoostRegressor._get_median_predict`."""

    def predict(self, X: Matrix) -> Floats:
        answers = np.stack([one_column(part.predict(X)) for part in self._parts], axis=1)
        order = answers.argsort(axis=1)
        reached = self._weights[order].cumsum(axis=1)
        place = (reached >= 0.5 * reached[:, -1:]).argmax(axis=1)
        rows = np.arange(len(X))
        y: Floats = answers[rows, order[rows, place]]
        return y


class AdaBoostClassifier(_Boosting):
    """Weighted votes, or before 1.6 probabilities: `AdaBoostClassifier.decision_function`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        algorithm = state.choice("algorithm", "SAMME", "SAMME.R", "deprecated", default="SAMME")
        self._by_probability = algorithm == "SAMME.R"
        self._only_for = state.before("1.3")
        self._by_mean = state.before("0.22") and not self._by_probability
        if len(self.classes_) < 2:
            raise state.unsupported("one class")
        require(state, self._parts, "predict_proba" if self._by_probability or self._by_mean else "predict")
        labels, self._wants_all = set(self.classes_.tolist()), self._by_probability or self._by_mean
        for part in self._parts:
            own = classes_of(state, part)
            if not labels >= set(own.tolist()) or (self._wants_all and len(own) != len(labels)):
                raise state.damaged("is made of classifiers of other classes")

    def decision_function(self, X: Matrix) -> Floats:
        return self._scores(X)

    def predict(self, X: Matrix) -> NDArray[Any]:
        scores = self._scores(X)
        y: NDArray[Any] = self.classes_[(scores > 0).view(np.int8) if scores.ndim == 1 else scores.argmax(axis=1)]
        return y

    def predict_proba(self, X: Matrix) -> Floats:
        if self._by_mean:  # until 0.21
            means = sum(
                part.predict_proba(X) * weight for part, weight in zip(self._parts, self._weights, strict=False)
            )
            return softmax(means / self._weights.sum() / (len(self.classes_) - 1))
        scores = self._scores(X)
        if scores.ndim == 1:
            return softmax(np.stack([-scores, scores], axis=1) / 2)
        return softmax(scores / (len(self.classes_) - 1))

    def _scores(self, X: Matrix) -> Floats:
        total = np.zeros((len(X), len(self.classes_)))
        for part, weight in zip(self._parts, self._weights, strict=False):
            total += self._log_shares(part, X) if self._by_probability else self._votes(part, X, weight)
        total /= self._weights.sum()
        if len(self.classes_) == 2:
            total[:, 0] *= -1
            return total.sum(axis=1)
        return total

    def _votes(self, part: Any, X: Matrix, weight: float) -> Floats:
        # Before 1.3 a vote for one class was none against the others.
        others = 0.0 if self._only_for else -1 / (len(self.classes_) - 1) * weight
        return np.where(part.predict(X)[:, None] == self.classes_, weight, others)

    def _log_shares(self, part: Any, X: Matrix) -> Floats:
        n = len(self.classes_)
        logs = np.log(np.maximum(part.predict_proba(X), np.finfo(np.float64).eps))
        shares: Floats = (n - 1) * (logs - (1 / n) * logs.sum(axis=1, keepdims=True))
        return shares

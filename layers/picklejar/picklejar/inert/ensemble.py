"""Ensembles of any estimators: bagging, boosting by weights, voting and stacking, by sklearn/ensemble."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.errors import RowsRefused
from picklejar.inert.composite import Composite, classes_of, one_column, places_of, require
from picklejar.inert.estimator import InertEstimator, Matrix, available_if
from picklejar.inert.special import softmax
from picklejar.inert.state import EstimatorState, Floats


class _Bagging(InertEstimator):
    """Estimators on columns of their own: `BaseBagging` of sklearn/ensemble/_bagging.py."""

    takes_text = True
    takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._parts: list[Any] = state.estimators("estimators_")
        self._columns = [
            _columns(state, given, part, self.n_features_in_)
            for given, part in zip(state.sequence("estimators_features_", len(self._parts)), self._parts, strict=True)
        ]
        if not self._parts:
            raise state.damaged("has no estimators")

    def _mean(self, method: str, X: Matrix) -> Floats:
        total = np.zeros(())
        for part, columns in zip(self._parts, self._columns, strict=True):
            answer = _on_columns(part, method, X, columns)
            total = _added(total, answer)
        total /= len(self._parts)
        return total


class BaggingRegressor(_Bagging):
    """The mean of the estimators' predictions: `BaggingRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        require(state, self._parts, "predict")

    def predict(self, X: Matrix) -> Floats:
        """Return y of shape (rows,), or (rows, targets)."""
        return self._mean("predict", X)


class BaggingClassifier(_Bagging):
    """The mean of the estimators' probabilities, or their votes where they have none: `BaggingClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        self._places = [places_of(state, part, len(self.classes_)) for part in self._parts]
        require(state, self._parts, "predict")

    def predict(self, X: Matrix) -> NDArray[Any]:
        """Return the label with the highest mean probability."""
        y: NDArray[Any] = self.classes_[self._probabilities(X).argmax(axis=1)]
        return y

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities of shape (rows, classes)."""
        return self._probabilities(X)

    @available_if(lambda self: hasattr(self._parts[0], "decision_function"))
    def decision_function(self, X: Matrix) -> Floats:
        """Return the mean scores of shape (rows, classes), or (rows,) of the second of two classes."""
        return self._mean("decision_function", X)

    def _probabilities(self, X: Matrix) -> Floats:
        total = np.zeros((len(X), len(self.classes_)))
        for part, columns, places in zip(self._parts, self._columns, self._places, strict=True):
            if not hasattr(part, "predict_proba"):
                total[np.arange(len(X)), _on_columns(part, "predict", X, columns)] += 1
            elif len(places) == len(self.classes_):
                total += _on_columns(part, "predict_proba", X, columns)
            else:
                total[:, places] += _on_columns(part, "predict_proba", X, columns)
        total /= len(self._parts)
        return total


def _columns(state: EstimatorState, given: Any, part: InertEstimator, n: int) -> NDArray[Any] | None:
    """Return the columns of X that a part is given, None for all of them as they are."""
    columns = state.array_of(given)
    if columns.dtype.kind not in "iu" or columns.shape != (part.n_features_in_,):
        raise state.damaged("has other columns in estimators_features_ than its estimators")
    if columns.min() < 0 or columns.max() >= n:
        raise state.damaged("has a column in estimators_features_ that X has not")
    return None if np.array_equal(columns, np.arange(n)) else columns


def _on_columns(part: Any, method: str, X: Matrix, columns: NDArray[Any] | None) -> Any:
    if columns is None:
        return getattr(part, method)(X)
    try:
        return getattr(part, method)(X[:, columns])
    except RowsRefused as refusal:
        # The part knows its own columns alone.
        column = int(columns[refusal.column])
        raise RowsRefused(refusal.rows, column, refusal.rule, refusal.sentence) from None


def _added(total: Floats, answer: Any) -> Floats:
    """Return the sum in place; never by broadcasting, which would make a square of two columns' length."""
    if not total.shape:
        return np.array(answer, dtype=np.float64)
    total += answer
    return total


class _Boosting(InertEstimator):
    """Estimators with weights: `BaseWeightBoosting` of sklearn/ensemble/_weight_boosting.py."""

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


class AdaBoostRegressor(_Boosting):
    """The weighted median of the estimators' predictions: `AdaBoostRegressor._get_median_predict`."""

    def predict(self, X: Matrix) -> Floats:
        """Return y of shape (rows,)."""
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
        if len(self.classes_) < 2:
            raise state.unsupported("one class")
        require(state, self._parts, "predict_proba" if self._by_probability else "predict")
        labels = set(self.classes_.tolist())
        for part in self._parts:
            own = classes_of(state, part)
            if not labels >= set(own.tolist()) or (self._by_probability and len(own) != len(labels)):
                raise state.damaged("is made of classifiers of other classes")

    def decision_function(self, X: Matrix) -> Floats:
        """Return the scores of shape (rows, classes), or (rows,) of the second of two classes."""
        return self._scores(X)

    def predict(self, X: Matrix) -> NDArray[Any]:
        """Return the label with the largest score."""
        scores = self._scores(X)
        y: NDArray[Any] = self.classes_[(scores > 0).view(np.int8) if scores.ndim == 1 else scores.argmax(axis=1)]
        return y

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities of shape (rows, classes), by equation 15 of Zhu, Zou, Rosset and Hastie (2009)."""
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
        others = -1 / (len(self.classes_) - 1) * weight
        return np.where(part.predict(X)[:, None] == self.classes_, weight, others)

    def _log_shares(self, part: Any, X: Matrix) -> Floats:
        """Return the logarithms of probabilities, centred: `_samme_proba` of scikit-learn 1.5."""
        n = len(self.classes_)
        logs = np.log(np.maximum(part.predict_proba(X), np.finfo(np.float64).eps))
        shares: Floats = (n - 1) * (logs - (1 / n) * logs.sum(axis=1, keepdims=True))
        return shares


class _Voting(Composite):
    """Estimators that are each asked, with weights: `_BaseVoting` of sklearn/ensemble/_voting.py."""

    def __init__(self, state: EstimatorState) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        require(state, self._parts, "predict")
        self._weights = self._weights_of_parts(state) if state.has("weights") else None

    def _weights_of_parts(self, state: EstimatorState) -> Floats:
        given = state.sequence("estimators")
        weights = state.numbers("weights", len(given))
        named = [one for one in given if isinstance(one, tuple | list) and len(one) == 2]
        kept = weights[[one[1] != "drop" for one in named]] if len(named) == len(given) else weights[:0]
        if len(kept) != len(self._parts):
            raise state.damaged("has a number of weights other than of estimators")
        if (kept < 0).any() or not kept.any():
            raise state.unsupported("weights below 0, or all of them 0")
        return kept

    def _predictions(self, X: Matrix) -> NDArray[Any]:
        return np.stack([part.predict(X) for part in self._parts]).T


class VotingRegressor(_Voting):
    """The mean of the predictions: `VotingRegressor`."""

    def predict(self, X: Matrix) -> Floats:
        """Return y of shape (rows,)."""
        y: Floats = np.average(self._predictions(X), axis=1, weights=self._weights)
        return y

    def transform(self, X: Matrix) -> NDArray[Any]:
        """Return the predictions of each estimator, of shape (rows, estimators)."""
        return self._predictions(X)


class VotingClassifier(_Voting):
    """The label with the most votes, or with the highest mean probability: `VotingClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        self._soft = state.choice("voting", "hard", "soft") == "soft"
        self._flat = state.flag("flatten_transform")
        require(state, self._parts, "predict_proba" if self._soft else "predict")
        if any(len(places_of(state, part, len(self.classes_))) != len(self.classes_) for part in self._parts):
            raise state.damaged("is made of classifiers of fewer classes")

    def predict(self, X: Matrix) -> NDArray[Any]:
        """Return the label chosen, of equals the first."""
        if self._soft:
            chosen = self._probabilities(X).argmax(axis=1)
        else:
            votes, rows = np.zeros((len(X), len(self.classes_))), np.arange(len(X))
            weights = np.ones(len(self._parts)) if self._weights is None else self._weights
            for part, weight in zip(self._parts, weights, strict=True):
                votes[rows, part.predict(X)] += weight
            chosen = votes.argmax(axis=1)
        y: NDArray[Any] = self.classes_[chosen]
        return y

    @available_if(lambda self: self._soft)
    def predict_proba(self, X: Matrix) -> Floats:
        """Return the mean probabilities of shape (rows, classes)."""
        return self._probabilities(X)

    def transform(self, X: Matrix) -> NDArray[Any]:
        """Return the labels' places, of shape (rows, estimators), or what each estimator thinks probable.

        That is of shape (rows, estimators * classes), or (estimators, rows, classes) with flatten_transform=False.
        """
        if not self._soft:
            return self._predictions(X)
        each = [part.predict_proba(X) for part in self._parts]
        return np.hstack(each) if self._flat else np.stack(each)

    def _probabilities(self, X: Matrix) -> Floats:
        each = np.stack([part.predict_proba(X) for part in self._parts])
        mean: Floats = np.average(each, axis=0, weights=self._weights)
        return mean


class _Stacking(Composite):
    """Estimators whose answers another one is given: `_BaseStacking` of sklearn/ensemble/_stacking.py."""

    def __init__(self, state: EstimatorState) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        self._methods = state.sequence("stack_method_", len(self._parts))
        for part, method in zip(self._parts, self._methods, strict=True):
            if method not in ("predict_proba", "decision_function", "predict"):
                raise state.damaged("has a method in stack_method_ that is none")
            require(state, [part], method)
        self._passthrough = state.flag("passthrough")
        self._final: Any = state.estimator("final_estimator_")
        require(state, [self._final], "predict")
        # Whether the first of two probabilities, which follows from the second, is left out.
        self._binary = False

    def transform(self, X: Matrix) -> Matrix:
        """Return what the final estimator is given, of shape (rows, columns)."""
        return self._stacked(X)

    def _stacked(self, X: Matrix) -> Matrix:
        answers = []
        for part, method in zip(self._parts, self._methods, strict=True):
            answer = getattr(part, method)(X)
            if answer.ndim == 1:
                answer = answer.reshape(-1, 1)
            elif self._binary and method == "predict_proba":
                answer = answer[:, 1:]
            answers.append(answer)
        if self._passthrough:
            answers.append(X)
        return np.hstack(answers)


class StackingRegressor(_Stacking):
    """What the final estimator predicts: `StackingRegressor`."""

    def predict(self, X: Matrix) -> Floats:
        """Return y of shape (rows,), or (rows, targets)."""
        y: Floats = self._final.predict(self._stacked(X))
        return y


class StackingClassifier(_Stacking):
    """What the final classifier predicts: `StackingClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if isinstance(state.value("classes_"), list):
            raise state.unsupported("several targets")
        self.classes_ = state.labels("classes_")
        self._binary = len(self.classes_) == 2
        places_of(state, self._final, len(self.classes_))

    def predict(self, X: Matrix) -> NDArray[Any]:
        """Return the final classifier's labels."""
        y: NDArray[Any] = self.classes_[self._final.predict(self._stacked(X))]
        return y

    @available_if(lambda self: hasattr(self._final, "predict_proba"))
    def predict_proba(self, X: Matrix) -> Floats:
        """Return the final classifier's probabilities, of shape (rows, classes)."""
        p: Floats = self._final.predict_proba(self._stacked(X))
        return p

    @available_if(lambda self: hasattr(self._final, "decision_function"))
    def decision_function(self, X: Matrix) -> Floats:
        """Return the final classifier's scores, of its shape."""
        scores: Floats = self._final.decision_function(self._stacked(X))
        return scores

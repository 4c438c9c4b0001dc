"""One estimator for each class, pair of classes or target: sklearn/multiclass.py and sklearn/multioutput.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.composite import (
    Composite,
    binary_scores,
    is_regressor,
    one_column,
    one_versus_one,
    refuse_near,
    require,
)
from picklejar.inert.base.estimator import InertEstimator, Matrix, available_if, refuse_one_class
from picklejar.inert.reading.state import EstimatorState, Floats, Integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORES = ("decision_function", "predict_proba", "predict")


class ConstantPredictor(InertEstimator):
    """A class that all rows had, or none: `_ConstantPredictor`."""

    takes_text = True
    takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._y = state.floats("y_", (1,))

    def predict(self, X: Matrix) -> Floats:
        return np.repeat(self._y, len(X))

    def decision_function(self, X: Matrix) -> Floats:
        return np.repeat(self._y, len(X))

    def predict_proba(self, X: Matrix) -> Floats:
        return np.tile([1 - self._y[0], self._y[0]], (len(X), 1))


def _threshold(part: Any) -> float:
    return 0.0 if hasattr(part, "decision_function") and hasattr(part, "classes_") else 0.5


def one_versus_rest(state: EstimatorState) -> InertEstimator:
    """Return the classifier of one label or of several."""
    binarizer = state.part("label_binarizer_", "sklearn.preprocessing._label.LabelBinarizer")
    kind = binarizer.choice("y_type_", "binary", "multiclass", "multilabel-indicator")
    binarizer.choice("sparse_input_", False)
    classes = binarizer.labels("classes_")
    return (_SeveralLabels if kind == "multilabel-indicator" else _OneVersusRest)(state, classes)


class _OneVersusAll(Composite):
    """One estimator for each class: `OneVsRestClassifier`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState, classes: NDArray[Any]) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        require(state, self._parts, *SCORES)
        self.classes_ = classes

    @available_if(lambda self: hasattr(self._parts[0], "decision_function"))
    def decision_function(self, X: Matrix) -> Floats:
        if len(self._parts) == 1:
            return one_column(self._parts[0].decision_function(X))
        return np.stack([one_column(part.decision_function(X)) for part in self._parts], axis=1)

    def _each(self, X: Matrix) -> Floats:
        return np.stack([part.predict_proba(X)[:, 1] for part in self._parts], axis=1)


class _OneVersusRest(_OneVersusAll):
    """The class with the highest score: `OneVsRestClassifier` with one label."""

    def __init__(self, state: EstimatorState, classes: NDArray[Any]) -> None:
        super().__init__(state, classes)
        refuse_one_class(state, classes)
        if len(classes) != max(len(self._parts), 2) or len(self._parts) == 2:
            raise state.damaged("has a number of classes other than of estimators")
        # Of equals the first wins since 1.8, and won the last before.
        self._last_wins = state.before("1.8")
        # Until 1.6 a row that no class claims had no probabilities.
        self._divides_all = state.before("1.7")

    def predict(self, X: Matrix) -> NDArray[Any]:
        scores = [binary_scores(part, X) for part in self._parts]
        if len(scores) == 1:
            chosen: NDArray[Any] = (scores[0] > _threshold(self._parts[0])).view(np.int8)
        else:
            refuse_near(np.stack(scores, axis=1), self._parts)
            chosen = self._winners(scores)
        y: NDArray[Any] = self.classes_[chosen]
        return y

    def _winners(self, scores: list[Floats]) -> Integers:
        highest = np.full(len(scores[0]), -np.inf)
        winners = np.zeros(len(scores[0]), dtype=np.int64)
        for place in range(len(scores)) if self._last_wins else reversed(range(len(scores))):
            # From a score on that is NaN nothing is equal to it, and who led before is the winner.
            np.maximum(highest, scores[place], out=highest)
            winners[highest == scores[place]] = place
        return winners

    @available_if(lambda self: hasattr(self._parts[0], "predict_proba"))
    def predict_proba(self, X: Matrix) -> Floats:
        p = self._each(X)
        if p.shape[1] == 1:
            p = np.concatenate((1 - p, p), axis=1)
        total = p.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            return np.divide(p, total, out=p, where=(total != 0) | self._divides_all)


class _SeveralLabels(_OneVersusAll):
    """Each label by its own estimator: `OneVsRestClassifier` with several labels."""

    def __init__(self, state: EstimatorState, classes: NDArray[Any]) -> None:
        super().__init__(state, classes)
        if len(classes) != len(self._parts):
            raise state.damaged("has a number of classes other than of estimators")

    def predict(self, X: Matrix) -> Integers:
        threshold = _threshold(self._parts[0])
        return np.stack([binary_scores(part, X) > threshold for part in self._parts], axis=1).astype(np.int64)

    @available_if(lambda self: hasattr(self._parts[0], "predict_proba"))
    def predict_proba(self, X: Matrix) -> Floats:
        return self._each(X)


class OneVersusOneClassifier(Composite):
    """One estimator for each pair of classes: `OneVsOneClassifier`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        self.classes_ = state.labels("classes_")
        if len(self._parts) != len(self.classes_) * (len(self.classes_) - 1) // 2:
            raise state.damaged("has a number of estimators other than of pairs of classes")
        # Before 1.1 probabilities, too, were compared with 0.
        self._is_old = state.before("1.1")
        # Until 0.20 the scores of a row were scaled by those of the others.
        self._depends_on_rows = state.before("0.21")
        if state.has("pairwise_indices_"):
            raise state.unsupported("a kernel that was computed before")
        require(state, self._parts, "predict")
        require(state, self._parts, *SCORES)

    @available_if(lambda self: not self._depends_on_rows)
    def decision_function(self, X: Matrix) -> Floats:
        return self._scores(X)

    def predict(self, X: Matrix) -> NDArray[Any]:
        scores = self._scores(X)
        binary = scores.ndim == 1
        if not binary:
            refuse_near(scores, self._parts)
        threshold = 0.0 if self._is_old else _threshold(self._parts[0])
        chosen = (scores > threshold).view(np.int8) if binary else scores.argmax(axis=1)
        y: NDArray[Any] = self.classes_[chosen]
        return y

    def _scores(self, X: Matrix) -> Floats:
        chosen = np.stack([one_column(part.predict(X)) for part in self._parts], axis=1)
        scores = np.stack([binary_scores(part, X) for part in self._parts], axis=1)
        y = one_versus_one(chosen == 0, chosen == 1, scores, len(self.classes_))
        return y[:, 1] if len(self.classes_) == 2 else y


class MultiOutputRegressor(Composite):
    """One regressor for each target: `_MultiOutputEstimator.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        require(state, self._parts, "predict")

    def predict(self, X: Matrix) -> Floats:
        return np.stack([one_column(part.predict(X)) for part in self._parts], axis=1)


class MultiOutputClassifier(Composite):
    """One classifier for each target: `MultiOutputClassifier.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        self._parts: list[Any] = state.estimators("estimators_")
        super().__init__(state, self._parts)
        require(state, self._parts, "predict")
        self.classes_ = [getattr(part, "classes_", ()) for part in self._parts]
        if not all(len(classes) for classes in self.classes_):
            raise state.damaged("has an estimator without classes")

    def predict(self, X: Matrix) -> NDArray[Any]:
        return np.stack([part.predict(X) for part in self._parts], axis=1)

    @available_if(lambda self: all(hasattr(part, "predict_proba") for part in self._parts))
    def predict_proba(self, X: Matrix) -> list[Floats]:
        return [part.predict_proba(X) for part in self._parts]


class _Chain(InertEstimator):
    """Estimators that are given the answers of those before: `_BaseChain`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._parts: list[Any] = state.estimators("estimators_")
        if [part.n_features_in_ for part in self._parts] != [self.n_features_in_ + k for k in range(len(self._parts))]:
            raise state.damaged("is made of estimators with other features than those of a chain")
        order = state.numbers("order_", len(self._parts))
        if sorted(order.tolist()) != [*range(len(self._parts))] or not self._parts:
            raise state.damaged("has no order in order_")
        self._inverse = order.argsort()
        methods = ("decision_function", "predict_proba", "predict_log_proba", "predict")
        self._method = state.choice("chain_method_", *methods, default="predict")
        if self._method == "predict_log_proba":
            raise state.unsupported("chain_method='predict_log_proba'")
        require(state, self._parts, self._method)
        require(state, self._parts, "predict")

    def predict(self, X: Floats) -> Floats:
        return self._answers(X, "predict")

    def largest_term(self, X: Floats) -> float:
        return float(max(part.largest_term(known) for part, known in self._asked(X)))

    def _answers(self, X: Floats, method: str) -> Floats:
        answers = np.stack([_positive(part, method, known) for part, known in self._asked(X)], axis=1)
        return answers[:, self._inverse]

    def _asked(self, X: Floats) -> Iterator[tuple[Any, Floats]]:
        """Yield each estimator with what it is given: X, and the answers of those before."""
        given = np.zeros((len(X), self.n_features_in_ + len(self._parts)))
        given[:, : self.n_features_in_] = X
        for place, part in enumerate(self._parts):
            known = given[:, : self.n_features_in_ + place]
            yield part, known
            given[:, self.n_features_in_ + place] = _positive(part, self._method, known)


def _positive(part: Any, method: str, X: Floats) -> Floats:
    answer = getattr(part, method)(X)
    return answer[:, 1] if method == "predict_proba" else one_column(answer)


class RegressorChain(_Chain):
    """One regressor after another: `RegressorChain`."""


class ClassifierChain(_Chain):
    """One classifier of two classes after another: `ClassifierChain`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = [getattr(part, "classes_", ()) for part in self._parts]
        if any(len(classes) != 2 for classes in self.classes_) or any(is_regressor(part) for part in self._parts):
            raise state.unsupported("targets of more than two classes")

    @available_if(lambda self: all(hasattr(part, "predict_proba") for part in self._parts))
    def predict_proba(self, X: Floats) -> Floats:
        return self._answers(X, "predict_proba")

    @available_if(lambda self: all(hasattr(part, "decision_function") for part in self._parts))
    def decision_function(self, X: Floats) -> Floats:
        return self._answers(X, "decision_function")

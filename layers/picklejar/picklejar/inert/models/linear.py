"""Linear models: X @ coef_.T + intercept_, as sklearn/linear_model/_base.py computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picklejar.inert.base.estimator import InertEstimator, NotDense, Ties, refuse_one_class
from picklejar.inert.base.special import expit, shares, softmax, two_columns
from picklejar.inert.reading.state import EstimatorState, Floats, Integers, State

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LinearRegressor(InertEstimator):
    """Regression by coefficients: `LinearModel._decision_function`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._coef, self._intercept = _parameters(state, self.n_features_in_)

    def predict(self, X: Floats) -> Floats:
        y: Floats = X @ self._coef + self._intercept
        return y

    def largest_term(self, X: Floats) -> float:
        return _largest_term(X, self._coef, self._intercept)


class LogLinkRegressor(LinearRegressor):
    """Regression of a logarithm: `_GeneralizedLinearRegressor.predict`."""

    def predict(self, X: Floats) -> Floats:
        with np.errstate(over="ignore"):
            y: Floats = np.exp(X @ self._coef + self._intercept)
        return y


def tweedie_regressor(state: EstimatorState) -> InertEstimator:
    """Return the regressor of the link of the loss that it was fitted by, whatever its parameters are now."""
    if state.before("1.1"):
        links = "sklearn.linear_model._glm.link.LogLink", "sklearn.linear_model._glm.link.IdentityLink"
        link = state.part("_link_instance", *links).class_name
        return LinearRegressor(state) if link.endswith("IdentityLink") else LogLinkRegressor(state)
    losses = "sklearn._loss.loss.HalfTweedieLoss", "sklearn._loss.loss.HalfTweedieLossIdentity"
    identity = state.part("_base_loss", *losses).class_name.endswith("Identity")
    return LinearRegressor(state) if identity else LogLinkRegressor(state)


class LinearClassifier(InertEstimator):
    """Classification by coefficients: `LinearClassifierMixin`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState, holder: State | None = None) -> None:
        super().__init__(state)
        self.classes_ = (holder or state).labels("classes_")
        refuse_one_class(state, self.classes_)
        self._coef, self._intercept = _parameters(state, self.n_features_in_)
        self._ties = Ties(state)
        scores = self._coef.shape[1] if self._coef.ndim == 2 else 1
        classes = len(self.classes_)
        # Where some classes had weights of 0 alone, liblinear has no scores for them, and takes others for the first.
        fewer = not hasattr(type(self), "predict_proba") and 0 < scores < classes
        self.has_fewer_scores = fewer and classes > 2
        if not fewer and (scores in (0, 2) or classes != max(scores, 2)):
            raise state.damaged(f"has {len(self.classes_)} classes and coefficients for {scores}")

    def decision_function(self, X: Floats) -> Floats:
        return self._scores(X)

    def largest_term(self, X: Floats) -> float:
        return _largest_term(X, self._coef, self._intercept)

    def predict(self, X: Floats) -> NDArray[np.generic]:
        scores = self._scores(X)
        self._ties.settle(scores, X, self._coef, self._intercept)
        y: NDArray[np.generic] = self.classes_[
            (scores > 0).view(np.int8) if scores.ndim == 1 else scores.argmax(axis=1)
        ]
        return y

    def _scores(self, X: Floats) -> Floats:
        scores: Floats = X @ self._coef + self._intercept
        return scores.reshape(-1) if scores.ndim == 2 and scores.shape[1] == 1 else scores


class OneVersusRestClassifier(LinearClassifier):
    """Probabilities by one logistic function a class: `LinearClassifierMixin._predict_proba_lr`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        # Until 1.8 a row far from all classes had no probabilities.
        self._has_always = not state.before("1.9")

    def predict_proba(self, X: Floats) -> Floats:
        p = expit(self._scores(X))
        if p.ndim == 1:
            return two_columns(p)
        if self._has_always:
            return shares(p)
        with np.errstate(invalid="ignore"):
            p /= p.sum(axis=1, keepdims=True)
        return p


class SoftmaxClassifier(LinearClassifier):
    """Probabilities by one softmax: `LogisticRegression.predict_proba`."""

    def predict_proba(self, X: Floats) -> Floats:
        scores = self._scores(X)
        return softmax(scores if scores.ndim == 2 else np.stack([-scores, scores], axis=1))


class ModifiedHuberClassifier(LinearClassifier):
    """Probabilities by scores clipped: `SGDClassifier.predict_proba` with loss="modified_huber"."""

    def predict_proba(self, X: Floats) -> Floats:
        p: Floats = (np.clip(self._scores(X), -1, 1) + 1) / 2
        return two_columns(p) if p.ndim == 1 else shares(p)


def logistic_classifier(state: EstimatorState) -> InertEstimator:
    """Return the classifier of the scheme that `LogisticRegression.predict_proba` chooses.

    Before 1.8 `multi_class` says it, and the solver where that is left open; before 1.6 newton-cholesky had no
    multinomial loss. Since 1.8 more than two classes are multinomial, whatever solver was set after the fit.
    """
    solvers = ("liblinear", "newton-cholesky") if state.before("1.6") else ("liblinear",)
    scheme = "auto"
    if state.before("1.8"):
        scheme = state.choice("multi_class", "auto", "deprecated", "ovr", "multinomial", "warn", default="deprecated")
        if scheme == "warn":  # of 0.20 and 0.21, in which the default was to change
            scheme = "ovr"
    if scheme in ("auto", "deprecated"):
        binary = len(state.labels("classes_")) <= 2
        one_versus_rest = state.before("1.8") and state.value("solver") in solvers
        scheme = "ovr" if binary or one_versus_rest else "multinomial"
    return OneVersusRestClassifier(state) if scheme == "ovr" else SoftmaxClassifier(state)


def sgd_classifier(state: EstimatorState) -> InertEstimator:
    """Return the classifier with the probabilities of its loss: `SGDClassifier.predict_proba`."""
    with_probabilities: dict[str, type[LinearClassifier]] = {
        "log_loss": OneVersusRestClassifier,
        "modified_huber": ModifiedHuberClassifier,
    }
    if state.before("1.3"):  # by its name until 1.0
        with_probabilities["log"] = OneVersusRestClassifier
    loss = state.value("loss")
    return with_probabilities.get(loss if type(loss) is str else "", LinearClassifier)(state)


class LabelsClassifier(InertEstimator):
    """Several labels at once: `_RidgeClassifierMixin.predict` of sklearn/linear_model/_ridge.py, labels as 0 and 1."""

    reads_sparse = True

    def __init__(self, state: EstimatorState, binarizer: State) -> None:
        super().__init__(state)
        self._coef, self._intercept = _parameters(state, self.n_features_in_)
        if self._coef.ndim == 1 or self._coef.shape[1] < 2:
            raise state.damaged("has coefficients for one label where there are several")
        binarizer.choice("sparse_input_", False)
        self.classes_ = binarizer.labels("classes_", self._coef.shape[1])

    def decision_function(self, X: Floats) -> Floats:
        return self._scores(X)

    def predict(self, X: Floats) -> Integers:
        return (self._scores(X) > 0).astype(np.int64)

    def _scores(self, X: Floats) -> Floats:
        scores: Floats = X @ self._coef + self._intercept
        return scores


def ridge_classifier(state: EstimatorState) -> InertEstimator:
    """Return the classifier of one label or of several, as the targets of the fit were."""
    binarizer = state.part("_label_binarizer", "sklearn.preprocessing._label.LabelBinarizer")
    several = binarizer.choice("y_type_", "binary", "multiclass", "multilabel-indicator") == "multilabel-indicator"
    if several and state.before("1.0"):
        raise state.unsupported("several labels, of which releases before 1.0 predicted one,")
    return (LabelsClassifier if several else LinearClassifier)(state, binarizer)


class OutlierClassifier(InertEstimator):
    """Inliers as 1 and outliers as -1: `SGDOneClassSVM`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._coef = state.floats("coef_", (self.n_features_in_,))
        self._offset = state.floats("offset_", (1,))

    def decision_function(self, X: Floats) -> Floats:
        return self._scores(X)

    def score_samples(self, X: Floats) -> Floats:
        return self._scores(X) + self._offset

    def largest_term(self, X: Floats) -> float:
        return _largest_term(X, self._coef, self._offset)

    def predict(self, X: Floats) -> NDArray[np.int32]:
        return np.where(self._scores(X) >= 0, 1, -1).astype(np.int32)

    def _scores(self, X: Floats) -> Floats:
        y: Floats = X @ self._coef - self._offset
        return y


def _largest_term(X: Floats, coef: Floats, intercept: Floats | float) -> float:
    sizes = np.abs(coef.reshape(len(coef), -1)).max(axis=1, initial=0)
    with np.errstate(all="ignore"):
        largest = X.largest(sizes) if isinstance(X, NotDense) else (np.abs(X) * sizes).max(initial=0)
        return float(max(largest, np.abs(intercept).max(initial=0)))


def _parameters(state: EstimatorState, n: int) -> tuple[Floats, Floats | float]:
    # In the file's order: BLAS adds otherwise in another one, and a tie becomes another label.
    coef = state.kept_floats("coef_", (n,), (None, n), ()).astype(np.float64, copy=False)
    if not coef.ndim:
        raise state.unsupported("one coefficient without a feature, with which scikit-learn cannot predict,")
    if isinstance(state.value("intercept_"), int | float):
        return coef.T, state.number_or_nan("intercept_")  # NaN of numbers too small to fit; so are all answers
    return coef.T, state.floats("intercept_", (1,) if coef.ndim == 1 else (len(coef),))

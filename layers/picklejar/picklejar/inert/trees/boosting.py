"""Gradient boosting by trees: sklearn/ensemble/_gb.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, InertEstimator, refuse_equal_shares
from picklejar.inert.base.special import EPSILON, expit, softmax, two_columns
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import EstimatorState, Floats, State
from picklejar.inert.reading.storage import Given, Precision
from picklejar.inert.trees.decision import forest_of, to_float32

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOSSES = "sklearn._loss.loss."
# Up to 1.3: sklearn/ensemble/_gb_losses.py; by the names of today.
OLD_LOSSES = {
    "LeastSquaresError": "HalfSquaredError",
    "LeastAbsoluteError": "AbsoluteError",
    "HuberLossFunction": "HuberLoss",
    "QuantileLossFunction": "PinballLoss",
    "BinomialDeviance": "HalfBinomialLoss",
    "ExponentialLoss": "ExponentialLoss",
    "MultinomialDeviance": "HalfMultinomialLoss",
}
# Up to 0.20: what the trees are added to, by the attribute of its number, or numbers.
CONSTANTS = {
    f"sklearn.ensemble._gb.{name}Estimator": attribute
    for name, attribute in {
        "Quantile": "quantile",
        "Mean": "mean",
        "LogOdds": "prior",
        "ScaledLogOdds": "prior",
        "PriorProbability": "priors",
        "Zero": "",
    }.items()
}
# What answers to float32 as to float64: by comparisons, or because it computes in float64 alone.
BEGINNINGS = "dummy", "tree", "svm", "ensemble._forest", "ensemble._gb", "ensemble._hist_gradient_boosting"
EXACT = tuple(f"sklearn.{module}." for module in BEGINNINGS)
# These have a logarithm's exponential, which float32 ends at 3e38.
EXPONENTIAL = "sklearn.linear_model._glm."


class _Boosted(InertEstimator):
    """An initial estimate and the trees' values, each times the learning rate: `_raw_predict`."""

    def __init__(self, state: EstimatorState, outputs: int) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.ROUNDED)
        self._outputs = outputs
        records = state.sequence("estimators_")
        trees = [state.part_of(record, "sklearn.tree._classes.DecisionTreeRegressor") for record in records]
        if not trees or len(trees) % outputs:
            raise state.damaged("has no trees, or not as many for each class")
        self._init = self._first(state)
        first = state.value("init_")
        if isinstance(first, Record) and first.name.startswith("sklearn.dummy."):
            # It answers alike whatever X is.
            self._init = self._initial(np.broadcast_to(0.0, (1, self.n_features_in_)))[0]
        # A value times the rate is the same number before as after a row has found it.
        self._forest = forest_of(trees, self.n_features_in_, 1, 1, state.number("learning_rate"))

    def _first(self, state: EstimatorState) -> Any:
        """Return the estimator that it begins with, which has `predict`, or `predict_proba` for classes; or None.

        scikit-learn asks it in float32. Where it then computes in float32, too, no other way of computing comes near
        enough: a probability of one less a ten-millionth has another logarithm, and a near neighbor is another row.
        """
        first = state.value("init_")
        if isinstance(first, Record) and first.name in CONSTANTS:
            return self._constants(state.part("init_", *CONSTANTS))
        if not isinstance(first, Record):
            return None if first == "zero" else state.estimator("init_")
        estimator = state.estimator("init_", Given(state.given, state.precision, self.n_features_in_))
        if not first.name.startswith(EXACT):
            self.tolerance = FLOAT32_TOLERANCE
            is_sum = first.name.startswith("sklearn.linear_model.") and not first.name.startswith(EXPONENTIAL)
            if not is_sum or (hasattr(self, "classes_") and estimator.tolerance >= FLOAT32_TOLERANCE):
                raise state.unsupported(f"init={first.name.rpartition('.')[2]}, which answers in float32,")
        return estimator

    def _constants(self, first: State) -> Floats:
        name = CONSTANTS[first.class_name]
        if not name:
            return np.zeros(self._outputs)
        if self._outputs > 1:
            return first.floats(name, (self._outputs,))
        return np.array([first.number(name)])

    def _raw(self, X: Floats) -> Floats:
        singles = to_float32(X)
        out = np.zeros((self._outputs, len(X), 1))
        if isinstance(self._init, np.ndarray):
            out[:, :, 0] = self._init[:, None]
        elif self._init is not None:
            out[:, :, 0] = self._initial(singles.astype(np.float64)).T
        # `predict_stages` of sklearn/ensemble/_gradient_boosting.pyx: the trees of a stage, one for each output.
        self._forest.add(singles, out)
        return np.ascontiguousarray(out[:, :, 0].T)

    def _initial(self, X: Floats) -> Floats:
        raise NotImplementedError


class BoostedRegressor(_Boosted):
    """`GradientBoostingRegressor`; the link of each loss is the identity."""

    def __init__(self, state: EstimatorState) -> None:
        _loss_of(state, "HalfSquaredError", "AbsoluteError", "HuberLoss", "PinballLoss")
        super().__init__(state, 1)

    def predict(self, X: Floats) -> Floats:
        return self._raw(X)[:, 0]

    def _initial(self, X: Floats) -> Floats:
        return np.asarray(self._init.predict(X), dtype=np.float64).reshape(len(X), 1)


class BoostedClassifier(_Boosted):
    """`GradientBoostingClassifier`, by the link of its loss: sklearn/_loss/link.py."""

    def __init__(self, state: EstimatorState) -> None:
        self._loss = _loss_of(state, "HalfBinomialLoss", "ExponentialLoss", "HalfMultinomialLoss")
        self._is_old = state.before("1.4")
        # Until 1.7 the probability that it begins with was at least float32's epsilon.
        self._least = float(np.finfo(np.float32).eps) if state.before("1.8") else EPSILON
        self.classes_ = state.labels("classes_")
        binary = self._loss != "HalfMultinomialLoss"
        if len(self.classes_) < 2 or binary != (len(self.classes_) == 2):
            raise state.damaged("has more or fewer classes than its loss is for")
        super().__init__(state, 1 if binary else len(self.classes_))

    def decision_function(self, X: Floats) -> Floats:
        raw = self._raw(X)
        return raw[:, 0] if self._outputs == 1 else raw

    def predict(self, X: Floats) -> NDArray[Any]:
        raw = self._raw(X)
        # Before 1.4 the highest of the probabilities decided, save for the exponential loss.
        by_shares = self._is_old and self._loss != "ExponentialLoss"
        if self._outputs > 1:
            if by_shares:
                refuse_equal_shares(raw)
            return self.classes_[raw.argmax(axis=1)]
        is_second = expit(raw[:, 0]) > 0.5 if by_shares else raw[:, 0] >= 0
        return self.classes_[is_second.astype(np.int64)]

    def predict_proba(self, X: Floats) -> Floats:
        raw = self._raw(X)
        if self._outputs > 1:
            return softmax(raw)
        return two_columns(expit(raw[:, 0] if self._loss == "HalfBinomialLoss" else 2 * raw[:, 0]))

    def _initial(self, X: Floats) -> Floats:
        probabilities: Floats = self._init.predict_proba(X)
        probabilities = np.clip(probabilities, self._least, 1 - self._least)
        if self._outputs > 1 and self._is_old:
            return np.log(probabilities)
        if self._outputs > 1:
            mean = np.exp(np.log(probabilities).mean(axis=1, keepdims=True))
            return np.log(probabilities / mean)
        odds = _logit(probabilities[:, 1])[:, np.newaxis]
        return odds if self._loss == "HalfBinomialLoss" else 0.5 * odds


def _loss_of(state: EstimatorState, *losses: str) -> str:
    names = [LOSSES + loss for loss in losses]
    if state.before("1.4"):
        names = [f"sklearn.ensemble._gb_losses.{old}" for old, loss in OLD_LOSSES.items() if loss in losses]
    loss = state.part("_loss", *names).class_name.rpartition(".")[2]
    return OLD_LOSSES.get(loss, loss)


def _logit(p: Floats) -> Floats:
    """Return log(p / (1 - p)) by C's logarithm, as scipy.special.logit does.

    NumPy's logarithm may differ in the last bit, which all sums would inherit.
    """
    values, places = np.unique(p, return_inverse=True)
    return np.array([_logit_of(value) for value in values.tolist()])[places]


def _logit_of(p: float) -> float:
    if p < 0.3 or p > 0.65:
        return math.log(p / (1 - p))
    # Around a half, where p / (1 - p) is near 1, this loses fewer digits.
    s = 2 * (p - 0.5)
    return math.log1p(s) - math.log1p(-s)

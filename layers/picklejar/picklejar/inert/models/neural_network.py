"""Multi-layer perceptrons: sklearn/neural_network/_multilayer_perceptron.py."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.estimator import InertEstimator, refuse_one_class
from picklejar.inert.base.special import expit, softmax, two_columns
from picklejar.inert.reading.state import EstimatorState, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _identity(x: Floats) -> Floats:
    return x


def _exp(x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        y: Floats = np.exp(x)
    return y


def _relu(x: Floats) -> Floats:
    return np.maximum(x, 0, out=x)


def _clipped_relu(x: Floats) -> Floats:
    """Return `_relu` of 0.23 and before, which ended at the largest number."""
    return np.clip(x, 0, np.finfo(np.float64).max)


ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "identity": _identity,
    "exp": _exp,
    "tanh": np.tanh,
    "logistic": expit,
    "relu": _relu,
    "softmax": softmax,
}


class _Perceptron(InertEstimator):
    """Layers of weights and activations: `BaseMultilayerPerceptron._forward_pass_fast`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._weights = state.float_arrays("coefs_")
        self._biases = state.float_arrays("intercepts_", len(self._weights))
        widths = [self.n_features_in_, *(len(bias) if bias.ndim == 1 else 0 for bias in self._biases)]
        shapes = [weights.shape for weights in self._weights]
        if len(widths) < 2 or 0 in widths or shapes != [*pairwise(widths)]:
            raise state.damaged("has layers that do not fit one another")
        self.n_outputs_ = widths[-1]
        self._hidden = ACTIVATIONS[state.choice("activation", "identity", "logistic", "tanh", "relu")]
        if self._hidden is _relu and state.before("0.24"):
            self._hidden = _clipped_relu

    def _forward(self, X: Floats, last: Callable[[Floats], Floats]) -> Floats:
        activations = [self._hidden] * (len(self._weights) - 1) + [last]
        for weights, bias, activation in zip(self._weights, self._biases, activations, strict=True):
            X = X @ weights
            X += bias
            X = activation(X)
        return X


class MLPRegressor(_Perceptron):
    """One output for each target: `MLPRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._last = ACTIVATIONS[state.choice("out_activation_", "identity", "exp")]

    def predict(self, X: Floats) -> Floats:
        y = self._forward(X, self._last)
        return y.reshape(-1) if self.n_outputs_ == 1 else y


class MLPClassifier(_Perceptron):
    """One output for each class or label, or one for two classes: `MLPClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.classes_ = state.labels("classes_")
        binarizer = state.part("_label_binarizer", "sklearn.preprocessing._label.LabelBinarizer")
        self._kind = binarizer.choice("y_type_", "binary", "multiclass", "multilabel-indicator")
        binarizer.choice("sparse_input_", False)
        self._last = ACTIVATIONS[state.choice("out_activation_", "logistic", "softmax")]
        refuse_one_class(state, self.classes_)
        if len(self.classes_) != (2 if self._kind == "binary" else self.n_outputs_):
            raise state.damaged("has a number of classes other than of outputs")
        if self._kind == "binary" and self.n_outputs_ != 1:
            raise state.damaged("has several outputs for two classes")

    def predict(self, X: Floats) -> NDArray[Any]:
        scores = self._forward(X, self._last)
        if self._kind == "multilabel-indicator":
            return (scores > 0.5).astype(np.int64)
        chosen = (scores[:, 0] > 0.5).view(np.int8) if self._kind == "binary" else scores.argmax(axis=1)
        y: NDArray[Any] = self.classes_[chosen]
        return y

    def predict_proba(self, X: Floats) -> Floats:
        p = self._forward(X, self._last)
        return two_columns(p[:, 0]) if self.n_outputs_ == 1 else p

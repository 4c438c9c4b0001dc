"""XGBoost's models: `Booster`, and the wrappers of xgboost/sklearn.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import (
    FLOAT32_TOLERANCE,
    InertEstimator,
    Matrix,
    as_floats,
    available_if,
    refuse_one_class,
)
from picklejar.inert.boosters.categories import coded, refuse_texts
from picklejar.inert.boosters.links import LINKS, Singles, softmax
from picklejar.inert.boosters.weights import Weights, weights_of
from picklejar.inert.boosters.xgboost_model import Model, bytes_of, last_round, model_of
from picklejar.inert.boosters.xgboost_trees import Boosted, boosted
from picklejar.inert.reading.state import EstimatorState, Floats, State
from picklejar.inert.reading.storage import Precision, Storage
from picklejar.inert.trees.decision import to_float32

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOOSTER = "xgboost.core.Booster"
MOST_CLASSES = 100_000
HALF, NAN = np.float32(0.5), np.float32(np.nan)


class _Model(InertEstimator):
    """A booster, and what X becomes before it: `missing` is missing, and what a sparse X does not store is, too."""

    takes_missing = True
    tolerance = FLOAT32_TOLERANCE

    def __init__(self, state: EstimatorState, booster: State, *, is_wrapped: bool) -> None:
        state.refuse_precision(Precision.ROUNDED)
        if state.given == Storage.SPARSE_WITH_ZEROS:
            raise state.unsupported("sparse features of which some zeros are stored")
        # What a sparse X does not store, and what the wrapper was told; NaN is missing anyway.
        missing = [0.0] * (state.given == Storage.SPARSE) + [_missing(state)] * is_wrapped
        self._missing = [np.float32(value) for value in missing if not math.isnan(value)]
        self._model = model = model_of(_bytes(booster), state.charge)
        self.n_features_in_ = model.n_features
        self.precision = state.precision.computed()
        self.feature_names_in_ = np.array(model.names, dtype=object) if model.names else None
        self.takes_text = bool(model.categories)
        in_place = is_wrapped and state.value("predictor", None) in (None, "auto")
        rounds = last_round(model) if is_wrapped else None
        self._sums: Boosted | Weights = (
            weights_of(model) if model.is_linear else boosted(model, rounds, in_place=in_place)
        )
        self.n_numbers = self._sums.n_numbers

    def categories(self, column: int) -> list[Any] | None:
        known = self._model.categories.get(column)
        return [*known.values] if known is not None and known.values else None

    def _margins(self, X: Matrix) -> Singles:
        refuse_texts(X, self._model.categories)
        singles = to_float32(as_floats(coded(X, self._model.categories)))
        for missing in self._missing:
            singles = np.where(singles == missing, NAN, singles)
        return self._sums.margins(singles, self._model.base)

    def _answers(self, X: Matrix) -> Singles:
        return LINKS[self._model.objective](self._margins(X))


class XgboostBooster(_Model):
    """`Booster.predict`: numbers, also where these are probabilities."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state, state, is_wrapped=False)

    def predict(self, X: Matrix) -> Floats:
        return _numbers(self._model, self._margins(X))


class XgboostRegressor(_Model):
    """`XGBRegressor`, `XGBRFRegressor`, and the scores of `XGBRanker`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state, state.part("_Booster", BOOSTER), is_wrapped=True)

    def predict(self, X: Matrix) -> Floats:
        return _numbers(self._model, self._margins(X))


class XgboostClassifier(_Model):
    """`XGBClassifier` and `XGBRFClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state, state.part("_Booster", BOOSTER), is_wrapped=True)
        count = state.integer("n_classes_", at_least=1, at_most=MOST_CLASSES)
        state.charge(100 * count)
        self.classes_: NDArray[Any] = np.arange(count)
        if state.has("_le"):  # until 1.6, with use_label_encoder
            encoder = state.part("_le", "sklearn.preprocessing._label.LabelEncoder")
            self.classes_ = encoder.labels("classes_", count)
        refuse_one_class(state, self.classes_)
        outputs = self._model.outputs
        # Of two classes by softmax, XGBoost answers truth values of each.
        if outputs != (1 if count == 2 else count):
            raise state.unsupported("several labels for each row, or another number of classes")
        if outputs == 1 and self._model.objective not in ("binary:logistic", "binary:hinge"):
            raise state.unsupported(f"the objective {self._model.objective!r}")
        if outputs > 1 and self._model.objective not in ("multi:softprob", "multi:softmax"):
            raise state.unsupported(f"the objective {self._model.objective!r}")
        self._has_probabilities = self._model.objective != "multi:softmax" or self._model.release >= (1, 7)

    def predict(self, X: Matrix) -> NDArray[Any]:
        answers = self._answers(X)
        if self._model.outputs > 1:
            return self.classes_[answers.argmax(axis=1)]
        self._refuse_halves(answers)
        return self.classes_[(answers[:, 0] > HALF).astype(np.int64)]

    def _refuse_halves(self, answers: Singles) -> None:
        """Refuse rows at a half but for rounding, where sums begin with a logarithm, which C may round otherwise."""
        if self._model.objective == "binary:logistic" and self._model.base[0]:
            reach = FLOAT32_TOLERANCE * max(1.0, abs(float(self._model.base[0])))
            if (close := np.flatnonzero(np.abs(answers[:, 0] - HALF) <= reach)).size:
                raise RowsRefused(close.tolist(), None, "tie", "Two labels are equally probable but for rounding.")

    @available_if(lambda self: self._has_probabilities)
    def predict_proba(self, X: Matrix) -> Floats:
        answers = self._answers(X)
        if self._model.outputs == 1:
            return np.stack([1 - answers[:, 0], answers[:, 0]], axis=1).astype(np.float64)
        return (softmax(answers) if self._model.objective == "multi:softmax" else answers).astype(np.float64)


def _numbers(model: Model, margins: Singles) -> Floats:
    if model.objective == "multi:softmax":
        return margins.argmax(axis=1).astype(np.float64)
    answers = LINKS[model.objective](margins).astype(np.float64)
    return answers[:, 0] if model.outputs == 1 else answers


def _missing(state: EstimatorState) -> float:
    value = state.value("missing", math.nan)
    return math.nan if value is None or value != value else state.number("missing")


def _bytes(booster: State) -> bytes:
    content = bytes_of(booster.value("handle"))
    if content is None:
        raise booster.damaged("has no bytes in handle")
    return content

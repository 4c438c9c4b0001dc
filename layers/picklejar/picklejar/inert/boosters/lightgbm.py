"""The models of LightGBM: `lightgbm.basic.Booster`, and the classes of lightgbm.sklearn that hold one.

Sources: python-package/lightgbm/basic.py, sklearn.py, and src/boosting/gbdt_prediction.cpp of LightGBM 2.3 to 4. It
compares and adds in double precision, in the order of the trees, and so do we: sums are the same to the bit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import UnsupportedEstimator
from picklejar.inert.base.estimator import InertEstimator, Matrix, available_if
from picklejar.inert.base.special import two_columns
from picklejar.inert.boosters.lightgbm_columns import Columns
from picklejar.inert.boosters.lightgbm_links import link_of
from picklejar.inert.boosters.lightgbm_text import TreeText, model_text
from picklejar.inert.boosters.lightgbm_trees import BoostedTrees
from picklejar.inert.reading.state import EstimatorState, Floats, State
from picklejar.inert.reading.storage import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOOSTER = "lightgbm.basic.Booster"
LABEL_ENCODER = "sklearn.preprocessing._label.LabelEncoder"
# What features are called where nobody named them.
NAMELESS = re.compile(r"Column_\d+")
MOST_ITERATIONS = 2**31
# The objectives whose answers are probabilities.
OF_TWO, OF_SEVERAL = ("binary", "cross_entropy"), ("multiclass", "multiclassova")


class _Boosted(InertEstimator):
    """The sums of the trees' values: `GBDT::PredictRaw`, and what the objective makes of them: `GBDT::Predict`."""

    takes_missing = True

    def __init__(self, state: EstimatorState, booster: State) -> None:
        state.refuse_precision(Precision.ROUNDED)
        # The handle's name has an underscore since 4.0.
        text = model_text(booster.value("_handle", None) or booster.value("handle", None), booster)
        self.n_features_in_ = len(text.names)
        self.precision = state.precision.computed()
        self.feature_names_in_ = None
        if not all(map(NAMELESS.fullmatch, text.names)):
            state.charge(2 * sum(map(len, text.names)))
            self.feature_names_in_ = np.array(text.names, dtype=object)
        self.objective = text.objective[0] if text.objective else ""
        self.outputs = text.outputs
        trees = _used(text.trees, text.outputs, booster)
        self._columns = Columns(text, booster)
        self.takes_text = self._columns.have_texts
        self._trees = BoostedTrees(trees, self.n_features_in_, booster)
        self.n_numbers = self._trees.n_numbers
        self._link = link_of(text.objective, text.outputs, booster)
        self._divisor = len(trees) // text.outputs if text.is_average else 1

    def categories(self, column: int) -> list[Any] | None:
        return self._columns.categories(column)

    def _raw(self, X: Matrix) -> Floats:
        """Return sums, (outputs, rows)."""
        out = np.zeros((self.outputs, len(X), 1))
        self._trees.forest.add(self._trees.ready(self._columns.numbers(X)), out)
        return out[:, :, 0]

    def _answers(self, X: Matrix) -> Floats:
        """Return what `Booster.predict` does, (outputs, rows)."""
        return self._link(self._raw(X) / self._divisor)


class BoostedRegressor(_Boosted):
    """One number a row: `LGBMRegressor`, `LGBMRanker`, `LGBMModel`."""

    def __init__(self, state: EstimatorState) -> None:
        _refuse_early_stop(state)
        super().__init__(state, state.part("_Booster", BOOSTER))
        if self.outputs != 1:
            raise _several_numbers(state)

    def predict(self, X: Matrix) -> Floats:
        answers: Floats = self._answers(X)[0]
        return answers


class Booster(_Boosted):
    """A model by itself, which does not know its labels: `Booster.predict`.

    Of two classes that is one number, the probability of the second. Of several it is the probability of each, here
    `predict_proba`; the likeliest of the classes 0, 1, 2 ... is `predict`.
    """

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state, state)
        if self.outputs > 1:
            if self.objective not in OF_SEVERAL:
                raise _several_numbers(state)
            self.classes_ = np.arange(self.outputs)

    def predict(self, X: Matrix) -> NDArray[Any]:
        answers = self._answers(X)
        return answers[0] if self.outputs == 1 else self.classes_[answers.argmax(axis=0)]

    @available_if(lambda self: self.outputs > 1)
    def predict_proba(self, X: Matrix) -> Floats:
        return np.ascontiguousarray(self._answers(X).T)


class BoostedClassifier(_Boosted):
    """`LGBMClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        _refuse_early_stop(state)
        super().__init__(state, state.part("_Booster", BOOSTER))
        self.classes_ = state.part("_le", LABEL_ENCODER).labels("classes_")
        several = len(self.classes_) > 2
        if self.objective not in (OF_SEVERAL if several else OF_TWO):
            raise state.unsupported(f"the objective {self.objective[:50] or 'of its own'} for classes")
        if len(self.classes_) < 2 or self.outputs != (len(self.classes_) if several else 1):
            raise state.damaged("has more or fewer classes than its trees are for")
        # Since 4.7, which writes this, too.
        self._has_scores = state.value("_fitted_with_feature_names", None) is not None

    def predict(self, X: Matrix) -> NDArray[Any]:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Matrix) -> Floats:
        answers = self._answers(X)
        return two_columns(answers[0]) if self.outputs == 1 else np.ascontiguousarray(answers.T)

    @available_if(lambda self: self._has_scores)
    def decision_function(self, X: Matrix) -> Floats:
        raw = self._raw(X)
        return raw[0] if self.outputs == 1 else np.ascontiguousarray(raw.T)


def _used(trees: Sequence[TreeText], outputs: int, booster: State) -> Sequence[TreeText]:
    """Return the trees up to the best iteration, where there is one: `num_iteration=None` of `Booster.predict`."""
    best = booster.integer("best_iteration", at_least=-1, at_most=MOST_ITERATIONS)
    return trees[: best * outputs] if best > 0 else trees


def _several_numbers(state: State) -> UnsupportedEstimator:
    return state.unsupported("several numbers for a row, which are no probabilities,", "Fit a model for each number.")


def _refuse_early_stop(state: State) -> None:
    # A parameter of predictions, which takes the trees only until a row's class seems clear.
    if state.value("pred_early_stop", False) not in (False, None):
        raise state.unsupported("pred_early_stop")

"""Gradient boosting by histograms: sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import (
    InertEstimator,
    Matrix,
    as_floats,
    refuse_cells,
    refuse_equal_shares,
    refuse_one_class,
)
from picklejar.inert.base.special import expit, softmax, two_columns
from picklejar.inert.reading.state import BYTES_OF_AN_ITEM, EstimatorState, Floats, State
from picklejar.inert.reading.storage import Precision
from picklejar.inert.trees.forest import Forest
from picklejar.inert.trees.nodes import CODES, NO_CHILD, UNKNOWN, Flags, Nodes, Trees, gathered

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A dictionary's entry; and a flag for each category, as bits of the file, as known and as joined.
BYTES_OF_A_CATEGORY, BYTES_OF_A_SPLIT = 200, 1_600
PACKAGE = "sklearn.ensemble._hist_gradient_boosting."
LOSSES = "sklearn._loss.loss."
FIELDS_UNTIL_0_23 = "left right feature_idx threshold missing_go_to_left is_leaf value".split()
FIELDS = "left right feature_idx num_threshold missing_go_to_left is_leaf is_categorical bitset_idx value".split()


REGRESSION = ("HalfSquaredError", "AbsoluteError", "PinballLoss", "HalfPoissonLoss", "HalfGammaLoss")
OLD_LOSSES = "sklearn.ensemble._hist_gradient_boosting.loss."


class _Histogram(InertEstimator):
    """A baseline and the trees' values: `_raw_predict`."""

    takes_text = True
    takes_missing = True
    takes_sparse = False

    def __init__(self, state: EstimatorState, outputs: int) -> None:
        if state.before("0.22"):
            raise state.unsupported("nodes of its first release, 0.21,")
        super().__init__(state)
        state.refuse_precision(Precision.ROUNDED)
        self._outputs = outputs
        self._encoder = _Encoder(state, self.n_features_in_)
        self._baseline = _baseline(state, outputs)
        self._forest = _forest(state, self.n_features_in_, outputs)

    def categories(self, column: int) -> list[Any] | None:
        return self._encoder.categories(column)

    def _raw(self, X: Matrix) -> Floats:
        out = np.zeros((self._outputs, len(X), 1))
        out += self._baseline.reshape(-1, 1, 1)
        self._forest.add(self._encoder.transform(X), out)
        return out[:, :, 0].T


class HistogramRegressor(_Histogram):
    """`HistGradientBoostingRegressor`, by the link of its loss: sklearn/_loss/loss.py."""

    def __init__(self, state: EstimatorState) -> None:
        losses = [LOSSES + name for name in REGRESSION]
        if state.before("1.1"):
            losses = [OLD_LOSSES + name for name in ("LeastSquares", "LeastAbsoluteDeviation", "Poisson")]
        loss = state.part("_loss", *losses).class_name
        self._link_is_log = loss.endswith(("HalfPoissonLoss", "HalfGammaLoss", ".Poisson"))
        super().__init__(state, 1)

    def predict(self, X: Matrix) -> Floats:
        y = self._raw(X)[:, 0]
        with np.errstate(over="ignore"):
            return np.exp(y) if self._link_is_log else y


class HistogramClassifier(_Histogram):
    """`HistGradientBoostingClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        losses = [LOSSES + "HalfBinomialLoss", LOSSES + "HalfMultinomialLoss"]
        if state.before("1.1"):
            losses = [OLD_LOSSES + "BinaryCrossEntropy", OLD_LOSSES + "CategoricalCrossEntropy"]
        state.part("_loss", *losses)
        self.classes_ = state.labels("classes_")
        refuse_one_class(state, self.classes_)
        if len(self.classes_) < 2:
            raise state.damaged("has fewer than two classes")
        # Before 1.5 the highest of the probabilities decided.
        self._by_shares = state.before("1.5")
        super().__init__(state, 1 if len(self.classes_) == 2 else len(self.classes_))

    def decision_function(self, X: Matrix) -> Floats:
        raw = self._raw(X)
        return raw[:, 0] if self._outputs == 1 else raw

    def predict(self, X: Matrix) -> NDArray[Any]:
        raw = self._raw(X)
        if self._outputs > 1:
            if self._by_shares:
                refuse_equal_shares(raw)
            return self.classes_[raw.argmax(axis=1)]
        is_second = expit(raw[:, 0]) > 0.5 if self._by_shares else raw[:, 0] > 0
        return self.classes_[is_second.astype(np.int64)]

    def predict_proba(self, X: Matrix) -> Floats:
        raw = self._raw(X)
        return softmax(raw) if self._outputs > 1 else two_columns(expit(raw[:, 0]))


class _Encoder:
    """Puts the columns with categories first, as codes; unknown and missing values become NaN: `_preprocess_X`."""

    def __init__(self, state: State, n_features: int) -> None:
        self._categories: list[dict[Any, int]] = []
        state.charge(BYTES_OF_AN_ITEM * n_features)
        self._order = list(range(n_features))
        self._bytes: list[int] = []
        if state.before("1.4") and state.has("is_categorical_"):
            # X had codes, cut to a byte; what is none then becomes another category, by the computer's way of cutting.
            self._bytes = np.flatnonzero(state.integers("is_categorical_", (n_features,))).tolist()
            self._least = -math.inf if not state.before("1.2") else 0
        if not state.has("_preprocessor"):
            return
        is_categorical = state.integers("is_categorical_", (n_features,)) != 0
        preprocessor = state.part("_preprocessor", "sklearn.compose._column_transformer.ColumnTransformer")
        first = preprocessor.sequence("transformers_")[:1]
        if not first or type(first[0]) is not tuple or first[0][:1] != ("encoder",) or len(first[0]) != 3:
            raise state.damaged("does not encode its categories first")
        encoder = preprocessor.part_of(first[0][1], "sklearn.preprocessing._encoders.OrdinalEncoder")
        for record in encoder.sequence("categories_", int(is_categorical.sum())):
            labels = encoder.array_of(record)
            state.charge(BYTES_OF_A_CATEGORY * labels.size)
            values = labels.ravel().tolist()
            # A missing value stands behind the others, and has no code.
            known = [value for value in values if isinstance(value, str | int | float) and value == value]
            self._categories.append({value: code for code, value in enumerate(known)})
        self._order = [*np.flatnonzero(is_categorical).tolist(), *np.flatnonzero(~is_categorical).tolist()]

    def categories(self, column: int) -> list[Any] | None:
        at = self._order.index(column)
        return list(self._categories[at]) if at < len(self._categories) else None

    def transform(self, X: Matrix) -> Floats:
        for at in self._bytes:
            given = as_floats(X[:, [at]])
            refuse_cells(given < self._least, "minimum", f"must be at least {self._least}", first_column=at)
            refuse_cells(given > UNKNOWN - 1, "maximum", f"must be at most {UNKNOWN - 1}", first_column=at)
        if not self._categories and X.dtype == np.float64:
            return X
        result = np.empty(X.shape)
        for at, source in enumerate(self._order):
            column = X[:, source]
            if at >= len(self._categories):
                result[:, at] = column if column.dtype == np.float64 else _numbers(column, source)
            else:
                codes = self._categories[at]
                result[:, at] = [codes.get(value, np.nan) for value in column.tolist()]
        return result


def _baseline(state: EstimatorState, outputs: int) -> Floats:
    if not state.before("1.1"):
        return state.floats("_baseline_prediction", (1, outputs))
    if outputs == 1:
        return np.full((1, 1), state.number("_baseline_prediction"))
    return state.floats("_baseline_prediction", (outputs, 1)).T


def _numbers(column: NDArray[Any], at: int) -> Floats:
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError):
        rows = [row for row, value in enumerate(column.tolist()) if not isinstance(value, int | float | None)]
    raise RowsRefused(rows, at, "type", "must be a number")


def _forest(state: State, n_features: int, outputs: int) -> Forest:
    stages = state.sequence("_predictors")
    if not stages or not all(type(stage) is list and len(stage) == outputs for stage in stages):
        raise state.damaged("has no trees, or not as many for each class")
    trees = [state.part_of(record, PACKAGE + "predictor.TreePredictor") for stage in stages for record in stage]
    # Until 0.23 there were no categories, and one threshold.
    old = state.before("0.24")
    records = [tree.structured("nodes", *(FIELDS_UNTIL_0_23 if old else FIELDS)) for tree in trees]
    result = gathered(
        records,
        left=("left", np.int64),
        right=("right", np.int64),
        feature=("feature_idx", np.int64),
        threshold=("threshold" if old else "num_threshold", np.float64),
        missing_left=("missing_go_to_left", np.uint8),
        is_leaf=("is_leaf", np.uint8),
        value=("value", np.float64),
    )
    none = np.zeros(len(result["left"]), dtype=np.int64)
    result |= (
        {"is_categorical": none, "bitset": none}
        if old
        else gathered(records, is_categorical=("is_categorical", np.uint8), bitset=("bitset_idx", np.int64))
    )
    is_leaf, missing_left = result["is_leaf"] != 0, result["missing_left"] != 0
    sizes = np.array([len(nodes) for nodes in records])
    split = goes_left = None
    by_category = np.flatnonzero(~is_leaf & (result["is_categorical"] != 0))
    if len(by_category):
        state.charge(BYTES_OF_A_SPLIT * len(by_category))
        split = np.full(len(is_leaf), -1)
        split[by_category] = np.arange(len(by_category))
        bitsets = [tree.integers("raw_left_cat_bitsets", (None, 8)) for tree in trees]
        counts = np.array([len(bits) for bits in bitsets])
        tree = np.repeat(np.arange(len(trees)), sizes)[by_category]
        number = result["bitset"][by_category]
        if not ((number >= 0) & (number < counts[tree])).all():
            raise state.damaged("has a split by categories that are not in the file")
        in_split = _bits(np.concatenate(bitsets))[number + (np.cumsum(counts) - counts)[tree]]
        known = _known(state, n_features, result["feature"][by_category])
        goes_left = _goes_left(in_split, known, missing_left[by_category])
    nodes = Nodes(
        sizes=sizes,
        left=np.where(is_leaf, NO_CHILD, result["left"]),
        right=np.where(is_leaf, NO_CHILD, result["right"]),
        feature=result["feature"],
        threshold=result["threshold"],
        missing_left=missing_left,
        split=split,
        goes_left=goes_left,
    )
    return Forest(Trees(nodes, n_features), np.where(is_leaf, result["value"], 0.0)[:, np.newaxis])


def _goes_left(in_split: Flags, known: Flags, missing_left: Flags) -> Flags:
    result = np.empty((len(in_split), CODES), dtype=np.bool_)
    # A category that no row had in training is taken for missing.
    result[:, :UNKNOWN] = in_split | (~known & missing_left[:, np.newaxis])
    result[:, UNKNOWN] = missing_left
    return result


def _bits(bitsets: NDArray[np.int64]) -> Flags:
    as_bytes = bitsets.astype("<u4").view(np.uint8)
    return np.unpackbits(as_bytes, axis=1, bitorder="little").view(np.bool_)


def _known(state: State, n_features: int, features: NDArray[np.int64]) -> Flags:
    mapper = state.part("_bin_mapper", PACKAGE + "binning._BinMapper")
    thresholds = mapper.sequence("bin_thresholds_", n_features)
    used, places = np.unique(features, return_inverse=True)
    result = np.zeros((len(used), UNKNOWN), dtype=np.bool_)
    for row, feature in enumerate(used.tolist()):
        if not 0 <= feature < n_features:
            raise state.damaged("has a split by a feature that there is not")
        codes = mapper.array_of(thresholds[feature])
        if codes.dtype.kind not in "fiu" or codes.size > UNKNOWN or not ((codes >= 0) & (codes < UNKNOWN)).all():
            raise state.damaged("has categories without a code")
        result[row, codes.ravel().astype(np.int64)] = True
    return result[places]

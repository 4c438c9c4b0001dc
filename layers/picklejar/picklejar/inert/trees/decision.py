"""Decision trees and forests: sklearn/tree/_classes.py and sklearn/ensemble/_forest.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.estimator import FEW_NUMBERS, InertEstimator, refuse_cells
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import EstimatorState, Floats, State
from picklejar.inert.reading.storage import Precision
from picklejar.inert.trees.forest import Forest
from picklejar.inert.trees.nodes import Nodes, Trees, gathered

if TYPE_CHECKING:
    from numpy.typing import NDArray

TREES = (
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.tree._classes.ExtraTreeClassifier",
    "sklearn.tree._classes.ExtraTreeRegressor",
)
FIELDS = ("left_child", "right_child", "feature", "threshold")
# Since 1.3. Before, no tree took a missing value.
MISSING = "missing_go_to_left"
# The criteria of trees that take missing values.
TAKES_MISSING = ("gini", "log_loss", "entropy", "squared_error", "friedman_mse", "poisson")
LARGEST = float(np.finfo(np.float32).max)
# Leaves have one value for each output and class.
MOST_OUTPUTS = 1_000_000


def forest_of(
    trees: Sequence[State], n_features: int, outputs: int, classes: int, scale: float = 1.0, *, counted: bool = False
) -> Forest:
    """Return the forest of fitted trees; leaf values of shape (outputs, classes), times `scale`.

    Where they are `counted`, the values are weights of classes, and become shares: `predict_proba` before 1.4, in
    sklearn/tree/_classes.py.
    """
    parts = [tree.part("tree_", "sklearn.tree._tree.Tree") for tree in trees]
    records = [part.structured("nodes", *FIELDS) for part in parts]
    values = [part.floats("values", (len(nodes), outputs, classes)) for part, nodes in zip(parts, records, strict=True)]
    nodes = nodes_of(records)
    joined = np.concatenate(values) if values else np.empty((0, outputs, classes))
    if counted:
        joined = _shares(joined)
    return Forest(Trees(nodes, n_features), joined.reshape(-1, outputs * classes), scale)


def nodes_of(records: Sequence[NDArray[Any]]) -> Nodes:
    """Return the nodes of trees from their structured arrays."""
    result = gathered(
        records,
        left=("left_child", np.int64),
        right=("right_child", np.int64),
        feature=("feature", np.int64),
        threshold=("threshold", np.float64),
    )
    if records and MISSING in (records[0].dtype.names or ()):
        result |= gathered(records, missing_left=(MISSING, np.uint8))
    else:
        result["missing_left"] = np.zeros(len(result["left"]), np.uint8)
    return Nodes(
        sizes=np.array([len(nodes) for nodes in records], dtype=np.int64),
        left=result["left"],
        right=result["right"],
        feature=result["feature"],
        threshold=result["threshold"],
        missing_left=result["missing_left"] != 0,
    )


def _shares(weights: Floats) -> Floats:
    with np.errstate(all="ignore"):
        total = weights.sum(axis=-1, keepdims=True)
        return np.divide(weights, total, out=weights.copy(), where=total != 0)


def to_float32(X: Floats) -> NDArray[np.float32]:
    """Return X rounded to float32, which scikit-learn's trees compare.

    Raises:
        RowsRefused: a number is too large for float32, which scikit-learn refuses, too.
    """
    if not _are_small(X):
        with np.errstate(over="ignore"):
            is_infinite = np.isinf(X.astype(np.float32))
        refuse_cells(is_infinite, "finite", f"must be between {-LARGEST:.3g} and {LARGEST:.3g}")
    return X.astype(np.float32)


def _are_small(X: Floats) -> bool:
    """Return whether no number of X is beyond float32's."""
    # The root of their squares is not below any of them, and NaN where one is missing.
    is_surely = X.size <= FEW_NUMBERS and math.hypot(*X.ravel().tolist()) <= LARGEST
    return is_surely or not (np.abs(X) > LARGEST).any()


class _Means(InertEstimator):
    def __init__(self, state: EstimatorState, classes: int) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.ROUNDED)
        self._outputs = state.integer("n_outputs_", at_least=1, at_most=MOST_OUTPUTS)
        trees: list[State] = [state]
        if state.class_name not in TREES:
            trees = [state.part_of(record, *TREES) for record in state.sequence("estimators_")]
        if not trees:
            raise state.damaged("has no trees")
        self._is_tree = trees[0] is state
        # Of trees since 1.3, of forests since 1.4.
        since = "1.3" if self._is_tree else "1.4"
        takes_missing = not state.before(since) and _takes_missing(trees[0], state)
        self.takes_missing = takes_missing and not state.given
        self._n_trees = len(trees)
        self._classes = classes
        # Before 1.4 the values of classifiers are weights of classes, of which a tree alone takes the largest.
        counted = state.before("1.4") and hasattr(self, "classes_")
        self._is_weighed = counted and self._is_tree
        counted = counted and not self._is_weighed
        self._forest = forest_of(trees, self.n_features_in_, self._outputs, classes, counted=counted)

    def _means(self, X: Floats) -> Floats:
        """Return the means of the trees' values, shape (rows, outputs * classes)."""
        singles = to_float32(X)
        if self._is_tree:
            return self._forest.values_of_tree(singles)
        sums = np.zeros((1, len(X), self._outputs * self._classes))
        self._forest.add(singles, sums)
        means: Floats = sums[0]
        means /= self._n_trees
        return means


def _takes_missing(tree: State, whole: State) -> bool:
    """Return what `__sklearn_tags__` of the classes of trees says, and `_more_tags` before; a forest asks one tree."""
    splitter = tree.choice("splitter", "best", "random")
    is_whole = "DecisionTree" in tree.class_name
    if not whole.before("1.9"):
        return is_whole or splitter == "random"
    allowed = ("best",) if whole.before("1.6") else ("best", "random") if is_whole else ("random",)
    return splitter in allowed and tree.value("criterion") in TAKES_MISSING and not tree.has("monotonic_cst")


class TreeRegressor(_Means):
    """A tree or forest for numbers: `BaseDecisionTree.predict`, `ForestRegressor.predict`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state, classes=1)

    def predict(self, X: Floats) -> Floats:
        means = self._means(X)
        return means.reshape(-1) if self._outputs == 1 else means


class TreeClassifier(_Means):
    """A tree or forest for classes: `DecisionTreeClassifier`, `ForestClassifier`."""

    def __init__(self, state: EstimatorState) -> None:
        self.classes_: Any = _labels(state)
        self._labels: list[NDArray[Any]] = self.classes_ if isinstance(self.classes_, list) else [self.classes_]
        if not all(len(labels) for labels in self._labels):
            raise state.damaged("has no classes")
        super().__init__(state, classes=max(len(labels) for labels in self._labels))

    def predict(self, X: Floats) -> NDArray[Any]:
        result = [labels[each.argmax(axis=1)] for labels, each in zip(self._labels, self._each(X), strict=True)]
        if len(result) == 1:
            return result[0]
        # The labels of all outputs are of the first one's type, as in scikit-learn.
        return np.stack([each.astype(result[0].dtype) for each in result], axis=1)

    def predict_proba(self, X: Floats) -> Any:
        each = self._each(X)
        probabilities = [_shares(weights) for weights in each] if self._is_weighed else each
        return probabilities if isinstance(self.classes_, list) else probabilities[0]

    def _each(self, X: Floats) -> list[Floats]:
        means = self._means(X).reshape(len(X), self._outputs, self._classes)
        return [means[:, output, : len(labels)] for output, labels in enumerate(self._labels)]


def _labels(state: EstimatorState) -> Any:
    outputs = state.integer("n_outputs_", at_least=1, at_most=MOST_OUTPUTS)
    if outputs == 1:
        return state.labels("classes_")
    result = [state.array_of(record) for record in state.sequence("classes_", outputs)]
    for labels in result:
        plain = labels.dtype.kind in "fiubUO" and labels.ndim == 1
        if not plain or (labels.dtype == object and any(isinstance(item, Record) for item in labels)):
            raise state.damaged("has something other than numbers and text in classes_")
    return result

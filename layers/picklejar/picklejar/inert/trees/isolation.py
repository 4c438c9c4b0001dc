"""Outliers, which few splits of trees part from the rest: sklearn/ensemble/_iforest.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from picklejar.inert.base.estimator import InertEstimator, available_if
from picklejar.inert.base.outliers import labels_of
from picklejar.inert.reading.state import EstimatorState, Floats, State
from picklejar.inert.reading.storage import Precision
from picklejar.inert.trees.decision import FIELDS, nodes_of, to_float32
from picklejar.inert.trees.forest import Forest
from picklejar.inert.trees.nodes import NO_CHILD, Nodes, Trees, gathered

if TYPE_CHECKING:
    from numpy.typing import NDArray

TREE = "sklearn.tree._classes.ExtraTreeRegressor"
SAMPLES = "n_node_samples"
# The logarithm to base 2 of more rows than there are.
MOST_LEVELS = 64
LARGEST = 2**63


class IsolationForest(InertEstimator):
    """Scores by the mean length of a row's paths, to the power of 2: `IsolationForest.score_samples`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.ROUNDED)
        self.takes_missing = not state.before("1.6") and not state.given
        trees = [state.part_of(record, TREE) for record in state.sequence("estimators_")]
        if not trees:
            raise state.damaged("has no trees")
        self._is_first = state.before("0.20")  # whose scores were those of decision_function alone
        self._is_of_means = state.before("0.21")
        self._guards = not state.before("1.0")
        if self._is_of_means and state.value("n_estimators") != len(trees):
            raise state.changed()
        rows = state.integer("max_samples_" if state.before("1.3") else "_max_samples", at_least=0, at_most=LARGEST)
        self._n_trees = len(trees)
        self._average = float(_average_path_length(np.array([rows]), is_first=self._is_of_means)[0])
        self._forest = _forest_of(state, trees)
        self._offset, self._threshold = _boundary(state)

    def decision_function(self, X: Floats) -> Floats:
        return self._scores(X) - self._offset

    @available_if(lambda self: not self._is_first)
    def score_samples(self, X: Floats) -> Floats:
        return self._scores(X)

    def predict(self, X: Floats) -> NDArray[np.int64]:
        exponents = self._exponents(X)
        # Among two rows at most, paths are whole numbers; so are powers of 2 of these, by any processor.
        is_exact = (np.rint(exponents) == exponents) & (self._average <= 1 and not self._is_first)
        return labels_of(-(2**exponents) - self._offset - self._threshold, np.where(is_exact, -1.0, 1.0))

    def _scores(self, X: Floats) -> Floats:
        scores: Floats = -(2 ** self._exponents(X))
        return scores

    def _exponents(self, X: Floats) -> Floats:
        out = np.zeros((1, len(X), 1))
        self._forest.add(to_float32(X), out)
        lengths = out.reshape(-1)
        with np.errstate(all="ignore"):
            if self._is_of_means:
                return -(lengths / self._n_trees) / self._average
            if self._guards and not self._average:
                return -np.ones_like(lengths)
            return -(lengths / (self._n_trees * self._average))


def _boundary(state: EstimatorState) -> tuple[float, float]:
    """Return what is taken from scores, and what the rest of an inlier is at least."""
    if state.before("0.20"):
        return -0.5, state.number_or_nan("threshold_")
    is_old = state.before("0.22") and state.choice("behaviour", "old", "new") == "old"
    return state.number_or_nan("offset_"), state.number_or_nan("_threshold_") if is_old else 0.0


def _forest_of(state: EstimatorState, trees: Sequence[State]) -> Forest:
    parts = [tree.part("tree_", "sklearn.tree._tree.Tree") for tree in trees]
    records = [part.structured("nodes", *FIELDS, SAMPLES) for part in parts]
    nodes = _of_all_columns(state, nodes_of(records))
    checked = Trees(nodes, state.n_features)
    if state.before("1.3"):
        lengths = _lengths(state, nodes, gathered(records, samples=(SAMPLES, np.int64))["samples"])
    else:
        depths = state.sequence("_decision_path_lengths", len(trees))
        averages = state.sequence("_average_path_length_per_tree", len(trees))
        lengths = np.concatenate(
            [
                state.integers_of(depth, "_decision_path_lengths", (len(record),))
                + state.floats_of(average, "_average_path_length_per_tree", (len(record),))
                - 1.0
                for depth, average, record in zip(depths, averages, records, strict=True)
            ]
        )
    return Forest(checked, lengths[:, None])


def _of_all_columns(state: EstimatorState, nodes: Nodes) -> Nodes:
    """Return the nodes of trees that were fitted on some columns each with the numbers that these have in X."""
    width = state.n_features
    count = state.integer("_max_features", at_least=1, at_most=width)
    if count == width:  # the trees were given X itself
        return nodes
    columns = state.sequence("estimators_features_", len(nodes.sizes))
    feature, ends = nodes.feature.copy(), np.cumsum(nodes.sizes).tolist()
    for record, end, size in zip(columns, ends, nodes.sizes.tolist(), strict=True):
        own = state.integers_of(record, "estimators_features_", (count,))
        some = slice(end - size, end)
        inner = nodes.left[some] != NO_CHILD
        asked = feature[some][inner]
        if len(asked) and not (0 <= asked.min() <= asked.max() < count):
            raise state.damaged("has a tree that asks for a feature that it was not given")
        feature[some][inner] = own[asked]
    return dataclasses.replace(nodes, feature=feature)


def _lengths(state: EstimatorState, nodes: Nodes, samples: NDArray[np.int64]) -> Floats:
    """Return how long the path to each node is, with the mean of those that its rows would still go: before 1.3."""
    depths = _depths(state, nodes).astype(np.float64)
    if state.before("0.21"):
        return depths + _average_path_length(samples, is_first=True)
    return (depths + 1) + _average_path_length(samples) - 1.0


def _depths(state: EstimatorState, nodes: Nodes) -> NDArray[np.int64]:
    starts = np.cumsum(nodes.sizes) - nodes.sizes
    start = np.repeat(starts, nodes.sizes)
    depths = np.zeros(len(start), dtype=np.int64)
    level = starts
    for depth in range(MOST_LEVELS):
        depths[level] = depth
        inner = level[nodes.left[level] != NO_CHILD]
        if not len(inner):
            return depths
        level = np.concatenate([nodes.left[inner] + start[inner], nodes.right[inner] + start[inner]])
    raise state.damaged("has a tree that is deeper than any of its rows makes it")


def _average_path_length(samples: NDArray[np.int64], *, is_first: bool = False) -> Floats:
    """Return how long the paths among so many rows are on average: `_average_path_length`.

    Until 0.20 a row by itself counted as 1, and 2 rows as others do.
    """
    result = np.where(samples <= 1, float(is_first), 1.0)
    many = samples > (1 if is_first else 2)
    n = samples[many].astype(np.float64)
    result[many] = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return result

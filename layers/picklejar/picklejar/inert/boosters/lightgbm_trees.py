"""The trees of a LightGBM model as a checked forest, and what becomes of X before they compare it.

Source: include/LightGBM/tree.h (`NumericalDecision`, `CategoricalDecision`) of LightGBM.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from picklejar.inert.boosters.lightgbm_categories import codes_of
from picklejar.inert.boosters.lightgbm_text import TreeText
from picklejar.inert.reading.state import Floats, Integers, State
from picklejar.inert.trees.forest import Forest
from picklejar.inert.trees.nodes import NO_CHILD, Flags, Nodes, Trees

# The bits of a decision.
IS_CATEGORY, DEFAULT_LEFT, LARGEST_DECISION = 1, 2, 15
NONE, ZERO, NAN = 0, 1, 2
# What is nearer to zero is zero: `kZeroThreshold`, a float.
NEAR_ZERO = float(np.float32(1e-35))
# Of a node, also what is made of it once the trees are asked.
BYTES_OF_A_NODE = 450


class BoostedTrees:
    """The forest of a model, and the features whose values are made ready for it.

    Attributes:
        forest: adds up the leaves' values.
        zeros: the features whose zeros are missing values.
        codes: of each feature of categories, which code its splits have for each.
        n_numbers: how many numbers the trees have.
    """

    def __init__(self, trees: Sequence[TreeText], n_features: int, state: State) -> None:
        """Raise DamagedPickle where a walk would not end in a leaf, UnsupportedEstimator for what is not reproduced."""
        leaves = np.array([len(tree.values) for tree in trees])
        inner, sizes = leaves - 1, 2 * leaves - 1
        self.n_numbers = int(sizes.sum())
        state.charge(BYTES_OF_A_NODE * self.n_numbers)
        features, thresholds, decisions, left, right = (
            np.concatenate([getattr(tree, name) for tree in trees])
            for name in ("features", "thresholds", "decisions", "left", "right")
        )
        values: Floats = np.concatenate([tree.values for tree in trees])
        if len(features) and not 0 <= features.min() <= features.max() < n_features:
            raise state.damaged("has a split by a feature that there is not")
        if not np.isfinite(values).all():
            raise state.unsupported("values that are not finite")
        # A tree's inner nodes come first, then its leaves.
        starts = np.cumsum(sizes) - sizes
        at_inner, at_leaves = _places(starts, inner), _places(starts + inner, leaves)
        kinds = _kinds_of_missing(decisions, state)
        is_category = decisions & IS_CATEGORY != 0
        self.zeros = _features_of_zeros(features, kinds, is_category, state)
        self.codes, numbers, goes_left = codes_of(trees, features, is_category, thresholds, state)
        by_default = decisions & DEFAULT_LEFT != 0
        nodes = Nodes(
            sizes=sizes,
            left=_spread(_children(left, inner, state), at_inner, self.n_numbers, NO_CHILD),
            right=_spread(_children(right, inner, state), at_inner, self.n_numbers, NO_CHILD),
            feature=_spread(features, at_inner, self.n_numbers, 0),
            threshold=_spread(_beyond_zero(thresholds), at_inner, self.n_numbers, 0.0),
            # Where nothing is missing, NaN counts as zero.
            missing_left=_spread(np.where(kinds == NONE, thresholds >= 0, by_default), at_inner, self.n_numbers, 0),
            split=None if goes_left is None else _spread(numbers, at_inner, self.n_numbers, -1),
            goes_left=goes_left,
        )
        spread = _spread(values, at_leaves, self.n_numbers, 0.0)
        self.forest = Forest(Trees(nodes, n_features), spread[:, np.newaxis])

    def ready(self, X: Floats) -> Floats:
        """Return X with codes for categories, and NaN for what is missing."""
        if not self.codes and not len(self.zeros):
            return X
        X = X.copy()
        for feature, codes in self.codes.items():
            X[:, feature] = codes.of(X[:, feature])
        if len(self.zeros):
            columns = X[:, self.zeros]
            columns[np.abs(columns) <= NEAR_ZERO] = np.nan
            X[:, self.zeros] = columns
        return X


def _places(starts: Integers, counts: Integers) -> Integers:
    """Return the numbers from each start on, as many as it counts."""
    first = np.cumsum(counts) - counts
    places: Integers = np.arange(counts.sum()) + np.repeat(starts - first, counts)
    return places


def _spread[T: (Integers, Floats, Flags)](values: T, places: Integers, length: int, others: float) -> T:
    result = np.full(length, others, dtype=values.dtype)
    result[places] = values
    return result


def _children(children: Integers, inner: Integers, state: State) -> Integers:
    """Return children as numbers of a tree's nodes: ~leaf stands behind as many inner nodes as the tree has."""
    before = np.repeat(inner, inner)
    if not ((children < before) & (children >= -1 - before)).all():
        raise state.damaged("has a split with a child that there is not")
    numbers: Integers = np.where(children < 0, before + ~children, children)
    return numbers


def _kinds_of_missing(decisions: Integers, state: State) -> Integers:
    kinds: Integers = decisions >> 2
    if len(decisions) and not (0 <= decisions.min() <= decisions.max() <= LARGEST_DECISION and kinds.max() <= NAN):
        raise state.damaged("has a split that decides by what there is not")
    return kinds


def _features_of_zeros(features: Integers, kinds: Integers, is_category: Flags, state: State) -> Integers:
    zeros = np.unique(features[(kinds == ZERO) & ~is_category])
    if np.isin(features[(kinds != ZERO) | is_category], zeros).any():
        raise state.unsupported("a feature whose zeros are missing in some trees, and numbers in others")
    return zeros


def _beyond_zero(thresholds: Floats) -> Floats:
    """Return thresholds that part the same numbers where those near zero count as zero."""
    result = thresholds.copy()
    result[(thresholds >= -NEAR_ZERO) & (thresholds < 0)] = np.nextafter(-NEAR_ZERO, -np.inf)
    result[(thresholds >= 0) & (thresholds < NEAR_ZERO)] = NEAR_ZERO
    return result

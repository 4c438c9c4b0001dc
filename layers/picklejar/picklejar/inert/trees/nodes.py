"""The nodes of trees: gathered from a file, checked, and joined into one array for all trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import DamagedPickle
from picklejar.inert.reading.state import Floats, Integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

type Flags = NDArray[np.bool_]
# X, of float64 or, where trees were fitted on that, of float32.
type Values = NDArray[np.floating[Any]]

NO_CHILD = -1
# A category's code is 0 to 255; one more stands for a value that is missing, or is not a category that is known.
CODES = 257
UNKNOWN = 256


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of all trees, one tree after the other, its root first, as arrays of shape (nodes,).

    A row with the value x of the `feature` goes left where x <= threshold, and where x is NaN if `missing_left`. At a
    node with a `split` >= 0, x is a category's code, and the row goes left where `goes_left[split, code]`.
    """

    sizes: Integers  # (trees,): how many nodes each tree has
    left: Integers  # the left child's number within its tree; NO_CHILD in a leaf
    right: Integers
    feature: Integers
    threshold: Floats
    missing_left: Flags
    split: Integers | None = None  # -1 where the node compares with a threshold
    goes_left: Flags | None = None  # (splits, codes); the last code is for what is missing or not known


def gathered(trees: Sequence[NDArray[Any]], **fields: tuple[str, type]) -> dict[str, NDArray[Any]]:
    """Return fields of the trees' structured arrays, one tree after the other; raises DamagedPickle."""
    ends = np.cumsum([len(tree) for tree in trees], dtype=np.int64).tolist()
    result: dict[str, NDArray[Any]] = {
        name: np.empty(ends[-1] if ends else 0, kind) for name, (_, kind) in fields.items()
    }
    # Tree by tree, and not field by field, so that a tree's records come from memory only once.
    for tree, end in zip(trees, ends, strict=True):
        for name, (field, kind) in fields.items():
            if not np.can_cast(tree.dtype[field], kind, "same_kind"):
                raise DamagedPickle(f"The nodes of a tree have {tree.dtype[field]} in {field}.")
            result[name][end - len(tree) : end] = tree[field]
    return result


class Trees:
    """Checked trees, with their nodes numbered anew.

    The roots come first. The right child of a node stands just before the left one, so the next node is `children(node)
    + (x <= threshold[node])`, one number read for both. A leaf is its own child with a NaN threshold: a row that has
    arrived stays.

    Attributes:
        n_features: the columns of X.
        n_trees: their roots are the nodes before that number.
        n_nodes: how many nodes there are.
        most_leaves: how many leaves the largest tree has.
        link: shape (nodes,). The right child's number above the lowest `feature_bits`, which have the feature.
        feature_bits: enough for twice the number of features.
        threshold, missing_left: shape (nodes,).
        split: shape (nodes,), the row of `goes_left` that decides instead of the threshold; None without categories.
        n_codes: one more than the largest code, CODES unless the file has more categories.
        goes_left: shape (1 + splits, n_codes); row 0, all False, is for nodes without categories.
        place: shape (nodes,). The new number of each node of the file.
    """

    def __init__(self, nodes: Nodes, n_features: int) -> None:
        """Check that every walk ends and stays within the arrays; raise DamagedPickle otherwise.

        A child stands behind its parent, and each node but the root is the child of one other.
        """
        if not len(nodes.sizes) or nodes.sizes.min() < 1:
            raise DamagedPickle("A tree of the file has no nodes.")
        self.n_features = n_features
        self.n_trees = len(nodes.sizes)
        self.most_leaves = int(nodes.sizes.max() + 1) // 2
        self.n_nodes = len(nodes.left)
        inner = np.flatnonzero(nodes.left != NO_CHILD)
        first_child = np.arange(self.n_trees, self.n_trees + 2 * len(inner), 2)
        self.place = self._places(nodes, inner, first_child)
        place = self.place[inner]
        feature, threshold = nodes.feature[inner], nodes.threshold[inner]
        if len(inner) and not 0 <= feature.min() <= feature.max() < n_features:
            raise DamagedPickle("A node of a tree asks for a feature that the estimator does not have.")
        self.split: Integers | None = None
        self.n_codes = CODES
        if nodes.split is not None and nodes.goes_left is not None:
            split = nodes.split[inner]
            if len(inner) and not -1 <= split.min() <= split.max() < len(nodes.goes_left):
                raise DamagedPickle("A node of a tree asks for categories that the file does not have.")
            self.split = np.zeros(self.n_nodes, dtype=np.int64)
            self.split[place] = split + 1
            self.n_codes = nodes.goes_left.shape[1]
            self.goes_left = np.concatenate([np.zeros((1, self.n_codes), dtype=np.bool_), nodes.goes_left])
            threshold = np.where(split < 0, threshold, np.inf)
        if np.isnan(threshold).any():
            raise DamagedPickle("A node of a tree has no threshold.")
        self.feature_bits = (2 * n_features).bit_length()
        self.link = np.arange(self.n_nodes)
        self.link <<= self.feature_bits
        self.link[place] = first_child << self.feature_bits | feature
        self.threshold = np.full(self.n_nodes, np.nan)
        self.threshold[place] = threshold
        if self.split is not None:
            self.threshold[self.split > 0] = np.nan
        self.missing_left = self.placed(nodes.missing_left)

    def placed(self, values: NDArray[Any]) -> NDArray[Any]:
        result = np.empty_like(values)
        result[self.place] = values
        return result

    def right(self, nodes: Integers) -> Integers:
        return self.link[nodes] >> self.feature_bits

    def feature(self, nodes: Integers) -> Integers:
        features: Integers = self.link[nodes] & ((1 << self.feature_bits) - 1)
        return features

    @property
    def inner(self) -> Integers:
        """Return the nodes that are no leaves."""
        return np.flatnonzero(self.link >> self.feature_bits != np.arange(self.n_nodes))

    @cached_property
    def link_of_missing(self) -> Integers:
        """`link` with features from n_features on where missing values go left by a threshold."""
        left = self.missing_left if self.split is None else self.missing_left & (self.split == 0)
        link: Integers = self.link + self.n_features * left
        return link

    @cached_property
    def used_features(self) -> Integers:
        """Return the features that some node asks for, ascending."""
        return np.flatnonzero(np.bincount(self.feature(self.inner)))

    @cached_property
    def n_thresholds(self) -> int:
        """Return how many different ones there are of all features, not counting those of categories."""
        threshold = self.threshold[self.inner]
        is_number = ~np.isnan(threshold)
        return len(distinct(pairs(self.feature(self.inner)[is_number], threshold[is_number])))

    def _places(self, nodes: Nodes, inner: Integers, first_child: Integers) -> Integers:
        starts = np.cumsum(nodes.sizes) - nodes.sizes
        ends = starts + nodes.sizes
        # For each inner node, where its tree starts and ends.
        counts = np.diff(np.searchsorted(inner, ends), prepend=0)
        start, end = np.repeat(starts, counts), np.repeat(ends, counts)
        place = np.full(self.n_nodes, NO_CHILD)
        place[starts] = np.arange(self.n_trees)
        for offset, children in enumerate((nodes.right, nodes.left)):
            child = children[inner]
            # First by themselves: numbers near 2**63 must not come round to small ones in the sum.
            if len(child) and not 0 < child.min() <= child.max() < self.n_nodes:
                raise DamagedPickle("A node of a tree has a child that is not in it.")
            child += start
            if not ((child > inner) & (child < end)).all():
                raise DamagedPickle("A node of a tree has a child that does not stand behind it, in the same tree.")
            place[child] = first_child + offset
        if np.count_nonzero(nodes.right == NO_CHILD) != self.n_nodes - len(inner):
            raise DamagedPickle("A leaf of a tree has a child.")
        # As many children as nodes that are no roots: if each of these has a parent, none has two.
        if (place < 0).any() or self.n_nodes != self.n_trees + 2 * len(inner):
            raise DamagedPickle("A node of a tree does not have one parent.")
        return place


def distinct[T: np.generic](values: NDArray[T]) -> NDArray[T]:
    """Return the values once each, ascending. `np.unique` imports numpy.ma, which takes 10 ms of a cold start."""
    ordered = np.sort(values)
    result: NDArray[T] = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return result


def pairs(features: Integers, values: Values) -> NDArray[np.complex128]:
    """Return values, each with its feature before it: NumPy orders complex numbers by their real parts first."""
    result = np.empty(values.shape, dtype=np.complex128)
    result.real = features
    result.imag = values
    return result


def codes(X: Values, unknown: int = UNKNOWN) -> Integers:
    """Return the categories' codes in X; `unknown` for NaN and negative numbers; others are cut to an integer.

    Source: sklearn/ensemble/_hist_gradient_boosting/_predictor.pyx.
    """
    result = np.full(X.shape, unknown)
    np.copyto(result, X, where=(X >= 0) & (unknown > X), casting="unsafe")
    return result

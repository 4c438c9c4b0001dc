"""Nodes as Python's lists, by which a row walks fastest down a few trees: to call NumPy takes as long as many steps."""

from __future__ import annotations

import math

import numpy as np

from picklejar.inert.reading.state import Integers
from picklejar.inert.trees.nodes import NO_CHILD, Trees, Values

# Of more nodes no lists are made, which take some 90 bytes for each.
MOST_NODES = 2**17


class Listed:
    """The nodes of trees without categories."""

    def __init__(self, trees: Trees) -> None:
        nodes = np.arange(trees.n_nodes)
        right = trees.right(nodes)
        self._roots = range(trees.n_trees)
        self._right: list[int] = right.tolist()
        self._feature: list[int] = np.where(right == nodes, NO_CHILD, trees.feature(nodes)).tolist()
        self._threshold: list[float] = trees.threshold.tolist()
        self._missing_left = trees.missing_left.tobytes()

    def leaves(self, X: Values) -> Integers:
        """Return the leaf of each row in each tree, shape (trees, rows)."""
        rows = X.tolist()
        return np.array([[self.leaf(row, root) for row in rows] for root in self._roots])

    def leaf(self, row: list[float], here: int) -> int:
        """Return the leaf at which a row that is at a node arrives."""
        # Also where large numbers add up to NaN, which is as right, and slower.
        if math.isnan(sum(row)):
            return self._leaf_of_missing(row, here)
        feature, threshold, right = self._feature, self._threshold, self._right
        while (at := feature[here]) >= 0:
            # The left child stands behind the right one.
            here = right[here] + 1 if row[at] <= threshold[here] else right[here]
        return here

    def _leaf_of_missing(self, row: list[float], here: int) -> int:
        while (at := self._feature[here]) >= 0:
            value = row[at]
            left = value <= self._threshold[here] if value == value else self._missing_left[here]
            here = self._right[here] + left
        return here

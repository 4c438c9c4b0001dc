"""The splits of trees by categories: which of a feature's codes are named, and which of them go left.

Source: include/xgboost/tree_model.h (`LoadCategoricalSplit`) and `Decision` of src/common/categorical.h: a code that a
split names goes right, any other left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import DamagedPickle
from picklejar.inert.boosters.document import Document
from picklejar.inert.reading.state import Integers
from picklejar.inert.trees.nodes import NO_CHILD, Flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Beyond these, a number is no category: `InvalidCat`.
MOST_CATEGORIES = 2**24
BYTES_OF_A_CODE = 100


@dataclass(frozen=True)
class Splits:
    """The splits by categories of some trees.

    Attributes:
        split: shape (nodes,), each node's row in `goes_left`; -1 where it compares with a threshold.
        goes_left: shape (splits, codes): those named of the feature, all others as one, and the missing value.
        named: by feature, its codes in the file that some split names, ascending.
    """

    split: Integers
    goes_left: Flags
    named: dict[int, Integers]

    def coded[T: np.floating[Any]](self, X: NDArray[T]) -> NDArray[T]:
        """Return X with the columns of `goes_left` for the codes of the file, NaN for missing ones."""
        if not self.named:
            return X
        X = X.copy()
        others = self.goes_left.shape[1] - 2
        for at, named in self.named.items():
            is_missing = np.isnan(X[:, at])
            values = np.where(is_missing, -1, X[:, at]).clip(-1, MOST_CATEGORIES)
            # A code is cut to a whole number; one below zero is no category.
            codes = np.where(values < 0, -1, np.trunc(values)).astype(np.int64)
            places = np.searchsorted(named, codes)
            is_named = named.take(places, mode="clip") == codes
            X[:, at] = np.where(is_missing, np.nan, np.where(is_named, places, others))
        return X


def splits_of(trees: list[Document], fields: dict[str, NDArray[Any]], charge: Callable[[int], None]) -> Splits:
    """Return the splits of trees whose nodes' fields are joined; raises DamagedPickle."""
    is_inner = fields["left_children"] != NO_CHILD
    by_category = is_inner & (fields["split_type"] == 1)
    if not by_category.any():
        return Splits(np.full(len(is_inner), -1), np.ones((0, 2), dtype=np.bool_), {})
    nodes, node_of_code, codes = _listed(trees)
    is_used = by_category[node_of_code]
    node_of_code, codes = node_of_code[is_used], codes[is_used]
    nodes = nodes[by_category[nodes]]
    if len(nodes) != np.count_nonzero(by_category):
        raise DamagedPickle("A tree of the file's booster splits by categories that it does not name.")
    feature = fields["split_indices"]
    if np.isin(feature[is_inner & ~by_category], feature[nodes]).any():
        raise DamagedPickle("A feature of the file's booster has both thresholds and categories.")
    split = np.full(len(is_inner), -1)
    split[nodes] = np.arange(len(nodes))
    of_code = feature[node_of_code]
    named = {at: np.unique(codes[of_code == at]) for at in np.unique(feature[nodes]).tolist()}
    width = 2 + max(map(len, named.values()))
    charge(2 * len(nodes) * width)
    goes_left = np.ones((len(nodes), width), dtype=np.bool_)
    for at, known in named.items():
        some = of_code == at
        goes_left[split[node_of_code[some]], np.searchsorted(known, codes[some])] = False
    goes_left[:, -1] = fields["default_left"][nodes] != 0
    return Splits(split, goes_left, named)


def _listed(trees: list[Document]) -> tuple[Integers, Integers, Integers]:
    """Return the nodes with categories, and each code with its node; nodes are numbered through all trees."""
    nodes, owners, codes = [], [], []
    start = 0
    for tree in trees:
        size = tree.length("left_children")
        here = tree.integers("categories_nodes")
        counts, begins = tree.integers("categories_sizes", len(here)), tree.integers("categories_segments", len(here))
        named = tree.integers("categories")
        in_order = len(here) == 0 or (here[0] >= 0 and here[-1] < size and (np.diff(here) > 0).all())
        if not in_order or (counts < 0).any() or (counts > len(named)).any():
            raise tree.damaged("names categories of nodes that there are not")
        if not np.array_equal(begins, np.cumsum(counts) - counts) or counts.sum() != len(named):
            raise tree.damaged("has categories of no node, or of several")
        if len(named) and not 0 <= named.min() <= named.max() < MOST_CATEGORIES:
            raise tree.damaged("has a category without a code")
        tree.charge(BYTES_OF_A_CODE * len(named))
        nodes.append(start + here)
        owners.append(np.repeat(start + here, counts))
        codes.append(named)
        start += size
    return np.concatenate(nodes), np.concatenate(owners), np.concatenate(codes)

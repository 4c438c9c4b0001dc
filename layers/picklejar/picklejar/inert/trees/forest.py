"""Finds each row's leaf in each tree, for one row or ten thousand, and adds up the leaves' values.

Few pairs of a row and a tree step down by Python's lists; see `listed`. More go together on a *walk*, level by level,
by packed nodes where X is of float32; see `packed`. Down small trees, and of many rows down the top of large ones,
tables take them first; see `quickscorer`. What is made for this is made when it is first used.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from picklejar.errors import DamagedPickle, UnsupportedEstimator
from picklejar.inert.reading.state import Floats, Integers
from picklejar.inert.trees.listed import MOST_NODES as MOST_LISTED
from picklejar.inert.trees.listed import Listed
from picklejar.inert.trees.nodes import Trees, Values, codes
from picklejar.inert.trees.packed import LANES, LEVELS, Packed, PackedWalk, packed
from picklejar.inert.trees.quickscorer import MOST_EXITS, Exits

# Fewer pairs than these are faster by themselves, in Python, than together: each of NumPy's calls costs as much as
# several steps.
LANES_SINGLY = 32
# So many are added up at once: at 8 bytes, with as much again for masks and exits, below 16 MB.
PAIRS = 262_144
ROWS_AT_ONCE = 2_048
TREES_AT_ONCE = 128
# From so many rows on the tables pay, where there are trees enough for each feature's.
ROWS_FOR_EXITS = 64
# Until so many were asked for at once, tables of large trees are not worth making. Golden predictions are fewer.
ROWS_BEFORE_EXITS = 512
# Tables of small trees pay for one row, too; those that take more memory are only for many.
MOST_BYTES_OF_A_NODE = 256


class Forest:
    """Trees and the values of their leaves.

    Attributes:
        values: of shape (nodes, values of a leaf), by the nodes' new numbers.
    """

    def __init__(self, trees: Trees, values: Floats, scale: float = 1.0) -> None:
        """Take `values` of shape (nodes, values of a leaf) in the file's order; raises UnreadablePickle."""
        if values.ndim != 2 or len(values) != trees.n_nodes or not values.shape[1]:
            raise DamagedPickle("A tree of the file does not have a value for each of its nodes.")
        self._trees = trees
        self.values: Floats = trees.placed(values)
        with np.errstate(all="ignore"):
            self.values *= scale
        if not np.isfinite(self.values).all():
            # Boosting that diverged ends so.
            raise UnsupportedEstimator("sklearn.tree._tree.Tree", "with values that are not finite,")
        # The exits of some trees, by the first of them and the one behind the last, and what each exit says.
        self._exits: dict[tuple[int, int], tuple[Exits, Floats]] = {}
        # The packed nodes, by whether rows have missing values.
        self._packed: dict[bool, Packed | None] = {}
        self._rows_asked = 0

    def add(self, X: Values, out: Floats) -> None:
        """Add the trees' values to `out`, of shape (groups, rows, values of a leaf), in place.

        Tree t adds to group t % groups, in the order of the file as in scikit-learn: floating-point sums depend on it.
        """
        groups, _, wide = out.shape
        at_once = max(groups, TREES_AT_ONCE // groups * groups)
        for _, rows, leaves, text in self._leaves(X, at_once, groups * wide):
            if len(X) == 1 and len(leaves) * wide <= PAIRS:
                values = text.take(leaves, axis=0, mode="clip").reshape(-1, groups * wide)
                out[:] = _added(out.reshape(-1), values).reshape(out.shape)
                continue
            stages = max(1, PAIRS // (groups * wide * leaves.shape[1]))
            for first in range(0, len(leaves), stages * groups):
                some = leaves[first : first + stages * groups]
                values = text.take(some, axis=0, mode="clip").reshape(len(some) // groups, -1)
                out[:, rows] = _added(out[:, rows].reshape(-1), values).reshape(groups, -1, wide)

    def values_of_tree(self, X: Values) -> Floats:
        """Return the values of the only tree, shape (rows, values of a leaf)."""
        if len(X) == 1 and self._listed is not None:
            leaf = self._listed.leaf(X.tolist()[0], 0)
            alone: Floats = self.values[leaf : leaf + 1].copy()
            return alone
        values: Floats = self.values.take(self.leaves(X)[0], axis=0)
        return values

    def leaves(self, X: Values) -> Integers:
        result = np.empty((self._trees.n_trees, len(X)), dtype=np.int64)
        for trees, rows, leaves, text in self._leaves(X, TREES_AT_ONCE, 1):
            result[trees, rows] = leaves if text is self.values else self._exits_of(trees)[0].nodes.take(leaves)
        return result

    def _leaves(self, X: Values, trees_at_once: int, wide: int) -> Iterator[tuple[slice, slice, Integers, Floats]]:
        """Yield some trees, some rows, their leaves, and the leaves' values; all rows for the first trees first."""
        n_trees = self._trees.n_trees
        if 0 < len(X) * n_trees <= LANES_SINGLY and self._listed is not None:
            yield slice(0, n_trees), slice(0, len(X)), self._listed.leaves(X), self.values
            return
        walk, jump = None, self._jump(X)
        if not jump:
            trees_at_once = n_trees
        for first in range(0, n_trees, trees_at_once):
            trees = slice(first, min(first + trees_at_once, n_trees))
            jump = jump and trees.stop - first >= len(self._trees.used_features)
            exits, text = self._exits_of(trees) if jump else (None, self.values)
            if exits and len(X) < ROWS_FOR_EXITS:
                yield trees, slice(0, len(X)), exits.exits_of_few(X), text
                continue
            ranks = exits.ranks(X) if exits else []
            at_once = max(1, min(ROWS_AT_ONCE, 8 * LANES // ((trees.stop - first) * wide)))
            for start in range(0, len(X), at_once):
                rows = slice(start, min(start + at_once, len(X)))
                if exits and exits.are_leaves:
                    yield trees, rows, exits.exits(ranks, rows), text
                    continue
                if exits:
                    at = exits.nodes.take(exits.exits(ranks, rows), mode="clip")
                else:
                    at = np.repeat(np.arange(first, trees.stop)[:, np.newaxis], rows.stop - rows.start, axis=1)
                walk = walk or self._walk(X)
                walk.go_down(at, rows)
                yield trees, rows, at, self.values

    def _jump(self, X: Values) -> bool:
        """Return whether the rows of X go down the trees by tables."""
        n_trees, rows = self._trees.n_trees, len(X)
        if not rows or n_trees < len(self._trees.used_features):
            return False
        if rows < ROWS_FOR_EXITS:
            # The tables of so many trees take as long as a walk down all of them.
            return self._are_small and (X.dtype != np.float32 or rows * TREES_AT_ONCE >= n_trees)
        self._rows_asked += rows
        return self._are_small or self._rows_asked >= ROWS_BEFORE_EXITS

    @cached_property
    def _are_small(self) -> bool:
        """Return whether tables take the trees' rows to leaves, and take little memory beside the nodes."""
        trees = self._trees
        if not 1 < trees.most_leaves <= MOST_EXITS:
            return False
        rows = trees.n_thresholds
        if trees.split is not None:
            rows += trees.n_codes * len(trees.used_features)
        masks = rows * min(trees.n_trees, TREES_AT_ONCE)
        return masks * trees.most_leaves // 8 <= MOST_BYTES_OF_A_NODE * trees.n_nodes

    @cached_property
    def _listed(self) -> Listed | None:
        trees = self._trees
        return Listed(trees) if trees.split is None and trees.n_nodes <= MOST_LISTED else None

    def _walk(self, X: Values) -> _Walk | PackedWalk:
        has_missing = bool(np.isnan(X).any())
        if X.dtype == np.float32:
            if has_missing not in self._packed:
                self._packed[has_missing] = packed(self._trees, has_missing=has_missing)
            if nodes := self._packed[has_missing]:
                return PackedWalk(nodes, X)
        return _Walk(self._trees, X.astype(np.float64, copy=False))

    def _exits_of(self, trees: slice) -> tuple[Exits, Floats]:
        some = trees.start, trees.stop
        if some not in self._exits:
            exits = Exits(self._trees, *some)
            self._exits[some] = exits, self.values.take(exits.nodes, axis=0)
        return self._exits[some]


def _added(sums: Floats, values: Floats) -> Floats:
    """Return `sums`, (numbers,), and all of `values`, (stages, numbers), added stage by stage; changes `values`."""
    if values.shape[1] == 1:
        # A single number would be added in pairs, and `accumulate` does not.
        alone = values.reshape(-1)
        alone[0] += sums[0]
        added: Floats = np.add.accumulate(alone)[-1:]
    else:
        values[0] += sums
        added = np.add.reduce(values, axis=0)
    return added


class _Walk:
    """Takes the rows of X down the trees where these cannot be packed, or X is of float64."""

    def __init__(self, trees: Trees, X: Floats) -> None:
        self._trees = trees
        self._link = trees.link
        is_missing = np.isnan(X)
        if is_missing.any():
            # Missing values go right, since NaN is <= nothing. Nodes where they go left ask for a second copy of the
            # feature, in which they are below every threshold.
            X = np.concatenate([X, np.where(is_missing, -np.inf, X)], axis=1)
            self._link = trees.link_of_missing
        # As arrays, at which NumPy looks faster than at ints.
        self._shift, self._mask = np.array(trees.feature_bits), np.array((1 << trees.feature_bits) - 1)
        self._width = X.shape[1]
        self._values = X.ravel()
        if trees.split is not None:
            self._codes = codes(self._values, trees.n_codes - 1)
            self._codes_left = trees.goes_left.ravel()

    def go_down(self, at: Integers, rows: slice) -> None:
        cells = np.arange(rows.start, rows.stop) * self._width
        trees = max(1, LANES // len(cells))
        for first in range(0, len(at), trees):
            some = at[first : first + trees]
            self._arrive(some.reshape(-1), np.tile(cells, len(some)))

    def _arrive(self, lanes: Integers, cells: Integers) -> None:
        here, which = lanes, None
        while True:
            on = np.flatnonzero(self._link.take(here, mode="clip") >> self._shift != here)
            if not len(on):
                return
            which = on if which is None else which.take(on, mode="clip")
            here, cells = here.take(on, mode="clip"), cells.take(on, mode="clip")
            self._step(here, cells)
            lanes[which] = here

    def _step(self, here: Integers, cells: Integers) -> None:
        trees = self._trees
        link, cell = np.empty_like(here), np.empty_like(here)
        value, threshold = np.empty(here.shape), np.empty(here.shape)
        left = np.empty(here.shape, dtype=np.bool_)
        for _ in range(LEVELS):
            # No number is out of range, which is all that `wrap` would mean; it is the fastest way to say so.
            self._link.take(here, out=link, mode="wrap")
            trees.threshold.take(here, out=threshold, mode="wrap")
            np.bitwise_and(link, self._mask, out=cell)
            np.add(cell, cells, out=cell)
            self._values.take(cell, out=value, mode="wrap")
            np.less_equal(value, threshold, out=left)
            if trees.split is not None:
                code = self._codes.take(cell, mode="clip")
                left |= self._codes_left.take(trees.n_codes * trees.split.take(here, mode="clip") + code, mode="clip")
            np.right_shift(link, self._shift, out=link)
            np.add(link, left, out=here)

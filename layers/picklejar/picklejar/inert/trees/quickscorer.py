"""Tables that take a row down the top of many trees at once, by ands of bits instead of steps.

QuickScorer: Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees", SIGIR 2015, with a table for each feature. A tree's top has up to 64 *exits*, numbered from the left: its
leaves, or nodes where the walk goes on. Each exit has a bit. Where a row goes right, the bits of the exits on the left
fall; the lowest bit left is the row's exit. Which bits fall depends only on the two thresholds that the value lies
between: one row of the table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from picklejar.inert.reading.state import Floats, Integers
from picklejar.inert.trees.nodes import Trees, Values, codes, distinct, pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_EXITS = 64
# Values are sorted and the thresholds looked up among them, instead of the other way round, from so many on.
ROWS_TO_SORT = 2_000

type Masks = NDArray[np.unsignedinteger]
NO_PAIRS = np.empty(0, dtype=np.complex128)


@dataclass(frozen=True, slots=True)
class _Table:
    feature: int
    thresholds: Floats | None  # sorted; None for categories
    remaining: Masks  # (thresholds + 2, trees): the last row is for NaN. Or (codes, trees).

    def rows(self, values: Values) -> Integers:
        if self.thresholds is None:
            return codes(values, len(self.remaining) - 1)
        # How many thresholds are < x, so that x <= threshold for those behind them, alone.
        if len(values) < ROWS_TO_SORT:
            result = np.searchsorted(self.thresholds, values)
        else:
            order = np.argsort(values)
            starts = np.searchsorted(values[order], self.thresholds, side="right")
            result = np.empty(len(values), dtype=np.int64)
            ends = np.append(starts, len(values))
            result[order] = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
        result[np.isnan(values)] = len(self.thresholds) + 1
        return result


class _Joined:
    """All tables one above the other, in which a few rows are looked up at once."""

    def __init__(self, tables: list[_Table], remaining: Masks) -> None:
        """Take tables of thresholds, by their features, and then those of categories."""
        self._remaining = remaining
        ends = np.cumsum([len(table.remaining) for table in tables])
        starts = ends - [len(table.remaining) for table in tables]
        numbers = [(table.feature, table.thresholds) for table in tables if table.thresholds is not None]
        self._thresholds = np.concatenate([pairs(np.array(at), thresholds) for at, thresholds in numbers] or [NO_PAIRS])
        self._features = np.array([at for at, _ in numbers], dtype=np.int64)
        # A table has two rows more than thresholds.
        self._before, self._of_missing = 2 * np.arange(len(numbers)), ends[: len(numbers)] - 1
        self._by_category = np.array([table.feature for table in tables[len(numbers) :]], dtype=np.int64)
        self._of_codes, self._unknown = starts[len(numbers) :], 0
        if len(self._by_category):
            self._unknown = len(tables[-1].remaining) - 1

    def remaining_of(self, X: Values) -> Masks:
        """Return what each table leaves of the exits of each row, (rows, tables, trees)."""
        asked = X.take(self._features, axis=1)
        at = self._thresholds.searchsorted(pairs(self._features, asked))
        at += self._before
        at = np.where(np.isnan(asked), self._of_missing, at)
        if len(self._by_category):
            of_codes = codes(X.take(self._by_category, axis=1), self._unknown) + self._of_codes
            at = np.concatenate([at, of_codes], axis=1)
        return self._remaining.take(at, axis=0)


class Exits:
    """The tables of the trees from `first` to before `last`; `nodes` has the node of each exit, (trees * exits,)."""

    def __init__(self, trees: Trees, first: int, last: int) -> None:
        self._trees = trees
        levels = self._levels(first, last)
        inner = np.concatenate([nodes for nodes, _ in levels])
        tree = np.concatenate([of for _, of in levels])
        place, exits = self._places(levels, np.arange(first, last))
        # The bits of the exits on a node's left, which are as many as there are between its own and its right child.
        right = trees.right(inner)
        left = right + 1
        item = np.uint64(1)
        lost = (item << place[right].astype(np.uint64)) - (item << place[left].astype(np.uint64))
        width = exits.shape[1]
        smallest = next(kind for kind in (np.uint8, np.uint16, np.uint32, np.uint64) if width <= np.iinfo(kind).bits)
        self._all = ~smallest(0)
        self._one: Masks = np.array(1, dtype=smallest)
        self._tables = self._made_tables(inner, tree, (~lost).astype(smallest), last - first)
        self.nodes = exits.ravel()
        # To count the bits up to the lowest one gives one more than its number.
        self._before_first = np.arange(len(exits))[:, np.newaxis] * width - 1
        self.are_leaves = bool((trees.right(self.nodes) == self.nodes).all())

    def ranks(self, X: Values) -> list[Integers]:
        return [table.rows(X[:, table.feature]) for table in self._tables]

    def exits(self, ranks: list[Integers], rows: slice) -> Integers:
        remaining = np.full((rows.stop - rows.start, len(self._before_first)), self._all)
        for table, rank in zip(self._tables, ranks, strict=True):
            remaining &= table.remaining.take(rank[rows], axis=0, mode="clip")
        return self._first_of(remaining)

    def exits_of_few(self, X: Values) -> Integers:
        """Return the exits of few rows, looked up in all tables at once."""
        return self._first_of(np.bitwise_and.reduce(self._joined.remaining_of(X), axis=1))

    @cached_property
    def _joined(self) -> _Joined:
        joined = np.concatenate([table.remaining for table in self._tables])
        ends = np.cumsum([len(table.remaining) for table in self._tables]).tolist()
        # Not to be in memory twice, the tables are parts of what they are joined to.
        self._tables = [
            replace(table, remaining=joined[end - len(table.remaining) : end])
            for table, end in zip(self._tables, ends, strict=True)
        ]
        return _Joined(self._tables, joined)

    def _first_of(self, remaining: Masks) -> Integers:
        up_to_lowest = np.bitwise_count(remaining ^ (remaining - self._one))
        # In C's order, because lookups by these indices are eight times faster.
        exits: Integers = np.add(up_to_lowest.T, self._before_first, order="C")
        return exits

    def _levels(self, first: int, last: int) -> list[tuple[Integers, Integers]]:
        trees = self._trees
        nodes, tree = np.arange(first, last), np.arange(last - first)
        exits = np.ones(last - first, dtype=np.int64)
        levels = []
        while True:
            is_inner = trees.right(nodes) != nodes
            nodes, tree = nodes[is_inner], tree[is_inner]
            # A level that would bring a tree more exits than there are bits ends its top.
            more = np.bincount(tree, minlength=last - first)
            fits = (exits + more <= MOST_EXITS)[tree]
            nodes, tree = nodes[fits], tree[fits]
            levels.append((nodes, tree))
            if not len(nodes):
                return levels
            exits += np.bincount(tree, minlength=last - first)
            right = trees.right(nodes)
            nodes = np.concatenate([right, right + 1])
            tree = np.concatenate([tree, tree])

    def _places(self, levels: list[tuple[Integers, Integers]], roots: Integers) -> tuple[Integers, NDArray[np.int64]]:
        right_of = self._trees.right
        below = np.ones(self._trees.n_nodes, dtype=np.int64)
        for nodes, _ in reversed(levels):
            right = right_of(nodes)
            below[nodes] = below[right] + below[right + 1]
        place = np.zeros(self._trees.n_nodes, dtype=np.int64)
        exits = np.repeat(roots[:, np.newaxis], below[roots].max(), axis=1)
        for nodes, tree in levels:
            right = right_of(nodes)
            left = right + 1
            place[left] = place[nodes]
            place[right] = place[nodes] + below[left]
            # Lower levels overwrite what is not an exit.
            exits[tree, place[left]] = left
            exits[tree, place[right]] = right
        # Where a tree has fewer exits than another, its first stands in for the rest: a root there would look as if
        # rows had yet to walk on from it.
        return place, np.where(np.arange(exits.shape[1]) < below[roots][:, np.newaxis], exits, exits[:, :1])

    def _made_tables(self, inner: Integers, tree: Integers, remaining: Masks, n_trees: int) -> list[_Table]:
        trees = self._trees
        split = np.zeros_like(inner) if trees.split is None else trees.split[inner]
        result = []
        features = trees.feature(inner)
        for is_category in (False, True):
            for feature in distinct(features).tolist():
                some = np.flatnonzero((features == feature) & ((split > 0) == is_category))
                if len(some):
                    make = self._by_category if is_category else self._by_threshold
                    result.append(make(feature, inner[some], tree[some], remaining[some], n_trees))
        return result

    def _by_threshold(self, feature: int, nodes: Integers, tree: Integers, remaining: Masks, n_trees: int) -> _Table:
        threshold = self._trees.threshold[nodes]
        thresholds = distinct(threshold)
        table = np.full((len(thresholds) + 2, n_trees), ~remaining.dtype.type(0))
        rank = np.searchsorted(thresholds, threshold)
        # A row in the bin behind a threshold goes right there, and so does one in the bins behind that.
        np.bitwise_and.at(table, (rank + 1, tree), remaining)
        np.bitwise_and.accumulate(table[:-1], axis=0, out=table[:-1])
        right = ~self._trees.missing_left[nodes]
        np.bitwise_and.at(table, (len(thresholds) + 1, tree[right]), remaining[right])
        return _Table(feature, thresholds, table)

    def _by_category(self, feature: int, nodes: Integers, tree: Integers, remaining: Masks, n_trees: int) -> _Table:
        assert self._trees.split is not None  # noqa: S101  there are categories
        table = np.full((self._trees.n_codes, n_trees), ~remaining.dtype.type(0))
        node, code = np.nonzero(~self._trees.goes_left[self._trees.split[nodes]])
        np.bitwise_and.at(table, (code, tree[node]), remaining[node])
        return _Table(feature, None, table)

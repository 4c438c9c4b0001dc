"""Which of equally near rows a k-d tree or ball tree finds: sklearn/neighbors/_binary_tree.pxi.tp."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from picklejar.inert.base.special import EPSILON, LEAST_FLOAT
from picklejar.inert.base.work import NUMBERS_OF_A_STEP, spend
from picklejar.inert.reading.records import UNSET, Record
from picklejar.inert.reading.state import EstimatorState, Floats, Integers

KD_TREE, BALL_TREE = "sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree"
NODE = ("idx_start", "idx_end", "is_leaf", "radius")
# Where of the state's tuple the arrays are.
ROWS, NODES, BOUNDS = 1, 2, 3


class Nearest(NamedTuple):
    """The nearest rows of one: their reduced distances, ascending, and their numbers."""

    ranks: Floats
    places: Integers


class NeighborTree:
    """The nodes of a tree over the fitted rows, walked as scikit-learn walks them.

    The walk takes the nearer child first and keeps the nearest rows in a heap, so that of rows equally far those seen
    first stay, unless pushed out by nearer ones. Distances are reduced: without the last root.
    """

    def __init__(self, state: EstimatorState, fitted: Floats, power: float) -> None:
        """Read `_tree` over the `fitted` rows, (rows, features); `power` is the p of the Minkowski distance."""
        record = state.value("_tree")
        names = {f"{KD_TREE}.newObj": False, f"{BALL_TREE}.newObj": True}
        if not isinstance(record, Record) or record.name not in names:
            raise state.damaged("has no tree of neighbors")
        fields = record.state
        if fields is UNSET or type(fields) is not tuple or len(fields) <= BOUNDS:
            raise state.damaged("has a tree without state")
        self.balls = names[record.name]
        self._power = power
        self._sort = _quicksort if state.before("1.9") else _introsort
        self._fitted = fitted
        rows = len(fitted)
        width = state.n_features
        self._rows = state.integers_of(fields[ROWS], "idx_array", (rows,))
        nodes = state.structured_of(fields[NODES], "node_data", *NODE)
        count = len(nodes)
        self._bounds = state.floats_of(fields[BOUNDS], "node_bounds", (1 if self.balls else 2, count, width))
        starts, ends, leaves = (nodes[name].astype(np.int64) for name in NODE[:3])
        # Each row is in one leaf, so that no walk looks at more rows than there are; children are within the tree.
        inner = np.flatnonzero(leaves == 0)
        if (
            not count
            or (starts < 0).any()
            or (ends < starts).any()
            or (ends > rows).any()
            or (ends - starts)[leaves != 0].sum() > rows
            or (len(inner) and 2 * int(inner.max()) + 2 >= count)
            or not np.array_equal(np.sort(self._rows), np.arange(rows))
        ):
            raise state.damaged("has a tree that leads out of its rows")
        self._starts, self._ends, self._leaves = starts.tolist(), ends.tolist(), leaves.tolist()
        self._radii = nodes["radius"].tolist()
        levels = np.frexp(inner + 1.0)[1]
        self._levels = [inner[levels == level] for level in range(int(levels.max(initial=0)), 0, -1)]
        self._of_leaves = np.flatnonzero(leaves)
        self._of_leaves = self._of_leaves[starts[self._of_leaves].argsort(kind="stable")]
        self._edges = np.stack([starts[self._of_leaves], ends[self._of_leaves]], axis=1)
        # NumPy's powers are not C's to the last digit; what is no power is the same in both.
        self._slack = 0.0 if power in (1, 2, math.inf) else (width + 8) * EPSILON

    def nearest(self, x: Floats, ranks: Floats, count: int) -> Nearest:
        """Return the `count` nearest rows in the order of scikit-learn's sort.

        `ranks`, (fitted rows,), are NumPy's reduced distances. They tell which nodes have no row that would be kept,
        so that a walk among many equally near rows looks at few. Python's powers are C's.
        """
        row, known = x.tolist(), ranks * (1 - self._slack) - (LEAST_FLOAT if self._slack else 0)
        least_known, seen = self._least_of_nodes(known), dict[bytes, float]()
        distances, neighbors = [math.inf] * count, [0] * count
        # The ranks are looked through three times.
        spend(4 * len(ranks))
        waiting = [(0, self._least(0, row))]
        while waiting:
            node, least = waiting.pop()
            if least > distances[0] or least_known[node] >= distances[0]:
                continue
            spend(NUMBERS_OF_A_STEP * (4 + len(row)))
            if self._leaves[node]:
                numbers = self._rows[self._starts[node] : self._ends[node]]
                numbers = numbers[known[numbers] < distances[0]]
                spend(NUMBERS_OF_A_STEP * len(numbers) * count.bit_length())
                for number in numbers.tolist():
                    rank = float(ranks[number]) if not self._slack else self._rank(row, number, seen)
                    _push(distances, neighbors, rank, number)
                continue
            first, second = 2 * node + 1, 2 * node + 2
            near, far = (first, self._least(first, row)), (second, self._least(second, row))
            # The one appended last is walked first.
            waiting += (far, near) if near[1] <= far[1] else (near, far)
        self._sort(distances, neighbors, 0, count)
        return Nearest(np.array(distances), np.array(neighbors))

    def _least_of_nodes(self, ranks: Floats) -> Floats:
        """Return the least of the ranks, (fitted rows,), among the rows of each node, (nodes,)."""
        least = np.full(len(self._leaves), math.inf)
        in_leaves = np.minimum.reduceat(np.append(ranks[self._rows], math.inf), self._edges.reshape(-1))[::2]
        least[self._of_leaves] = np.where(self._edges[:, 0] < self._edges[:, 1], in_leaves, math.inf)
        for nodes in self._levels:
            least[nodes] = np.minimum(least[2 * nodes + 1], least[2 * nodes + 2])
        return least

    def _rank(self, row: list[float], number: int, seen: dict[bytes, float]) -> float:
        """Return the reduced distance of a fitted row, which `seen` keeps for those that are equal."""
        other = self._fitted[number]
        if (rank := seen.get(other.tobytes())) is None:
            rank = seen[other.tobytes()] = reduced_distance(row, other.tolist(), self._power)
        return rank

    def _least(self, node: int, row: list[float]) -> float:
        """Return the least reduced distance that a row of a node may have: `min_rdist`."""
        if self.balls:
            apart = self._root(reduced_distance(row, self._bounds[0, node].tolist(), self._power))
            return _power_of(max(0.0, apart - self._radii[node]), self._power)
        lower, upper = self._bounds[:, node].tolist()
        # Twice the distance from the box, in each column.
        outside = [
            ((low - value) + abs(low - value)) + ((value - high) + abs(value - high))
            for value, low, high in zip(row, lower, upper, strict=True)
        ]
        return _total((0.5 * twice for twice in outside), self._power)

    def _root(self, distance: float) -> float:
        if self._power in (1, math.inf):
            return distance
        return math.sqrt(distance) if self._power == 2 else math.pow(distance, 1 / self._power)


def reduced_distance(row: list[float], other: list[float], power: float) -> float:
    """Return the Minkowski distance of two rows without its last root, to the last digit as C has it."""
    return _total((abs(value - known) for value, known in zip(row, other, strict=True)), power)


def _total(differences: Iterable[float], power: float) -> float:
    if power == math.inf:
        return max(differences)
    total = 0.0
    for difference in differences:
        total += _power_of(difference, power)
    return total


def _power_of(difference: float, power: float) -> float:
    if power == 2:
        return difference * difference
    if power in (1, math.inf):
        return difference
    try:
        return math.pow(difference, power)
    except OverflowError:
        return math.inf


def _push(distances: list[float], neighbors: list[int], distance: float, neighbor: int) -> None:
    if distance >= distances[0]:
        return
    size, place = len(distances), 0
    while (child := 2 * place + 1) < size:
        if child + 1 < size and distances[child] < distances[child + 1]:
            child += 1
        if distances[child] <= distance:
            break
        distances[place], neighbors[place] = distances[child], neighbors[child]
        place = child
    distances[place], neighbors[place] = distance, neighbor


# Sorts that do not keep the order of equals: what is summed up in their order differs in the last digit.
SHORT = 15


def _quicksort(values: list[float], places: list[int], start: int, end: int) -> None:
    while (size := end - start) > 3:
        spend(NUMBERS_OF_A_STEP * size)
        if min(values[start:end]) == max(values[start:end]):
            # Each of equals in turn is a pivot, placed first.
            for place in range(start, end - 3):
                _swap(values, places, place, end - 1)
            return
        _place_median(values, places, start, end)
        pivot, middle = values[end - 1], start
        for place in range(start, end - 1):
            if values[place] < pivot:
                _swap(values, places, place, middle)
                middle += 1
        _swap(values, places, middle, end - 1)
        # The shorter side first, so that calls are few within one another.
        if middle - start < end - middle:
            _quicksort(values, places, start, middle)
            start = middle + 1
        else:
            _quicksort(values, places, middle + 1, end)
            end = middle
    # Compared one by one, no order of equals changes.
    _insert(values, places, start, end)


def _introsort(values: list[float], places: list[int], start: int, end: int, depth: int | None = None) -> None:
    depth = 2 * (end - start).bit_length() - 2 if depth is None else depth
    while end - start > SHORT:
        spend(NUMBERS_OF_A_STEP * (end - start))
        if depth <= 0:
            _heapsort(values, places, start, end)
            return
        depth -= 1
        _place_median(values, places, start, end)
        pivot, left, right = values[end - 1], start + 1, end - 2
        while True:
            while left <= right and values[left] < pivot:
                left += 1
            while left <= right and values[right] > pivot:
                right -= 1
            if left >= right:
                break
            _swap(values, places, left, right)
            left, right = left + 1, right - 1
        _swap(values, places, left, end - 1)
        _introsort(values, places, start, left, depth)
        start = left + 1
    _insert(values, places, start, end)


def _heapsort(values: list[float], places: list[int], start: int, end: int) -> None:
    for root in range((end - start - 2) // 2, -1, -1):
        _sift_down(values, places, start, start + root, end)
    for last in range(end - 1, start, -1):
        _swap(values, places, start, last)
        _sift_down(values, places, start, start, last)


def _sift_down(values: list[float], places: list[int], start: int, root: int, end: int) -> None:
    while True:
        child, largest = start + 2 * (root - start) + 1, root
        if child < end and values[largest] < values[child]:
            largest = child
        if child + 1 < end and values[largest] < values[child + 1]:
            largest = child + 1
        if largest == root:
            return
        _swap(values, places, root, largest)
        root = largest


def _place_median(values: list[float], places: list[int], start: int, end: int) -> None:
    middle = start + (end - start) // 2
    if values[start] > values[end - 1]:
        _swap(values, places, start, end - 1)
    if values[end - 1] > values[middle]:
        _swap(values, places, end - 1, middle)
        if values[start] > values[end - 1]:
            _swap(values, places, start, end - 1)


def _insert(values: list[float], places: list[int], start: int, end: int) -> None:
    order = sorted(range(start, end), key=values.__getitem__)
    values[start:end], places[start:end] = [values[at] for at in order], [places[at] for at in order]


def _swap(values: list[float], places: list[int], one: int, other: int) -> None:
    values[one], values[other] = values[other], values[one]
    places[one], places[other] = places[other], places[one]

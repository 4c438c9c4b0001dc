"""Which of equally near rows a k-d tree or ball tree finds: sklearn/neighbors/_binary_tree.pxi.tp."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from picklejar.inert.reading.records import UNSET, Record
from picklejar.inert.reading.state import EstimatorState, Floats, Integers

KD_TREE, BALL_TREE = "sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree"
NODE = ("idx_start", "idx_end", "is_leaf", "radius")
# Where of the state's tuple the arrays are.
ROWS, NODES, BOUNDS = 1, 2, 3


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
        self._release = state.release
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

    def nearest(self, x: Floats, count: int) -> Integers:
        """Return the numbers of the `count` nearest rows, of shape (count,), in the order of scikit-learn's sort.

        Python's numbers, row by row: its powers are C's, which NumPy's are not to the last digit.
        """
        row = x.tolist()
        distances, neighbors = [math.inf] * count, [0] * count
        waiting = [(0, self._least(0, row))]
        while waiting:
            node, least = waiting.pop()
            if least > distances[0]:
                continue
            if self._leaves[node]:
                for number in self._rows[self._starts[node] : self._ends[node]].tolist():
                    _push(distances, neighbors, self._distance(row, self._fitted[number].tolist()), number)
                continue
            first, second = 2 * node + 1, 2 * node + 2
            near, far = (first, self._least(first, row)), (second, self._least(second, row))
            # The one appended last is walked first.
            waiting += (far, near) if near[1] <= far[1] else (near, far)
        sort = _introsort if self._release == "1.9" else _quicksort
        sort(distances, neighbors, 0, count)
        return np.array(neighbors)

    def _least(self, node: int, row: list[float]) -> float:
        """Return the least reduced distance that a row of a node may have: `min_rdist`."""
        if self.balls:
            apart = self._root(self._distance(row, self._bounds[0, node].tolist()))
            return self._power_of(max(0.0, apart - self._radii[node]))
        lower, upper = self._bounds[:, node].tolist()
        # Twice the distance from the box, in each column.
        outside = [
            ((low - value) + abs(low - value)) + ((value - high) + abs(value - high))
            for value, low, high in zip(row, lower, upper, strict=True)
        ]
        return self._total(0.5 * twice for twice in outside)

    def _distance(self, row: list[float], other: list[float]) -> float:
        return self._total(abs(value - known) for value, known in zip(row, other, strict=True))

    def _total(self, differences: Iterable[float]) -> float:
        if self._power == math.inf:
            return max(differences)
        total = 0.0
        for difference in differences:
            total += self._power_of(difference)
        return total

    def _power_of(self, difference: float) -> float:
        if self._power == 2:
            return difference * difference
        if self._power in (1, math.inf):
            return difference
        try:
            return math.pow(difference, self._power)
        except OverflowError:
            return math.inf

    def _root(self, distance: float) -> float:
        if self._power in (1, math.inf):
            return distance
        return math.sqrt(distance) if self._power == 2 else math.pow(distance, 1 / self._power)


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
    # Compared one by one, as three or fewer are, no order of equals changes.
    while end - start > 3:
        _place_median(values, places, start, end)
        pivot, middle = values[end - 1], start
        if min(values[start:end]) < pivot:
            for place in range(start, end - 1):
                if values[place] < pivot:
                    _swap(values, places, place, middle)
                    middle += 1
        elif max(values[start:end]) == pivot:
            # Of equals each becomes the pivot of those behind it.
            for place in range(start, end - 3):
                _swap(values, places, place, end - 1)
            return
        _swap(values, places, middle, end - 1)
        # Neither part touches the other. The longer one is sorted by this loop, as Python has few calls in one another.
        if middle - start < end - middle - 1:
            _quicksort(values, places, start, middle)
            start = middle + 1
        else:
            _quicksort(values, places, middle + 1, end)
            end = middle
    _insert(values, places, start, end)


def _introsort(values: list[float], places: list[int], start: int, end: int) -> None:
    _sort_to_depth(values, places, start, end, 2 * int(math.log2(end - start)))


def _sort_to_depth(values: list[float], places: list[int], start: int, end: int, depth: int) -> None:
    while end - start > SHORT:
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
        _sort_to_depth(values, places, start, left, depth)
        start = left + 1
    _insert(values, places, start, end)


def _heapsort(values: list[float], places: list[int], start: int, end: int) -> None:
    for root in range(start + (end - start - 2) // 2, start - 1, -1):
        _sift_down(values, places, start, root, end)
    for last in range(end - 1, start, -1):
        _swap(values, places, start, last)
        _sift_down(values, places, start, start, last)


def _sift_down(values: list[float], places: list[int], start: int, root: int, end: int) -> None:
    while True:
        largest, child = root, 2 * root - start + 1
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

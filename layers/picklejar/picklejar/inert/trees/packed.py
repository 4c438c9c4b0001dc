"""A node as one number, of which one subtraction finds the next: the walk of few rows, or of many down few trees.

A node's number has its left child above, then its threshold's key, then its feature. Keys are integers in the order of
what they stand for. From the number is taken the key of the row's value, as far up: where that is larger, it borrows
one from the child, and the right child stands just before the left one.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from picklejar.inert.reading.state import Floats, Integers
from picklejar.inert.trees.nodes import Trees, codes

# Of an int64, without its sign.
MOST_BITS = 63
# Of more nodes no table is made, which takes 8 bytes for each.
MOST_NODES = 2**22
# A walk looks every so many levels which pairs of a row and a tree have arrived.
LEVELS = 4
# Of fewer pairs those that have arrived go along until all have: to part them would take longer.
LANES_TOGETHER = 1_024
# So many step down at once that what they work on stays in the processor's caches.
LANES = 32_768

type Values = NDArray[np.floating[Any]]


class Keys(Protocol):
    """Integers in the order of the values of X and of the thresholds.

    Attributes:
        bits: the largest difference of two keys is less than 2**bits.
        first: at most any threshold's key.
        last: more than any threshold's key.
    """

    bits: int
    first: int
    last: int

    def of(self, X: Values) -> Integers:
        """Return the keys of X, (rows, features); any for NaN."""

    def of_thresholds(self, features: Integers, thresholds: Floats) -> Integers:
        """Return the keys of thresholds, each of a feature."""


class SingleKeys:
    """Of float32: its bits."""

    bits, first, last = 32, -0x7F800000, 0x7F800001
    _sign, _rest = np.array(31, dtype=np.int32), np.array(0x7FFFFFFF, dtype=np.int32)

    def of(self, X: Values) -> Integers:
        bits = X.view(np.int32)
        # The bits beside the sign, negative with it: so 0.0 and -0.0 are the same.
        sign = bits >> self._sign
        return (((bits & self._rest) ^ sign) - sign).astype(np.int64)

    def of_thresholds(self, features: Integers, thresholds: Floats) -> Integers:  # noqa: ARG002  one order for all
        with np.errstate(over="ignore"):
            rounded = thresholds.astype(np.float32)
        # What is at most the threshold is at most the next float32 below it.
        return self.of(np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded))


class Ranks:
    """Of numbers of any type: how many of the thresholds are before them, feature by feature."""

    first = 0

    def __init__(self, features: Integers, thresholds: Floats) -> None:
        is_number = ~np.isnan(thresholds)
        self._features = np.unique(features)
        self._thresholds = np.unique(_pairs(features[is_number], thresholds[is_number]))
        self.last = len(self._thresholds)
        self.bits = self.last.bit_length()

    def of(self, X: Values) -> Integers:
        return self._thresholds.searchsorted(_pairs(self._features, X))

    def of_thresholds(self, features: Integers, thresholds: Floats) -> Integers:
        return self._thresholds.searchsorted(_pairs(features, thresholds))


def _pairs(features: Integers, values: Values) -> NDArray[np.complex128]:
    # NumPy orders complex numbers by their real parts, and where these are equal by the others.
    result = np.empty(values.shape, dtype=np.complex128)
    result.real = features
    result.imag = values
    return result


class Packed:
    """The numbers of the nodes, for rows with missing values or for those without.

    Only features that trees ask for count. Behind them stand, as features of their own, those where missing values go
    left, and each node with categories.

    Attributes:
        numbers: shape (nodes,). A leaf is its own child, by a threshold above all values.
        shift: how many bits are below the child.
        mask: the bits of the feature.
        n_columns: how many numbers a row has.
    """

    def __init__(self, trees: Trees, keys: Keys, *, has_missing: bool) -> None:
        self._trees, self._keys, self._has_missing = trees, keys, has_missing
        inner = trees.inner
        feature = trees.feature(inner)
        key = keys.of_thresholds(feature, trees.threshold[inner])
        used, feature = np.unique(feature, return_inverse=True)
        self._used = None if len(used) == trees.n_features else used
        self.n_columns = len(used)
        if has_missing:
            feature += self.n_columns * trees.missing_left[inner]
            self.n_columns *= 2
        if trees.split is not None:
            by_category = np.flatnonzero(trees.split[inner])
            self._split = trees.n_codes * trees.split[inner[by_category]]
            self._asks = trees.feature(inner[by_category])
            key[by_category] = keys.first
            feature[by_category] = np.arange(self.n_columns, self.n_columns + len(by_category))
            self.n_columns += len(by_category)
        # Most leaves are at least so deep that as many would be in a tree without deeper ones.
        self.levels = max(1, (trees.n_nodes // trees.n_trees).bit_length() - 1)
        bits = self.n_columns.bit_length()
        self.fits = trees.n_nodes.bit_length() + keys.bits + bits <= MOST_BITS
        # As arrays: NumPy takes longer to look at an int than to compute with a hundred numbers.
        self._bits, self.shift, self.mask = np.array(bits), np.array(bits + keys.bits), np.array((1 << bits) - 1)
        self.numbers = np.arange(trees.n_nodes) << self.shift
        self.numbers += keys.last << bits
        self.numbers[inner] = (trees.right(inner) + 1 << self.shift) + (key << bits) + feature

    def rows(self, X: Values) -> Integers:
        """Return the numbers of rows, shape (rows, n_columns)."""
        keys = self._keys.of(X if self._used is None else X.take(self._used, axis=1))
        if self._has_missing:
            is_missing = np.isnan(X if self._used is None else X.take(self._used, axis=1))
            sides = [np.where(is_missing, end, keys) for end in (self._keys.last, self._keys.first)]
            keys = np.concatenate(sides, axis=1)
        if self._trees.split is not None:
            code = codes(X, self._trees.n_codes - 1).take(self._asks, axis=1)
            left = self._trees.goes_left.ravel().take(self._split + code)
            keys = np.concatenate([keys, np.where(left, self._keys.first, self._keys.last)], axis=1)
        return np.left_shift(keys, self._bits)


def packed(trees: Trees, *, is_single: bool, has_missing: bool) -> Packed | None:
    """Return the numbers for X of float32 or of float64; None where they would take too much memory, or do not fit."""
    if trees.n_nodes > MOST_NODES or not len(trees.inner):
        return None
    if is_single and (result := Packed(trees, SingleKeys(), has_missing=has_missing)).fits:
        return result
    feature, threshold = trees.feature(trees.inner), trees.threshold[trees.inner]
    result = Packed(trees, Ranks(feature, threshold), has_missing=has_missing)
    return result if result.fits else None


class PackedWalk:
    """Takes the rows of X down the trees."""

    def __init__(self, nodes: Packed, X: Values) -> None:
        self._nodes = nodes
        self._values = nodes.rows(X).reshape(-1)
        self._is_one = len(X) == 1

    def go_down(self, at: Integers, rows: slice) -> None:
        """Take pairs from their nodes to their leaves, in place; `at` has the shape (trees, rows)."""
        if self._is_one:
            self._arrive(at.reshape(-1), None, self._nodes.levels)
            return
        cells = np.arange(rows.start, rows.stop) * self._nodes.n_columns
        trees = max(1, LANES // len(cells))
        for first in range(0, len(at), trees):
            some = at[first : first + trees]
            self._arrive(some.reshape(-1), np.tile(cells, len(some)), LEVELS)

    def _arrive(self, lanes: Integers, cells: Integers | None, levels: int) -> None:
        """Take each lane from its node to its leaf, in place.

        `cells`, (lanes,), is where each lane's row begins, None for a single row. All are looked at after so many
        `levels` first.
        """
        numbers, shift = self._nodes.numbers, self._nodes.shift
        here, which = lanes, None
        while True:
            self._step(here, cells, levels)
            if which is not None:
                lanes[which] = here
            next_ = numbers.take(here, mode="wrap") >> shift
            if len(here) <= LANES_TOGETHER:
                # As bytes, a few are compared in a tenth of the time.
                if next_.tobytes() == here.tobytes():
                    return
            else:
                on = np.flatnonzero(next_ != here)
                if not len(on):
                    return
                which = on if which is None else which.take(on, mode="wrap")
                here = here.take(on, mode="wrap")
                cells = None if cells is None else cells.take(on, mode="wrap")
            levels = LEVELS

    def _step(self, here: Integers, cells: Integers | None, levels: int) -> None:
        number, at = np.empty_like(here), np.empty_like(here)
        mask, shift = self._nodes.mask, self._nodes.shift
        take_number, take_value = self._nodes.numbers.take, self._values.take
        for _ in range(levels):
            # No number is out of range, which is all that `wrap` would mean; it is the fastest way to say so.
            take_number(here, None, number, "wrap")
            np.bitwise_and(number, mask, at)
            if cells is not None:
                np.add(at, cells, at)
            take_value(at, None, here, "wrap")
            np.subtract(number, here, number)
            np.right_shift(number, shift, here)

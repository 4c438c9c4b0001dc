"""A node as one number, of which one subtraction finds the next: the walk of rows of float32.

A node's number has its left child above, then its threshold's key, then its feature. Keys are integers in the order of
the numbers. From it is taken the key of the row's value, as far up: where that is larger than the threshold's, it
borrows one from the child, and the right child stands just before the left one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picklejar.inert.reading.state import Floats, Integers
from picklejar.inert.trees.nodes import Trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of an int64, without its sign.
MOST_BITS = 63
# Of more nodes no numbers are made, 8 bytes for each.
MOST_NODES = 2**22
# A walk looks every so many levels which pairs of a row and a tree have arrived.
LEVELS = 4
# Of fewer pairs those that have arrived go along until all have: to part them would take longer.
LANES_TOGETHER = 1_024
# So many step down at once that what they work on stays in the processor's caches.
LANES = 32_768
# Keys are less than 2**32 apart: one at most every threshold's, and one above.
KEY_BITS, FIRST, LAST = 32, -0x7F800000, 0x7F800001
_SIGN, _REST = np.array(31, dtype=np.int32), np.array(0x7FFFFFFF, dtype=np.int32)

type Singles = NDArray[np.float32]


def _keys(values: Singles) -> Integers:
    """Return integers in the order of numbers of float32: their bits; any for NaN."""
    bits = values.view(np.int32)
    # What stands beside the sign is negative with it, so that 0.0 and -0.0 are the same.
    sign = bits >> _SIGN
    return (((bits & _REST) ^ sign) - sign).astype(np.int64)


def _rounded_down(thresholds: Floats) -> Singles:
    """Return float32 that part other numbers of float32 as the thresholds do."""
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


class Packed:
    """The numbers of the nodes of trees without categories, for rows with missing values or for those without.

    Only features that trees ask for count; behind them stand, once more, those where missing values go left.

    Attributes:
        numbers: shape (nodes,). A leaf is its own child, by a threshold above all values.
        shift, mask: how many bits are below the child; those of the feature. They are arrays, because NumPy takes
            longer to look at an int than to compute with a hundred numbers.
        levels: most leaves of a tree are at least so deep.
        n_columns: how many numbers a row has.
    """

    def __init__(self, trees: Trees, *, has_missing: bool) -> None:
        inner, used = trees.inner, trees.used_features
        self._used = None if len(used) == trees.n_features else used
        self._has_missing = has_missing
        self.n_columns = len(used) * (1 + has_missing)
        bits = self.n_columns.bit_length()
        self._bits, self.shift, self.mask = np.array(bits), np.array(bits + KEY_BITS), np.array((1 << bits) - 1)
        self.levels = max(1, (trees.n_nodes // trees.n_trees).bit_length() - 1)
        feature = np.searchsorted(used, trees.feature(inner))
        if has_missing:
            feature += len(used) * trees.missing_left[inner]
        key = _keys(_rounded_down(trees.threshold[inner]))
        self.numbers = (np.arange(trees.n_nodes) << self.shift) + (LAST << bits)
        self.numbers[inner] = (trees.right(inner) + 1 << self.shift) + (key << bits) + feature

    def rows(self, X: Singles) -> Integers:
        """Return the numbers of rows, shape (rows, n_columns)."""
        asked = X if self._used is None else X.take(self._used, axis=1)
        keys = _keys(asked)
        if self._has_missing:
            is_missing = np.isnan(asked)
            keys = np.concatenate([np.where(is_missing, end, keys) for end in (LAST, FIRST)], axis=1)
        numbers: Integers = np.left_shift(keys, self._bits)
        return numbers


def packed(trees: Trees, *, has_missing: bool) -> Packed | None:
    """Return the numbers of the nodes; None where they have categories, are too many, or do not fit."""
    if trees.split is not None or trees.n_nodes > MOST_NODES or trees.n_nodes == trees.n_trees:
        return None
    n_columns = len(trees.used_features) * (1 + has_missing)
    bits = trees.n_nodes.bit_length() + KEY_BITS + n_columns.bit_length()
    return Packed(trees, has_missing=has_missing) if bits <= MOST_BITS else None


class PackedWalk:
    """Takes the rows of X down the trees."""

    def __init__(self, nodes: Packed, X: Singles) -> None:
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
        bitwise_and, add, subtract, right_shift = np.bitwise_and, np.add, np.subtract, np.right_shift
        for _ in range(levels):
            # No number is out of range, which is all that `wrap` would mean; it is the fastest way to say so.
            take_number(here, None, number, "wrap")
            bitwise_and(number, mask, at)
            if cells is not None:
                add(at, cells, at)
            take_value(at, None, here, "wrap")
            subtract(number, here, number)
            right_shift(number, shift, here)

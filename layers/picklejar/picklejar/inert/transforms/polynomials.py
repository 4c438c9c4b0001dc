"""Products of columns: `PolynomialFeatures` of sklearn/preprocessing/_polynomial.py."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.state import EstimatorState, Floats

# How many products there are follows from three small numbers in the file, and could fill any memory.
MOST_PRODUCTS = 20_000


class Products(InertTransformer):
    """All products of columns up to a degree, each degree made from the one below."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.answers, self.precision = state.given, state.precision.scaled()
        self._bias = state.flag("include_bias")
        self._distinct = state.flag("interaction_only")
        if state.before("1.0"):
            lowest, highest = 0, state.integer("degree", at_least=0, at_most=MOST_PRODUCTS)
        else:
            lowest = state.integer("_min_degree", at_least=0, at_most=MOST_PRODUCTS)
            highest = state.integer("_max_degree", at_least=lowest, at_most=MOST_PRODUCTS)
        sizes = self._sizes(state, highest)
        self._width = self._bias + sum(sizes)
        # Products of lower degrees are made, and then left out.
        self._left_out = sum(sizes[: max(0, lowest - 1)])
        self.n_features_out = self._width - self._left_out
        if state.integer("n_output_features_", at_least=0, at_most=2**62) != self.n_features_out:
            raise state.changed()
        # Of a feature its place, of a block four numbers in a tuple.
        state.charge(self.n_features_in_ * (60 + 250 * max(0, len(sizes) - 1)))
        self._blocks = self._plan(len(sizes))

    def transform(self, X: Floats) -> Floats:
        columns = np.ascontiguousarray(X.T)
        output = np.empty((self._width, len(X)))
        output[: self._bias] = 1.0
        if self._width > self._bias:
            output[self._bias : self._bias + self.n_features_in_] = columns
        for feature, start, stop, at in self._blocks:
            np.multiply(output[start:stop], columns[feature], out=output[at : at + stop - start])
        if self._left_out:
            output = np.concatenate([output[: self._bias], output[self._bias + self._left_out :]])
        return output.T

    def _sizes(self, state: EstimatorState, degree: int) -> list[int]:
        sizes: list[int] = []
        total = size = 1
        for item in range(1, degree + 1):
            # One factor more, out of those that are left, or out of all, whatever their order.
            size = size * (self.n_features_in_ + (1 - item if self._distinct else item - 1)) // item
            total += size
            if total > MOST_PRODUCTS:
                raise state.unsupported(f"more than {MOST_PRODUCTS:,} products")
            if not size:
                break
            sizes.append(size)
        return sizes

    def _plan(self, degree: int) -> list[tuple[int, int, int, int]]:
        """Return for each block of products: its feature, the products it multiplies (from, to), and its place.

        A feature multiplies the products of the degree below that begin with itself or a later one.
        """
        at = self._bias + self.n_features_in_
        starts = [*range(self._bias, at + 1)]
        blocks = []
        for _ in range(2, degree + 1):
            stop, starts_of_next = starts[-1], []
            for feature, (own, later) in enumerate(pairwise(starts)):
                start = later if self._distinct else own
                starts_of_next.append(at)
                blocks.append((feature, start, stop, at))
                at += stop - start
            starts = [*starts_of_next, at]
        return [block for block in blocks if block[1] < block[2]]

"""Texts to counts of terms by their hashes: HashingVectorizer of sklearn/feature_extraction/text.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.sparse_rows import SparseRows
from picklejar.inert.base.work import spend
from picklejar.inert.reading.state import EstimatorState
from picklejar.inert.text.vectorizers import Vectorizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_COLUMNS = 2**20
WORD = 0xFFFFFFFF
# To hash a term takes as long as so many numbers, and each of its bytes as so many more.
NUMBERS_OF_A_TERM, NUMBERS_OF_A_BYTE, SPENT_AT_ONCE = 900, 100, 1_000_000


class HashedCounts(Vectorizer):
    """How often terms of one hash stand in a text, half of the terms counted as -1: `HashingVectorizer.transform`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state, state.integer("n_features", at_least=1, at_most=MOST_COLUMNS))
        self._norm = state.choice("norm", "l1", "l2", "max", None)
        if self._norm is not None:
            self.precision = self.precision.computed(exactly=True)
        self._binary = state.flag("binary")
        self._alternates = state.flag("alternate_sign")
        self._is_positive = state.before("0.21") and state.flag("non_negative", False)

    def transform(self, X: NDArray[Any]) -> SparseRows:
        rows = SparseRows.of_counts([self._counts(text) for text in X[:, 0].tolist()], self.n_features_out)
        if self._is_positive:
            rows = abs(rows)
        # Terms that cancel one another are still stored, as 0.
        if self._binary:
            rows = rows.with_data(np.ones_like(rows.data))
        return rows if self._norm is None else rows.normalized(self._norm)

    def _counts(self, text: str) -> dict[int, int]:
        counts: dict[int, int] = {}
        numbers = 0
        for term in self._analyze(text):
            data = term.encode()
            numbers += NUMBERS_OF_A_TERM + NUMBERS_OF_A_BYTE * len(data)
            if numbers > SPENT_AT_ONCE:
                spend(numbers)
                numbers = 0
            number = murmurhash3(data)
            at = abs(number) % self.n_features_out
            counts[at] = counts.get(at, 0) + (-1 if self._alternates and number < 0 else 1)
        spend(numbers)
        return counts


def murmurhash3(data: bytes) -> int:
    """Return the signed 32 bits of MurmurHash3_x86_32 with seed 0.

    Source: Austin Appleby's MurmurHash3, in the public domain; sklearn/utils/murmurhash.pyx.
    """
    h = 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        h ^= _mixed(int.from_bytes(data[at : at + 4], "little"))
        h = (h << 13 | h >> 19) & WORD
        h = (h * 5 + 0xE6546B64) & WORD
    if whole < len(data):
        h ^= _mixed(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & WORD
    h = ((h ^ h >> 13) * 0xC2B2AE35) & WORD
    h ^= h >> 16
    return h - (WORD + 1) if h >> 31 else h


def _mixed(k: int) -> int:
    k = (k * 0xCC9E2D51) & WORD
    k = (k << 15 | k >> 17) & WORD
    return (k * 0x1B873593) & WORD

"""The categories of a LightGBM model: a code for all that its splits do not tell apart.

A split has a bit for each category that goes left; all others, negative numbers and what is missing go right:
include/LightGBM/tree.h (`CategoricalDecision`). Categories are numbers up to millions, codes are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from picklejar.inert.boosters.lightgbm_text import TreeText
from picklejar.inert.reading.state import Floats, Integers, State
from picklejar.inert.trees.nodes import Flags

BITS = 32
LARGEST_WORD = 2**BITS - 1
# A word and a category of a split on their way; a flag for each split and code, of a feature and of all.
BYTES_OF_A_WORD, BYTES_OF_A_PAIR, BYTES_OF_A_FLAG, BYTES_OF_A_JOINED_FLAG = 40, 120, 1, 4


@dataclass(frozen=True, slots=True)
class Codes:
    """The categories of a feature that some split sends left, in their order, and the code of each."""

    categories: Floats
    codes: Floats

    def of(self, values: Floats) -> Floats:
        """Return codes of categories, whose fractions are cut off; NaN for those that all splits send right."""
        whole = np.trunc(values)
        at = np.minimum(np.searchsorted(self.categories, whole), len(self.categories) - 1)
        return np.where(self.categories[at] == whole, self.codes[at], np.nan)


def codes_of(
    trees: Sequence[TreeText], features: Integers, is_category: Flags, thresholds: Floats, state: State
) -> tuple[dict[int, Codes], Integers, Flags | None]:
    """Return the codes by feature, each node's split or -1, and of each split which codes go left.

    Of the last, of shape (splits, codes), the last code is for all that goes right everywhere.

    Raises:
        DamagedPickle: a split has no bits, or bits that are not in the file.
        UnsupportedEstimator: a feature has categories in some trees alone.
    """
    numbers = np.full(len(features), -1)
    at = np.flatnonzero(is_category)
    if not len(at):
        return {}, numbers, None
    if np.isin(features[~is_category], features[at]).any():
        raise state.unsupported("a feature that is a category in some trees, and a number in others")
    numbers[at] = np.arange(len(at))
    starts, ends, words = _words_of(trees, at, thresholds, state)
    codes: dict[int, Codes] = {}
    parts: list[tuple[Integers, Flags]] = []
    for feature in np.unique(features[at]).tolist():
        splits = np.flatnonzero(features[at] == feature)
        codes[feature], left = _told_apart(starts[splits], ends[splits], words, state)
        parts.append((splits, left))
    width = max(left.shape[1] for _, left in parts) + 1
    state.charge(BYTES_OF_A_JOINED_FLAG * len(at) * width)
    goes_left = np.zeros((len(at), width), dtype=np.bool_)
    for splits, left in parts:
        goes_left[splits, : left.shape[1]] = left
    return codes, numbers, goes_left


def _words_of(
    trees: Sequence[TreeText], at: Integers, thresholds: Floats, state: State
) -> tuple[Integers, Integers, Integers]:
    """Return where the words of each split start and end, and all words."""
    inner = np.array([len(tree.features) for tree in trees])
    counts = np.array([max(len(tree.boundaries) - 1, 0) for tree in trees])
    tree = np.repeat(np.arange(len(trees)), inner)[at]
    own = thresholds[at]
    if not ((own >= 0) & (own < counts[tree]) & (own == np.rint(own))).all():
        raise state.damaged("has a split by categories that are not in it")
    for each in trees:
        if len(each.boundaries) and (each.boundaries[0] != 0 or (np.diff(each.boundaries) < 0).any()):
            raise state.damaged("has categories whose bits are not in their order")
    words = np.concatenate([each.words for each in trees])
    if len(words) and not 0 <= words.min() <= words.max() <= LARGEST_WORD:
        raise state.damaged("has bits of categories beyond 32 in a word")
    # Of all trees, where the words of each split start, and where those of each tree do.
    before = np.cumsum([len(each.words) for each in trees]) - [len(each.words) for each in trees]
    firsts = np.concatenate([each.boundaries[:-1] for each in trees])
    lasts = np.concatenate([each.boundaries[1:] for each in trees])
    place = (np.cumsum(counts) - counts)[tree] + own.astype(np.int64)
    return firsts[place] + before[tree], lasts[place] + before[tree], words


def _told_apart(starts: Integers, ends: Integers, words: Integers, state: State) -> tuple[Codes, Flags]:
    """Return a feature's codes, and of each of its splits which of them go left, (splits, codes)."""
    split, category = _pairs(starts, ends, words, state)
    if not len(split):
        return Codes(np.array([-1.0]), np.array([np.nan])), np.zeros((len(starts), 0), dtype=np.bool_)
    categories, counts = np.unique(category, return_counts=True)
    # Of each category the splits that send it left, as bytes; equal ones share a code.
    texts = [group.tobytes() for group in np.split(split, np.cumsum(counts)[:-1])]
    numbers = {text: code for code, text in enumerate(dict.fromkeys(texts))}
    codes = np.array([numbers[text] for text in texts])
    state.charge(BYTES_OF_A_FLAG * len(starts) * len(numbers))
    left = np.zeros((len(starts), len(numbers)), dtype=np.bool_)
    left[split, np.repeat(codes, counts)] = True
    return Codes(categories.astype(np.float64), codes.astype(np.float64)), left


def _pairs(starts: Integers, ends: Integers, words: Integers, state: State) -> tuple[Integers, Integers]:
    """Return each split with each category that it sends left, by category and then by split."""
    lengths = ends - starts
    firsts = np.cumsum(lengths) - lengths
    state.charge(BYTES_OF_A_WORD * int(lengths.sum()))
    number = np.arange(lengths.sum()) - np.repeat(firsts, lengths)
    own = words[np.repeat(starts, lengths) + number]
    some = np.flatnonzero(own)
    state.charge(BYTES_OF_A_PAIR * (int(np.bitwise_count(own).sum()) + len(some)))
    bits = np.unpackbits(own[some].astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
    at, bit = np.nonzero(bits)
    split = np.repeat(np.arange(len(starts)), lengths)[some[at]]
    category = number[some[at]] * BITS + bit
    order = np.lexsort((split, category))
    return split[order], category[order]

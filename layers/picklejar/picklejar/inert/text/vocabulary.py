"""The terms that a vectorizer knows, each with its column."""

from __future__ import annotations

from typing import Any

import numpy as np

from picklejar.inert.reading import arrays
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import BYTES_OF_A_PAIR, EstimatorState

MOST_TERMS = 2**22
# As lists and arrays while they are checked.
BYTES_OF_A_COLUMN = 40


def vocabulary(state: EstimatorState) -> dict[str, int]:
    """Return a mapping from terms to columns, 0 to n - 1, each once; raises DamagedPickle for any other."""
    terms = state.value("vocabulary_")
    if type(terms) is not dict or not 0 < len(terms) <= MOST_TERMS or not {*map(type, terms)} <= {str}:
        raise state.damaged("has no vocabulary of texts")
    state.charge(BYTES_OF_A_COLUMN * len(terms))
    places = _integers(state, [*terms.values()])
    if not np.array_equal(np.sort(places), np.arange(len(terms))):
        raise state.damaged("does not give each term of its vocabulary a column of its own")
    if {*map(type, terms.values())} == {int}:  # the file's own mapping, which nobody else changes
        return terms
    state.charge(BYTES_OF_A_PAIR * len(terms))
    return dict(zip(terms, places.tolist(), strict=True))


def _integers(state: EstimatorState, values: list[Any]) -> Any:
    """Return what are numbers of Python, or all NumPy's of one type, as where rare terms were left out."""
    kinds = {*map(type, values)}
    if kinds == {int}:
        if min(values) < 0 or max(values) >= len(values):
            raise state.damaged("gives a term of its vocabulary a column that there is not")
        return np.array(values, dtype=np.int64)
    first = values[0]
    if len(kinds) == 1 and isinstance(first, Record) and len(first.args) == 2 and first.name == arrays.SCALAR:
        kind = arrays.array_type(first.args[0])
        raw = [value.args[1] for value in values if len(value.args) == 2 and value.args[0] is first.args[0]]
        is_plain = kind.kind in "iu" and {*map(type, raw)} == {bytes} and {*map(len, raw)} == {kind.itemsize}
        if len(raw) == len(values) and is_plain:
            return np.frombuffer(b"".join(raw), dtype=kind).astype(np.int64)
    plain = [state.plain_of(value) for value in values]
    if {*map(type, plain)} != {int} or min(plain) < 0 or max(plain) >= len(plain):
        raise state.damaged("gives a term of its vocabulary a column that there is not")
    return np.array(plain, dtype=np.int64)

"""The columns of a ColumnTransformer as its parameters name them: releases before 1.0 did not keep their places."""

from __future__ import annotations

from typing import Any

from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import EstimatorState


def columns_of(state: EstimatorState, given: Any, count: int) -> list[int]:
    """Return the places of a ColumnTransformer's columns: `_get_column_indices` of sklearn/utils/__init__.py, 0.24."""
    if isinstance(given, Record) and given.name == "builtins.slice" and len(given.args) == 3:
        start, stop, step = (_place(state, end) if isinstance(end, str) else end for end in given.args)
        if isinstance(given.args[1], str):
            stop += 1  # names are taken with the last of them
        if not all(end is None or type(end) is int for end in (start, stop, step)) or step == 0:
            raise state.damaged("takes a slice of columns that is none")
        return [*range(count)[start:stop:step]]
    keys = _keys(state, given)
    if keys and all(type(key) is bool for key in keys):
        return [place for place, key in enumerate(keys) if key]
    return [_place(state, key) if isinstance(key, str) else key + count * (key < 0) for key in keys]


def _keys(state: EstimatorState, given: Any) -> list[Any]:
    if isinstance(given, Record) and given.name == "pandas.core.indexes.base._new_Index" and len(given.args) == 2:
        given = given.args[1].get("data") if type(given.args[1]) is dict else None
    if isinstance(given, Record):
        given = state.array_of(given).ravel().tolist()
    keys = [state.plain_of(key) for key in given] if type(given) in (list, tuple) else [given]
    if not all(type(key) in (int, bool, str) for key in keys):
        raise state.damaged("takes columns by something other than names and places")
    return keys


def _place(state: EstimatorState, name: str) -> int:
    if not state.has("feature_names_in_"):
        raise state.unsupported("columns by their names, of which releases before 0.22 did not keep the places")
    names = state.labels("feature_names_in_").tolist()
    if names.count(name) != 1:
        raise state.damaged("takes a column that X does not have")
    return int(names.index(name))

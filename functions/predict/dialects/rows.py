"""Columns and matrices as rows by name, for dialects that send such; nothing is expanded beyond a request's limits."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from types import NoneType
from typing import Any

import msgspec

from picklejar.errors import BrokenRule, InvalidInstances, TooLarge
from picklejar.instances import MOST_VALUES, decode_json, refuse_too_many
from picklejar.signature import LONGEST_NAME, Feature, Signature
from picklejar.wording import list_of, shorten

Rows = list[dict[str, Any]]


def decode_object(body: bytes) -> dict[str, Any]:
    """Return a body's object, in which NaN may stand; raises NotJson and InvalidInstances."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        # Ten times slower, and knows NaN, which clients write as it is.
        decoded = decode_json(body)
    if not isinstance(decoded, dict):
        raise refused("The body must be a JSON object.")
    return decoded


def refused(message: str, row: int | None = None, field: str | None = None) -> InvalidInstances:
    """Return the error of a body, or of one of its rows or fields, that breaks its dialect's rules."""
    name = None if field is None else shorten(field, LONGEST_NAME)
    return InvalidInstances([BrokenRule(row=row, field=name, rule="body", message=message)])


def shown(value: Any) -> str:
    """Return a name or another value of a caller's for a sentence; of what may be long or deep, only what it is."""
    kinds = {list: "an array", dict: "an object", NoneType: "null"}
    return kinds.get(type(value)) or shorten(str(value), LONGEST_NAME)


def refuse_too_large(rows: int, columns: int) -> None:
    """Raise TooLarge for more rows or values than one request may have, before any is looked at."""
    refuse_too_many(rows)
    if rows * columns > MOST_VALUES:
        raise TooLarge(
            f"{rows:,} rows of {columns:,} values were sent; one request takes at most {MOST_VALUES:,} values. Send "
            "them in several requests."
        )


def of_columns(columns: Mapping[str, Sequence[Any]], signature: Signature) -> Rows:
    """Return rows of columns that have the same length, by the names of features; other columns are left out."""
    known = {
        feature.name: _fitting(feature, columns[feature.name])
        for feature in signature.features
        if feature.name in columns
    }
    if not known:
        return [{} for _ in next(iter(columns.values()), ())]
    return [dict(zip(known, row, strict=True)) for row in zip(*known.values(), strict=True)]


def columns_of(names: Sequence[str], lists: Sequence[Any], what: str) -> dict[str, Sequence[Any]]:
    """Return the columns of rows that are lists with a value for each name; `what` they are in a sentence."""
    refuse_too_large(len(lists), len(names))
    for row, values in enumerate(lists):
        if not isinstance(values, list) or len(values) != len(names):
            has = f"{len(values):,} values" if isinstance(values, list) else "no array of values"
            raise refused(f"{what} has {has}, and there are {len(names):,} names: {list_of(map(shown, names))}.", row)
    return dict(zip(names, zip(*lists, strict=True) if lists else [()] * len(names), strict=True))


def of_matrix(lists: Sequence[Any], signature: Signature, what: str) -> Rows:
    """Return rows that are lists with a value for each feature in the signature's order; a boolean may be 1 or 0."""
    columns = columns_of(signature.names, lists, what)
    for feature in signature.features:
        if feature.type == "boolean":
            columns[feature.name] = [_as_boolean(value) for value in columns[feature.name]]
    return of_columns(columns, signature)


def refuse_missing(names: Collection[str], signature: Signature, column: str) -> None:
    """Raise InvalidInstances unless every required feature is among the names; a `column` is what is missing."""
    missing = [feature.name for feature in signature.features if feature.required and feature.name not in names]
    if missing:
        others = len(missing) - 1
        more = f" {others:,} more {'is' if others == 1 else 'are'} missing, too." if others else ""
        raise refused(
            f"{column} {missing[0]} is missing; the model has the features {list_of(signature.names)}.{more}",
            field=missing[0],
        )


def _as_boolean(value: Any) -> Any:
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else value


def _fitting(feature: Feature, values: Sequence[Any]) -> Sequence[Any]:
    """Return values as JSON has them: who sends columns may have one type for all, and NaN for what is missing."""
    if feature.type == "integer":
        values = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    if feature.nullable:
        values = [None if isinstance(value, float) and math.isnan(value) else value for value in values]
    return values

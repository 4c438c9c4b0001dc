"""Columns that `pandas.get_dummies` made, recognised by the sample's own columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pandas as pd

from picklejar.around import TEXTS
from picklejar.manifest import Around, Dummies
from picklejar.signature import MOST_CHOICES, Feature
from picklejar.wording import list_of
from training.adopt.joblib_file import NotAdopted
from training.adopt.model_file import Fitted
from training.adopt.with_frames import with_around

SEPARATORS = ("_", ".", "-", ":", "=", " ")
# What dummy_na=True calls the column of missing values.
MISSING = "nan"
# Of each of the sample's columns: the model's columns by the values that they are 1 for.
OfColumns = dict[str, dict[str, str]]


def recognised(fitted: Fitted, table: pd.DataFrame, targets: Sequence[str]) -> OfColumns:
    """Return, for each of the sample's columns that the model has dummies of, the model's columns by their values.

    Raises NotAdopted where a column of the model may be of two of the sample's.
    """
    header = [str(name) for name in table if name not in targets]
    wanted = [name for at, name in enumerate(fitted.names or ()) if at not in fitted.ignored]
    if not {*wanted} - {*header}:
        return {}
    result: OfColumns = {}
    for name in wanted:
        if name in header:
            continue
        match = [
            (own, name.removeprefix(own)[1:])
            for own in header
            if name.startswith(own) and name.removeprefix(own)[:1] in SEPARATORS and own not in wanted
        ]
        seen = [(own, value) for own, value in match if value in _values(table[own])]
        if len(seen) > 1:
            raise NotAdopted(
                f"The model's column {name!r} may be of {list_of(repr(own) for own, _ in seen)} in the sample. Rename "
                "one of them, or give the sample with the columns that the model was fitted on."
            )
        if not (seen or match):
            return {}
        own, value = (seen or sorted(match, key=lambda item: -len(item[0])))[0]
        result.setdefault(own, {})[value] = name
    return result


def raw_names(fitted: Fitted, dummies: OfColumns, table: pd.DataFrame) -> list[str]:
    """Return the sample's columns that the model is asked by, in the sample's order."""
    own = {*(fitted.names or ())} | {*dummies}
    return [str(name) for name in table if name in own]


def texts_of(dummies: OfColumns, table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the texts of the columns that have dummies and hold texts, also the one that has no dummy."""
    return {
        own: (*columns, *([] if (left := _left_out(columns, table[own])) is None else [left]))
        for own, columns in dummies.items()
        if _holds_texts(table[own])
    }


def with_dummies(
    fitted: Fitted, dummies: OfColumns, features: tuple[Feature, ...], table: pd.DataFrame
) -> tuple[Fitted, tuple[Feature, ...], tuple[str, ...]]:
    """Return a model as one of the sample's own columns, these as features with their choices, and what is to be said.

    `features` are those of the columns of `raw_names`.
    """
    if fitted.was_run and fitted.ignored:
        raise NotAdopted("The model has dummies and drops columns, which is adopted without --trust alone.")
    by_name = {feature.name: feature for feature in features}
    plans = {own: _plan(by_name[own], columns, table[own]) for own, columns in dummies.items()}
    features = tuple(_with_choices(feature, plans.get(feature.name)) for feature in features)
    wanted = tuple(name for at, name in enumerate(fitted.names or ()) if at not in fitted.ignored)
    labels = () if fitted.around is None else fitted.around.labels
    around = Around(columns=wanted, dummies=plans, labels=labels)
    names = [feature.name for feature in features]
    fitted = replace(with_around(fitted, around, features), names=names, ignored=frozenset(), count=len(names))
    return fitted, features, tuple(_sentence(own, plan) for own, plan in plans.items())


def _plan(feature: Feature, columns: dict[str, str], column: pd.Series[Any]) -> Dummies:
    left = _left_out(columns, column)
    missing = columns.get(MISSING) if MISSING not in _values(column) else None
    known: dict[str, str | None] = {
        _key(feature, value): name for value, name in columns.items() if not (value == MISSING and missing)
    }
    if left is not None:
        known = {_key(feature, left): None, **known}
    return Dummies(columns=known, missing=missing)


def _key(feature: Feature, value: str) -> str:
    """Return a value, as it stands in a column's name, as the text by which a request's value is looked up."""
    if feature.type in ("integer", "number"):
        try:
            return str(TEXTS[feature.type](float(value)))
        except ValueError:
            raise NotAdopted(
                f"{feature.name} has numbers in the sample, and the model a column of {value!r}. Give a sample of rows "
                "as they were before get_dummies."
            ) from None
    return (
        {"1": "True", "0": "False", "1.0": "True", "0.0": "False"}.get(value, value)
        if feature.type == "boolean"
        else value
    )


def _left_out(columns: dict[str, str], column: pd.Series[Any]) -> str | None:
    """Return the value that drop_first left out: the first of all, and the only one of the sample without a dummy."""
    numbers = not _holds_texts(column)
    known = {*columns} | ({*map(_as_number, columns)} if numbers else set())
    others = [value for value in column.dropna().unique().tolist() if _as_text(value) not in known]
    others = [value for value in others if not numbers or _as_number(_as_text(value)) not in known]
    if not others:
        return None
    first = min(others)
    if len(others) == 1 and all(_sorts_before(first, value, numbers) for value in columns if value != MISSING):
        return _as_text(first)
    raise NotAdopted(
        f"The model has columns of {column.name} for {list_of(columns)}, and the sample has "
        f"{list_of(map(str, others))}, too. get_dummies(drop_first=True) leaves the first value out, no other. Leave "
        "out the sample's rows with values that the model did not learn, or give the sample with the columns that "
        "get_dummies made."
    )


def _sorts_before(first: Any, value: str, numbers: bool) -> bool:
    return float(first) < float(value) if numbers and _is_number(value) else str(first) < value


def _is_number(value: str) -> bool:
    return isinstance(_as_number(value), float)


def _as_number(value: str) -> Any:
    try:
        return float({"True": "1", "False": "0"}.get(value, value))
    except ValueError:
        return value


def _as_text(value: Any) -> str:
    return str(value)


def _holds_texts(column: pd.Series[Any]) -> bool:
    return any(isinstance(value, str) for value in column.dropna().unique().tolist())


def _with_choices(feature: Feature, plan: Dummies | None) -> Feature:
    if plan is None:
        return feature
    if plan.missing is not None:
        feature = msgspec.structs.replace(feature, nullable=True)
    if feature.type != "string":
        return feature
    choices = tuple(sorted(plan.columns))
    fit = len(choices) <= MOST_CHOICES and all(item and item.isprintable() and item == item.strip() for item in choices)
    return msgspec.structs.replace(feature, enum=choices if fit else None)


def _sentence(own: str, plan: Dummies) -> str:
    made = [name for name in plan.columns.values() if name is not None]
    left = [value for value, name in plan.columns.items() if name is None]
    dropped = f"; {left[0]!r} has no column of its own" if left else ""
    return f"{own} is asked for in place of {list_of(made)}, which get_dummies made{dropped}."


def _values(column: pd.Series[Any]) -> set[str]:
    """Return a column's values as `get_dummies` writes them in names."""
    values = column.dropna().unique().tolist()
    numbers = {form for value in values if isinstance(value, int | float) for form in (str(float(value)), f"{value:g}")}
    return {str(value) for value in values} | numbers

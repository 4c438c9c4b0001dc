"""Rows of every kind, and what their values become in JSON."""

from __future__ import annotations

import json
import sqlite3
from collections import namedtuple
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from picklejar_client import Refused
from picklejar_client.rows import encoded_rows


def _read(rows: Any, columns: Sequence[str] = ("a", "b")) -> list[Any]:
    return [json.loads(row) for row in encoded_rows(rows, lambda: columns)]


def _refused(rows: Iterable[Any]) -> tuple[Any, ...]:
    with pytest.raises(Refused) as raised:
        _read(rows)
    (rule,) = raised.value.errors
    return rule


class _Polars:
    """As a frame of polars gives its rows; iterated, it gives columns."""

    columns = ("a", "b")

    def iter_rows(self) -> Any:
        return iter([(1, "x"), (2, None)])

    def __iter__(self) -> Any:
        raise AssertionError


class _Arrow:
    """As a table of pyarrow gives its rows."""

    columns = ([1, 2], ["x", None])

    def to_pylist(self) -> Any:
        return [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


class _Color(IntEnum):
    RED = 2


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
EXPECTED = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
PAIR = namedtuple("PAIR", "b a")


@pytest.mark.parametrize(
    "rows",
    [
        EXPECTED,
        tuple(EXPECTED),
        (row for row in EXPECTED),
        FRAME,
        FRAME.convert_dtypes(),
        FRAME.astype({"b": "category"}),
        FRAME.set_index(pd.Index([7, 7])),
        (row for _, row in FRAME.iterrows()),
        _Polars(),
        _Arrow(),
        [(1, "x"), [2, None]],
        [PAIR("x", 1), PAIR(None, 2)],
        FRAME.to_numpy(),
        np.array([(1.0, "x"), (2.0, "")], dtype=[("a", float), ("b", "U1")])[["a", "b"]],
        np.array([[1, 7], [2, 8]]),
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_rows_of_every_kind_become_objects(rows: Any) -> None:
    found = _read(rows)
    assert [row["a"] for row in found] == [1, 2]
    assert [row.keys() for row in found] == [{"a", "b"}] * 2


def test_a_structured_array_and_a_database_row_go_by_their_own_names() -> None:
    assert _read(np.array([(1, 2)], dtype=[("b", int), ("a", int)])) == [{"b": 1, "a": 2}]
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    assert _read(connection.execute("select 1 as b, 2 as a")) == [{"b": 1, "a": 2}]
    connection.close()


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, None), (True, True), (3, 3), (2**53, 2**53), (0.1, 0.1), ("", ""), ("naïve\n🥒", "naïve\n🥒"),
        (float("nan"), None), (np.nan, None), (pd.NA, None), (pd.NaT, None), (np.datetime64("NaT", "s"), None),
        (np.float64(0.1), 0.1), (np.float32(0.5), 0.5), (np.int8(-3), -3), (np.uint64(2**63), 2**63),
        (np.bool_(True), True),
        (np.str_("x"), "x"), (np.array(2.5), 2.5), (np.array([1, 2]), [1, 2]), (np.float32("nan"), None),
        (np.longdouble(0.25), 0.25), (Decimal("0.10"), 0.1), (Decimal("NaN"), None), (Fraction(1, 4), 0.25),
        (_Color.RED, 2), ([1, float("nan")], [1, None]), ({"x": np.int8(1)}, {"x": 1}),
    ],
    ids=repr,
)  # fmt: skip
def test_values_become_what_json_has(value: Any, sent: Any) -> None:
    (row,) = _read([{"a": value}])
    assert row == {"a": sent}
    assert type(row["a"]) is type(sent)


@pytest.mark.parametrize(
    "value",
    [date(2026, 1, 2), datetime(2026, 1, 2), timedelta(1), pd.Timestamp("2026-01-02"), pd.Timedelta(1, "D"),
     np.datetime64("2026-01-02"), np.datetime64(1, "ns"), np.timedelta64(5, "D"),
     np.array(["2026-01-02"], "datetime64[ns]")],
    ids=repr,
)  # fmt: skip
def test_dates_are_refused_because_nobody_knows_as_what_they_were_trained_on(value: Any) -> None:
    row, field, rule, message = _refused([{"a": 1}, {"a": 1, "b": value}])
    assert (row, field, rule) == (1, "b", "type")
    assert message.startswith("b must be a number, text or boolean, not a date or duration; send it as ")


def test_dates_of_a_frame_are_refused_and_not_made_nanoseconds() -> None:
    frame = pd.DataFrame({"a": [1], "day": pd.to_datetime(["2026-01-02"])})
    assert _refused(frame)[:3] == (0, "day", "type")
    assert _refused(np.array([["2026-01-02", "2026-01-03"]], "datetime64[ns]"))[2] == "type"
    row = np.array([("2026-01-02", 1)], [("a", "datetime64[ns]"), ("b", int)])
    assert _refused(row)[:3] == (0, "a", "type")


@pytest.mark.parametrize(
    ("value", "rule", "sentence"),
    [
        (float("inf"), "finite", "a must be finite, not infinite."),
        (np.float32("-inf"), "finite", "a must be finite, not infinite."),
        (Decimal("1e999"), "finite", "a must be finite, not infinite."),
        (b"x", "type", "a must be a number, text or boolean, not of type bytes."),
        ({1}, "type", "a must be a number, text or boolean, not of type set."),
        (1j, "type", "a must be a number, text or boolean, not of type complex."),
        (np.complex64(1j), "type", "a must be a number, text or boolean, not of type complex."),
        (object, "type", "a must be a number, text or boolean, not of type type."),
        ("\ud800", "text", "'a' or its value has half of a character in it."),
        (10**5_000, "json", "a cannot be written as JSON."),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else "huge",
)
def test_what_json_does_not_have_is_refused_by_row_and_field(value: Any, rule: str, sentence: str) -> None:
    assert _refused([{"b": 0}, {"b": 0, "a": value}]) == (1, "a", rule, sentence)


def test_a_list_in_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    assert _refused([{"a": value}]) == (0, "a", "json", "a cannot be written as JSON.")


@pytest.mark.parametrize("row", [1, "ab", None, 2.5, {1, 2}, b"ab", np.float64(1)], ids=repr)
def test_what_is_no_row_is_refused_by_its_number(row: Any) -> None:
    number, field, rule, message = _refused([{"a": 1}, row])
    assert (number, field, rule) == (1, None, "type")
    assert message == f"A row is a dict by feature, or a list of all values, not of type {type(row).__name__}."


def test_a_row_of_another_width_is_refused() -> None:
    assert _refused([[1, 2], [1, 2, 3]])[2:] == ("columns", "The row has 3 values, for 2 columns.")
    assert _refused(np.zeros((1, 1)))[2:] == ("columns", "The row has 1 values, for 2 columns.")


@pytest.mark.parametrize("name", [1, None, ("a", "b"), 1.5])
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    number, _, rule, message = _refused([{name: 1}])
    assert (number, rule, message) == (
        0,
        "name",
        f"{name} is of type {type(name).__name__}, and a feature's name is text.",
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"a": 1}, "Give a list of rows, also for one row; this is of type dict."),
        ("ab", "of type str"),
        (b"ab", "of type bytes"),
        (None, "this is of type NoneType"),
        (7, "this is of type int"),
        (np.float64(1), "this is of type float64"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Two columns are called 'a'; keep one of them."),
        (type("Frame", (), {"columns": ["a"]})(), "The rows of a frame of type Frame are not known here"),
    ],
)
def test_what_are_no_rows_is_said(rows: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=r"rows|columns") as raised:
        _read(rows)
    assert sentence in str(raised.value)

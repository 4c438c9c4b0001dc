"""UBJSON is read as XGBoost writes it."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from picklejar.errors import DamagedPickle
from picklejar.inert.boosters.ubjson import MOST_NESTED, parse
from tests.xgboost_written import ubjson


def _free(_: int) -> None:
    pass


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"a": {}, "b": [], "c": [{}, [], {"d": []}], "e": "größe", "": ""},
        {"numbers": [1, 2, -3], "floats": [0.5, -2.0], "mixed": [1, "x", True, 2.5, [3]]},
        [[1, 2], {"a": [0.25]}],
    ],
)
def test_a_document_is_what_was_written(document: Any) -> None:
    assert _plain(parse(ubjson(document), _free)) == document


@pytest.mark.parametrize(
    ("marker", "code", "value"),
    [("i", "b", -5), ("U", "B", 200), ("I", "h", -300), ("l", "i", 70_000), ("L", "q", 2**40), ("D", "d", 0.1)],
)
def test_each_type_of_numbers_is_read_alone_and_in_arrays(marker: str, code: str, value: float) -> None:
    one = struct.pack(f">{code}", value)
    assert parse(marker.encode() + one, _free) == value
    array = parse(b"[$" + marker.encode() + b"#L" + struct.pack(">q", 2) + one * 2, _free)
    assert array.dtype.isnative
    assert array.tolist() == [value, value]


def test_null_is_none() -> None:
    assert parse(b"[#L" + struct.pack(">q", 3) + b"ZTF", _free) == [None, True, False]


LONG = struct.pack(">q", 2**60)
BELOW = struct.pack(">q", -1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{L",
        b"x",
        b"{}{}",
        b"S" + b"L" + LONG,
        b"SL" + BELOW,
        b"Si\x01a",
        b"SL" + struct.pack(">q", 1) + b"\xff",
        b"{SL" + struct.pack(">q", 1) + b"aZ}",
        b"{L" + struct.pack(">q", 2_000) + b"a" * 2_000 + b"Z}",
        b"[$d#L" + LONG,
        b"[$d#L" + BELOW,
        b"[#L" + LONG,
        b"[#L" + struct.pack(">q", 2) + b"Z",
        b"[Z]",
        b"[$S#L" + struct.pack(">q", 1),
        b"[$d",
        ubjson({"a": [1.0, 2.0]})[:-3],
    ],
)
def test_what_is_not_whole_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedPickle, match="UBJSON"):
        parse(data, _free)


def test_values_nest_only_so_deep_and_nothing_is_called_for_it() -> None:
    def nested(depth: int) -> bytes:
        return b"[#L" + struct.pack(">q", 1) + nested(depth - 1) if depth else b"Z"

    parse(nested(MOST_NESTED), _free)
    with pytest.raises(DamagedPickle, match="nests more than"):
        parse(nested(MOST_NESTED + 1), _free)
    with pytest.raises(DamagedPickle, match="nests more than"):
        parse((b"[#L" + struct.pack(">q", 1)) * 100_000 + b"Z", _free)


def test_each_value_is_charged_before_it_is_made() -> None:
    spent = []
    parse(ubjson({"a": [1.0] * 100, "b": ["x"] * 10}), spent.append)
    assert sum(spent) > 4 * 100 + 10 * 80

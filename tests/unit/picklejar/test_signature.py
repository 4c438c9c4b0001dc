from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

from picklejar.errors import InvalidDefinition
from picklejar.signature import LARGEST_EXACT_INTEGER, Feature, Signature, Target

TARGET = Target(name="price", title="Price", description="What it costs.", unit="USD")


def _feature(**words: Any) -> Feature:
    return Feature(**{"name": "rooms", "title": "Rooms", "description": "How many.", "example": 3} | words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"name": ""}, "a name has 1 to 100 printable characters"),
        ({"name": "a\nb"}, "a name has 1 to 100 printable characters"),
        ({"name": "x" * 101}, "a name has 1 to 100 printable characters"),
        ({"nullable": True, "default": 1}, "only one can hold"),
        ({"minimum": 4}, "its example, 3, must be at least 4"),
        ({"maximum": 2}, "its example, 3, must be at most 2"),
        ({"minimum": 4, "maximum": 2}, "its example, 3, must be at least 4"),
        ({"default": 0, "minimum": 1}, "its default, 0, must be at least 1"),
        ({"type": "integer", "example": 3.5}, "its example, 3.5, must be an integer"),
    ],
)
def test_a_feature_that_contradicts_itself_is_refused(words: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDefinition, match=sentence):
        _feature(**words)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, 1, 1.5, 10**15])
def test_a_number_is_any_finite_number(value: float) -> None:
    assert _feature().broken_rule(value) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_is_finite(value: float) -> None:
    assert _feature().broken_rule(value) == ("finite", "must be finite, not NaN or infinite")


@pytest.mark.parametrize("value", [LARGEST_EXACT_INTEGER + 1, -LARGEST_EXACT_INTEGER - 1])
def test_an_integer_is_one_that_a_float_holds_exactly(value: int) -> None:
    broken = _feature(type="integer").broken_rule(value)
    assert broken is not None
    assert broken[0] in {"minimum", "maximum"}


def test_an_integer_may_be_written_with_a_point_and_has_no_fraction() -> None:
    assert _feature(type="integer").broken_rule(4.0) is None
    assert _feature(type="integer").broken_rule(4.5) == ("type", "must be an integer, not a number with a fraction")


def test_null_is_for_nullable_features() -> None:
    assert _feature(nullable=True).broken_rule(None) is None
    assert _feature().broken_rule(None) == ("type", "must be a number, not null")


def test_what_is_no_number_is_called_by_its_kind() -> None:
    kinds = [_feature().broken_rule(value) for value in ("4", True, [4], {}, date(2026, 1, 1))]
    assert [message.partition(" not ")[2] for _, message in filter(None, kinds)] == [
        "text (send it without quotes)",
        "a boolean",
        "an array",
        "an object",
        "a date",
    ]


def test_limits_belong_to_what_is_accepted() -> None:
    bounded = _feature(minimum=1, maximum=5)
    assert [bounded.broken_rule(value) for value in (1, 5)] == [None, None]
    assert bounded.broken_rule(0.999) == ("minimum", "must be at least 1")
    assert bounded.broken_rule(5.001) == ("maximum", "must be at most 5")


def test_a_feature_is_required_without_null_and_default() -> None:
    required = [_feature().required, _feature(nullable=True).required, _feature(default=1).required]
    assert required == [True, False, False]


def test_a_feature_reads_as_json_schema() -> None:
    assert _feature(unit="rooms", minimum=0, default=2).json_schema() == {
        "title": "Rooms",
        "description": "How many.",
        "type": "number",
        "minimum": 0,
        "default": 2,
        "examples": [3],
        "x-unit": "rooms",
    }


def test_a_signature_has_features_of_different_names() -> None:
    with pytest.raises(InvalidDefinition, match="at least one feature"):
        Signature(features=(), target=TARGET)
    with pytest.raises(InvalidDefinition, match="share a name"):
        Signature(features=(_feature(), _feature()), target=TARGET)


def test_a_signature_keeps_the_order_of_its_features() -> None:
    signature = Signature(features=(_feature(name="b"), _feature(name="a", title="A")), target=TARGET)
    assert signature.names == ("b", "a")
    assert list(signature.titles.items()) == [("b", "Rooms"), ("a", "A"), ("price", "Price")]

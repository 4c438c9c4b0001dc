from __future__ import annotations

import json
import math
from typing import Any

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
from hypothesis import given

from picklejar.errors import InvalidInstances, InvalidRequest, NotJson, TooLarge
from picklejar.instances import MOST_INSTANCES, InstanceReader
from picklejar.signature import Feature, Signature, Target

SIGNATURE = Signature(
    features=(
        Feature(name="rooms", title="Rooms", description="", type="integer", minimum=0, maximum=50, example=3),
        Feature(name="Avg. Income", title="Income", description="", example=1.5),
        Feature(name="age", title="Age", description="", minimum=-1, nullable=True, example=1),
        Feature(name="class", title="Class", description="", default=7, example=1),
    ),
    target=Target(name="price", title="Price", description=""),
)
READER = InstanceReader(SIGNATURE)
ROW = {"rooms": 3, "Avg. Income": 1.5, "age": 2, "class": 1}


def _body(*instances: Any) -> bytes:
    return json.dumps({"instances": instances}).encode()


def _rules(error: InvalidInstances) -> list[tuple[int | None, str | None, str]]:
    return [(rule.row, rule.field, rule.rule) for rule in error.broken]


def test_columns_come_in_the_order_of_the_signature() -> None:
    X = READER.read(_body(ROW, dict(reversed(ROW.items()))))
    assert X.dtype == np.float64
    assert X.tolist() == [[3, 1.5, 2, 1]] * 2


def test_null_and_left_out_become_nan_and_a_default_its_value() -> None:
    X = READER.read(_body({"rooms": 3, "Avg. Income": 1, "age": None}, {"rooms": 3, "Avg. Income": 1}))
    assert np.isnan(X[:, 2]).all()
    assert X[:, 3].tolist() == [7, 7]


def test_an_integer_written_with_a_point_is_read() -> None:
    assert READER.read(b'{"instances": [{"rooms": 3.0, "Avg. Income": 1}]}')[0, 0] == 3


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"{", b"[" * 100_000, b'{"instances": [{"rooms": }]}'])
def test_what_is_not_json_is_named_as_that(body: bytes) -> None:
    with pytest.raises(NotJson):
        READER.read(body)


def test_the_place_where_json_breaks_is_told() -> None:
    with pytest.raises(NotJson, match="line 2, column 1"):
        READER.read(b'{"instances":\n}')


def test_every_broken_rule_is_told_by_row_and_field() -> None:
    with pytest.raises(InvalidInstances) as caught:
        READER.read(_body(ROW | {"rooms": 51}, ROW, {"Avg. Income": "1", "age": False, "more": 1}, None))
    assert _rules(caught.value) == [
        (0, "rooms", "maximum"),
        (2, "rooms", "required"),
        (2, "Avg. Income", "type"),
        (2, "age", "type"),
        (2, "more", "unknown"),
        (3, None, "type"),
    ]
    assert str(caught.value) == "6 rules are broken; each entry names the row, counted from 0, and the field."


def test_as_many_instances_as_allowed_are_read_and_one_more_is_not() -> None:
    assert READER.read(_body(*[ROW] * MOST_INSTANCES)).shape == (MOST_INSTANCES, 4)
    with pytest.raises(TooLarge, match="10,001 instances"):
        READER.read(_body(*[ROW] * (MOST_INSTANCES + 1)))
    with pytest.raises(TooLarge):  # told before its million broken rules
        READER.read(_body(*[{}] * (MOST_INSTANCES + 1)))


def test_an_unknown_feature_is_told_with_what_there_is_cut_where_there_is_much() -> None:
    wide = [Feature(name=f"feature {number}", title="", description="", example=1, default=1) for number in range(500)]
    reader = InstanceReader(Signature(features=tuple(wide), target=SIGNATURE.target))
    with pytest.raises(InvalidInstances) as caught:
        reader.read(_body({"other": 1}))
    (rule,) = caught.value.broken
    assert rule.message.startswith("other is not a feature of this model; its features are feature 0, feature 1,")
    assert len(rule.message) < 400


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 55),
    st.floats(),
    st.sampled_from([0.0, -0.0, 3.0, 50.0, 50.5, 2**53, 2**53 + 1, 10**400, 1e308]),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
)
NAMES = st.sampled_from([*ROW, "other"])
INSTANCES = st.lists(st.dictionaries(NAMES, VALUES) | VALUES, max_size=4)


def _outcome(read: Any) -> Any:
    try:
        return read().tobytes()
    except InvalidInstances as error:
        return error.broken


@given(INSTANCES.filter(bool))
def test_the_fast_way_and_the_telling_way_agree(instances: list[Any]) -> None:
    # The same float may be written in two ways, so what is compared is what both make of the same text.
    decoded = json.loads(json.dumps(instances), parse_int=lambda digits: int(digits) if len(digits) < 300 else math.inf)
    assert _outcome(lambda: READER.read(_body(*instances))) == _outcome(lambda: READER.check(decoded))


def _raised(body: bytes) -> InvalidRequest | None:
    try:
        READER.read(body)
    except InvalidRequest as error:
        return error
    return None


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_comes_only_our_errors_escape(body: bytes) -> None:
    assert isinstance(_raised(body), InvalidRequest)


@given(INSTANCES)
def test_whatever_shape_comes_only_our_errors_escape_and_can_be_sent(instances: list[Any]) -> None:
    for body in (instances, {"instances": instances}, {"instances": instances, "more": 1}):
        error = _raised(json.dumps(body).encode())
        assert msgspec.json.encode(getattr(error, "broken", None))

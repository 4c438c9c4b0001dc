from __future__ import annotations

import json
import math
from typing import Any

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
from hypothesis import given

from picklejar import instances
from picklejar.errors import InvalidInstances, InvalidRequest, NotJson, TooLarge
from picklejar.instances import MOST_INSTANCES, InstanceReader, decode_json
from picklejar.signature import OUTPUTS, Feature, Signature, Target

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
MIXED_READER = InstanceReader(
    Signature(
        features=(
            Feature(name="colour", title="", description="", type="string", enum=("red", "dark red"), example="red"),
            Feature(name="rooms", title="", description="", type="integer", nullable=True, example=1),
            Feature(name="new", title="", description="", type="boolean", example=True),
            Feature(name="sold", title="", description="", type="boolean", nullable=True, example=True),
            Feature(name="agent", title="", description="", type="string", nullable=True, example=""),
            Feature(name="shape", title="", description="", type="string", default="round", example="oval"),
        ),
        target=SIGNATURE.target,
    )
)
MIXED_ROW = {"colour": "dark red", "rooms": 3, "new": True, "sold": False, "agent": "Ümlaut", "shape": "oval"}


def _body(*instances: Any) -> bytes:
    return json.dumps({"instances": instances}).encode()


def _rules(error: InvalidInstances) -> list[tuple[int | None, str | None, str]]:
    return [(rule.row, rule.field, rule.rule) for rule in error.broken]


def test_columns_come_in_the_order_of_the_signature() -> None:
    X, _ = READER.read(_body(ROW, dict(reversed(ROW.items()))))
    assert X.dtype == np.float64
    assert X.tolist() == [[3, 1.5, 2, 1]] * 2


def test_null_and_left_out_become_nan_and_a_default_its_value() -> None:
    X, _ = READER.read(_body({"rooms": 3, "Avg. Income": 1, "age": None}, {"rooms": 3, "Avg. Income": 1}))
    assert np.isnan(X[:, 2]).all()
    assert X[:, 3].tolist() == [7, 7]


def test_booleans_beside_numbers_are_numbers() -> None:
    features = [
        Feature(name=name, title="", description="", type="boolean", nullable=True, example=True) for name in "abc"
    ]
    reader = InstanceReader(Signature(features=(*features, SIGNATURE.features[2]), target=SIGNATURE.target))
    X, _ = reader.read(_body({"a": True, "b": False, "c": None, "age": 5}))
    assert X.dtype == np.float64
    assert repr(X.tolist()) == "[[1.0, 0.0, nan, 5.0]]"


def test_with_strings_there_are_objects_and_numbers_are_floats_as_ever() -> None:
    X, _ = MIXED_READER.read(_body(MIXED_ROW, {"colour": "red", "new": False}))
    assert (X.dtype, X.shape) == (object, (2, 6))
    assert repr(X.tolist()) == (
        "[['dark red', 3.0, 1.0, 0.0, 'Ümlaut', 'oval'], ['red', nan, 0.0, nan, None, 'round']]"
    )


@pytest.mark.parametrize(
    "content", [b'{"instances": [{"x": null}, {"x": "a"}, {}]}', b'\xef\xbb\xbf{"instances": [{}, {"x": "a"}, {}]}']
)
def test_a_missing_text_is_what_the_estimator_learned_for_one(content: bytes) -> None:
    text = Feature(name="x", title="x", description="", type="string", nullable=True, example="a")
    target = Target(name="y", title="y", description="")
    none, nan = (
        InstanceReader(Signature(features=(text,), target=target, missing_text=missing)).read(content).X[:, 0].tolist()
        for missing in ("none", "nan")
    )
    assert none == [None, "a", None]
    assert [nan[1], *map(type, nan)] == ["a", float, str, float]


def test_broken_rules_of_booleans_and_strings_are_told_by_row_and_field() -> None:
    with pytest.raises(InvalidInstances) as caught:
        MIXED_READER.read(
            _body(
                MIXED_ROW | {"colour": "blue", "agent": "x" * 1_001},
                MIXED_ROW,
                MIXED_ROW | {"colour": None, "new": 1, "sold": "yes", "agent": 7},
            )
        )
    assert [rule.message for rule in caught.value.broken] == [
        "colour must be one of red, dark red.",
        "agent must have at most 1,000 characters.",
        "colour must be text, not null.",
        "new must be true or false, not a number.",
        "sold must be true or false, not text (send it without quotes).",
        "agent must be text, not a number (send it in quotes).",
    ]
    assert _rules(caught.value)[:2] == [(0, "colour", "enum"), (0, "agent", "maxLength")]


def test_half_of_a_character_is_no_text() -> None:
    for body in (rb'{"instances": [{"agent": "\ud83e"}]}', rb'{"instances": [{"\udd52": 1}]}'):
        with pytest.raises(NotJson, match=r"half of a character in it, an escape from \\ud800 to \\udfff alone"):
            MIXED_READER.read(body)
    assert MIXED_READER.read(_body(MIXED_ROW | {"agent": "🥒"})).X[0, 4] == "🥒"


def test_an_integer_written_with_a_point_is_read() -> None:
    assert READER.read(b'{"instances": [{"rooms": 3.0, "Avg. Income": 1}]}').X[0, 0] == 3


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
    assert READER.read(_body(*[ROW] * MOST_INSTANCES)).X.shape == (MOST_INSTANCES, 4)
    with pytest.raises(TooLarge, match="10,001 instances"):
        READER.read(_body(*[ROW] * (MOST_INSTANCES + 1)))
    with pytest.raises(TooLarge):  # told before its million broken rules
        READER.read(_body(*[{}] * (MOST_INSTANCES + 1)))


def test_features_left_out_count_and_a_full_body_is_never_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_VALUES", 100)
    wide = [Feature(name=f"f{number}", title="", description="", example=1, nullable=True) for number in range(20)]
    reader = InstanceReader(Signature(features=tuple(wide), target=SIGNATURE.target))
    assert reader.read(_body(*[{}] * 5)).X.shape == (5, 20)
    with pytest.raises(TooLarge, match=r"^101 instances were sent; of this model's 20 features, .* at most 2\d\. Send"):
        reader.read(_body(*[{}] * 101))
    with pytest.raises(TooLarge):  # also read rule by rule
        reader.read(b"\xef\xbb\xbf" + _body(*[{}] * 101))
    assert reader.read(_body(*[{f"f{number}": 1 for number in range(20)}] * 101)).X.shape == (101, 20)


def _wide(width: int) -> InstanceReader:
    features = [
        Feature(name=f"f{number}", title="", description="", example=1, nullable=True) for number in range(width)
    ]
    return InstanceReader(Signature(features=tuple(features), target=SIGNATURE.target))


def test_a_request_has_a_million_values_and_no_more_where_they_are_left_out() -> None:
    assert _wide(100).read(_body(*[{}] * 10_000)).X.shape == (10_000, 100)
    with pytest.raises(TooLarge, match=r"^9,901 instances were sent; of this model's 101 features"):
        _wide(101).read(_body(*[{}] * 9_901))


def test_one_instance_is_what_a_request_takes_where_features_are_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_VALUES", 10)
    with pytest.raises(TooLarge, match=r"takes at most 1\. Send"):
        _wide(40).read(_body({}, {}))


def test_an_unknown_feature_is_told_with_what_there_is_cut_where_there_is_much() -> None:
    wide = [Feature(name=f"feature {number}", title="", description="", example=1, default=1) for number in range(500)]
    reader = InstanceReader(Signature(features=tuple(wide), target=SIGNATURE.target))
    with pytest.raises(InvalidInstances) as caught:
        reader.read(_body({"other": 1}))
    (rule,) = caught.value.broken
    assert rule.message.startswith("other is not a feature of this model; its features are feature 0, feature 1,")
    assert len(rule.message) < 400


def test_names_are_listed_once_and_rules_counted_where_they_are_not_listed() -> None:
    rows = [{"other": 1}, {"more": 1}, {"rooms": 51, "Avg. Income": 1}, {"rooms": 1, "Avg. Income": 2}] * 400
    with pytest.raises(InvalidInstances) as caught:
        READER.read(_body(*rows))
    unknown = [rule.message for rule in caught.value.broken if rule.rule == "unknown"]
    assert unknown[0] == ("other is not a feature of this model; its features are rooms, Avg. Income, age, class.")
    assert set(unknown[1:]) == {"other is not a feature of this model.", "more is not a feature of this model."}
    # Two names and two missing values of the first two rows, and a limit of the third.
    assert (len(caught.value.broken), caught.value.total) == (1_000, 400 * 7)


def test_the_list_ends_within_a_row() -> None:
    with pytest.raises(InvalidInstances) as caught:
        READER.read(_body(*[{"other": 1}] * 500))
    assert (len(caught.value.broken), caught.value.total) == (1_000, 1_500)
    assert _rules(caught.value)[-1] == (333, "rooms", "required")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"[]", 'The body must be an object with the key "instances".'),
        (b"{}", 'The body must be an object with the key "instances".'),
        (b'{"output": "predict"}', 'The body must be an object with the key "instances".'),
        (b'{"instances": [], "extra": 1}', 'The body must have no key but "instances" and "output".'),
        (b'{"instances": []}', "instances must be an array of one object or more."),
        (b'{"instances": {"rooms": 3}}', "instances must be an array of one object or more."),
    ],
)
def test_what_is_wrong_with_a_body_itself_is_told(body: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInstances) as caught:
        READER.read(body)
    assert [(rule.row, rule.field, rule.rule, rule.message) for rule in caught.value.broken] == [
        (None, None, "body", sentence)
    ]


def test_one_key_too_many_beside_good_rows_is_told() -> None:
    with pytest.raises(InvalidInstances, match="1 rule is broken"):
        READER.read(json.dumps({"instances": [ROW], "extra": 1}).encode())


@pytest.mark.parametrize(
    ("reader", "row", "field", "rule"),
    [
        (READER, {"Avg. Income": 1}, "rooms", "required"),
        (READER, {"rooms": 1}, "Avg. Income", "required"),
        (READER, ROW | {"other": 1}, "other", "unknown"),
        (MIXED_READER, MIXED_ROW | {"new": 1}, "new", "type"),
        (MIXED_READER, MIXED_ROW | {"rooms": True}, "rooms", "type"),
        (MIXED_READER, MIXED_ROW | {"agent": 7}, "agent", "type"),
        (READER, ROW | {"rooms": 10**4_000}, "rooms", "finite"),
        (READER, ROW | {"rooms": 51}, "rooms", "maximum"),
        (READER, ROW | {"age": -2}, "age", "minimum"),
    ],
)
def test_one_rule_broken_alone_is_told(reader: InstanceReader, row: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidInstances) as caught:
        reader.read(_body(row))
    assert _rules(caught.value) == [(0, field, rule)]
    with pytest.raises(InvalidInstances):
        reader.read(_body(row, row))


values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 60), st.floats(), st.sampled_from(["red", "x", "x" * 1_001])
)


@given(values)
def test_what_keeps_every_rule_is_what_breaks_none(value: Any) -> None:
    for feature in (*MIXED_READER._features, *SIGNATURE.features):
        assert feature.keeps(value) == (feature.broken_rule(value) is None)


FIVE = InstanceReader(
    Signature(
        features=tuple(Feature(name=name, title="", description="", example=1) for name in "abcde"),
        target=SIGNATURE.target,
    )
)


@pytest.mark.parametrize(("reader", "names"), [(MIXED_READER, [*MIXED_ROW]), (FIVE, [*"abcde"])], ids=["mixed", "five"])
@given(st.data())
def test_as_many_rules_are_counted_as_are_listed(reader: InstanceReader, names: list[str], data: st.DataObject) -> None:
    instance = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), values) | st.none())
    assert reader._count_broken(instance) == len([*reader._broken_rules(0, instance)])


LABEL = Target(name="sold", title="", description="", classes=("no", "yes"))
LABELLED, WITH_PROBABILITIES = (
    InstanceReader(Signature(features=SIGNATURE.features, target=LABEL, outputs=outputs))
    for outputs in (("predict",), OUTPUTS)
)


@pytest.mark.parametrize("instance", [ROW, ROW | {"rooms": 3.0}])
def test_the_output_is_predict_unless_another_is_asked_for(instance: dict[str, Any]) -> None:
    for output in (None, "predict", "predict_proba"):
        asked = {"output": output} if output else {}
        request = WITH_PROBABILITIES.read(json.dumps({"instances": [instance], **asked}).encode())
        assert (request.X.shape, request.output) == ((1, 4), output or "predict")


@pytest.mark.parametrize(
    ("reader", "output", "sentence"),
    [
        (READER, "predict_proba", 'output must be "predict", or be left out: this model predicts a number.'),
        (READER, "transform", 'output must be "predict", or be left out: this model predicts a number.'),
        (LABELLED, "predict_proba", 'must be "predict", or be left out: this model has no probabilities for its'),
        (WITH_PROBABILITIES, "proba", 'output must be "predict" or "predict_proba".'),
        (WITH_PROBABILITIES, None, 'output must be "predict" or "predict_proba".'),
        (WITH_PROBABILITIES, ["predict"], 'output must be "predict" or "predict_proba".'),
    ],
)
def test_an_output_that_a_model_does_not_have_is_a_broken_rule_of_the_body(
    reader: InstanceReader, output: Any, sentence: str
) -> None:
    with pytest.raises(InvalidInstances) as caught:
        reader.read(json.dumps({"instances": [ROW], "output": output}).encode())
    assert _rules(caught.value) == [(None, None, "body")]
    assert sentence in caught.value.broken[0].message


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 55),
    st.floats(),
    st.sampled_from([0.0, -0.0, 3.0, 50.0, 50.5, 2**53, 2**53 + 1, 10**400, 1e308]),
    st.text(max_size=3),
    st.sampled_from(["red", "dark red", "x" * 1_000, "🥒" * 1_001]),
    st.lists(st.integers(), max_size=2),
)
NAMES = st.sampled_from([*ROW, *MIXED_ROW, "other"])
INSTANCES = st.lists(st.dictionaries(NAMES, VALUES) | VALUES, max_size=4)
# By chance alone a whole row of six types would hardly ever be right.
MIXED_ROWS = st.fixed_dictionaries(
    {"colour": st.sampled_from(["red", "dark red"]), "new": st.booleans()},
    optional={
        "rooms": st.none() | st.integers(-3, 3) | st.floats(-3, 3),
        "sold": st.none() | st.booleans(),
        "agent": st.none() | st.text(max_size=3) | VALUES,
        "shape": st.text(max_size=3) | VALUES,
    },
)


def _outcome(read: Any) -> Any:
    try:
        return repr(read().tolist())
    except InvalidInstances as error:
        return error.broken


@pytest.mark.parametrize("reader", [READER, MIXED_READER])
@given(instances=INSTANCES.filter(bool) | st.lists(MIXED_ROWS, min_size=1, max_size=3))
def test_the_fast_way_and_the_telling_way_agree(reader: InstanceReader, instances: list[Any]) -> None:
    # The same float may be written in two ways, so what is compared is what both make of the same text.
    decoded = json.loads(json.dumps(instances), parse_int=lambda digits: int(digits) if len(digits) < 300 else math.inf)
    assert _outcome(lambda: reader.read(_body(*instances)).X) == _outcome(lambda: reader.check(decoded))


@pytest.mark.parametrize("reader", [READER, MIXED_READER])
@given(instances=INSTANCES.filter(bool) | st.lists(MIXED_ROWS, min_size=1, max_size=3))
def test_decoded_rows_are_read_like_a_body(reader: InstanceReader, instances: list[Any]) -> None:
    decoded = json.loads(json.dumps(instances), parse_int=lambda digits: int(digits) if len(digits) < 300 else math.inf)
    # NaN is null where null may be, and elsewhere as wrong in a body as in rows.
    assert _outcome(lambda: reader.read_rows(instances).X) == _outcome(lambda: reader.check(_nulls(reader, decoded)))


def _nulls(reader: InstanceReader, instances: list[Any]) -> list[Any]:
    nullable = {feature.name for feature in reader._features if feature.nullable}
    return [
        {name: None if name in nullable and value != value else value for name, value in row.items()}
        if isinstance(row, dict)
        else row
        for row in instances
    ]


@pytest.mark.parametrize(("reader", "row"), [(READER, ROW), (MIXED_READER, MIXED_ROW)])
def test_nan_is_null_for_what_may_be_missing_and_for_nothing_else(reader: InstanceReader, row: dict[str, Any]) -> None:
    for feature in reader._features:
        rows = [row | {feature.name: math.nan}, row]
        if feature.nullable:
            expected = reader.read(_body(row | {feature.name: None}, row)).X
            assert repr(reader.read_rows(rows).X.tolist()) == repr(expected.tolist())
        else:
            with pytest.raises(InvalidInstances) as refused:
                reader.read_rows(rows)
            assert [(rule.row, rule.field) for rule in refused.value.broken] == [(0, feature.name)]


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_nothing_infinite_is_read_from_rows(value: float) -> None:
    with pytest.raises(InvalidInstances, match="1 rule"):
        READER.read_rows([ROW, ROW | {"age": value}])


def test_rows_are_limited_like_instances_and_outputs_are_known() -> None:
    with pytest.raises(TooLarge, match="10,001 instances were sent"):
        READER.read_rows([ROW] * 10_001)
    with pytest.raises(InvalidInstances) as refused:
        READER.read_rows([])
    assert refused.value.broken[0].message == "There must be one row or more."
    with pytest.raises(InvalidInstances) as refused:
        READER.read_rows([ROW], "predict_proba")
    assert refused.value.broken[0].message.startswith('output must be "predict"')


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
    bodies = (instances, {"instances": instances}, *({"instances": instances, key: 1} for key in ("more", "output")))
    for body in bodies:
        error = _raised(json.dumps(body).encode())
        assert msgspec.json.encode(getattr(error, "broken", None))


GOOD = [
    *((READER, ROW | {"rooms": rooms}) for rooms in (0, 50)),
    *((READER, {key: value for key, value in ROW.items() if key != left_out}) for left_out in ("age", "class")),
    *((READER, ROW | {"age": age}) for age in (-1, 1e300, None)),
    *((MIXED_READER, MIXED_ROW | words) for words in (
        {"new": False}, {"sold": None}, {"colour": "red"}, {"agent": None}, {"agent": "x" * 1000}, {"rooms": None},
        {"rooms": -(2**53)}, {"rooms": 2**53}, {"shape": ""},
    )),
]  # fmt: skip
BAD = [
    *((READER, ROW | words) for words in ({"rooms": -1}, {"rooms": 51}, {"age": -2}, {"class": None}, {"x": 1})),
    *((READER, {key: value for key, value in ROW.items() if key != left_out}) for left_out in ("rooms", "Avg. Income")),
    *((MIXED_READER, MIXED_ROW | words) for words in (
        {"new": 1}, {"new": None}, {"new": "yes"}, {"colour": "blue"}, {"colour": None}, {"agent": "x" * 1001},
        {"rooms": 2**53 + 1}, {"rooms": True}, {"shape": None}, {"agent": 1},
    )),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "instance"), GOOD)
def test_what_keeps_every_rule_is_read_in_one_pass(
    reader: InstanceReader, instance: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # By which alone the rules would be looked at one by one.
    monkeypatch.delattr(instances, "decode_json")
    assert len(reader.read(_body(instance)).X) == 1


@pytest.mark.parametrize(("reader", "instance"), BAD)
def test_what_breaks_a_rule_does_not_pass(reader: InstanceReader, instance: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        reader._decoder.decode(_body(instance))


@pytest.mark.parametrize(("digits", "kind"), [(299, int), (300, int), (301, float)])
def test_a_whole_number_of_so_many_digits_is_one(digits: int, kind: type) -> None:
    assert type(decode_json(b"9" * digits)) is kind


def test_the_first_unknown_name_lists_the_known_ones_wherever_it_stands() -> None:
    for good in range(4):
        rows = [ROW | {"rooms": -1}] * good + [ROW | {"x": 1, "y": 2}, ROW | {"rooms": -1}]
        with pytest.raises(InvalidInstances) as refused:
            READER.check(rows)
        assert _rules(refused.value) == [
            *((row, "rooms", "minimum") for row in range(good)),
            (good, "x", "unknown"), (good, "y", "unknown"), (good + 1, "rooms", "minimum"),
        ]  # fmt: skip
        listing = [
            rule.message.endswith("; its features are rooms, Avg. Income, age, class.") for rule in refused.value.broken
        ]
        assert listing == [*[False] * good, True, False, False]

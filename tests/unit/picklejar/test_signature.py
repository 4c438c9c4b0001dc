from __future__ import annotations

import math
from datetime import date
from typing import Any

import msgspec
import pytest

from picklejar.errors import InvalidDefinition
from picklejar.signature import LARGEST_EXACT_INTEGER, LONGEST_TEXT, OUTPUTS, Feature, Signature, Target
from picklejar.wording import text_of

TARGET = Target(name="price", title="Price", description="What it costs.", unit="USD")


PROSE = {"type": "string", "format": "text", "example": "Dear all"}
COLOUR = {"type": "string", "enum": ("red", "green"), "example": "red"}


def _feature(**words: Any) -> Feature:
    return Feature(**{"name": "rooms", "title": "Rooms", "description": "How many.", "example": 3} | words)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"name": ""}, "a name has 1 to 100 printable characters"),
        ({"name": "a\nb"}, "a name has 1 to 100 printable characters"),
        ({"name": "x" * 101}, "a name has 1 to 100 printable characters"),
        ({"name": 'the "size"'}, "a name has neither a double quote nor a backslash"),
        ({"name": "a\\b"}, "a name has neither a double quote nor a backslash"),
        ({"nullable": True, "default": 1}, "only one can hold"),
        ({"minimum": 4}, "its example, 3, must be at least 4"),
        ({"maximum": 2}, "its example, 3, must be at most 2"),
        ({"minimum": 4, "maximum": 2}, "its example, 3, must be at least 4"),
        ({"default": 0, "minimum": 1}, "its default, 0, must be at least 1"),
        ({"type": "integer", "example": 3.5}, "its example, 3.5, must be an integer"),
        ({"type": "boolean"}, "its example, 3, must be true or false, not a number"),
        ({"type": "string"}, "its example, 3, must be text, not a number"),
        ({"example": True}, "its example, True, must be a number, not a boolean"),
        ({"type": "string", "example": "x" * 1_001}, "its example, x{100}…, must have at most 1,000 characters"),
        (COLOUR | {"minimum": 1}, "only a number has a minimum or a maximum, and this is a string"),
        ({"type": "boolean", "example": True, "maximum": 1}, "only a number has .* and this is a boolean"),
        ({"enum": ("3",)}, "only a string has an enum, and this is a number"),
        ({"format": "text"}, "only a string without an enum has a format or a maxLength"),
        ({"max_length": 7}, "only a string without an enum has a format or a maxLength"),
        (COLOUR | {"format": "text"}, "only a string without an enum has a format or a maxLength"),
        (PROSE | {"max_length": 0}, "a maxLength is 1 to 5,000,000"),
        (PROSE | {"max_length": 5_000_001}, "a maxLength is 1 to 5,000,000"),
        (PROSE | {"max_length": 3}, "its example, Dear all, must have at most 3 characters"),
        (PROSE | {"nullable": True}, "a text whose words are counted is never missing"),
        (COLOUR | {"example": "blue"}, "its example, blue, must be one of red, green"),
        (COLOUR | {"default": "blue"}, "its default, blue, must be one of red, green"),
        (COLOUR | {"enum": ()}, "an enum has 1 to 1,000 texts, each once"),
        (COLOUR | {"enum": ("red", "red")}, "an enum has 1 to 1,000 texts, each once"),
        (COLOUR | {"enum": tuple(map(str, range(1_001)))}, "an enum has 1 to 1,000 texts, each once"),
        (COLOUR | {"enum": ("red", "")}, "has 1 to 1,000 printable characters, and no spaces around them"),
        (COLOUR | {"enum": ("red", "two\nlines")}, "has 1 to 1,000 printable characters, and no spaces around them"),
        (COLOUR | {"enum": ("red", " blue")}, "has 1 to 1,000 printable characters, and no spaces around them"),
        (COLOUR | {"enum": ("red", "x" * 1_001)}, "has 1 to 1,000 printable characters, and no spaces around them"),
        (COLOUR | {"enum": ("red", 7)}, "has 1 to 1,000 printable characters, and no spaces around them"),
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


TEXT = "text (send it without quotes)"
OTHERS = (None, [4], {}, date(2026, 1, 1))
CALLED = ("null", "an array", "an object", "a date")


@pytest.mark.parametrize(
    ("words", "wanted", "values", "called"),
    [
        ({}, "a number", ("4", True, *OTHERS), (TEXT, "a boolean", *CALLED)),
        ({"type": "integer"}, "an integer", ("4", False, *OTHERS), (TEXT, "a boolean", *CALLED)),
        (
            {"type": "boolean", "example": True},
            "true or false",
            ("true", 1, 0.0, *OTHERS),
            (TEXT, "a number", "a number", *CALLED),
        ),
        (
            COLOUR,
            "text",
            (True, 1, 0.5, *OTHERS),
            ("a boolean", *["a number (send it in quotes)"] * 2, *CALLED),
        ),
    ],
)
def test_what_is_of_another_type_is_called_by_its_kind(
    words: dict[str, Any], wanted: str, values: tuple[object, ...], called: tuple[str, ...]
) -> None:
    broken = [_feature(**words).broken_rule(value) for value in values]
    assert broken == [("type", f"must be {wanted}, not {kind}") for kind in called]


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_true_or_false(value: bool) -> None:
    assert _feature(type="boolean", example=True).broken_rule(value) is None


def test_a_string_is_one_of_its_enum() -> None:
    assert [_feature(**COLOUR).broken_rule(value) for value in ("red", "green")] == [None, None]
    for value in ("blue", "Red", "red ", ""):
        assert _feature(**COLOUR).broken_rule(value) == ("enum", "must be one of red, green")


def test_a_long_enum_is_told_by_its_beginning() -> None:
    broken = _feature(**COLOUR | {"enum": ("red", *map(str, range(900)))}).broken_rule("blue")
    assert broken is not None
    assert broken[1].startswith("must be one of red, 0, 1, 2, 3,")
    assert len(broken[1]) < 330


def test_a_string_without_an_enum_is_any_text_that_is_not_too_long() -> None:
    free = _feature(type="string", example="")
    assert [free.broken_rule(value) for value in ("", " ", "naïve\n🥒", "🥒" * LONGEST_TEXT)] == [None] * 4
    assert free.broken_rule("x" * (LONGEST_TEXT + 1)) == ("maxLength", "must have at most 1,000 characters")


def test_booleans_and_strings_may_be_null_and_have_defaults() -> None:
    for words in ({"type": "boolean", "example": True}, COLOUR, {"type": "string", "example": ""}):
        assert _feature(**words, nullable=True).broken_rule(None) is None
        assert not _feature(**words, default=words["example"]).required


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


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        ({"type": "boolean", "example": False}, {"type": "boolean", "examples": [False]}),
        (COLOUR, {"type": "string", "enum": ["red", "green"], "examples": ["red"]}),
        (
            COLOUR | {"nullable": True},
            {"type": ["string", "null"], "enum": ["red", "green", None], "examples": ["red"]},
        ),
        (
            {"type": "string", "example": "", "default": "a"},
            {"type": "string", "maxLength": LONGEST_TEXT, "default": "a", "examples": [""]},
        ),
    ],
)
def test_booleans_and_strings_read_as_json_schema(words: dict[str, Any], schema: dict[str, Any]) -> None:
    assert _feature(**words).json_schema() == {"title": "Rooms", "description": "How many."} | schema


def test_a_signature_knows_whether_it_has_strings() -> None:
    boolean = _feature(name="a", type="boolean", example=True)
    assert not Signature(features=(_feature(), boolean), target=TARGET).has_strings
    assert Signature(features=(boolean, _feature(**COLOUR)), target=TARGET).has_strings


def test_a_signature_has_features_of_different_names() -> None:
    with pytest.raises(InvalidDefinition, match="at least one feature"):
        Signature(features=(), target=TARGET)
    with pytest.raises(InvalidDefinition, match="share a name"):
        Signature(features=(_feature(), _feature()), target=TARGET)


def test_a_signature_keeps_the_order_of_its_features() -> None:
    signature = Signature(features=(_feature(name="b"), _feature(name="a", title="A")), target=TARGET)
    assert signature.names == ("b", "a")
    assert list(signature.titles.items()) == [("b", "Rooms"), ("a", "A"), ("price", "Price")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"classes": ("yes",)}, "there are 2 to 100 classes, each once"),
        ({"classes": ()}, "there are 2 to 100 classes, each once"),
        ({"classes": ("yes", "yes")}, "there are 2 to 100 classes, each once"),
        ({"classes": tuple(range(101))}, "there are 2 to 100 classes, each once"),
        ({"classes": ("yes", 0)}, "its classes are all texts, all integers or all booleans"),
        ({"classes": (0, 1, True)}, "each once"),
        ({"classes": (0.0, 1.0)}, "its classes are all texts, all integers or all booleans"),
        ({"classes": ("yes", "")}, "has 1 to 100 printable characters"),
        ({"classes": ("yes", "no\n")}, "has 1 to 100 printable characters"),
        ({"classes": (0, 2**53 + 1)}, "an integer of its classes is at most 9,007,199,254,740,992 from 0"),
        ({"classes": ("no", "yes"), "unit": "USD"}, "only a number has a unit, and this is a label"),
    ],
)
def test_a_target_that_contradicts_itself_is_refused(words: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDefinition, match=f"Target 'sold': .*{sentence}"):
        Target(**{"name": "sold", "title": "Sold", "description": ""} | words)


@pytest.mark.parametrize("classes", [("no", "yes"), (3, 1, 2), (False, True)])
def test_classes_of_each_type_survive_json(classes: tuple[Any, ...]) -> None:
    target = Target(name="sold", title="Sold", description="", classes=classes)
    read = msgspec.json.decode(msgspec.json.encode(target), type=Target)
    assert (read.labels, [type(one) for one in read.labels]) == (classes, [type(one) for one in classes])


def test_a_target_of_numbers_says_nothing_of_classes() -> None:
    assert (TARGET.labels, msgspec.UNSET) == ((), TARGET.classes)
    signature = Signature(features=(_feature(),), target=TARGET)
    assert {"classes", "outputs"}.isdisjoint(msgspec.json.decode(msgspec.json.encode(signature.target)))
    assert msgspec.json.decode(msgspec.json.encode(signature)).keys() == {"features", "target"}


@pytest.mark.parametrize(
    ("classes", "outputs"),
    [(None, ("predict", "predict_proba")), (("no", "yes"), ("predict_proba",)), (("no", "yes"), ())],
)
def test_only_labels_have_probabilities_and_whatever_predicts_predicts(classes: Any, outputs: Any) -> None:
    target = Target(name="sold", title="Sold", description="", **({"classes": classes} if classes else {}))
    with pytest.raises(InvalidDefinition, match="outputs are predict and, of the labels of one target, predict_proba"):
        Signature(features=(_feature(),), target=target, outputs=outputs)


def test_only_what_tells_outliers_has_a_score() -> None:
    def signature(*classes: int) -> Signature:
        target = Target(name="odd", title="Odd", description="", classes=classes)
        return Signature(features=(_feature(),), target=target, outputs=("predict", "score_samples"))

    assert signature(-1, 1).score == "score_samples"
    with pytest.raises(InvalidDefinition, match="of -1 and 1, a score"):
        signature(0, 1)


def test_the_schema_of_a_request_tells_of_the_outputs() -> None:
    target = Target(name="sold", title="Sold", description="", classes=("no", "yes"))
    for outputs in (("predict",), OUTPUTS):
        schema = Signature(features=(_feature(),), target=target, outputs=outputs).json_schema(10)
        assert schema["properties"]["output"] == {"type": "string", "enum": list(outputs), "default": "predict"}
        assert schema["required"] == ["instances"]


@pytest.mark.parametrize(("label", "words"), [("no", "no"), (3, "3"), (True, "yes"), (False, "no")])
def test_a_label_is_said_as_people_say_it(label: Any, words: str) -> None:
    assert text_of(label) == words


def test_a_text_whose_words_are_counted_may_be_a_letter_of_several_lines() -> None:
    feature = _feature(**PROSE, default="")
    assert feature.broken_rule("two\nlines " * 1_800) is None
    assert feature.broken_rule("x" * 20_001) == ("maxLength", "must have at most 20,000 characters")
    assert not feature.keeps("x" * 20_001)
    assert not feature.required
    schema = feature.json_schema()
    assert (schema["format"], schema["maxLength"], schema["default"]) == ("text", 20_000, "")
    longer = msgspec.json.decode(msgspec.json.encode(_feature(**PROSE, max_length=30_000)), type=Feature)
    assert longer.broken_rule("x" * 30_000) is None
    assert longer.json_schema()["maxLength"] == 30_000


def test_a_feature_of_before_has_the_same_bytes() -> None:
    assert msgspec.json.encode(_feature()) == (
        b'{"name":"rooms","title":"Rooms","description":"How many.","example":3}'
    )


AREA = Feature(name="area", title="Area", description="", example=1.0)
LABELLED = Target(name="warm", title="Warm", description="", classes=("no", "yes"))
NUMBERED = [Target(name=name, title=name.title(), description="") for name in ("price", "rent")]


def test_several_targets_are_one_after_another() -> None:
    signature = Signature(features=(AREA,), target=NUMBERED[0], further_targets=(NUMBERED[1],))
    assert [one.name for one in signature.targets] == ["price", "rent"]
    assert signature.titles == {AREA.name: AREA.title, "price": "Price", "rent": "Rent"}


@pytest.mark.parametrize(
    ("target", "further", "words", "sentence"),
    [
        (NUMBERED[0], (LABELLED,), {}, "Several targets are all numbers, or all labels"),
        (NUMBERED[0], (NUMBERED[0],), {}, "at most 100 targets, each with a name of its own"),
        (
            NUMBERED[0],
            tuple(msgspec.structs.replace(NUMBERED[1], name=f"t{n}") for n in range(100)),
            {},
            "at most 100 ta",
        ),
        (msgspec.structs.replace(NUMBERED[0], name='in "USD"'), (NUMBERED[1],), {}, "neither a double quote nor"),
        (
            LABELLED,
            (msgspec.structs.replace(LABELLED, name="old"),),
            {"outputs": OUTPUTS},
            "of the labels of one target",
        ),
    ],
    ids=["of two kinds", "twice", "too many", "a quote", "probabilities"],
)
def test_several_targets_that_contradict_one_another_are_refused(
    target: Target, further: tuple[Target, ...], words: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidDefinition, match=sentence):
        Signature(features=(AREA,), target=target, further_targets=further, **words)

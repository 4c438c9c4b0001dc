"""The signature: each feature and the target of a model, described once.

Over 250 lines, because features, target and signature check one another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from picklejar.cells.dialect import UNDESCRIBED, Dialect
from picklejar.errors import InvalidDefinition
from picklejar.wording import Label, list_of, shorten

# A whole number beyond this is not exact in the 64-bit floats every estimator computes with.
LARGEST_EXACT_INTEGER = 2**53
LONGEST_NAME = 100
# In characters. A category is a word or two, a cell of a table not much more; whose words are counted may be a letter.
LONGEST_TEXT = 1_000
LONGEST_PROSE = 20_000
# A request with more is larger than the API takes.
LONGEST_OF_ALL = 5_000_000
# More nobody chooses from, and a request of them all must remain one request.
MOST_CHOICES = 1_000
# A page has a bar for each class, an answer a probability for each of its rows.
MOST_CLASSES = 100
# A page has a line for each target, a result a column.
MOST_TARGETS = 100

# As a key of JSON they would have to be escaped, which msgspec does not do for the name of a field.
UNNAMEABLE = frozenset('"\\')

Output = Literal["predict", "predict_proba", "score_samples", "decision_function"]
OUTPUTS: tuple[Output, ...] = ("predict", "predict_proba")
# How unusual a row is, lower for outliers; what tells these has the first, or of older releases only the second.
SCORES: tuple[Output, ...] = ("score_samples", "decision_function")
# What it answers of outliers, and of all other rows.
OUTLIER_LABELS = (-1, 1)

KINDS = {"number": "a number", "integer": "an integer", "boolean": "true or false", "string": "text"}


class Feature(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"unit": "x-unit", "max_length": "maxLength"},
    forbid_unknown_fields=True,
):
    """One column of X, in JSON Schema's words.

    `minimum` and `maximum` are hard limits in `unit`. `enum` lists what a string may be; without it, any text of up to
    `LONGEST_TEXT` characters is taken. One whose words are counted has the format "text", several lines, and up to
    `LONGEST_PROSE` characters; `max_length` says otherwise. A boolean reaches the estimator as 1.0 or 0.0.

    A `nullable` feature may be null or left out, and reaches the estimator as NaN, a string as None; one with a
    `default` may be left out. `when_missing` tells people what null counts as; training fills in `{mean}` and
    `{median}`: "counts as the average, {mean:,.0f}".
    """

    name: str
    title: str
    description: str
    example: float | bool | str
    type: Literal["number", "integer", "boolean", "string"] = "number"
    enum: tuple[str, ...] | None = None
    format: Literal["text"] | None = None
    max_length: int | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    default: float | bool | str | None = None
    nullable: bool = False
    when_missing: str | None = None

    def __post_init__(self) -> None:
        for contradiction in self._contradictions():
            raise InvalidDefinition(f"Feature {shorten(self.name, LONGEST_NAME)!r}: {contradiction}.")

    @property
    def is_number(self) -> bool:
        return self.type in {"number", "integer"}

    @property
    def is_prose(self) -> bool:
        return self.format == "text"

    @property
    def longest(self) -> int:
        """The most characters of a string without an enum."""
        return self.max_length or (LONGEST_PROSE if self.is_prose else LONGEST_TEXT)

    @property
    def required(self) -> bool:
        return not self.nullable and self.default is None

    @property
    def bounds(self) -> tuple[float, float]:
        largest = LARGEST_EXACT_INTEGER if self.type == "integer" else math.inf
        return (
            -largest if self.minimum is None else self.minimum,
            largest if self.maximum is None else self.maximum,
        )

    @property
    def stated_bounds(self) -> tuple[float | None, float | None]:
        lower, upper = (bound if math.isfinite(bound) else None for bound in self.bounds)
        return lower, upper

    def broken_rule(self, value: object) -> tuple[str, str] | None:
        """Return the name of the rule that a decoded JSON value breaks and the end of a sentence, or None."""
        if value is None:
            return None if self.nullable else ("type", f"must be {KINDS[self.type]}, not null")
        if self.type == "string" and isinstance(value, str):
            return self._broken_by_text(value)
        if self.type == "boolean" and isinstance(value, bool):
            return None
        if self.is_number and isinstance(value, int | float) and not isinstance(value, bool):
            return self._broken_by_number(value)
        return "type", f"must be {KINDS[self.type]}, not {_json_kind(value, self.type)}"

    def keeps(self, value: object) -> bool:
        """Return whether `broken_rule` finds nothing; makes no sentence."""
        if value is None:
            return self.nullable
        if self.type == "string":
            return isinstance(value, str) and (value in self.enum if self.enum else len(value) <= self.longest)
        if self.type == "boolean" or isinstance(value, bool):
            return self.type == "boolean" and isinstance(value, bool)
        if not isinstance(value, int | float) or not math.isfinite(value):
            return False
        lower, upper = self.bounds
        return lower <= value <= upper and (self.type == "number" or value == int(value))

    def json_schema(self) -> dict[str, Any]:
        lower, upper = self.stated_bounds
        null = [None] if self.nullable else []
        words = {
            "title": self.title,
            "description": self.description,
            "type": [self.type, "null"] if self.nullable else self.type,
            "enum": [*self.enum, *null] if self.enum else None,
            "format": self.format,
            "maxLength": self.longest if self.type == "string" and not self.enum else None,
            "minimum": lower,
            "maximum": upper,
            "default": self.default,
            "examples": [self.example],
            "x-unit": self.unit,
        }
        return {word: value for word, value in words.items() if value is not None}

    def _contradictions(self) -> Iterator[str]:
        if not _is_printable(self.name, LONGEST_NAME):
            yield f"a name has 1 to {LONGEST_NAME} printable characters"
        if not UNNAMEABLE.isdisjoint(self.name):
            yield "a name has neither a double quote nor a backslash"
        if self.nullable and self.default is not None:
            yield "it is nullable and has a default; only one can hold"
        if not self.is_number and (self.minimum, self.maximum) != (None, None):
            yield f"only a number has a minimum or a maximum, and this is a {self.type}"
        if self.enum is not None:
            yield from self._contradictions_of_enum(self.enum)
        yield from self._contradictions_of_texts()
        for word, value in (("example", self.example), ("default", self.default)):
            broken = value is not None and self.broken_rule(value)
            if broken:
                yield f"its {word}, {shorten(str(value), LONGEST_NAME)}, {broken[1]}"

    def _contradictions_of_texts(self) -> Iterator[str]:
        if (self.format or self.max_length is not None) and (self.type != "string" or self.enum is not None):
            yield "only a string without an enum has a format or a maxLength"
        if self.max_length is not None and not 0 < self.max_length <= LONGEST_OF_ALL:
            yield f"a maxLength is 1 to {LONGEST_OF_ALL:,}"
        if self.format and self.nullable:
            yield "a text whose words are counted is never missing; an empty one has the default ''"

    def _contradictions_of_enum(self, enum: tuple[str, ...]) -> Iterator[str]:
        if self.type != "string":
            yield f"only a string has an enum, and this is a {self.type}"
        if not 0 < len(set(enum)) == len(enum) <= MOST_CHOICES:
            yield f"an enum has 1 to {MOST_CHOICES:,} texts, each once"
        # Without spaces around, so that they need not be told apart from those that people leave in a CSV's cells.
        if not all(
            isinstance(item, str) and _is_printable(item, LONGEST_TEXT) and item == item.strip() for item in enum
        ):
            yield f"a text of an enum has 1 to {LONGEST_TEXT:,} printable characters, and no spaces around them"

    def _broken_by_text(self, text: str) -> tuple[str, str] | None:
        if self.enum:
            return None if text in self.enum else ("enum", f"must be one of {list_of(self.enum)}")
        if len(text) > self.longest:
            return "maxLength", f"must have at most {self.longest:,} characters"
        return None

    def _broken_by_number(self, value: float) -> tuple[str, str] | None:
        if not math.isfinite(value):
            return "finite", "must be finite, not NaN or infinite"
        if self.type == "integer" and value != int(value):
            return "type", "must be an integer, not a number with a fraction"
        lower, upper = self.bounds
        if value < lower:
            return "minimum", f"must be at least {lower:.16g}"
        if value > upper:
            return "maximum", f"must be at most {upper:.16g}"
        return None


class Target(msgspec.Struct, frozen=True, kw_only=True, rename={"unit": "x-unit"}, forbid_unknown_fields=True):
    """What the model predicts: one number, in `unit`, or one label of `classes`.

    `classes` are all texts, all integers or all booleans, in the order in which probabilities are answered. Scores and
    curves are about the second of two: ("no", "yes").
    """

    name: str
    title: str
    description: str
    unit: str | None = None
    # Left out of the file where unset, unlike `unit`: the digest of a manifest from before there were any holds.
    classes: tuple[Label, ...] | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        for contradiction in self._contradictions():
            raise InvalidDefinition(f"Target {shorten(self.name, LONGEST_NAME)!r}: {contradiction}.")

    @property
    def labels(self) -> tuple[Label, ...]:
        return self.classes if isinstance(self.classes, tuple) else ()

    def _contradictions(self) -> Iterator[str]:
        if not isinstance(self.classes, tuple):
            return
        if self.unit is not None:
            yield "only a number has a unit, and this is a label"
        if not 1 < len(set(self.classes)) == len(self.classes) <= MOST_CLASSES:
            yield f"there are 2 to {MOST_CLASSES} classes, each once"
        if {type(label) for label in self.classes} not in ({str}, {int}, {bool}):
            yield "its classes are all texts, all integers or all booleans"
        for label in self.classes:
            if isinstance(label, str) and not _is_printable(label, LONGEST_NAME):
                yield f"a text of its classes has 1 to {LONGEST_NAME} printable characters"
            if isinstance(label, int) and abs(label) > LARGEST_EXACT_INTEGER:
                yield f"an integer of its classes is at most {LARGEST_EXACT_INTEGER:,} from 0"


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The features in the order of X's columns, the target, and what may be asked for.

    What predicts several targets has the first as `target`, the others as `further_targets`, in the order of y's
    columns: all numbers, or all labels. `outputs` are the methods that a request may name. `missing_text` is what the
    estimator learned for a missing text: None, or NaN if it was fitted on a frame as pandas reads it. `dialect` says
    what a file's cells mean; a JSON value is what it is.
    """

    features: tuple[Feature, ...]
    target: Target
    further_targets: tuple[Target, ...] = ()
    outputs: tuple[Output, ...] = ("predict",)
    missing_text: Literal["none", "nan"] = "none"
    dialect: Dialect = UNDESCRIBED

    def __post_init__(self) -> None:
        if not self.features:
            raise InvalidDefinition("A signature has at least one feature.")
        if len(set(self.names)) < len(self.names):
            raise InvalidDefinition(f"Two features share a name: {', '.join(self.names)}.")
        if not self._has_known_outputs():
            raise InvalidDefinition(
                "A signature's outputs are predict and, of the labels of one target, predict_proba or, of -1 and 1, a "
                "score."
            )
        names = [target.name for target in self.targets]
        if not len(set(names)) == len(names) <= MOST_TARGETS:
            raise InvalidDefinition(f"There are at most {MOST_TARGETS} targets, each with a name of its own.")
        if not all(_is_printable(name, LONGEST_NAME) and UNNAMEABLE.isdisjoint(name) for name in names[1:] and names):
            raise InvalidDefinition(
                f"The name of one of several targets has 1 to {LONGEST_NAME} printable characters, and neither a "
                "double quote nor a backslash."
            )
        if len({bool(target.labels) for target in self.targets}) > 1:
            raise InvalidDefinition("Several targets are all numbers, or all labels.")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def targets(self) -> tuple[Target, ...]:
        return (self.target, *self.further_targets)

    @property
    def score(self) -> Output | None:
        """The output that says how unusual a row is, of what tells outliers."""
        return self.outputs[1] if self.outputs[1:] and self.outputs[1] in SCORES else None

    @property
    def has_strings(self) -> bool:
        return any(feature.type == "string" for feature in self.features)

    @property
    def titles(self) -> dict[str, str]:
        titles = {feature.name: feature.title for feature in self.features}
        return titles | {target.name: target.title for target in self.targets}

    def of(self, target: Target) -> Signature:
        """Return the signature of one of the targets alone."""
        return msgspec.structs.replace(self, target=target, further_targets=())

    def _has_known_outputs(self) -> bool:
        known: list[tuple[Output, ...]] = [("predict",)]
        if self.target.labels and not self.further_targets:
            known.append(OUTPUTS)
        if self.target.labels == OUTLIER_LABELS and not self.further_targets:
            known += [("predict", score) for score in SCORES]
        return self.outputs in known

    @property
    def example(self) -> dict[str, Any]:
        """An instance of each feature's example."""
        return {feature.name: feature.example for feature in self.features}

    def json_schema(self, largest: int) -> dict[str, Any]:
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **self.request_schema(largest, self.instance_schema()),
        }

    def instance_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {feature.name: feature.json_schema() for feature in self.features},
            "required": [feature.name for feature in self.features if feature.required],
            "additionalProperties": False,
        }

    def request_schema(self, largest: int, instance: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a body with up to `largest` of what the schema `instance` describes."""
        return {
            "type": "object",
            "properties": {
                "instances": {"type": "array", "minItems": 1, "maxItems": largest, "items": instance},
                "output": {"type": "string", "enum": list(self.outputs), "default": "predict"},
            },
            "required": ["instances"],
            "additionalProperties": False,
        }


def _is_printable(text: str, longest: int) -> bool:
    return text.isprintable() and 0 < len(text) <= longest


def _json_kind(value: object, wanted: str) -> str:
    number = "a number (send it in quotes)" if wanted == "string" else "a number"
    text = "text (send it without quotes)"
    kinds = {bool: "a boolean", int: number, float: number, str: text, list: "an array", dict: "an object"}
    # Training data may hold what JSON has no word for, like a date.
    return kinds.get(type(value), f"a {type(value).__name__}")

"""The signature: what a model is asked with and what it answers, each feature described once."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from picklejar.errors import InvalidDefinition

# A whole number beyond this is not exact in the 64-bit floats every estimator computes with.
LARGEST_EXACT_INTEGER = 2**53


class Feature(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"unit": "x-unit"}, forbid_unknown_fields=True
):
    """One column of X, in JSON Schema's words.

    `minimum` and `maximum` are hard limits, in `unit`: a value outside is refused. They are not the
    range seen in training, which the manifest's statistics give. A `nullable` feature may be null or
    left out, and reaches the estimator as NaN; one with a `default` may be left out and counts as it.
    `when_missing` says to people what a null counts as; in a definition it may name `{mean}` and `{median}`, as in
    "counts as the average, {mean:,.0f}", which training replaces by those of the rows it fits.
    """

    name: str
    title: str
    description: str
    example: float
    type: Literal["number", "integer"] = "number"
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    default: float | None = None
    nullable: bool = False
    when_missing: str | None = None

    def __post_init__(self) -> None:
        """Refuse a description that contradicts itself.

        Raises:
            InvalidDefinition: naming the feature and what is wrong with it.
        """
        if not self.name.isprintable() or not 0 < len(self.name) <= 100:
            raise InvalidDefinition(f"Feature {self.name[:100]!r}: a name has 1 to 100 printable characters.")
        if self.nullable and self.default is not None:
            raise InvalidDefinition(f"Feature {self.name!r} is nullable and has a default; only one can hold.")
        for word, value in (("example", self.example), ("default", self.default)):
            broken = value is not None and self.broken_rule(value)
            if broken:
                raise InvalidDefinition(f"Feature {self.name!r}: its {word}, {value}, {broken[1]}.")

    @property
    def required(self) -> bool:
        """Whether every instance must carry this feature."""
        return not self.nullable and self.default is None

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value accepted, in the feature's unit; infinite where there is no limit."""
        largest = math.inf if self.type == "number" else LARGEST_EXACT_INTEGER
        return (
            -largest if self.minimum is None else self.minimum,
            largest if self.maximum is None else self.maximum,
        )

    @property
    def stated_bounds(self) -> tuple[float | None, float | None]:
        """The bounds, None where there is no limit, as JSON Schema and msgspec want them."""
        lower, upper = (bound if math.isfinite(bound) else None for bound in self.bounds)
        return lower, upper

    def broken_rule(self, value: object) -> tuple[str, str] | None:
        """Return the name of the rule that `value`, a decoded JSON value, breaks and a sentence's end, or None."""
        if value is None:
            return None if self.nullable else ("type", f"must be {self._kind}, not null")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "type", f"must be {self._kind}, not {_json_kind(value)}"
        if not math.isfinite(value):
            return "finite", "must be finite, not NaN or infinite"
        if self.type == "integer" and value != int(value):
            return "type", "must be an integer, not a number with a fraction"
        return self._broken_bound(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of one value of this feature."""
        lower, upper = self.stated_bounds
        words = {
            "title": self.title,
            "description": self.description,
            "type": [self.type, "null"] if self.nullable else self.type,
            "minimum": lower,
            "maximum": upper,
            "default": self.default,
            "examples": [self.example],
            "x-unit": self.unit,
        }
        return {word: value for word, value in words.items() if value is not None}

    @property
    def _kind(self) -> str:
        return "an integer" if self.type == "integer" else "a number"

    def _broken_bound(self, value: float) -> tuple[str, str] | None:
        lower, upper = self.bounds
        if value < lower:
            return "minimum", f"must be at least {lower:.16g}"
        if value > upper:
            return "maximum", f"must be at most {upper:.16g}"
        return None


class Target(msgspec.Struct, frozen=True, kw_only=True, rename={"unit": "x-unit"}, forbid_unknown_fields=True):
    """What the model predicts: one number, in `unit`."""

    name: str
    title: str
    description: str
    unit: str | None = None


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The features, in the order of X's columns, and the target."""

    features: tuple[Feature, ...]
    target: Target

    def __post_init__(self) -> None:
        """Refuse a signature without features or with two of the same name."""
        if not self.features:
            raise InvalidDefinition("A signature has at least one feature.")
        if len(set(self.names)) < len(self.names):
            raise InvalidDefinition(f"Two features share a name: {', '.join(self.names)}.")

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in the order of X's columns."""
        return tuple(feature.name for feature in self.features)

    @property
    def titles(self) -> dict[str, str]:
        """What people call each feature and, last, the target."""
        titles = {feature.name: feature.title for feature in self.features}
        return titles | {self.target.name: self.target.title}

    def json_schema(self, largest: int) -> dict[str, Any]:
        """Return the JSON Schema of a request's body of one to `largest` instances."""
        instance = {
            "type": "object",
            "properties": {feature.name: feature.json_schema() for feature in self.features},
            "required": [feature.name for feature in self.features if feature.required],
            "additionalProperties": False,
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"instances": {"type": "array", "minItems": 1, "maxItems": largest, "items": instance}},
            "required": ["instances"],
            "additionalProperties": False,
        }


def _json_kind(value: object) -> str:
    kinds = {bool: "a boolean", str: "text (send it without quotes)", list: "an array", dict: "an object"}
    # Training data may hold what JSON has no word for, such as a date.
    return kinds.get(type(value), f"a {type(value).__name__}")

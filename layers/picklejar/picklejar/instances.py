"""Reads a request's body: bytes in, a checked 2-D array out, or every broken rule by row and field."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast

import msgspec
import numpy as np
from msgspec.structs import astuple

from picklejar.errors import BrokenRule, InvalidInstances, NotJson, TooLarge
from picklejar.signature import LONGEST_NAME, Feature, Output, Signature
from picklejar.wording import list_of, shorten

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_INSTANCES = 10_000
# Features that rows leave out cost as much as others, and no bytes. A body with every feature of every row is longer
# than it has values, and a shorter one may have as many as the largest body that the API takes.
MOST_VALUES = 1_000_000
# 10,000 rows could break 50,000 rules and more; the answer must stay below Lambda's 6 MB.
MOST_BROKEN_RULES_LISTED = 1_000
# More digits may exceed a float's range (1.8e308), and far more are refused by Python's own int.
LONGEST_INTEGER = 300
BEYOND_INTEGERS = 10**LONGEST_INTEGER


class Request(NamedTuple):
    """X, and the method of the estimator that is to answer it."""

    X: NDArray[Any]
    output: Output


class InstanceReader:
    """Turns `{"instances": [{...}, ...], "output": ...}` into X by one model's signature.

    X has the shape (instances, features), in the signature's order: float64, booleans as 1.0 or 0.0, null as NaN. With
    strings it is of objects, and null is the signature's `missing_text`.
    """

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._features = signature.features
        self._names = frozenset(signature.names)
        self._by_name = {feature.name: feature for feature in signature.features}
        self._required = frozenset(feature.name for feature in signature.features if feature.required)
        self._has_strings = signature.has_strings
        self._missing_text_is_nan = signature.missing_text == "nan"
        self._floats = [position for position, feature in enumerate(signature.features) if feature.type != "string"]
        self._nullable = frozenset(feature.name for feature in signature.features if feature.nullable)
        # Among the floats, those that every row has.
        self._filled = [place for place, at in enumerate(self._floats) if not self._features[at].nullable]
        row_type = _row_type(signature)
        self._rows_type = list[row_type]  # type: ignore[valid-type]
        self._decoder = msgspec.json.Decoder(_body_type(signature, row_type))

    def read(self, body: bytes) -> Request:
        """Return what a body asks.

        One pass of msgspec takes a body that keeps every rule. It stops at the first breach, so only a body that it
        refuses is read again, rule by rule.

        Raises:
            NotJson: the body is not JSON.
            TooLarge: there are more than `MOST_INSTANCES` instances, or more values than `MOST_VALUES` and bytes.
            InvalidInstances: a rule is broken; lists up to `MOST_BROKEN_RULES_LISTED`.
        """
        try:
            decoded = self._decoder.decode(body)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            instances, output = self._parts(decode_json(body))
            self._refuse_broken(instances)
            self._refuse_too_many_values(len(instances), len(body))
            return Request(self._array(self._tuples(instances), len(instances)), output)
        refuse_too_many(len(decoded.instances))
        self._refuse_too_many_values(len(decoded.instances), len(body))
        return Request(self._array(map(astuple, decoded.instances), len(decoded.instances)), decoded.output)

    def read_rows(self, rows: list[Any], output: str = "predict") -> Request:
        """Return what decoded rows ask, an object each; NaN of a nullable feature is null. Raises as `read` does."""
        if output not in self._signature.outputs:
            raise _broken_body(self._no_such_output())
        if not rows:
            raise _broken_body("There must be one row or more.")
        refuse_too_many(len(rows))
        self._refuse_too_many_values(len(rows), 0)
        return Request(self._converted(rows), output)

    def _converted(self, rows: list[Any]) -> NDArray[Any]:
        try:
            X = self._array(map(astuple, msgspec.convert(rows, self._rows_type)), len(rows))
        except msgspec.ValidationError:
            return self.check([self._with_nulls(row) for row in rows])
        return X if self._is_filled(X) else self.check([self._with_nulls(row) for row in rows])

    def _is_filled(self, X: NDArray[Any]) -> bool:
        """Return whether no number is infinite, or NaN where null may not be: a float may, unlike JSON."""
        numbers = X[:, self._floats].astype(np.float64)
        return not np.isinf(numbers).any() and not np.isnan(numbers[:, self._filled]).any()

    def _with_nulls(self, row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        numbers = {name: value for name, value in row.items() if isinstance(value, int | float)}
        return row | {name: self._number(name, value) for name, value in numbers.items()}

    def _number(self, name: str, value: float) -> float | None:
        if isinstance(value, float):
            return None if math.isnan(value) and name in self._nullable else value
        # As `decode_json` has it, whose integers are never beyond a float.
        return value if abs(value) < BEYOND_INTEGERS else math.inf

    def _refuse_too_many_values(self, rows: int, bytes_sent: int) -> None:
        width = len(self._features)
        most = max(MOST_VALUES, bytes_sent)
        if rows * width > most:
            raise TooLarge(
                f"{rows:,} instances were sent; of this model's {width:,} features, most of them left out, one request "
                f"takes at most {max(1, most // width):,}. Send them in several requests."
            )

    def check(self, instances: list[Any]) -> NDArray[Any]:
        self._refuse_broken(instances)
        return self._array(self._tuples(instances), len(instances))

    def stacked(self, columns: Sequence[Any]) -> NDArray[Any]:
        """Return X of columns of values that keep every rule, in the signature's order."""
        X = np.empty((len(columns[0]), len(columns)), dtype=object if self._has_strings else np.float64)
        for place, column in enumerate(columns):
            X[:, place] = column if self._features[place].type == "string" else np.asarray(column, dtype=np.float64)
        return self._with_missing_texts(X)

    def _tuples(self, instances: list[Any]) -> Iterator[tuple[Any, ...]]:
        for instance in instances:
            yield tuple(instance.get(feature.name, feature.default) for feature in self._features)

    def _refuse_broken(self, instances: list[Any]) -> None:
        listed: list[BrokenRule] = []
        total = 0
        for row, instance in enumerate(instances):
            broken = self._count_broken(instance)
            if broken and len(listed) < MOST_BROKEN_RULES_LISTED:
                listed += islice(self._broken_rules(row, instance), MOST_BROKEN_RULES_LISTED - len(listed))
            total += broken
        if total:
            raise InvalidInstances(self._with_names(listed), total)

    def _parts(self, body: Any) -> tuple[list[Any], Output]:
        message = None
        output = body.get("output", "predict") if isinstance(body, dict) else None
        if not isinstance(body, dict) or "instances" not in body:
            message = 'The body must be an object with the key "instances".'
        elif not body.keys() <= {"instances", "output"}:
            message = 'The body must have no key but "instances" and "output".'
        elif not isinstance(body["instances"], list) or not body["instances"]:
            message = "instances must be an array of one object or more."
        elif output not in self._signature.outputs:
            message = self._no_such_output()
        if message:
            raise _broken_body(message)
        instances: list[Any] = body["instances"]
        refuse_too_many(len(instances))
        return instances, cast("Output", output)

    def _no_such_output(self) -> str:
        outputs = " or ".join(f'"{output}"' for output in self._signature.outputs)
        if len(self._signature.outputs) > 1:
            return f"output must be {outputs}."
        what = "has no probabilities for its labels" if self._signature.target.labels else "predicts a number"
        return f"output must be {outputs}, or be left out: this model {what}."

    def _array(self, rows: Iterable[tuple[Any, ...]], count: int) -> NDArray[Any]:
        if not self._has_strings and not self._nullable:
            # Nearly twice as fast as np.array, which takes None, too.
            width = len(self._features)
            return np.fromiter(chain.from_iterable(rows), np.float64, count * width).reshape(count, width)
        if not self._has_strings:
            return np.array([*rows], dtype=np.float64)
        X = np.array([*rows], dtype=object)
        X[:, self._floats] = X[:, self._floats].astype(np.float64)
        return self._with_missing_texts(X)

    def _with_missing_texts(self, X: NDArray[Any]) -> NDArray[Any]:
        if self._has_strings and self._missing_text_is_nan:
            X[X == None] = np.nan  # noqa: E711  value by value
        return X

    def _count_broken(self, instance: Any) -> int:
        """Return how many rules `_broken_rules` would yield, without making any."""
        if not isinstance(instance, dict):
            return 1
        known = self._names.intersection(instance)
        missing = len(self._required) - len(self._required.intersection(instance))
        kept = sum(self._by_name[name].keeps(instance[name]) for name in known)
        return len(instance) - kept + missing

    def _broken_rules(self, row: int, instance: Any) -> Iterator[BrokenRule]:
        if not isinstance(instance, dict):
            message = f"Instance {row} must be an object with a value for each feature."
            yield BrokenRule(row=row, field=None, rule="type", message=message)
            return
        for feature in self._features:
            yield from _broken_by_feature(row, instance, feature)
        for name in instance:
            if name not in self._names:
                yield self._unknown(row, name)

    def _unknown(self, row: int, name: str) -> BrokenRule:
        shown = shorten(name, LONGEST_NAME)
        return BrokenRule(row=row, field=shown, rule="unknown", message=f"{shown} is not a feature of this model.")

    def _with_names(self, listed: list[BrokenRule]) -> list[BrokenRule]:
        """Let the first rule about an unknown name list the known ones, for all."""
        first = next((place for place, broken in enumerate(listed) if broken.rule == "unknown"), None)
        if first is None:
            return listed
        names = list_of(self._signature.names)
        message = f"{listed[first].message.removesuffix('.')}; its features are {names}."
        return [*listed[:first], msgspec.structs.replace(listed[first], message=message), *listed[first + 1 :]]


def _broken_by_feature(row: int, instance: dict[str, Any], feature: Feature) -> Iterator[BrokenRule]:
    if feature.name in instance:
        broken = feature.broken_rule(instance[feature.name])
    else:
        broken = ("required", "is missing") if feature.required else None
    if broken:
        rule, sentence = broken
        yield BrokenRule(row=row, field=feature.name, rule=rule, message=f"{feature.name} {sentence}.")


def _broken_body(message: str) -> InvalidInstances:
    return InvalidInstances([BrokenRule(row=None, field=None, rule="body", message=message)])


def _row_type(signature: Signature) -> type[Any]:
    # Fields are numbered, not named, because a feature's name may be any text and a Python field's may not.
    fields = [_field(f"f{position}", feature) for position, feature in enumerate(signature.features)]
    renamed = {f"f{position}": name for position, name in enumerate(signature.names)}
    return msgspec.defstruct("Instance", fields, rename=renamed, forbid_unknown_fields=True, kw_only=True, gc=False)


def _body_type(signature: Signature, row_type: type[Any]) -> type[Any]:
    instances = Annotated[list[row_type], msgspec.Meta(min_length=1)]  # type: ignore[valid-type]
    parts: list[Any] = [("instances", instances), ("output", Literal[signature.outputs], "predict")]
    return msgspec.defstruct("Body", parts, forbid_unknown_fields=True)


def _field(name: str, feature: Feature) -> tuple[str, Any] | tuple[str, Any, Any]:
    accepted = _accepted(feature)
    if feature.required:
        return name, accepted
    return name, accepted | None if feature.nullable else accepted, feature.default


def _accepted(feature: Feature) -> Any:
    lower, upper = feature.stated_bounds
    if feature.type == "boolean":
        return bool
    if feature.enum:
        return Literal[feature.enum]
    if feature.type == "string":
        return Annotated[str, msgspec.Meta(max_length=feature.longest)]
    if feature.type == "integer":
        # An integer's bounds are never infinite, and Meta wants them whole.
        return Annotated[int, msgspec.Meta(ge=math.ceil(feature.bounds[0]), le=math.floor(feature.bounds[1]))]
    return Annotated[float, msgspec.Meta(ge=lower, le=upper)]


def refuse_too_many(rows: int) -> None:
    """Raise TooLarge where one request has more than `MOST_INSTANCES` rows."""
    if rows > MOST_INSTANCES:
        raise TooLarge(
            f"{rows:,} instances were sent; one request takes at most {MOST_INSTANCES:,}. "
            "Send them in several requests."
        )


def decode_json(body: bytes) -> Any:
    """Decode JSON like a browser, but keep NaN, Infinity and overlarge numbers, to name their place.

    Raises:
        NotJson: it is not JSON, not UTF-8, or nested too deeply.
    """
    try:
        decoded = json.loads(body.decode("utf-8-sig"), parse_int=_integer)
        # An escape may stand for half a character, which is not text: nobody could be answered with it.
        json.dumps(decoded, ensure_ascii=False).encode()
    except RecursionError:
        raise NotJson("The body is nested too deeply to be read as JSON.") from None
    except UnicodeDecodeError:
        raise NotJson("The body is not UTF-8 text, so it cannot be read as JSON.") from None
    except UnicodeEncodeError:
        raise NotJson("The body has half of a character in it, an escape from \\ud800 to \\udfff alone.") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    return decoded


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)

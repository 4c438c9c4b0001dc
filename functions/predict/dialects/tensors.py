"""The tensors of the Open Inference Protocol: name, shape, datatype, and data as JSON or as raw bytes."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec

from picklejar.errors import InvalidInstances
from picklejar.wording import Label

from .rows import refuse_too_large, refused, shown

# Of each its letter in a format of `struct`.
FLOATS = {"FP16": "e", "FP32": "f", "FP64": "d"}
INTEGERS = {"INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q"}
INTEGERS |= {f"U{name}": letter.upper() for name, letter in INTEGERS.items()}
NUMBERS = {*FLOATS, *INTEGERS}
FIXED = {"BOOL": "?", **FLOATS, **INTEGERS}
TEXT = "BYTES"
DATATYPES = {*FIXED, TEXT}
# Which datatypes say a feature of this type, the one that we say it by first.
TAKEN = {
    "number": ("FP64", NUMBERS),
    "integer": ("INT64", NUMBERS),
    "boolean": ("BOOL", {"BOOL"}),
    "string": (TEXT, {TEXT}),
}
# A length before each text.
LENGTH_BYTES = 4
# Beyond it no shape is meant.
LARGEST_DIMENSION = 2**63 - 1
DAMAGED = (
    "Binary tensors arrive whole only with the header Content-Type: application/octet-stream; send that, or send JSON: "
    "binary_data=False in tritonclient and kserve."
)


class Tensor(msgspec.Struct, frozen=True):
    """One input; `values` are flat, row by row."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: list[Any]

    @property
    def rows(self) -> int:
        return self.shape[0]


class Tail:
    """The bytes behind the JSON, which binary inputs take in their order."""

    def __init__(self, content: bytes) -> None:
        self._content = memoryview(content)

    def take(self, size: Any, name: str) -> memoryview:
        left = len(self._content)
        if type(size) is not int or not 0 <= size <= left:
            raise _refused(name, f"has the binary_data_size {shown(size)}, and {left:,} bytes are left. {DAMAGED}")
        taken, self._content = self._content[:size], self._content[size:]
        return taken

    def refuse_rest(self) -> None:
        if len(self._content):
            raise refused(f"{len(self._content):,} bytes behind the tensors belong to none. {DAMAGED}")


def read_tensor(given: Any, place: int, tail: Tail) -> Tensor:
    """Return an entry of `inputs`; raises TooLarge and InvalidInstances."""
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str):
        raise refused(f"Input {place} must be an object with name, shape, datatype and data.")
    datatype, parameters = given.get("datatype"), given.get("parameters")
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise _refused(name, f"has the datatype {shown(datatype)}; send one of {', '.join(sorted(DATATYPES))}.")
    shape = _shape(given.get("shape"), name)
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if size is None:
        return Tensor(name, datatype, shape, _from_json(given.get("data"), datatype, shape, name))
    if "data" in given:
        raise _refused(name, "has both data and a binary_data_size; send one of them.")
    return Tensor(name, datatype, shape, _from_bytes(tail.take(size, name), datatype, shape, name))


def output_tensor(name: str, predictions: Sequence[Any], classes: Sequence[Label]) -> dict[str, Any]:
    """Return predictions as an output: a number is FP64, a label BYTES, INT64 or BOOL, probabilities are rows."""
    if classes:
        words = msgspec.json.encode(classes).decode()
        flat = [*chain.from_iterable(predictions)]
        shape = [len(predictions), len(classes)]
        return {"name": name, "shape": shape, "datatype": "FP64", "parameters": {"classes": words}, "data": flat}
    return {"name": name, "shape": [len(predictions)], "datatype": datatype_of(predictions[0]), "data": predictions}


def datatype_of(value: float | Label) -> str:
    """Return the datatype of a prediction, or of a label."""
    kinds = {bool: "BOOL", int: "INT64", float: "FP64", str: TEXT}
    return kinds[type(value)]


def _refused(name: str, sentence: str, row: int | None = None) -> InvalidInstances:
    return refused(f"The input {shown(name)} {sentence}", row, name)


def _shape(shape: Any, name: str) -> tuple[int, ...]:
    if not isinstance(shape, list) or not 1 <= len(shape) <= 2:
        raise _refused(name, "must have a shape of [rows] or [rows, 1], or of [rows, features] for all at once.")
    if not all(type(size) is int and 1 <= size <= LARGEST_DIMENSION for size in shape):
        raise _refused(name, "must have a shape of whole numbers from 1 on.")
    return tuple(shape)


def _from_json(data: Any, datatype: str, shape: tuple[int, ...], name: str) -> list[Any]:
    if not isinstance(data, list):
        raise _refused(name, "has no data; send an array.")
    if datatype == "FP16":
        raise _refused(name, "is of FP16, which JSON cannot say; send FP64.")
    is_nested = len(shape) == 2 and all(isinstance(row, list) and len(row) == shape[1] for row in data)
    values = [*chain.from_iterable(data)] if is_nested else data
    _check_count(len(values), shape, name)
    for place, value in enumerate(values if datatype in INTEGERS else ()):
        if isinstance(value, float) and not (value.is_integer() or math.isnan(value)):
            row = place // math.prod(shape[1:])
            raise _refused(name, f"is of {datatype}, and {shown(value)} is no whole number; send FP64.", row)
    return values


def _from_bytes(content: memoryview, datatype: str, shape: tuple[int, ...], name: str) -> list[Any]:
    if datatype == TEXT:
        return _texts(content, shape, name)
    letter = FIXED[datatype]
    each = struct.calcsize(f"<{letter}")
    count, rest = divmod(len(content), each)
    if rest:
        raise _refused(name, f"has {len(content):,} bytes, and {datatype} takes {each} a value.")
    _check_count(count, shape, name)
    return [*struct.unpack(f"<{count}{letter}", content)]


def _texts(content: memoryview, shape: tuple[int, ...], name: str) -> list[str]:
    width = math.prod(shape[1:])
    refuse_too_large(shape[0], width)
    texts: list[str] = []
    place = 0
    while place < len(content) and len(texts) < shape[0] * width:
        begin, row = place + LENGTH_BYTES, len(texts) // width
        place = begin + int.from_bytes(content[place:begin], "little")
        if not begin <= place <= len(content):
            raise _refused(name, f"ends within a text. {DAMAGED}", row)
        try:
            texts.append(str(content[begin:place], "utf-8"))
        except UnicodeDecodeError:
            raise _refused(name, "has bytes that are not UTF-8 text.", row) from None
    if place < len(content):
        raise _refused(name, f"has more texts than its shape {list(shape)} says.")
    _check_count(len(texts), shape, name)
    return texts


def _check_count(count: int, shape: tuple[int, ...], name: str) -> None:
    if count != math.prod(shape):
        raise _refused(name, f"has the shape {list(shape)}, and {count:,} values of data.")
    refuse_too_large(shape[0], math.prod(shape[1:]))

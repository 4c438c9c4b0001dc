"""A booster's document, JSON or UBJSON, read name by name, each value with the type and length it must have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import DamagedPickle
from picklejar.inert.boosters import ubjson
from picklejar.inert.reading.state import Floats, Integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A number of JSON takes 32 bytes and two characters at least; a list 64, and an object 72 and more, of two.
BYTES_OF_JSON = 48
BYTES_OF_A_NUMBER = 16
LONGEST_NUMBER = 40
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
OPENED, CLOSED = list(b"{["), list(b"}]")


def parse(data: bytes, charge: Callable[[int], None]) -> Any:
    """Return what JSON or UBJSON holds; raises DamagedPickle."""
    if data[:2] == b"{L":
        return ubjson.parse(data, charge)
    charge(BYTES_OF_JSON * len(data))
    _check_depth(data)
    try:
        return json.loads(data)
    except ValueError as error:
        raise DamagedPickle("The JSON of the file is not whole.") from error


def _check_depth(data: bytes) -> None:
    # Python's own reader calls itself for what is within another.
    marks = np.frombuffer(STRING.sub(b"", data), np.uint8)
    marks = marks[np.isin(marks, OPENED + CLOSED)]
    depth = np.cumsum(np.where(np.isin(marks, OPENED), 1, -1))
    if depth.max(initial=0) > ubjson.MOST_NESTED:
        raise DamagedPickle(f"The file's JSON nests more than {ubjson.MOST_NESTED} values within one another.")


class Document:
    """The names of one object of a document; every reader raises DamagedPickle, naming what is missing or wrong."""

    def __init__(self, value: Any, where: str, charge: Callable[[int], None]) -> None:
        if type(value) is not dict:
            raise DamagedPickle(f"The file has no object of names in {where}.")
        self._values: dict[str, Any] = value
        self._where = where
        self._charge = charge

    def has(self, name: str) -> bool:
        return name in self._values

    def names(self) -> dict[str, Any]:
        return self._values

    def charge(self, cost: int) -> None:
        self._charge(cost)

    def length(self, name: str) -> int:
        value = self._value(name)
        if not isinstance(value, list | np.ndarray):
            raise self.damaged(f"has no list in {name}")
        return len(value)

    def part(self, name: str) -> Document:
        return Document(self._value(name), name, self._charge)

    def parts(self, name: str) -> list[Document]:
        return [Document(item, name, self._charge) for item in self.items(name)]

    def items(self, name: str) -> list[Any]:
        value = self._value(name)
        if isinstance(value, np.ndarray):
            self._charge(2 * BYTES_OF_A_NUMBER * value.size)
            return list(value.tolist())
        if type(value) is not list:
            raise self.damaged(f"has no list in {name}")
        return value

    def text(self, name: str) -> str:
        value = self._value(name)
        if type(value) is not str:
            raise self.damaged(f"has no text in {name}")
        return value

    def texts(self, name: str) -> list[str]:
        items = self.items(name)
        if not all(type(item) is str for item in items):
            raise self.damaged(f"has something other than texts in {name}")
        return items

    def whole(self, name: str, *, at_most: int) -> int:
        """Return a number from 0 to `at_most`, which is written as a text."""
        text = self.text(name)
        if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER and int(text) <= at_most):
            raise self.damaged(f"has no number from 0 to {at_most} in {name}")
        return int(text)

    def integers(self, name: str, length: int | None = None) -> Integers:
        array = self._numbers(name, length)
        if array.dtype.kind == "f":
            raise self.damaged(f"has something other than whole numbers in {name}")
        return array.astype(np.int64)

    def floats(self, name: str, length: int | None = None) -> Floats:
        return self._numbers(name, length).astype(np.float64)

    def _numbers(self, name: str, length: int | None) -> NDArray[Any]:
        value = self._value(name)
        if type(value) is list:
            kinds = {type(item) for item in value}
            if not kinds <= {int, float, bool}:
                raise self.damaged(f"has something other than numbers in {name}")
            self._charge(BYTES_OF_A_NUMBER * len(value))
            try:
                value = np.array(value, dtype=np.float64 if float in kinds else np.int64)
            except OverflowError as error:
                raise self.damaged(f"has a number in {name} that is too large") from error
        if not isinstance(value, np.ndarray) or length not in (None, len(value)):
            raise self.damaged(f"has no numbers, or not as many as it should, in {name}")
        self._charge(BYTES_OF_A_NUMBER * value.size)
        return value

    def _value(self, name: str) -> Any:
        if name not in self._values:
            raise self.damaged(f"lacks {name}")
        return self._values[name]

    def damaged(self, what: str) -> DamagedPickle:
        return DamagedPickle(f"The booster of the file {what}, within {self._where}.")

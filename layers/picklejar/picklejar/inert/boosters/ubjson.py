"""Universal Binary JSON, as XGBoost writes it, to dicts, lists and NumPy arrays; bounded, and without recursion.

The format: https://ubjson.org, of which XGBoost's `UBJWriter` (src/common/json.cc) writes these markers, lengths of
eight bytes alone, and arrays with their lengths before them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from picklejar.errors import DamagedPickle

# Of one value with its place in what holds it; of an array, its object; of a key and its value in a dict.
BYTES_OF_A_VALUE, BYTES_OF_AN_ARRAY, BYTES_OF_A_PAIR = 80, 200, 120
MOST_NESTED = 50
LONGEST_KEY = 1_000
OBJECT, ARRAY, TEXT, END = b"{[S}"
TYPE, COUNT, LONG = b"$#L"
CONSTANTS = {ord("T"): True, ord("F"): False, ord("Z"): None}
NUMBERS: dict[int, np.dtype[Any]] = {
    ord("i"): np.dtype(">i1"),
    ord("U"): np.dtype(">u1"),
    ord("I"): np.dtype(">i2"),
    ord("l"): np.dtype(">i4"),
    ord("L"): np.dtype(">i8"),
    ord("d"): np.dtype(">f4"),
    ord("D"): np.dtype(">f8"),
}


def parse(data: bytes, charge: Callable[[int], None]) -> Any:
    """Return what a document holds: dicts, lists, texts, numbers, and 1-D arrays of numbers.

    `charge` takes the bytes of memory of each value before it is made.

    Raises:
        DamagedPickle: it is not a whole document, or nests more than `MOST_NESTED` values within one another.
    """
    try:
        return _Reader(data, charge).document()
    except (IndexError, UnicodeDecodeError) as error:
        raise DamagedPickle("The UBJSON of the file ends early, or its text is not UTF-8.") from error


class _Reader:
    def __init__(self, data: bytes, charge: Callable[[int], None]) -> None:
        self._data = data
        self._charge = charge
        self._at = 0
        # What is still open: a dict, or a list with how many values it lacks.
        self._open: list[tuple[dict[str, Any] | list[Any], int]] = []

    def document(self) -> Any:
        whole: list[Any] = []
        self._open.append((whole, 1))
        while len(self._open) > 1 or not whole:
            self._step()
        if self._at != len(self._data):
            raise DamagedPickle("Bytes follow the end of the file's UBJSON.")
        return whole[0]

    def _step(self) -> None:
        holder, left = self._open[-1]
        if isinstance(holder, list):
            if not left:
                self._open.pop()
                return
            self._open[-1] = holder, left - 1
            holder.append(self._value())
            return
        if self._data[self._at] == END:
            self._at += 1
            self._open.pop()
            return
        key = self._key()
        # Put there before it is filled, so that nothing has to be called again for what is within it.
        holder[key] = self._value()

    def _value(self) -> Any:
        marker = self._byte()
        if marker in NUMBERS:
            self._charge(BYTES_OF_A_VALUE)
            return self._numbers(NUMBERS[marker], 1)[0].item()
        if marker in CONSTANTS:
            self._charge(BYTES_OF_A_VALUE)
            return CONSTANTS[marker]
        if marker == TEXT:
            size = self._size()
            self._charge(BYTES_OF_A_VALUE + 4 * size)
            return self._taken(size).decode()
        if marker == OBJECT:
            return self._opened({}, 0)
        if marker == ARRAY:
            return self._array()
        raise DamagedPickle(f"The file's UBJSON has no value {bytes([marker])!r}.")

    def _array(self) -> Any:
        kind = None
        if self._data[self._at] == TYPE:
            self._at += 1
            kind = NUMBERS.get(self._byte())
            if kind is None:
                raise DamagedPickle("An array of the file's UBJSON is not of numbers.")
        if self._byte() != COUNT:
            raise DamagedPickle("An array of the file's UBJSON does not say how long it is.")
        size = self._size()
        if kind is None:
            return self._opened([], size)
        self._charge(BYTES_OF_AN_ARRAY)
        return self._numbers(kind, size)

    def _opened(self, made: Any, size: int) -> Any:
        self._charge(BYTES_OF_AN_ARRAY)
        # Each value has a byte at least.
        if size > len(self._data) - self._at:
            raise DamagedPickle("An array of the file's UBJSON is longer than the file.")
        if len(self._open) > MOST_NESTED:
            raise DamagedPickle(f"The file's UBJSON nests more than {MOST_NESTED} values within one another.")
        self._open.append((made, size))
        return made

    def _numbers(self, kind: np.dtype[Any], count: int) -> Any:
        raw = self._taken(count * kind.itemsize)
        self._charge(len(raw))
        return np.frombuffer(raw, kind).astype(kind.newbyteorder("="))

    def _key(self) -> str:
        if self._byte() != LONG:
            raise DamagedPickle("A name of the file's UBJSON has no length.")
        self._at -= 1
        size = self._size()
        if size > LONGEST_KEY:
            raise DamagedPickle(f"A name of the file's UBJSON has more than {LONGEST_KEY} bytes.")
        self._charge(BYTES_OF_A_PAIR + 4 * size)
        return self._taken(size).decode()

    def _size(self) -> int:
        if self._byte() != LONG:
            raise DamagedPickle("A length of the file's UBJSON is not of eight bytes.")
        size = int.from_bytes(self._taken(8), "big", signed=True)
        if size < 0:
            raise DamagedPickle("A length of the file's UBJSON is below zero.")
        return size

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _taken(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise DamagedPickle("A value of the file's UBJSON is longer than the file.")
        taken = self._data[self._at : end]
        self._at = end
        return taken

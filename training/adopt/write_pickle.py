"""Writes a tree of records as a plain pickle; nothing in it is imported or called."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Mapping
from typing import Any

from picklejar.errors import DamagedPickle
from picklejar.inert.reading.records import UNSET
from training.adopt.tree import Node

# Read by Python 3.4 and later; arrays that were written by protocol 5 need that one.
PROTOCOL, PROTOCOL_OF_ARRAYS = 4, 5


def write_pickle(value: Any) -> bytes:
    """Return the pickle of a tree that `training.adopt.tree` read or made.

    What was one object in the tree is one object in the file.

    Raises:
        DamagedPickle: the tree holds what no pickle of an estimator does, or nests too deeply.
    """
    file = io.BytesIO()
    writer = _Writer(file, PROTOCOL_OF_ARRAYS if _has_bytearray(value) else PROTOCOL)
    try:
        writer.dump(value)
    except (RecursionError, pickle.PicklingError, TypeError, ValueError) as error:
        raise DamagedPickle("The file's objects cannot be written as one pickle.") from error
    return file.getvalue()


class _Writer(pickle._Pickler):
    """Python's own pickler, for which a node says how it was made; in Python, because C looks every global up."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Node):
            state = None if value.state is UNSET else value.state
            if value.was_called:
                return type(value), value.args, state, None, iter(value.items)
            return copyreg.__newobj__, (type(value), *value.args), state, None, iter(value.items)  # type: ignore[attr-defined]
        if value is None or isinstance(value, type) or type(value) in PLAIN:
            return NotImplemented
        raise pickle.PicklingError(f"A {type(value).__name__} cannot be written.")

    def save_global(self, obj: Any, name: str | None = None) -> None:  # noqa: ARG002  pickle's own signature
        if not (isinstance(obj, type) and issubclass(obj, Node)):
            raise pickle.PicklingError("A global that no file named cannot be written.")
        for part in obj.origin:
            self.save(part)  # type: ignore[attr-defined]
        self.write(pickle.STACK_GLOBAL)  # type: ignore[attr-defined]
        self.memoize(obj)  # type: ignore[attr-defined]


PLAIN = {bool, int, float, str, bytes, bytearray, list, tuple, dict, set, frozenset}


def _has_bytearray(value: Any) -> bool:
    seen: set[int] = set()
    left = [value]
    while left:
        item = left.pop()
        if type(item) is bytearray:
            return True
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Node):
            left += [*item.args, item.state, *(part for pair in item.items for part in pair)]
        elif isinstance(item, Mapping):
            left += item.values()
        elif isinstance(item, list | tuple | set | frozenset):
            left += item
    return False

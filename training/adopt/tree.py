"""A model file as a tree of records that remember how each was written, so that parts of it can be written anew."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar

from picklejar.errors import DamagedPickle, UnreadablePickle, UnsafePickle
from picklejar.inert.reading.opcodes import verify
from picklejar.inert.reading.records import UNSET, Record, name_of_today, pair_of_today

# Protocol 2 has Python 2's names, whoever wrote the file.
PYTHON_2 = {
    ("__builtin__", "unicode"): "str",
    ("__builtin__", "long"): "int",
    ("__builtin__", "xrange"): "range",
}
PYTHON_2_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
RECONSTRUCTOR = "copyreg._reconstructor"


class _Class(type(Record)):  # type: ignore[misc]
    """A class of nodes: REDUCE calls it, while NEWOBJ calls its `__new__` alone."""

    def __call__(cls, *args: Any) -> Any:
        made: Any = cls.__new__(cls, *args)
        made.was_called = True
        return made


class Node(Record, metaclass=_Class):
    """A record of any global, known or not; `origin` is the module and name that the file has for it."""

    __slots__ = ("was_called",)
    origin: ClassVar[tuple[str, str]]
    was_called: bool

    def __new__(cls, *args: Any) -> Node:
        made: Any = super().__new__(cls, *args)
        made.was_called = False
        return made  # type: ignore[no-any-return]


def tree(data: bytes) -> Any:
    """Return what a plain pickle holds, whatever it names; imports nothing and calls nothing of it.

    Raises:
        UnreadablePickle: it is not a whole pickle, an opcode reaches outside the file, or it does to an object what
            cannot be noted.
    """
    verify(data)
    try:
        return _Reader(io.BytesIO(data)).load()
    except (UnreadablePickle, MemoryError):
        raise
    except Exception as error:  # each opcode fails in a way of its own
        raise DamagedPickle("The file does to its objects what cannot be noted.") from error


def own_tree(data: bytes) -> Any:
    """Return the tree of a pickle that was written here; it names NumPy's functions as each of its releases does."""
    return _OwnReader(io.BytesIO(data)).load()


def node(module: str, name: str, *args: Any, state: Any = UNSET) -> Node:
    """Return a new object of a class as NEWOBJ makes it."""
    cls: Any = node_class(module, name)
    new: Node = cls.__new__(cls, *args)
    new.state = state
    return new


def call(module: str, name: str, *args: Any, state: Any = UNSET) -> Node:
    """Return what a function or class answers when it is called, as REDUCE does."""
    new: Node = node_class(module, name)(*args)
    new.state = state
    return new


@cache
def node_class(module: str, name: str) -> Any:
    """Return the class of nodes that stands in for a global."""
    full_name = name_of_today(module, name)
    return _Class(full_name.rpartition(".")[2], (Node,), {"__slots__": (), "name": full_name, "origin": (module, name)})


def names_in(value: Any) -> set[tuple[str, str]]:
    """Return the globals that a tree names, each as its module of today and its name."""
    return {pair_of_today(*item.origin) for item in _globals(value)}


def _globals(value: Any) -> Iterator[Any]:
    seen: set[int] = set()
    left = [value]
    while left:
        item = left.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, type):
            yield item
        elif isinstance(item, Node):
            left += [type(item), *item.args, item.state, *(part for pair in item.items for part in pair)]
        elif isinstance(item, Mapping):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            left += item


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        name = PYTHON_2.get((module, name), name)
        module = PYTHON_2_MODULES.get(module, module)
        if name_of_today(module, name) == RECONSTRUCTOR:
            return _reconstructed
        return node_class(module, name)

    def persistent_load(self, _: Any) -> Any:
        raise UnsafePickle("The file refers to an object outside itself.")


class _OwnReader(_Reader):
    def find_class(self, module: str, name: str) -> Any:
        # NumPy 2 reads either name, NumPy 1 the older one alone.
        return super().find_class(module.replace("numpy._core", "numpy.core"), name)


def _reconstructed(cls: Any, _: Any, state: Any) -> Any:
    """Protocols 0 and 1 make objects so, which have no opcode for `__new__`."""
    if not (isinstance(cls, type) and issubclass(cls, Node)):
        raise DamagedPickle("The file makes an object of something that is not a class.")
    new = cls.__new__(cls)
    if type(state) is dict:
        new.items = [*state.items()]
    return new

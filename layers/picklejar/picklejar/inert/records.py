"""Pickle bytes to records: what each object of the file was made from, with nothing made and nothing imported."""

from __future__ import annotations

import io
import pickle
from functools import cache
from typing import Any, ClassVar

from picklejar.errors import DamagedPickle, UnreadablePickle, UnsafePickle, UnsupportedEstimator
from picklejar.inert.classes import READ, RECORDED
from picklejar.inert.opcodes import verify

UNSET = object()


class Record:
    """An object of the file: the arguments it was called with, and the state and items it was given.

    Each known global of a file is a subclass, made by `_record`. Calling one, as the file's opcodes may, only notes
    the arguments.
    """

    __slots__ = ("args", "items", "kwargs", "state")
    name: ClassVar[str]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    items: list[tuple[Any, Any]]
    state: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Record:
        """Note what the file calls the class with."""
        record = super().__new__(cls)
        record.args, record.kwargs, record.items, record.state = args, kwargs, [], UNSET
        return record

    def __setstate__(self, state: Any) -> None:
        if self.state is not UNSET:
            raise DamagedPickle(f"The file sets the state of one {self.name} twice.")
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items.append((key, value))


def read(data: bytes) -> Any:
    """Return the file's one value: plain Python values, and a `Record` for everything else.

    Memory stays below 400 times the length of `data`, plus a constant; nothing is imported.

    Raises:
        UnsafePickle: the file names a global that is not on the list, or an opcode that reaches outside the file.
        UnsupportedEstimator: it names an estimator of scikit-learn that Picklejar does not read.
        DamagedPickle: it is no whole pickle.
    """
    verify(data)
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except UnreadablePickle:
        raise
    except Exception as error:  # each opcode fails in a way of its own
        raise DamagedPickle("The file's opcodes contradict one another, so it is no pickle of an estimator.") from error


class _Unpickler(pickle.Unpickler):
    """The standard library's unpickler, which finds records instead of the globals that the file names."""

    def find_class(self, module: str, name: str) -> Any:
        # NumPy 1 keeps in numpy.core what NumPy 2 keeps in numpy._core.
        if module == "numpy.core" or module.startswith("numpy.core."):
            module = module.replace("numpy.core", "numpy._core", 1)
        full_name = f"{module}.{name}"
        if full_name in _PLAIN:
            return _PLAIN[full_name]
        if full_name in READ or full_name in RECORDED:
            return _record(full_name)
        raise _refusal(full_name)

    def persistent_load(self, _: Any) -> Any:
        raise UnsafePickle("The file refers to an object outside itself.")


def _refusal(full_name: str) -> UnreadablePickle:
    from picklejar.inert.unsupported import UNSUPPORTED  # two hundred names that only a refusal needs

    if full_name in UNSUPPORTED:
        return UnsupportedEstimator(full_name)
    return UnsafePickle(f"The file names {full_name[:200]!r}, which Picklejar does not know and never imports.")


@cache
def _record(full_name: str) -> type[Record]:
    return type(full_name.rpartition(".")[2], (Record,), {"__slots__": (), "name": full_name})


def _encode(text: str, encoding: str) -> bytes:
    """Return the bytes that protocols 0 to 2, which have no opcode for bytes, write as text."""
    if type(text) is not str or encoding != "latin1":
        raise DamagedPickle("The file encodes text other than bytes are written.")
    return text.encode("latin1")


def _reconstructor(cls: Any, _: Any, state: Any) -> Record:
    """Return a record of an object that protocols 0 and 1, which have no opcode for `__new__`, write as a call."""
    if not (isinstance(cls, type) and issubclass(cls, Record)):
        raise DamagedPickle("The file makes an object of something that is no class.")
    record = cls()
    record.items.extend(state.items() if type(state) is dict else ())
    return record


def _bytearray(content: Any = b"", encoding: str = "latin1") -> bytes:
    return content if type(content) is bytes else _encode(content, encoding)


def _bytes(*nothing: Any) -> bytes:
    if nothing:
        raise DamagedPickle("The file makes bytes of other than nothing, as no pickler writes.")
    return b""


# What makes plain values, by the names that Python 3 and, for protocols 0 to 2, Python 2 knows it by.
_PLAIN: dict[str, Any] = {
    "_codecs.encode": _encode,
    "builtins.bytearray": _bytearray,
    "__builtin__.bytearray": _bytearray,
    "builtins.bytes": _bytes,
    "__builtin__.bytes": _bytes,
    "copyreg._reconstructor": _reconstructor,
    "copy_reg._reconstructor": _reconstructor,
}

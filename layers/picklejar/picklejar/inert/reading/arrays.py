"""Records to arrays of listed types, whose bytes fill their shapes exactly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import DamagedPickle
from picklejar.inert.reading.records import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS = {"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"}
OBJECTS = {"O", "O8"}
SCALAR = "numpy._core.multiarray.scalar"
# A text array of scikit-learn holds labels or names.
LONGEST_TEXT = 10_000
MOST_DIMENSIONS = 4
MOST_FIELDS = 32
PLAIN = (str, int, float, bool, type(None))

# A fit on a sparse X leaves such, and so does `sparsify`.
SPARSE = {"scipy.sparse._csr.csr_array", "scipy.sparse._csr.csr_matrix", "scipy.sparse.csr.csr_matrix"}

type Array = NDArray[Any]


class UnreadArray(DamagedPickle):
    """An array is of a kind that is not read; `what` its estimator is with, and a sentence on what would be read."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(f"An array of {what} is not read as data. {instead}")
        self.what = what
        self.instead = instead


def array(record: Any) -> Array:
    """Return the array that a record describes, read-only; object arrays hold text, numbers, None and records.

    Raises:
        DamagedPickle: its type is not listed, or its bytes do not fill its shape.
    """
    if not isinstance(record, Record):
        raise DamagedPickle(f"An array is expected where the file has {_kind(record)}.")
    if record.name == "numpy._core.numeric._frombuffer" and len(record.args) in (4, 5):
        raw, dtype, shape, order = record.args[:4]
        axes = record.args[4] if len(record.args) == 5 else None
    elif record.name in SPARSE:
        raise UnreadArray(
            "a sparse matrix in place of an array",
            "Fit it again on dense columns, as OneHotEncoder(sparse_output=False) or "
            "ColumnTransformer(sparse_threshold=0) answers; after sparsify(), call densify().",
        )
    elif record.name == "numpy._core.multiarray._reconstruct" and _is_tuple(record.state, 5):
        _, shape, dtype, fortran, raw = record.state
        # Objects are listed in C's order, whatever their order in memory was.
        order, axes = "F" if fortran is True and type_name(dtype) not in OBJECTS else "C", None
    else:
        raise DamagedPickle(f"An array is expected where the file has {record.name}.")
    values = _objects(raw, shape) if type_name(dtype) in OBJECTS else _numbers(raw, array_type(dtype), shape)
    values = _ordered(values, shape, order, axes)
    values.flags.writeable = False
    return values


def scalar(record: Record) -> Any:
    """Return the Python value of a NumPy scalar."""
    if record.name != SCALAR or len(record.args) != 2:
        raise DamagedPickle(f"A number or text is expected where the file has {record.name}.")
    described, raw = record.args
    if type_name(described) in OBJECTS:
        return _plain(raw)
    dtype = array_type(described)
    if dtype.names:
        raise DamagedPickle("A number or text is expected where the file has a record of several.")
    return _numbers(raw, dtype, ()).item()


def array_type(record: Any) -> np.dtype[Any]:
    """Return the dtype that a record describes: numbers, text, or fields of numbers."""
    name, state = type_name(record), record.state
    if not _is_tuple(state, 8, 9) or state[1] not in ("<", "|"):
        raise DamagedPickle(f"The type {name!r} of an array is not one that Picklejar reads.")
    if name in NUMBERS:
        return np.dtype(f"<{name}")
    if name == "f2":
        raise UnreadArray("numbers of float16", 'Fit it again on float64, as X.astype("float64") makes.')
    if name[:1] == "U" and name[1:].isdecimal() and name.isascii() and len(name) < 8 and int(name[1:]) <= LONGEST_TEXT:
        return np.dtype(f"<{name}")
    if name[:1] == "V" and _is_names(state[3]) and type(state[4]) is dict:
        return _fields(state[3], state[4], state[5])
    raise DamagedPickle(f"The type {name!r} of an array is not one that Picklejar reads.")


def type_name(record: Any) -> str:
    """Return the name of a dtype, like f8, without its byte order."""
    if not isinstance(record, Record) or record.name != "numpy.dtype" or not record.args:
        raise DamagedPickle(f"The type of an array is expected where the file has {_kind(record)}.")
    name = record.args[0]
    if type(name) is not str:
        raise DamagedPickle("The type of an array has no name.")
    return name.lstrip("<|=")[:100]


def _fields(names: tuple[str, ...], fields: dict[str, Any], size: Any) -> np.dtype[Any]:
    places: list[Any] = [fields.get(name) for name in names]
    if type(size) is not int or not all(_is_tuple(place, 2, 3) and type(place[1]) is int for place in places):
        raise DamagedPickle("The fields of an array's type contradict one another.")
    formats = [_number_type(place[0]) for place in places if place]
    offsets = [place[1] for place in places if place]
    if not all(0 <= at <= size - item.itemsize for at, item in zip(offsets, formats, strict=True)) or size > 10_000:
        raise DamagedPickle("The fields of an array's type lie outside it.")
    return np.dtype({"names": list(names), "formats": formats, "offsets": offsets, "itemsize": size})


def _number_type(record: Any) -> np.dtype[Any]:
    # No estimator has truth values in a field; every byte of one would have to be looked at.
    if type_name(record) not in NUMBERS - {"b1"}:
        raise DamagedPickle("A field of an array's type is not a number.")
    return array_type(record)


def _bytes(raw: Any) -> bytes | bytearray:
    if isinstance(raw, Record) and raw.name == "builtins.bytes" and not raw.args:
        return b""
    if isinstance(raw, Record) and raw.name == "_codecs.encode" and len(raw.args) == 2:
        text, encoding = raw.args
        if type(text) is str and encoding == "latin1":
            return text.encode("latin1")
    if not isinstance(raw, bytes | bytearray):
        raise DamagedPickle(f"The bytes of an array are expected where the file has {_kind(raw)}.")
    return raw


def _numbers(raw: Any, dtype: np.dtype[Any], shape: Any) -> Array:
    raw = _bytes(raw)
    if not dtype.itemsize or _count(shape, len(raw)) * dtype.itemsize != len(raw):
        raise DamagedPickle(f"An array of shape {_shown(shape)} and type {str(dtype)[:100]} has {len(raw)} bytes.")
    values = np.frombuffer(raw, dtype)
    if dtype.kind == "U":
        _check_text(values)
    # Any other byte would be a truth value of its own, neither True nor False.
    if dtype.kind == "b" and (values.view(np.uint8) > 1).any():
        raise DamagedPickle("A truth value of an array is neither true nor false.")
    return values


def _check_text(made: Array) -> None:
    # Half of a surrogate pair is a code, yet no character: such text cannot be written anywhere.
    codes = made.view(np.uint32)
    if ((codes > 0x10FFFF) | (codes >> 11 == 0xD800 >> 11)).any():
        raise DamagedPickle("The text of an array holds what is not a character.")


def _objects(raw: Any, shape: Any) -> Array:
    if type(raw) is not list or _count(shape, len(raw)) != len(raw):
        raise DamagedPickle(f"An array of objects of shape {_shown(shape)} does not have as many.")
    values = np.empty(len(raw), dtype=object)
    values[:] = [item if isinstance(item, Record) and _is_part(item) else _plain(item) for item in raw]
    return values


def _is_part(record: Record) -> bool:
    return record.name != SCALAR


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return scalar(value)
    if type(value) not in PLAIN:
        raise DamagedPickle(f"Text or a number is expected where the file has {_kind(value)}.")
    # Of integers without bounds any number have one hash, and whoever looks categories up would compare them all.
    if type(value) is int and abs(value) >= 2**64:
        raise DamagedPickle("An array holds an integer of more than 64 bits.")
    if type(value) is str and not _is_text(value):
        raise DamagedPickle(f"A text of an array has more than {LONGEST_TEXT} characters, or what is none.")
    return value


def _is_text(value: str) -> bool:
    if len(value) > LONGEST_TEXT:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _count(shape: Any, limit: int) -> int:
    if type(shape) is not tuple or len(shape) > MOST_DIMENSIONS or not all(type(size) is int for size in shape):
        raise DamagedPickle("The shape of an array is not one.")
    # An empty array may be as long as it likes in its other dimensions; no loop may follow it there.
    if not all(0 <= size <= max(limit, 1024) for size in shape):
        raise DamagedPickle(f"The shape of an array, {_shown(shape)}, is beyond its bytes.")
    return math.prod(shape)


def _ordered(made: Array, shape: tuple[int, ...], order: Any, axes: Any) -> Array:
    if order == "K" and axes is not None:
        # Only integers are compared: of lists within lists, each twice in the next, there is no end.
        whole = type(axes) is tuple and all(type(axis) is int for axis in axes)
        if not whole or sorted(axes) != list(range(len(shape))):
            raise DamagedPickle("The order of an array's axes is not one.")
        return made.reshape(shape).transpose(axes)
    if order not in ("C", "F"):
        raise DamagedPickle("The order of an array's bytes is not one.")
    return made.reshape(shape, order=order)


def _is_tuple(value: Any, *lengths: int) -> bool:
    return type(value) is tuple and len(value) in lengths


def _is_names(value: Any) -> bool:
    return (
        type(value) is tuple
        and 0 < len(value) <= MOST_FIELDS
        and all(type(name) is str and 0 < len(name) <= 100 and _is_text(name) for name in value)
        and len(set(value)) == len(value)
    )


def _shown(shape: Any) -> str:
    return repr(shape)[:100] if type(shape) is tuple and all(type(size) is int for size in shape) else "unknown"


def _kind(value: Any) -> str:
    return value.name if isinstance(value, Record) else f"a value of type {type(value).__name__}"

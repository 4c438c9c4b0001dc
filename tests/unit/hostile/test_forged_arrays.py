"""Arrays that no NumPy wrote: damage, or an array within its own bytes."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from picklejar.errors import DamagedPickle
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.reading import arrays, records


class Call(NamedTuple):
    """An object as a pickle writes it: a global, called, and given a state."""

    name: str
    args: tuple[Any, ...]
    state: Any = records.UNSET


def _written(value: Any) -> bytes:
    if isinstance(value, Call):
        module, _, name = value.name.rpartition(".")
        state = b"" if value.state is records.UNSET else _written(value.state) + b"b"
        return f"c{module}\n{name}\n".encode() + _written(value.args) + b"R" + state
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        content = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(content)]) + content
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        content = value.encode("utf-8", "surrogatepass")
        return b"X" + struct.pack("<I", len(content)) + content
    if isinstance(value, bytes):
        return b"B" + struct.pack("<I", len(value)) + value
    if isinstance(value, bytearray):
        return b"\x96" + struct.pack("<Q", len(value)) + value
    if isinstance(value, dict):
        return b"}(" + b"".join(_written(one) for pair in value.items() for one in pair) + b"u"
    inner = b"".join(map(_written, value))
    return b"(" + inner + b"t" if isinstance(value, tuple) else b"](" + inner + b"e"


def _dtype(name: Any, order: Any = "<", *state: Any) -> Call:
    return Call("numpy.dtype", (name, False, True), (3, order, *(state or (None, None, None, -1, -1, 0))))


def _file(array: Any, attribute: str = "coef_") -> bytes:
    state = {
        "n_features_in_": 2,
        "_sklearn_version": "1.9.0",
        "coef_": _array(bytes(16), _dtype("f8"), (2,)),
        "intercept_": 0.5,
        attribute: array,
    }
    return b"\x80\x05" + _written(Call("sklearn.linear_model._base.LinearRegression", (), state)) + b"."


def _array(raw: Any, dtype: Any, shape: Any, order: Any = "C", *axes: Any) -> Call:
    return Call("numpy._core.numeric._frombuffer", (raw, dtype, shape, order, *axes))


def _old(raw: Any, dtype: Any, shape: Any, fortran: Any = False) -> Call:
    begun = (Call("numpy.ndarray", ()), (0,), b"b")
    return Call("numpy.core.multiarray._reconstruct", begun, (1, shape, dtype, fortran, raw))


F8 = _dtype("f8")
DTYPES = [
    *map(_dtype, "b1 i1 u1 i2 u4 i8 u8 f2 f4 f8 f16 c8 c16 g G O O8 S S8 U U0 U1 U4 U-1 U9999999 V V8 V16 M8".split()),
    *map(_dtype, ["", " ", "f", "8", "<f8", ">f8", "|f8", "=f8", "<<f8", "f8,f8", "(2,)f8", "U\u0661", "f8" * 99]),
    *map(_dtype, [None, 8, 8.0, b"f8", ("f8",), [], True]),
    *(_dtype("f8", order) for order in (">", "=", "|", "!", "", None, 1, [])),
    Call("numpy.dtype", ("f8",)), Call("numpy.dtype", ()), Call("numpy.dtype", ("f8",), {}),
    Call("numpy.dtype", ("f8",), ()), Call("numpy.ndarray", ("f8",)), None, "f8", 8,
]  # fmt: skip
RAWS = [
    b"",
    bytes(16),
    bytes(15),
    b"\xff" * 16,
    b"\0\0\xa0\x7f" * 4,
    bytearray(16),
    "text",
    None,
    [0, 1],
    list(range(16)),
]
SHAPES = [
    (2,), (1, 2), (16,), (4,), (), (0,), (0, 2), (-1,), (-2, -1), (2**62,), (0, 2**62), (2**62, 4), (2**64,), (2**100,),
    (1,) * 4, (1,) * 5, (1,) * 100, (True, 2), (2.0,), ("2",), (None,), [2], 2, None, ((2,),),
]  # fmt: skip


def _all(*forged: list[Any]) -> list[tuple[Any, ...]]:
    return list(itertools.product(*forged))


TYPES, ORDERS = [F8, _dtype("i4"), _dtype("U1")], ["C", "F", "K", "A", None]
AXES = [
    (0, 1), (1, 0), (0, 0), (-1, 0), (2, 1), (0,), (), (0, 1, 2), [0, 1], ("0", "1"), (0.0, 1.0), None, 7, ([], []),
]  # fmt: skip
FORGED = [
    *(_array(*one) for one in _all(RAWS, DTYPES, SHAPES[:4])),
    *(_old(*one) for one in _all(RAWS[:5], DTYPES, [(2,)])),
    *(_array(*one) for one in _all([bytes(16), b""], TYPES, SHAPES, ORDERS)),
    *(_old(*one) for one in _all([bytes(16)], [F8], SHAPES, [True, False, None, 1, "F"])),
    *(
        _array(bytes(16), F8, shape, order, axes)
        for shape, order, axes in _all([(1, 2), (2, 1), (2,), (1, 1, 2)], ["K", "C"], AXES)
    ),
]  # fmt: skip


def test_a_forged_array_is_damage_or_an_array_within_its_bytes(
    attempt: Callable[..., Any], answers: Callable[..., None]
) -> None:
    assert len(FORGED) > 2_000
    for array in FORGED:
        result = attempt(_file(array))
        if isinstance(result, InertEstimator):
            answers(result, np.ones((3, 2)))
        else:
            assert isinstance(result, DamagedPickle) or "with numbers of float16" in str(result)


def test_what_is_not_forged_is_read(attempt: Callable[..., Any]) -> None:
    for array in (_array(bytes(16), F8, (2,)), _old(bytes(16), F8, (2,)), _array(bytearray(16), F8, (1, 2), "F")):
        assert isinstance(attempt(_file(array)), InertEstimator)


def _fields(names: Any, fields: Any, size: Any, name: str = "V16") -> Call:
    return _dtype(name, "|", None, names, fields, size, 1, 16)


STRUCTURES = {
    "a field before the first byte": _fields(("a",), {"a": (F8, -8)}, 16),
    "a field behind the last byte": _fields(("a",), {"a": (F8, 9)}, 16),
    "a field at 2 ** 63": _fields(("a",), {"a": (F8, 2**63)}, 16),
    "a name without a field": _fields(("a", "b"), {"a": (F8, 0)}, 16),
    "a name twice": _fields(("a", "a"), {"a": (F8, 0)}, 16),
    "an empty name": _fields(("",), {"": (F8, 0)}, 16),
    "half of a surrogate pair as a name": _fields(("\ud800",), {"\ud800": (F8, 0)}, 16),
    "a name of 1,000 characters": _fields(("a" * 1000,), {"a" * 1000: (F8, 0)}, 16),
    "a thousand fields": _fields(tuple(map(str, range(1000))), {str(n): (F8, 0) for n in range(1000)}, 16),
    "no names": _fields((), {}, 16),
    "names in a list": _fields(["a"], {"a": (F8, 0)}, 16),
    "no fields": _fields(("a",), None, 16),
    "no size": _fields(("a",), {"a": (F8, 0)}, None),
    "a size of nothing": _fields(("a",), {"a": (F8, 0)}, 0),
    "a size of less": _fields(("a",), {"a": (F8, 0)}, -16),
    "a size of 2 ** 62": _fields(("a",), {"a": (F8, 0)}, 2**62),
    "objects in a field": _fields(("a",), {"a": (_dtype("O8", "|"), 0)}, 16),
    "texts in a field": _fields(("a",), {"a": (_dtype("U2"), 0)}, 16),
    "truth values in a field": _fields(("a",), {"a": (_dtype("b1", "|"), 0)}, 16),
    "fields in a field": _fields(("a",), {"a": (_fields(("b",), {"b": (F8, 0)}, 16), 0)}, 16),
    "a place of no type": _fields(("a",), {"a": (None, 0)}, 16),
    "a place in a list": _fields(("a",), {"a": [F8, 0]}, 16),
    "a place that is True": _fields(("a",), {"a": (F8, True)}, 16),
}


def _record(value: Any) -> Any:
    return records.read(_written(value) + b".").value


@pytest.mark.parametrize("dtype", STRUCTURES.values(), ids=STRUCTURES.keys())
def test_a_forged_structure_is_damage(dtype: Call, attempt: Callable[..., Any]) -> None:
    assert isinstance(attempt(_file(_array(bytes(16), dtype, (1,)))), DamagedPickle)
    with pytest.raises((DamagedPickle, ValueError)):
        arrays.array(_record(_array(bytes(16), dtype, (1,))))


def test_fields_that_overlap_stay_within_their_bytes() -> None:
    dtype = _fields(("a", "b"), {"a": (F8, 1), "b": (F8, 8)}, 16)
    made = arrays.array(_record(_array(bytes(range(32)), dtype, (2,))))
    assert made["a"].tobytes() == bytes([*range(1, 9), *range(17, 25)])


CONTENTS = {
    "a code beyond the last character": (_dtype("U1"), struct.pack("<I", 0x110000)),
    "a negative code": (_dtype("U1"), b"\xff" * 4),
    "half of a surrogate pair": (_dtype("U1"), struct.pack("<I", 0xD800)),
    "the other half": (_dtype("U1"), struct.pack("<I", 0xDFFF)),
    "a truth value of 2": (_dtype("b1", "|"), b"\x02"),
    "a truth value of 255": (_dtype("b1", "|"), b"\xff"),
    "an object that is a list": (_dtype("O8", "|"), [[]]),
    "an object that is a tuple": (_dtype("O8", "|"), [(1, 2)]),
    "an object that is a dict": (_dtype("O8", "|"), [{}]),
    "an object that is bytes": (_dtype("O8", "|"), [b"a"]),
    "an object of half a surrogate pair": (_dtype("O8", "|"), ["\ud800"]),
    "an object of 10,001 characters": (_dtype("O8", "|"), ["a" * 10_001]),
    "an object of more than 64 bits": (_dtype("O8", "|"), [2**64]),
    "an object that is a scalar of fields": (
        _dtype("O8", "|"),
        [Call("numpy._core.multiarray.scalar", (_fields(("a",), {"a": (F8, 0)}, 8), bytes(8)))],
    ),
    "objects in a tuple": (_dtype("O8", "|"), (1,)),
    "objects as bytes": (_dtype("O8", "|"), b"12345678"),
}


@pytest.mark.parametrize(("dtype", "content"), CONTENTS.values(), ids=CONTENTS.keys())
def test_a_forged_content_is_damage(dtype: Call, content: Any) -> None:
    for made in (_array(content, dtype, (1,)), _old(content, dtype, (1,))):
        with pytest.raises(DamagedPickle):
            arrays.array(_record(made))


SCALARS = {
    "a number of too few bytes": (F8, bytes(7)),
    "a number of two numbers' bytes": (F8, bytes(16)),
    "text instead of bytes": (F8, "12345678"),
    "no bytes": (F8, None),
    "no type": (None, bytes(8)),
    "one argument": (F8,),
    "three arguments": (F8, bytes(8), 1),
}


@pytest.mark.parametrize("args", SCALARS.values(), ids=SCALARS.keys())
def test_a_forged_scalar_is_damage(args: tuple[Any, ...], attempt: Callable[..., Any]) -> None:
    result = attempt(_file(Call("numpy._core.multiarray.scalar", args), "intercept_"))
    assert isinstance(result, DamagedPickle)


def test_a_number_that_is_not_one_is_read_without_a_warning(attempt: Callable[..., Any]) -> None:
    signalling = _array(b"\x01\x00\xa0\x7f" * 2, _dtype("f4"), (2,))
    assert isinstance(attempt(_file(signalling)), InertEstimator)

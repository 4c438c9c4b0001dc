"""Arrays come out of a file as NumPy wrote them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from picklejar.errors import DamagedPickle
from picklejar.inert.reading.arrays import array, scalar
from picklejar.inert.reading.records import Record, read

NUMBERS = np.arange(24.0).reshape(2, 3, 4)
ARRAYS = {
    "numbers": NUMBERS[0, 0],
    "of two dimensions": NUMBERS[0],
    "of three": NUMBERS,
    "in Fortran's order": np.asfortranarray(NUMBERS[0]),
    "transposed": NUMBERS.transpose(2, 0, 1),
    "of every second row": NUMBERS[:, ::2],
    "backwards": NUMBERS[0, ::-1],
    "of none": np.empty((0, 3)),
    "of no dimension": np.array(1.5),
    "truth values": np.array([True, False]),
    **{name: np.array([0, 1, 100]).astype(name) for name in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4")},
    "texts": np.array(["a", "", "\U0001f600\u20ac"]),
    "objects": np.array([["a", None], [1, 2.5], [True, float("inf")]], dtype=object),
    "objects in Fortran's order": np.asfortranarray(np.array([["a", 1], ["b", 2]], dtype=object)),
    "fields": np.array([(1, 2.5), (3, 4.5)], dtype=[("a", "<i4"), ("b", "<f8")]),
    "fields, aligned": np.array([(1, 2.5)], dtype=np.dtype([("a", "u1"), ("b", "<f8")], align=True)),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("written", ARRAYS.values(), ids=ARRAYS.keys())
def test_an_array_is_what_was_written(written: Any, protocol: int) -> None:
    made = array(read(pickle.dumps(written, protocol)).value)
    np.testing.assert_array_equal(made, written)
    assert made.dtype == written.dtype
    assert not made.flags.writeable


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "written",
    [np.float64(0.1), np.float32(0.5), np.int64(-3), np.bool_(True), np.str_("text"), np.uint8(200)],
    ids=repr,
)
def test_a_scalar_is_a_python_value(written: Any, protocol: int) -> None:
    made = scalar(read(pickle.dumps(written, protocol)).value)
    assert made == written
    assert type(made) is type(written.item())


def test_a_scalar_of_an_object_is_that_object() -> None:
    written = b"cnumpy._core.multiarray\nscalar\n(cnumpy\ndtype\n(X\x01\x00\x00\x00O\x89\x88tRK\x07tR."
    assert scalar(read(written).value) == 7


ENDS = b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
I1 = b"cnumpy\ndtype\n(X\x02\x00\x00\x00i1\x89\x88tR(K\x03X\x01\x00\x00\x00|NNN" + ENDS


def test_bytes_of_another_encoding_are_damage() -> None:
    raw = b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00utf-8tR"
    with pytest.raises(DamagedPickle, match="bytes of an array"):
        array(read(b"cnumpy._core.numeric\n_frombuffer\n(" + raw + I1 + b"K\x01\x85X\x01\x00\x00\x00CtR.").value)


def test_scalars_within_objects_are_python_values() -> None:
    made = array(read(pickle.dumps(np.array([np.float64(0.5), np.str_("a")], dtype=object))).value)
    assert [type(one) for one in made] == [float, str]


OTHERS = {
    "complex numbers": np.array([1j]),
    "bytes": np.array([b"a"]),
    "dates": np.array(["2026-01-01"], dtype="M8[D]"),
    "half precision": np.array([1.0], dtype="f2"),
    "the other byte order": np.array([1.0], dtype=">f8"),
    "five dimensions": np.zeros((1, 1, 1, 1, 1)),
    "long texts": np.array(["a" * 10_001]),
    "texts of no character": np.array(["\ud800"]),
    "lists": np.array([[1], None], dtype=object),
    "truth values in fields": np.array([(True,)], dtype=[("a", "?")]),
    "no array": None,
    "no array, but a text": np.str_("a"),
}


@pytest.mark.parametrize("written", OTHERS.values(), ids=OTHERS.keys())
def test_an_array_that_no_estimator_has_is_damage(written: Any) -> None:
    with pytest.raises(DamagedPickle):
        array(read(pickle.dumps(written)).value)


@pytest.mark.parametrize("written", [np.zeros(1)], ids=repr)
def test_an_array_is_no_scalar(written: Any) -> None:
    with pytest.raises(DamagedPickle):
        scalar(read(pickle.dumps(written)).value)


def test_a_shape_of_shapes_is_refused_at_once() -> None:
    """Written out, tuples in tuples 60 deep, each twice in the next, would take longer than anybody waits."""
    dtype = Record.__new__(type("dtype", (Record,), {"__slots__": (), "name": "numpy.dtype"}), "O8", False, True)
    dtype.state = (3, "|", None, None, None, -1, -1, 63)
    shape: Any = ()
    for _ in range(60):
        shape = (shape, shape)
    rebuilt = Record.__new__(
        type("_reconstruct", (Record,), {"__slots__": (), "name": "numpy._core.multiarray._reconstruct"})
    )
    rebuilt.state = (1, shape, dtype, False, "no list")
    with pytest.raises(DamagedPickle, match="unknown"):
        array(rebuilt)

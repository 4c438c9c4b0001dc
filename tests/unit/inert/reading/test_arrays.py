"""Arrays come out of a file as NumPy wrote them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from picklejar.errors import DamagedPickle
from picklejar.inert.reading.arrays import UnreadArray, array, scalar
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
    """Written out, tuples in tuples 60 deep, each twice in the next, would take longer than anybody waits.

    They are 18 deep here, so that what writes them out fails the test instead of never ending.
    """
    dtype = Record.__new__(type("dtype", (Record,), {"__slots__": (), "name": "numpy.dtype"}), "O8", False, True)
    dtype.state = (3, "|", None, None, None, -1, -1, 63)
    shape: Any = ()
    for _ in range(18):
        shape = (shape, shape)
    rebuilt = Record.__new__(
        type("_reconstruct", (Record,), {"__slots__": (), "name": "numpy._core.multiarray._reconstruct"})
    )
    rebuilt.state = (1, shape, dtype, False, "no list")
    with pytest.raises(DamagedPickle, match="unknown"):
        array(rebuilt)


def _record(name: str, *args: Any, state: Any = None) -> Record:
    record = Record.__new__(type(name, (Record,), {"__slots__": (), "name": name}), *args)
    record.state = state
    return record


def _type(name: Any, order: str = "<", *, names: Any = None, fields: Any = None, size: Any = -1) -> Record:
    return _record("numpy.dtype", name, False, True, state=(3, order, None, names, fields, size, -1, 0))


FRAMED, OWNED = "numpy._core.numeric._frombuffer", "numpy._core.multiarray._reconstruct"
SCALAR = "numpy._core.multiarray.scalar"
DOUBLE, OBJECT, BYTE = _type("f8"), _type("O8", "|"), _type("u1", "|")


def _framed(raw: Any, dtype: Record, shape: Any, *more: Any) -> Any:
    return array(_record(FRAMED, raw, dtype, shape, *(more or ("C",))))


def _owned(shape: Any, dtype: Record, fortran: Any, raw: Any) -> Any:
    return array(_record(OWNED, state=(1, shape, dtype, fortran, raw)))


@pytest.mark.parametrize("name", [FRAMED, OWNED, SCALAR, "numpy.dtype", "_codecs.encode", "builtins.bytes"])
@pytest.mark.parametrize("other", ["A", "zz"])
def test_a_record_counts_under_its_own_name_alone(name: str, other: str) -> None:
    def named(one: str) -> str:
        return other if one == name else one

    dtype = _record(named("numpy.dtype"), "u1", False, True, state=BYTE.state)
    empty, text = _record(named("builtins.bytes")), _record(named("_codecs.encode"), "ab", "latin1")
    made = [
        lambda: array(_record(named(FRAMED), text, dtype, (2,), "C")).tolist(),
        lambda: array(_record(named(OWNED), state=(1, (0,), dtype, False, empty))).tolist(),
        lambda: scalar(_record(named(SCALAR), dtype, b"a")),
    ]
    outcomes: list[Any] = []
    for make in made:
        try:
            outcomes.append(make())
        except DamagedPickle:
            outcomes.append("damaged")
    damaged = {FRAMED: [0], OWNED: [1], SCALAR: [2], "numpy.dtype": [0, 1, 2], "_codecs.encode": [0]}
    damaged["builtins.bytes"] = [1]
    assert outcomes == ["damaged" if at in damaged[name] else one for at, one in enumerate([[97, 98], [], 97])]


@pytest.mark.parametrize(
    "make",
    [
        lambda: array(_record(FRAMED, b"a", BYTE, (1,))),
        lambda: array(_record(FRAMED, b"a", BYTE, (1,), "K", (0,), 1)),
        lambda: array(_record(OWNED, state=(1, (1,), BYTE, False))),
        lambda: array(_record(OWNED, state=(1, (1,), BYTE, False, b"a", 1))),
        lambda: array(_record("another", state=(1, (1,), BYTE, False, b"a"))),
        lambda: scalar(_record(SCALAR, BYTE)),
        lambda: scalar(_record(SCALAR, BYTE, b"a", 1)),
        lambda: _framed(_record("_codecs.encode", "a"), BYTE, (1,)),
        lambda: _framed(_record("_codecs.encode", "a", "latin1", 1), BYTE, (1,)),
        lambda: _framed(_record("_codecs.encode", b"a", "latin1"), BYTE, (1,)),
        lambda: _framed(_record("_codecs.encode", "a", "ascii"), BYTE, (1,)),
        lambda: _framed(_record("_codecs.encode", "a", "utf-8"), BYTE, (1,)),
        lambda: _framed(_record("builtins.bytes", 1), BYTE, (0,)),
        lambda: _framed(b"a", _record("numpy.dtype", state=BYTE.state), (1,)),
        lambda: _framed(b"a", _record("numpy.dtype", 1, state=BYTE.state), (1,)),
        lambda: _framed(b"a", _record("numpy.dtype", "u1", state=BYTE.state[:7]), (1,)),
        lambda: _framed(b"a", _record("numpy.dtype", "u1", state=(*BYTE.state, 0, 0)), (1,)),
    ],
)  # fmt: skip
def test_what_has_other_parts_is_damage(make: Any) -> None:
    with pytest.raises(DamagedPickle):
        make()


def test_what_has_its_parts_is_read() -> None:
    assert _framed(b"a", BYTE, (1,)).tolist() == [97]
    assert _framed(b"a", _record("numpy.dtype", "u1", state=(*BYTE.state, {})), (1,)).tolist() == [97]
    assert _framed(_record("_codecs.encode", "\xff", "latin1"), BYTE, (1,)).tolist() == [255]
    assert _framed(_record("builtins.bytes"), BYTE, (0,)).tolist() == []


def test_the_order_is_fortran_s_where_it_is_true() -> None:
    assert _owned((2, 2), BYTE, True, bytes([1, 2, 3, 4])).tolist() == [[1, 3], [2, 4]]
    for other in (False, 0, 1, 2, None):
        assert _owned((2, 2), BYTE, other, bytes([1, 2, 3, 4])).tolist() == [[1, 2], [3, 4]]


def test_the_order_of_axes_counts_where_the_order_is_kept() -> None:
    raw = bytes(range(6))
    assert _framed(raw, BYTE, (2, 3), "K", (1, 0)).shape == (3, 2)
    assert _framed(raw, BYTE, (2, 3), "C", (1, 0)).shape == (2, 3)
    assert _framed(raw, BYTE, (2, 3), "F", (1, 0)).tolist() == [[0, 2, 4], [1, 3, 5]]
    assert _framed(raw, BYTE, (2, 3), "F", None).tolist() == [[0, 2, 4], [1, 3, 5]]
    for order, axes in (("K", None), ("J", (1, 0)), ("L", (1, 0)), (1, None)):
        with pytest.raises(DamagedPickle, match="order of an array's bytes"):
            _framed(raw, BYTE, (2, 3), order, axes)
    for axes in ((0, 0), (1, 1), (0, 2), (-1, 0), (0,), (0, 1, 2), [1, 0], (True, 0), (0.0, 1)):
        with pytest.raises(DamagedPickle, match="order of an array's axes"):
            _framed(raw, BYTE, (2, 3), "K", axes)


@pytest.mark.parametrize(("characters", "read_"), [(9_999, True), (10_000, True), (10_001, False)])
def test_a_text_has_ten_thousand_characters_at_most(characters: int, read_: bool) -> None:
    for make in (
        lambda: _framed(bytes(4 * characters), _type(f"U{characters}"), (1,)),
        lambda: _owned((1,), OBJECT, False, ["a" * characters]),
    ):
        if read_:
            assert len(make()) == 1
        else:
            with pytest.raises(DamagedPickle):
                make()


@pytest.mark.parametrize(
    "name", ["U0000001", "U00000001", "U٣", "U", "U-1", "T1", "V1", "W8", "a" * 200, "c8", "U1 ", "f1", "f3", "m8"]
)
def test_a_type_that_is_not_listed_is_named_and_cut(name: str) -> None:
    with pytest.raises(DamagedPickle) as damage:
        _framed(b"", _type(name), (0,))
    assert str(damage.value) == f"The type {name[:100]!r} of an array is not one that Picklejar reads."


def test_numbers_of_half_precision_are_told_from_damage_with_a_way_out() -> None:
    with pytest.raises(UnreadArray) as unread:
        _framed(b"", _type("f2"), (0,))
    assert (unread.value.what, unread.value.instead) == (
        "numbers of float16", 'Fit it again on float64, as X.astype("float64") makes.'
    )  # fmt: skip
    assert str(unread.value) == f"An array of numbers of float16 is not read as data. {unread.value.instead}"
    with pytest.raises(DamagedPickle) as damage:
        _framed(b"", _type("f3"), (0,))
    assert not isinstance(damage.value, UnreadArray)


@pytest.mark.parametrize(
    ("code", "read_"),
    [(0, True), (0xD7FF, True), (0xD800, False), (0xDFFF, False), (0xE000, True), (0x10FFFF, True), (0x110000, False),
     (2**32 - 1, False)],
)  # fmt: skip
def test_the_texts_of_an_array_are_characters(code: int, read_: bool) -> None:
    raw = np.array([code], dtype="<u4").tobytes()
    if read_:
        assert _framed(raw, _type("U1"), (1,)).tolist() == [chr(code) if code else ""]
    else:
        with pytest.raises(DamagedPickle, match="holds what is not a character"):
            _framed(raw, _type("U1"), (1,))


def test_a_truth_value_is_a_byte_of_zero_or_one() -> None:
    truth = _type("b1", "|")
    assert _framed(b"\x00\x01", truth, (2,)).tolist() == [False, True]
    for byte in (2, 3, 128, 255):
        with pytest.raises(DamagedPickle, match="neither true nor false"):
            _framed(bytes([1, byte]), truth, (2,))


def _fields(count: int = 1, size: int = 8, **words: Any) -> Any:
    names = words.get("names", tuple(f"f{number}" for number in range(count)))
    place = words.get("place", (DOUBLE, words.get("offset", 0)))
    described = _type("V8", "|", names=names, fields=words.get("fields", dict.fromkeys(names, place)), size=size)
    return _framed(bytes(size if type(size) is int else 8), described, (1,))


@pytest.mark.parametrize(
    "words",
    [
        {}, {"count": 32}, {"names": ("n" * 100,)}, {"size": 10_000}, {"offset": 8, "size": 16},
        {"offset": 7, "size": 15}, {"place": (DOUBLE, 0, "a title")}, {"place": (BYTE, 7)},
    ],
)  # fmt: skip
def test_fields_lie_within_their_type(words: Any) -> None:
    assert len(_fields(**words)) == 1


@pytest.mark.parametrize(
    "words",
    [
        {"count": 33}, {"names": ("n" * 101,)}, {"names": ("",)}, {"names": ()}, {"names": ["f0"]}, {"names": (1,)},
        {"names": ("a", "a")}, {"names": ("\ud800",)}, {"size": 10_001}, {"size": 7}, {"size": 8.0}, {"size": True},
        {"offset": 1}, {"offset": -1}, {"offset": 9, "size": 16}, {"place": (DOUBLE,)}, {"place": (DOUBLE, 0, 0, 0)},
        {"place": [DOUBLE, 0]}, {"place": (DOUBLE, 0.0)}, {"place": (DOUBLE, True)}, {"place": (_type("b1", "|"), 0)},
        {"place": (_type("U1"), 0)}, {"fields": {}}, {"fields": [1]}, {"place": (OBJECT, 0)},
    ],
)  # fmt: skip
def test_fields_that_lie_elsewhere_are_damage(words: Any) -> None:
    with pytest.raises(DamagedPickle):
        _fields(**words)


def test_an_array_has_four_dimensions_at_most_and_is_no_longer_than_its_bytes() -> None:
    assert _framed(b"a", BYTE, (1, 1, 1, 1)).shape == (1, 1, 1, 1)
    assert _framed(b"", BYTE, (0, 1024)).shape == (0, 1024)
    assert _framed(bytes(2000), BYTE, (2000,)).shape == (2000,)
    for shape in ((0, 1025), (0, -1), (-1, 0), (-1, -1), (2001, 0)):
        with pytest.raises(DamagedPickle, match="is beyond its bytes"):
            _framed(b"", BYTE, shape)
    for shape in ((1, 1, 1, 1, 1), [1], (1.0,), (True,), "a"):
        with pytest.raises(DamagedPickle, match="shape of an array is not one"):
            _framed(b"a", BYTE, shape)


@pytest.mark.parametrize("count", [1, 3])
def test_bytes_and_objects_fill_the_shape_exactly(count: int) -> None:
    with pytest.raises(DamagedPickle, match=r"An array of shape \(2,\) and type uint8 has \d bytes"):
        _framed(bytes(count), BYTE, (2,))
    with pytest.raises(DamagedPickle, match=r"of shape \(2,\) does not have as many"):
        _owned((2,), OBJECT, False, ["a"] * count)
    with pytest.raises(DamagedPickle, match=r"of shape \(2,\) does not have as many"):
        _owned((2,), OBJECT, False, ("a", "b"))
    with pytest.raises(DamagedPickle) as damage:
        _framed(b"", BYTE, (10**40, 10**40, 10**40, 1))
    assert repr((10**40, 10**40, 10**40, 1))[:100] + ", is" in str(damage.value)


@pytest.mark.parametrize(
    ("number", "read_"),
    [(2**64 - 1, True), (1 - 2**64, True), (2**64, False), (-(2**64), False), (2**65, False), (10**30, False)],
)
def test_integers_of_objects_have_64_bits(number: int, read_: bool) -> None:
    if read_:
        assert _owned((1,), OBJECT, False, [number]).tolist() == [number]
    else:
        with pytest.raises(DamagedPickle, match="more than 64 bits"):
            _owned((1,), OBJECT, False, [number])


def test_a_text_s_length_may_have_zeros_before_it() -> None:
    assert _framed(bytes(4), _type("U000001"), (1,)).tolist() == [""]


@pytest.mark.parametrize("name", ["A8", "W8", "U8", "v8"])
def test_fields_are_those_of_a_type_of_fields_alone(name: str) -> None:
    described = _type(name, "|", names=("a",), fields={"a": (DOUBLE, 0)}, size=8)
    with pytest.raises(DamagedPickle):
        _framed(bytes(8), described, (1,))


def test_objects_are_kept_as_records_whatever_they_are_called() -> None:
    parts = [_record("A"), _record("zz"), _record(SCALAR, BYTE, b"a")]
    made = _owned((3,), OBJECT, False, parts)
    assert [made[0] is parts[0], made[1] is parts[1], made[2]] == [True, True, 97]


def test_a_long_type_is_cut_where_its_bytes_do_not_fill_it() -> None:
    names = tuple(f"field{number:02}" for number in range(20))
    described = _type("V8", "|", names=names, fields=dict.fromkeys(names, (DOUBLE, 0)), size=8)
    with pytest.raises(DamagedPickle) as damage:
        _framed(bytes(9), described, (1,))
    dtype = np.dtype({"names": list(names), "formats": ["<f8"] * 20, "offsets": [0] * 20, "itemsize": 8})
    assert str(damage.value) == f"An array of shape (1,) and type {str(dtype)[:100]} has 9 bytes."

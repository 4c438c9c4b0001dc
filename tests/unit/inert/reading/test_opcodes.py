"""The verifier of opcodes accepts what Python writes, and nothing that it would not."""

from __future__ import annotations

import pickle
import pickletools
import random
import re
import runpy
import struct
import tracemalloc
from typing import Any

import numpy
import pytest

from picklejar.errors import DamagedPickle, UnsafePickle
from picklejar.inert.reading import opcodes
from picklejar.inert.reading.opcodes import MOST_COSTLY, MOST_NESTED, verify

SHARED = ["a", 1.5]
VALUES = [
    None, True, False, 0, 255, 256, 65536, -1, 2**40, -(2**70), 2**2038, 0.5, float("inf"), "", "text", "\u20ac" * 300,
    b"", b"bytes", bytes(300), bytearray(b"bytes"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [1, 2] * 1000,
    {}, {"a": 1}, dict.fromkeys(range(3000)), {"a": {"b": [("c", {"d"})]}}, set(), {1, 2.5}, frozenset({2}),
    [SHARED, SHARED, (SHARED,)], "line\nline", [str(n) for n in range(300)] * 2, complex(1, 2), range(3), slice(1),
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_what_python_writes_is_accepted(value: Any, protocol: int) -> None:
    verify(pickle.dumps(value, protocol))
    verify(pickletools.optimize(pickle.dumps(value, protocol)))


def test_marks_and_values_are_popped() -> None:
    verify(b"N(NN1(0NN00.")


def test_the_memo_is_as_long_as_its_last_place() -> None:
    data = pickle.dumps([f"text {number}" for number in range(4_000)], 4)
    tracemalloc.start()
    try:
        verify(data)
        assert tracemalloc.get_traced_memory()[1] < 80 * len(data) + 2**21
    finally:
        tracemalloc.stop()


def test_every_opcode_is_known() -> None:
    """Those that the walk has a branch of its own for are a mark, STOP, the memo's, a frame's and a protocol's."""
    tables = [opcodes.PUSH, opcodes.PUSH_COUNTED, opcodes.FILL, opcodes.MAKE, opcodes.GET, opcodes.PUT, opcodes.REFUSED]
    known = b"".join(opcode for table in tables for opcode in table)  # type: ignore[attr-defined]
    known += opcodes.PUSH_LINE + opcodes.FILL_TO_MARK + opcodes.MAKE_OF_MARK + b"(.01cgip\x80\x93\x94\x95"
    assert sorted(known) == sorted(map(ord, (one.code for one in pickletools.opcodes)))


NO_PICKLE = {
    "nothing": b"",
    "no end": b"N",
    "no such opcode, of a line": b"~\n.",
    "no mark to pop": b"1.",
    "no such opcode": b"\xfe.",
    "an argument cut short": b"J\x01\x02",
    "a length cut short": b"X\x01",
    "a line without end": b"I1",
    "an empty stack": b"a.",
    "a tuple of less": b"N\x86.",
    "a pop of nothing": b"0.",
    "a pop of nothing above the mark": b"N(0(a.",
    "a value below the mark": b"N(\x85.",
    "a place below the mark": b"N(q\x00.",
    "a place below a mark far up": b"N" * 300 + b"(q\x00.",
    "no mark": b"]Ne.",
    "no list below the mark": b"(Ne.",
    "a memo of nothing": b"\x94.",
    "an empty place": b"h\x00.",
    "a place between": b"Nq\x010h\x00.",
    "a place beyond": b"Nr\xff\x00\x00\x00.",
    "a place that is not a number": b"Npx\n.",
    "a place of 2,000 digits": b"Np" + b"0" * 2000 + b"\n.",
    "a long number": b"I" + b"1" * 2000 + b"\n.",
    "a frame beyond the end": b"\x80\x04\x95" + struct.pack("<Q", 3) + b"N.",
    "a frame within a frame": b"\x80\x04\x95" + struct.pack("<Q", 11) + b"\x95" + struct.pack("<Q", 2) + b"N.",
    "an argument across a frame": b"\x80\x04\x95" + struct.pack("<Q", 2) + b"M\x01\x02.",
    "bytes behind the end": b"N.N",
    "a list that contains itself": b"]q\x00h\x00a.",
    "a list filled when it is in another": b"]q\x00](h\x00e0h\x00Na.",
    "more in a tuple": b")Na.",
    "more in a text": b"X\x01\x00\x00\x00aNa.",
}


@pytest.mark.parametrize("data", NO_PICKLE.values(), ids=NO_PICKLE.keys())
def test_what_is_no_pickle_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedPickle):
        verify(data)


@pytest.mark.parametrize(
    "data",
    [b"N)a.", b"M\x01\x02)a.", b")Na.", b"X\x07\x00\x00\x00getattr)a.", b"cbuiltins\ngetattr\nNa."],
    ids=["None", "a number", "a tuple", "a name", "a function"],
)
def test_what_all_files_share_takes_nothing_from_the_first_on(data: bytes) -> None:
    fresh = runpy.run_path(opcodes.__file__)
    with pytest.raises(DamagedPickle):
        fresh["verify"](data)


KEYED = {
    "SETITEM": b"}%sNs.",
    "SETITEMS": b"}(%sNu.",
    "DICT": b"(%sNd.",
    "ADDITEMS": b"\x8f(%s\x90.",
    "FROZENSET": b"(%s\x91.",
}


@pytest.mark.parametrize("written", KEYED.values(), ids=KEYED.keys())
@pytest.mark.parametrize("key", [b")", b"N\x85", b"(NNNNt", b"(N\x91"], ids=repr)
def test_no_tuple_is_a_key(written: bytes, key: bytes) -> None:
    verify(written % b"N")
    with pytest.raises(DamagedPickle, match="tuple as a key"):
        verify(written % key)


@pytest.mark.parametrize(
    "number", [b"J\x00\x00\x00\x00", b"M\x00\x01", b"G" + bytes(8), b"I1\n", b"\x8a\x01\x01"], ids=repr
)
def test_so_many_numbers_are_keys_and_no_more(number: bytes) -> None:
    verify(b"}(" + (number + b"N") * MOST_COSTLY + b"u.")
    with pytest.raises(DamagedPickle, match="as keys"):
        verify(b"}(" + (number + b"N") * (MOST_COSTLY + 1) + b"u.")


@pytest.mark.parametrize("key", [b"K\x07", b"X\x01\x00\x00\x00a", b"\x88"], ids=repr)
def test_other_keys_are_not_counted(key: bytes) -> None:
    verify(b"}(" + (key + b"N") * (2 * MOST_COSTLY) + b"u.")


def test_so_many_sets_and_no_more() -> None:
    verify(b"(" + b"\x8f" * MOST_COSTLY + b"l.")
    with pytest.raises(DamagedPickle, match="sets"):
        verify(b"(" + b"\x8f" * (MOST_COSTLY + 1) + b"l.")


@pytest.mark.parametrize("put", [b"\x85", b"]q\x00"], ids=repr)
def test_so_much_lies_within_one_another_and_no_more(put: bytes) -> None:
    def nested(depth: int) -> bytes:
        return b")" + b"\x85" * depth + b"." if put == b"\x85" else b"]" * depth + b"a" * (depth - 1) + b"."

    verify(nested(MOST_NESTED))
    with pytest.raises(DamagedPickle, match="within one another"):
        verify(nested(MOST_NESTED + 1))


@pytest.mark.parametrize("opcode", opcodes.REFUSED, ids=opcodes.REFUSED.values())
def test_what_reaches_outside_is_refused_by_name(opcode: bytes) -> None:
    with pytest.raises(UnsafePickle, match=opcodes.REFUSED[opcode]):
        verify(b"N" + opcode + b"\x00\x00\x00\x00\n.")


def test_an_object_of_protocol_0_is_refused_by_its_class() -> None:
    with pytest.raises(UnsafePickle, match=r"os\.system"):
        verify(b"(ios\nsystem\n.")


FRAME = b"\x80\x04\x95"


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"N.", 0), (b"I12\n.", 0), (b"X\x01\x00\x00\x00a.", 1), (b"Vabc\n.", 3), (b"NS'ab'\n.", 4), (b"F1.5\n.", 0),
        (b"C\x02ab0\x8c\x03abc.", 5), (b"\x8e" + struct.pack("<Q", 2) + b"ab.", 2), (b"\x8a\x02\x01\x01.", 2),
    ],
)  # fmt: skip
def test_the_bytes_of_texts_and_arrays_are_counted(data: bytes, content: int) -> None:
    assert verify(data) == content


@pytest.mark.parametrize("before", [b"", b"N0", b"NN00"])
def test_a_number_s_line_has_a_thousand_characters_at_most(before: bytes) -> None:
    for kind, digits in ((b"I", b"1"), (b"L", b"1"), (b"F", b"1"), (b"Np", b"0"), (b"Np0\ng", b"0")):
        verify(before + kind + digits * 1_000 + b"\n.")
        with pytest.raises(DamagedPickle):
            verify(before + kind + digits * 1_001 + b"\n.")


@pytest.mark.parametrize(
    "data",
    [
        FRAME + struct.pack("<Q", 2) + b"N.",
        FRAME + struct.pack("<Q", 1) + b"N.",
        FRAME + struct.pack("<Q", 0) + b"N.",
        FRAME + struct.pack("<Q", 1) + b"N\x95" + struct.pack("<Q", 1) + b"0N.",
        FRAME + struct.pack("<Q", 3) + b"M\x01\x020N.",
        b"N0N0" + FRAME + struct.pack("<Q", 2) + b"N.",
    ],
)
def test_frames_may_follow_one_another_and_end_where_they_like(data: bytes) -> None:
    verify(data)


@pytest.mark.parametrize(
    "data",
    [
        FRAME + struct.pack("<Q", 1) + b"M\x01\x020N.",
        FRAME + struct.pack("<Q", 10) + b"\x95" + struct.pack("<Q", 0) + b"N.",
        FRAME + struct.pack("<Q", 3) + b"N.",
        b"N0N0" + FRAME + struct.pack("<Q", 3) + b"N.",
        b"N0N0N0" + FRAME + struct.pack("<Q", 3) + b"N.",
        FRAME + struct.pack("<Q", 2**63) + b"N.",
    ],
)
def test_frames_that_overlap_or_cut_an_argument_are_damage(data: bytes) -> None:
    with pytest.raises(DamagedPickle):
        verify(data)


TWO = b"X\x01\x00\x00\x00aX\x01\x00\x00\x00b"


@pytest.mark.parametrize(
    "data",
    [TWO + b"\x930.", b"(N(0t.", b"N(N0(0N000.", b"](N(1e.", b"Nq\x03.", b"Np4\n0N.", b"Nq\x00h\x000N.", b"N0](N(0Ne."],
)
def test_the_stack_and_the_memo_are_the_unpickler_s(data: bytes) -> None:
    verify(data)


@pytest.mark.parametrize(
    "data",
    [
        TWO + b"\x9300.", b"X\x01\x00\x00\x00a\x93.", b"(]((Ne.", b"(N((1a.", b"Nq\x04.", b"Np7\n0N.", b"Nv1\n.",
        b"N(N\x86.", b"Nf1\n.", b"Nk1\n.", b"Nq\x00h\x01.", b"(Nq\x000h\x00(\x85.", b"N(N0(00000.",
    ],
)  # fmt: skip
def test_what_the_unpickler_would_stumble_over_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedPickle):
        verify(data)


@pytest.mark.parametrize("before", [b"", b"N", b"NN", b"N0" * 40])
def test_an_instance_of_old_is_named(before: bytes) -> None:
    with pytest.raises(UnsafePickle, match=r"makes an object of 'os\.system', which"):
        verify(before + b"ios\nsystem\n.")


@pytest.mark.parametrize(("data", "stop", "more"), [(b"N.N", 2, 1), (b"NNN.NNNNN", 4, 5)])
def test_what_follows_the_end_is_counted(data: bytes, stop: int, more: int) -> None:
    with pytest.raises(DamagedPickle, match=f"ends at byte {stop}, and {more} bytes follow it"):
        verify(data)


def test_an_opcode_that_there_is_not_is_named() -> None:
    for opcode in b"~vfkz!Z_":
        with pytest.raises(DamagedPickle, match=f"no opcode b'{chr(opcode)}'"):
            verify(b"N" + bytes([opcode]) + b"1\n.")


@pytest.mark.parametrize("kind", ["keys", "sets", "members"])
def test_ten_thousand_costly_values_are_taken_and_no_more(kind: str) -> None:
    def made(count: int) -> bytes:
        if kind == "keys":
            return b"}(" + b"M\x01\x02N" * count + b"u."
        return b"(" + b"\x8f" * count + b"l." if kind == "sets" else b"\x8f(" + b"M\x01\x02" * (count - 1) + b"\x90."

    verify(made(10_000))
    with pytest.raises(DamagedPickle, match="more than 10000 sets, and numbers as keys"):
        verify(made(10_001))


def test_a_hundred_values_lie_within_one_another_and_no_more() -> None:
    for start in (b"]", b"}", b"\x8f", b"(l", b"(d", b"(t", b"(\x91"):
        verify(start + b"\x85" * 99 + b".")
        with pytest.raises(DamagedPickle, match="nests more than 100 values"):
            verify(start + b"\x85" * 100 + b".")


@pytest.mark.parametrize("start", [b"N", b"K\x01", b"X\x00\x00\x00\x00", b"ca\nb\n"])
def test_what_contains_nothing_may_lie_one_deeper(start: bytes) -> None:
    verify(start + b"\x85" * 100 + b".")
    with pytest.raises(DamagedPickle, match="nests more than 100 values"):
        verify(start + b"\x85" * 101 + b".")


def test_a_global_may_be_filled_because_it_is_to_be_refused_by_its_name() -> None:
    verify(b"ca\nb\n}b.")
    verify(TWO + b"\x93}b.")


def test_a_line_without_characters_is_a_line() -> None:
    verify(b"ca\n\n0N.")
    with pytest.raises(DamagedPickle, match="2 bytes follow it"):
        verify(b"ca\n\n.0\n")
    with pytest.raises(UnsafePickle, match=r"makes an object of 'os\.', which"):
        verify(b"(ios\n\n.")


COUNTED = {
    b"X": "<I", b"\x8c": "<B", b"\x8d": "<Q", b"B": "<I", b"C": "<B", b"\x8e": "<Q", b"\x96": "<Q", b"\x8a": "<B",
    b"T": "<i", b"U": "<B",
}  # fmt: skip
FIXED = {b"N": 0, b"\x88": 0, b"\x89": 0, b"J": 4, b"K": 1, b"M": 2, b"G": 8, b"]": 0, b")": 0, b"}": 0, b"\x8f": 0}
MADE_OF = {b"R": 2, b"\x81": 2, b"\x92": 3, b"\x85": 1, b"\x86": 2, b"\x87": 3}


@pytest.mark.parametrize("opcode", COUNTED, ids=repr)
def test_a_length_is_as_many_bytes_as_the_opcode_says(opcode: bytes) -> None:
    length = struct.pack(COUNTED[opcode], 3)
    assert verify(opcode + length + b"abc" + b"0N.") == 3
    assert verify(opcode + struct.pack(COUNTED[opcode], 0) + b"0N.") == 0
    with pytest.raises(DamagedPickle):
        verify(opcode + length + b"ab")


@pytest.mark.parametrize("opcode", FIXED, ids=repr)
def test_an_argument_is_as_many_bytes_as_the_opcode_says(opcode: bytes) -> None:
    assert verify(opcode + b"." * FIXED[opcode] + b"0N.") == 0
    with pytest.raises(DamagedPickle, match="2 bytes follow it"):
        verify(opcode + b"." * FIXED[opcode] + b".0N")


@pytest.mark.parametrize("opcode", MADE_OF, ids=repr)
def test_a_value_is_made_of_as_many_as_the_opcode_says(opcode: bytes) -> None:
    count = MADE_OF[opcode]
    verify(b"N" * count + opcode + b"0N.")
    for data in (b"N" * (count - 1) + opcode + b".", b"N" * count + opcode + b"00."):
        with pytest.raises(DamagedPickle):
            verify(data)


@pytest.mark.parametrize(
    ("data", "costly"),
    [(b"}(M\x01\x02M\x01\x02u.", 1), (b"(M\x01\x02M\x01\x02M\x01\x02M\x01\x02d.", 2), (b"}M\x01\x02M\x01\x02s.", 1),
     (b"(" + b"M\x01\x02" * 6 + b"d.", 3), (b"}(" + b"M\x01\x02" * 6 + b"u.", 3),
     (b"\x8f(M\x01\x02M\x01\x02\x90.", 3), (b"(M\x01\x02M\x01\x02\x91.", 3)],
)  # fmt: skip
def test_every_key_and_member_is_counted_and_no_value(
    data: bytes, costly: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opcodes, "MOST_COSTLY", costly)
    verify(data)
    monkeypatch.setattr(opcodes, "MOST_COSTLY", costly - 1)
    with pytest.raises(DamagedPickle, match="numbers as keys"):
        verify(data)


# A class, an object of it, and a method of that object, which is then put into it.
OBJECT, METHOD = b"ca\nb\n)\x81q\x00", b"cbuiltins\ngetattr\nh\x00X\x01\x00\x00\x00a\x86"


def test_an_object_may_have_a_method_of_itself() -> None:
    verify(OBJECT + b"}" + TWO[:6] + METHOD + b"R" + b"sb.")
    verify(OBJECT + b"}" + TWO[:6] + METHOD.replace(b"cbuiltins\ngetattr\n", NAMED) + b"q\x01R" + b"sb.")


NAMED = b"X\x08\x00\x00\x00builtinsX\x07\x00\x00\x00getattr\x93"


@pytest.mark.parametrize(
    "data",
    [
        METHOD.replace(b"getattr", b"setattr") + b"R",  # of another function it would be within itself
        METHOD.replace(b"cbuiltins\ngetattr\n", NAMED.replace(b"getattr", b"setattr")) + b"R",
        METHOD.replace(b"cbuiltins\ngetattr\n", NAMED.replace(b"getattr", b"delattr")) + b"R",
        METHOD[:-1] + TWO[6:] + b"\x87R",  # and so it would where getattr is given more than a pair
        METHOD,  # and here it is
        METHOD + b"q\x01h\x010R",  # the memo gave the pair once more
        METHOD + b"q\x01Rh\x01\x86",  # or gives it afterwards
    ],
)
def test_an_object_is_otherwise_not_within_itself(data: bytes) -> None:
    with pytest.raises(DamagedPickle):
        verify(OBJECT + b"}" + TWO[:6] + data + b"sb.")


def test_what_lies_within_an_object_is_counted_beside_its_method() -> None:
    within = b"}" + TWO[:6] + METHOD + b"R" + b"s" + TWO[6:] + b"]" + b"\x85" * 96 + b"sb."
    verify(OBJECT + within)
    with pytest.raises(DamagedPickle, match="nests more than 100 values"):
        verify(OBJECT + within[:-2] + b"\x85\x85sb.")


VOCABULARY = pickle.dumps(
    {"a": numpy.int64(1), "getattr": numpy.int64(2), **{f"word {at}": numpy.int64(at) for at in range(40)}, "z": 1}, 4
)


def _outcome(data: bytes) -> Any:
    try:
        return verify(data)
    except (DamagedPickle, UnsafePickle) as error:
        return type(error), str(error)


def test_numbers_of_numpy_are_walked_over_at_once_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(0)
    files = [VOCABULARY, pickle.dumps([numpy.int64(at) for at in range(300)], 5)]
    for whole in tuple(files):
        for _ in range(500):
            data = bytearray(whole)
            for _ in range(draw.choice([1, 1, 2, 5])):
                at = draw.randrange(len(data))
                data[at] = draw.choice([data[at] ^ 1 << draw.randrange(8), *b"\x94Rh)]b.C\x08\x86"])
            files.append(bytes(data))
        files += [whole[:length] for length in range(len(whole) - 400, len(whole))]
    at_once = [_outcome(data) for data in files]
    monkeypatch.setattr(opcodes, "SCALAR", re.compile(b"(?!)"))
    assert at_once == [_outcome(data) for data in files]
    assert sum(isinstance(outcome, int) for outcome in at_once) > 300


def test_a_method_of_an_object_contains_nothing() -> None:
    for tuples, is_read in ((98, True), (99, False)):
        data = OBJECT + b"}" + TWO[:6] + METHOD + b"R" + b"\x85" * tuples + b"sb."
        if is_read:
            verify(data)
        else:
            with pytest.raises(DamagedPickle, match="nests more than 100 values"):
                verify(data)


def _steps(data: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how often a walk looks into the memo for one opcode, and how often it enters the loop of numbers."""
    steps: list[str] = []

    def counted(name: str) -> Any:
        method = getattr(opcodes._Walk, name)

        def call(*args: Any) -> Any:
            steps.append(name)
            return method(*args)

        return call

    with monkeypatch.context() as patched:
        for name in ("_get", "_scalars"):
            patched.setattr(opcodes._Walk, name, counted(name))
        verify(data)
    return len(steps)


@pytest.mark.parametrize("before", [[], [str(at) for at in range(300)]], ids=["a byte", "four bytes"])
@pytest.mark.parametrize("word", ["", "w" * 250], ids=["short", "long"])
def test_no_number_of_numpy_is_walked_over_by_itself(before: Any, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (
        _steps(pickle.dumps([before, {f"{word}{at}": numpy.int64(at) for at in range(count)}], 4), monkeypatch)
        for count in (3, 90)
    )
    assert few == many < 6


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("kind", [numpy.int64, numpy.float64], ids=["integers", "floats"])
def test_numbers_of_numpy_lie_as_deep_at_once_as_one_by_one(
    count: int, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pickle.dumps({f"word {at}": kind(at) for at in range(count + 1)}, 4)[:-1]
    last = whole[: whole.rindex(b"R") + 2]
    files = [data + b"\x85" * tuples + b"." for tuples in range(85, 104) for data in (whole, last)]
    inner = pickle.dumps([kind(at) for at in range(count + 1)], 4)[:-2]
    files += [b"]" * lists + inner[11:] + b"e" + b"a" * lists + b"." for lists in range(85, 104)]
    at_once = [_outcome(data) for data in files]
    monkeypatch.setattr(opcodes, "SCALAR", re.compile(b"(?!)"))
    assert at_once == [_outcome(data) for data in files]
    assert any(isinstance(outcome, int) for outcome in at_once)
    assert any("nests more than 100" in str(outcome) for outcome in at_once)


SCALARS, KIND = b"ca\nscalar\n\x94", b"cb\nkind\n\x94"
# What stands in the first two places of the memo when the numbers come, and which places they name.
BEFORE = {
    "within another": b"(" + SCALARS + KIND + b"t0",
    "still open": SCALARS + KIND + b"00",
    "the first still open": SCALARS + b"(" + KIND + b"t00",
    "the second still open": b"(" + SCALARS + b"t" + KIND + b"00",
    "a deep first": b"]" + b"\x85" * 95 + b"\x94(" + KIND + b"t00",
    "a deep second": b"(" + SCALARS + b"t]" + b"\x85" * 95 + b"\x9400",
    "a first as deep as may be": b")" + b"\x85" * 99 + b"\x94(" + KIND + b"t00",
    "a second as deep as may be": b"(" + SCALARS + b"t)" + b"\x85" * 98 + b"\x9400",
    "a second of an odd depth": b"(" + SCALARS + b"t]" + b"\x85" * 96 + b"\x9400",
    "a second deeper than may be": b"(" + SCALARS + b"t)" + b"\x85" * 99 + b"\x9400",
    "a text and a number": b"(" + b"\x8c\x01a\x94" + b"K\x01\x94t0",
    "getattr": b"cbuiltins\ngetattr\n\x94(" + KIND + b"t00",
    "getattr of what is open": b"cbuiltins\ngetattr\n\x940" + KIND + b"0",
    "no second place": b"(" + SCALARS + b"t0",
    "no place": b"",
    "an empty place": b"(" + SCALARS + KIND.replace(b"\x94", b"q\x02") + b"t0",
    "an empty place beyond": b"(" + SCALARS + KIND + b"q\x07t0",
    "a pair that is used": b"cb\nc\n\x940cbuiltins\ngetattr\nh\x00\x8c\x01a\x86q\x01R0N\x940",
}
NUMBER = b"C\x08" + bytes(8) + b"\x94\x86\x94R\x94"
AFTER = [
    b"", b"h\x00}b0", b"h\x01}b0", b"h\x02N\x86", b"h\x03Na", b"h\x03" + b"\x85" * 97 + b"0", b"h\x04}b0", b"\x94h\x05",
    *(b"h\x03" + b"\x85" * tuples for tuples in (1, 2, 3, 4, 5, 97, 98, 99, 100)),
    *(b"h\x04" + b"\x85" * tuples for tuples in (1, 2, 3, 4, 97, 98, 99, 100)),
    *(b"h" + bytes([place]) + b"}(" + b"h" + bytes([place]) + b"Nu" for place in range(12)),
    *(b"cb\nc\n)\x81q\x20\x8c\x01xh" + bytes([place]) + b"\x93h\x20\x8c\x01a\x86Rb" for place in range(3, 10)),
]  # fmt: skip


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())
def test_numbers_of_numpy_leave_what_they_leave_one_by_one(before: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [
        before + b"(" + one + b"".join(b"\x8c" + key + b"\x94" + one for key in keys)
        for one in (
            b"h\x01h\x02" + NUMBER,
            b"h\x02h\x01" + NUMBER,
            b"h\x00h\x01" + NUMBER,
            b"h\x01h\x00" + NUMBER,
            b"j\x00\x00\x00\x00h\x01" + NUMBER,
        )
        for keys in (
            [],
            [b"\x01k"],
            [b"\x07getattr"],
            [b"\x00", b"\x01k"],
            [b"\x07getattr", b"\x01k"],
            [b"\xff" + b"k" * 255],
        )
    ]
    # An opcode that is refused, where a text is put into the memo.
    bodies += [body.replace(b"k\x94", b"k\x97") for body in bodies if b"k\x94" in body]
    files = [b"\x80\x04" + body + b"t0" + after + b"." for body in bodies for after in AFTER]
    files += [body + b"t." + more for body in bodies for more in (b"", b"N")]
    whole = b"(" + b"\x8c\x01k\x94".join([b"h\x00h\x01" + NUMBER] * 3) + b"t."
    files += [
        before + b"\x95" + struct.pack("<Q", size) + whole[:length]
        for length in (*range(len(whole) - 50, len(whole)), len(whole))
        for size in (0, *range(20, length))
    ]
    at_once = [_outcome(data) for data in files]
    monkeypatch.setattr(opcodes, "SCALAR", re.compile(b"(?!)"))
    assert at_once == [_outcome(data) for data in files]


def test_a_number_of_numpy_ends_where_no_text_follows_it() -> None:
    assert verify(b"N\x94h\x00h\x00" + NUMBER + b"0.") == 8

"""However a file is made to grow, to nest, to repeat or to take long: it is refused, or read within its bounds."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from picklejar import inert
from picklejar.errors import DamagedPickle, UnreadablePickle
from picklejar.inert.reading import records

MANY = 30_000
STATED = int(re.findall(r"below (\d+) times", records.read.__doc__ or "")[0])
CONSTANT = 1_000_000


def _u32(number: int) -> bytes:
    return struct.pack("<I", number)


def _u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def _text(text: str) -> bytes:
    return b"X" + _u32(len(text)) + text.encode()


def _hidden_depth(depth: int) -> bytes:
    """Return tuples in tuples, made where who counts MEMOIZE's places from the last one believes something else."""
    data = b"\x80\x04Nr" + _u32(2 * depth) + b"0N\x94"
    for place in range(1, depth):
        data += b"0j" + _u32(place) + b"\x85\x94"
    return data + b"0}j" + _u32(depth) + b"Ns."


def _integers(numbers: list[int]) -> bytes:
    return b"".join(b"\x8a\x0a" + number.to_bytes(10, "little", signed=True) + b"N" for number in numbers)


# Every multiple of it has the hash 0.
MODULUS = sys.hash_info.modulus
COLLIDING = range(1, 20_000)
EXPONENTIAL = b"N\x85q\x00" + b"0h\x00h\x00h\x00\x87q\x00" * 60
DTYPE = (
    b"cnumpy\ndtype\n"
    + _text("f8")
    + b"\x89\x88\x87R(K\x03"
    + _text("<")
    + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)
FROMBUFFER = b"cnumpy._core.numeric\n_frombuffer\n"

BOMBS = {
    # Places and lengths that would be allocated before anything is read.
    "a far place of the memo": b"Nr\xff\xff\xff\xff.",
    "a far place as text": b"Np99999999999999\n.",
    "a place before the first": b"Np-1\n.",
    "a place of 5,000 digits": b"Np" + b"9" * 5_000 + b"\n.",
    "a place that is not filled": b"Nr\x05\x00\x00\x000h\x02.",
    "text of 4 GB": b"X\xff\xff\xff\xff.",
    "text of 16 EB": b"\x8d" + b"\xff" * 8 + b".",
    "text of half as much": b"\x8d" + _u64(2**63 - 1) + b".",
    "bytes of 4 GB": b"B\xff\xff\xff\xff.",
    "bytes of 16 EB": b"\x8e" + b"\xff" * 8 + b".",
    "a bytearray of 16 EB": b"\x96" + b"\xff" * 8 + b".",
    "a bytearray of 1 TB": b"\x96" + _u64(2**40) + b".",
    "text of Python 2 of less than nothing": b"T\xff\xff\xff\xff.",
    "short text": b"\x8c\xff.",
    "short bytes": b"C\xff.",
    "an integer": b"\x8a\xff.",
    "an integer of 2 GB": b"\x8b\xff\xff\xff\x7f.",
    "an integer of less than nothing": b"\x8b\xff\xff\xff\xff.",
    "an integer of a million bytes": b"\x8b" + _u32(10**6) + b"\x7f" * 10**6 + b".",
    "an integer of a million digits": b"L" + b"9" * 10**6 + b"L\n.",
    "an integer of a million hexadecimal digits": b"I0x" + b"f" * 10**6 + b"\n.",
    "a number of a million digits": b"F" + b"9" * 10**6 + b"\n.",
    "a frame of 16 EB": b"\x80\x04\x95" + b"\xff" * 8 + b"N.",
    "a frame of 1 GB": b"\x80\x04\x95" + _u64(10**9) + b"N.",
    # Depth.
    "lists in lists": b"]" * MANY + b"a" * (MANY - 1) + b".",
    "lists in lists, by marks": b"(" * MANY + b"l" * MANY + b".",
    "dicts in dicts": b"}" + b"N}" * MANY + b"s" * MANY + b".",
    "dicts in dicts, by marks": b"(N" * MANY + b"N" + b"d" * MANY + b".",
    "tuples in tuples": b"N" + b"\x85" * MANY + b".",
    "tuples in tuples, by marks": b"(" * MANY + b"t" * MANY + b".",
    "tuples in tuples as a key": b"}N" + b"\x85" * MANY + b"Ns.",
    "tuples in tuples in a set": b"\x8f(N" + b"\x85" * MANY + b"\x90.",
    "tuples in tuples in a frozenset": b"(N" + b"\x85" * MANY + b"\x91.",
    "frozensets in frozensets": b"(" * MANY + b"\x91" * MANY + b".",
    "tuples in tuples, hidden in the memo": _hidden_depth(MANY),
    "marks": b"(" * MANY + b".",
    "records in records": b"cnumpy\ndtype\nq\x000" + b"h\x00" * MANY + b"N" + b"\x85R" * MANY + b".",
    "states in states": b"cnumpy\ndtype\nq\x000" + b"h\x00)\x81" * MANY + b"N" + b"b" * MANY + b".",
    "items in items": b"cnumpy\ndtype\nq\x000" + b"h\x00)\x81N" * MANY + b"N" + b"s" * MANY + b".",
    # Few bytes, many steps.
    "a tuple thrice in the next, as a key": b"}" + EXPONENTIAL + b"Ns.",
    "a tuple thrice in the next, in a set": b"\x8f(" + EXPONENTIAL + b"\x90.",
    "a tuple thrice in the next, in a frozenset": b"(" + EXPONENTIAL + b"\x91.",
    "a tuple thrice in the next, in a dict": b"(" + EXPONENTIAL + b"Nd.",
    "a tuple thrice in the next": EXPONENTIAL + b".",
    "integers of one hash as keys": b"}(" + _integers([MODULUS * n for n in COLLIDING]) + b"u.",
    "integers of one hash in a dict": b"(" + _integers([MODULUS * n for n in COLLIDING]) + b"d.",
    "integers of one hash, one by one": b"}" + b"".join(_integers([MODULUS * n]) + b"s" for n in COLLIDING) + b".",
    "integers of one hash in a set": b"\x8f(" + _integers([MODULUS * n for n in COLLIDING]) + b"\x90.",
    "floats as keys": b"}(" + b"".join(b"G" + struct.pack(">d", 2.0**61 * n) + b"N" for n in COLLIDING) + b"u.",
    "sets": b"\x8f" * MANY + b".",
    "one large state in many": (
        b"](" + b"csklearn.linear_model._base\nLinearRegression\nq\x00)\x81}("
        + b"".join(_text(str(n)) + b"N" for n in range(10_000))
        + b"uq\x01b" + b"h\x00)\x81h\x01b" * 10_000 + b"e."
    ),
    "one large mapping in many": (
        b"](ccopyreg\n_reconstructor\nq\x00cbuiltins\ndict\nq\x01}q\x02("
        + b"".join(_text(str(n)) + b"N" for n in range(10_000))
        + b"u" + b"h\x00h\x01h\x01h\x02\x87R" * 10_000 + b"e."
    ),
    "one large text encoded often": (
        b"](c_codecs\nencode\nq\x00" + _text("a" * 10**6) + _text("latin1") + b"\x86q\x01"
        + b"h\x00h\x01R" * 10_000 + b"e."
    ),
    # What contains itself.
    "a list in itself": b"]q\x00h\x00a.",
    "a dict in itself": b"}q\x00Nh\x00s.",
    "an estimator in its own state": (
        b"csklearn.linear_model._base\nLinearRegression\n)\x81q\x00}" + _text("coef_") + b"h\x00sb."
    ),
    "an array of itself": FROMBUFFER + b")\x81q\x00h\x00b.",
}  # fmt: skip


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_in_time_and_within_the_stated_memory(data: bytes, attempt: Callable[..., Any]) -> None:
    tracemalloc.start()
    try:
        # What is traced takes a few times as long.
        assert isinstance(attempt(data, 20.0), UnreadablePickle)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < STATED * len(data) + CONSTANT


STATE_ENDS = b"X\x0e\x00\x00\x00n_features_in_K\x02X\x10\x00\x00\x00_sklearn_versionX\x03\x00\x00\x001.9ub."
STATE_BEGINS = b"csklearn.linear_model._base\nLinearRegression\n)\x81}(X\x05\x00\x00\x00coef_"
WITHIN = {
    "axes that are lists, each twice in the next": (
        STATE_BEGINS + FROMBUFFER + b"(B" + _u32(16) + bytes(16) + DTYPE + b"K\x02\x85" + _text("K")
        + b"]q\x00" + b"0](h\x00h\x00eq\x00" * 64 + b"\x85tR" + STATE_ENDS
    ),
    "a shape of integers of 255 bytes": (
        STATE_BEGINS + FROMBUFFER + b"(B" + _u32(16) + bytes(16) + DTYPE + b"\x8a\xff" + b"\x7f" * 255 + b"\x85"
        + _text("C") + b"tR" + STATE_ENDS
    ),
    "a shape of nothing times 2 ** 62": (
        STATE_BEGINS + FROMBUFFER + b"(C\x00" + DTYPE + b"(K\x00" + (b"\x8a\x08" + _u64(2**62)) * 3 + b"t"
        + _text("C") + b"tR" + STATE_ENDS
    ),
    "a shape of less than nothing": (
        STATE_BEGINS + FROMBUFFER + b"(B" + _u32(16) + bytes(16) + DTYPE + b"J\xff\xff\xff\xffJ\xfe\xff\xff\xff\x86"
        + _text("C") + b"tR" + STATE_ENDS
    ),
    "a number in a number, and so on": (
        STATE_BEGINS + b"cnumpy._core.multiarray\nscalar\nq\x000cnumpy\ndtype\n" + _text("O8") + b"\x89\x88\x87R(K\x03"
        + _text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftbq\x010"
        + b"h\x00h\x01" * 50_000 + b"N" + b"\x86R" * 50_000 + STATE_ENDS
    ),
    "a release of a million numbers": (
        b"csklearn.linear_model._base\nLinearRegression\n)\x81}"
        + _text("_sklearn_version") + _text("1.9" + ".0" * 10**6) + b"sb."
    ),
}  # fmt: skip


@pytest.mark.parametrize("data", WITHIN.values(), ids=WITHIN.keys())
def test_a_bomb_within_a_state_is_damage(data: bytes, attempt: Callable[..., Any]) -> None:
    assert isinstance(attempt(data), DamagedPickle)


# What one opcode, or a few, make of a byte; in front of each lie a known class in place 0 and a list on the stack.
PATTERNS = [
    b"N", b"]", b"}", b"\x8f", b")", b"(", b"\x94", b"\x8f\x94", b"}\x94", b"\x85", b"N\x86", b"NN\x87", b"(t", b"(l",
    b"(d", b"(\x91", b"}NNs", b"}K\x01Ns", b"\x8f(N\x90", b"\x8f(N\x88\x89K\x01K\x02\x90", b"(N\x91", b"](Ne", b"]Na",
    b"h\x00", b"h\x00)\x81", b"h\x00)R", b"h\x00)}\x92", b"h\x00)\x81NNs", b"h\x00)\x81Nb",
    b"h\x00)\x81(" + b"NN" * 50 + b"u", b"\x8c\x02ab", b"\x8c\x03\xe2\x82\xac", b"Va1\n", b"S'ab'\n", b"C\x02ab",
    b"U\x02ab", b"\x96" + bytes(8), b"B" + bytes(4), b"M\x01\x02", b"J\x01\x02\x03\x04", b"G" + bytes(8),
    b"\x8a\x02\x01\x11", b"I300\n", b"L300L\n", b"F1\n", b"cnumpy\ndtype\n", b"\x8c\x05numpy\x8c\x05dtype\x93", b"N0",
    b"q\x05", b"r\x05\0\0\0", b"p5\n", b"g0\n", b"j\0\0\0\0", b"\x80\x04", b"a", b"(1", b"(N1", b"(NNe",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS, ids=repr)
def test_no_opcode_takes_more_memory_than_the_docstring_states(pattern: bytes) -> None:
    data = b"\x80\x04cnumpy\ndtype\nq\x000]" + pattern * (100_000 // len(pattern)) + b"."
    tracemalloc.start()
    try:
        records.read(data)
    except UnreadablePickle:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < STATED * len(data) + CONSTANT


def test_the_bombs_do_no_harm_to_a_process_with_little_memory() -> None:
    """In a process of its own, with address space for the interpreter, NumPy and the stated multiple."""
    program = f"""
import resource, sys
from picklejar import inert
from picklejar.errors import UnreadablePickle
files = sys.stdin.buffer.read()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {STATED} * 2_500_000 + 8 * {CONSTANT}, -1))
at = 0
while at < len(files):
    size = int.from_bytes(files[at:at + 8], "little")
    try:
        inert.loads(files[at + 8:at + 8 + size])
    except UnreadablePickle:
        pass
    at += 8 + size
print("alive")
"""
    files = b"".join(_u64(len(data)) + data for data in [*BOMBS.values(), *WITHIN.values()])
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program], input=files, capture_output=True, timeout=110
    )
    assert done.stdout == b"alive\n", done.stderr.decode()


def test_a_thread_with_a_stack_of_256_kib_survives_the_bombs() -> None:
    outcomes: list[str] = []

    def run() -> None:
        for name, data in (BOMBS | WITHIN).items():
            try:
                inert.loads(data)
            except UnreadablePickle:
                outcomes.append(name)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert outcomes == [*BOMBS, *WITHIN]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_is_not_swallowed(
    interrupt: type[BaseException], monkeypatch: pytest.MonkeyPatch, regressor: bytes
) -> None:
    def interrupted(_: Any, module: str, name: str) -> Any:
        raise interrupt

    monkeypatch.setattr(records._Unpickler, "find_class", interrupted)
    with pytest.raises(interrupt):
        inert.loads(regressor)


@pytest.mark.parametrize("error", [RecursionError, RuntimeWarning, OverflowError, SystemError])
def test_any_other_error_is_damage(error: type[Exception], monkeypatch: pytest.MonkeyPatch, regressor: bytes) -> None:
    def failing(_: Any, module: str, name: str) -> Any:
        raise error

    monkeypatch.setattr(records._Unpickler, "find_class", failing)
    with pytest.raises(DamagedPickle):
        inert.loads(regressor)


def test_that_there_is_no_memory_is_not_called_damage(monkeypatch: pytest.MonkeyPatch, regressor: bytes) -> None:
    def failing(_: Any, module: str, name: str) -> Any:
        return bytearray(sys.maxsize)

    monkeypatch.setattr(records._Unpickler, "find_class", failing)
    for load in (inert.loads, records.read):
        with pytest.raises(MemoryError):
            load(regressor)

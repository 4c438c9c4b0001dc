"""The opcodes of a pickle, checked before any is carried out: what a file may do to memory and to the stack."""

from __future__ import annotations

from picklejar.errors import DamagedPickle, UnsafePickle

# A key is hashed by recursion in C: some fifty thousand tuples within one another overflow the stack of the process.
MOST_NESTED_TUPLES = 32
MARK = 0xFF

# Opcodes that push one value, by the bytes of their argument.
PUSH = {
    b"N": 0, b"\x88": 0, b"\x89": 0, b"J": 4, b"K": 1, b"M": 2, b"G": 8,  # None, True, False, integers, a float
    b"]": 0, b")": 0, b"}": 0, b"\x8f": 0,  # an empty list, tuple, dict, set
}  # fmt: skip
# Opcodes that push text, bytes or an integer, by the bytes of the length before it.
PUSH_COUNTED = {
    b"X": 4, b"\x8c": 1, b"\x8d": 8, b"B": 4, b"C": 1, b"\x8e": 8, b"\x96": 8, b"\x8a": 1, b"\x8b": 4, b"T": 4,
    b"U": 1,
}  # fmt: skip
# Opcodes that push a value written as a line of text.
PUSH_LINE = b"ILFVS"
POP = {b"a": 1, b"b": 1, b"s": 2}  # APPEND, BUILD, SETITEM
POP_PUSH = {b"R": 2, b"\x81": 2, b"\x92": 3, b"\x93": 2}  # REDUCE, NEWOBJ, NEWOBJ_EX, STACK_GLOBAL
TUPLES = {b"\x85": 1, b"\x86": 2, b"\x87": 3}
POP_TO_MARK = b"eu\x901"  # APPENDS, SETITEMS, ADDITEMS, POP_MARK
POP_TO_MARK_PUSH = b"ld\x91"  # LIST, DICT, FROZENSET
GET = {b"h": 1, b"j": 4}
PUT = {b"q": 1, b"r": 4}
SKIP = {b"\x80": 1}  # PROTO
# What reaches outside the file, or what no pickler of Python 3 writes.
REFUSED = {
    b"P": "PERSID", b"Q": "BINPERSID", b"\x82": "EXT1", b"\x83": "EXT2", b"\x84": "EXT4", b"o": "OBJ",
    b"\x97": "NEXT_BUFFER", b"\x98": "READONLY_BUFFER", b"2": "DUP",
}  # fmt: skip


def _table(sizes: dict[bytes, int]) -> dict[int, int]:
    return {opcode[0]: size for opcode, size in sizes.items()}


_PUSH, _PUSH_COUNTED, _POP, _POP_PUSH = _table(PUSH), _table(PUSH_COUNTED), _table(POP), _table(POP_PUSH)
_TUPLES, _GET, _PUT, _SKIP = _table(TUPLES), _table(GET), _table(PUT), _table(SKIP)
_REFUSED = {opcode[0]: name for opcode, name in REFUSED.items()}


def verify(data: bytes) -> None:
    """Walk through the opcodes once, as a verifier of bytecode would, and carry none of them out.

    Afterwards: every opcode is one that Python 3 writes and stays within the file; every argument lies within the
    data; no place of the memo is beyond the file's length, which `pickle` would allocate; no more than
    `MOST_NESTED_TUPLES` tuples lie within one another. For every value of the stack its depth of tuples is kept, in
    one byte; lists and dicts count 0, because a key that contains one cannot be hashed.

    Raises:
        UnsafePickle: an opcode reaches outside the file.
        DamagedPickle: the opcodes are no whole pickle.
    """
    try:
        stop = _walk(data)
    except (IndexError, ValueError) as error:
        raise DamagedPickle(
            "The file is no whole pickle: it ends early, or its opcodes contradict one another."
        ) from error
    if stop != len(data):
        raise DamagedPickle(f"The pickle ends at byte {stop}, and {len(data) - stop} bytes follow it.")


def _walk(data: bytes) -> int:  # noqa: C901  one branch for each kind of opcode
    """Return the place behind STOP; raises IndexError or ValueError where the data or the stack has no more."""
    stack, memo = bytearray(), bytearray()
    at = 0
    while True:
        opcode = data[at]
        at += 1
        if opcode in _GET:
            size = _GET[opcode]
            stack.append(memo[int.from_bytes(data[at : at + size], "little")])
            at += size
        elif opcode in _PUSH:
            at += _PUSH[opcode]
            stack.append(0)
        elif opcode in _PUSH_COUNTED:
            size = _PUSH_COUNTED[opcode]
            at += size + int.from_bytes(data[at : at + size], "little")
            stack.append(0)
        elif opcode == 0x94:  # MEMOIZE
            memo.append(stack[-1])
        elif opcode in _TUPLES:
            stack[-_TUPLES[opcode] :] = _deeper(stack[-_TUPLES[opcode] :], _TUPLES[opcode])
        elif opcode in _POP:
            _pop(stack, _POP[opcode])
        elif opcode in _POP_PUSH:
            _pop(stack, _POP_PUSH[opcode])
            stack.append(0)
        elif opcode == 0x28:  # MARK
            stack.append(MARK)
        elif opcode == 0x74:  # TUPLE
            mark = stack.rindex(MARK)
            stack[mark:] = _deeper(stack[mark + 1 :], 0)
        elif opcode in POP_TO_MARK:
            del stack[stack.rindex(MARK) :]
        elif opcode in POP_TO_MARK_PUSH:
            stack[stack.rindex(MARK) :] = b"\x00"
        elif opcode in _PUT:
            size = _PUT[opcode]
            _put(memo, int.from_bytes(data[at : at + size], "little"), stack[-1], len(data))
            at += size
        elif opcode in _SKIP:
            at += _SKIP[opcode]
        elif opcode == 0x95:  # FRAME
            at += 8
            if int.from_bytes(data[at - 8 : at], "little") > len(data) - at:
                raise ValueError("a frame is longer than the data")
        elif opcode == 0x2E:  # STOP
            return at
        elif opcode == 0x30:  # POP, of a value or of a mark
            stack.pop()
        else:
            at = _walk_line(data, at, opcode, stack, memo)
        if at > len(data):
            raise ValueError("an argument is longer than the data")


def _walk_line(data: bytes, at: int, opcode: int, stack: bytearray, memo: bytearray) -> int:
    """Walk over an opcode whose argument is a line of text, as protocol 0 writes; return the place behind it."""
    if opcode in _REFUSED:
        raise UnsafePickle(f"The file uses the opcode {_REFUSED[opcode]}, which no scikit-learn estimator needs.")
    end = data.index(b"\n", at)
    line = data[at:end]
    if opcode in PUSH_LINE:
        stack.append(0)
    elif opcode == 0x63:  # GLOBAL, two lines
        end = data.index(b"\n", end + 1)
        stack.append(0)
    elif opcode == 0x67:  # GET
        stack.append(memo[int(line)])
    elif opcode == 0x70:  # PUT
        _put(memo, int(line), stack[-1], len(data))
    elif opcode == 0x69:  # INST
        name = data[at : data.index(b"\n", end + 1)].decode("utf-8", "replace").replace("\n", ".")
        raise UnsafePickle(f"The file makes an object of {name[:200]}, which Picklejar does not know.")
    else:
        raise DamagedPickle(f"The file is no pickle: it has no opcode {bytes([opcode])!r}.")
    return end + 1


def _put(memo: bytearray, index: int, depth: int, limit: int) -> None:
    if not 0 <= index < limit:
        raise ValueError("a place in the memo is beyond the data's length")
    if index >= len(memo):
        memo.extend(bytes(index + 1 - len(memo)))
    memo[index] = depth


def _pop(stack: bytearray, count: int) -> None:
    if len(stack) < count:
        raise IndexError("the stack is empty")
    del stack[-count:]


def _deeper(values: bytearray, count: int) -> bytes:
    if len(values) < count or MARK in values:
        raise IndexError("the stack is empty")
    depth = max(values, default=0) + 1
    if depth > MOST_NESTED_TUPLES:
        raise DamagedPickle(f"The file nests more than {MOST_NESTED_TUPLES} tuples within one another.")
    return bytes([depth])

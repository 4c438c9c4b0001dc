"""The opcodes of a pickle, checked before any is carried out: what a file may do to memory, time and the stack."""

from __future__ import annotations

from picklejar.errors import DamagedPickle, UnsafePickle

# What lies on the stack is known by its kind, in one byte. The kind says what it costs as a key of a dict or a set:
# PLAIN  nothing that a file could choose: text and bytes (whose hashes are salted), a record (hashed by its place),
#        None, True, False, an integer below 256, of which there are few; or it cannot be hashed at all.
# NUMBER a hash that a file can choose: n of them with one hash take n * n steps.
# NESTED a hash by recursion, never kept: of tuples in tuples, each twice in the next, 2 ** depth steps, and the
#        stack of the process. No state of scikit-learn has such a key.
PLAIN, NUMBER, NESTED = range(3)
MARK, UNSET = 0xFF, 0xFE
# Of numbers as keys, and of sets: an empty one has one byte in the file, and 216 in memory.
MOST_COSTLY = 10_000
# Of a number that is written as a line of text.
LONGEST_NUMBER = 1_000

# Opcodes that push one value, by the bytes of their argument.
PUSH = {
    b"N": 0, b"\x88": 0, b"\x89": 0, b"J": 4, b"K": 1, b"M": 2, b"G": 8,  # None, True, False, integers, a float
    b"]": 0, b")": 0, b"}": 0, b"\x8f": 0,  # an empty list, tuple, dict, set
}  # fmt: skip
# Opcodes that push text, bytes or an integer, by the bytes of the length before it.
PUSH_COUNTED = {
    b"X": 4, b"\x8c": 1, b"\x8d": 8, b"B": 4, b"C": 1, b"\x8e": 8, b"\x96": 8, b"\x8a": 1, b"T": 4, b"U": 1,
}  # fmt: skip
# Opcodes that push a value written as a line of text.
PUSH_LINE = b"ILFVS"
POP = {b"a": 1, b"b": 1, b"s": 2}  # APPEND, BUILD, SETITEM
# REDUCE, NEWOBJ, NEWOBJ_EX, STACK_GLOBAL, TUPLE1, TUPLE2, TUPLE3
POP_PUSH = {b"R": 2, b"\x81": 2, b"\x92": 3, b"\x93": 2, b"\x85": 1, b"\x86": 2, b"\x87": 3}
POP_TO_MARK = b"eu\x901"  # APPENDS, SETITEMS, ADDITEMS, POP_MARK
POP_TO_MARK_PUSH = b"tld\x91"  # TUPLE, LIST, DICT, FROZENSET
GET = {b"h": 1, b"j": 4}
PUT = {b"q": 1, b"r": 4}
NUMBERS = b"JMGILF\x8a"
NESTING = b")\x85\x86\x87t\x91"
# What hashes that which lies above the mark: as keys between values, or each.
KEYS_AND_VALUES = b"ud"  # SETITEMS, DICT
KEYS = b"\x90\x91"  # ADDITEMS, FROZENSET
SETS = b"\x8f\x91"  # EMPTY_SET, FROZENSET
# What reaches outside the file, or what no pickler of Python 3 writes for an estimator.
REFUSED = {
    b"P": "PERSID", b"Q": "BINPERSID", b"\x82": "EXT1", b"\x83": "EXT2", b"\x84": "EXT4", b"o": "OBJ",
    b"\x97": "NEXT_BUFFER", b"\x98": "READONLY_BUFFER", b"2": "DUP",
    b"\x8b": "LONG4",  # an integer of more than 255 bytes
}  # fmt: skip


def _table(sizes: dict[bytes, int]) -> dict[int, int]:
    return {opcode[0]: size for opcode, size in sizes.items()}


_PUSH, _PUSH_COUNTED, _POP, _POP_PUSH = _table(PUSH), _table(PUSH_COUNTED), _table(POP), _table(POP_PUSH)
_GET, _PUT = _table(GET), _table(PUT)
_REFUSED = {opcode[0]: name for opcode, name in REFUSED.items()}
_KIND = bytes(NUMBER if code in NUMBERS else NESTED if code in NESTING else PLAIN for code in range(256))


def verify(data: bytes) -> None:
    """Walk through the opcodes once, as a verifier of bytecode would, and carry none of them out.

    Afterwards: every opcode is one that Python 3 writes, and it and its argument lie within the data and within one
    frame; no place of the memo is beyond the file's length, which `pickle` would allocate; no key of a dict or a set
    is a tuple, and no more than `MOST_COSTLY` are numbers; nor are there more sets than that.

    The walk is worth nothing where `pickle` would see other opcodes, or other values, than it did. So it holds its
    stack and memo exactly as the C unpickler does, and refuses what that reads in its own way: an argument across the
    end of a frame, whose part within the frame it drops.

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


class _Memo:
    """The kinds of the values in the memo, by their places."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kinds = bytearray()
        self._filled = 0

    def get(self, place: int) -> int:
        kind = self._kinds[place]
        if kind == UNSET:
            raise IndexError("a place of the memo is empty")
        return kind

    def put(self, place: int, kind: int) -> None:
        if not 0 <= place < self._limit or kind == MARK:
            raise ValueError("a place in the memo is beyond the data's length, or there is nothing to put there")
        if place >= len(self._kinds):
            self._kinds.extend(bytes([UNSET]) * (place + 1 - len(self._kinds)))
        self._filled += self._kinds[place] == UNSET
        self._kinds[place] = kind

    def append(self, kind: int) -> None:
        """Fill the place that MEMOIZE does: the one whose number is how many are filled, not the one behind them."""
        self.put(self._filled, kind)


def _walk(data: bytes) -> int:  # noqa: C901  one branch for each kind of opcode
    """Return the place behind STOP; raises IndexError or ValueError where the data or the stack has no more."""
    stack, memo = bytearray(), _Memo(len(data))
    costly = frame_end = at = 0
    while True:
        start = at
        opcode = data[at]
        at += 1
        if opcode in _GET:
            at += _GET[opcode]
            stack.append(memo.get(int.from_bytes(data[start + 1 : at], "little")))
        elif opcode in _PUSH:
            at += _PUSH[opcode]
            stack.append(_KIND[opcode])
        elif opcode in _PUSH_COUNTED:
            size = _PUSH_COUNTED[opcode]
            at += size + int.from_bytes(data[at : at + size], "little")
            stack.append(_KIND[opcode])
        elif opcode == 0x94:  # MEMOIZE
            memo.append(stack[-1])
        elif opcode in _POP:
            values = _popped(stack, _POP[opcode])
            costly += _number_keys(values[:1]) if opcode == 0x73 else 0  # SETITEM
        elif opcode in _POP_PUSH:
            _popped(stack, _POP_PUSH[opcode])
            stack.append(_KIND[opcode])
        elif opcode == 0x28:  # MARK
            stack.append(MARK)
        elif opcode in POP_TO_MARK or opcode in POP_TO_MARK_PUSH:
            mark = stack.rindex(MARK)
            if opcode in KEYS_AND_VALUES:
                costly += _number_keys(stack[mark + 1 :: 2])
            elif opcode in KEYS:
                costly += _number_keys(stack[mark + 1 :])
            del stack[mark:]
            if opcode in POP_TO_MARK_PUSH:
                stack.append(_KIND[opcode])
        elif opcode in _PUT:
            at += _PUT[opcode]
            memo.put(int.from_bytes(data[start + 1 : at], "little"), stack[-1])
        elif opcode == 0x80:  # PROTO
            at += 1
        elif opcode == 0x95:  # FRAME
            at += 8
            if start < frame_end:
                raise ValueError("a frame begins within another")
            frame_end = at + int.from_bytes(data[at - 8 : at], "little")
            if frame_end > len(data):
                raise ValueError("a frame is longer than the data")
        elif opcode == 0x2E:  # STOP
            return at
        elif opcode == 0x30:  # POP, of a value or of a mark
            stack.pop()
        else:
            at = _walk_line(data, at, opcode, stack, memo)
        if at > len(data) or start < frame_end < at:
            raise ValueError("an argument is longer than the data or its frame")
        costly += opcode in SETS
        if costly > MOST_COSTLY:
            raise DamagedPickle(f"The file has more than {MOST_COSTLY} sets, and numbers as keys.")


def _walk_line(data: bytes, at: int, opcode: int, stack: bytearray, memo: _Memo) -> int:
    """Walk over an opcode whose argument is a line of text, as protocol 0 writes; return the place behind it."""
    if opcode in _REFUSED:
        raise UnsafePickle(f"The file uses the opcode {_REFUSED[opcode]}, which no scikit-learn estimator needs.")
    end = data.index(b"\n", at)
    if opcode in PUSH_LINE:
        if _KIND[opcode] == NUMBER and end - at > LONGEST_NUMBER:
            raise ValueError("a number is too long")
        stack.append(_KIND[opcode])
    elif opcode == 0x63:  # GLOBAL, two lines
        end = data.index(b"\n", end + 1)
        stack.append(PLAIN)
    elif opcode == 0x67:  # GET
        stack.append(memo.get(_place(data[at:end])))
    elif opcode == 0x70:  # PUT
        memo.put(_place(data[at:end]), stack[-1])
    elif opcode == 0x69:  # INST
        name = data[at : data.index(b"\n", end + 1)].decode("utf-8", "replace").replace("\n", ".")
        raise UnsafePickle(f"The file makes an object of {name[:200]!r}, which Picklejar does not know.")
    else:
        raise DamagedPickle(f"The file is no pickle: it has no opcode {bytes([opcode])!r}.")
    return end + 1


def _place(line: bytes) -> int:
    if not line.isdigit() or len(line) > LONGEST_NUMBER:
        raise ValueError("a place in the memo is no number")
    return int(line)


def _popped(stack: bytearray, count: int) -> bytearray:
    values = stack[-count:]
    if len(values) < count or MARK in values:
        raise IndexError("the stack is empty")
    del stack[-count:]
    return values


def _number_keys(kinds: bytearray) -> int:
    """Return how many keys are numbers; raises DamagedPickle where one is a tuple."""
    if NESTED in kinds:
        raise DamagedPickle("The file has a tuple as a key, as no estimator does.")
    return kinds.count(NUMBER)

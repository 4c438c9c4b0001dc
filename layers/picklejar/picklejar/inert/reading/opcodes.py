"""Checks a pickle's opcodes before any is carried out: memory, time and the depth of the stack.

Over 250 lines, because the table of opcodes and the walk over them are read together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from picklejar.errors import DamagedPickle, UnsafePickle

# What a value costs as a key of a dict or a set:
# PLAIN  nothing that a file could choose: text and bytes (whose hashes are salted), a record (hashed by its place),
#        None, True, False, an integer below 256, of which there are few; or it cannot be hashed at all.
# NUMBER a hash that a file can choose: n of them with one hash take n * n steps.
# NESTED a hash by recursion, never kept: of tuples in tuples, each twice in the next, 2 ** depth steps. No state of
#        scikit-learn has such a key.
# USED   what the memo must not give again.
PLAIN, NUMBER, NESTED, USED = range(4)
# The one function of Python's own by which estimators refer to themselves, in a bound method.
GETATTR = b"getattr"
# Of numbers as keys, and of sets: an empty one has one byte in the file, and 216 in memory.
MOST_COSTLY = 10_000
# Of whatever contains another: they are freed by recursion in C, which overflows the stack of a small thread. Twenty
# estimators within one another, each in a tuple in a list in the attributes of the next, are eighty.
MOST_NESTED = 100
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
# Opcodes that put so many values into the one below them, and those that put all that lies above the mark.
FILL = {b"a": 1, b"b": 1, b"s": 2}  # APPEND, BUILD, SETITEM
FILL_TO_MARK = b"eu\x90"  # APPENDS, SETITEMS, ADDITEMS
# Opcodes that make one value of so many, and those that make one of all that lies above the mark.
MAKE = {b"R": 2, b"\x81": 2, b"\x92": 3, b"\x85": 1, b"\x86": 2, b"\x87": 3}  # REDUCE, NEWOBJ (_EX), TUPLE1 to 3
MAKE_OF_MARK = b"tld\x91"  # TUPLE, LIST, DICT, FROZENSET
REDUCE, PAIR = b"R\x86"
GET = {b"h": 1, b"j": 4}
PUT = {b"q": 1, b"r": 4}
EMPTY = b"]}\x8f"  # a list, a dict, a set, to be filled
NUMBERS = b"JMGILF\x8a"
TUPLES = b")\x85\x86\x87t\x91"  # frozensets too: what is hashed with all that it contains
SETS = b"\x8f\x91"
KEYS = {b"s": 2, b"u": 2, b"d": 2, b"\x90": 1, b"\x91": 1}  # which of the values are keys: every second one, or each
# How protocols 4 and 5 write a number of NumPy's after its first: what makes it and its type, from the memo, then eight
# bytes, a tuple of two, and the call. A vocabulary has a hundred thousand, each behind a text as its key; they are
# walked over in a loop of their own, since opcode by opcode they take five times as long.
SCALAR = re.compile(rb"((?:h.|j.{4})(?:h.|j.{4})C\x08).{8}\x94\x86\x94R\x94", re.DOTALL)
BYTES_OF_A_SCALAR, AFTER_ITS_BYTES = 8, b"\x94\x86\x94R\x94"
# What reaches outside the file, or what no pickler of Python 3 writes for an estimator.
REFUSED = {
    b"P": "PERSID", b"Q": "BINPERSID", b"\x82": "EXT1", b"\x83": "EXT2", b"\x84": "EXT4", b"o": "OBJ",
    b"\x97": "NEXT_BUFFER", b"\x98": "READONLY_BUFFER", b"2": "DUP",
    b"\x8b": "LONG4",  # an integer of more than 255 bytes
}  # fmt: skip


def _table(sizes: dict[bytes, int]) -> dict[int, int]:
    return {opcode[0]: size for opcode, size in sizes.items()}


_PUSH, _PUSH_COUNTED, _FILL, _MAKE = _table(PUSH), _table(PUSH_COUNTED), _table(FILL), _table(MAKE)
_GET, _PUT, _KEYS = _table(GET), _table(PUT), _table(KEYS)
_REFUSED = {opcode[0]: name for opcode, name in REFUSED.items()}


def verify(data: bytes) -> int:
    """Walk over the opcodes once without carrying any out; return how many bytes of the data are texts' and arrays'.

    Afterwards each opcode and its argument lie within the data and one frame, memo places are below the file's length
    (`pickle` allocates them), no dict key or set member is a tuple, `MOST_COSTLY` bounds numbers as keys, and
    `MOST_NESTED` the depth, which is known because each value is complete before it is put into another.

    The walk keeps its stack and memo exactly as the C unpickler does.

    Raises:
        UnsafePickle: an opcode reaches outside the file.
        DamagedPickle: the opcodes are not a whole pickle, or C's unpickler would read them in its own way.
    """
    walk = _Walk(data)
    try:
        stop = walk.to_stop()
    except (IndexError, ValueError) as error:
        raise DamagedPickle(
            "The file is not a whole pickle: it ends early, or its opcodes contradict one another."
        ) from error
    if stop != len(data):
        raise DamagedPickle(f"The pickle ends at byte {stop}, and {len(data) - stop} bytes follow it.")
    return walk.content


class _Value:
    """What is known of a value on the stack.

    `owner` is the first value of a pair that was still open, and that the pair, unless the memo gives it again, may be
    a bound method's.
    """

    __slots__ = ("depth", "kind", "open", "owner")

    def __init__(self, kind: int, depth: int, *, is_open: bool) -> None:
        self.kind, self.depth, self.open = kind, depth, is_open
        self.owner: _Value | None = None


_PLAIN, _NUMBER, _EMPTY_TUPLE, _NAME_OF_GETATTR, _GETATTR = (
    _Value(kind, 0, is_open=False) for kind in (PLAIN, NUMBER, NESTED, PLAIN, PLAIN)
)


class _Walk:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._stack: list[_Value] = []
        self._marks: list[int] = []
        self._memo: list[_Value | None] = []
        self._filled = 0
        self._costly = 0
        self.content = 0

    def to_stop(self) -> int:  # noqa: C901  one branch for each kind of opcode
        data, stack = self._data, self._stack
        frame_end = at = 0
        while True:
            start = at
            opcode = data[at]
            at += 1
            if opcode in _GET and (scalar := SCALAR.match(data, start)) and (end := self._scalars(scalar, frame_end)):
                at = end
            elif opcode in _GET:
                at += _GET[opcode]
                self._get(int.from_bytes(data[start + 1 : at], "little"))
            elif opcode in _PUSH:
                at += _PUSH[opcode]
                self._push(opcode)
            elif opcode in _PUSH_COUNTED:
                at += _PUSH_COUNTED[opcode]
                size = int.from_bytes(data[start + 1 : at], "little")
                at += size
                self.content += size
                self._push(opcode)
                if data[at - size : at] == GETATTR:
                    stack[-1] = _NAME_OF_GETATTR
            elif opcode == 0x94:  # MEMOIZE fills the place whose number is how many are filled
                self._put(self._filled)
            elif opcode in _FILL:
                self._fill(opcode, self._popped(_FILL[opcode]))
            elif opcode in _MAKE:
                self._make(opcode, self._popped(_MAKE[opcode]))
            elif opcode == 0x28:  # MARK
                self._marks.append(len(stack))
            elif opcode in FILL_TO_MARK:
                self._fill(opcode, self._popped_to_mark())
            elif opcode in MAKE_OF_MARK:
                self._make(opcode, self._popped_to_mark())
            elif opcode in _PUT:
                at += _PUT[opcode]
                self._put(int.from_bytes(data[start + 1 : at], "little"))
            elif opcode == 0x93:  # STACK_GLOBAL
                self._global(self._popped(2)[1] is _NAME_OF_GETATTR)
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
            elif opcode == 0x31:  # POP_MARK
                self._popped_to_mark()
            elif opcode == 0x30:  # POP, of a mark or of a value
                self._popped_to_mark() if self._marks and self._marks[-1] == len(stack) else self._popped(1)
            else:
                at = self._line(at, opcode)
            if at > len(data) or start < frame_end < at:
                raise ValueError("an argument is longer than the data or its frame")

    def _line(self, at: int, opcode: int) -> int:
        if opcode in _REFUSED:
            raise UnsafePickle(f"The file uses the opcode {_REFUSED[opcode]}, which no scikit-learn estimator needs.")
        end = self._data.index(b"\n", at)
        if opcode in PUSH_LINE:
            if opcode not in NUMBERS:
                self.content += end - at
            elif end - at > LONGEST_NUMBER:
                raise ValueError("a number is too long")
            self._push(opcode)
        elif opcode == 0x63:  # GLOBAL, two lines
            at, end = end + 1, self._data.index(b"\n", end + 1)
            self._global(self._data[at:end] == GETATTR)
        elif opcode == 0x67:  # GET
            self._get(_place(self._data[at:end]))
        elif opcode == 0x70:  # PUT
            self._put(_place(self._data[at:end]))
        elif opcode == 0x69:  # INST
            named = self._data[at : self._data.index(b"\n", end + 1)].decode("utf-8", "replace").replace("\n", ".")
            raise UnsafePickle(f"The file makes an object of {named!r:.200}, which Picklejar does not know.")
        else:
            raise DamagedPickle(f"The file is not a pickle: it has no opcode {bytes([opcode])!r}.")
        return end + 1

    def _push(self, opcode: int) -> None:
        if opcode in EMPTY:
            self._count(opcode in SETS)
            self._stack.append(_Value(PLAIN, 1, is_open=True))
        else:
            self._stack.append(_NUMBER if opcode in NUMBERS else _EMPTY_TUPLE if opcode in TUPLES else _PLAIN)

    def _global(self, is_getattr: bool) -> None:
        # Whatever a file puts into one, it is to be refused by its name, and not for this.
        self._stack.append(_GETATTR if is_getattr else _Value(PLAIN, 0, is_open=True))

    def _fill(self, opcode: int, values: Sequence[_Value]) -> None:
        depth = self._depth(opcode, values)
        whole = self._top()
        if not whole.open:
            raise ValueError("more is put into what is within another already, or into what can take nothing")
        whole.depth = max(whole.depth, depth)

    def _make(self, opcode: int, values: Sequence[_Value]) -> None:
        self._count(opcode in SETS)
        owner = values[0] if opcode == PAIR and values[0].open else None
        depth = self._depth(opcode, values)
        is_tuple = opcode in TUPLES
        value = _Value(NESTED if is_tuple else PLAIN, depth, is_open=not is_tuple)
        value.owner = owner
        if opcode == REDUCE and values[0] is _GETATTR and values[1].owner:
            # A bound method, of which a record keeps nothing: its owner is still being made.
            values[1].owner.open = True
            values[1].kind = USED
            value.depth = 0
        self._stack.append(value)

    def _scalars(self, first: re.Match[bytes], frame_end: int) -> int:
        """Take a scalar, and all that follow it behind texts and are written as it is; return where they end.

        Returns 0, and takes nothing, where the opcodes are to be looked at one by one.
        """
        data, memo, stack = self._data, self._memo, self._stack
        lead = first[1]
        places = _places(lead)
        if max(places) >= len(memo) or len(memo) != self._filled:
            return 0
        callee, kind = (memo[place] for place in places)
        if callee is None or kind is None or callee is _GETATTR or callee.open or kind.open or kind.kind == USED:
            return 0
        depth = max(callee.depth, kind.depth + 1, 1) + 1
        last = frame_end if first.start() < frame_end else len(data)
        if callee.kind == USED or depth > MOST_NESTED or first.end() > last:
            return 0
        callee.owner = kind.owner = None
        pair = _Value(NESTED, max(1, kind.depth + 1), is_open=False)
        end = first.end()
        while True:
            value = _Value(PLAIN, depth, is_open=True)
            memo += _PLAIN, pair, value
            stack.append(value)
            self.content += BYTES_OF_A_SCALAR
            at = end
            key_end = at + 2 + data[at + 1] if data[at : at + 1] == b"\x8c" else 0
            end = key_end + 1 + len(lead) + BYTES_OF_A_SCALAR + len(AFTER_ITS_BYTES)
            is_next = key_end and data[key_end : key_end + 1] == b"\x94" and data.startswith(lead, key_end + 1)
            if not (is_next and end <= last and data.startswith(AFTER_ITS_BYTES, end - len(AFTER_ITS_BYTES))):
                break
            if data[at + 2 : key_end] == GETATTR:
                break
            memo.append(_PLAIN)
            stack.append(_PLAIN)
            self.content += key_end - at - 2
        self._filled = len(memo)
        return at

    def _depth(self, opcode: int, values: Sequence[_Value]) -> int:
        if opcode in _KEYS:
            kinds = [value.kind for value in values[:: _KEYS[opcode]]]
            if NESTED in kinds:
                raise DamagedPickle("The file has a tuple as a key, as no estimator does.")
            self._count(kinds.count(NUMBER))
        depth = 1
        for value in values:
            value.open = False
            depth = max(depth, value.depth + 1)
        if depth > MOST_NESTED:
            raise DamagedPickle(f"The file nests more than {MOST_NESTED} values within one another.")
        return depth

    def _count(self, costly: int) -> None:
        self._costly += costly
        if self._costly > MOST_COSTLY:
            raise DamagedPickle(f"The file has more than {MOST_COSTLY} sets, and numbers as keys.")

    def _top(self) -> _Value:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise IndexError("the stack is empty")
        return self._stack[-1]

    def _popped(self, count: int) -> Sequence[_Value]:
        if len(self._stack) - (self._marks[-1] if self._marks else 0) < count:
            raise IndexError("the stack is empty")
        values = self._stack[-count:]
        del self._stack[-count:]
        return values

    def _popped_to_mark(self) -> Sequence[_Value]:
        mark = self._marks.pop()
        values = self._stack[mark:]
        del self._stack[mark:]
        return values

    def _get(self, place: int) -> None:
        value = self._memo[place]
        if value is None:
            raise IndexError("a place of the memo is empty")
        if value.kind == USED:
            raise ValueError("what a bound method was made of is used again")
        value.owner = None
        self._stack.append(value)

    def _put(self, place: int) -> None:
        if place >= len(self._data):
            raise ValueError("a place in the memo is beyond the data's length")
        self._memo.extend([None] * (place + 1 - len(self._memo)))
        self._filled += self._memo[place] is None
        self._memo[place] = self._top()


def _places(lead: bytes) -> tuple[int, int]:
    """Return the places in the memo that two GETs name."""
    first = 1 + GET[lead[:1]]
    second = first + 1 + GET[lead[first : first + 1]]
    return int.from_bytes(lead[1:first], "little"), int.from_bytes(lead[first + 1 : second], "little")


def _place(line: bytes) -> int:
    if not line.isdigit() or len(line) > LONGEST_NUMBER:
        raise ValueError("a place in the memo is not a number")
    return int(line)

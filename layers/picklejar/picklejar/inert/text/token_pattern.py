"""The patterns of tokens that are read: those that take no longer than is known before they run."""

from __future__ import annotations

import re
from collections.abc import Callable

from picklejar.inert.base.work import spend
from picklejar.inert.reading.state import EstimatorState

DEFAULT = r"(?u)\b\w\w+\b"
# A class of characters, once or repeated; nothing is repeated that holds another.
CHARACTERS = r"(?:\\[wdsWDSb]|\\[^\w\s]|\[\^?\]?(?:\\[wdsWDS]|\\[^\w\s]|[^\]\\\[])*\]|[^\\\[\](){}|*+?^$])"
REPEATED = r"(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})?"
ITEM = re.compile(f"({CHARACTERS})({REPEATED})")
FLAGS = re.compile(r"\(\?[ui]+\)")
LONGEST_PATTERN = 500
# So many items of a branch may be of any length, and so many may be there or not.
MOST_REPEATED, MOST_OPTIONAL = 2, 4
# Sets of sets, which Python warns of.
OF_SETS = ("--", "&&", "~~", "||")
# To try again with one character less takes as long as so many numbers of NumPy's.
NUMBERS_OF_A_STEP_BACK = 4
# All characters at which a text is parted into pieces.
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def tokenizer(state: EstimatorState) -> Callable[[str], list[str]]:
    """Return what splits a text into tokens; raises UnsupportedEstimator for a pattern that may never end."""
    pattern = state.value("token_pattern")
    if pattern == DEFAULT:
        return re.compile(DEFAULT).findall
    branches = _branches(pattern) if type(pattern) is str and len(pattern) <= LONGEST_PATTERN else None
    if not branches or any(
        _of_any_length(branch) > MOST_REPEATED or _optional(branch) > MOST_OPTIONAL for branch in branches
    ):
        shown = repr(pattern)[:100] if type(pattern) is str else type(pattern).__name__
        raise state.unsupported(
            f"the token_pattern {shown}", "A pattern repeats classes of characters, as [a-z]+ does, and no groups."
        )
    find = re.compile(pattern).findall
    power = 1 + max(_tried_again(branch) for branch in branches)
    ways = 2 ** max(_optional(branch) for branch in branches)
    if (power, ways) == (1, 1):
        return find
    items = {characters for branch in branches for characters, _ in branch if characters not in (r"\b", r"\B")}
    spans = any(re.search(characters, SPACES) for characters in items)
    return _Counted(find, power, NUMBERS_OF_A_STEP_BACK * ways, spans_spaces=spans)


class _Counted:
    """Finds tokens by a pattern that may try again from each character of a piece, and counts how often."""

    def __init__(self, find: Callable[[str], list[str]], power: int, numbers: int, *, spans_spaces: bool) -> None:
        self._find, self._power, self._numbers, self._spans_spaces = find, power, numbers, spans_spaces

    def __call__(self, text: str) -> list[str]:
        pieces = [text] if self._spans_spaces else text.split()
        spend(self._numbers * sum(len(piece) ** self._power for piece in pieces))
        return self._find(text)


def _branches(pattern: str) -> list[list[tuple[str, str]]] | None:
    """Return the alternatives of a pattern, each a list of characters with how they are repeated, or None."""
    flags = FLAGS.match(pattern)
    rest = pattern[flags.end() :] if flags else pattern
    if any(sets in rest for sets in OF_SETS):
        return None
    branches: list[list[tuple[str, str]]] = [[]]
    at, opened, closed = 0, 0, 0
    while at < len(rest):
        item = ITEM.match(rest, at)
        if item:
            branches[-1].append((item[1], item[2]))
            at = item.end()
        elif rest[at] == "|":
            branches.append([])
            at += 1
        # One group of all or a part of a pattern without alternatives: it is the token.
        elif rest[at] == "(" and rest[at + 1 : at + 2] != "?" and not opened:
            opened, at = 1, at + 1
        elif rest[at] == ")" and opened > closed and rest[at + 1 : at + 2] not in tuple("*+?{"):
            closed, at = 1, at + 1
        else:
            return None
    return branches if opened == closed and not (opened and len(branches) > 1) and all(branches) else None


def _of_any_length(branch: list[tuple[str, str]]) -> int:
    return sum(_varies(repeated) for _, repeated in branch)


def _varies(repeated: str) -> bool:
    """Return whether an item may have one of many lengths, as by *, +, {2,} or {2,5}; not by {3}."""
    return repeated in ("*", "+") or "," in repeated


def _optional(branch: list[tuple[str, str]]) -> int:
    return sum(repeated == "?" for _, repeated in branch)


def _tried_again(branch: list[tuple[str, str]]) -> int:
    """Return how many repetitions may be tried with fewer characters, as what follows them fails."""
    tried = _of_any_length(branch)
    last = branch[-2] if branch[-1] == (r"\b", "") and len(branch) > 1 else branch[-1]
    # Behind all characters of a word its end follows, and nothing else at all may follow a pattern's last.
    never_fails = branch[-1][0] != r"\b" or (last[0] == r"\w" and not last[1].endswith("}"))
    return tried - (never_fails and _varies(last[1]))

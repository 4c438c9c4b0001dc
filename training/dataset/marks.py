"""Which marks a file's numbers are written with: of decimals, of thousands, of percents and currencies."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from picklejar.cells.dialect import SIGNS, Decimal, Dialect, Thousands
from picklejar.cells.meaning import UNREADABLE, number_reader
from picklejar.errors import InvalidTrainingData

Marks = tuple[Decimal, Thousands]
# The plainest first.
ALL_MARKS: tuple[Marks, ...] = (
    (".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"),
)  # fmt: skip
# Marks of thousands that an option says by a word.
SPOKEN = {" ": "space", "": "none"}
SPELLED = {",": ",", ".": ".", " ": " \u00a0\u2009\u202f", "'": "'\u2019"}
SIGNED = re.compile(rf"[+-]?\s*([{''.join(SIGNS)}]).*|.*([{''.join(SIGNS)}])", re.DOTALL)


@dataclass(frozen=True)
class Numbers:
    """A column's different texts, none of them missing, all of them numbers by each of `readings`."""

    name: str
    texts: tuple[str, ...]
    sign: str
    marks: frozenset[str]
    readings: frozenset[Marks]

    def values(self, marks: Marks) -> list[float]:
        """Return the texts' numbers by one of the readings."""
        read = number_reader(Dialect(decimal=marks[0], thousands=marks[1]), ",", self.sign)
        return [cast("float", read(text)) for text in self.texts]


def numbers(name: str, texts: Sequence[str]) -> Numbers | None:
    """Return a column's texts as numbers, or None if there are no marks by which all of them are."""
    sign, marks = _sign(texts), _marks_in(texts)
    readings = frozenset(_readings(texts, sign, marks)) if texts else frozenset()
    return Numbers(name, tuple(texts), sign, marks, readings) if readings else None


def allowed(decimal: str | None, thousands: str | None) -> tuple[Marks, ...]:
    """Return the marks that numbers may have where one or both are known; raises InvalidTrainingData."""
    if decimal is not None and decimal == thousands:
        raise InvalidTrainingData(f"Decimals and thousands cannot both be marked by {decimal!r}; name another mark.")
    return tuple(one for one in ALL_MARKS if decimal in (None, one[0]) and thousands in (None, one[1]))


def marks_of(columns: Sequence[Numbers], allowed: Sequence[Marks]) -> Marks:
    """Return the marks by which most columns are numbers.

    Raises InvalidTrainingData where others do as well, and make other numbers of them.
    """
    fitting = {marks: sum(marks in column.readings for column in columns) for marks in allowed}
    best = [marks for marks in allowed if fitting[marks] == max(fitting.values())]
    for other in best[1:]:
        for column in columns:
            if column.readings.issuperset((best[0], other)) and _differ(column.marks, best[0], other):
                raise InvalidTrainingData(_two_ways(column, best[0], other))
    return best[0]


def _readings(texts: Sequence[str], sign: str, there: frozenset[str]) -> Iterator[Marks]:
    tried: dict[Marks, bool] = {}
    for decimal, thousands in ALL_MARKS:
        # A mark that no text has makes no difference.
        marks = (decimal, thousands if thousands in there else "")
        if marks not in tried:
            read = number_reader(Dialect(decimal=decimal, thousands=marks[1]), ",", sign)
            tried[marks] = all(read(text) != UNREADABLE for text in texts)
        if tried[marks]:
            yield decimal, thousands


def _marks_in(texts: Sequence[str]) -> frozenset[str]:
    letters: set[str] = set().union(*texts)
    return frozenset(mark for mark, spelled in SPELLED.items() if not letters.isdisjoint(spelled))


def _sign(texts: Sequence[str]) -> str:
    match = [SIGNED.fullmatch(text) for text in texts]
    signs = {one[1] or one[2] for one in match if one}
    # 19.6 beside 20 % may be a share or a percentage; without its currency, an amount is one all the same.
    return signs.pop() if len(signs) == 1 and (signs != {"%"} or all(match)) else ""


def _differ(marks: frozenset[str], one: Marks, other: Marks) -> bool:
    return any((mark == one[0]) != (mark == other[0]) for mark in marks)


def _two_ways(column: Numbers, one: Marks, other: Marks) -> str:
    place = next(at for at, text in enumerate(column.texts) if _differ(_marks_in([text]), one, other))
    text = column.texts[place]
    ways = [f"{column.values(marks)[place]:.16g} with `{_options(marks)}`" for marks in (one, other)]
    return (
        f"The numbers of {column.name} can be read in two ways, and no other column tells which: {text} is "
        f"{' or '.join(ways)}. Give these options."
    )


def _options(marks: Marks) -> str:
    return f"--decimal {marks[0]} --thousands {shlex.quote(SPOKEN.get(marks[1], marks[1]))}"

"""What one cell means: a number, a boolean, a text, nothing at all, or what cannot be read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from picklejar.cells.dialect import Dialect
from picklejar.wording import from_cell

if TYPE_CHECKING:
    from numpy.typing import NDArray

Value = float | bool | str | None
Reader = Callable[[str], Value]
# Of many cells at once; None where one of them needs a `Reader`.
type ManyReader = Callable[[Sequence[str]], NDArray[np.float64] | None]
# The sentinel of a number or boolean that cannot be read: a text, which no rule of either takes.
UNREADABLE = ""
# As JavaScript has them, whose `trim` the page calls.
SPACES = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_AROUND = re.compile(f"^[{SPACES}]+|[{SPACES}]+$")
_GROUPS = {",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
LEAST_GROUPED = 1_000
# To JSON a whole number, which is 0; to Python it is below 0.
_MINUS_ZERO = re.compile(rb"-0(?<![eE]-0)(?!\.)")
_NUMBERS = msgspec.json.Decoder(list[float])
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)


def trimmed(text: str) -> str:
    """Return a text without the spaces around it."""
    short = text.strip()
    # Most texts have none of what Python and JavaScript call a space differently.
    return short if short.isascii() and short == text.strip(" \t\n\v\f\r") else _AROUND.sub("", text)


def is_empty(cells: list[str], columns: int) -> bool:
    """Return whether a row of a file has nothing in it and means nothing; in a file of one column, it means a value."""
    return columns > 1 and not any(map(trimmed, cells))


def reader(kind: str, choices: tuple[str, ...] | None, dialect: Dialect, delimiter: str, sign: str = "") -> Reader:
    """Return what turns a cell into a value of a feature's type; None where it is missing.

    `delimiter` is the file's. A number or boolean that is none becomes `UNREADABLE`.
    """
    if kind == "string":
        return _text_reader(choices, dialect)
    read = _boolean_reader(dialect) if kind == "boolean" else number_reader(dialect, delimiter, sign)
    if kind == "integer":
        read = _whole(read, is_described=dialect.decimal is not None)
    missing = frozenset(dialect.missing)

    def value(cell: str) -> Value:
        written = trimmed(cell)
        return None if not written or written in missing else read(written)

    return value


def number_reader(dialect: Dialect, delimiter: str, sign: str = "") -> Reader:
    """Return what turns a text without spaces around it into a number, or `UNREADABLE`."""
    read: Reader
    if dialect.decimal is None:
        read = _plain if delimiter == "," else _with_comma
    elif (dialect.decimal, dialect.thousands) == (".", ""):
        read = _plain
    else:
        read = _marked(dialect.decimal, dialect.thousands)
    return _signed(read, sign) if sign else read


def many_reader(kind: str, dialect: Dialect, delimiter: str, sign: str = "") -> ManyReader | None:
    """Return what reads a column of numbers at once, to what `reader` makes of each cell; None for other features.

    It takes numbers as JSON has them, of any decimal mark, none of which is missing.
    """
    read = number_reader(dialect, delimiter)
    # A word for missing may be a number: -999.
    if kind not in {"number", "integer"} or sign or any(read(word) != UNREADABLE for word in dialect.missing):
        return None
    spellings = _spellings(kind, dialect, delimiter)

    def numbers(cells: Sequence[str]) -> NDArray[np.float64] | None:
        written = "\n".join(cells).encode()
        mark = next((mark for mark, letters in spellings.items() if not written.translate(None, letters)), None)
        if mark is None:
            return None
        body = b"[%b]" % written.replace(mark, b".").replace(b"\n", b",")
        try:
            found = np.array([] if _MINUS_ZERO.search(body) else _NUMBERS.decode(body))
        except msgspec.MsgspecError:
            return None
        return found if len(found) == len(cells) else None

    return numbers


def _spellings(kind: str, dialect: Dialect, delimiter: str) -> dict[bytes, bytes]:
    """Return the letters of numbers by their decimal mark; a cell may have spaces around it."""
    digits = b"0123456789+- \n"
    # Of a whole number, a decimal mark may be one of thousands.
    if kind == "integer":
        return {b".": digits + b"eE"}
    mark = (dialect.decimal or ".").encode()
    with_comma = {b",": digits + b","} if dialect.decimal is None and delimiter != "," else {}
    return {mark: digits + b"eE" + mark} | with_comma


def _text_reader(choices: tuple[str, ...] | None, dialect: Dialect) -> Reader:
    is_trimmed = dialect.trim == "all" or (dialect.trim == "choices" and choices is not None)
    # A text of nothing but spaces is missing, but to pandas.
    is_blank = dialect.trim != "none"
    missing = frozenset(dialect.missing if dialect.missing_in_texts else ())
    known = frozenset(choices or ())

    def value(cell: str) -> Value:
        short = trimmed(cell) if is_blank else cell
        # A word for missing that is a category is that.
        if not short or (cell in missing and cell not in known):
            return None
        text = short if is_trimmed else cell
        # Of the free texts of pandas, and of models that nobody described, a quote is a part.
        if text not in known and (dialect.trim == "all" or from_cell(text) in known):
            return from_cell(text)
        return text

    return value


def _boolean_reader(dialect: Dialect) -> Reader:
    words = dict.fromkeys(dialect.no, False) | dict.fromkeys(dialect.yes, True)
    return lambda written: words.get(written.lower(), UNREADABLE)


def _plain(written: str) -> Value:
    try:
        number = float(written)
    except ValueError:
        return UNREADABLE
    # What Python takes besides: digits of other scripts, 1_000, inf, nan and numbers beyond a float.
    return number if math.isfinite(number) and written.isascii() and "_" not in written else UNREADABLE


def _with_comma(written: str) -> Value:
    return _plain(written.replace(",", ".") if _COMMA.fullmatch(written) else written)


def _marked(decimal: str, thousands: str) -> Reader:
    mark, group = re.escape(decimal), _GROUPS.get(thousands, "(?!)")
    pattern = re.compile(
        rf"(?P<whole>[+-]?(?:\d+|[1-9]\d{{0,2}}(?:{group}\d{{3}})+)?)"
        rf"(?:{mark}(?P<fraction>\d*))?(?P<exponent>[eE][+-]?\d+)?",
        re.ASCII,
    )
    groups = re.compile(group)

    def read(written: str) -> Value:
        match = pattern.fullmatch(written)
        if match is None:
            return UNREADABLE
        whole, fraction, exponent = match["whole"], match["fraction"] or "", match["exponent"] or ""
        return _plain(f"{groups.sub('', whole)}.{fraction}{exponent}")

    return read


def _signed(read: Reader, sign: str) -> Reader:
    mark = re.escape(sign)
    pattern = re.compile(rf"(?P<minus>[+-]?){mark}[{SPACES}]*(?P<after>.+)|(?P<before>.+?)[{SPACES}]*{mark}")

    def signed(written: str) -> Value:
        match = pattern.fullmatch(written)
        if match is None:
            # 0.196 may be a share where every number was a percentage; an amount is one without its currency.
            return UNREADABLE if sign == "%" else read(written)
        return read(match["before"] or match["minus"] + match["after"])

    return signed


def _whole(read: Reader, *, is_described: bool) -> Reader:
    def whole(written: str) -> Value:
        number = read(written)
        # No whole number of the data set had a decimal mark: 1.000 may be a thousand.
        if is_described and isinstance(number, float) and abs(number) < LEAST_GROUPED and _GROUPED.fullmatch(written):
            return UNREADABLE
        return int(number) if isinstance(number, float) and number.is_integer() else number

    return whole

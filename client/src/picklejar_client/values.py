"""Turns a value as Python's programs have it into one that JSON has.

pandas and NumPy are known by what their values can do, and never imported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

MISSING = frozenset({"NAType", "NaTType"})
# NumPy's kinds of moments and durations: as a number they would be one of nanoseconds, or of days.
DATES = frozenset("mM")


class NoJson(Exception):
    """JSON has no such value; has the rule, and the end of a sentence that begins with the field."""

    def __init__(self, rule: str, sentence: str) -> None:
        self.rule, self.sentence = rule, sentence
        super().__init__(sentence)


def plain(value: Any) -> Any:
    """Return a number, text, boolean or None, or a list or dict of them; raises NoJson.

    NaN, and what pandas calls missing, become None. What has `tolist` or `item`, as NumPy's numbers and arrays, becomes
    what that returns; another number becomes a float.
    """
    kind = type(value)
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, (str, int)):
        return value
    if kind.__name__ in MISSING:
        return None
    if getattr(getattr(value, "dtype", None), "kind", "") in DATES or isinstance(value, (date, time, timedelta)):
        return _date(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    return _unpacked(value)


def _finite(value: float) -> float | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise NoJson("finite", "must be finite, not infinite")
    return float(value)


def _date(value: Any) -> None:
    # Of NumPy's, the missing one alone is unlike itself.
    if not getattr(value, "shape", ()) and value != value:
        return
    raise NoJson("type", "must be a number, text or boolean, not a date or duration; send it as the text or number "
                         "that the model was trained on")  # fmt: skip


def _unpacked(value: Any) -> Any:
    for name in ("tolist", "item", "__float__"):
        unpack = getattr(value, name, None)
        if unpack is None:
            continue
        unpacked = unpack()
        # A number of more digits than a float's is unpacked to itself.
        if type(unpacked) is not type(value):
            return plain(unpacked)
    raise NoJson("type", f"must be a number, text or boolean, not of type {type(value).__name__}")

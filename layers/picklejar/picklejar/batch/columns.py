"""What the cells of a CSV's row mean to a model, by the same rules as on the page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from picklejar.errors import FileRefused
from picklejar.signature import Feature, Signature
from picklejar.wording import list_of

BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
# What stands for a cell that cannot be read, and which the signature refuses: a text where none may be, or 0 for one.
UNREADABLE, NO_TEXT = "", 0


@dataclass(frozen=True)
class Column:
    """The column at `place`, from 0, of one feature; `read` turns a text that is not blank into a value."""

    place: int
    feature: Feature
    read: Callable[[str], Any]


class Columns:
    """Reads rows as instances; a column is found by the feature's name, or by its name or title in any case."""

    def __init__(self, signature: Signature, header: tuple[str, ...], delimiter: str) -> None:
        self._columns = tuple(_columns(signature, [name.strip() for name in header], delimiter))
        self._by_name = {column.feature.name: column for column in self._columns}
        self.absent = tuple(name for name in signature.names if name not in self._by_name)

    def instance(self, cells: list[str]) -> dict[str, Any]:
        instance = {}
        for column in self._columns:
            text = cells[column.place]
            if text and not text.isspace():
                instance[column.feature.name] = column.read(text)
            elif column.feature.nullable:
                instance[column.feature.name] = None
        return instance

    def unreadable(self, field: str, instance: dict[str, Any]) -> str | None:
        column = self._by_name.get(field)
        if column is None:
            return None
        feature, value = column.feature, instance.get(field)
        if feature.type == "string":
            return "is not UTF-8 text" if value == NO_TEXT else None
        if value != UNREADABLE:
            return None
        if feature.type == "boolean":
            return "must be yes or no"
        return f"must be a number, written like {float(feature.example):.16g}"


def _columns(signature: Signature, names: list[str], delimiter: str) -> Iterator[Column]:
    missing = []
    for feature in signature.features:
        places = _places(feature, names)
        if len(places) > 1:
            raise FileRefused(f"Two columns are called {feature.name}; keep one of them.")
        if places:
            yield Column(places[0], feature, _reader(feature, delimiter))
        elif feature.required:
            missing.append(feature.name)
    if missing:
        raise FileRefused(
            f"The file has no column {', '.join(missing)}. Its first line must name the columns; it says "
            f"{list_of(map(repr, names))}."
        )


def _places(feature: Feature, names: list[str]) -> list[int]:
    exact = [place for place, name in enumerate(names) if name == feature.name]
    words = {feature.name.lower(), feature.title.lower()}
    return exact or [place for place, name in enumerate(names) if name.lower() in words]


def _reader(feature: Feature, delimiter: str) -> Callable[[str], Any]:
    if feature.type == "string":
        return _choice if feature.enum else _text
    if feature.type == "boolean":
        return lambda text: BOOLEANS.get(text.strip().lower(), UNREADABLE)
    number = _number if delimiter == "," else _number_with_comma
    return (lambda text: _whole(number(text))) if feature.type == "integer" else number


def _text(text: str) -> str | int:
    return text if text.isascii() or _is_utf_8(text) else NO_TEXT


def _choice(text: str) -> str | int:
    return _text(text.strip())


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(text: str) -> float | str:
    written = text.strip()
    try:
        number = float(written)
    except ValueError:
        return UNREADABLE
    # What Python takes besides: digits of other scripts, 1_000, inf, nan and numbers beyond a float.
    return number if math.isfinite(number) and written.isascii() and "_" not in written else UNREADABLE


def _number_with_comma(text: str) -> float | str:
    written = text.strip()
    return _number(written.replace(",", ".") if DECIMAL_COMMA.fullmatch(written) else written)


def _whole(number: float | str) -> float | str:
    return int(number) if isinstance(number, float) and number.is_integer() else number

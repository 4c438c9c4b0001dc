"""Finds a model's columns in a CSV, and reads its rows as instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from picklejar.batch.layout import Layout
from picklejar.cells.dialect import DELIMITER_NAMES, Dialect
from picklejar.cells.meaning import UNREADABLE, Reader, reader
from picklejar.cells.names import names_of, places, undivided
from picklejar.errors import FileRefused
from picklejar.signature import Feature, Signature
from picklejar.wording import list_of


@dataclass(frozen=True)
class Column:
    """The column at `place`, from 0, of one feature."""

    place: int
    feature: Feature
    read: Reader


class Columns:
    """Reads rows as instances; a column is found by the feature's name, or by its name or title in any case."""

    def __init__(self, signature: Signature, layout: Layout) -> None:
        self._columns = tuple(_columns(signature, layout))
        self._by_name = {column.feature.name: column for column in self._columns}
        self.absent = tuple(name for name in signature.names if name not in self._by_name)

    def instance(self, cells: list[str]) -> dict[str, Any]:
        instance = {}
        for column in self._columns:
            value = column.read(cells[column.place])
            # A missing value that may not be is left out, and said to be missing.
            if value is not None or column.feature.nullable:
                instance[column.feature.name] = value
        return instance

    def unreadable(self, field: str, instance: dict[str, Any]) -> str | None:
        column = self._by_name.get(field)
        if column is None or column.feature.type == "string" or instance.get(field) != UNREADABLE:
            return None
        if column.feature.type == "boolean":
            return "must be yes or no"
        return f"must be a number, written like {float(column.feature.example):.16g}"


def _columns(signature: Signature, layout: Layout) -> Iterator[Column]:
    dialect, names = signature.dialect, names_of(layout.header, signature.dialect)
    missing = []
    for feature in signature.features:
        match = places(feature.name, feature.title, names)
        if len(match) > 1:
            raise FileRefused(f"Two columns are called {feature.name}; keep one of them.")
        if match:
            sign = dialect.signs.get(feature.name, "")
            read = reader(feature.type, feature.enum, dialect, layout.delimiter, sign)
            yield Column(match[0], feature, read)
        elif feature.required:
            missing.append(feature.name)
    if missing:
        raise FileRefused(f"The file has no column {', '.join(missing)}. {_told(names, dialect)}")


def _told(names: list[str], dialect: Dialect) -> str:
    if len(names) == 1:
        return undivided(names[0], dialect)
    wanted = f", with {DELIMITER_NAMES[dialect.delimiter]} between them" if dialect.delimiter else ""
    unnamed = names.count("")
    others = f", and {unnamed} column{'s have' if unnamed > 1 else ' has'} no name" if unnamed else ""
    named = list_of(repr(name) for name in names if name)
    return f"Its first line must name the columns{wanted}; it says {named or 'nothing'}{others}."

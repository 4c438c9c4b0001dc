"""Finds a model's columns in a CSV, and reads its rows as instances, or those of many that keep every rule at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from picklejar.batch.layout import Layout
from picklejar.cells.dialect import DELIMITER_NAMES, Dialect
from picklejar.cells.meaning import UNREADABLE, ManyReader, Reader, Value, many_reader, reader
from picklejar.cells.names import names_of, places, undivided
from picklejar.errors import FileRefused
from picklejar.signature import Feature, Signature
from picklejar.wording import list_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

type Values = Sequence[Value] | NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """The column at `place`, from 0, of one feature."""

    place: int
    feature: Feature
    read: Reader
    read_many: ManyReader | None


class Known(NamedTuple):
    """The numbers of rows that keep every rule, from 0, and all values: a column for each feature, in their order."""

    rows: NDArray[np.intp]
    columns: list[Values]


class Columns:
    """Reads rows as instances; a column is found by the feature's name, or by its name or title in any case."""

    def __init__(self, signature: Signature, layout: Layout) -> None:
        self._features = signature.features
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

    @property
    def features(self) -> int:
        return len(self._features)

    @property
    def places(self) -> list[int]:
        return [column.place for column in self._columns]

    def known(self, cells: Mapping[int, Sequence[str]], count: int) -> Known:
        """Return what is known at once of so many rows, given by the cells at each of the `places`.

        Not known are rows that break a rule, and those of which no value is given, which may be empty.
        """
        values: list[Values] = []
        is_known, is_given = np.ones(count, bool), np.zeros(count, bool)
        for feature in self._features:
            column = self._by_name.get(feature.name)
            if column is None:
                values.append([feature.default] * count)
                continue
            of_column, keeps, gives = _values(column, cells[column.place])
            values.append(of_column)
            is_known &= keeps
            is_given |= gives
        return Known(np.flatnonzero(is_known & is_given), values)

    def unreadable(self, field: str, instance: dict[str, Any]) -> str | None:
        column = self._by_name.get(field)
        if column is None or column.feature.type == "string" or instance.get(field) != UNREADABLE:
            return None
        if column.feature.type == "boolean":
            return "must be yes or no"
        return f"must be a number, written like {float(column.feature.example):.16g}"


def _values(column: Column, cells: Sequence[str]) -> tuple[Values, NDArray[np.bool], NDArray[np.bool]]:
    """Return a column's values, which of them keep the feature's rules, and which are given."""
    numbers = column.read_many(cells) if column.read_many else None
    if numbers is not None:
        lower, upper = column.feature.bounds
        keeps = np.isfinite(numbers) & (lower <= numbers) & (numbers <= upper)
        if column.feature.type == "integer":
            keeps &= numbers == np.trunc(numbers)
        return numbers, keeps, np.ones(len(cells), bool)
    # Words and categories come again and again.
    by_cell = {cell: _value(column, cell) for cell in set(cells)}
    values, are_kept, are_given = zip(*map(by_cell.__getitem__, cells), strict=True)
    return values, np.array(are_kept), np.array(are_given)


def _value(column: Column, cell: str) -> tuple[Value, bool, bool]:
    value, feature = column.read(cell), column.feature
    if value is None:
        return feature.default, not feature.required, False
    return (value, True, True) if feature.keeps(value) else (None, False, True)


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
            read_many = many_reader(feature.type, dialect, layout.delimiter, sign)
            yield Column(match[0], feature, read, read_many)
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

"""Tables as programs write them: of one seed, the values, and the bytes of a file in one of the dialects in use."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

# Marks of decimals and thousands, as they stand in cells.
MARKS = [
    (".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", "\u00a0"), (".", "'"), (",", "\u202f"),
    (".", "\u2019"),
]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16"]
DELIMITERS = [",", ";", "\t", "|"]
NEWLINES = ["\n", "\r\n", "\r"]
TEXTS = [
    "Old Town", "Straße", "naïve", "a, b; c | d", "tab\tthere", 'say "hi"', "two\nlines", "=1+1", "-dash", "NA", "null",
    "double  space", "0123", "x" * 60,
]  # fmt: skip
MISSING = ["", "NA", "n/a", "NaN", "null", "None", "-", "?"]
NAMES = [
    "engine size",
    "fuel per km",
    "größe",
    "constructor",
    "__proto__",
    "toString",
    "a.b",
    "Preis in €",
    "x;y",
    "=z",
]


@dataclass(frozen=True)
class Written:
    """A file's content and name, its columns' values, None where missing, and a word on how it is written.

    The last column, `target`, has a number in every row; `empty` rows, which have nothing, stand between them.
    """

    content: bytes
    name: str
    columns: dict[str, list[Any]]
    shown: str
    empty: int = 0


class _Writer:
    def __init__(self, seed: int, rows: int) -> None:
        self._draw = random.Random(seed)
        draw = self._draw.choice
        self.rows = rows
        self.delimiter, self.newline, self.encoding = draw(DELIMITERS), draw(NEWLINES), draw(ENCODINGS)
        self.decimal, self.thousands = draw(MARKS[:-2] if self.encoding == "cp1252" else MARKS)
        self.quotes_all, self.spaced = self._flip(0.2), self._flip(0.2)
        self.says, self.index, self.packed = self._flip(0.15), self._flip(0.2), self._flip(0.15)
        self.empty = draw([0, 0, 1, 3])

    def _flip(self, chance: float) -> bool:
        return self._draw.random() < chance

    def written(self) -> Written:
        names = self._draw.sample(NAMES, self._draw.randint(1, 4))
        if self.encoding == "cp1252" or self._flip(0.5):
            names = [*dict.fromkeys([*names, "größe"])]
        columns = {name: self._column() for name in names}
        # What other columns leave open, this one tells: both marks, and each so that it can be nothing else.
        target = [round(1_234_567.1234 + 1.5 * row, 4) for row in range(self.rows)]
        cells = {name: made for name, (_, made) in columns.items()} | {"target": [self._number(one) for one in target]}
        content = self._file(cells)
        shown = f"{self.encoding} {self.delimiter!r} {self.decimal!r} {self.thousands!r} {self.newline!r}"
        return Written(
            gzip.compress(content, mtime=0) if self.packed else content,
            "table.csv.gz" if self.packed else "table.csv",
            {name: values for name, (values, _) in columns.items()} | {"target": target},
            f"{shown} {'packed ' * self.packed}{'says ' * self.says}{'spaced ' * self.spaced}{'index ' * self.index}"
            f"{self.empty} empty",
            self.empty,
        )

    def _column(self) -> tuple[list[Any], list[str]]:
        kind = self._draw.choice(["whole", "number", "percent", "currency", "boolean", "text"])
        if kind == "text":
            values: list[Any] = [self._draw.choice([*TEXTS, None]) for _ in range(self.rows)]
            values[0] = "Straße"
            return values, [self._around(text or "") for text in values]
        if kind == "boolean":
            values = [self._draw.choice([True, False, None]) for _ in range(self.rows)]
            values[0] = True
            words = self._draw.choice([("true", "false"), ("TRUE", "FALSE"), ("True", "False")])
            return values, [self._missing() if one is None else words[not one] for one in values]
        values = [self._value(kind) for _ in range(self.rows)]
        values[0] = 7 if kind == "whole" else 0.5
        sign = {"percent": "%", "currency": self._draw.choice("$€")}.get(kind, "")
        return values, [self._missing() if one is None else self._signed(self._number(one), sign) for one in values]

    def _value(self, kind: str) -> float | None:
        if self._flip(0.2):
            return None
        size = self._draw.choice([10, 1_000, 1_000_000])
        return self._draw.randint(-size, size) if kind == "whole" else round(self._draw.uniform(-size, size), 2)

    def _number(self, value: float) -> str:
        written = f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
        return written.translate(str.maketrans({",": self.thousands, ".": self.decimal}))

    def _signed(self, written: str, sign: str) -> str:
        if not sign:
            return self._around(written)
        return f"{sign}{written}" if sign == "$" and written[0] != "-" else f"{written}{' ' * self._flip(0.5)}{sign}"

    def _missing(self) -> str:
        return self._draw.choice(MISSING)

    def _around(self, text: str) -> str:
        return f"{' ' * self._flip(0.1)}{text}{' ' * self._flip(0.1)}"

    def _file(self, cells: dict[str, list[str]]) -> bytes:
        header = [name.replace(" ", self._draw.choice([" ", "  ", "\n"]), 1) for name in cells]
        lines = [header, *map(list, zip(*cells.values(), strict=True))]
        if self.index:
            lines = [["" if not at else str(at), *line] for at, line in enumerate(lines)]
        for _ in range(self.empty):
            lines.insert(self._draw.randint(1, len(lines)), [self._draw.choice(["", "", " "]) for _ in lines[0]])
        text = self.newline.join(self._line(line) for line in lines) + self.newline * self._flip(0.8)
        if self.says:
            text = f"sep={self.delimiter}{self.newline}{text}"
        return text.encode(self.encoding)

    def _line(self, line: list[str]) -> str:
        written = self.delimiter.join(map(self._cell, line))
        return written or '""'

    def _cell(self, text: str) -> str:
        special = any(sign in text for sign in (self.delimiter, '"', "\n", "\r"))
        if not (special or self.quotes_all or (self.spaced and text[:1] == " ")):
            return text
        return " " * (self.spaced and self._flip(0.5)) + '"' + text.replace('"', '""') + '"'


def written(seed: int, rows: int = 6) -> Written:
    """Return the table of a seed."""
    return _Writer(seed, rows).written()


def of_program(program: str, rows: int = 60) -> Written:
    """Return a table as a program writes it without any options."""
    columns: dict[str, list[Any]] = {
        "Größe": [None if row % 9 == 4 else round(1_000.25 + row * 3.5, 2) for row in range(rows)],
        "Straße": [["Am Ring", "Düne", "Old Town"][row % 3] for row in range(rows)],
        "target": [round(12_345.5 + row * 7.25 + row % 3, 2) for row in range(rows)],
    }
    content = PROGRAMS[program](columns)
    return Written(content, "table.csv", columns, program)


def _lines(columns: dict[str, list[Any]], delimiter: str, cell: Callable[[Any], str]) -> list[str]:
    return [delimiter.join(map(cell, line)) for line in ([*columns], *zip(*columns.values(), strict=True))]


def _excel(columns: dict[str, list[Any]]) -> bytes:
    """As Excel writes CSV in a country of decimal commas, thousands marked in the cells' format."""

    def cell(value: Any) -> str:
        written = f"{value:,.2f}" if isinstance(value, float) else value or ""
        return written.translate(str.maketrans(",.", ".,")) if isinstance(value, float) else written

    return ("\r\n".join(_lines(columns, ";", cell)) + "\r\n").encode("cp1252")


def _pandas(columns: dict[str, list[Any]]) -> bytes:
    return pd.DataFrame(columns).to_csv().encode()


def _libre_office(columns: dict[str, list[Any]]) -> bytes:
    def cell(value: Any) -> str:
        return f'"{value}"' if isinstance(value, str) else "" if value is None else str(value)

    return ("\n".join(_lines(columns, ",", cell)) + "\n").encode()


def _r(columns: dict[str, list[Any]]) -> bytes:
    def cell(value: Any) -> str:
        return f'"{value}"' if isinstance(value, str) else "NA" if value is None else f"{value:.15g}"

    header, *lines = _lines(columns, ",", cell)
    return "\n".join([f'"",{header}', *(f'"{at}",{line}' for at, line in enumerate(lines, 1)), ""]).encode()


PROGRAMS = {"Excel": _excel, "pandas": _pandas, "LibreOffice": _libre_office, "R": _r}

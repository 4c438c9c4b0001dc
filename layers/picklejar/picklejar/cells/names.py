"""Which column is whose: the names of a file's first line, and where a feature is found."""

from __future__ import annotations

import re
from collections import Counter

from picklejar.cells.dialect import DELIMITER_NAMES, Dialect
from picklejar.cells.meaning import SPACES, trimmed
from picklejar.wording import from_cell, shorten

LONGEST_NAME_SHOWN = 100
_RUNS = re.compile(f"[{SPACES}]+")


def names_of(header: list[str] | tuple[str, ...], dialect: Dialect) -> list[str]:
    """Return the columns' names, as many as cells."""
    if dialect.names == "pandas":
        return _as_pandas(header)
    return [_RUNS.sub(" ", trimmed(name)) if dialect.names == "spaced" else trimmed(name) for name in header]


def undivided(name: str, dialect: Dialect) -> str:
    """Return what is said of a file whose one column is `name`, where more are needed."""
    one = f"It has one column, {shorten(name, LONGEST_NAME_SHOWN)!r}"
    if dialect.delimiter:
        return f"{one}, as no {DELIMITER_NAMES[dialect.delimiter]} part its cells; save it with them."
    return f"{one}, as none of {', '.join(DELIMITER_NAMES.values())} part its cells; save it with one of them."


def places(name: str, title: str, names: list[str]) -> list[int]:
    """Return the places, from 0, of a feature's columns: by its name, else by its name or title in any case."""
    exact = [place for place, one in enumerate(names) if one == name]
    exact = exact or [place for place, one in enumerate(names) if from_cell(one) == name]
    words = {name.lower(), title.lower()}
    return exact or [place for place, one in enumerate(names) if one.lower() in words]


def _as_pandas(header: list[str] | tuple[str, ...]) -> list[str]:
    """Return what `pandas.read_csv` calls columns without a name, or with another's."""
    names = [name or f"Unnamed: {place}" for place, name in enumerate(header)]
    counts: Counter[str] = Counter()
    # Given names keep theirs, whatever an unnamed column would be called.
    for place in sorted(range(len(header)), key=lambda place: not header[place]):
        name, count = names[place], counts[names[place]]
        while count:
            counts[name] = count + 1
            numbered = f"{name}.{count}"
            count = count + 1 if numbered in names else counts[numbered]
            names[place] = numbered
        counts[names[place]] += 1
    return names

"""Columns of numbers that are read at once: which are, and that they are the numbers of cells read alone."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from picklejar.batch.rows import numbers_written
from picklejar.cells.dialect import LEARNED, OF_PANDAS, UNDESCRIBED, Dialect
from picklejar.cells.meaning import many_reader, reader

GERMAN = LEARNED.replaced(decimal=",", thousands=".")
DIALECTS = [
    *[UNDESCRIBED, LEARNED, OF_PANDAS, GERMAN, UNDESCRIBED.replaced(decimal=",")],
    *[LEARNED.replaced(decimal=".", thousands=mark) for mark in ",' "],
]


def _read(cells: list[str], dialect: Dialect = UNDESCRIBED, delimiter: str = ",", kind: str = "number") -> Any:
    read = many_reader(kind, dialect, delimiter)
    assert read is not None
    numbers = read(cells)
    return None if numbers is None else numbers.tolist()


@given(
    st.lists(st.text("0123456789.,-+eE _'\t\x1c\u0661na", max_size=8) | st.floats(width=64).map(repr), min_size=1),
    st.sampled_from(DIALECTS),
    st.sampled_from([",", ";"]),
    st.sampled_from(["number", "integer"]),
)
@example(["-0"], UNDESCRIBED, ",", "number")
@example(["-0.0", "0"], UNDESCRIBED, ",", "number")
@example(["-0"], UNDESCRIBED, ",", "integer")
@example(["9007199254740993", "179769313486231580793e289", "1e-400"], UNDESCRIBED, ",", "number")
@example(["1,5e3"], UNDESCRIBED, ";", "number")
@example(["1.000"], LEARNED.replaced(decimal=","), ";", "integer")
def test_numbers_read_at_once_are_those_of_each_cell(
    cells: list[str], dialect: Dialect, delimiter: str, kind: str
) -> None:
    numbers = _read(cells, dialect, delimiter, kind)
    if numbers is not None:
        alone = reader(kind, None, dialect, delimiter)
        expected: list[Any] = [alone(cell) for cell in cells]
        assert all(isinstance(number, int | float) for number in expected)
        assert [struct.pack("d", number) for number in numbers] == [struct.pack("d", number) for number in expected]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_as_programs_write_them_are_read_at_once(numbers: list[float]) -> None:
    cells = [f"{number!r} " for number in numbers]
    assert _read(cells) == numbers
    assert _read([cell.replace(".", ",") for cell in cells], GERMAN, ";") == numbers


@pytest.mark.parametrize(
    ("cells", "delimiter", "numbers"),
    [
        (["1", "2.5", " -3e2", "1E+5"], ",", [1, 2.5, -300, 100_000]),
        (["1", "2,5", "-0,5"], ";", [1, 2.5, -0.5]),
        (["1.5", "2,5"], ";", None),
        *(
            ([cell, "1"], ",", None)
            for cell in ["", "1_000", "0x10", "nan", "inf", "1e400", "\uff11", "1,5", "1\n2", "-"]
        ),
        *(([cell, "1"], ",", None) for cell in ["+1", ".5", "007", "-0", "[1]", "1 2", "true", "\x1c1", "1\0"]),
    ],
)
def test_a_cell_that_is_written_otherwise_leaves_its_column_to_be_read_alone(
    cells: list[str], delimiter: str, numbers: list[float] | None
) -> None:
    assert _read(cells, UNDESCRIBED, delimiter) == numbers


@pytest.mark.parametrize(
    ("kind", "dialect", "sign"),
    [
        ("boolean", UNDESCRIBED, ""),
        ("string", UNDESCRIBED, ""),
        ("number", UNDESCRIBED, "%"),
        ("number", UNDESCRIBED.replaced(missing=("-999",)), ""),
    ],
)
def test_a_column_whose_cells_may_mean_something_else_is_read_alone(kind: str, dialect: Dialect, sign: str) -> None:
    assert many_reader(kind, dialect, ",", sign) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-5, 1e17), min_size=1))
@example([0.0, -0.0])
@example([1e-4, math.nextafter(1e16, 0), 123.0])
@example([math.nextafter(1e-4, 0)])
@example([1e16])
def test_numbers_are_written_as_python_writes_them(numbers: list[float]) -> None:
    assert numbers_written(numbers) == [*map(repr, numbers)]

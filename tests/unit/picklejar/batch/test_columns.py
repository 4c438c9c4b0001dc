"""The columns: which is found for a feature, and what its cells become in an instance."""

from __future__ import annotations

from typing import Any

import pytest

from picklejar.batch.columns import Columns
from picklejar.batch.layout import Layout
from picklejar.cells.dialect import LEARNED, OF_PANDAS, UNDESCRIBED, Dialect
from picklejar.errors import FileRefused
from picklejar.signature import Feature, Signature, Target

FEATURES = (
    Feature(name="rate", title="Interest rate", description="", example=4, nullable=True, minimum=0, maximum=100),
    Feature(name="sold", title="Sold", description="", example=500),
    Feature(name="floors", title="Floors", description="", type="integer", example=2, default=1),
    Feature(name="furnished", title="Furnished", description="", type="boolean", example=True, default=False),
    Feature(name="colour", title="Colour", description="", type="string", enum=("red", "7"), example="7", default="7"),
    Feature(name="agent", title="Agent", description="", type="string", nullable=True, example="Smith"),
)


def _columns(header: tuple[str, ...], delimiter: str = ",", dialect: Dialect = UNDESCRIBED) -> Columns:
    signature = Signature(features=FEATURES, target=Target(name="y", title="y", description=""), dialect=dialect)
    return Columns(signature, Layout("csv", b"", 0, dialect, delimiter, "\n", header))


def _read(delimiter: str = ",", dialect: Dialect = UNDESCRIBED, **cells: str) -> dict[str, Any]:
    return _columns(tuple(cells), delimiter, dialect).instance(list(cells.values()))


def test_columns_may_come_in_any_order_with_others_between_them() -> None:
    assert _read(id="x", sold="7", rate="4") == {"rate": 4.0, "sold": 7.0}


def test_a_column_is_found_by_its_title_in_any_case_with_spaces_around() -> None:
    columns = _columns((" interest RATE ", "SOLD"))
    assert columns.instance(["1", "2"]) == {"rate": 1.0, "sold": 2.0}
    assert columns.absent == ("floors", "furnished", "colour", "agent")


def test_the_exact_name_goes_before_the_title() -> None:
    assert _read(Sold="1", sold="2")["sold"] == 2.0


@pytest.mark.parametrize(
    ("header", "dialect", "place"),
    [
        (("x", " in\nterest  rate", "sold"), LEARNED, 1),
        (("rate", "rate ", "sold"), OF_PANDAS, 0),
        (("rate.1", "rate", "sold"), OF_PANDAS, 1),
    ],
)
def test_names_are_normalised_as_the_dialect_says(header: tuple[str, ...], dialect: Dialect, place: int) -> None:
    named = (header[0], header[1].replace("in\nterest", "interest"), header[2])
    cells = ["0", "0", "5"]
    cells[place] = "7"
    assert _columns(named, dialect=dialect).instance(cells)["rate"] == 7.0


def test_what_is_blank_is_missing_and_left_out_where_it_may_not_be() -> None:
    assert _read(sold="", rate=" ", floors="", furnished="", colour="", agent="  ") == {"rate": None, "agent": None}


def test_words_for_missing_are_missing_where_the_dialect_says_so() -> None:
    cells = {"sold": "1", "rate": "NA", "furnished": "?", "agent": "NA"}
    assert _read(dialect=LEARNED, **cells) == {"sold": 1.0, "rate": None, "agent": "NA"}
    assert _read(dialect=OF_PANDAS, **cells) == {"sold": 1.0, "rate": None, "furnished": "", "agent": None}


@pytest.mark.parametrize(
    ("header", "delimiter", "says"),
    [
        (("a", "b,c"), None, "Its first line must name the columns; it says 'a', 'b,c'."),
        (
            ("a", ""),
            ";",
            "Its first line must name the columns, with semicolons between them; it says 'a', and 1 column",
        ),
        (("a,sold",), ";", "It has one column, 'a,sold', as no semicolons part its cells; save it with them."),
        (("a^sold",), None, "as none of commas, semicolons, tabs, bars part its cells; save it with one of them."),
    ],
)
def test_a_missing_column_is_told_with_what_there_is(header: tuple[str, ...], delimiter: Any, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        _columns(header, dialect=LEARNED.replaced(delimiter=delimiter))
    assert str(refused.value).startswith("The file has no column sold. ")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("field", "cell", "end"),
    [
        ("sold", "abc", "must be a number, written like 500"),
        ("furnished", "2", "must be yes or no"),
        ("sold", "1", None),
        ("agent", "", None),
        ("nothing", "1", None),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_with_how_it_is_written(field: str, cell: str, end: str | None) -> None:
    columns = _columns(("sold", "furnished", "agent"))
    cells = {"sold": "1", "furnished": "no", "agent": "x"} | {field: cell}
    instance = columns.instance([cells["sold"], cells["furnished"], cells["agent"]])
    assert columns.unreadable(field, instance) == end

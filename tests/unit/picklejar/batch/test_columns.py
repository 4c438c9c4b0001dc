"""The columns: cells by the rules that the page has, whose own suite, tests/web/sheet.test.js, is the example."""

from __future__ import annotations

from typing import Any

import pytest

from picklejar.batch.columns import NO_TEXT, UNREADABLE, Columns
from picklejar.signature import Feature, Signature, Target

FEATURES = (
    Feature(name="rate", title="Interest rate", description="", example=4, nullable=True, minimum=0, maximum=100),
    Feature(name="sold", title="Sold", description="", example=500),
    Feature(name="floors", title="Floors", description="", type="integer", example=2, default=1),
    Feature(name="furnished", title="Furnished", description="", type="boolean", example=True, default=False),
    Feature(name="colour", title="Colour", description="", type="string", enum=("red", "7"), example="7", default="7"),
    Feature(name="agent", title="Agent", description="", type="string", nullable=True, example="Smith"),
)
SIGNATURE = Signature(features=FEATURES, target=Target(name="y", title="y", description=""))


def _read(delimiter: str = ",", **cells: str) -> dict[str, Any]:
    return Columns(SIGNATURE, tuple(cells), delimiter).instance(list(cells.values()))


def test_columns_may_come_in_any_order_with_others_between_them() -> None:
    assert _read(id="x", sold="7", rate="4") == {"rate": 4.0, "sold": 7.0}


def test_a_column_is_found_by_its_title_in_any_case_with_spaces_around() -> None:
    columns = Columns(SIGNATURE, (" interest RATE ", "SOLD"), ",")
    assert columns.instance(["1", "2"]) == {"rate": 1.0, "sold": 2.0}
    assert columns.absent == ("floors", "furnished", "colour", "agent")


def test_the_exact_name_goes_before_the_title() -> None:
    assert _read(Sold="1", sold="2")["sold"] == 2.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4.0),
        (" 4.5 ", 4.5),
        ("-1e3", -1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("+1", 1.0),
        *((text, UNREADABLE) for text in ["abc", "1,5", "1,234.5", "0x10", "Infinity", "nan", "1e999", "1_000", "١٢"]),
        ("\udcff", UNREADABLE),
    ],
)
def test_a_number_is_written_with_digits_and_a_point(text: str, value: object) -> None:
    assert _read(sold=text)["sold"] == value


@pytest.mark.parametrize(("text", "value"), [("1,5", 1.5), ("1.5", 1.5), ("1.234,5", UNREADABLE)])
def test_a_decimal_comma_is_one_only_where_it_parts_no_cells(text: str, value: object) -> None:
    assert _read(";", sold=text)["sold"] == value


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("2.0", 2), ("2.5", 2.5), ("two", UNREADABLE)])
def test_a_whole_number_is_sent_as_one(text: str, value: object) -> None:
    floors = _read(sold="1", floors=text)["floors"]
    assert (floors, type(floors)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), (" Yes ", True), ("1", True), ("FALSE", False), ("no", False), ("0", False), ("2", UNREADABLE)],
)
def test_a_truth_value_is_yes_or_no(text: str, value: object) -> None:
    assert _read(sold="1", furnished=text)["furnished"] is value


def test_a_choice_has_no_spaces_around_and_a_text_keeps_them() -> None:
    assert _read(sold="1", colour=" 7 ", agent=" Smith, 7 ").items() >= {"colour": "7", "agent": " Smith, 7 "}.items()


def test_what_is_blank_is_missing() -> None:
    assert _read(sold="", rate=" ", floors="", furnished="", colour="", agent="  ") == {"rate": None, "agent": None}


def test_text_that_is_no_utf_8_is_none() -> None:
    assert _read(sold="1", agent="M\udcfcller")["agent"] == NO_TEXT

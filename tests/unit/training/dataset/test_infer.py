from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from picklejar.cells.dialect import LEARNED
from picklejar.errors import InvalidTrainingData
from picklejar.signature import Feature
from picklejar.wording import Label
from training.dataset.describe import typed
from training.dataset.infer import NO_EXAMPLE, has_words, infer, infer_features, infer_target, prose, title, useless
from training.table import Cells

ROWS = 40
SIZES = [str(1.5 * row) for row in range(ROWS)]


def _column(cells: list[Any], name: str = "column") -> pd.Series[Any]:
    """Return a column as a file with these cells gives it; texts alone, and None where one is empty."""
    return _table({name: cells})[name]


def _table(columns: dict[str, list[Any]]) -> pd.DataFrame:
    texts = {name: [cell or "" for cell in cells] for name, cells in columns.items()}
    table, _ = typed(Cells(texts, ",", [*range(len(next(iter(texts.values()))))], 0, 0), LEARNED)
    return table


def _cells(*texts: str | None) -> list[str | None]:
    return [texts[row % len(texts)] for row in range(ROWS)]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (_cells("3", "1", "2"), {"type": "integer", "example": 2}),
        (_cells("3", "1", "2", None), {"type": "integer", "example": 2, "nullable": True}),
        (_cells("1.0", "2.0"), {"example": 1.5}),
        (SIZES, {"example": 29.25}),
        (["1.23456789"] * ROWS, {"example": 1.23457}),
        (["123456789012345678901"] * ROWS, {"example": 1.23457e20}),
        (_cells("TRUE", "false", "True"), {"type": "boolean", "example": True}),
        (_cells("true", "false", "NA", "false"), {"type": "boolean", "example": False, "nullable": True}),
        (_cells("yes", "no", "yes"), {"type": "string", "enum": ("no", "yes"), "example": "yes"}),
        (_cells("b", "a", None), {"type": "string", "enum": ("a", "b"), "example": "b", "nullable": True}),
        (_cells("007", "08"), {"type": "string", "enum": ("007", "08"), "example": "007"}),
        ([f"t{row}" for row in range(ROWS)], {"type": "string", "example": "t0"}),
        (_cells("two\nlines", "one"), {"type": "string", "example": "one"}),
    ],
)
def test_a_feature_is_what_its_column_holds(cells: list[str | None], words: dict[str, Any]) -> None:
    expected = Feature(**({"name": "column", "title": "Column", "description": ""} | words))
    assert infer_features(_column(cells).to_frame()) == (expected,)


def test_a_list_to_choose_from_has_at_most_fifty_texts() -> None:
    fifty, more = (_column([f"{row % count:02} a" for row in range(200)]).to_frame() for count in (50, 51))
    assert len(infer_features(fifty)[0].enum or ()) == 50
    assert infer_features(more)[0].enum is None


def test_columns_of_any_data_frame_are_features() -> None:
    frame = pd.DataFrame({"n": [1, 2, 2], "f": [1.0, None, 3.0], "b": [True, False, True], "o": [True, None, True]})
    frame["c"] = pd.Categorical(["x", "y", "x"])
    types = {feature.name: (feature.type, feature.nullable) for feature in infer_features(frame)}
    assert types == {
        "n": ("integer", False),
        "f": ("number", True),
        "b": ("boolean", False),
        "o": ("boolean", True),
        "c": ("string", False),
    }


@pytest.mark.parametrize("column", [pd.Series([None, None]), pd.Series(pd.to_datetime(["2020-01-01"] * 3))])
def test_a_column_of_nothing_and_one_of_dates_is_no_feature(column: pd.Series[Any]) -> None:
    with pytest.raises(InvalidTrainingData, match="which is not a type of a feature"):
        infer_features(column.to_frame("when"))


@pytest.mark.parametrize(
    ("cells", "name", "reason"),
    [
        ([None] * ROWS, "a", "has no value at all"),
        (["1", "2", "3"] + [None] * 37, "a", "has a value in 3 of 40 rows only"),
        (_cells("x"), "a", "says 'x' wherever it says anything"),
        (_cells("1", None), "a", "says '1' wherever it says anything"),
        ([str(row) for row in range(1, 41)], "a", "has another whole number in every row"),
        ([str(row * 3) for row in range(ROWS)], "customer_id", "has another whole number in every row"),
        ([str(row * 3) for row in range(ROWS)], "userId", "has another whole number in every row"),
        (_cells("12345678901234567890", "1"), "a", "holds whole numbers above 9,007,199,254,740,992"),
        ([f"2020-01-{row % 28 + 1:02}" for row in range(ROWS)], "a", "holds dates; derive a number from it"),
        ([f"{row % 28 + 1}/12/2020 10:00" for row in range(ROWS)], "a", "holds dates"),
        ([f"3 March {2000 + row}" for row in range(ROWS)], "a", "holds dates"),
        ([*SIZES[1:], "big"], "a", "holds numbers, but for 1 of its 40 values, like 'big'"),
        (_cells("$1,200.50", "€7"), "a", "holds numbers like '$1,200.50'; write them with digits and a decimal point"),
        (_cells("10%", "5 %", "0.5"), "a", "holds numbers like '10%'; write them"),
        (_cells("1'000", "20 000"), "a", 'holds numbers like "1\'000"; write them'),
        ([f"t{row}" for row in range(ROWS)], "a", "has 40 different texts in 40 rows"),
        (
            ["#N/V", *(f"1.{row:03},5" for row in range(1, ROWS))],
            "a",
            "holds numbers, but for 1 of its 40 values, like",
        ),
        ([f"{row:05}" for row in range(ROWS)], "a", "has 40 different texts in 40 rows"),
        (["x", *(f"{row:05}" for row in range(1, ROWS))], "a", "has 40 different texts in 40 rows"),
        (_cells("x" * 1_001, "y"), "a", "has texts of more than 1,000 characters"),
    ],
)
def test_what_teaches_nothing_is_left_out_with_the_reason(cells: list[str | None], name: str, reason: str) -> None:
    assert reason in str(useless(_column(cells, name)))


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        ([str(row * 3) for row in range(ROWS)], "paid"),
        (_cells("7", "8"), "id"),
        (SIZES, "id"),
        (_cells("02134", "90210"), "postcode"),
        (_cells("May", "June"), "month"),
        (_cells("1-5", "6-10", "11+"), "children"),
        (_cells("1.2.3", "1.10.0"), "release"),
        (_cells("$", "$$"), "price_level"),
        (_cells("None", "None", "BrkFace"), "veneer"),
        (_cells("true", "false", None), "open"),
    ],
)
def test_what_may_teach_something_is_kept(cells: list[str | None], name: str) -> None:
    assert useless(_column(cells, name)) is None


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (SIZES, ()),
        ([str(row) for row in range(ROWS)], ()),
        (_cells("1", "2", "3"), ()),
        (_cells("1", "2", "3") * 2, (1, 2, 3)),
        (_cells("1", "0"), (0, 1)),
        (_cells("1.0", "0.0", None), (0, 1)),
        (_cells("1.5", "0.5"), ()),
        (_cells("true", "FALSE"), (False, True)),
        (_cells("yes", "no"), ("no", "yes")),
        (_cells("Y", "N"), ("N", "Y")),
        (_cells("absent", "ill"), ("absent", "ill")),
        (_cells("stays", "leaves", "stays"), ("stays", "leaves")),
        (_cells("None", "mild", "none", "None"), ("None", "mild", "none")),
        (_cells("b", "a", "c", None), ("a", "b", "c")),
    ],
)
def test_a_target_is_a_number_or_classes_of_two_the_one_in_question_last(
    cells: list[str | None], classes: tuple[Label, ...]
) -> None:
    found = infer_target(_column(cells), "a_target")
    assert (found.name, found.title, found.labels) == ("a_target", "A target", classes)
    assert [type(label) for label in found.labels] == [type(label) for label in classes]


def test_whole_numbers_are_predicted_as_one_wants() -> None:
    grades = _column(_cells("1", "2", "3"))
    assert infer_target(grades, "grade", classes=True).labels == (1, 2, 3)
    assert infer_target(_column(_cells("0", "1")), "grade", classes=False).labels == ()


@pytest.mark.parametrize(
    ("cells", "classes", "sentence"),
    [
        (_cells("x"), None, "t has the value 'x' alone; there is nothing to predict."),
        ([None] * ROWS, None, "t has no value; there is nothing to predict."),
        ([f"t{row}" for row in range(101)], None, "t has 101 different values; a classifier tells at most 100 apart."),
        ([str(row) for row in range(101)], True, "t has 101 different values; a classifier tells at most 100 apart."),
        (SIZES, True, "t has no whole numbers, so that it cannot be predicted as classes."),
        (_cells("yes", "no"), False, "t has no numbers, so that it cannot be predicted as a number."),
        ([f"2020-01-{row % 28 + 1:02}" for row in range(ROWS)], None, "t cannot be the target: it holds dates"),
        ([*SIZES[1:], "much"], None, "t cannot be the target: it holds numbers, but for 1 of its 40 values"),
    ],
)
def test_what_is_no_target_is_refused(cells: list[str | None], classes: bool | None, sentence: str) -> None:
    with pytest.raises(InvalidTrainingData, match=sentence):
        infer_target(_column(cells), "t", classes=classes)


def test_rows_without_a_target_count_for_nothing() -> None:
    cells = {"size": SIZES, "only_once": ["x"] * 20 + ["y"] * 20, "price": [*SIZES[:20], *[None] * 20]}
    found = infer(_table(cells), "price")
    assert (found.rows, found.untold) == (20, 20)
    assert [feature.name for feature in found.features] == ["size"]
    assert found.left_out == {"only_once": "says 'x' wherever it says anything"}


def test_a_table_of_nothing_to_learn_from_is_refused_with_every_reason() -> None:
    cells = {"a": ["x"] * ROWS, "b": [None] * ROWS, "price": SIZES}
    sentence = "No column is left to predict price from: a says 'x' wherever it says anything; b has no value at all."
    with pytest.raises(InvalidTrainingData, match=sentence):
        infer(_table(cells), "price")


def test_a_title_is_the_name_as_people_read_it() -> None:
    assert [title(name) for name in ("avg_area_income", "Avg. Area Income", "_", "ärger")] == [
        "Avg area income",
        "Avg. Area Income",
        "_",
        "Ärger",
    ]


@pytest.mark.parametrize(("values", "labels"), [(10, 10), (11, 0)])
def test_ten_whole_numbers_over_two_hundred_rows_are_classes_and_eleven_are_not(values: int, labels: int) -> None:
    target = infer_target(pd.Series([row % values for row in range(220)]), "grade", classes=None)
    assert len(target.labels) == labels


def test_rows_without_a_target_say_what_may_be_asked() -> None:
    cells = {
        "size": [*SIZES[:39], None],
        "city": ["Ulm", "Bonn"] * 19 + ["Jena", "Jena"],
        "row": [str(row) for row in range(ROWS)],
        "price": [*SIZES[:38], None, None],
    }
    found = infer(_table(cells), "price")
    size, city = found.features
    assert (size.nullable, city.nullable, city.enum) == (True, False, ("Bonn", "Jena", "Ulm"))
    assert found.unlearned == {"city": ["Jena"]}
    assert found.left_out == {"row": "has another whole number in every row, as an identifier has"}


LETTERS = [f"Dear team, parcel {row} of mine is {'late' if row % 2 else 'broken'}, please help." for row in range(ROWS)]


def test_texts_of_several_words_may_be_counted() -> None:
    table = _table({"letter": LETTERS, "size": SIZES, "late": _cells("no", "yes"), "name": _names()})
    assert has_words(table["letter"])
    assert not any(has_words(table[name]) for name in ("size", "late", "name"))
    inferred = infer(table, "late")
    assert [feature.name for feature in inferred.features] == ["size"]
    assert [feature.name for feature in inferred.prose] == ["letter"]
    assert inferred.left_out.keys() == {"letter", "name"}


def _names() -> list[Any]:
    return [f"{first}son, {second}y" for first in "ABCDEFGH" for second in "klmno"]


def test_letters_alone_are_enough() -> None:
    inferred = infer(_table({"letter": LETTERS, "late": _cells("no", "yes")}), "late")
    assert (inferred.features, [feature.name for feature in inferred.prose]) == ((), ["letter"])


def test_texts_that_are_counted_have_a_short_example_and_empty_ones_for_missing() -> None:
    feature = prose(_column([None, "x" * 400, *LETTERS[:5]], "my letter"))
    assert (feature.name, feature.title, feature.format, feature.default) == ("my letter", "My letter", "text", "")
    assert feature.example in LETTERS
    assert prose(_column(LETTERS)).default is None
    assert prose(_column(LETTERS), withheld=True).example == NO_EXAMPLE
    assert prose(_column([None, None])).example == NO_EXAMPLE
    assert prose(_column(["x" * 20_001, "y"])).max_length == 20_001

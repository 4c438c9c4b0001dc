from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from picklejar.errors import InvalidTrainingData
from tests.rent import read as read_rent
from tests.rent import rent
from training.dataset.load import load
from training.models.sales import MODEL
from training.table import read_table

HEADER = "rate,sales_in_first_month,sales_in_second_month,sales_in_third_month\n"
GOOD = "1,1,2,3\n" * 3


def test_a_data_set_carries_the_hash_of_its_file() -> None:
    dataset = load(MODEL, MODEL.data)
    assert dataset.sha256 == hashlib.sha256(MODEL.data.read_bytes()).hexdigest()
    assert (dataset.rows.X.shape, dataset.rows.y.shape) == ((6, 3), (6,))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "cannot be read as a CSV file"),
        (b"\x89PNG\r\n\xff\xfe", "cannot be read as a CSV file"),
        (HEADER.encode(), "has 0 rows; at least 3 are needed"),
        (f"{HEADER}1,1,2,3\n1,1,2,3\n".encode(), "has 2 rows; at least 3 are needed"),
        (HEADER.encode() + b"1,1,,3\n" * 3, "has no value at all for sales_in_second_month"),
        (b"rate,price\n1,2\n", "has no column for sales_in_first_month, sales_in_second_month, sales_in_third_month"),
        (f"{HEADER}thirteen,1,2,3\n{GOOD}".encode(), "row 0: rate must be a number, not text"),
        (f"{HEADER}1,1,2,3\n1,-1,,3\n{GOOD}".encode(), "row 1: sales_in_first_month must be at least 0"),
        (f"{HEADER}1,1,2,3\n1,1,,3\n{GOOD}".encode(), "row 1: sales_in_second_month must be a number, not null"),
        (f"{HEADER}1,1,2,3\n1,1,2,\n{GOOD}".encode(), "row 1 .* sales_in_third_month must be a finite number"),
        (f"{HEADER}1,1,2,much\n{GOOD}".encode(), "row 0 .* sales_in_third_month must be a finite number"),
        (
            f"{HEADER}1,1,2,-1e200\n{GOOD}".encode(),
            "row 0 .* sales_in_third_month is -1e.200, beyond .* leave the cell",
        ),
        (f"{HEADER}1,1,2,3\n1,1,1e101,3\n{GOOD}".encode(), "row 1 .* sales_in_second_month is 1e.101, beyond what"),
        (HEADER.encode() + b"x,1,2,3\n" * 11, "and 1 more"),
    ],
)
def test_a_data_set_that_breaks_the_signature_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidTrainingData, match=sentence):
        load(MODEL, file)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1,x,2,3", "row 3: sales_in_first_month must be a number"),
        ("1,1,1e101,3", "row 3 .* sales_in_second_month is 1e.101"),
        ("1,1,2,x", "row 3 .* sales_in_third_month must be a finite number"),
        ("1,1,2,-1e200", "row 3 .* sales_in_third_month is -1e.200"),
    ],
)
def test_rows_are_numbered_as_in_the_file_whatever_is_left_out_of_it(tmp_path: Path, row: str, sentence: str) -> None:
    # Before it come an empty row, one without a target, and one that is taken.
    file = tmp_path / "sales.csv"
    file.write_text(f"{HEADER},,,\n1,1,2,\n1,1,2,3\n{row}\n{GOOD}")
    definition = replace(MODEL, read=lambda path: read_table(path, MODEL.signature))
    with pytest.raises(InvalidTrainingData, match=sentence):
        load(definition, file)


def test_categories_are_read_for_people_and_for_estimators(tmp_path: Path) -> None:
    definition = rent(tmp_path)
    dataset = load(definition, definition.data)
    assert dataset.frame.columns.tolist() == [*definition.signature.names, "rent"]
    assert dataset.frame["furnished"].tolist()[:2] == ["no", "yes"]
    assert dataset.frame["furnished"].isna().sum() == 40
    assert isinstance(dataset.rows.X, pd.DataFrame)
    assert dataset.rows.X["furnished"].tolist()[:2] == [0, 1]
    assert dataset.rows.X["agent"].tolist()[:2] == ["Smith & Sons", None]


@pytest.mark.parametrize(
    ("dtype", "missing"), [("str", None), (object, None), (object, float("nan")), ("category", None)]
)
def test_whatever_pandas_holds_strings_in_an_estimator_gets_plain_ones(
    tmp_path: Path, dtype: Any, missing: Any
) -> None:
    def read(path: Path) -> pd.DataFrame:
        agents = pd.Series(["A", missing, "B"] * 40, dtype=object).astype(dtype)
        return read_rent(path).assign(agent=agents)

    definition = rent(tmp_path, read=read)
    X = load(definition, definition.data).rows.X
    assert isinstance(X, pd.DataFrame)
    assert X["agent"].dtype == object
    assert X["agent"].tolist()[:3] == ["A", None, "B"]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("district", "Moon", r"row 1: district must be one of Old Town, Harbour, West \| End, Hills"),
        ("district", None, "row 1: district must be text, not null"),
        ("agent", 7, "row 1: agent must be text, not a number"),
        ("furnished", 1, "row 1: furnished must be true or false, not a number"),
        ("furnished", "yes", "row 1: furnished must be true or false, not text"),
    ],
)
def test_categories_that_break_the_signature_are_refused(
    tmp_path: Path, column: str, value: object, sentence: str
) -> None:
    def read(path: Path) -> pd.DataFrame:
        frame = read_rent(path).astype(object)
        frame.loc[1, column] = value
        return frame

    definition = rent(tmp_path, read=read)
    with pytest.raises(InvalidTrainingData, match=sentence):
        load(definition, definition.data)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidTrainingData, match=r"nowhere\.csv cannot be opened"):
        load(MODEL, tmp_path / "nowhere.csv")

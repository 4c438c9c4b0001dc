from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from picklejar.errors import InvalidTrainingData
from training.dataset import load
from training.models.sales import MODEL

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
        (HEADER.encode() + b"x,1,2,3\n" * 11, "and 1 more"),
    ],
)
def test_a_data_set_that_breaks_the_signature_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidTrainingData, match=sentence):
        load(MODEL, file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidTrainingData, match=r"nowhere\.csv cannot be opened"):
        load(MODEL, tmp_path / "nowhere.csv")

"""A notebook's predictions prove a model that is not run, to the digits that the notebook wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.adopt import notebook
from training.adopt.joblib_file import NotAdopted

PATH = Path("notebook.csv")


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "notebook.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "text",
    ["a,prediction,b\n1,x,\n2,y,\n", "a,answer\n1,x\n2, y \n", "prediction\nx\ny\n", "\ufeffprediction\nx\n\ny\n"],
    ids=["by name", "by being the only other", "alone", "with a mark and an empty line"],
)
def test_predictions_are_the_column_of_that_name_or_the_only_other(written: Any, text: str) -> None:
    assert notebook.predictions(written(text), 2, ["a", "b"], ["prediction"]) == [["x", "y"]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("a,b,c,d\n1,2,3,4\n1,2,3,4\n", r"has no column 'prediction'.*frame\.assign"),
        ("prediction\nx\n", "has 1 rows, and the sample 2"),
        ("a,prediction\n1,x\n2\n", r"has no prediction in row 1 \(counted from 0\)"),
    ],
    ids=["empty", "no column", "too few", "a short row"],
)
def test_a_file_without_an_answer_for_each_row_is_refused(written: Any, text: str, sentence: str) -> None:
    with pytest.raises(NotAdopted, match=sentence):
        notebook.predictions(written(text), 2, ["a", "b"], ["prediction"])


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotAdopted, match="cannot be read"):
        notebook.predictions(Path("no.csv"), 2, [], ["prediction"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.35", 12.3456),
        ("12.34", 12.3449),
        ("1.2e3", 1249.0),
        ("-0.00", -0.004),
        ("12.345678901234567", 12.345678901234567),
        ("12.345678901234567", 12.345678901234567 + 1e-12),
        ("3", 3),
        ("3.0", 3),
        ("no", "no"),
        ("True", True),
        ("0", False),
    ],
)
def test_a_prediction_is_the_same_to_the_digits_that_are_written(text: str, value: Any) -> None:
    notebook.check(PATH, "prediction", [text], np.array([value]), 1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.34", 12.3456),
        ("1.2e3", 1251.0),
        ("12.345678901234567", 12.345678901234567 + 1e-9),
        ("nan", 1.0),
        ("many", 1.0),
        ("", 1.0),
        ("4", 3),
        ("3.2", 3),
        ("No", "no"),
        ("True", False),
    ],
)
def test_another_prediction_is_refused_with_the_first_row(text: str, value: Any) -> None:
    with pytest.raises(NotAdopted, match=r"1 of 1 rows differ\. Row 0 .* has the prediction .* here and"):
        notebook.check(PATH, "prediction", [text], np.array([value]), 1e-12)

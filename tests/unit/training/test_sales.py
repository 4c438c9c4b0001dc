from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from training.dataset.load import load
from training.models.sales import MODEL, NUMBERS, read

# The last digits depend on the processor's way of adding.
CLOSE = 1e-13


@pytest.fixture(scope="module")
def fitted():
    rows = load(MODEL, MODEL.data).rows
    return MODEL.estimator().fit(rows.X, rows.y)


def test_words_are_numbers_from_zero_to_twelve() -> None:
    assert list(NUMBERS.values()) == list(range(13))
    rates = read(MODEL.data)["rate"].tolist()
    assert [None if math.isnan(rate) else rate for rate in rates] == [None, None, 4, 9, 7, 5]


def test_words_are_read_in_any_case_and_numbers_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(
        "rate,sales_in_first_month,sales_in_second_month,sales_in_third_month\n Four ,1,2,3\n2.5,,2,3\n0,1,2,3\n"
    )
    X = load(MODEL, file).rows.X
    assert X[:, 0].tolist() == [4, 2.5, 0]
    assert np.isnan(X[1, 1])


@pytest.mark.parametrize(
    ("instance", "sales"), [((4.0, 300.0, 500.0), 143.30725879781107), ((5.0, 200.0, 400.0), 523.8530977224776)]
)
def test_the_tutorials_answers_hold(fitted, instance: tuple[float, ...], sales: float) -> None:
    assert fitted.predict(np.array([instance]))[0] == pytest.approx(sales, rel=CLOSE)


def test_the_tutorials_line_is_found(fitted) -> None:
    line = fitted[-1]
    assert line.coef_ == pytest.approx([53.13804852, -1.15531627, -2.11876163], rel=1e-8)
    assert line.intercept_ == pytest.approx(1336.73076205, rel=1e-11)


def test_what_is_missing_counts_as_0_and_as_the_mean(fitted) -> None:
    mean = load(MODEL, MODEL.data).rows.X[:, 1].mean()
    given, missing = fitted.predict(np.array([[0, mean, 500], [np.nan, np.nan, 500]]))
    assert missing == pytest.approx(given, rel=CLOSE)

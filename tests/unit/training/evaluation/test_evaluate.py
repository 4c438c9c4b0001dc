from __future__ import annotations

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from picklejar.errors import InvalidDefinition
from picklejar.manifest import Evaluation, Scores
from picklejar.signature import Target
from training.dataset.inputs import Rows
from training.evaluation.evaluate import FEW_ROWS, evaluate, unseen, verdict

PRICE = Target(name="price", title="Price", description="")
FEW, NONE = np.arange(9), np.arange(0)


def _rows(count: int, seed: int = 0) -> Rows:
    random = np.random.default_rng(seed)
    X = random.normal(size=(count, 2))
    return Rows(X, X @ [3.0, -2.0] + 1 + random.normal(0, 0.5, count))


def _evaluate(train: Rows, test: Rows) -> dict[str, Evaluation]:
    fitted = LinearRegression().fit(train.X, train.y)
    return {evaluation.name: evaluation for evaluation in evaluate(fitted, train, test, PRICE, seed=0)}


def test_many_rows_are_cross_validated_and_few_left_out_one_by_one() -> None:
    assert list(_evaluate(_rows(FEW_ROWS), _rows(0))) == ["train", "cross_validation"]
    assert list(_evaluate(_rows(FEW_ROWS - 1), _rows(0))) == ["train", "leave_one_out"]
    assert list(_evaluate(_rows(200), _rows(100, 1))) == ["train", "test", "cross_validation"]


def test_scores_are_those_of_their_definitions() -> None:
    train, test = _rows(200), _rows(100, 1)
    scores = _evaluate(train, test)["test"]
    residuals = test.y - LinearRegression().fit(train.X, train.y).predict(test.X)
    assert scores.rows == 100
    assert scores.estimator.rmse == pytest.approx(np.sqrt((residuals**2).mean()))
    assert scores.estimator.mae == pytest.approx(np.abs(residuals).mean())
    assert scores.estimator.r2 == pytest.approx(1 - (residuals**2).sum() / ((test.y - test.y.mean()) ** 2).sum())
    assert scores.baseline.rmse == pytest.approx(np.sqrt(((test.y - train.y.mean()) ** 2).mean()))


def test_cross_validation_tells_its_spread() -> None:
    scores = _evaluate(_rows(200), _rows(0))["cross_validation"]
    assert scores.rows == 200
    assert scores.spread is not None
    assert 0 < scores.spread.rmse < scores.estimator.rmse


def test_left_out_rows_are_those_the_estimator_never_saw() -> None:
    rows = _rows(10)
    predicted = []
    for row in range(10):
        others = rows[np.array([other for other in range(10) if other != row])]
        predicted.append(LinearRegression().fit(others.X, others.y).predict(rows.X[[row]])[0])
    assert _evaluate(rows, _rows(0))["leave_one_out"].estimator.rmse == pytest.approx(
        np.sqrt(((rows.y - predicted) ** 2).mean())
    )


def test_rows_may_be_frames() -> None:
    train, test = _rows(200), _rows(100, 1)
    framed = [Rows(pd.DataFrame(rows.X, columns=["a", "b"]), rows.y) for rows in (train, test)]
    pairs = [((train, test), framed), ((train[FEW], test[NONE]), [framed[0][FEW], framed[1][NONE]])]
    for arrays, frames in pairs:
        expected, found = _evaluate(*arrays), _evaluate(*frames)
        assert expected.keys() == found.keys()
        for name, evaluation in expected.items():
            # Where in memory columns stand changes the last digits.
            assert found[name].estimator.rmse == pytest.approx(evaluation.estimator.rmse)


@pytest.mark.parametrize("count", [FEW_ROWS - 1, FEW_ROWS])
def test_a_category_that_only_rows_left_out_have_is_told(count: int) -> None:
    X = pd.DataFrame({"agent": pd.Series(["A"] * (count - 1) + ["B"], dtype=object)})
    rows = Rows(X, np.arange(count, dtype=float))
    careless = make_pipeline(OneHotEncoder(), LinearRegression())
    for score in (
        lambda: evaluate(careless.fit(rows.X, rows.y), rows, rows[NONE], PRICE, 0),
        lambda: unseen(careless, rows, PRICE, 0),
    ):
        with pytest.raises(
            InvalidDefinition, match=r"on rows that it was not fitted on: Found unknown categories \['B'\]"
        ):
            score()


@pytest.mark.parametrize(("rows", "fits"), [(FEW_ROWS - 1, FEW_ROWS - 1), (500, 10)])
def test_unseen_rows_cost_no_more_fits_than_their_number_allows(rows: int, fits: int) -> None:
    done = []

    class Counting(LinearRegression):
        def fit(self, X, y):
            done.append(len(y))
            return super().fit(X, y)

    _, answers = unseen(Counting(), _rows(rows), PRICE, seed=0)
    assert len(answers.predicted) == rows
    assert len(done) == fits
    assert max(done) < rows


@pytest.mark.parametrize(
    ("mae", "unit", "sentence"),
    [
        (80_664.53, "USD", "Typically within $81,000 on rows it had not seen; guessing the average is within $90,000."),
        (3.456, "EUR", "Typically within €3.5 on rows"),
        (12.4, "units", "Typically within 12 units on rows"),
        (0.0123, None, "Typically within 0.012 on rows"),
        (560.0, "CHF", "Typically within 560 CHF on rows"),
        (90_000.0, "USD", "Typically within $90,000 on rows it had not seen; guessing the average is within $90,000."),
        (123_456.0, "units", "Worse than guessing the average: typically off by 120,000 units, where"),
    ],
)
def test_the_verdict_is_what_the_held_out_rows_say(mae: float, unit: str | None, sentence: str) -> None:
    good, baseline = Scores(r2=1, rmse=0, mae=0), Scores(r2=0, rmse=100_000, mae=90_000)
    scores = (
        Evaluation("train", "", 9, good, baseline),
        Evaluation("leave_one_out", "", 9, Scores(r2=0, rmse=1, mae=mae), baseline),
    )
    assert verdict(scores, msgspec.structs.replace(PRICE, unit=unit)).startswith(sentence)

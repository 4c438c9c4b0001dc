from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from picklejar.manifest import Evaluation, Scores
from training.evaluate import FEW_ROWS, Rows, evaluate, verdict


def _rows(count: int, seed: int = 0) -> Rows:
    random = np.random.default_rng(seed)
    X = random.normal(size=(count, 2))
    return Rows(X, X @ [3.0, -2.0] + 1 + random.normal(0, 0.5, count))


def _evaluate(train: Rows, test: Rows) -> dict[str, Evaluation]:
    fitted = LinearRegression().fit(train.X, train.y)
    return {evaluation.name: evaluation for evaluation in evaluate(fitted, train, test, seed=0)}


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


@pytest.mark.parametrize(
    ("rmse", "sentence"),
    [(80.0, "Off by 80 USD"), (200.0, "No predictive value: off by 200 USD"), (100.0, "No predictive value")],
)
def test_the_verdict_is_what_the_held_out_rows_say(rmse: float, sentence: str) -> None:
    good, baseline = Scores(r2=1, rmse=0, mae=0), Scores(r2=0, rmse=100, mae=90)
    scores = (
        Evaluation("train", "", 9, good, baseline),
        Evaluation("leave_one_out", "", 9, Scores(r2=0, rmse=rmse, mae=1), baseline),
    )
    assert verdict(scores, "USD").startswith(sentence)

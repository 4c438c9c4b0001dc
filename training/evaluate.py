"""Scores an estimator beside a baseline that always predicts the training mean, on the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import KFold, LeaveOneOut, cross_val_predict

from picklejar.errors import InvalidDefinition
from picklejar.manifest import Evaluation, Scores
from training.inputs import Floats, Inputs, joined

FOLDS = 10
# Below this a fold of ten has too few rows to be scored, and leaving one out at a time is cheap.
FEW_ROWS = 50
LEFT_OUT = "Each row left out in turn"
# Currencies whose sign is understood everywhere; the others keep their code.
CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class Rows:
    """X of shape (rows, features), as an estimator is fitted on it, and y of shape (rows,)."""

    X: Inputs
    y: Floats

    def __getitem__(self, chosen: NDArray[np.intp]) -> Rows:
        """Return the chosen rows."""
        X = self.X.iloc[chosen] if isinstance(self.X, pd.DataFrame) else self.X[chosen]
        return Rows(X, self.y[chosen])

    def __add__(self, other: Rows) -> Rows:
        """Return these rows and, after them, the others."""
        return Rows(joined(self.X, other.X), np.concatenate([self.y, other.y]))

    def __len__(self) -> int:
        return len(self.y)


@contextmanager
def _asked_for_rows_not_seen() -> Iterator[None]:
    """Name what an estimator cannot do; a category may be in no row but those that are left out."""
    try:
        yield
    except ValueError as error:
        raise InvalidDefinition(f"The estimator cannot be scored on rows that it was not fitted on: {error}") from error


@_asked_for_rows_not_seen()
def evaluate(fitted: Any, train: Rows, test: Rows, seed: int) -> tuple[Evaluation, ...]:
    """Return every evaluation that the number of rows allows.

    Args:
        fitted: the estimator, fitted on `train`.
        train: the rows it was fitted on.
        test: the rows held out; may be empty.
        seed: shuffles the rows into folds.

    Raises:
        InvalidDefinition: the estimator cannot answer rows that it was not fitted on.
    """
    baseline = DummyRegressor().fit(train.X, train.y)
    evaluations = [_scored("train", "Training rows", train, fitted.predict(train.X), baseline.predict(train.X))]
    if len(test):
        predicted, constant = fitted.predict(test.X), baseline.predict(test.X)
        evaluations.append(_scored("test", "Held-out rows", test, predicted, constant))
    everything = train + test
    if len(everything) < FEW_ROWS:
        predicted, constant = left_out(fitted, everything), left_out(baseline, everything)
        evaluations.append(_scored("leave_one_out", LEFT_OUT, everything, predicted, constant))
    else:
        evaluations.append(_ten_folds(fitted, baseline, everything, seed))
    return tuple(evaluations)


@_asked_for_rows_not_seen()
def unseen(estimator: Any, rows: Rows, seed: int) -> tuple[str, Floats]:
    """Return a prediction for each row by a copy of `estimator` that was not fitted on it, and how it was come by.

    Few rows are left out one by one; of many that would take as many fits, so they are left out by folds. Raises
    like `evaluate`.
    """
    if len(rows) < FEW_ROWS:
        return LEFT_OUT, left_out(estimator, rows)
    return "Each fold left out in turn", cross_val_predict(estimator, rows.X, rows.y, cv=_folds(seed))


def left_out(estimator: Any, rows: Rows) -> Floats:
    """Return for each row the prediction of a copy of `estimator` fitted on all the others, shape (rows,)."""
    predicted: Floats = cross_val_predict(estimator, rows.X, rows.y, cv=LeaveOneOut())
    return predicted


def verdict(evaluations: tuple[Evaluation, ...], target_unit: str | None) -> str:
    """Return one sentence on how far off the model typically is (MAE) on rows it was not fitted on."""
    by_name = {evaluation.name: evaluation for evaluation in evaluations}
    held_out = by_name.get("test") or by_name.get("leave_one_out") or by_name["cross_validation"]
    error, guess = (_amount(scores.mae, target_unit) for scores in (held_out.estimator, held_out.baseline))
    if held_out.estimator.mae > held_out.baseline.mae:
        return f"Worse than guessing the average: typically off by {error}, where the average is off by {guess}."
    return f"Typically within {error} on rows it had not seen; guessing the average is within {guess}."


def _amount(value: float, unit: str | None) -> str:
    """Return `value` to two significant digits, which is all an error estimate is good for, with its unit."""
    rounded = float(f"{value:.2g}")
    number = f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"
    if unit in CURRENCY_SIGNS:
        return CURRENCY_SIGNS[unit] + number
    return f"{number} {unit}" if unit else number


def _ten_folds(fitted: Any, baseline: Any, rows: Rows, seed: int) -> Evaluation:
    scores: tuple[list[Scores], list[Scores]] = ([], [])
    for chosen, others in _folds(seed).split(rows.X):
        train, test = rows[chosen], rows[others]
        for estimator, collected in zip((fitted, baseline), scores, strict=True):
            copy = clone(estimator).fit(train.X, train.y)
            collected.append(_scores(test.y, copy.predict(test.X)))
    return Evaluation(
        name="cross_validation",
        title=f"{FOLDS}-fold cross-validation, mean of the folds",
        rows=len(rows),
        estimator=_over_folds(np.mean, scores[0]),
        baseline=_over_folds(np.mean, scores[1]),
        spread=_over_folds(np.std, scores[0]),
    )


def _folds(seed: int) -> KFold:
    return KFold(FOLDS, shuffle=True, random_state=seed)


def _over_folds(summary: Any, scores: list[Scores]) -> Scores:
    return Scores(*(float(summary([getattr(score, word) for score in scores])) for word in Scores.__struct_fields__))


def _scored(name: str, title: str, rows: Rows, predicted: Floats, constant: Floats) -> Evaluation:
    return Evaluation(name, title, len(rows), _scores(rows.y, predicted), _scores(rows.y, constant))


def _scores(actual: Floats, predicted: Floats) -> Scores:
    return Scores(
        r2=float(r2_score(actual, predicted)),
        rmse=float(root_mean_squared_error(actual, predicted)),
        mae=float(mean_absolute_error(actual, predicted)),
    )

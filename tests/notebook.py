"""What a notebook does, which knows nothing of Picklejar: reads a CSV file, fits on the data frame, dumps the model."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

TARGET = "Left?"
TEXTS = ["Contract type", "City"]
NUMBERS = ["Avg. Monthly Bill", "Calls", "Is Senior"]


def write_customers(path: Path, count: int = 120) -> Path:
    """Write customers of whom some left, with cells that are empty; one column is of no use."""
    numbers = random.Random(7)
    rows = []
    for row in range(count):
        contract = ["monthly", "yearly", "two years"][row % 3]
        bill, calls = numbers.uniform(20, 120), numbers.randrange(9)
        left = calls * 12 + bill + 40 * (contract == "monthly") + numbers.gauss(0, 25) > 130
        rows.append(
            {
                "Customer": f"C{row:04}",
                "Contract type": "" if row % 11 == 5 else contract,
                "City": "" if row % 7 == 2 else ["Bergen", "Łódź", "São Paulo", "Cork"][row % 4],
                "Avg. Monthly Bill": "" if row % 9 == 4 else round(bill, 2),
                "Calls": calls,
                "Is Senior": row % 5 == 0,
                TARGET: ["stayed", "left"][left],
            }
        )
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def logistic() -> Pipeline:
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), TEXTS),
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS[:2]),
        remainder="passthrough",
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


def forest() -> Pipeline:
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), TEXTS),
        (SimpleImputer(strategy="median", add_indicator=True), NUMBERS),
    )
    return make_pipeline(columns, RandomForestClassifier(20, random_state=0, n_jobs=2))


def boosting() -> Pipeline:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer((encoder, TEXTS), remainder="passthrough")
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=10))


def fitted(estimator: Any, sample: Path) -> Any:
    """Return the estimator, fitted on the data frame as it was read."""
    frame = pd.read_csv(sample)
    return estimator.fit(frame[TEXTS + NUMBERS], frame[TARGET])


def answers(estimator: Any, sample: Path) -> tuple[list[str], list[list[float]]]:
    """Return what the notebook's model says of its rows: labels, and probabilities in the order of its classes."""
    frame = pd.read_csv(sample)[TEXTS + NUMBERS]
    return estimator.predict(frame).tolist(), estimator.predict_proba(frame).tolist()


def dumped(folder: Path, make: Callable[[], Any] = logistic, file: str = "churn.joblib", **words: Any) -> Path:
    """Fit on customers written to the folder as customers.csv, dump the model beside them, and return its file."""
    sample = write_customers(folder / "customers.csv")
    joblib.dump(fitted(make(), sample), folder / file, **words)
    return folder / file

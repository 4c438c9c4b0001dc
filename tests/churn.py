"""A classifier for the suites alone: whether a customer leaves, by months, calls, contract and plan."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from picklejar.signature import Feature, Signature, Target
from training.definition import Definition

FEATURES = (
    Feature(name="months", title="Months", description="", type="integer", minimum=0, maximum=600, example=12),
    Feature(name="calls", title="Calls", description="Complaints.", minimum=0, nullable=True, example=1),
    Feature(name="contract", title="Contract", description="", type="boolean", example=False),
    Feature(
        name="plan", title="Plan", description="", type="string", enum=("basic", "plus"), nullable=True, example="plus"
    ),
)
TARGET = Target(name="leaves", title="Leaves", description="Within a year.", classes=("no", "yes"))
SIGNATURE = Signature(features=FEATURES, target=TARGET)
STAYS = {"months": 60, "calls": 0, "contract": True, "plan": "plus"}
LEAVES = {"months": 2, "calls": 9, "contract": False, "plan": "basic"}


def write_rows(path: Path, count: int = 200) -> Path:
    """Write a data set whose labels follow from its columns, but for some chance."""
    numbers = random.Random(5)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*(feature.name for feature in FEATURES), "leaves"])
        for row in range(count):
            months, calls, contract = numbers.randint(0, 72), numbers.randint(0, 9), row % 3 == 0
            plan = ("basic", "plus", "")[row % 5 % 3]
            odds = 0.5 * calls - 0.08 * months - 1.5 * contract + (plan == "basic") + numbers.gauss(0, 1)
            leaves = "yes" if odds > 0.5 else "no"
            rows.writerow([months, "" if row % 11 == 5 else calls, contract, plan, leaves])
    return path


def estimator() -> Pipeline:
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan"]),
        (make_pipeline(SimpleImputer(), StandardScaler()), ["months", "calls", "contract"]),
    )
    return make_pipeline(columns, LogisticRegression())


def churn(folder: Path, **words: Any) -> Definition:
    """Return the definition, its data set written to the folder."""
    said: dict[str, Any] = {
        "name": "churn",
        "title": "Churn",
        "description": "Whether a customer leaves.",
        "signature": SIGNATURE,
        "data": write_rows(folder / "churn.csv"),
        "read": pd.read_csv,
        "estimator": estimator,
        "limits": ("No customer is real.",),
    }
    return Definition(**said | words)

"""Sales: the third month's sales from the interest rate and the first two months' sales."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline

from picklejar.signature import Feature, Signature, Target
from training.definition import Definition

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
NUMBERS = {word: float(number) for number, word in enumerate(WORDS)}


def read(path: Path) -> pd.DataFrame:
    """Read the data set, whose rates are words from zero to twelve, numbers, or empty."""
    frame = pd.read_csv(path)
    return frame.assign(rate=frame["rate"].map(_number)) if "rate" in frame else frame


def _number(rate: object) -> object:
    if not isinstance(rate, str):
        return rate
    word = rate.strip().lower()
    try:
        return NUMBERS[word] if word in NUMBERS else float(word)
    except ValueError:
        return rate


def estimator() -> Pipeline:
    """Return the regression behind the rules for missing values, so that requests are treated as rows were."""
    missing = ColumnTransformer(
        [
            ("rate", SimpleImputer(strategy="constant", fill_value=0.0), [0]),
            ("sales_in_first_month", SimpleImputer(strategy="mean"), [1]),
        ],
        remainder="passthrough",
    )
    return make_pipeline(missing, LinearRegression())


MODEL = Definition(
    name="sales",
    title="Sales in the third month",
    description="Linear regression of the third month's sales on the interest rate and the first two months' sales.",
    signature=Signature(
        features=(
            Feature(
                name="rate",
                title="Interest rate",
                description="The interest rate in the period.",
                unit="%",
                minimum=0,
                maximum=100,
                nullable=True,
                when_missing="counts as 0",
                example=4,
            ),
            Feature(
                name="sales_in_first_month",
                title="Sales in the first month",
                description="How much was sold in the first month.",
                unit="units",
                minimum=0,
                maximum=1_000_000_000,
                nullable=True,
                when_missing="counts as the average, {mean:,.0f}",
                example=300,
            ),
            Feature(
                name="sales_in_second_month",
                title="Sales in the second month",
                description="How much was sold in the second month.",
                unit="units",
                minimum=0,
                maximum=1_000_000_000,
                example=500,
            ),
        ),
        target=Target(
            name="sales_in_third_month",
            title="Sales in the third month",
            description="How much will be sold in the third month; below 0 where the line runs out of sense.",
            unit="units",
        ),
    ),
    data=Path(__file__).parents[1] / "data" / "sales.csv",
    read=read,
    estimator=estimator,
    test_size=None,
    limits=(
        "A teaching example on six rows: four numbers are fitted to six points.",
        "It has no say on any real business.",
    ),
)

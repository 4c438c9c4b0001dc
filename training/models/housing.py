"""Housing: the price of a house in the USA from five averages over its area."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.linear_model import LinearRegression

from picklejar.signature import Feature, Signature, Target
from training.definition import Definition

# The published columns and what they are called here; Address is of no use to a regression and left out.
COLUMNS = {
    "Avg. Area Income": "avg_area_income",
    "Avg. Area House Age": "avg_area_house_age",
    "Avg. Area Number of Rooms": "avg_area_rooms",
    "Avg. Area Number of Bedrooms": "avg_area_bedrooms",
    "Area Population": "area_population",
    "Price": "price",
}


def read(path: Path) -> pd.DataFrame:
    """Read the published columns under the names used here; decimals stay."""
    return pd.read_csv(path, usecols=COLUMNS.__contains__).rename(columns=COLUMNS)


def estimator() -> LinearRegression:
    """Return plain least squares, which nothing beat on this data set."""
    return LinearRegression()


MODEL = Definition(
    name="housing",
    title="House price",
    description="Multiple linear regression of house prices in the USA on five averages over the house's area.",
    signature=Signature(
        features=(
            Feature(
                name="avg_area_income",
                title="Average income",
                description="Average yearly income of the people in the area.",
                unit="USD",
                minimum=0,
                maximum=10_000_000,
                example=68_583.11,
            ),
            Feature(
                name="avg_area_house_age",
                title="Average house age",
                description="Average age of the houses in the area.",
                unit="years",
                minimum=0,
                maximum=1_000,
                example=5.98,
            ),
            Feature(
                name="avg_area_rooms",
                title="Average number of rooms",
                description="Average number of rooms of a house in the area.",
                unit="rooms",
                minimum=0,
                maximum=1_000,
                example=6.99,
            ),
            Feature(
                name="avg_area_bedrooms",
                title="Average number of bedrooms",
                description="Average number of bedrooms of a house in the area.",
                unit="bedrooms",
                minimum=0,
                maximum=1_000,
                example=3.98,
            ),
            Feature(
                name="area_population",
                title="Population",
                description="How many people live in the area.",
                unit="people",
                minimum=0,
                maximum=1_000_000_000,
                example=36_163.52,
            ),
        ),
        target=Target(
            name="price",
            title="Price",
            description="What the house sells for; below 0 where the values are far from any seen in training.",
            unit="USD",
        ),
    ),
    data=Path(__file__).parents[1] / "data" / "housing.csv",
    read=read,
    estimator=estimator,
    limits=(
        "The shipped data set is generated: it mimics a published one and describes no real houses.",
        "Averages over an area say little about one house in it.",
    ),
)

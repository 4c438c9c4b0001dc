"""Reproduces the housing model's article: its recipe on its data set, its figures beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

from training.dataset.load import load
from training.models.housing import MODEL

TEST_SIZE = 0.33
SEED = 42


@dataclass(frozen=True)
class Figure:
    """One figure: its name, as printed (None where it is not), and as measured here."""

    name: str
    printed: str | None
    measured: float
    note: str = ""
    cut: bool = False

    @property
    def in_its_digits(self) -> str:
        if self.printed is None:
            return ""
        decimals = len(self.printed.partition(".")[2])
        rounding = ROUND_DOWN if self.cut else ROUND_HALF_EVEN
        return str(Decimal(self.measured).quantize(Decimal(10) ** -decimals, rounding))


@dataclass(frozen=True)
class Reproduction:
    """What the article's recipe gives on a data set.

    `train_r2` and `test_r2` have no unit; `test_rmse` and `intercept` are in USD, `coefficients` in USD per unit of
    their feature. `quartiles` are of the columns before the cast.
    """

    rows: int
    nulls: int
    train_r2: float
    test_r2: float
    test_rmse: float
    intercept: float
    coefficients: dict[str, float]
    quartiles: dict[str, tuple[float, float]]


# What the article prints.
PRINTED_QUARTILES = {
    "avg_area_income": ("61480.56", "75783.34"),
    "avg_area_house_age": ("5.32", "6.65"),
    "avg_area_rooms": ("6.30", "7.67"),
    "avg_area_bedrooms": ("3.14", "4.49"),
    "area_population": ("29403.93", "42861.29"),
    "price": ("997577.14", "1417210.20"),
}


PRICE_SLIP = "The price's upper quartile is a slip in the article for 1471210.20."
R2_CUT = "The article cuts R2 off after three decimals, and rounds the rest."


def reproduce(path: Path) -> Reproduction:
    """Apply the article's recipe to a data set; raises InvalidTrainingData.

    Every column, the price too, is cut to whole numbers; a third of the rows is held out by the article's seed; plain
    least squares is fitted to the rest.
    """
    frame = load(MODEL, path).frame
    whole = frame.astype(int)
    features, target = list(MODEL.signature.names), MODEL.signature.target.name
    X_train, X_test, y_train, y_test = train_test_split(
        whole[features], whole[target], test_size=TEST_SIZE, random_state=SEED
    )
    fitted = LinearRegression().fit(X_train, y_train)
    return Reproduction(
        rows=len(frame),
        nulls=int(frame.isna().sum().sum()),
        train_r2=float(r2_score(y_train, fitted.predict(X_train))),
        test_r2=float(r2_score(y_test, fitted.predict(X_test))),
        test_rmse=float(root_mean_squared_error(y_test, fitted.predict(X_test))),
        intercept=float(fitted.intercept_),
        coefficients=dict(zip(features, map(float, fitted.coef_), strict=True)),
        quartiles={str(name): _quartiles(frame[name]) for name in frame},
    )


def figures(found: Reproduction) -> list[Figure]:
    """Return the article's table beside the measured figures, in its order and units."""
    table = [Figure("rows", "5000", found.rows), Figure("nulls", "0", found.nulls)]
    for name, measured in found.quartiles.items():
        note = PRICE_SLIP if name == "price" else ""
        lower, upper = PRINTED_QUARTILES[name]
        table += [Figure(f"{name} 25 %", lower, measured[0])]
        table += [Figure(f"{name} 75 %", upper, measured[1], note)]
    table += [
        Figure("train R2, %", "89.396", found.train_r2 * 100, R2_CUT, cut=True),
        Figure("test R2, %", "89.028", found.test_r2 * 100, R2_CUT, cut=True),
        Figure("test RMSE, USD", "114729.221", found.test_rmse),
        Figure("intercept", None, found.intercept),
    ]
    return table + [Figure(f"{name} slope", None, value) for name, value in found.coefficients.items()]


def _quartiles(column: pd.Series[float]) -> tuple[float, float]:
    return float(column.quantile(0.25)), float(column.quantile(0.75))

"""Statistics of a data set's columns, for the manifest."""

from __future__ import annotations

from typing import Any

import pandas as pd

from picklejar.manifest import (
    Frequencies,
    Statistics,
)
from picklejar.signature import Signature
from training.report.style import categories


def columns(frame: pd.DataFrame, signature: Signature) -> dict[str, Any]:
    """Return the statistics of numeric columns and the frequencies of others, without texts that are no categories."""
    numbers = frame.select_dtypes("number")
    prose = {feature.name for feature in signature.features if feature.is_prose}
    return {
        "statistics": {str(name): _statistics(column) for name, column in numbers.items()},
        "frequencies": {
            str(name): _frequencies(column, are_categories=name not in prose)
            for name, column in frame.drop(columns=numbers.columns).items()
        },
    }


def _frequencies(column: pd.Series[Any], *, are_categories: bool) -> Frequencies:
    frequent = categories(column) if are_categories else {}
    return Frequencies(int(column.isna().sum()), column.nunique(), tuple(frequent.items()))


def _statistics(column: pd.Series[float]) -> Statistics:
    lower, median, upper = (float(column.quantile(share)) for share in (0.25, 0.5, 0.75))
    return Statistics(
        missing=int(column.isna().sum()),
        mean=float(column.mean()),
        std=float(column.std()),
        minimum=float(column.min()),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        maximum=float(column.max()),
    )

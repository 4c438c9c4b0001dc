"""Inputs: X as an estimator is fitted on it, a float array, or a frame where there are strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.signature import Signature

Floats = NDArray[np.float64]
Inputs = Floats | pd.DataFrame


def inputs(signature: Signature, X: NDArray[Any]) -> Inputs:
    """Return X, as the instance reader makes it, as the estimators of this signature are fitted on it."""
    return frame(signature, X) if signature.has_strings else X


def frame(signature: Signature, X: NDArray[Any]) -> pd.DataFrame:
    """Return X with the features' names over its columns, each of float64 or, for a string, of objects.

    Of objects, because pandas' own type for strings knows no None: the missing would be NaN to the estimator here,
    and None wherever it is asked without pandas.
    """
    columns = {
        feature.name: pd.Series(X[:, position], dtype=object if feature.type == "string" else np.float64)
        for position, feature in enumerate(signature.features)
    }
    return pd.DataFrame(columns)


def joined(first: Inputs, second: Inputs) -> Inputs:
    """Return the rows of both, in this order."""
    if isinstance(first, pd.DataFrame) and isinstance(second, pd.DataFrame):
        return pd.concat([first, second])
    return np.concatenate([first, second])


@dataclass(frozen=True)
class Rows:
    """X of shape (rows, features), as an estimator is fitted on it, and y of shape (rows,), numbers or labels."""

    X: Inputs
    y: NDArray[Any]

    def __getitem__(self, chosen: NDArray[np.intp]) -> Rows:
        """Return the chosen rows."""
        X = self.X.iloc[chosen] if isinstance(self.X, pd.DataFrame) else self.X[chosen]
        return Rows(X, self.y[chosen])

    def __add__(self, other: Rows) -> Rows:
        """Return these rows and, after them, the others."""
        return Rows(joined(self.X, other.X), np.concatenate([self.y, other.y]))

    def __len__(self) -> int:
        return len(self.y)

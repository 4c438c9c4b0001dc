"""X as an estimator is fitted on it: a float array, a frame if there are strings, or one column of texts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.signature import Signature

Floats = NDArray[np.float64]
Texts = pd.Series
Inputs = Floats | pd.DataFrame | Texts


def inputs(signature: Signature, X: NDArray[Any]) -> Inputs:
    """Return the instance reader's X as this signature's estimators are fitted on it.

    Texts whose words are counted, and nothing beside them, are what a vectorizer takes: a series.
    """
    if len(signature.features) == 1 and signature.features[0].is_prose:
        return frame(signature, X)[signature.names[0]]
    return frame(signature, X) if signature.has_strings else X


def rows_of(X: Inputs) -> NDArray[Any]:
    """Return X as objects of shape (rows, features)."""
    return np.asarray(X, dtype=object).reshape(len(X), -1)


def frame(signature: Signature, X: NDArray[Any]) -> pd.DataFrame:
    """Return X with the features' names: float64 columns, and strings as objects.

    pandas' own string type has no None, which the estimator is asked with where pandas is absent.
    """
    columns = {
        feature.name: pd.Series(X[:, position], dtype=object if feature.type == "string" else np.float64)
        for position, feature in enumerate(signature.features)
    }
    return pd.DataFrame(columns)


def append_rows(first: Inputs, second: Inputs) -> Inputs:
    """Return the rows of both."""
    if isinstance(first, pd.DataFrame | pd.Series) and isinstance(second, pd.DataFrame | pd.Series):
        return pd.concat([first, second])
    return np.concatenate([first, second])


@dataclass(frozen=True)
class Rows:
    """X of shape (rows, features), or texts (rows,), and y of shape (rows,), numbers or labels."""

    X: Inputs
    y: NDArray[Any]

    def __getitem__(self, chosen: NDArray[np.intp]) -> Rows:
        X = self.X.iloc[chosen] if isinstance(self.X, pd.DataFrame | pd.Series) else self.X[chosen]
        return Rows(X, self.y[chosen])

    def __add__(self, other: Rows) -> Rows:
        return Rows(append_rows(self.X, other.X), np.concatenate([self.y, other.y]))

    def __len__(self) -> int:
        return len(self.y)

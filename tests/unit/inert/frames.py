"""Tables with a column of each kind that pandas has, for the tests of estimators that choose columns by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

NUMBERS, TEXTS = ["age", "fare"], ["city", "street", "kind", "flag", "level"]


def frame(rng: np.random.Generator, count: int = 300, letters: str = "abc") -> pd.DataFrame:
    """Return columns of each kind that pandas has for numbers, text and truth values."""

    def text(dtype: Any) -> pd.Series[Any]:
        return pd.Series(
            rng.choice([*letters, None], count, p=[0.9 / len(letters)] * len(letters) + [0.1]), dtype=dtype
        )

    return pd.DataFrame(
        {
            "age": rng.integers(1, 90, count),
            "city": text("str"),
            "fare": np.where(rng.random(count) < 0.1, np.nan, rng.normal(size=count)),
            "street": text(object),
            "kind": text("category"),
            "flag": rng.random(count) < 0.5,
            "level": rng.integers(0, 4, count),
        }
    )

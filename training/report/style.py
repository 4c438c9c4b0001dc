"""What all pictures share: colours, categories, and predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from picklejar.wording import shorten
from training.evaluation.predictions import Predictions

MOST_CATEGORIES = 10
LONGEST_LABEL = 24
BLUE, ORANGE = "#2f6db5", "#c8641b"


@dataclass(frozen=True)
class Predicted:
    """The true values of some rows, (rows,), and the answers to them."""

    title: str
    actual: NDArray[Any]
    answers: Predictions


def categories(column: pd.Series[Any]) -> dict[str, int]:
    """Return a column's most frequent categories and their rows, in order."""
    counts = Counter(column.dropna())
    return dict(sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))[:MOST_CATEGORIES])


def shortened(shown: Iterable[str]) -> list[str]:
    """Return categories cut to the room of an axis."""
    return [shorten(category, LONGEST_LABEL) for category in shown]

"""What all pictures have in common: what they are of, their colours, and their categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from picklejar.wording import cut
from training.evaluation.predictions import Predictions

MOST_CATEGORIES = 10
LONGEST_LABEL = 24
BLUE, ORANGE = "#2f6db5", "#c8641b"


@dataclass(frozen=True)
class Predicted:
    """What is so for some rows, of shape (rows,), numbers in the target's unit or labels, and the answers to them."""

    title: str
    actual: NDArray[Any]
    answers: Predictions


def categories(column: pd.Series[Any]) -> dict[str, int]:
    """Return the most frequent categories of a column and the rows of each, those of the most rows first."""
    counts = Counter(column.dropna())
    return dict(sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))[:MOST_CATEGORIES])


def shortened(shown: Iterable[str]) -> list[str]:
    """Return categories as an axis has room for them."""
    return [cut(category, LONGEST_LABEL) for category in shown]

"""The labels of what tells outliers from inliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.reading.state import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Scores that differ by less, beside the largest number that they are made of, do so by rounding.
REACH = 1e-15
INLIER, OUTLIER = 1, -1


def labels_of(scores: Floats, sizes: Floats, reach: float = REACH) -> NDArray[np.int64]:
    """Return 1 for scores of at least 0, and -1 for others.

    `sizes` (rows,) are the largest numbers that each score is made of, or below 0 where it has no rounding. The
    boundary is often a score of the training rows themselves, of which the last digit depends on the processor.

    Raises:
        RowsRefused: only rounding tells on which side of 0 a score is.
    """
    with np.errstate(invalid="ignore"):
        close = np.flatnonzero(np.abs(scores) <= reach * sizes)
    if close.size:
        sentence = "The score is at the boundary between inliers and outliers, and only rounding tells them apart."
        raise RowsRefused(close.tolist(), None, "tie", sentence)
    return np.where(scores < 0, OUTLIER, INLIER)

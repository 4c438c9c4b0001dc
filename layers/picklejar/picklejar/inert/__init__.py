"""The inert reader: reads a scikit-learn pickle as data and predicts from it with NumPy; nothing in it runs.

bytes -> opcodes checked -> records -> state -> inert estimator
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from picklejar.errors import DamagedPickle, UnreadablePickle
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.reading.records import Contents, read
from picklejar.inert.restorer import Restorer

__all__ = ["InertEstimator", "loads", "restore"]


def loads(data: bytes) -> InertEstimator:
    """Return the estimator in `data`, a pickle of protocol 0 to 5 written by scikit-learn 0.19 to 1.9.

    Imports nothing and calls nothing that the file names.

    Raises:
        UnsafePickle: the file names something that Picklejar does not know; it may be a program.
        UnsupportedEstimator: it holds an estimator of scikit-learn, or parameters, that are not read.
        DamagedPickle: it is not a whole pickle, or its values contradict one another.
    """
    return restore(lambda: read(data))


def restore(read_contents: Callable[[], Contents]) -> InertEstimator:
    """Return the estimator that a file's contents are; raises like `loads`."""
    try:
        # A file's numbers overflow as they like; what comes of it is checked, not warned of.
        with np.errstate(all="ignore"):
            value, budget = read_contents()
            return Restorer(budget).estimator(value)
    # That there is no memory for it is not fault of the file's, which may not need more than was agreed on.
    except (UnreadablePickle, MemoryError):
        raise
    # The file is somebody else's: whatever else its values provoke is its fault, and is said as such.
    except Exception as error:
        raise DamagedPickle(
            "The file's values contradict one another, so it is not an estimator that was fitted."
        ) from error

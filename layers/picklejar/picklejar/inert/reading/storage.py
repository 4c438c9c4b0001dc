"""How scikit-learn would store a matrix between two estimators: without its zeros, or in float32.

Here every matrix is dense, and of float64; what differs is done by those who know how X would come to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Storage(IntEnum):
    """A matrix stores every number; all but its zeros; or, of those, some that are not known here."""

    DENSE = 0
    SPARSE = 1
    SPARSE_WITH_ZEROS = 2


class Precision(IntEnum):
    """How near the numbers of X are to scikit-learn's.

    EXACT numbers are its own. COMPUTED ones may differ by their last digit, as sums do. What an encoder of float32
    answers is SINGLE: nothing is lost, yet what follows is computed in float32 there. SCALED, numbers that were equal
    are equal still, but not the ones that were learned. ROUNDED, equal numbers may differ there, so that what jumps
    between them, as trees do, jumps elsewhere.
    """

    EXACT = 0
    COMPUTED = 1
    SINGLE = 2
    SCALED = 3
    ROUNDED = 4

    def scaled(self) -> Precision:
        """Return how near numbers are after one multiplication or addition each."""
        return max(self, Precision.SCALED) if self >= Precision.SINGLE else self

    def counted(self) -> Precision:
        """Return how near whole numbers are that tell where X is; of the type that X has."""
        return Precision.SINGLE if self == Precision.SINGLE else Precision.EXACT

    def computed(self, *, exactly: bool = False) -> Precision:
        """Return how near numbers are that are computed from several, in double precision perhaps exactly as there."""
        if self >= Precision.SINGLE:
            return Precision.ROUNDED
        return self if exactly else Precision.COMPUTED


class Given(NamedTuple):
    """How an estimator's X would come to it."""

    storage: Storage = Storage.DENSE
    precision: Precision = Precision.EXACT
    # How many columns it has, where that is known; older releases do not say it of each estimator.
    width: int = 0


AS_IT_IS = Given()


def joined(parts: Iterable[Given]) -> Given:
    """Return how matrices side by side are stored, of which one that is sparse makes all sparse: `scipy.sparse.hstack`.

    What was dense is then stored without its zeros. One of float64 makes all of float64.
    """
    given = [*parts]
    precisions = [part.precision for part in given]
    if any(precision < Precision.SINGLE for precision in precisions):
        precisions = [Precision.EXACT if precision == Precision.SINGLE else precision for precision in precisions]
    return Given(max((part.storage for part in given), default=Storage.DENSE), max(precisions, default=Precision.EXACT))

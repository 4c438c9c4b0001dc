"""How scikit-learn would store a matrix between two estimators; of a sparse one, some leave the zeros alone.

Here every matrix is dense; what differs is done by those who know how X would come to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Storage(IntEnum):
    """A matrix stores every number; all but its zeros; or, of those, some that are not known here."""

    DENSE = 0
    SPARSE = 1
    SPARSE_WITH_ZEROS = 2


def joined(parts: Iterable[Storage]) -> Storage:
    """Return how matrices side by side are stored, of which one that is sparse makes all sparse: `scipy.sparse.hstack`.

    What was dense is then stored without its zeros.
    """
    return max(parts, default=Storage.DENSE)

"""Turns records into inert estimators, within bounds set by the file's size."""

from __future__ import annotations

import importlib
from typing import Any

from numpy.typing import NDArray

from picklejar.errors import DamagedPickle
from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, InertEstimator
from picklejar.inert.reading import arrays
from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import BYTES_OF_AN_ARRAY, EstimatorState

# A pipeline within a stacking within a pipeline is four deep.
MOST_NESTED_ESTIMATORS = 20
# How often over a file may be read: one that refers to one large array, list or set of attributes a million times
# costs a reader of each a million times its size.
READ_BYTES_PER_BYTE = 16
# How many estimators may answer, by the bytes of the file: one is never written in fewer. Estimators that share
# parts, ten in each of twenty layers, would be a small file that answers forever.
BYTES_PER_ESTIMATOR = 40
FEW_ESTIMATORS = 1_000


class Restorer:
    """Restores each record once, however often the file refers to it."""

    def __init__(self, size: int) -> None:
        self._bytes_left = READ_BYTES_PER_BYTE * size
        self._made: dict[Record, InertEstimator | None] = {}
        # How many estimators answer where one does: itself and its parts, each as often as it is referred to.
        self._calls: dict[Record, int] = {}
        self._most_calls = max(FEW_ESTIMATORS, size // BYTES_PER_ESTIMATOR)
        self._open: list[int] = []
        self._tolerances: list[float] = []

    def estimator(self, record: Any) -> InertEstimator:
        """Return the inert estimator that a record describes.

        Raises:
            DamagedPickle: it is not an estimator, or its state is not what its class learns.
            UnsupportedEstimator: its release or parameters are not read.
        """
        if not isinstance(record, Record) or record.name not in READ:
            shown = record.name if isinstance(record, Record) else type(record).__name__
            raise DamagedPickle(f"An estimator is expected where the file has {shown}.")
        if record not in self._made:
            self._made[record] = None
            self._made[record] = self._restored(record)
        result = self._made[record]
        if result is None:
            raise DamagedPickle(f"One {record.name} of the file contains itself.")
        if self._open:
            self._tolerances[-1] = max(self._tolerances[-1], result.tolerance)
            self._open[-1] += self._calls[record]
            if self._open[-1] > self._most_calls:
                raise DamagedPickle("The file refers to its estimators far more often than it is long.")
        return result

    def array(self, record: Any) -> NDArray[Any]:
        estimator = arrays.array(record)
        self.charge(estimator.nbytes + BYTES_OF_AN_ARRAY)
        return estimator

    def charge(self, cost: int) -> None:
        self._bytes_left -= cost
        if self._bytes_left < 0:
            raise DamagedPickle("The file refers to parts of itself far more often than it is long.")

    def _restored(self, record: Record) -> InertEstimator:
        self._open.append(1)
        self._tolerances.append(0)
        if len(self._open) > MOST_NESTED_ESTIMATORS:
            raise DamagedPickle(f"The file nests more than {MOST_NESTED_ESTIMATORS} estimators within one another.")
        module, _, name = READ[record.name].partition(":")
        reader = getattr(importlib.import_module(f"picklejar.inert.{module}"), name)
        state = EstimatorState(record, self)
        estimator: InertEstimator = reader(state)
        if state.in_float32:
            estimator.tolerance = max(estimator.tolerance, FLOAT32_TOLERANCE)
        self._calls[record] = self._open.pop()
        estimator.tolerance = max(estimator.tolerance, self._tolerances.pop())
        return estimator

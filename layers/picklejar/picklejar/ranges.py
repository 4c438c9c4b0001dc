"""Counts the values of a request that lie outside the training rows, feature by feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from picklejar.manifest import Manifest

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Outside(msgspec.Struct, frozen=True):
    """The number of rows with a value of `feature` outside the training rows."""

    feature: str
    rows: int


class Ranges:
    """The least and greatest training value of each numeric feature."""

    def __init__(self, manifest: Manifest) -> None:
        self._names = [name for name in manifest.signature.names if name in manifest.statistics]
        self._columns = [manifest.signature.names.index(name) for name in self._names]
        self._all = len(self._names) == len(manifest.signature.names)
        self._least = [manifest.statistics[name].minimum for name in self._names]
        self._greatest = [manifest.statistics[name].maximum for name in self._names]
        self._none = self._counted([0] * len(self._names))

    def outside(self, X: NDArray[Any]) -> list[Outside]:
        numbers = X if self._all else X[:, self._columns].astype(np.float64)
        # Most requests have one row, for which arrays take six times as long.
        if len(numbers) == 1 and self._has(numbers[0].tolist()):
            return self._none
        beyond = (numbers < self._least) | (numbers > self._greatest)
        return self._counted(beyond.sum(axis=0).tolist())

    def _has(self, row: list[float]) -> bool:
        for value, least, greatest in zip(row, self._least, self._greatest, strict=True):
            if value < least or value > greatest:
                return False
        return True

    def _counted(self, rows: list[int]) -> list[Outside]:
        return [Outside(*item) for item in zip(self._names, rows, strict=True)]

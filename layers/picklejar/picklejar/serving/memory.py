"""The versions in a container's memory; the least recently used make room."""

from __future__ import annotations

import threading
from collections import OrderedDict

from picklejar.manifest import MODEL_FILE, Manifest
from picklejar.predictor import Predictor


class Memory:
    """Predictors by model and version, up to `budget` bytes of model files.

    The newest stays, however large. A model takes about its file's bytes again once it is read.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._ready: OrderedDict[tuple[str, str], Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, version: str) -> Predictor | None:
        with self._lock:
            predictor = self._ready.get((name, version))
            if predictor is not None:
                self._ready.move_to_end((name, version))
            return predictor

    def keep(self, predictor: Predictor) -> None:
        with self._lock:
            self._ready[_key(predictor.manifest)] = predictor
            self._ready.move_to_end(_key(predictor.manifest))
            while len(self._ready) > 1 and sum(map(_size, self._ready.values())) > self._budget:
                self._ready.popitem(last=False)

    def has_room_for(self, manifest: Manifest) -> bool:
        with self._lock:
            kept = sum(map(_size, self._ready.values()))
            return _key(manifest) in self._ready or kept + _bytes(manifest) <= self._budget

    def holds(self, *manifests: Manifest) -> bool:
        return sum(map(_bytes, manifests)) <= self._budget

    def drop_first(self, manifest: Manifest) -> None:
        """Let a version be the first to make room; until then, a rollback to it takes no time."""
        with self._lock:
            if _key(manifest) in self._ready:
                self._ready.move_to_end(_key(manifest), last=False)


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest.name, manifest.version


def _size(predictor: Predictor) -> int:
    return _bytes(predictor.manifest)


def _bytes(manifest: Manifest) -> int:
    return manifest.files[MODEL_FILE].size

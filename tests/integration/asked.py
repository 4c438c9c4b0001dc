"""A store that notes what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obstore.store import MemoryStore


class Asked:
    """A store that notes what is asked of it, and that may be made to wait or to fail."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.fetched: list[str] = []
        self.before: Callable[[str], None] = lambda _: None

    def get(self, key: str, **options: Any) -> Any:
        self.fetched.append(key.rpartition("/")[2])
        self.before(key)
        return self._store.get(key, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

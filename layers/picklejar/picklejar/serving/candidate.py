"""The candidate: the version that a canary tries, loaded beside the champion."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import wait

from picklejar.background import in_background
from picklejar.errors import JarUnreachable
from picklejar.serving.watch import MOST_PATIENCE, PATIENCE


class Candidate:
    """One candidate in one container.

    A thread loads it, and requests wait for that as briefly as for a look at an alias. The next try is due after `ttl`
    seconds, so a damaged or too large candidate does not keep the container busy.

    Args:
        load: loads the version into memory; raises unless it repeats its golden predictions.
        ttl: seconds until it may be loaded again.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, load: Callable[[], object], ttl: float, clock: Callable[[], float]) -> None:
        self._load, self._ttl, self._clock = load, ttl, clock
        self._due = -math.inf
        self._patience = PATIENCE
        self._loading = threading.Lock()
        # Why the last try failed, while another one goes on, too.
        self.error: Exception | None = None

    def load(self, *, hurry: bool = False) -> None:
        """Begin to load it, unless that is not due, and wait a little; in a hurry only that."""
        if self._clock() >= self._due and self._loading.acquire(blocking=False):
            self._due = self._clock() + self._ttl
            patience = PATIENCE if hurry else self._patience
            wait([in_background(self._try)], patience)

    def _try(self) -> None:
        try:
            self._load()
            self.error, self._patience = None, PATIENCE
        # In any case, the champion answers.
        except Exception as error:
            self.error = _alone(error)
            if isinstance(error, JarUnreachable):
                self._patience = min(2 * self._patience, MOST_PATIENCE)
        finally:
            self._loading.release()


def _alone(error: Exception) -> Exception:
    """Return an error without causes and tracebacks, which would keep the version's objects in memory."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)

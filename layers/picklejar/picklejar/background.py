"""Threads for what a request does not wait for, or not for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from picklejar.errors import JarUnreachable


def in_background[T](task: Callable[[], T]) -> Future[T]:
    """Run the task in a daemon thread, or at once if none can be started for want of memory."""
    future: Future[T] = Future()
    try:
        threading.Thread(target=_run, args=(task, future), daemon=True).start()
    except (RuntimeError, MemoryError):
        _run(task, future)
    return future


def _run[T](task: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(task())
    # Whoever asks for the result gets it.
    except BaseException as error:
        future.set_exception(error)
        # This frame is in the error's traceback: each would hold the other, and all that the task was about.
        del task, future


class Allowance:
    """The seconds that S3 may take for several requests together.

    The client's timeouts bound one request; a load makes several while its caller waits.
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def extend(self, seconds: float) -> None:
        self._left += seconds

    def wait_for[T](self, request: Callable[[], T]) -> T:
        """Return what the request to S3 returns, or raise what it raises; JarUnreachable once the time is up."""
        return self.spend(lambda seconds: in_background(request).result(seconds))

    def spend[T](self, wait: Callable[[float], T]) -> T:
        """Return what `wait` returns, which is given the seconds left; its TimeoutError becomes JarUnreachable."""
        started = time.monotonic()
        try:
            return wait(max(0.0, self._left))
        except TimeoutError:
            raise JarUnreachable(
                "The models' bucket in S3 takes too long to answer at the moment; try again."
            ) from None
        finally:
            self._left -= time.monotonic() - started

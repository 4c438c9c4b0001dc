"""How long to wait before a request is sent again, and whether at all."""

from __future__ import annotations

import random
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from picklejar_client.errors import ClientError, NoAnswer, Unavailable

# What passes: too many requests at once, and an API that is not ready.
RETRIED = frozenset({429, 503})
# A connection that breaks three times in a row does not come back in a second.
MOST_BROKEN_CONNECTIONS = 2
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 8.0


class Retries:
    """The attempts of one request, within `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._attempts = self._broken = 0

    def seconds_for(self, timeout: float) -> float:
        """Return how long the next attempt may take: the first as long as any, the others no longer than all."""
        return min(timeout, self._until - time.monotonic()) if self._attempts else timeout

    def wait(self, error: ClientError) -> bool:
        """Wait until the request may be sent again; False where it may not, or would be too late."""
        self._attempts += 1
        if not self._is_passing(error):
            return False
        pause = self._pause(error.retry_after if isinstance(error, Unavailable) else None)
        if time.monotonic() + pause >= self._until:
            return False
        time.sleep(pause)
        return True

    def _is_passing(self, error: ClientError) -> bool:
        if isinstance(error, NoAnswer):
            self._broken += 1
            return error.is_passing and self._broken <= MOST_BROKEN_CONNECTIONS
        return isinstance(error, Unavailable) and error.status in RETRIED

    def _pause(self, retry_after: float | None) -> float:
        least = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (self._attempts - 1))
        after = max(least, retry_after or 0.0)
        # Never before what was asked for, and not all clients at once behind it.
        return after + after / 2 * random.random()  # noqa: S311


def retry_after_seconds(header: str | None) -> float | None:
    """Return the seconds of a header Retry-After, which has them or a time; None where it says neither."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        then = parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=timezone.utc)
    return max(0.0, (then - datetime.now(timezone.utc)).total_seconds())

"""How long ago a time was, as people say it."""

from __future__ import annotations

from datetime import UTC, datetime

AGES = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def ago(moment: str) -> str:
    """Return how long ago a time in ISO 8601 was, in its largest whole unit."""
    # Trained by a clock that is ahead of ours, or just now, is a second ago.
    seconds = max(1.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
    count, unit = next((int(seconds // size), unit) for size, unit in AGES if seconds >= size)
    return f"{count} {unit}" + ("s" if count != 1 else "") + " ago"

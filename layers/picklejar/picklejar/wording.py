"""The wording of values in sentences."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_LIST_SHOWN = 300
Label = str | int | bool


def text_of(label: Label) -> str:
    """Return a label as people read it; booleans are yes and no."""
    return ("yes" if label else "no") if isinstance(label, bool) else str(label)


def list_of(words: Iterable[str]) -> str:
    """Return the words with commas, cut where they are many."""
    return shorten(", ".join(words), LONGEST_LIST_SHOWN)


def shorten(text: str, longest: int) -> str:
    """Return the beginning of a text, with an ellipsis where it is cut."""
    return text if len(text) <= longest else f"{text[:longest]}…"

"""The wording of values in sentences: cut, listed and quoted."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_LIST_SHOWN = 300
Label = str | int | bool


def said(label: Label) -> str:
    """Return a label as people read it, booleans as yes and no."""
    return ("yes" if label else "no") if isinstance(label, bool) else str(label)


def listed(words: Iterable[str]) -> str:
    """Return the words with commas between them, cut where they are many."""
    return cut(", ".join(words), LONGEST_LIST_SHOWN)


def cut(text: str, longest: int) -> str:
    """Return the text, or so much of its beginning."""
    return text if len(text) <= longest else f"{text[:longest]}…"

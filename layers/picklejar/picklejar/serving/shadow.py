"""The shadow: a candidate that answers what the champion has answered, to be compared."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import numpy as np

from picklejar.background import in_background
from picklejar.errors import CandidateNotReady
from picklejar.predictor import Answer

# No caller is kept longer for what it does not get.
SHADOW_SECONDS = 1.0


class Shadow:
    """Asks one candidate at a time; while a slow one goes on in its thread, none other is asked."""

    def __init__(self) -> None:
        self._asked: Future[Answer] | None = None

    def differences(self, answer: Answer, ask: Callable[[], Answer]) -> dict[str, float]:
        """Return how far the candidate's answer is from the champion's, see `compared`.

        Raises CandidateNotReady for a candidate that is too slow, and whatever `ask` raises.
        """
        if self._asked and not self._asked.done():
            raise CandidateNotReady("The shadow is still at an earlier request.")
        self._asked = in_background(ask)
        try:
            return compared(answer, self._asked.result(SHADOW_SECONDS))
        except TimeoutError:
            raise CandidateNotReady(f"The shadow takes longer than {SHADOW_SECONDS:g} s.") from None


def compared(answer: Answer, other: Answer) -> dict[str, float]:
    """Return how far apart two answers to the same rows are.

    Of labels, the share of rows that differ; of probabilities, the largest difference. Of numbers, the largest and mean
    difference, in the target's unit and relative to the larger of a row's two (0 to 2); of several targets, over all.
    """
    ours, theirs = (
        [[*row.values()] if isinstance(row, dict) else row for row in each.predictions] for each in (answer, other)
    )
    one = ours[0][0] if isinstance(ours[0], list) else ours[0]
    if not isinstance(one, float):
        others = zip(ours, theirs, strict=True)
        return {"disagreements": sum(label != another for label, another in others) / len(ours)}
    first, second = np.array(ours), np.array(theirs)
    # Two numbers may be at the ends of what a float holds.
    with np.errstate(over="ignore"):
        absolute = np.abs(first - second)
        if answer.classes:
            return {"probability": float(absolute.max())}
        larger = np.maximum(np.abs(first), np.abs(second))
        relative = absolute / np.where(larger == 0, 1, larger)
        return {
            "absolute": float(absolute.max()),
            "mean_absolute": float(absolute.mean()),
            "relative": float(relative.max()),
            "mean_relative": float(relative.mean()),
        }

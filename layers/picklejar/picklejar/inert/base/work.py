"""The budget of work for one request: what takes long beside a row's parameters is counted, and refused beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from picklejar.errors import TooLarge

# A step of Python takes as long as so many numbers of NumPy's.
NUMBERS_OF_A_STEP = 100


class _Budget:
    def __init__(self, numbers: float) -> None:
        self.left = numbers


_budget: ContextVar[_Budget | None] = ContextVar("budget", default=None)


@contextmanager
def at_most(numbers: float) -> Iterator[None]:
    """Let what is computed within take so many numbers at most; without it, nothing is bounded."""
    token = _budget.set(_Budget(numbers))
    try:
        yield
    finally:
        _budget.reset(token)


def spend(numbers: float) -> None:
    """Count numbers before they are computed; raises TooLarge where they are beyond the budget."""
    budget = _budget.get()
    if budget is None:
        return
    budget.left -= numbers
    if budget.left < 0:
        raise TooLarge(
            "The model compares the instances with so many training rows, or counts so much of their texts, that "
            "there is not the time for all in one request. Send fewer or shorter ones in each."
        )

"""What was measured: one side beside another, round by round, and how far apart they may be."""

from __future__ import annotations

from statistics import median

import msgspec


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Ours beside another's, one sample of each a round; the two of a round were taken right after one another.

    `limit` is the largest ratio of ours to theirs that is meant to be; None where nothing was promised. `bar` is what
    its bar in the picture is called; None where it has none.
    """

    section: str
    title: str
    ours: list[float]
    theirs: list[float]
    unit: str
    limit: float | None = None
    bar: str | None = None

    @property
    def ratio(self) -> float:
        """The median over the rounds of ours divided by theirs."""
        return median(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    @property
    def kept(self) -> bool | None:
        """Whether the ratio is within the limit; None without one."""
        return None if self.limit is None else self.ratio <= self.limit


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """One number of ours, beside the naive one's where there is one, and the most it may be."""

    title: str
    ours: float
    theirs: float | None
    unit: str
    limit: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether ours is within the limit; None without one."""
        return None if self.limit is None else self.ours <= self.limit


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the benchmarks on one machine; `unread` names the estimators that ours does not read."""

    machine: dict[str, str]
    rounds: int
    comparisons: list[Comparison]
    amounts: list[Amount]
    unread: list[str] = []

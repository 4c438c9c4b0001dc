"""Measurements: ours beside another's, round by round, and the goals."""

from __future__ import annotations

from statistics import median

import msgspec


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One sample of ours and of theirs a round, taken right after one another.

    `limit` is the goal, the largest ratio of ours to theirs; None without one. `bar` is the label of the bar in the
    picture, "ours / theirs"; None without a bar.
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
        """Median over the rounds of ours divided by theirs."""
        return median(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    @property
    def kept(self) -> bool | None:
        """Whether the ratio meets the goal; None without a goal."""
        return None if self.limit is None else self.ratio <= self.limit


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """One number of ours, theirs where there is one, and the goal."""

    title: str
    ours: float
    theirs: float | None
    unit: str
    limit: float | None = None

    @property
    def kept(self) -> bool | None:
        return None if self.limit is None else self.ours <= self.limit


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of a whole take of it, in `unit`."""

    title: str
    parts: dict[str, float]
    unit: str


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One run on one machine; `shares` and `growth` are of docs/performance.md, and the rest of docs/benchmarks.md.

    `unread` names the estimators that ours does not read. `onnx` has by the name of an estimator how far its conversion
    to ONNX deviates, relatively; None where it has none.
    """

    machine: dict[str, str]
    rounds: int
    comparisons: list[Comparison]
    amounts: list[Amount]
    unread: list[str] = []
    onnx: dict[str, float | None] = {}
    shares: list[Shares] = []
    growth: list[Comparison] = []

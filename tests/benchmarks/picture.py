"""The picture of what was measured: how many times less ours takes, on paper of any colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.benchmarks import cold, estimators, traffic, warm
from tests.benchmarks.measurement import Comparison, Results

# Dark enough for white paper and light enough for black.
INK, GRID = "#7d8590", "#7d859055"
BARS = {cold.SECTION: "#2f81f7", warm.SECTION: "#d2751f", traffic.CPU: "#3fa34d"}
LINES = ["#2f81f7", "#d2751f", "#3fa34d", "#b0629f"]


def draw(results: Results, file: Path) -> None:
    """Write the picture as SVG, the same bytes for the same results."""
    style: Any = {"svg.hashsalt": "picklejar", "svg.fonttype": "none", "font.family": "sans-serif", "text.color": INK}
    with mpl.rc_context(style):
        figure = Figure(figsize=(11, 8.5), layout="constrained")
        handler, alone = figure.subplots(2, 1, height_ratios=[3, 2])
        _bars(handler, [one for one in results.comparisons if one.section in BARS])
        _lines(alone, {one.title: one for one in results.comparisons if one.section == estimators.SECTION})
        figure.savefig(file, transparent=True, metadata={"Date": None})


def _bars(axes: Axes, comparisons: list[Comparison]) -> None:
    """Draw a bar for each comparison, with a tick where its limit is."""
    _dress(axes, "How many times less processor time ours takes; a tick marks what was set out for")
    for place, one in enumerate(comparisons):
        axes.barh(place, 1 / one.ratio, color=BARS[one.section], height=0.7)
        axes.text(1 / one.ratio, place, f" {1 / one.ratio:.1f}", va="center", color=INK)
        if one.limit is not None:
            axes.plot([1 / one.limit] * 2, [place - 0.45, place + 0.45], color=INK, linewidth=2)
    axes.set_yticks(
        range(len(comparisons)), [f"{one.section.split(',')[0]}: {one.title}" for one in comparisons], fontsize=7
    )
    axes.set_xscale("log")
    axes.invert_yaxis()


def _lines(axes: Axes, comparisons: dict[str, Comparison]) -> None:
    """Draw a line for each estimator over the number of rows."""
    _dress(axes, "`predict` alone: how many times faster than scikit-learn, by the number of rows")
    for colour, title in zip(LINES, estimators.TITLES.values(), strict=True):
        found = [(rows, comparisons.get(estimators.line(title, rows))) for rows in estimators.ROWS]
        points = [(rows, 1 / one.ratio) for rows, one in found if one]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, marker="o", label=title)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False, labelcolor=INK)


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, color=INK, fontsize=10, loc="left")
    axes.tick_params(colors=INK, which="both")
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    (axes.axvline if "processor" in title else axes.axhline)(1, color=INK, linewidth=1)

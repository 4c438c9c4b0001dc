"""The picture of what was measured: how many times less ours takes, on paper of any colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from tests.benchmarks import cold, estimators, traffic, warm
from tests.benchmarks.measurement import Comparison, Results

# Dark enough for white paper and light enough for black.
INK, GRID = "#7d8590", "#7d859044"
COLOURS = {cold.SECTION: "#2f81f7", warm.SECTION: "#d2751f", traffic.CPU: "#3fa34d"}
LINES = ["#2f81f7", "#d2751f", "#3fa34d", "#b0629f"]
TIMES = [0.5, 1, 2, 5, 10, 20, 50, 100]
STYLE: Any = {"svg.hashsalt": "picklejar", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}


def draw(results: Results, file: Path) -> None:
    """Write the picture as SVG, the same bytes for the same results."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 7.5), layout="constrained")
        handler, alone = figure.subplots(2, 1, height_ratios=[5, 4])
        _bars(handler, [one for one in results.comparisons if one.bar])
        _lines(alone, [one for one in results.comparisons if one.section == estimators.SECTION])
        figure.savefig(file, transparent=True, metadata={"Date": None})


def _bars(axes: Axes, comparisons: list[Comparison]) -> None:
    """Draw a bar for each comparison, from once as fast, and a tick where it was meant to be."""
    _dress(axes, "Processor time, ours / theirs: how many times less; ticks: what was set out for")
    for place, one in enumerate(comparisons):
        less = 1 / one.ratio
        axes.barh(place, less - 1, left=1, color=COLOURS[one.section], height=0.65)
        axes.text(max(less, 1), place, f"  {less:.1f}", va="center", color=INK)
        if one.limit is not None:
            axes.plot([1 / one.limit] * 2, [place - 0.42, place + 0.42], color=INK, linewidth=2)
    axes.set_yticks(range(len(comparisons)), [str(one.bar) for one in comparisons])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xticks(TIMES, [f"{times:g}" for times in TIMES])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(right=1.4 * max(1 / one.ratio for one in comparisons))
    axes.axvline(1, color=INK, linewidth=1)


def _lines(axes: Axes, comparisons: list[Comparison]) -> None:
    """Draw a line for each estimator over the number of rows."""
    _dress(axes, "predict alone: how many times faster than scikit-learn's, by rows")
    less = {one.title: 1 / one.ratio for one in comparisons}
    for colour, title in zip(LINES, estimators.TITLES.values(), strict=True):
        rows = [rows for rows in estimators.ROWS if estimators.line(title, rows) in less]
        times = [less[estimators.line(title, each)] for each in rows]
        if not rows:
            continue
        axes.plot(rows, times, color=colour, marker="o", markersize=4, label=title)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(estimators.ROWS, [f"{rows:,}" for rows in estimators.ROWS])
    axes.set_yticks(TIMES[1:], [f"{times:g}" for times in TIMES[1:]])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.axhline(1, color=INK, linewidth=1)
    axes.legend(frameon=False, labelcolor=INK)


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, color=INK, fontsize=9, loc="left")
    axes.tick_params(colors=INK, which="both", length=0)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)

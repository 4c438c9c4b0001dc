"""The picture of the benchmarks: how many times less ours takes, on any background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from tests.benchmarks import cold, estimators, files, traffic, warm
from tests.benchmarks.measurement import Comparison, Results

# Readable on white and on black.
INK, GRID = "#7d8590", "#7d859044"
COLOURS = {cold.SECTION: "#2f81f7", warm.SECTION: "#d2751f", traffic.CPU: "#3fa34d", files.SECTION: "#b0629f"}
LINES = ["#2f81f7", "#d2751f", "#3fa34d", "#b0629f", "#8a8f98", "#c9a227"]
TIMES = [0.5, 1, 2, 5, 10, 20, 50, 100]
STYLE: Any = {"svg.hashsalt": "picklejar", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}


def draw(results: Results, file: Path) -> None:
    """Write the picture as SVG, the same bytes for the same results."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 7.5), layout="constrained")
        handler, alone = figure.subplots(2, 1, height_ratios=[5, 4])
        _bars(handler, [comparison for comparison in results.comparisons if comparison.bar])
        _lines(alone, [each for each in results.comparisons if each.section == estimators.SECTION])
        figure.savefig(file, transparent=True, metadata={"Date": None})


def _bars(axes: Axes, comparisons: list[Comparison]) -> None:
    """Draw a bar for each comparison, starting at 1, and a tick at its goal."""
    _dress(axes, "Processor time, ours / theirs: how many times less; ticks: goals")
    for place, comparison in enumerate(comparisons):
        less = 1 / comparison.ratio
        axes.barh(place, less - 1, left=1, color=COLOURS[comparison.section], height=0.65)
        axes.text(max(less, 1), place, f"  {less:.1f}", va="center", color=INK)
        if comparison.limit is not None:
            axes.plot([1 / comparison.limit] * 2, [place - 0.42, place + 0.42], color=INK, linewidth=2)
    axes.set_yticks(range(len(comparisons)), [str(comparison.bar) for comparison in comparisons])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xticks(TIMES, [f"{times:g}" for times in TIMES])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(right=1.4 * max(1 / comparison.ratio for comparison in comparisons))
    axes.axvline(1, color=INK, linewidth=1)


def _lines(axes: Axes, comparisons: list[Comparison]) -> None:
    _dress(axes, "predict alone: how many times faster than scikit-learn's, by rows")
    less = {comparison.title: 1 / comparison.ratio for comparison in comparisons}
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
    # In the space that the labels of the bars above leave.
    axes.legend(frameon=False, labelcolor=INK, loc="center right", bbox_to_anchor=(-0.07, 0.5))


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, color=INK, fontsize=9, loc="left")
    axes.tick_params(colors=INK, which="both", length=0)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)

"""A version's pictures: the data set and the predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter
from numpy.typing import NDArray

from picklejar.manifest import Picture
from picklejar.signature import Signature, Target
from training.evaluation.predictions import Predictions
from training.report import label_plots
from training.report.style import BLUE, ORANGE, Predicted, categories, shortened

# No screen is needed, or looked for.
mpl.use("agg")
# A category may have dollar signs in it, and is not a formula.
mpl.rcParams["text.parse_math"] = False
# A card shows so many pictures of predictions, and no more.
MOST_TARGETS_DRAWN = 8
# More fit into no picture, and take minutes to draw; the first are shown, and named beside it.
MOST_COLUMNS, MOST_COLUMNS_IN_PAIRS = 24, 8
# A scatter of all rows would be one dark cloud, and slow.
MOST_ROWS_IN_PAIRS = 500
DOTS_PER_INCH = 100
BINS_IN_PAIRS = 10
# 1.2 M instead of 1200000, so that the numbers on an axis keep apart.
SHORT = EngFormatter()


def draw_all(
    frame: pd.DataFrame, signature: Signature, groups: list[Predicted], directory: Path
) -> tuple[Picture, ...]:
    """Draw a data set and a model's predictions into `directory`/plots; the same data gives the same bytes.

    `frame` has a column for each feature, then the targets, if known. `groups` are the training rows and unseen rows.
    """
    named = _with_lengths(frame, signature).rename(columns=_words(signature))
    is_one = not signature.further_targets
    named = _first(named, MOST_COLUMNS, with_last=bool(groups) and is_one)
    if not is_one:
        drawn = _of_features(named) | _of_several(signature.targets[:MOST_TARGETS_DRAWN], groups)
    elif not groups:
        drawn = _of_features(named)
    elif signature.target.labels:
        drawn = _of_features(named.iloc[:, :-1]) | label_plots.draw(named, signature.target, groups)
    else:
        drawn = _of_data(named) | _of_predictions(groups, named.columns[-1])
    for picture, figure in drawn.items():
        path = directory / picture.file
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None})
    return tuple(drawn)


def _with_lengths(frame: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Return the frame with the lengths of texts whose words are counted in their place."""
    prose = [feature.name for feature in signature.features if feature.is_prose]
    lengths = frame.assign(**{name: frame[name].str.len() for name in prose})
    return lengths.rename(columns={name: f"{signature.titles[name]}: characters" for name in prose})


def _words(signature: Signature) -> dict[str, str]:
    titles = signature.titles
    return titles if len(set(titles.values())) == len(titles) else {}


def _first(frame: pd.DataFrame, count: int, *, with_last: bool = True) -> pd.DataFrame:
    return frame.iloc[:, [*range(frame.shape[1] - with_last)][:count] + [-1] * with_last]


def _of_features(frame: pd.DataFrame) -> dict[Picture, Figure]:
    numbers = frame.select_dtypes("number")
    text = f"Histograms of {', '.join(frame.columns)} over {len(frame):,} rows."
    drawn = {Picture("plots/distributions.png", "Distributions", text): _distributions(frame)}
    if numbers.shape[1] > 1:
        text = f"Heatmap of the correlations between {', '.join(numbers.columns)}."
        drawn[Picture("plots/correlation.png", "Correlation", text)] = _correlation(numbers)
    return drawn


def _of_data(frame: pd.DataFrame) -> dict[Picture, Figure]:
    target = frame.columns[-1]
    numbers = frame.select_dtypes("number")
    categorical = frame.drop(columns=numbers.columns)
    drawn = {}
    # The target is a number, too.
    if numbers.shape[1] > 1:
        text = f"Heatmap of the correlations between {', '.join(numbers.columns)}{_strongest(numbers)}."
        drawn[Picture("plots/correlation.png", "Correlation", text)] = _correlation(numbers)
    distributions = Picture(
        "plots/distributions.png",
        "Distributions",
        f"Histograms of {', '.join(frame.columns)} over {len(frame):,} rows.",
    )
    drawn[distributions] = _distributions(frame)
    if numbers.shape[1] > 1:
        few = _first(numbers, MOST_COLUMNS_IN_PAIRS)
        pairs = Picture(
            "plots/pairs.png",
            "Pairs",
            f"Scatter plots of every pair of {', '.join(few.columns)}, {min(len(frame), MOST_ROWS_IN_PAIRS):,} rows.",
        )
        drawn[pairs] = _pairs(few)
    if categorical.shape[1]:
        boxes = Picture(
            "plots/categories.png",
            "Categories",
            f"Box plots of {target} by the most frequent categories of {', '.join(categorical.columns)}.",
        )
        drawn[boxes] = _boxes(categorical, frame[target])
    return drawn


def _strongest(numbers: pd.DataFrame) -> str:
    strengths = numbers.corr().iloc[:-1, -1].abs().dropna()
    return f"; {strengths.idxmax()} correlates most with {numbers.columns[-1]}" if len(strengths) else ""


def _of_predictions(groups: list[Predicted], target: str) -> dict[Picture, Figure]:
    return {
        Picture(
            "plots/predicted.png",
            "Predicted against actual",
            f"{target} as predicted against {target} as it was; on the diagonal they agree.",
        ): _predicted(groups, target),
        Picture(
            "plots/residuals.png",
            "Residuals",
            f"Histograms of the residuals, actual minus predicted {target}.",
        ): _residuals(groups, target),
    }


def _of_several(targets: Sequence[Target], groups: list[Predicted]) -> dict[Picture, Figure]:
    """Return pictures of the predictions of each of several targets, in folders of their own."""
    drawn: dict[Picture, Figure] = {}
    both = [(group.title, Predictions(group.actual).each(), group.answers.each()) for group in groups]
    for at, target in enumerate(targets if groups else ()):
        of_one = [Predicted(title, actual[at].predicted, answers[at]) for title, actual, answers in both]
        pictures = label_plots.confusion(target, of_one) if target.labels else _of_predictions(of_one, target.title)
        for picture, figure in pictures.items():
            file = picture.file.replace("plots/", f"plots/{at}/")
            drawn[Picture(file, f"{target.title}: {picture.title}", picture.alt)] = figure
    return drawn


def _correlation(frame: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(8, 6.5), layout="constrained")
    sns.heatmap(frame.corr(), annot=True, fmt=".2f", vmin=-1, vmax=1, cmap="RdBu_r", square=True, ax=figure.subplots())
    return figure


def _distributions(frame: pd.DataFrame) -> Figure:
    columns = 3
    rows = -(-frame.shape[1] // columns)
    figure = Figure(figsize=(10, 2.8 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flat
    for axis, (name, column) in zip(axes, frame.items(), strict=False):
        if pd.api.types.is_numeric_dtype(column):
            _histogram(axis, column.dropna().to_numpy())
            axis.set(title=name, ylabel="Rows")
            axis.xaxis.set_major_formatter(SHORT)
        else:
            counts = categories(column)
            axis.barh(range(len(counts)), list(counts.values()), color=BLUE, tick_label=shortened(counts))
            axis.set(title=name, xlabel="Rows")
            axis.invert_yaxis()
    for axis in list(figure.axes)[frame.shape[1] :]:
        axis.remove()
    return figure


def _boxes(categorical: pd.DataFrame, target: pd.Series[float]) -> Figure:
    count = categorical.shape[1]
    figure = Figure(figsize=(8, 3.5 * count), layout="constrained")
    for axis, (name, column) in zip(figure.subplots(count, 1, squeeze=False).flat, categorical.items(), strict=True):
        shown = categories(column)
        boxes = [target[column == item] for item in shown]
        axis.boxplot(boxes, tick_labels=shortened(shown), orientation="horizontal")
        axis.set(title=name, xlabel=target.name)
        axis.xaxis.set_major_formatter(SHORT)
        axis.invert_yaxis()
    return figure


def _pairs(frame: pd.DataFrame) -> Figure:
    rows = frame.sample(min(len(frame), MOST_ROWS_IN_PAIRS), random_state=0)
    count = frame.shape[1]
    figure = Figure(figsize=(1.8 * count, 1.8 * count), layout="constrained")
    for across, axis in zip(np.ndindex(count, count), figure.subplots(count, count).flat, strict=True):
        y, x = (frame.columns[position] for position in across)
        if x == y:
            _histogram(axis, rows[x].dropna().to_numpy(), bins=BINS_IN_PAIRS)
        else:
            axis.scatter(rows[x], rows[y], s=4, alpha=0.5, color=BLUE)
        axis.set(xlabel=x if across[0] == count - 1 else None, ylabel=y if across[1] == 0 else None)
        axis.set(xticks=[], yticks=[])
    return figure


def _predicted(groups: list[Predicted], target: str) -> Figure:
    figure = Figure(figsize=(5 * len(groups), 5), layout="constrained")
    for axis, group in zip(figure.subplots(1, len(groups), squeeze=False).flat, groups, strict=True):
        both = np.concatenate([group.actual, group.answers.predicted])
        axis.scatter(group.actual, group.answers.predicted, s=8, alpha=0.6, color=BLUE)
        axis.plot([both.min(), both.max()], [both.min(), both.max()], color=ORANGE, label="predicted = actual")
        axis.set(title=group.title, xlabel=f"Actual {target}", ylabel=f"Predicted {target}")
        axis.xaxis.set_major_formatter(SHORT)
        axis.yaxis.set_major_formatter(SHORT)
        axis.legend()
    return figure


def _residuals(groups: list[Predicted], target: str) -> Figure:
    figure = Figure(figsize=(5 * len(groups), 4), layout="constrained")
    for axis, group in zip(figure.subplots(1, len(groups), squeeze=False).flat, groups, strict=True):
        _histogram(axis, group.actual - group.answers.predicted)
        axis.axvline(0, color=ORANGE)
        axis.xaxis.set_major_formatter(SHORT)
        axis.set(title=group.title, xlabel=f"Actual minus predicted {target}", ylabel="Rows")
    return figure


def _histogram(axis: Axes, x: NDArray[Any], bins: int | None = None) -> None:
    if not len(x):
        return
    least, most = float(x.min()), float(x.max())
    step = np.spacing(max(abs(least), abs(most)))
    # Counted from 0, where no bin is too narrow to have two edges.
    wanted = bins or len(np.histogram_bin_edges(x - least, "auto")) - 1
    margin = max(0.5, 2 * step) if least == most else 0
    count = max(1, min(wanted, int((most - least) / (2 * step))))
    axis.hist(x, bins=count, range=(least - margin, most + margin), color=BLUE)

"""A classifier's pictures: features by class, labels and probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, roc_curve

from picklejar.manifest import Picture
from picklejar.signature import Target
from picklejar.wording import Label, text_of
from training.dataset.inputs import Floats
from training.report.style import BLUE, ORANGE, Predicted, categories, shortened

BINS = 10
# More are told apart by no colour, and their counts fit into no square.
MOST_CLASSES_DRAWN = 20


def draw(frame: pd.DataFrame, target: Target, groups: list[Predicted]) -> dict[Picture, Figure]:
    """Return the pictures.

    `frame` has a column for each feature, named as on an axis, and last the labels; `groups` are the training rows and
    unseen rows.
    """
    drawn = _features(frame, target) | confusion(target, groups)
    if all(group.answers.probabilities is not None for group in groups):
        drawn |= _probabilities(groups, target)
    return drawn


def confusion(target: Target, groups: list[Predicted]) -> dict[Picture, Figure]:
    """Return the picture of which labels were given to which."""
    text = f"How many rows of each {target.title} were given which; on the diagonal they are right."
    picture = Picture("plots/confusion.png", "Confusion matrix", text)
    return {picture: _beside(groups, lambda axis, group: _confusion(axis, group, target))}


def _features(frame: pd.DataFrame, target: Target) -> dict[Picture, Figure]:
    labels, features = frame.iloc[:, -1], frame.iloc[:, :-1]
    classes = [text_of(label) for label in target.labels[:MOST_CLASSES_DRAWN]]
    numbers = features.select_dtypes("number")
    categorical = features.drop(columns=numbers.columns)
    drawn = {}
    if numbers.shape[1]:
        text = f"Box plots of {', '.join(numbers.columns)} by {target.title}."
        drawn[Picture("plots/by_class.png", "Features by class", text)] = _boxes(numbers, labels, classes)
    if categorical.shape[1]:
        text = f"Shares of each {target.title} in the most frequent categories of {', '.join(categorical.columns)}."
        drawn[Picture("plots/categories.png", "Categories by class", text)] = _shares(categorical, labels, classes)
    return drawn


def _boxes(numbers: pd.DataFrame, labels: pd.Series[Any], classes: list[str]) -> Figure:
    columns = min(3, numbers.shape[1])
    rows = -(-numbers.shape[1] // columns)
    figure = Figure(figsize=(3.4 * columns, (1.6 + 0.25 * len(classes)) * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flat
    for axis, (name, column) in zip(axes, numbers.items(), strict=False):
        boxes = [column[labels == item].dropna() for item in classes]
        axis.boxplot(boxes, tick_labels=shortened(classes), orientation="horizontal")
        axis.set(title=name)
        axis.invert_yaxis()
    for axis in list(figure.axes)[numbers.shape[1] :]:
        axis.remove()
    return figure


def _shares(categorical: pd.DataFrame, labels: pd.Series[Any], classes: list[str]) -> Figure:
    count = categorical.shape[1]
    figure = Figure(figsize=(8, 3.5 * count), layout="constrained")
    for axis, (name, column) in zip(figure.subplots(count, 1, squeeze=False).flat, categorical.items(), strict=True):
        shown = categories(column)
        left = np.zeros(len(shown))
        for position, item in enumerate(classes):
            shares = np.array([(labels[column == category] == item).mean() for category in shown])
            axis.barh(range(len(shown)), shares, left=left, label=item, color=f"C{position}")
            left += shares
        axis.set(title=name, xlabel="Share of the rows", yticks=range(len(shown)), yticklabels=shortened(shown))
        axis.invert_yaxis()
        axis.legend(title=labels.name, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _probabilities(groups: list[Predicted], target: Target) -> dict[Picture, Figure]:
    positive = text_of(target.labels[-1])
    is_binary = len(target.labels) == 2
    what = f"that {target.title} is {positive}" if is_binary else "of the most probable class"
    drawn = {
        Picture(
            "plots/probabilities.png",
            "Probabilities",
            f"Histograms of the probability {what}, by what was so.",
        ): _beside(groups, lambda axis, group: _histogram(axis, group, target)),
        Picture(
            "plots/calibration.png",
            "Calibration",
            f"How often it was so against the probability {what}; on the diagonal they agree.",
        ): _beside(groups, lambda axis, group: _calibration(axis, group, target)),
    }
    if is_binary:
        text = f"ROC curves: of the rows where {target.title} is {positive}, how many are found at which false alarms."
        drawn[Picture("plots/roc.png", "ROC curve", text)] = _beside(groups, lambda axis, one: _roc(axis, one, target))
    return drawn


def _beside(groups: list[Predicted], draw_one: Callable[[Axes, Predicted], None]) -> Figure:
    figure = Figure(figsize=(5 * len(groups), 4.5), layout="constrained")
    for axis, group in zip(figure.subplots(1, len(groups), squeeze=False).flat, groups, strict=True):
        draw_one(axis, group)
        axis.set_title(group.title)
    return figure


def _confusion(axis: Axes, group: Predicted, target: Target) -> None:
    classes = target.labels[:MOST_CLASSES_DRAWN]
    counts = confusion_matrix(*_positions(group, target), labels=range(len(classes)))
    axis.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        dark = count > counts.max() / 2
        axis.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
    words, places = shortened(map(text_of, classes)), range(len(classes))
    axis.set(xticks=places, yticks=places, xticklabels=words, yticklabels=words, xlabel="Predicted", ylabel="Actual")
    axis.tick_params(axis="x", rotation=45 if len(classes) > 3 else 0)


def _histogram(axis: Axes, group: Predicted, target: Target) -> None:
    probability, is_so = _chances(group, target)
    words = (f"Actual {text_of(target.labels[0])}", f"Actual {text_of(target.labels[1])}")
    for colour, so, word in zip(
        (BLUE, ORANGE), (False, True), words if _binary(target) else ("Wrong", "Right"), strict=True
    ):
        axis.hist(probability[is_so == so], bins=2 * BINS, range=(0, 1), alpha=0.6, color=colour, label=word)
    axis.set(xlabel="Probability", ylabel="Rows")
    axis.legend()


def _calibration(axis: Axes, group: Predicted, target: Target) -> None:
    probability, is_so = _chances(group, target)
    observed, said_so = calibration_curve(is_so, probability, n_bins=BINS, pos_label=True)
    axis.plot([0, 1], [0, 1], color=ORANGE, label="as often as said")
    axis.plot(said_so, observed, marker="o", color=BLUE)
    axis.set(xlabel="Probability", ylabel="Share of the rows", xlim=(0, 1), ylim=(0, 1))
    axis.legend()


def _roc(axis: Axes, group: Predicted, target: Target) -> None:
    probability, is_so = _chances(group, target)
    false_alarms, match, _ = roc_curve(is_so, probability)
    axis.plot([0, 1], [0, 1], color=ORANGE, label="by chance")
    axis.plot(false_alarms, match, color=BLUE)
    axis.set(xlabel="False alarms, share of the others", ylabel="Found, share", xlim=(0, 1), ylim=(0, 1))
    axis.legend()


def _binary(target: Target) -> bool:
    return len(target.labels) == 2


def _chances(group: Predicted, target: Target) -> tuple[Floats, NDArray[np.bool_]]:
    probabilities = group.answers.probabilities
    assert probabilities is not None  # noqa: S101  no picture is drawn without
    actual, _ = _positions(group, target)
    shown = np.ones(len(actual), dtype=np.intp) if _binary(target) else probabilities.argmax(axis=1)
    return np.clip(probabilities[np.arange(len(shown)), shown], 0, 1), actual == shown


def _positions(group: Predicted, target: Target) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    position: dict[Label, int] = {label: at for at, label in enumerate(target.labels)}
    actual, predicted = (
        np.array([position[label] for label in labels.tolist()]) for labels in (group.actual, group.answers.predicted)
    )
    return actual, predicted

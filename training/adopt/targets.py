"""What an adopted model predicts: one target or several, and how each is called."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.errors import RowsRefused
from picklejar.labels import classes_of_each
from picklejar.signature import OUTLIER_LABELS, OUTPUTS, Output, Target
from picklejar.wording import Label, list_of
from training.adopt.joblib_file import NotAdopted
from training.adopt.model_file import Fitted
from training.dataset.infer import infer_target, title
from training.evaluation.predictions import has_probabilities, score_of

# What an answer is called where the sample has no column of what is true.
PREDICTION = "prediction"
PREDICTED = "What the model predicts."
OUTLIERS = "1 for a row like those that the model was fitted on, -1 for an outlier."
UNKNOWN = Target(name=PREDICTION, title=title(PREDICTION), description=PREDICTED)


def targets_of(estimator: Any, names: Sequence[str]) -> list[Target]:
    """Return the targets of a fitted estimator, by these names; raises NotAdopted for classes that are no labels."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return [_target(estimator, None, name) for name in names]
    each = classes_of_each(classes, len(names))
    if len(each) != len(names):
        raise not_so_many(len(each), names)
    return [_target(estimator, known, name) for known, name in zip(each, names, strict=True)]


def not_so_many(count: int, names: Sequence[str]) -> NotAdopted:
    """Return the error of a model that predicts other targets than those that are named."""
    several = "1 target" if count == 1 else f"{count} targets"
    return NotAdopted(
        f"The model predicts {several}, and --target names {len(names)}: {list_of(names)}. Name each with a --target "
        "of its own, in the order of y's columns, or none."
    )


def count_of(fitted: Fitted, X: NDArray[Any], asked: Any) -> int | None:
    """Return how many targets a model predicts, or None where it answers no row.

    `X` are the sample's rows as requests have them, and `asked` as the notebook has them.
    """
    # Read as data it answers at once; a file that is run may need a process for each question.
    estimator: Any = fitted.inert or fitted.estimator
    rows = asked if fitted.inert is None else X
    for at in range(1 if fitted.inert is None else len(rows)):
        row = rows.iloc[[at]] if isinstance(rows, pd.DataFrame) else rows[at : at + 1]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return np.asarray(estimator.predict(row)).reshape(1, -1).shape[1]
        # A tie of neighbors, say. If it refuses all rows, what asks it about them says why.
        except (RowsRefused, ValueError, TypeError, KeyError, AttributeError):
            continue
    return None


def called(count: int | None) -> list[str]:
    """Return the names of so many targets that nobody named."""
    return [PREDICTION] if count in (None, 1) else [f"target_{number}" for number in range(count)]


def outputs_of(estimator: Any, targets: int) -> tuple[Output, ...]:
    """Return the methods that a fitted estimator of so many targets can be asked by."""
    if targets > 1:
        return ("predict",)
    if has_probabilities(estimator):
        return OUTPUTS
    score = score_of(estimator)
    return ("predict",) if score is None else ("predict", score)


def beside_each_other(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the true values of one target, (rows,), or of several, (rows, targets)."""
    if len(columns) == 1:
        return columns[0]
    # Labels are of a type for each target.
    of_numbers = all(column.dtype.kind == "f" for column in columns)
    return np.stack([column if of_numbers else column.astype(object) for column in columns], axis=1)


def _target(estimator: Any, classes: Any, name: str) -> Target:
    if classes is None and score_of(estimator) is not None:
        return Target(name=name, title=title(name), description=OUTLIERS, classes=OUTLIER_LABELS)
    if classes is None:
        return Target(name=name, title=title(name), description=PREDICTED)
    inferred = infer_target(pd.Series(_labels(classes)), name, classes=True)
    return msgspec.structs.replace(inferred, description=PREDICTED)


def _labels(classes: Any) -> list[Label]:
    learned = np.asarray(classes).tolist() if not isinstance(classes, list) else []
    labels = [int(label) if isinstance(label, float) and label.is_integer() else label for label in learned]
    if not labels or not all(isinstance(label, str | int) for label in labels):
        raise NotAdopted(
            f"The classes of the model, {list_of(map(str, classes))}, are no labels of one target. Labels are texts, "
            "integers or booleans."
        )
    return labels

"""What estimators made of estimators share: their parts, and the scores that scikit-learn asks these for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, TOLERANCE, InertEstimator, Matrix
from picklejar.inert.reading.state import EstimatorState, Floats, Integers, State

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Composite(InertEstimator):
    """An estimator that hands X to its parts unchecked; they refuse what they do not take."""

    takes_text = True
    takes_missing = True

    def __init__(self, state: EstimatorState, parts: Sequence[InertEstimator]) -> None:
        if len({part.n_features_in_ for part in parts}) != 1:
            raise state.damaged("is made of no estimators, or of such with different features")
        self._all_parts = tuple(parts)
        self.is_of_texts = parts[0].is_of_texts
        self.n_features_in_ = parts[0].n_features_in_
        self.precision = state.precision.computed()
        self.feature_names_in_ = None
        if state.has("feature_names_in_"):
            self.feature_names_in_ = state.labels("feature_names_in_", self.n_features_in_)

    def checked(self, given: Any) -> Matrix:
        return self.shaped(given)

    def largest_term(self, X: Matrix) -> float:
        return max(part.largest_term(X) for part in self._all_parts)

    def texts(self) -> frozenset[int]:
        return frozenset.union(*(part.texts() for part in self._all_parts))

    def ignored(self) -> frozenset[int]:
        return frozenset.intersection(*(part.ignored() for part in self._all_parts))

    def categories(self, column: int) -> list[Any] | None:
        return next(filter(None, (part.categories(column) for part in self._all_parts)), None)


def require(state: State, parts: Sequence[Any], *methods: str) -> None:
    """Raise UnsupportedEstimator unless each part has one of the methods."""
    for part in parts:
        if not any(hasattr(part, method) for method in methods):
            raise state.unsupported(f"a part without {' or '.join(methods)}")


def classes_of(state: State, part: Any) -> NDArray[Any]:
    """Return the classes of a part; raises DamagedPickle unless it classifies one target."""
    classes = getattr(part, "classes_", None)
    if not isinstance(classes, np.ndarray) or not len(classes):
        raise state.damaged("is made of an estimator that is not a classifier of one target")
    return classes


def places_of(state: State, part: Any, classes: int) -> Integers:
    """Return the classes of a part that was fitted on the places of labels."""
    places = classes_of(state, part)
    if places.dtype.kind not in "iu" or places.min() < 0 or places.max() >= classes:
        raise state.damaged("is made of a classifier of other classes")
    return places.astype(np.int64)


def one_column(scores: Any) -> Floats:
    """Return floats of shape (rows,): `column_or_1d`."""
    column = np.asarray(scores, dtype=np.float64)
    return column.reshape(-1) if column.ndim == 2 and column.shape[1] == 1 else _one_dimensional(column)


def _one_dimensional(column: Floats) -> Floats:
    if column.ndim != 1:
        raise ValueError(f"One column is expected where an estimator answers with the shape {column.shape}.")
    return column


def is_regressor(part: Any) -> bool:
    """Return whether a part has neither classes nor scores."""
    return not hasattr(part, "classes_") and not hasattr(part, "decision_function")


def binary_scores(part: Any, X: Matrix) -> Floats:
    """Return the scores of the second class: `_predict_binary`."""
    if is_regressor(part):
        return one_column(part.predict(X))
    if hasattr(part, "decision_function"):
        return one_column(part.decision_function(X))
    second: Floats = part.predict_proba(X)[:, 1]
    return second


def refuse_near(scores: Floats, parts: Sequence[InertEstimator]) -> None:
    """Refuse rows whose highest two of `scores`, (rows, classes), are as near as the parts' are to scikit-learn's.

    Parts that add as it does have its ties as well.
    """
    if all(part.tolerance <= TOLERANCE for part in parts):
        return
    is_single = any(part.tolerance >= FLOAT32_TOLERANCE for part in parts)
    with np.errstate(invalid="ignore"):
        second, first = np.partition(scores, -2, axis=1)[:, -2:].T
        tied = np.flatnonzero(
            first - second <= (FLOAT32_TOLERANCE if is_single else TOLERANCE) * np.abs(scores).max(axis=1)
        )
    if tied.size:
        raise RowsRefused(
            tied.tolist(), None, "tie", "Several classes score alike, and only rounding tells them apart."
        )


def refuse_rounded(shares: Floats, parts: Sequence[InertEstimator]) -> None:
    """Refuse rows whose highest two of `shares`, (rows, classes), only float32's rounding tells apart.

    Parts that are known to that alone, as XGBoost's, may have them the other way round in scikit-learn; where they are
    equal, the first wins there, too.
    """
    if shares.shape[1] < 2 or all(part.tolerance < FLOAT32_TOLERANCE for part in parts):
        return
    second, first = np.partition(shares, -2, axis=1)[:, -2:].T
    tied = np.flatnonzero((first > second) & (first - second <= FLOAT32_TOLERANCE * first))
    if tied.size:
        raise RowsRefused(tied.tolist(), None, "tie", "Two labels are equally probable but for rounding.")


def one_versus_one(firsts: NDArray[Any], seconds: NDArray[Any], scores: Floats, classes: int) -> Floats:
    """Return scores of shape (rows, classes): `_ovr_decision_function`.

    `firsts` and `seconds` (whether that class of the pair won; a regressor lets neither win) and `scores` have the
    shape (rows, pairs), in the order (0, 1), (0, 2), ... (1, 2), ...
    """
    votes, total = np.zeros((2, len(scores), classes))
    pair = 0
    for first in range(classes):
        for second in range(first + 1, classes):
            total[:, first] -= scores[:, pair]
            total[:, second] += scores[:, pair]
            votes[:, first] += firsts[:, pair]
            votes[:, second] += seconds[:, pair]
            pair += 1
    y: Floats = votes + total / (3 * (np.abs(total) + 1))
    return y

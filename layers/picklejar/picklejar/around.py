"""What is done around an estimator: dummies made of features before it, labels made of its classes after it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import BundleDamaged, RowsRefused
from picklejar.manifest import Around
from picklejar.signature import Feature
from picklejar.wording import list_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHODS = ("predict", "predict_proba", "decision_function", "score_samples")
NOT_ITS_COLUMNS = "The columns made of the features are not those that the model was fitted on."
# Numbers of one part; more rows than these are answered in parts.
MOST_CELLS = 2**20
# The place of a value that no dummy stands for.
UNKNOWN = -2
# How `pandas.get_dummies` writes values in its columns' names, of the instance reader's.
TEXTS: dict[str, Any] = {
    "string": str,
    "integer": lambda value: str(int(value)),
    "number": lambda value: repr(float(value)),
    "boolean": lambda value: str(bool(value)),
}


class WithAround:
    """An estimator of the signature's features and labels, around one of dummies and numbered classes.

    X comes as the instance reader makes it. A feature's column is copied, or becomes dummies: 1 in the column of its
    value, 0 in the others.
    """

    def __init__(self, estimator: Any, around: Around, features: Sequence[Feature]) -> None:
        """Raise BundleDamaged if `around` does not fit the estimator or the features."""
        self._estimator = estimator
        self._around = around
        self._features = features
        self._sources = _sources(around, features) if around.columns else []
        self._rows = max(1, MOST_CELLS // max(1, len(around.columns)))
        copied = [at for at, is_dummy in self._sources if not is_dummy]
        self._has_texts = any(features[at].type == "string" for at in copied)
        # scikit-learn's own vectorizers do not say that they take one column.
        self.n_features_in_ = len(features) if around.columns else getattr(estimator, "n_features_in_", 1)
        self.feature_names_in_ = None
        if around.columns and len(around.columns) != estimator.n_features_in_:
            raise BundleDamaged(NOT_ITS_COLUMNS)
        if hasattr(estimator, "tolerance"):
            self.tolerance = estimator.tolerance
        if hasattr(estimator, "classes_"):
            self.classes_ = self._labels(estimator.classes_) if around.labels else estimator.classes_

    def __getattr__(self, name: str) -> Any:
        if name in METHODS and hasattr(self._estimator, name):
            return partial(self._answer, name)
        raise AttributeError(name)

    def largest_term(self, X: NDArray[Any]) -> float:
        return float(self._estimator.largest_term(self.columns(X)))

    def categories(self, column: int) -> list[Any] | None:
        """Return the texts that a feature may be, or None where they are not known, or are numbers."""
        if self._sources and (name := self._features[column].name) in self._around.dummies:
            return [*self._around.dummies[name].columns] if self._features[column].type == "string" else None
        place = [at for at, _ in self._sources].index(column) if self._sources else column
        known: list[Any] | None = self._estimator.categories(place)
        return known

    @property
    def is_of_texts(self) -> bool:
        return not self._sources and bool(self._estimator.is_of_texts)

    def texts(self) -> frozenset[int]:
        """Return the features whose words are counted."""
        known: frozenset[int] = self._estimator.texts()
        return frozenset(self._sources[at][0] for at in known) if self._sources else known

    def ignored(self) -> frozenset[int]:
        return frozenset()

    def columns(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the estimator's X, (rows, its columns); raises RowsRefused for an unknown value of dummies."""
        if not self._sources:
            return X
        output: NDArray[Any] = np.full((len(X), len(self._sources)), 0.0, dtype=object if self._has_texts else float)
        for place, (at, is_dummy) in enumerate(self._sources):
            if not is_dummy:
                output[:, place] = X[:, at]
        for at, feature in enumerate(self._features):
            if feature.name in self._around.dummies:
                places = self._places(X[:, at], at)
                rows = np.flatnonzero(places >= 0)
                output[rows, places[rows]] = 1.0
        return output

    def _answer(self, method: str, X: NDArray[Any]) -> Any:
        parts = [self._answer_part(method, X[row : row + self._rows], row) for row in range(0, len(X), self._rows)]
        answers = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return self._labels(answers) if method == "predict" and self._around.labels else answers

    def _answer_part(self, method: str, X: NDArray[Any], row: int) -> Any:
        try:
            made = self.columns(X)
        except RowsRefused as refused:
            raise refused.moved(refused.column, row) from None
        try:
            return getattr(self._estimator, method)(made)
        except RowsRefused as refused:
            column = refused.column
            raise refused.moved(
                self._sources[column][0] if column is not None and self._sources else column, row
            ) from None

    def _places(self, column: NDArray[Any], at: int) -> NDArray[np.int64]:
        """Return the place of each value's dummy, -1 for a value that has none."""
        dummies = self._around.dummies[self._features[at].name]
        text = TEXTS[self._features[at].type]
        places = {value: self._place(dummy) for value, dummy in dummies.columns.items()}
        missing = self._place(dummies.missing)
        found = [
            missing if value is None or value != value else places.get(text(value), UNKNOWN)
            for value in column.tolist()
        ]
        result = np.array(found, dtype=np.int64)
        if (result == UNKNOWN).any():
            sentence = f"must be one of {list_of(dummies.columns)}"
            raise RowsRefused(np.flatnonzero(result == UNKNOWN).tolist(), at, "enum", sentence)
        return result

    def _place(self, dummy: str | None) -> int:
        return -1 if dummy is None else self._around.columns.index(dummy)

    def _labels(self, classes: Any) -> NDArray[Any]:
        labels = np.empty(len(self._around.labels), dtype=object)
        labels[:] = self._around.labels
        numbers = np.asarray(classes)
        is_number = numbers.dtype.kind in "iufb"
        places = numbers.astype(np.int64) if is_number else numbers
        if not is_number or (places != numbers).any() or not ((places >= 0) & (places < len(labels))).all():
            raise BundleDamaged("The model's classes are not the numbers of its labels.")
        result: NDArray[Any] = labels[places]
        return result


def _sources(around: Around, features: Sequence[Feature]) -> list[tuple[int, bool]]:
    """Return, for each of the estimator's columns, the place of its feature, and whether it is one of its dummies."""
    places = {feature.name: at for at, feature in enumerate(features)}
    sources = {name: (at, False) for name, at in places.items() if name not in around.dummies}
    for name, dummies in around.dummies.items():
        for column in (*dummies.columns.values(), dummies.missing):
            if column is not None and (name not in places or column in sources):
                raise BundleDamaged(NOT_ITS_COLUMNS)
            if column is not None:
                sources[column] = places[name], True
    if sorted(sources) != sorted(around.columns):
        raise BundleDamaged(NOT_ITS_COLUMNS)
    return [sources[column] for column in around.columns]

"""What is done around an estimator: dummies made of features before it, labels made of its classes after it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.errors import BundleDamaged, RowsRefused
from picklejar.manifest import Around, Dummies
from picklejar.signature import Feature
from picklejar.wording import list_of

METHODS = ("predict", "predict_proba", "decision_function")
# What stands for a missing value among the texts of the others.
MISSING = object()
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
        self.n_features_in_ = len(features) if around.columns else estimator.n_features_in_
        self.feature_names_in_ = None
        # Of each column of the estimator: the place of its feature, and the value that it is 1 for, if it is a dummy.
        self._sources = self._sources_of(around) if around.columns else []
        if around.columns and len(around.columns) != getattr(estimator, "n_features_in_", len(around.columns)):
            raise BundleDamaged("The columns made of the features are not those that the model was fitted on.")
        if hasattr(estimator, "tolerance"):
            self.tolerance = estimator.tolerance
        if hasattr(estimator, "classes_"):
            self.classes_ = self._labels_of(estimator.classes_) if around.labels else estimator.classes_

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

    def ignored(self) -> frozenset[int]:
        return frozenset()

    def columns(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the estimator's X, (rows, its columns); raises RowsRefused for an unknown value of dummies."""
        if not self._sources:
            return X
        values = {
            at: self._values(X[:, at], at)
            for at, feature in enumerate(self._features)
            if feature.name in self._around.dummies
        }
        output = np.empty((len(X), len(self._sources)), dtype=object)
        for place, (at, known) in enumerate(self._sources):
            output[:, place] = X[:, at] if at not in values else (values[at] == known).astype(np.float64)
        copied = [at for at, _ in self._sources if at not in values]
        has_texts = any(self._features[at].type == "string" for at in copied)
        return output if has_texts else output.astype(np.float64)

    def _answer(self, method: str, X: NDArray[Any]) -> Any:
        made = self.columns(X)
        try:
            answers = getattr(self._estimator, method)(made)
        except RowsRefused as refused:
            if refused.column is None or not self._sources:
                raise
            raise refused.moved(self._sources[refused.column][0]) from None
        if method != "predict" or not self._around.labels:
            return answers
        return self._labels_of(answers)

    def _values(self, column: NDArray[Any], at: int) -> NDArray[Any]:
        """Return a feature's values as the texts of its dummies, MISSING for missing ones."""
        dummies = self._around.dummies[self._features[at].name]
        text = TEXTS[self._features[at].type]
        values = [MISSING if value is None or value != value else text(value) for value in column.tolist()]
        unknown = [row for row, value in enumerate(values) if value is not MISSING and value not in dummies.columns]
        if unknown:
            raise RowsRefused(unknown, at, "enum", f"must be one of {list_of(dummies.columns)}")
        result = np.empty(len(values), dtype=object)
        result[:] = values
        return result

    def _sources_of(self, around: Around) -> list[tuple[int, Any]]:
        places = {feature.name: at for at, feature in enumerate(self._features)}
        sources: dict[str, tuple[int, Any]] = {
            name: (at, None) for name, at in places.items() if name not in around.dummies
        }
        for name, dummies in around.dummies.items():
            for column, value in _columns_of(dummies):
                if name not in places or column in sources:
                    raise BundleDamaged("The columns made of the features are not the model's.")
                sources[column] = places[name], value
        if sorted(sources) != sorted(around.columns):
            raise BundleDamaged("The columns made of the features are not the model's.")
        return [sources[column] for column in around.columns]

    def _labels_of(self, classes: Any) -> NDArray[Any]:
        labels = np.empty(len(self._around.labels), dtype=object)
        labels[:] = self._around.labels
        numbers = np.asarray(classes)
        if numbers.dtype.kind not in "iufb":
            raise BundleDamaged("The model's classes are not the numbers of its labels.")
        places = numbers.astype(np.int64)
        if (places != numbers).any() or places.min(initial=0) < 0 or places.max(initial=0) >= len(labels):
            raise BundleDamaged("The model's classes are not the numbers of its labels.")
        result: NDArray[Any] = labels[places]
        return result


def _columns_of(dummies: Dummies) -> list[tuple[str, Any]]:
    columns = [(column, value) for value, column in dummies.columns.items() if column is not None]
    return columns if dummies.missing is None else [*columns, (dummies.missing, MISSING)]

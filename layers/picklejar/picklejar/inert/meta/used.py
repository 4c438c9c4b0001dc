"""Columns that an estimator was fitted with and never looks at, as those that a ColumnTransformer drops."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import ALL_METHODS, InertEstimator, Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray


def used(estimator: InertEstimator) -> InertEstimator:
    """Return the estimator as one of the features that it looks at; itself, if it looks at all."""
    ignored = estimator.ignored()
    return _Used(estimator, ignored) if ignored else estimator


class _Used(InertEstimator):
    takes_text = takes_missing = True

    def __init__(self, whole: InertEstimator, ignored: frozenset[int]) -> None:
        self._whole = whole
        self._columns = [column for column in range(whole.n_features_in_) if column not in ignored]
        self.n_features_in_ = len(self._columns)
        names = whole.feature_names_in_
        self.feature_names_in_: NDArray[Any] | None = None if names is None else names[self._columns]
        self.tolerance = whole.tolerance
        if hasattr(whole, "classes_"):
            self.classes_ = whole.classes_

    def __getattr__(self, name: str) -> Any:
        if name in ALL_METHODS and hasattr(self._whole, name):
            return partial(self._answer, name)
        raise AttributeError(name)

    def _answer(self, method: str, given: Any) -> Any:
        try:
            return getattr(self._whole, method)(self._with_others(self.shaped(given)))
        except RowsRefused as refused:
            column = None if refused.column is None else self._columns.index(refused.column)
            raise refused.moved(column) from None

    def largest_term(self, X: Matrix) -> float:
        return self._whole.largest_term(self._with_others(X))

    def texts(self) -> frozenset[int]:
        return frozenset(self._columns.index(at) for at in self._whole.texts() if at in self._columns)

    def categories(self, column: int) -> list[Any] | None:
        return self._whole.categories(self._columns[column])

    def _with_others(self, X: Matrix) -> Matrix:
        X_of_all = np.zeros((len(X), self._whole.n_features_in_), dtype=X.dtype)
        X_of_all[:, self._columns] = X
        return X_of_all

"""Texts to counts of terms: CountVectorizer and TfidfVectorizer of sklearn/feature_extraction/text.py."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, Matrix
from picklejar.inert.base.sparse_rows import SparseRows
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.state import EstimatorState
from picklejar.inert.reading.storage import Given, Precision, Storage
from picklejar.inert.text.analyzer import analyzer
from picklejar.inert.text.vocabulary import vocabulary
from picklejar.inert.text.weights import TfidfTransformer

if TYPE_CHECKING:
    from numpy.typing import NDArray

TYPES = ("numpy.int64", "numpy.int32", "numpy.float64", "numpy.float32")


class Vectorizer(InertTransformer):
    """What makes numbers of a column of texts: X is of shape (rows, 1), where scikit-learn takes a list of texts."""

    is_of_texts = True
    takes_text = True
    answers = Storage.SPARSE

    def __init__(self, state: EstimatorState, width: int) -> None:
        self.n_features_in_, self.n_features_out = 1, width
        self.feature_names_in_ = None
        self._analyze = analyzer(state)
        self.precision = Precision.EXACT
        if is_float32(state):
            self.precision, self.tolerance = Precision.SINGLE, FLOAT32_TOLERANCE

    def checked(self, given: Any) -> Matrix:
        X = self.shaped(given)
        refused = [row for row, text in enumerate(X[:, 0].tolist()) if not isinstance(text, str)]
        if refused:
            raise RowsRefused(refused, 0, "type", "must be text, and not missing")
        return X

    def source(self, column: int) -> int:  # noqa: ARG002  there is but one
        return 0

    def texts(self) -> frozenset[int]:
        return frozenset({0})


class Counts(Vectorizer):
    """How often each term of vocabulary_ stands in a text: `CountVectorizer.transform`."""

    def __init__(self, state: EstimatorState) -> None:
        self._vocabulary = vocabulary(state)
        super().__init__(state, len(self._vocabulary))
        self._binary = state.flag("binary")

    def transform(self, X: NDArray[Any]) -> SparseRows:
        rows = SparseRows.of_counts([self._counts(text) for text in X[:, 0].tolist()], self.n_features_out)
        return rows.with_data(np.ones_like(rows.data)) if self._binary else rows

    def _counts(self, text: str) -> dict[int, int]:
        counts = Counter(map(self._vocabulary.get, self._analyze(text)))
        counts.pop(None, None)
        return counts  # type: ignore[return-value]


class WeighedCounts(Counts):
    """Counts with the weights that its own `TfidfTransformer` gives them: `TfidfVectorizer.transform`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        given = Given(Storage.SPARSE, self.precision, self.n_features_out)
        self._weigh: Any = state.estimator_of(state.value("_tfidf"), given)
        if not isinstance(self._weigh, TfidfTransformer) or self._weigh.n_features_in_ != self.n_features_out:
            raise state.damaged("has weights for other terms than its own")
        self.precision = self._weigh.precision

    def transform(self, X: NDArray[Any]) -> SparseRows:
        weighed: SparseRows = self._weigh.transform(super().transform(X))
        return weighed


def is_float32(state: EstimatorState) -> bool:
    """Return whether counts are of float32; raises UnsupportedEstimator for integers that are cut."""
    given = state.value("dtype")
    name = state.global_name("dtype") or (f"numpy.{given}" if type(given) is str else "of another kind")
    if name in ("builtins.float", "builtins.int"):
        return False
    if name not in TYPES:
        raise state.unsupported(f"dtype={name[:50]}", "Fit it with dtype=numpy.float64.")
    return name == "numpy.float32"

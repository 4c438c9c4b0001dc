"""Columns cut into intervals: sklearn/preprocessing/_discretization.py."""

from __future__ import annotations

import numpy as np

from picklejar.inert.base.estimator import refuse_leaps
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Precision, Storage


class Bins(InertTransformer):
    """The interval of bin_edges_ that a value is in, or a 1 in its column: `KBinsDiscretizer.transform`."""

    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.SCALED, Precision.ROUNDED)
        self.precision = state.precision.counted()
        if state.global_name("dtype") not in (None, "numpy.float64"):
            raise state.unsupported("dtype other than float64")
        self._is_ordinal = state.choice("encode", "onehot", "onehot-dense", "ordinal") == "ordinal"
        edges = [
            state.floats_of(item, "bin_edges_", (None,)) for item in state.sequence("bin_edges_", self.n_features_in_)
        ]
        if not all(len(item) for item in edges):
            raise state.damaged("has a column without edges")
        if not all((np.diff(item) >= 0).all() for item in edges):
            raise state.unsupported("edges of bins that are not in their order")
        if not self._is_ordinal and (not state.has("_encoder") or not all(len(item) > 1 for item in edges)):
            raise state.changed()
        if not self._is_ordinal:
            encoder = state.part("_encoder", "sklearn.preprocessing._encoders.OneHotEncoder")
            self.answers = Storage.SPARSE if encoder.flag("sparse_output") else Storage.DENSE
        self._inner_edges = [item[1:-1] for item in edges]
        bins = [len(item) - 1 for item in edges]
        # Until 1.0 a value a little below an edge was in the bin above.
        self._is_lenient = state.before("1.1")
        self._is_of_computed = state.precision == Precision.COMPUTED
        self._sizes = np.array([np.abs(item).max() for item in edges])
        self._starts = np.cumsum([0, *bins[:-1]])
        self.n_features_out = self.n_features_in_ if self._is_ordinal else sum(bins)

    def transform(self, X: Floats) -> Floats:
        if self._is_of_computed:
            refuse_leaps(self._bins, X, self._sizes, "A number computed on the way is at an edge of its bin.")
        bins = self._bins(X)
        if self._is_ordinal:
            return bins
        output = np.zeros((len(X), self.n_features_out))
        output[np.arange(len(X))[:, None], bins.astype(np.int64) + self._starts] = 1.0
        return output

    def _bins(self, X: Floats) -> Floats:
        if self._is_lenient:
            X = X + (1e-8 + 1e-5 * np.abs(X))
        bins = np.empty(X.shape)
        for column, edges in enumerate(self._inner_edges):
            bins[:, column] = edges.searchsorted(X[:, column], side="right")
        return bins

    def source(self, column: int) -> int:
        return column if self._is_ordinal else int(np.searchsorted(self._starts, column, side="right")) - 1

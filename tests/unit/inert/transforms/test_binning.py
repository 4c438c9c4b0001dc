"""Intervals are those of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import KBinsDiscretizer

from picklejar import inert
from picklejar.errors import DamagedPickle, UnreadablePickle, UnsupportedEstimator


@pytest.mark.parametrize("encode", ["onehot", "onehot-dense", "ordinal"])
@pytest.mark.parametrize("strategy", ["uniform", "quantile", "kmeans"])
def test_intervals_are_those_of_the_original(
    encode: str, strategy: str, agree: Callable[..., Any], boundary_rows: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.normal(size=(200, 3))
    original = KBinsDiscretizer([3, 5, 2], encode=encode, strategy=strategy, quantile_method="averaged_inverted_cdf")
    rows = boundary_rows(X)
    edges = original.fit(X).bin_edges_
    for column in range(3):
        rows[:100, column] = rng.choice(edges[column], 100)
    read = agree(original, rows, tolerance=0)
    assert read.source(read.n_features_out - 1) == 2
    assert read.source(1) == (1 if encode == "ordinal" else 0)


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        ({"bin_edges_": np.array([np.arange(3.0)] * 2, dtype=object)}, DamagedPickle),
        ({"bin_edges_": [np.arange(3.0)[::-1], np.arange(3.0)]}, UnsupportedEstimator),
        ({"bin_edges_": [np.arange(1.0), np.arange(3.0)]}, UnsupportedEstimator),
        ({"bin_edges_": [np.arange(3.0)]}, DamagedPickle),
        ({"bin_edges_": [1, 2]}, DamagedPickle),
        ({"encode": "hash"}, UnsupportedEstimator),
        ({"_encoder": None}, UnsupportedEstimator),
        ({"dtype": np.float32}, UnsupportedEstimator),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    attributes: Any, error: type[UnreadablePickle], rewritten: Callable[..., bytes]
) -> None:
    original = KBinsDiscretizer(2, quantile_method="averaged_inverted_cdf").fit(
        np.eye(9)[:, :2] + np.arange(18).reshape(9, 2)
    )
    with pytest.raises(error):
        inert.loads(rewritten(original, **attributes))

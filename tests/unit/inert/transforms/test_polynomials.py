"""Products of columns are those of scikit-learn."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import PolynomialFeatures

from picklejar import inert
from picklejar.errors import DamagedPickle, UnreadablePickle, UnsupportedEstimator

DEGREES = [0, 1, 2, 3, 5, (0, 0), (0, 2), (1, 1), (2, 3), (3, 3), (3, 4), (6, 7)]


@pytest.mark.parametrize(("degree", "distinct", "bias"), [*product(DEGREES, [False, True], [False, True])])
def test_products_are_those_of_the_original(
    degree: Any, distinct: bool, bias: bool, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.normal(size=(100, 4))
    original = PolynomialFeatures(degree, interaction_only=distinct, include_bias=bias)
    if not bias and degree in (0, (0, 0)):
        return
    read = agree(original.fit(X), X, tolerance=0)
    agree(original, X[:1], tolerance=0)
    assert read.n_features_out == original.n_output_features_
    assert read.source(0) is None


@pytest.mark.parametrize("columns", [1, 30])
@pytest.mark.parametrize("order", ["C", "F"])
def test_products_of_few_or_many_columns_are_those_of_the_original(
    columns: int, order: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.normal(size=(100, columns))
    agree(PolynomialFeatures(3, order=order).fit(X), X, tolerance=0)
    agree(PolynomialFeatures(3, interaction_only=True).fit(X), X, tolerance=0)


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        ({"_max_degree": 10**6}, DamagedPickle),
        ({"_max_degree": 15_000}, UnsupportedEstimator),
        ({"_max_degree": 1}, UnsupportedEstimator),
        ({"_min_degree": 3}, DamagedPickle),
        ({"_min_degree": -1}, DamagedPickle),
        ({"n_features_in_": 1_000_000}, UnsupportedEstimator),
        ({"n_features_in_": 3}, UnsupportedEstimator),
        ({"n_output_features_": 7}, UnsupportedEstimator),
        ({"n_output_features_": 43_758}, UnsupportedEstimator),
        ({"interaction_only": "yes"}, DamagedPickle),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    attributes: Any, error: type[UnreadablePickle], rewritten: Callable[..., bytes]
) -> None:
    with pytest.raises(error):
        inert.loads(rewritten(PolynomialFeatures().fit(np.ones((2, 2))), **attributes))


def test_more_products_than_any_memory_holds_are_refused_at_once() -> None:
    with pytest.raises(UnsupportedEstimator, match="products"):
        inert.loads(pickle.dumps(PolynomialFeatures(20, interaction_only=True).fit(np.ones((2, 40)))))

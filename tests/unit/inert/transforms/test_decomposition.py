"""Projections are those of scikit-learn."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA, FactorAnalysis, IncrementalPCA, TruncatedSVD

from picklejar import inert
from picklejar.errors import DamagedPickle, UnsupportedEstimator

PROJECTIONS = [
    PCA(), PCA(2), PCA(3, whiten=True), PCA(0.9), IncrementalPCA(2), IncrementalPCA(2, whiten=True), TruncatedSVD(3),
    FactorAnalysis(2),
]  # fmt: skip


@pytest.mark.parametrize("projection", PROJECTIONS, ids=repr)
def test_a_projection_is_that_of_the_original(
    projection: Any, agree: Callable[..., Any], boundary_rows: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) + 3
    read = agree(projection.fit(X), boundary_rows(X))
    assert read.n_features_out == projection.transform(X).shape[1]
    assert read.source(0) is None


@pytest.mark.parametrize("apart", [1e-9, 0])
def test_factors_that_no_two_ways_of_inverting_agree_on_are_refused(rng: np.random.Generator, apart: float) -> None:
    fitted = FactorAnalysis(2).fit(rng.normal(size=(20, 2)))
    fitted.components_ = np.array([[1, 1], [1, 1 + apart]]) * 1e8
    with pytest.raises(UnsupportedEstimator, match="nearly alike"):
        inert.loads(pickle.dumps(fitted))


def test_factors_of_which_one_has_no_eigenvalue_left_are_refused(rng: np.random.Generator) -> None:
    fitted = FactorAnalysis(2).fit(rng.normal(size=(20, 4)))
    fitted.components_ = np.array([[0, 8.66540541e09, 0, 8.36242226e11], [0, 1.27537894e12, 0, 1.98738141e10]])
    fitted.noise_variance_ = np.array([1e-12, 1.6589414e17, 1e-12, 1e-12])
    with pytest.raises(UnsupportedEstimator, match="nearly alike"):
        inert.loads(pickle.dumps(fitted))


@pytest.mark.parametrize(
    ("projection", "attributes"),
    [
        (PCA(), {"components_": np.ones((2, 4))}),
        (PCA(), {"mean_": np.ones(2)}),
        (PCA(whiten=True), {"explained_variance_": np.ones(3)}),
        (PCA(whiten=True), {"explained_variance_": -np.ones(5)}),
        (TruncatedSVD(), {"components_": None}),
        (FactorAnalysis(2), {"components_": np.ones((6, 5))}),
        (FactorAnalysis(2), {"noise_variance_": np.ones(2)}),
        (FactorAnalysis(2), {"noise_variance_": np.full(5, np.nan), "components_": np.ones((5, 6))}),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    projection: Any, attributes: Any, rng: np.random.Generator, rewritten: Callable[..., bytes]
) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(projection.fit(rng.normal(size=(20, 5))), **attributes))


@pytest.mark.parametrize("whiten", [False, True])
def test_components_of_float32_stay_float32(whiten: bool, agree: Any, X: Any) -> None:
    single = X.astype(np.float32)
    read = agree(PCA(whiten=whiten).fit(single), single.astype(float))
    assert read.tolerance == 1e-6

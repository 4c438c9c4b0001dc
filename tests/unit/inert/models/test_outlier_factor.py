"""A local outlier factor is scikit-learn's, where neighbors are not made of rounding."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator

FACTORS = [
    {},
    {"contamination": 0.1},
    {"n_neighbors": 3, "contamination": 0.2, "algorithm": "ball_tree"},
    {"n_neighbors": 500},
    {"algorithm": "brute"},
    {"algorithm": "brute", "metric": "manhattan", "contamination": 0.1},
    {"p": 3, "n_neighbors": 7},
    {"metric": "chebyshev"},
]


def factor(**parameters: Any) -> LocalOutlierFactor:
    return LocalOutlierFactor(novelty=True, **parameters)


@pytest.mark.filterwarnings("ignore:n_neighbors")
@pytest.mark.parametrize("parameters", FACTORS, ids=str)
def test_a_factor_answers_as_the_original(parameters: dict[str, Any], agree: Any, boundary_rows: Any, X: Any) -> None:
    fitted = factor(**parameters).fit(X)
    rows = boundary_rows(X, 2_000)
    rows = rows[np.abs(fitted.decision_function(rows)) > 1e-9]
    agree(fitted, rows, tolerance=1e-9 if parameters == {"algorithm": "brute"} else 1e-12)


def test_neighbors_equally_far_are_those_of_the_tree(agree: Any, rng: np.random.Generator) -> None:
    X = rng.integers(0, 4, (200, 3)).astype(float)
    for algorithm in ("kd_tree", "ball_tree"):
        agree(factor(algorithm=algorithm, n_neighbors=5).fit(X), rng.integers(0, 9, (300, 3)) / 2)


def test_a_tie_that_brute_force_decides_is_refused() -> None:
    X = np.array([[0.0], [2], [2.5], [-2], [-9], [9], [20]])
    read = inert.loads(pickle.dumps(factor(algorithm="brute", n_neighbors=2).fit(X)))
    for method in (read.predict, read.decision_function, read.score_samples):
        with pytest.raises(RowsRefused) as refused:
            method([[0.0], [20.0]])
        assert (refused.value.rows, refused.value.rule) == ([0], "tie")


def test_distances_that_are_rounding_are_refused(rng: np.random.Generator) -> None:
    X = np.repeat(rng.normal(size=(5, 3)), 30, axis=0)
    read = inert.loads(pickle.dumps(factor(algorithm="brute").fit(X)))
    with pytest.raises(RowsRefused):
        read.score_samples(X[:1])


def test_without_novelty_it_is_refused_by_name(X: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match="novelty=False"):
        inert.loads(pickle.dumps(LocalOutlierFactor().fit(X)))


@pytest.mark.parametrize(
    "state",
    [
        {"_lrd": np.ones(3)},
        {"_distances_fit_X_": np.ones((200, 3))},
        {"n_neighbors_": 0},
        {"offset_": "low"},
        {"_fit_X": np.ones((200, 3))},
    ],
    ids=str,
)
def test_sizes_that_contradict_one_another_are_refused(state: dict[str, Any], rewritten: Any, X: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(factor().fit(X), **state))

"""Labels of the nearest rows are scikit-learn's also where votes or distances are equal, or refused as a tie."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC

from picklejar import inert
from picklejar.errors import RowsRefused, TooLarge, UnsupportedEstimator
from picklejar.inert.base import work

TREES = ("kd_tree", "ball_tree")


def _rounded(rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Return rows of a few digits and their mirror images, labels, and rows in the middle between two."""
    X = np.round(rng.normal(size=(20, int(rng.integers(1, 10)))), 1)
    X = np.concatenate([X, -X])
    first, second = rng.integers(len(X), size=(2, 60))
    return X, rng.integers(0, 2, len(X)), np.concatenate([(X[first] + X[second]) / 2, X[:5] * 0])


@pytest.mark.parametrize("neighbors", [2, 4, 9])
@pytest.mark.parametrize(
    ("algorithm", "p"), [(a, p) for a in ("brute", *TREES) for p in (1, 1.5, 2, 3)], ids=lambda value: str(value)
)
def test_votes_that_only_rounding_decides_are_those_of_scikit_learn(
    algorithm: str, p: float, neighbors: int, rng: np.random.Generator
) -> None:
    options: dict[str, Any] = {"weights": "distance", "algorithm": algorithm, "leaf_size": 3, "p": p}
    for _ in range(8):
        X, y, rows = _rounded(rng)
        fitted = KNeighborsClassifier(neighbors, **options).fit(X, y)
        labels, answered = _labels_left(inert.loads(pickle.dumps(fitted)), rows)
        assert algorithm == "brute" or answered.all()
        np.testing.assert_array_equal(labels, fitted.predict(rows)[answered])


def _labels_left(read: Any, rows: Any) -> tuple[Any, Any]:
    """Return the labels of the rows that are no ties, and which those are."""
    answered = np.full(len(rows), True)
    while answered.any():
        try:
            return read.predict(rows[answered]), answered
        except RowsRefused as error:
            if error.rule != "tie":
                raise
            answered[np.flatnonzero(answered)[error.rows]] = False
    return np.array([]), answered


def test_votes_that_products_of_matrices_leave_open_are_refused() -> None:
    X = [[0.3, 0.8], [0.3, -1.3], [0.9, 0.4], [-0.5, 0.6], [0.4, 0.3], [0, 0.5]]
    read = inert.loads(pickle.dumps(KNeighborsClassifier(2, weights="distance", algorithm="brute").fit(X, [*"ababab"])))
    with pytest.raises(RowsRefused, match="equal votes but for rounding"):
        read.predict(np.array([[0.15, 0.65]]))


def test_votes_of_whole_numbers_are_equal_and_answered(agree: Any) -> None:
    square = np.array([[0.0, 0], [2, 0], [0, 2], [2, 2]])
    fitted = KNeighborsClassifier(4, weights="distance", algorithm="brute").fit(square, [*"baab"])
    assert agree(fitted, np.array([[1.0, 1]])).predict(np.array([[1.0, 1]])).tolist() == ["a"]


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("algorithm", TREES)
def test_a_walk_among_equal_rows_looks_at_few(algorithm: str, p: int) -> None:
    X = np.ones((3_000, 6))
    fitted = KNeighborsClassifier(5, algorithm=algorithm, leaf_size=5, p=p).fit(X, np.arange(len(X)) % 3)
    read = inert.loads(pickle.dumps(fitted))
    # To look at every leaf is five times as much.
    with work.at_most(2e7):
        np.testing.assert_array_equal(read.predict(X[::30]), fitted.predict(X[::30]))


def test_many_equal_neighbors_are_sorted_as_by_the_original(agree: Any) -> None:
    X = np.ones((3_000, 2))
    X[::7] += 1
    fitted = KNeighborsClassifier(2_500, weights="distance", algorithm="kd_tree", leaf_size=50).fit(
        X, np.arange(3_000) % 2
    )
    agree(fitted, X[:3] + 0.1)


@pytest.mark.parametrize("estimator", [KNeighborsRegressor(), KNeighborsClassifier(), SVC()], ids=repr)
def test_more_comparisons_than_the_budget_has_are_refused(estimator: Any, rng: np.random.Generator) -> None:
    X = rng.normal(size=(40, 2))
    read = inert.loads(pickle.dumps(estimator.fit(X, X[:, 0] > 0)))
    with work.at_most(1_000), pytest.raises(TooLarge, match="fewer or shorter ones"):
        read.predict(X)
    with work.at_most(40 * 40 * 10):
        read.predict(X)
    read.predict(X)


@pytest.mark.parametrize("changed", [{"p": 1}, {"p": 3}, {"metric": "manhattan"}])
def test_a_metric_set_after_the_fit_is_refused_where_it_has_the_vote(
    changed: dict[str, Any], agree: Any, X: Any, y: Any
) -> None:
    fitted = KNeighborsClassifier(algorithm="brute").fit(X, y > 0)
    agree(fitted, X[:50])
    fitted.set_params(**changed)
    with pytest.raises(UnsupportedEstimator, match="set after the fit"):
        inert.loads(pickle.dumps(fitted))
    weighted = KNeighborsClassifier(algorithm="kd_tree").fit(X, y > 0)
    agree(weighted.set_params(**changed), X[:50])


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, np.inf])
def test_a_power_of_brute_force_is_read(p: float, agree: Any, X: Any, y: Any) -> None:
    agree(KNeighborsClassifier(algorithm="brute", p=p).fit(X, y > 0), X[:50])

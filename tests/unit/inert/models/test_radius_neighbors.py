"""The rows within a radius are scikit-learn's, and where rounding tells whether a row is one, it is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import RadiusNeighborsClassifier, RadiusNeighborsRegressor

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator

pytestmark = pytest.mark.filterwarnings("ignore:One or more samples have no neighbors", "ignore:Outlier label")

RADII: list[dict[str, Any]] = [
    {"radius": 4.0},
    {"radius": 4.0, "weights": "distance"},
    {"radius": 6.0, "algorithm": "brute"},
    {"radius": 6.0, "algorithm": "brute", "metric": "manhattan", "weights": "distance"},
    {"radius": 4.0, "algorithm": "ball_tree", "p": 1},
    {"radius": 4.0, "algorithm": "kd_tree", "metric": "chebyshev", "leaf_size": 2},
    {"radius": 4.0, "p": 3},
]


@pytest.mark.parametrize("parameters", RADII, ids=str)
def test_a_regressor_answers_as_the_original(
    parameters: dict[str, Any], agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    rows = boundary_rows(X, 2_000)
    agree(RadiusNeighborsRegressor(**parameters).fit(X, y), rows)
    agree(RadiusNeighborsRegressor(**parameters).fit(X, np.c_[y, X[:, 0]]), rows)


@pytest.mark.parametrize("label", [3, 1, "most_frequent", -1], ids=str)
@pytest.mark.parametrize("parameters", RADII, ids=str)
def test_a_classifier_answers_as_the_original(
    parameters: dict[str, Any], label: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    fitted = RadiusNeighborsClassifier(outlier_label=label, **parameters)
    agree(fitted.fit(X, np.array([3, 5, 8])[np.digitize(y, [-1, 1])]), boundary_rows(X, 2_000))


def test_a_row_at_the_radius_counts_where_no_rounding_hides_it(agree: Any, rng: np.random.Generator) -> None:
    X, y = rng.integers(0, 5, (200, 3)).astype(float), rng.normal(size=200)
    rows = rng.integers(0, 9, (300, 3)) / 2
    for algorithm in ("kd_tree", "brute"):
        agree(RadiusNeighborsRegressor(2.0, algorithm=algorithm).fit(X, y), rows)


@pytest.mark.parametrize("parameters", [{"radius": 0.3}, {"radius": 1.0, "algorithm": "ball_tree"}], ids=str)
def test_a_row_at_the_radius_is_refused_where_rounding_tells(parameters: dict[str, Any]) -> None:
    fitted = RadiusNeighborsRegressor(**parameters).fit([[0.0], [5.0]], [1.0, 2.0])
    with pytest.raises(RowsRefused, match="as far away as the radius") as refused:
        inert.loads(pickle.dumps(fitted)).predict([[0.1], [parameters["radius"]]])
    assert (refused.value.rows, refused.value.rule) == ([1], "tie")


def test_a_row_without_neighbors_has_no_answer_as_in_the_original(X: Any, y: Any) -> None:
    far = np.add(X[:2], [[0], [1e6]])
    regressor = inert.loads(pickle.dumps(RadiusNeighborsRegressor(4.0).fit(X, y)))
    assert np.isnan(regressor.predict(far)).tolist() == [False, True]
    whole = inert.loads(pickle.dumps(RadiusNeighborsRegressor(4.0).fit(X, y.astype(int))))
    with pytest.raises(RowsRefused, match="depends on the processor"):
        whole.predict(far)
    classifier = inert.loads(pickle.dumps(RadiusNeighborsClassifier(4.0).fit(X, y > 0)))
    with pytest.raises(RowsRefused, match="larger radius, or with outlier_label") as refused:
        classifier.predict(far)
    assert (refused.value.rows, refused.value.rule) == ([1], "neighbors")


def test_weights_that_are_rounding_are_refused(X: Any, y: Any) -> None:
    fitted = RadiusNeighborsRegressor(9.0, algorithm="brute", weights="distance").fit(X, y)
    with pytest.raises(RowsRefused, match="rounding weighs them"):
        inert.loads(pickle.dumps(fitted)).predict(X)


@pytest.mark.parametrize(
    "state",
    [
        {"_y": np.zeros(3, dtype=int)},
        {"_y": np.full(200, 2)},
        {"_fit_X": np.ones((200, 3))},
        {"radius": -1.0},
        {"radius": "far"},
        {"outlier_label_": [["a"]]},
    ],
    ids=str,
)
def test_sizes_that_contradict_one_another_are_refused(state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(RadiusNeighborsClassifier(4.0).fit(X, y > 0), **state))


def test_what_it_cannot_repeat_is_refused_by_name(rewritten: Any, X: Any, y: Any) -> None:
    texts = RadiusNeighborsClassifier(4.0, algorithm="brute", metric="manhattan").fit(X, np.where(y > 0, "a", "b"))
    with pytest.raises(UnsupportedEstimator, match="no whole numbers"):
        inert.loads(rewritten(texts, _sklearn_version="1.8.0"))
    with pytest.raises(UnsupportedEstimator, match="outputs_2d_"):
        inert.loads(rewritten(RadiusNeighborsClassifier(4.0).fit(X, np.c_[y > 0, y > 1])))
    with pytest.raises(UnsupportedEstimator, match="texts"):
        inert.loads(rewritten(RadiusNeighborsRegressor(4.0).fit(X, y.astype(str))))

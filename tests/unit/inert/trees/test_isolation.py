"""A forest that isolates outliers answers as scikit-learn's, bit by bit, and says where only rounding decides."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator

FORESTS = [
    {},
    {"contamination": 0.1},
    {"contamination": 0.1, "max_features": 2},
    {"max_features": 0.8, "bootstrap": True},
    {"max_samples": 2},
    {"max_samples": 1},
    {"n_estimators": 1, "contamination": 0.3},
]


def forest(**parameters: Any) -> IsolationForest:
    return IsolationForest(**{"n_estimators": 20, "random_state": 0, **parameters})


@pytest.mark.parametrize("parameters", FORESTS, ids=str)
def test_a_forest_answers_as_the_original(parameters: dict[str, Any], boundary_rows: Any, X: Any) -> None:
    fitted, rows = forest(**parameters).fit(X), boundary_rows(X)
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(read.score_samples(rows), fitted.score_samples(rows))
    np.testing.assert_array_equal(read.decision_function(rows), fitted.decision_function(rows))
    is_exact = parameters.get("max_samples") in (1, 2)
    clear = rows[is_exact | (np.abs(fitted.decision_function(rows)) > 1e-15)]
    np.testing.assert_array_equal(read.predict(clear), fitted.predict(clear))


def test_missing_values_go_where_the_trees_send_them(X: Any) -> None:
    X[::3, 1] = np.nan
    fitted, rows = forest(contamination=0.2).fit(X[:150]), X[150:]
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(read.score_samples(rows), fitted.score_samples(rows))


def test_a_row_at_the_boundary_is_refused(X: Any) -> None:
    # Of 201 rows, the tenth part ends at a row.
    X = np.concatenate([X, X[:1] * 1.5])
    fitted = forest(contamination=0.1).fit(X)
    at = int(np.abs(fitted.decision_function(X)).argmin())
    with pytest.raises(RowsRefused, match="boundary between inliers and outliers") as refused:
        inert.loads(pickle.dumps(fitted)).predict(X)
    assert (refused.value.rows, refused.value.rule) == ([at], "tie")


def test_a_pipeline_hands_on_its_scores(agree: Any, boundary_rows: Any, X: Any) -> None:
    read = agree(make_pipeline(StandardScaler(), forest()).fit(X), boundary_rows(X, 100))
    assert hasattr(read, "score_samples")
    assert not hasattr(inert.loads(pickle.dumps(PCA().fit(X))), "score_samples")


def test_before_1_3_paths_are_counted_in_the_trees(rewritten: Any, boundary_rows: Any, X: Any) -> None:
    fitted, rows = forest().fit(X), boundary_rows(X, 500)
    data = rewritten(fitted, _sklearn_version="1.2.2", _decision_path_lengths=None, _average_path_length_per_tree=None)
    np.testing.assert_allclose(inert.loads(data).score_samples(rows), fitted.score_samples(rows), rtol=1e-14)


@pytest.mark.parametrize(
    "state",
    [
        {"estimators_": []},
        {"_decision_path_lengths": []},
        {"_decision_path_lengths": [np.ones(1, dtype=int)] * 20},
        {"_average_path_length_per_tree": [np.ones(1)] * 20},
        {"estimators_features_": []},
        {"estimators_features_": [np.array([0, 9])] * 20},
        {"estimators_features_": [np.array([0])] * 20},
        {"_max_features": 1},
        {"_max_features": 5},
        {"_max_samples": -1},
    ],
    ids=str,
)
def test_sizes_that_contradict_one_another_are_refused(state: dict[str, Any], rewritten: Any, X: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(forest(max_features=2).fit(X), **state))


def test_path_lengths_that_are_no_numbers_are_refused(rewritten: Any, X: Any) -> None:
    fitted = forest(n_estimators=1).fit(X)
    lengths = [np.full_like(fitted._average_path_length_per_tree[0], np.nan)]
    with pytest.raises((DamagedPickle, UnsupportedEstimator)):
        inert.loads(rewritten(fitted, _average_path_length_per_tree=lengths))

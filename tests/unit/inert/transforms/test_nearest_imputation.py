"""Missing values come from the rows that scikit-learn takes, or the row is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.impute import KNNImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator

IMPUTERS = [
    {},
    {"weights": "distance"},
    {"n_neighbors": 1},
    {"n_neighbors": 500},
    {"add_indicator": True},
    {"keep_empty_features": True, "weights": "distance"},
]


def with_holes(X: Any, share: float = 0.3) -> Any:
    return np.where(np.random.default_rng(1).random(X.shape) < share, np.nan, X)


def without_ties(read: Any, rows: Any) -> Any:
    try:
        read.transform(rows)
    except RowsRefused as refused:
        return np.delete(rows, refused.rows, axis=0)
    return rows


@pytest.mark.parametrize("parameters", IMPUTERS, ids=str)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_an_imputer_answers_as_the_original(parameters: dict[str, Any], share: float, agree: Any, X: Any) -> None:
    fitted = KNNImputer(**parameters).fit(with_holes(X[:120]))
    read, rows = inert.loads(pickle.dumps(fitted)), with_holes(X[120:], share)
    answered = without_ties(read, rows)
    # Of rows that have one number alike, products of matrices leave no distance to weigh them by.
    assert len(answered) > 0.8 * len(rows) if "weights" in parameters else len(answered) == len(rows)
    agree(fitted, answered, tolerance=1e-9)


def test_a_column_that_was_never_there_is_dropped(agree: Any, X: Any) -> None:
    fitted, rows = with_holes(X), with_holes(X)[:50]
    fitted[:, 2] = np.nan
    assert agree(KNNImputer().fit(fitted), rows).n_features_out == 3
    assert agree(KNNImputer(keep_empty_features=True).fit(fitted), rows).transform(rows)[:, 2].tolist() == [0.0] * 50


def test_a_number_may_stand_for_a_missing_one(agree: Any, X: Any) -> None:
    rows = np.nan_to_num(with_holes(X), nan=-1.0)
    agree(KNNImputer(missing_values=-1).fit(rows), rows[:60])


def test_a_choice_among_rows_equally_near_is_refused_where_it_decides() -> None:
    X = np.array([[0.0, 1], [0, 1], [2, 5], [9, 9]])
    read = inert.loads(pickle.dumps(KNNImputer(n_neighbors=1).fit(X)))
    assert read.transform([[0.0, np.nan], [8.0, np.nan]]).tolist() == [[0, 1], [8, 9]]
    with pytest.raises(RowsRefused, match="equally near") as refused:
        read.transform([[0.0, np.nan], [1.0, np.nan]])
    assert (refused.value.rows, refused.value.rule) == ([1], "tie")


def test_a_row_that_shares_nothing_with_any_other_gets_the_mean(agree: Any) -> None:
    X = np.array([[np.nan, 1.0], [np.nan, 3.0], [2.0, np.nan]])
    assert agree(KNNImputer().fit(X), X).transform([[4.0, np.nan]]).tolist() == [[4, 2]]


def test_a_pipeline_of_it_answers_as_the_original(agree: Any, X: Any, y: Any) -> None:
    agree(make_pipeline(StandardScaler(), KNNImputer(), Ridge()).fit(with_holes(X), y), with_holes(X)[:80])


def test_until_1_5_rows_of_unknown_distance_count_as_others(rewritten: Any) -> None:
    X = np.array([[0.0, 1], [1, 1], [np.nan, 7]])
    data = rewritten(KNNImputer(n_neighbors=3).fit(X), _sklearn_version="1.5.2")
    assert inert.loads(data).transform([[0.0, np.nan]]).tolist() == [[0, 3]]


@pytest.mark.parametrize(
    "state",
    [
        {"_fit_X": np.ones((200, 3))},
        {"_fit_X": np.ones((0, 4)), "_mask_fit_X": np.ones((0, 4), dtype=bool)},
        {"_mask_fit_X": np.zeros((3, 4), dtype=bool)},
        {"n_neighbors": 0},
        {"missing_values": "none"},
        {"add_indicator": True},
    ],
    ids=str,
)
def test_sizes_that_contradict_one_another_are_refused(state: dict[str, Any], rewritten: Any, X: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(KNNImputer().fit(X), **state))


def test_what_it_cannot_repeat_is_refused_by_name(rewritten: Any, X: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match="metric"):
        inert.loads(rewritten(KNNImputer().fit(X), metric="euclidean"))
    with pytest.raises(UnsupportedEstimator, match="left out columns at times"):
        inert.loads(rewritten(KNNImputer(add_indicator=True).fit(with_holes(X)), _sklearn_version="1.2.2"))

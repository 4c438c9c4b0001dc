"""Trees and forests answer as scikit-learn's, number by number."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused

Agree = Callable[..., Any]
Rows = Callable[..., NDArray[np.float64]]

REGRESSORS = [
    DecisionTreeRegressor(random_state=0),
    DecisionTreeRegressor(max_depth=3, criterion="absolute_error"),
    DecisionTreeRegressor(max_leaf_nodes=20, ccp_alpha=0.01),
    ExtraTreeRegressor(random_state=0),
    ExtraTreeRegressor(random_state=0, splitter="best"),
    RandomForestRegressor(20, random_state=0),
    RandomForestRegressor(150, max_depth=3, random_state=0),
    ExtraTreesRegressor(20, random_state=0),
]
CLASSIFIERS = [
    DecisionTreeClassifier(random_state=0),
    DecisionTreeClassifier(max_depth=3, class_weight="balanced"),
    ExtraTreeClassifier(random_state=0),
    RandomForestClassifier(20, random_state=0),
    ExtraTreesClassifier(20, random_state=0, min_samples_leaf=5),
]


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    X = rng.normal(size=(400, 4)).astype(np.float32).astype(np.float64)
    return X, X @ [1, 2, -3, 0.5] + rng.normal(size=400)


def _missing(X: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.where(rng.random(X.shape) < 0.15, np.nan, X)


def _agree_on_few_and_many(agree: Agree, fitted: Any, X: NDArray[np.float64]) -> None:
    for count in (1, 2, 50, len(X)):
        agree(fitted, X[:count], tolerance=0)


@pytest.mark.parametrize("estimator", REGRESSORS, ids=repr)
def test_a_regressor_answers_as_the_original(estimator: Any, agree: Agree, boundary_rows: Rows, data: Any) -> None:
    X, y = data
    _agree_on_few_and_many(agree, estimator.fit(X, y), boundary_rows(X))


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=repr)
@pytest.mark.parametrize("classes", [1, 2, 4])
def test_a_classifier_answers_as_the_original(
    estimator: Any, classes: int, agree: Agree, boundary_rows: Rows, data: Any
) -> None:
    X, y = data
    labels = np.array(["a", "bc", "d", "e"])[np.digitize(y, [-2.0, 0, 2][: classes - 1])]
    _agree_on_few_and_many(agree, estimator.fit(X, labels), boundary_rows(X))


@pytest.mark.parametrize(
    "estimator",
    [one for one in REGRESSORS if getattr(one, "splitter", "") != "best" or "Decision" in repr(one)],
    ids=repr,
)
def test_missing_values_go_where_they_went_in_training(
    estimator: Any, agree: Agree, boundary_rows: Rows, data: Any, rng: np.random.Generator
) -> None:
    X, y = data
    rows = _missing(boundary_rows(X), rng)
    if "absolute_error" not in repr(estimator):
        _agree_on_few_and_many(agree, estimator.fit(_missing(X, rng), y), rows)
    _agree_on_few_and_many(agree, estimator.fit(X, y), rows)


def test_a_random_tree_that_splits_at_the_best_takes_no_missing_values(data: Any) -> None:
    read = inert.loads(pickle.dumps(ExtraTreeRegressor(splitter="best").fit(*data)))
    with pytest.raises(RowsRefused, match="missing"):
        read.predict(np.full((1, 4), np.nan))


@pytest.mark.parametrize("estimator", [DecisionTreeRegressor(), RandomForestRegressor(10), ExtraTreesRegressor(10)])
def test_a_regressor_of_several_targets_answers_as_the_original(
    estimator: Any, agree: Agree, boundary_rows: Rows, data: Any
) -> None:
    X, y = data
    _agree_on_few_and_many(agree, estimator.fit(X, np.stack([y, -y, y**2], axis=1)), boundary_rows(X))


@pytest.mark.parametrize("estimator", [DecisionTreeClassifier(), RandomForestClassifier(10)])
def test_a_classifier_of_several_targets_answers_as_the_original(
    estimator: Any, boundary_rows: Rows, data: Any
) -> None:
    X, y = data
    targets = np.stack([np.digitize(y, [-1, 1]), y > 0], axis=1).astype(int)
    fitted = estimator.fit(X, targets)
    read, rows = inert.loads(pickle.dumps(fitted)), boundary_rows(X)
    np.testing.assert_array_equal(read.predict(rows), fitted.predict(rows))
    ours, theirs = read.predict_proba(rows), fitted.predict_proba(rows)
    assert [one.shape for one in ours] == [one.shape for one in theirs] == [(len(rows), 3), (len(rows), 2)]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_numbers_too_large_for_32_bits_are_refused_as_scikit_learn_refuses_them(data: Any) -> None:
    fitted = DecisionTreeRegressor().fit(*data)
    read = inert.loads(pickle.dumps(fitted))
    X = np.zeros((3, 4))
    X[1, 2] = 3.5e38
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="too large"):
        fitted.predict(X)
    with pytest.raises(RowsRefused, match=r"Column 2 of X must be between -3.4e\+38 and 3.4e\+38; it is not in row 1"):
        read.predict(X)


def test_no_rows_have_no_answers(data: Any) -> None:
    assert inert.loads(pickle.dumps(RandomForestRegressor(3).fit(*data))).predict(np.empty((0, 4))).shape == (0,)


def _tree_with(rewritten: Callable[..., bytes], data: Any, **attributes: Any) -> bytes:
    return rewritten(RandomForestClassifier(2, max_depth=2).fit(data[0], data[1] > 0), **attributes)


@pytest.mark.parametrize(
    "attributes",
    [
        {"estimators_": []},
        {"estimators_": [1]},
        {"n_outputs_": 0},
        {"n_outputs_": 2},
        {"n_outputs_": 2**40},
        {"n_features_in_": 1},
        {"classes_": np.array([])},
        {"classes_": np.array([1])},
        {"classes_": np.array([1, 2, 3])},
    ],
    ids=repr,
)
def test_a_forest_that_contradicts_itself_is_refused(attributes: Any, rewritten: Any, data: Any) -> None:
    inert.loads(_tree_with(rewritten, data))
    with pytest.raises(DamagedPickle):
        inert.loads(_tree_with(rewritten, data, **attributes))


def test_a_files_tree_with_a_child_far_off_is_refused(data: Any) -> None:
    fitted = DecisionTreeRegressor(max_depth=1).fit(*data)
    file = pickle.dumps(fitted)
    left = fitted.tree_.__getstate__()["nodes"].tobytes()
    assert file.count(left) == 1
    for child in (2**40, 3, -2, 0, 2):
        forged = np.int64(child).tobytes() + left[8:]
        with pytest.raises(DamagedPickle):
            inert.loads(file.replace(left, forged))

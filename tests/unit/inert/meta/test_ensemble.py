"""Ensembles answer as scikit-learn's."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import RFE
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Perceptron, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator

pytestmark = pytest.mark.filterwarnings("ignore", category=ConvergenceWarning)

LOGISTIC = [("a", LogisticRegression()), ("b", LogisticRegression(C=0.01))]
MIXED = [("a", LogisticRegression()), ("b", "drop"), ("c", Perceptron()), ("d", RidgeClassifier())]
RIDGES = [("a", Ridge()), ("b", "drop"), ("c", Lasso())]
REGRESSORS = [
    BaggingRegressor(Ridge(), random_state=0),
    BaggingRegressor(Ridge(), max_features=3, bootstrap_features=True, random_state=0),
    AdaBoostRegressor(Ridge(), n_estimators=12, random_state=0),
    AdaBoostRegressor(Ridge(), n_estimators=12, loss="exponential", random_state=0),
    VotingRegressor(RIDGES),
    VotingRegressor(RIDGES, weights=[3, 100, 1.5]),
    VotingRegressor(RIDGES, weights=np.array([3, 100, 1])),
    VotingRegressor(RIDGES, weights=[np.float64(3), np.int64(100), 1]),
    StackingRegressor(RIDGES),
    StackingRegressor(RIDGES, final_estimator=LinearRegression(), passthrough=True),
]
CLASSIFIERS = [
    BaggingClassifier(LogisticRegression(), random_state=0),
    BaggingClassifier(Perceptron(), max_features=0.5, random_state=0),
    AdaBoostClassifier(LogisticRegression(), n_estimators=12),
    AdaBoostClassifier(LogisticRegression(C=1e-4), n_estimators=12, learning_rate=0.1),
    VotingClassifier(MIXED),
    VotingClassifier(MIXED, weights=[1, 5, 2, 1]),
    VotingClassifier(LOGISTIC, voting="soft"),
    VotingClassifier(LOGISTIC, voting="soft", weights=[1, 2], flatten_transform=False),
    StackingClassifier(MIXED),
    StackingClassifier(MIXED, final_estimator=RidgeClassifier(), passthrough=True),
    StackingClassifier(LOGISTIC, stack_method="predict", final_estimator=VotingClassifier(LOGISTIC)),
]


@pytest.mark.parametrize("estimator", REGRESSORS, ids=repr)
def test_a_regressor_answers_as_the_original(estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    agree(estimator.fit(X, y), boundary_rows(X))


@pytest.mark.parametrize("labels", [[False, True], [3, 5, 8], ["a", "b", "c", "d"]], ids=str)
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=repr)
def test_a_classifier_answers_as_the_original(
    estimator: Any, labels: list[Any], agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    ranks = np.argsort(np.argsort(y)) * len(labels) // len(y)
    fitted = estimator.fit(X, np.array(labels)[ranks])
    np.testing.assert_array_equal(agree(fitted, boundary_rows(X)).classes_, fitted.classes_)


def test_bagged_classifiers_of_fewer_classes_answer_as_the_original(agree: Any, boundary_rows: Any, X: Any) -> None:
    labels = np.where(np.arange(len(X)) < 3, "rare", np.where(X[:, 0] > 0, "a", "b"))
    fitted = BaggingClassifier(KNeighborsClassifier(), max_samples=20, random_state=0).fit(X, labels)
    assert {len(part.classes_) for part in fitted.estimators_} == {2, 3}
    rows = boundary_rows(X)
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_allclose(read.predict_proba(rows), fitted.predict_proba(rows), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(read.predict(rows), fitted.predict(rows))


def test_all_columns_too_are_taken_out_by_which_they_are_stored_one_after_the_other(X: Any, y: Any) -> None:
    """As in scikit-learn; BLAS adds them in another order, and a tie is decided by it."""
    read = inert.loads(pickle.dumps(BaggingRegressor(Ridge(), n_estimators=2, random_state=0).fit(X, y)))
    by_column = []
    for part in read._parts:
        part.predict = lambda given: by_column.append(given.flags.f_contiguous) or np.zeros(len(given))
    read.predict(X[:9])
    assert by_column == [True, True]


def test_a_refusal_of_a_part_names_the_column_of_the_whole(X: Any, y: Any) -> None:
    read = inert.loads(
        pickle.dumps(BaggingRegressor(Ridge(), n_estimators=1, max_features=1, random_state=0).fit(X, y))
    )
    rows = np.where(np.isin(np.arange(4), read._columns[0]), np.nan, X[:3])
    with pytest.raises(RowsRefused) as refusal:
        read.predict(rows)
    assert (refusal.value.rows, refusal.value.column) == ([0, 1, 2], read._columns[0][0])


def test_boosting_refuses_what_is_missing_even_where_its_parts_would_not(X: Any, y: Any) -> None:
    texts = np.array([["a", 1.0], ["b", 2.0]] * 20, dtype=object)
    read = inert.loads(pickle.dumps(AdaBoostRegressor(DummyRegressor()).fit(texts, y[:40])))
    assert len(read.predict(texts)) == 40
    texts[7, 1] = np.nan
    with pytest.raises(RowsRefused) as refusal:
        read.predict(texts)
    assert (refusal.value.rows, refusal.value.column) == ([7], 1)


def test_a_dummy_answers_to_whatever_comes_before_it(agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    fitted = StackingRegressor(RIDGES, final_estimator=DummyRegressor()).fit(X, y)
    fitted.passthrough = True
    agree(fitted, boundary_rows(X))


def test_boosting_by_probabilities_as_before_1_6(rewritten: Any, X: Any, y: Any) -> None:
    fitted = AdaBoostClassifier(LogisticRegression(), n_estimators=3).fit(X, np.digitize(y, [-1, 1]))
    read = inert.loads(rewritten(fitted, _sklearn_version="1.5.2", algorithm="SAMME.R"))
    logs = sum(np.log(part.predict_proba(X)) for part in fitted.estimators_)
    expected = 2 * (logs - logs.mean(axis=1, keepdims=True)) / fitted.estimator_weights_.sum()
    np.testing.assert_allclose(read.decision_function(X), expected, rtol=0, atol=1e-10)


TREES = [("a", RandomForestClassifier(5, random_state=0)), ("b", HistGradientBoostingClassifier(max_iter=5))]
OF_TREES = [
    BaggingClassifier(random_state=0),
    AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=5),
    VotingClassifier(TREES, voting="soft"),
    StackingClassifier(TREES, cv=2),
    CalibratedClassifierCV(TREES[0][1], cv=2),
    GridSearchCV(TREES[0][1], {"max_depth": [2, 3]}, cv=2),
    OneVsRestClassifier(DecisionTreeClassifier(random_state=0)),
    AdaBoostRegressor(n_estimators=7, random_state=0),
    BaggingRegressor(max_features=2, random_state=0),
]


@pytest.mark.parametrize("estimator", OF_TREES, ids=repr)
def test_ensembles_of_trees_answer_as_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(estimator.fit(X, np.digitize(y, [-1, 1])), boundary_rows(X))


def test_an_ensemble_knows_the_names_of_its_features(agree: Any, X: Any, y: Any) -> None:
    table = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    for estimator in (VotingRegressor(RIDGES), BaggingRegressor(Ridge())):
        fitted = estimator.fit(table, y)
        if hasattr(fitted, "feature_names_in_"):
            assert agree(fitted, table).feature_names_in_.tolist() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("ensemble", [VotingRegressor, StackingRegressor])
def test_what_is_missing_is_handed_to_parts_that_take_it(ensemble: Any, agree: Any, rng: Any, X: Any, y: Any) -> None:
    X[rng.random(X.shape) < 0.2] = np.nan
    agree(ensemble([("a", HistGradientBoostingRegressor(max_iter=5)), ("b", RandomForestRegressor(5))]).fit(X, y), X)


DAMAGED = [
    (REGRESSORS[0], {"estimators_": []}),
    (REGRESSORS[0], {"estimators_features_": []}),
    (REGRESSORS[0], {"estimators_": [], "estimators_features_": []}),
    (REGRESSORS[1], {"n_features_in_": 2}),
    (BaggingRegressor(Ridge(), n_estimators=1), {"estimators_features_": [np.arange(3)]}),
    (BaggingRegressor(Ridge(), n_estimators=1), {"estimators_features_": [np.arange(1, 5)]}),
    (BaggingRegressor(Ridge(), n_estimators=1), {"estimators_features_": [np.arange(-1, 3)]}),
    (BaggingRegressor(Ridge(), n_estimators=1), {"estimators_features_": [np.arange(4.0)]}),
    (CLASSIFIERS[0], {"classes_": np.arange(2)}),
    (REGRESSORS[2], {"estimator_weights_": np.ones(2)}),
    (REGRESSORS[2], {"estimators_": []}),
    (REGRESSORS[2], {"n_features_in_": 3}),
    (CLASSIFIERS[2], {"classes_": np.arange(1, 4)}),
    (CLASSIFIERS[2], {"algorithm": "SAMME.R", "classes_": np.arange(4)}),
    (REGRESSORS[4], {"estimators_": []}),
    (REGRESSORS[4], {"estimators_": [Ridge().fit([[1], [2]], [1, 2]), Ridge().fit([[1, 2], [2, 3]], [1, 2])]}),
    (CLASSIFIERS[0], {"estimators_": [Ridge().fit([[1, 2, 3, 4]], [1])] * 10}),
    (REGRESSORS[5], {"weights": [1, 2]}),
    (REGRESSORS[5], {"weights": [1, 2, "3"]}),
    (REGRESSORS[5], {"weights": [1, 2, np.inf]}),
    (REGRESSORS[5], {"estimators": [*RIDGES[:2], "c"]}),
    (REGRESSORS[5], {"estimators": RIDGES[:1] * 3}),
    (CLASSIFIERS[4], {"classes_": np.arange(2)}),
    (CLASSIFIERS[4], {"classes_": np.arange(4)}),
    (REGRESSORS[8], {"stack_method_": ["predict"]}),
    (REGRESSORS[8], {"stack_method_": ["predict", "transform"]}),
    (REGRESSORS[8], {"final_estimator_": None}),
    (CLASSIFIERS[8], {"classes_": np.arange(2)}),
    (CLASSIFIERS[8], {"final_estimator_": RIDGES}),
]


@pytest.mark.parametrize(("estimator", "state"), DAMAGED, ids=str)
def test_sizes_that_contradict_one_another_are_refused(
    estimator: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any
) -> None:
    fitted = estimator.fit(X, y if hasattr(estimator, "score") and estimator in REGRESSORS else np.digitize(y, [-1, 1]))
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(fitted, **state))


def test_bagging_whose_number_of_estimators_was_set_after_the_fit_is_refused(X: Any, y: Any) -> None:
    fitted = BaggingRegressor(Ridge(), n_estimators=3).fit(X, y).set_params(n_estimators=4)
    with pytest.raises(UnsupportedEstimator, match="other parameters than it was fitted with"):
        inert.loads(pickle.dumps(fitted))


def test_a_part_without_the_method_it_is_asked_by_is_refused(rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match="a part without predict_proba"):
        inert.loads(rewritten(REGRESSORS[8].fit(X, y), stack_method_=["predict", "predict_proba"]))


UNSUPPORTED = [
    (CLASSIFIERS[2], {"algorithm": "SAMME.X"}),
    (CLASSIFIERS[2], {"classes_": np.arange(1)}),
    (REGRESSORS[5], {"weights": [1, 2, -1]}),
    (REGRESSORS[5], {"weights": [0, 1, 0]}),
    (CLASSIFIERS[4], {"voting": "loud"}),
    (CLASSIFIERS[8], {"classes_": [np.arange(2), np.arange(2)]}),
]


@pytest.mark.parametrize(("estimator", "state"), UNSUPPORTED, ids=str)
def test_unknown_parameters_are_refused(estimator: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator):
        inert.loads(rewritten(estimator.fit(X, np.digitize(y, [-1, 1])), **state))


def test_an_estimator_shared_too_often_is_refused(X: Any, y: Any) -> None:
    layer = Ridge().fit(X, y)
    for _ in range(4):
        voting = VotingRegressor(RIDGES).fit(X, y)
        voting.estimators_ = [layer] * 10
        layer = voting
    with pytest.raises(DamagedPickle, match="far more numbers"):
        inert.loads(pickle.dumps(layer))


DUMMIES = [
    DummyRegressor(),
    DummyRegressor(strategy="quantile", quantile=0.2),
    DummyRegressor(strategy="constant", constant=7),
    DummyClassifier(),
    DummyClassifier(strategy="most_frequent"),
    DummyClassifier(strategy="constant", constant=1),
    DummyClassifier(strategy="constant", constant=[1]),
]


@pytest.mark.parametrize("estimator", DUMMIES, ids=repr)
def test_a_dummy_answers_as_the_original(estimator: Any, agree: Any, X: Any, y: Any) -> None:
    fitted = estimator.fit(X, (y > 1).astype(int))
    agree(fitted, X, tolerance=0)
    texts = np.array([["text", None, np.nan, 1.0]], dtype=object)
    np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted)).predict(texts), fitted.predict(texts))


def test_a_dummy_answers_with_texts_and_with_several_targets(agree: Any, X: Any, y: Any) -> None:
    agree(DummyClassifier(strategy="constant", constant="b").fit(X, np.where(y > 0, "a", "b")), X)
    agree(DummyRegressor().fit(X, np.c_[y, y + 1]), X)


@pytest.mark.parametrize("strategy", ["uniform", "stratified"])
def test_a_dummy_that_draws_at_random_is_refused(strategy: str, X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator):
        inert.loads(pickle.dumps(DummyClassifier(strategy=strategy).fit(X, y > 0)))


@pytest.mark.parametrize(
    ("estimator", "state"),
    [
        (DUMMIES[0], {"constant_": np.ones(3)}),
        (DUMMIES[0], {"constant_": np.ones((1, 0))}),
        (DUMMIES[3], {"class_prior_": np.ones(3)}),
        (DUMMIES[3], {"class_prior_": np.ones(0), "classes_": np.ones(0)}),
        (DUMMIES[5], {"constant": 5}),
        (DUMMIES[5], {"constant": [1, 1]}),
    ],
    ids=str,
)
def test_a_dummy_that_contradicts_itself_is_refused(
    estimator: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any
) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(estimator.fit(X, (y > 0).astype(int)), **state))


def test_bagged_and_eliminating_estimators_are_held_to_the_terms_of_their_parts(rng: np.random.Generator) -> None:
    X = rng.normal(size=(40, 3)) * [1, 1e8, 1]
    y = X[:, 0] + X[:, 1]
    for whole in (
        BaggingRegressor(LinearRegression(), n_estimators=3, max_features=0.7, random_state=0),
        RFE(LinearRegression(), n_features_to_select=2),
    ):
        assert inert.loads(pickle.dumps(whole.fit(X, y))).largest_term(X) > 1e7

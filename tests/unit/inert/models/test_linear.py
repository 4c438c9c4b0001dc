"""Linear models answer as scikit-learn's."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import linear_model as lm
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC, LinearSVR

from picklejar import inert
from picklejar.errors import DamagedPickle, UnsupportedEstimator
from picklejar.inert.base.special import expit, shares

pytestmark = [
    pytest.mark.filterwarnings("ignore", category=ConvergenceWarning),
    pytest.mark.filterwarnings("ignore", category=FutureWarning),
]

# Since 1.8 scikit-learn would rather have them made as SGDRegressor and SGDClassifier.
with warnings.catch_warnings(action="ignore"):
    PASSIVE_AGGRESSIVE = lm.PassiveAggressiveRegressor(), lm.PassiveAggressiveClassifier()
REGRESSORS = [
    lm.LinearRegression(),
    lm.LinearRegression(fit_intercept=False),
    lm.ARDRegression(),
    lm.BayesianRidge(),
    lm.ElasticNet(alpha=0.1),
    lm.ElasticNetCV(),
    lm.HuberRegressor(),
    lm.Lars(),
    lm.LarsCV(),
    lm.Lasso(alpha=0.1, fit_intercept=False),
    lm.LassoCV(),
    lm.LassoLars(alpha=0.1),
    lm.LassoLarsCV(),
    lm.LassoLarsIC(),
    lm.OrthogonalMatchingPursuit(),
    lm.OrthogonalMatchingPursuitCV(),
    PASSIVE_AGGRESSIVE[0],
    lm.QuantileRegressor(alpha=0),
    lm.Ridge(),
    lm.Ridge(fit_intercept=False),
    lm.RidgeCV(),
    lm.SGDRegressor(),
    lm.SGDRegressor(loss="huber", average=True),
    lm.TheilSenRegressor(random_state=0),
    LinearSVR(),
    LinearSVR(fit_intercept=False),
]
SEVERAL_TARGETS = [
    lm.LinearRegression(),
    lm.LinearRegression(fit_intercept=False),
    lm.ElasticNet(alpha=0.1),
    lm.Lars(),
    lm.Lasso(alpha=0.1),
    lm.LassoLars(alpha=0.1),
    lm.MultiTaskElasticNet(alpha=0.1),
    lm.MultiTaskElasticNetCV(),
    lm.MultiTaskLasso(alpha=0.1),
    lm.MultiTaskLassoCV(),
    lm.OrthogonalMatchingPursuit(),
    lm.Ridge(alpha=[1, 2]),
    lm.RidgeCV(alpha_per_target=True),
]
ONE_COLUMN_OF_TARGETS = [
    lm.LinearRegression(),
    lm.LinearRegression(fit_intercept=False),
    lm.ElasticNet(alpha=0.1),
    lm.Lars(),
    lm.OrthogonalMatchingPursuit(),
    lm.Ridge(),
    lm.RidgeCV(),
]
POSITIVE_TARGETS = [
    lm.GammaRegressor(),
    lm.PoissonRegressor(),
    lm.PoissonRegressor(fit_intercept=False, solver="newton-cholesky"),
    lm.TweedieRegressor(),
    lm.TweedieRegressor(link="log"),
    lm.TweedieRegressor(power=1.5),
    lm.TweedieRegressor(power=3, link="identity", max_iter=1),
]
CLASSIFIERS = [
    lm.LogisticRegression(),
    lm.LogisticRegression(fit_intercept=False, solver="newton-cholesky"),
    lm.LogisticRegressionCV(Cs=2, cv=2, use_legacy_attributes=False),
    PASSIVE_AGGRESSIVE[1],
    lm.Perceptron(),
    lm.RidgeClassifier(),
    lm.RidgeClassifier(fit_intercept=False),
    lm.RidgeClassifierCV(),
    lm.SGDClassifier(),
    lm.SGDClassifier(loss="log_loss", average=True),
    lm.SGDClassifier(loss="modified_huber"),
    LinearSVC(),
    LinearSVC(multi_class="crammer_singer", fit_intercept=False),
]


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("estimator", REGRESSORS, ids=repr)
def test_a_regressor_answers_as_the_original(
    estimator: Any, protocol: int, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(estimator.fit(X, y), boundary_rows(X), tolerance=0, protocol=protocol)


# The other cannot be fitted on one feature.
@pytest.mark.parametrize("estimator", [one for one in REGRESSORS if "MatchingPursuitCV" not in repr(one)], ids=repr)
def test_a_regressor_of_one_feature_answers_as_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    X = X[:, :1]
    agree(estimator.fit(X, y), boundary_rows(X), tolerance=0)


@pytest.mark.parametrize("estimator", SEVERAL_TARGETS, ids=repr)
def test_a_regressor_of_two_targets_answers_as_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(estimator.fit(X, np.c_[y, -2 * y + X[:, 0]]), boundary_rows(X))


@pytest.mark.parametrize("estimator", ONE_COLUMN_OF_TARGETS, ids=repr)
def test_a_regressor_of_a_column_of_targets_answers_as_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(estimator.fit(X, y[:, None]), boundary_rows(X))


@pytest.mark.parametrize("estimator", POSITIVE_TARGETS, ids=repr)
def test_a_generalized_model_answers_by_its_link(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(estimator.fit(X, np.exp(y / 4)), boundary_rows(X), tolerance=0)


def test_a_prediction_beyond_every_float_is_infinite(X: Any, y: Any) -> None:
    fitted = lm.PoissonRegressor().fit(X, np.exp(y / 4))
    assert inert.loads(pickle.dumps(fitted)).predict(np.full((1, 4), 1e6) * np.sign(fitted.coef_)) == np.inf


@pytest.mark.parametrize("labels", [[False, True], ["no", "yes"], [3, 5, 8], ["a", "b", "c", "d"]], ids=str)
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=repr)
def test_a_classifier_answers_as_the_original(
    estimator: Any, labels: list[Any], agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    ranks = np.argsort(np.argsort(y)) * len(labels) // len(y)
    fitted = estimator.fit(X, np.array(labels)[ranks])
    read = agree(fitted, boundary_rows(X))
    np.testing.assert_array_equal(read.classes_, fitted.classes_)


@pytest.mark.parametrize("estimator", [lm.RidgeClassifier(), lm.RidgeClassifierCV()], ids=repr)
def test_a_classifier_of_several_labels_answers_as_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    fitted = estimator.fit(X, np.c_[y > 0, y > 1, X[:, 0] > 0].astype(int))
    np.testing.assert_array_equal(agree(fitted, boundary_rows(X)).classes_, fitted.classes_)


def test_an_outlier_detector_answers_as_the_original(agree: Any, boundary_rows: Any, X: Any) -> None:
    agree(lm.SGDOneClassSVM(random_state=0).fit(X), boundary_rows(X))


# What 1.5 to 1.7 wrote, beside the release and `multi_class`, is what 1.9 writes.
SCHEMES = [
    ({"_sklearn_version": "1.7.2", "multi_class": "deprecated"}, "softmax"),
    ({"_sklearn_version": "1.7.2", "multi_class": "auto"}, "softmax"),
    ({"_sklearn_version": "1.7.2", "multi_class": "multinomial"}, "softmax"),
    ({"_sklearn_version": "1.7.2", "multi_class": "ovr"}, "shares"),
    ({"_sklearn_version": "1.7.2", "multi_class": "deprecated", "solver": "liblinear"}, "shares"),
    ({"_sklearn_version": "1.5.2", "multi_class": "deprecated", "solver": "newton-cholesky"}, "shares"),
    ({"_sklearn_version": "1.6.1", "multi_class": "deprecated", "solver": "newton-cholesky"}, "softmax"),
]


@pytest.mark.parametrize(("written", "expected"), SCHEMES, ids=str)
def test_probabilities_follow_the_scheme_of_the_release_that_fitted(
    written: dict[str, Any], expected: str, rewritten: Any, X: Any, y: Any
) -> None:
    fitted = lm.LogisticRegression().fit(X, np.digitize(y, [-1, 1]))
    read = inert.loads(rewritten(fitted, **written))
    shared = fitted.predict_proba(X) if expected == "softmax" else shares(expit(fitted.decision_function(X)))
    np.testing.assert_allclose(read.predict_proba(X), shared, rtol=0, atol=1e-12)


def test_two_classes_may_be_multinomial(rewritten: Any, X: Any, y: Any) -> None:
    fitted = lm.LogisticRegression().fit(X, y > 0)
    read = inert.loads(rewritten(fitted, _sklearn_version="1.7.2", multi_class="multinomial"))
    np.testing.assert_allclose(read.predict_proba(X)[:, 1], expit(2 * fitted.decision_function(X)), rtol=0, atol=1e-12)


def test_shares_of_nothing_are_equal() -> None:
    assert shares(np.array([[0.0, 0, 0, 0], [1, 2, 3, 4]])).tolist() == [[0.25] * 4, [0.1, 0.2, 0.3, 0.4]]


BINARY, THREE = [0, 1], [0, 1, 2]
DAMAGED = [
    (lm.Ridge(), None, {"coef_": np.ones(3)}),
    (lm.Ridge(), None, {"coef_": np.ones((2, 4)), "intercept_": np.ones(3)}),
    (lm.Ridge(), None, {"coef_": "text"}),
    (lm.Ridge(), None, {"intercept_": np.ones(2)}),
    (lm.Ridge(), None, {"intercept_": None}),
    (lm.Ridge(), None, {"n_features_in_": -1}),
    (lm.LogisticRegression(), THREE, {"classes_": np.arange(2)}),
    (lm.LogisticRegression(), THREE, {"classes_": np.arange(4)}),
    (lm.LogisticRegression(), BINARY, {"classes_": np.arange(4)}),
    (lm.LogisticRegression(), BINARY, {"coef_": np.ones((2, 4)), "intercept_": np.ones(2)}),
    (lm.LogisticRegression(), BINARY, {"coef_": np.ones((0, 4)), "intercept_": np.ones(0)}),
    (lm.RidgeClassifier(), BINARY, {"_label_binarizer": lm.Ridge()}),
    (lm.RidgeClassifier(), "labels", {"coef_": np.ones(4), "intercept_": 0.0}),
    (lm.RidgeClassifier(), "labels", {"coef_": np.ones((3, 4)), "intercept_": 0.0}),
    (lm.SGDOneClassSVM(), None, {"offset_": np.ones(2)}),
]


@pytest.mark.parametrize(("estimator", "labels", "state"), DAMAGED, ids=str)
def test_sizes_that_contradict_one_another_are_refused(
    estimator: Any, labels: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any
) -> None:
    if labels == "labels":
        y = np.c_[y > 0, y > 1].astype(int)
    elif labels:
        y = np.arange(len(y)) % len(labels)
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(estimator.fit(X, y), **state))


UNSUPPORTED = [
    (lm.LogisticRegression(), {"_sklearn_version": "1.7.2", "multi_class": "crammer_singer"}),
]


@pytest.mark.parametrize("weighed", [{0, 1}, {0, 2}, {0, 1, 2}])
def test_classes_without_weight_have_no_scores(weighed: set[int], agree: Any, X: Any, y: Any) -> None:
    labels = np.digitize(y, [-2, 0, 2])
    weights = np.isin(labels, [*weighed]).astype(float)
    fitted = LinearSVC(random_state=0).fit(X, labels, sample_weight=weights)
    assert len(fitted.coef_) < len(fitted.classes_)
    agree(fitted, X)


def test_parameters_set_after_the_fit_change_no_link(agree: Any, X: Any, y: Any) -> None:
    fitted = lm.TweedieRegressor(power=1.5).fit(X, np.exp(y / 4))
    agree(fitted.set_params(power=0, link="identity"), X)


def test_another_solver_set_after_the_fit_changes_no_probabilities(agree: Any, X: Any, y: Any) -> None:
    agree(lm.LogisticRegression().fit(X, np.digitize(y, [-1, 1])).set_params(solver="liblinear"), X)


@pytest.mark.parametrize("estimator", [lm.RidgeClassifier(), LinearSVC()], ids=repr)
def test_a_tie_is_decided_as_by_the_original_which_adds_in_the_order_of_the_file(estimator: Any) -> None:
    """Mirrored columns have mirrored classes, so the mean of a row and its mirror lies between them."""
    for seed in range(12):
        half = np.random.default_rng(seed).choice([-1, 0, 1], size=(20, 6)) / 3
        sides = np.sign((half - half[:, ::-1])[:, :3].sum(axis=1))
        fitted = estimator.fit(np.vstack([half, half[:, ::-1]]), np.concatenate([sides, -sides]).astype(int))
        original = pickle.loads(pickle.dumps(fitted))
        read = inert.loads(pickle.dumps(fitted))
        for row in (half + half[:, ::-1])[:, None] / 2:
            assert read.predict(row) == original.predict(row)


@pytest.mark.parametrize(("estimator", "state"), UNSUPPORTED, ids=str)
def test_unknown_parameters_are_refused(estimator: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator):
        inert.loads(rewritten(estimator.fit(X, y > 0), **state))


@pytest.mark.parametrize(("release", "expected"), [("1.8.0", [np.nan] * 3), ("1.9.1", [1 / 3] * 3)])
def test_a_row_far_from_all_classes_has_probabilities_since_release_1_9(
    release: str, expected: list[float], rewritten: Any
) -> None:
    X = np.array([[1.0], [2.0], [3.0]] * 5)
    linear = lm.SGDClassifier(loss="log_loss", random_state=0).fit(X, np.arange(15) % 3)
    linear.coef_[:], linear.intercept_[:] = -1.0, 0.0
    read = inert.loads(rewritten(linear, _sklearn_version=release))
    np.testing.assert_array_equal(read.predict_proba([[1e4]]), [expected])
    np.testing.assert_allclose(read.predict_proba([[1.0]]), linear.predict_proba([[1.0]]), rtol=1e-15)

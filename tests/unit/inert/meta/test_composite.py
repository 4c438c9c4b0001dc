"""Calibrated, searched, thresholded, chained and one-against-all estimators answer as scikit-learn's."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit
from sklearn import metrics
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Perceptron, RANSACRegressor, Ridge, RidgeClassifier, SGDClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, _ConstantPredictor
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator
from picklejar.inert.base import special
from picklejar.inert.meta.wrappers import ONE_IS_POSITIVE

pytestmark = pytest.mark.filterwarnings("ignore", category=ConvergenceWarning)

LABELS = [[False, True], [3, 5, 8], ["a", "b", "c", "d"]]
CLASSIFIERS = [
    CalibratedClassifierCV(LogisticRegression(), cv=2),
    CalibratedClassifierCV(Perceptron(), method="isotonic", cv=2),
    CalibratedClassifierCV(VotingClassifier([("a", LogisticRegression())], voting="soft"), method="isotonic", cv=2),
    CalibratedClassifierCV(LogisticRegression(), method="temperature", cv=2),
    CalibratedClassifierCV(VotingClassifier([("a", LogisticRegression())], voting="soft"), method="temperature", cv=2),
    CalibratedClassifierCV(LogisticRegression(), ensemble=False, cv=2),
    OneVsRestClassifier(LogisticRegression()),
    OneVsRestClassifier(RidgeClassifier()),
    OneVsRestClassifier(VotingClassifier([("a", LogisticRegression())], voting="soft")),
    OneVsRestClassifier(Ridge()),
    OneVsOneClassifier(LogisticRegression()),
    OneVsOneClassifier(Perceptron()),
    OneVsOneClassifier(VotingClassifier([("a", LogisticRegression())], voting="soft")),
]
GRID = {"C": [0.1, 1], "solver": ["lbfgs", "saga"], "class_weight": [None, "balanced"]}
UNIFORM = {"C": stats.uniform(0.1, 1)}
LOGUNIFORM = {"C": stats.loguniform(0.1, 1), "max_iter": [50, 100]}
SEARCHES = [
    GridSearchCV(LogisticRegression(), GRID, cv=KFold(2), scoring="f1_macro"),
    GridSearchCV(LogisticRegression(), {"C": np.logspace(0, 1, 2)}, scoring=["accuracy", "roc_auc"], refit="roc_auc"),
    RandomizedSearchCV(LogisticRegression(), UNIFORM, n_iter=2, cv=StratifiedKFold(2), random_state=0),
    RandomizedSearchCV(LogisticRegression(), LOGUNIFORM, n_iter=2, cv=2, random_state=np.random.RandomState(0)),
    HalvingGridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2, random_state=0),
    HalvingRandomSearchCV(LogisticRegression(), UNIFORM, cv=2, random_state=0),
]
THRESHOLDS = [
    FixedThresholdClassifier(LogisticRegression()),
    FixedThresholdClassifier(LogisticRegression(), threshold=0.7, pos_label=1),
    FixedThresholdClassifier(LogisticRegression(), threshold=0.3, pos_label=0),
    FixedThresholdClassifier(LogisticRegression(), threshold=0.7, pos_label=0, response_method="decision_function"),
    FixedThresholdClassifier(RidgeClassifier()),
    TunedThresholdClassifierCV(LogisticRegression(), cv=2),
    TunedThresholdClassifierCV(LogisticRegression(), cv=2, scoring="f1"),
    TunedThresholdClassifierCV(LogisticRegression(), cv=2, scoring=metrics.make_scorer(metrics.f1_score, pos_label=0)),
]
CHAINS = [
    ClassifierChain(LogisticRegression()),
    ClassifierChain(LogisticRegression(), order=(1, 0), chain_method="predict_proba"),
    ClassifierChain(RidgeClassifier(), chain_method="decision_function", order="random", random_state=0),
    OneVsRestClassifier(LogisticRegression()),
    OneVsRestClassifier(RidgeClassifier()),
]


@pytest.mark.parametrize("labels", LABELS, ids=str)
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=repr)
def test_a_classifier_answers_as_the_original(
    estimator: Any, labels: list[Any], agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    ranks = np.argsort(np.argsort(y)) * len(labels) // len(y)
    fitted = estimator.fit(X, np.array(labels)[ranks])
    np.testing.assert_array_equal(agree(fitted, boundary_rows(X)).classes_, fitted.classes_)


@pytest.mark.parametrize("protocol", [2, 5])
# Not by repr: that of a distribution has its address, which is another in each process.
@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
def test_a_search_answers_as_the_estimator_that_it_found(
    search: Any, protocol: int, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(search.fit(X, (y > 0).astype(int)), boundary_rows(X), protocol=protocol)


def test_a_search_that_kept_no_estimator_is_refused(X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match="refit=False"):
        inert.loads(pickle.dumps(GridSearchCV(Ridge(), {"alpha": [1, 2]}, refit=False).fit(X, y)))


@pytest.mark.parametrize("protocol", [2, 5])
def test_a_search_among_counts_answers_though_its_distribution_holds_a_method_of_its_own(
    protocol: int, agree: Any, X: Any, y: Any
) -> None:
    counts = {"max_iter": stats.randint(50, 100)}
    search = RandomizedSearchCV(LogisticRegression(), counts, n_iter=2, cv=2).fit(X, (y > 0).astype(int))
    agree(search, X, protocol=protocol)


@pytest.mark.parametrize("classifier", THRESHOLDS, ids=repr)
def test_a_threshold_answers_as_the_original(classifier: Any, agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    fitted = classifier.fit(X, (y > 0).astype(int))
    np.testing.assert_array_equal(agree(fitted, boundary_rows(X)).classes_, fitted.classes_)


def test_a_threshold_on_what_was_fitted_before_answers_as_the_original(boundary_rows: Any, X: Any, y: Any) -> None:
    fitted = FixedThresholdClassifier(FrozenEstimator(LogisticRegression().fit(X, y > 0)))
    rows = boundary_rows(X)
    np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted)).predict(rows), fitted.predict(rows))


def test_the_scores_whose_positive_label_is_1_are_those_of_scikit_learn() -> None:
    scorers = [metrics.get_scorer(name)._score_func for name in metrics.get_scorer_names()]
    scores = [score for score in [*scorers, metrics.fbeta_score] if "pos_label" in inspect.signature(score).parameters]
    ones = {score for score in scores if inspect.signature(score).parameters["pos_label"].default == 1}
    assert {f"{score.__module__}.{score.__name__}" for score in ones} == ONE_IS_POSITIVE


@pytest.mark.parametrize("estimator", CHAINS, ids=repr)
def test_several_labels_are_answered_as_by_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(
        estimator.fit(X, np.c_[y > 0, X[:, 0] > y, y > 1][:, : 2 if "order=(" in repr(estimator) else 3]),
        boundary_rows(X),
    )


@pytest.mark.filterwarnings("ignore:Label not 0 is present in all")
def test_a_label_that_all_rows_have_is_answered_as_by_the_original(agree: Any, X: Any, y: Any) -> None:
    agree(OneVsRestClassifier(LogisticRegression()).fit(X, np.c_[y > 0, y < 1e9].astype(int)), X)


@pytest.mark.parametrize(
    "estimator", [MultiOutputRegressor(Ridge()), RegressorChain(Ridge(), order=[2, 0, 1])], ids=repr
)
def test_several_targets_are_answered_as_by_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(estimator.fit(X, np.c_[y, X[:, 0], y**2]), boundary_rows(X))


@pytest.mark.parametrize("label", [str, int], ids=["texts", "integers"])
def test_labels_of_several_targets_are_answered_as_by_the_original(
    label: type, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    targets = np.c_[y > 1, y > 0].astype(int).astype(label)
    agree(MultiOutputClassifier(LogisticRegression()).fit(X, targets), boundary_rows(X))
    agree(MultiOutputClassifier(RidgeClassifier()).fit(X, targets), boundary_rows(X))


def test_an_estimator_without_classes_is_no_part_of_several(X: Any, y: Any) -> None:
    fitted = MultiOutputClassifier(LogisticRegression()).fit(X, np.c_[y > 0, y > 1])
    fitted.estimators_[1] = Ridge().fit(X, y)
    with pytest.raises(DamagedPickle, match="has an estimator without classes"):
        inert.loads(pickle.dumps(fitted))


def test_a_regression_of_inliers_answers_as_the_original(agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    agree(RANSACRegressor(random_state=0).fit(X, y), boundary_rows(X), tolerance=0)


@pytest.mark.parametrize("release", ["1.7.2", "1.8.0"])
def test_of_equal_scores_the_first_class_wins_since_1_8(release: str, rewritten: Any, X: Any, y: Any) -> None:
    fitted = OneVsRestClassifier(LogisticRegression()).fit(X, np.digitize(y, [-1, 1]))
    fitted.estimators_ = [fitted.estimators_[0]] * 3
    assert set(inert.loads(rewritten(fitted, _sklearn_version=release)).predict(X)) == {2 if release == "1.7.2" else 0}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("outside", ["nan", "clip"])
@pytest.mark.parametrize("rising", [True, False])
def test_an_isotonic_regression_answers_as_the_original(
    outside: str, rising: bool, dtype: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    fitted = IsotonicRegression(increasing=rising, out_of_bounds=outside).fit(X[:, :1].astype(dtype), y.astype(dtype))
    read = inert.loads(pickle.dumps(fitted))
    rows = boundary_rows(X[:, :1])
    assert read.n_features_in_ == 1
    np.testing.assert_array_equal(read.predict(rows), fitted.predict(rows))
    np.testing.assert_array_equal(read.transform(rows), fitted.transform(rows))


def test_an_isotonic_regression_may_refuse_what_is_outside() -> None:
    read = inert.loads(pickle.dumps(IsotonicRegression(out_of_bounds="raise").fit([1.0, 2, 3], [1.0, 2, 2.5])))
    assert read.predict([[1.5], [3.0]]).tolist() == [1.5, 2.5]
    for rows, refused, rule in [([[2.0], [0.5]], [1], "minimum"), ([[4.0], [2.0], [5.0]], [0, 2], "maximum")]:
        with pytest.raises(RowsRefused) as refusal:
            read.predict(rows)
        assert (refusal.value.rows, refusal.value.rule) == (refused, rule)


def test_an_isotonic_regression_on_one_value_is_a_constant() -> None:
    for dtype in (np.float64, np.float32):
        fitted = IsotonicRegression().fit(np.array([1, 1], dtype), np.array([3, 4], dtype))
        assert inert.loads(pickle.dumps(fitted)).predict([[5.0], [0.0]]).tolist() == [3.5, 3.5]


CALIBRATED, RESTED, PAIRED = CLASSIFIERS[0], CLASSIFIERS[6], CLASSIFIERS[10]
SEVERAL = CHAINS[3]
DAMAGED = [
    (CALIBRATED, 3, {"classes_": np.arange(2)}),
    (CALIBRATED, 3, {"calibrated_classifiers_": []}),
    (CALIBRATED, 3, {"calibrated_classifiers_": [Ridge()]}),
    (RESTED, 3, {"label_binarizer_.classes_": np.arange(4)}),
    (RESTED, 2, {"label_binarizer_.classes_": np.arange(4)}),
    (RESTED, 3, {"estimators_": [Ridge()]}),
    (PAIRED, 3, {"classes_": np.arange(4)}),
    (SEVERAL, "labels", {"label_binarizer_.classes_": np.arange(4)}),
    (CHAINS[0], "labels", {"order_": [0, 0, 1]}),
    (CHAINS[0], "labels", {"order_": [0, 1]}),
    (CHAINS[0], "labels", {"estimators_": []}),
    (CHAINS[0], "labels", {"n_features_in_": 5}),
    (THRESHOLDS[0], 2, {"estimator_": 5}),
    (IsotonicRegression(), 1, {"X_thresholds_": np.ones(0), "y_thresholds_": np.ones(0)}),
    (IsotonicRegression(), 1, {"X_thresholds_": np.arange(3), "y_thresholds_": np.ones(3)}),
    (IsotonicRegression(), 1, {"y_thresholds_": np.ones(2)}),
]


@pytest.mark.parametrize(("estimator", "classes", "state"), DAMAGED, ids=str)
def test_sizes_that_contradict_one_another_are_refused(
    estimator: Any, classes: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any
) -> None:
    if classes == "labels":
        y = np.c_[y > 0, y > 1, y > 2].astype(int)
    elif classes == 1:
        X = X[:, 0]
    else:
        y = np.digitize(y, [-1, 1][: classes - 1])
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(estimator.fit(X, y), **state))


def test_a_calibration_that_contradicts_itself_is_refused(X: Any, y: Any) -> None:
    y = np.digitize(y, [-1, 1])
    for change in (
        lambda pair: pair.calibrators.pop(),
        lambda pair: setattr(pair, "calibrators", [Ridge().fit(X, y)]),
        lambda pair: setattr(pair, "estimator", DummyClassifier().fit(X, y * 0)),
        lambda pair: setattr(pair, "estimator", DummyClassifier().fit(X, y + 1)),
    ):
        fitted = CalibratedClassifierCV(LogisticRegression(), cv=2).fit(X, y)
        change(fitted.calibrated_classifiers_[1])
        with pytest.raises(DamagedPickle):
            inert.loads(pickle.dumps(fitted))


def test_a_temperature_of_0_makes_all_labels_alike(agree: Any, X: Any, y: Any) -> None:
    fitted = CalibratedClassifierCV(LogisticRegression(), method="temperature", cv=2).fit(X, np.digitize(y, [-1, 1]))
    for pair in fitted.calibrated_classifiers_:
        pair.calibrators[0].beta_ = 0.0
    assert np.ptp(agree(fitted, X).predict_proba(X)) < 1e-12


def test_a_calibration_of_a_part_without_scores_is_refused(X: Any, y: Any) -> None:
    fitted = CalibratedClassifierCV(LogisticRegression(), cv=2).fit(X, np.digitize(y, [-1, 1]))
    fitted.calibrated_classifiers_[1].estimator = Ridge().fit(X, y)
    with pytest.raises(UnsupportedEstimator, match="a part without decision_function or predict_proba"):
        inert.loads(pickle.dumps(fitted))


@pytest.mark.parametrize("parameters", [{"pos_label": 7}, {"response_method": "decision_function"}], ids=str)
def test_a_threshold_that_scikit_learn_cannot_apply_leaves_the_other_answers(
    parameters: dict[str, Any], X: Any, y: Any
) -> None:
    fitted = FixedThresholdClassifier(GaussianNB()).fit(X, y > 0).set_params(**parameters)
    with pytest.raises((ValueError, AttributeError)):
        fitted.predict(X)
    read = inert.loads(pickle.dumps(fitted))
    assert not hasattr(read, "predict")
    np.testing.assert_allclose(read.predict_proba(X), fitted.predict_proba(X), atol=1e-12)


UNSUPPORTED = [
    (CALIBRATED, {"classes_": np.arange(1)}),
    (PAIRED, {"pairwise_indices_": [1]}),
    (CHAINS[0], {"chain_method_": "predict_log_proba"}),
    (SGDClassifier(), {"_sklearn_version": "0.18.2"}),
]


@pytest.mark.parametrize(("estimator", "state"), UNSUPPORTED, ids=str)
def test_unknown_parameters_are_refused(estimator: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    y = y > 0
    with pytest.raises(UnsupportedEstimator):
        inert.loads(rewritten(estimator.fit(X, np.c_[y, y] if estimator in CHAINS else y), **state))


def test_several_targets_where_one_is_expected_are_no_answer(X: Any, y: Any) -> None:
    fitted = MultiOutputRegressor(Ridge()).fit(X, np.c_[y, y])
    fitted.estimators_[1] = Ridge().fit(X, np.c_[y, y])
    with pytest.raises(ValueError, match="One column is expected"):
        inert.loads(pickle.dumps(fitted)).predict(X)


def test_a_class_that_all_rows_have_is_predicted_by_its_pairs(X: Any) -> None:
    fitted = OneVsOneClassifier(LogisticRegression()).fit(X, np.arange(len(X)) % 3)
    fitted.estimators_ = [_ConstantPredictor().fit(X, np.array([one])) for one in (0, 1, 1)]
    np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


def test_a_chain_of_more_than_two_classes_is_refused(X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator):
        inert.loads(pickle.dumps(ClassifierChain(RidgeClassifier()).fit(X, np.c_[np.digitize(y, [-1, 1]), y > 0])))


def test_the_last_bit_of_a_calibrated_probability_is_the_original_s() -> None:
    # Of constant scores that bit decides which probability is the largest, and so the label.
    x = np.array([*np.linspace(-800, 800, 20_001), -special.LARGEST_EXPONENT, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(special.expit_of_c(x), expit(x))
    X, y = np.zeros((8, 1)), np.array(["a", "b", "c", "d"] * 2)
    original = CalibratedClassifierCV(DecisionTreeClassifier(), cv=2).fit(X, y)
    read = inert.loads(pickle.dumps(original))
    assert (read.predict_proba(X) == original.predict_proba(X)).all()
    assert (read.predict(X) == original.predict(X)).all()

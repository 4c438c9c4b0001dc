"""Discriminants, naive Bayes, perceptrons, clusters, neighbours and kernel machines answer as scikit-learn's."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import Birch, KMeans, MiniBatchKMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator
from picklejar.inert.models import kernel_machine, nearest_rows

pytestmark = pytest.mark.filterwarnings("ignore", category=ConvergenceWarning)

METRICS = [
    {},
    {"weights": "distance"},
    {"algorithm": "ball_tree", "n_neighbors": 11, "weights": "distance"},
    {"algorithm": "brute"},
    {"algorithm": "brute", "weights": "distance"},
    {"algorithm": "brute", "metric": "l2", "n_neighbors": 1},
    {"algorithm": "brute", "metric": "manhattan", "weights": "distance"},
    {"p": 1, "weights": "distance", "n_neighbors": 200},
    {"p": 3, "weights": "distance"},
    {"metric": "chebyshev", "weights": "distance", "n_neighbors": 9},
]
MACHINES = [
    {},
    {"kernel": "linear", "C": 10},
    {"kernel": "poly", "coef0": 1, "gamma": 0.02},
    {"kernel": "sigmoid", "gamma": 0.05},
    {"kernel": "poly", "degree": 0},
    {"kernel": "poly", "degree": 2, "gamma": 0.02},
    {"gamma": 0.01},
]
CLASSIFIERS = [
    LinearDiscriminantAnalysis(),
    LinearDiscriminantAnalysis(n_components=1),
    LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto"),
    QuadraticDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(reg_param=0.1, priors=None),
    QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.1),
    GaussianNB(),
    BernoulliNB(),
    BernoulliNB(binarize=0.5, fit_prior=False),
    MLPClassifier(max_iter=20, random_state=0),
    MLPClassifier((5, 4), activation="tanh", max_iter=20, random_state=0),
    MLPClassifier((5,), activation="logistic", solver="lbfgs", max_iter=20, random_state=0),
    MLPClassifier((), activation="identity", solver="sgd", max_iter=20, early_stopping=True, random_state=0),
    NearestCentroid(),
    NearestCentroid(metric="manhattan"),
    NearestCentroid(shrink_threshold=0.2, priors="empirical"),
    *(KNeighborsClassifier(**metric) for metric in METRICS),
    *(SVC(**machine) for machine in MACHINES),
    SVC(decision_function_shape="ovo"),
    SVC(break_ties=True, class_weight="balanced"),
    NuSVC(nu=0.1),
]
REGRESSORS = [
    MLPRegressor(max_iter=20, random_state=0),
    MLPRegressor(hidden_layer_sizes=(4, 3), activation="logistic", max_iter=20, random_state=0),
    *(KNeighborsRegressor(**metric) for metric in METRICS),
    *(SVR(**machine) for machine in MACHINES),
    NuSVR(nu=0.2),
]
COUNTS = [
    MultinomialNB(),
    MultinomialNB(alpha=2, fit_prior=False),
    ComplementNB(),
    ComplementNB(norm=True),
    BernoulliNB(binarize=None),
    CategoricalNB(min_categories=9),
]


@pytest.mark.parametrize("labels", [[False, True], [3, 5, 8], ["a", "b", "c", "d"]], ids=str)
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=repr)
def test_a_classifier_answers_as_the_original(
    estimator: Any, labels: list[Any], agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    fitted = estimator.fit(X, np.array(labels)[np.digitize(y, [-1, 1, 3][: len(labels) - 1])])
    read = agree(fitted, boundary_rows(X), tolerance=1e-11 if "SVC" in repr(estimator) else 1e-12)
    np.testing.assert_array_equal(read.classes_, fitted.classes_)


@pytest.mark.parametrize("estimator", REGRESSORS, ids=repr)
def test_a_regressor_answers_as_the_original(estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    fitted, rows = estimator.fit(X, y), boundary_rows(X)
    read = inert.loads(pickle.dumps(fitted))
    if "weights='distance'" in repr(estimator) and getattr(read, "tolerance", 1e-12) == 1e-9:
        # Next to a fitted row, products of matrices leave no distance.
        with pytest.raises(RowsRefused) as refused:
            read.predict(rows)
        assert len(refused.value.rows) < 0.01 * len(rows)
        rows = np.delete(rows, refused.value.rows, axis=0)
    # libsvm adds large terms that cancel, one by one.
    agree(fitted, rows, tolerance=1e-11 if "SVR" in repr(estimator) else getattr(read, "tolerance", 1e-12))


@pytest.mark.parametrize("estimator", COUNTS, ids=repr)
def test_counts_are_answered_as_by_the_original(estimator: Any, agree: Any, rng: np.random.Generator, y: Any) -> None:
    high = 2 if estimator.get_params().get("binarize", 0) is None else 9
    X = rng.integers(high, size=(200, 4))
    agree(estimator.fit(X, np.digitize(y, [-1, 1])), rng.integers(high, size=(2000, 4)).astype(float))
    agree(estimator.fit(X, np.where(y > 0, "a", "b")), rng.integers(high, size=(2000, 4)).astype(float))


@pytest.mark.parametrize(
    "estimator", [KMeans(5, random_state=0), MiniBatchKMeans(3, random_state=0), KMeans(1), OneClassSVM()], ids=repr
)
def test_what_needs_no_targets_answers_as_the_original(estimator: Any, agree: Any, boundary_rows: Any, X: Any) -> None:
    agree(estimator.fit(X), boundary_rows(X))


@pytest.mark.parametrize("estimator", [*REGRESSORS[:3], KNeighborsRegressor(weights="distance")], ids=repr)
def test_several_targets_are_answered_as_by_the_original(
    estimator: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    agree(estimator.fit(X, np.c_[y, X[:, 0], y**2]), boundary_rows(X))


def test_several_labels_are_answered_as_by_the_original(agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    agree(MLPClassifier(max_iter=20).fit(X, np.c_[y > 0, X[:, 0] > 0, y > 1].astype(int)), boundary_rows(X))


def test_a_perceptron_of_counts_answers_by_exponentials(agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    agree(MLPRegressor(loss="poisson", max_iter=20).fit(X, np.exp(y / 4)), boundary_rows(X))


def test_a_discriminant_by_least_squares_has_no_projection(boundary_rows: Any, X: Any, y: Any) -> None:
    fitted = LinearDiscriminantAnalysis(solver="lsqr").fit(X, np.digitize(y, [-1, 1]))
    read, rows = inert.loads(pickle.dumps(fitted)), boundary_rows(X)
    np.testing.assert_array_equal(read.predict(rows), fitted.predict(rows))
    np.testing.assert_allclose(read.predict_proba(rows), fitted.predict_proba(rows), rtol=0, atol=1e-12)
    with pytest.raises(NotImplementedError):
        fitted.transform(rows)
    assert not hasattr(read, "transform")


def test_a_centroid_of_1_5_has_no_probabilities(X: Any, y: Any) -> None:
    fitted = NearestCentroid().fit(X, y > 0)
    del fitted.class_prior_
    read = inert.loads(pickle.dumps(fitted))
    assert not hasattr(read, "predict_proba")
    assert not hasattr(read, "decision_function")
    fitted.class_prior_ = np.array([0.5, 0.5])
    np.testing.assert_array_equal(read.predict(X), fitted.predict(X))


@pytest.mark.parametrize("metric", [{}, {"p": 1}, {"p": 1.5}, {"p": 3}, {"metric": "chebyshev"}], ids=str)
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
def test_of_neighbors_equally_far_those_of_the_tree_are_taken(
    algorithm: str, weights: str, metric: dict[str, Any], agree: Any, rng: np.random.Generator
) -> None:
    X, y = rng.integers(0, 5, (200, 3)).astype(float), rng.normal(size=200)
    rows = np.concatenate([X, rng.integers(0, 9, (500, 3)) / 2])
    for leaf_size in (1, 30):
        options = {"algorithm": algorithm, "weights": weights, "leaf_size": leaf_size, **metric}
        agree(KNeighborsRegressor(**options).fit(X, y), rows)
        agree(KNeighborsClassifier(**options).fit(X, np.digitize(y, [-1, 1])), rows)


def test_a_tie_that_brute_force_decides_is_refused_where_the_answer_depends_on_it() -> None:
    X = np.array([[0.0], [2], [2], [0], [9], [10]])
    fitted = KNeighborsClassifier(3, algorithm="brute").fit(X, [0, 1, 1, 0, 2, 2])
    read = inert.loads(pickle.dumps(fitted))
    # Three of 0, 2, 2 and 0, each 1 away.
    for method in (read.predict, read.predict_proba):
        with pytest.raises(RowsRefused) as refused:
            method([[0.0], [1.0], [1.0], [2.0]])
        assert (refused.value.rows, refused.value.column, refused.value.rule) == ([1, 2], None, "tie")
        assert "kd_tree" in refused.value.sentence
    # Nobody asks which of two equal ones it is; the label is there, and the shares are not.
    assert read.predict([[0.0], [9.5]]).tolist() == [0, 2]
    assert read.predict_proba([[0.0]]).tolist() == [[pytest.approx(2 / 3), pytest.approx(1 / 3), 0]]
    with pytest.raises(RowsRefused):
        inert.loads(pickle.dumps(KNeighborsRegressor(1, algorithm="brute").fit(X, X[:, 0]))).predict([[1.0]])


def test_a_label_that_no_choice_among_equals_changes_is_answered() -> None:
    X = np.array([[0.0], [0], [0], [2], [-2]])
    fitted = KNeighborsClassifier(4, algorithm="brute").fit(X, ["a", "a", "a", "b", "c"])
    read = inert.loads(pickle.dumps(fitted))
    assert read.predict([[0.0]]).tolist() == ["a"]
    with pytest.raises(RowsRefused):
        read.predict_proba([[0.0]])


@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
def test_a_row_that_was_fitted_on_has_its_own_label(algorithm: str, agree: Any, X: Any, y: Any) -> None:
    fitted = KNeighborsClassifier(algorithm=algorithm, weights="distance").fit(X, y > 0)
    np.testing.assert_array_equal(agree(fitted, X).predict(X), y > 0)


def test_a_weight_that_is_rounding_decides_a_label_and_no_share(X: Any, y: Any) -> None:
    # By products of matrices, a row is 0 or 1e-8 from itself, as the processor adds.
    fitted = KNeighborsClassifier(algorithm="brute", weights="distance").fit(X, y > 0)
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(read.predict(X), y > 0)
    with pytest.raises(RowsRefused):
        read.predict_proba(X)
    alike = KNeighborsRegressor(algorithm="brute", weights="distance").fit(X, np.ones(200))
    assert inert.loads(pickle.dumps(alike)).predict(X).tolist() == [1.0] * 200


def test_rows_are_answered_at_once_as_in_chunks(
    monkeypatch: Any, agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    monkeypatch.setattr(nearest_rows, "MOST_DISTANCES", 100_000_001)
    monkeypatch.setattr(kernel_machine, "MOST_VALUES", 100_000_001)
    for estimator in (KNeighborsClassifier(), KNeighborsRegressor(), SVC()):
        agree(estimator.fit(X, y > 0), boundary_rows(X))


def test_a_machine_far_from_the_origin_keeps_its_digits(agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    X = X + 1e4
    agree(SVC(gamma=0.1).fit(X, y > 0), boundary_rows(X), tolerance=1e-9)


def test_one_class_is_always_the_answer(agree: Any, rng: np.random.Generator) -> None:
    X = rng.integers(9, size=(50, 3)).astype(float)
    agree(ComplementNB().fit(X, np.full(50, "only")), X)


def test_a_category_that_nobody_has_is_refused(rng: np.random.Generator) -> None:
    X = rng.integers(3, size=(50, 2))
    read = inert.loads(pickle.dumps(CategoricalNB().fit(X, X[:, 0])))
    assert read.predict([[0.9, -0.5]]) == [0]
    for rows, rule, refused in [([[0, 1], [0, 3.0]], "maximum", [1]), ([[0, -1.0], [0, 9]], "minimum", [0])]:
        with pytest.raises(RowsRefused) as refusal:
            read.predict(rows)
        assert (refusal.value.rows, refusal.value.column, refusal.value.rule) == (refused, 1, rule)


LDA, QDA, GAUSS, MLP = (
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(),
    GaussianNB(),
    MLPClassifier(max_iter=2),
)
KNN, NEAR, MACHINE = KNeighborsClassifier(), NearestCentroid(), SVC()
DAMAGED = [
    (LDA, {"_max_components": -1}),
    (LDA, {"xbar_": np.ones(3)}),
    (LDA, {"scalings_": np.ones((3, 2))}),
    (QDA, {"classes_": np.arange(4)}),
    (QDA, {"means_": np.ones((3, 3))}),
    (QDA, {"scalings_": [np.ones(4)] * 2}),
    (QDA, {"scalings_": [np.ones(3)] * 3}),
    (QDA, {"scalings_": [-np.ones(4)] * 3}),
    (QDA, {"rotations_": [np.array(["a"])] * 3}),
    (GAUSS, {"classes_": np.arange(0)}),
    (GAUSS, {"var_": np.ones((3, 3))}),
    (BernoulliNB(), {"feature_log_prob_": np.ones((2, 4))}),
    (CategoricalNB(), {"feature_log_prob_": [np.ones((2, 4))] * 4}),
    (CategoricalNB(), {"feature_log_prob_": [np.ones((3, 0))] * 4}),
    (MLP, {"coefs_": [np.ones((4, 100))]}),
    (MLP, {"coefs_": [np.ones((4, 100)), np.ones((99, 3))]}),
    (MLP, {"coefs_": [np.ones((3, 100)), np.ones((100, 3))]}),
    (MLP, {"coefs_": [], "intercepts_": []}),
    (MLP, {"intercepts_": [np.ones(100), np.ones((3, 1))]}),
    (MLP, {"classes_": np.arange(2)}),
    (MLP, {"_label_binarizer.y_type_": "binary", "classes_": np.arange(2)}),
    (KNN, {"n_neighbors": 0}),
    (KNN, {"_y": np.full(200, 3)}),
    (KNN, {"_y": np.full(200, -1)}),
    (KNN, {"_y": np.zeros(199, dtype=int)}),
    (KNN, {"_fit_X": np.zeros((0, 4))}),
    (NEAR, {"classes_": np.arange(0), "centroids_": np.ones((0, 4))}),
    (NEAR, {"centroids_": np.ones((3, 3))}),
    (MACHINE, {"classes_": np.arange(2)}),
    (MACHINE, {"classes_": np.arange(0)}),
    (MACHINE, {"_n_support": np.array([1, 2, 3])}),
    (MACHINE, {"_n_support": np.array([-1, 2, 300])}),
    (MACHINE, {"_n_support": np.array([2**62, 2**62, 2**63 - 1])}),
    (MACHINE, {"support_vectors_": np.ones((0, 4))}),
    (SVR(), {"dual_coef_": np.ones((1, 3))}),
    (KMeans(2), {"cluster_centers_": np.ones((0, 4))}),
    (KMeans(2), {"cluster_centers_": np.ones((2, 3))}),
]


@pytest.mark.parametrize(("estimator", "state"), DAMAGED, ids=str)
def test_sizes_that_contradict_one_another_are_refused(
    estimator: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any
) -> None:
    X = np.abs(X).astype(int) if isinstance(estimator, CategoricalNB) else X
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(estimator.fit(X, np.digitize(y, [-1, 1])), **state))


UNSUPPORTED = [
    (KNN, {"n_neighbors": 201}),
    (LDA, {"solver": "qr"}),
    (MLP, {"activation": "sin"}),
    (MLP, {"out_activation_": "sin"}),
    (KNN, {"effective_metric_": "canberra"}),
    (KNN, {"effective_metric_": "minkowski", "effective_metric_params_": {"p": -1}}),
    (KNN, {"effective_metric_": "minkowski", "effective_metric_params_": {"p": 3, "w": np.ones(4)}}),
    (KNN, {"outputs_2d_": True}),
    (NEAR, {"metric": "cosine"}),
    (MACHINE, {"kernel": "precomputed"}),
    (MACHINE, {"break_ties": True, "decision_function_shape": "ovo"}),
]


@pytest.mark.parametrize(("estimator", "state"), UNSUPPORTED, ids=str)
def test_unknown_parameters_are_refused(estimator: Any, state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator):
        inert.loads(rewritten(estimator.fit(X, np.digitize(y, [-1, 1])), **state))


SINGLE = [
    RidgeClassifier(),
    MLPClassifier(max_iter=5),
    HistGradientBoostingClassifier(max_iter=2),
    OneVsRestClassifier(RidgeClassifier()),
    BaggingClassifier(LinearDiscriminantAnalysis(), n_estimators=3, max_samples=4, random_state=3),
]


@pytest.mark.parametrize("estimator", SINGLE, ids=repr)
@pytest.mark.filterwarnings("ignore")
def test_a_classifier_fitted_on_one_class_is_refused_by_name(estimator: Any, X: Any) -> None:
    y = np.zeros(len(X), dtype=int)
    y[: 2 if isinstance(estimator, BaggingClassifier) else 0] = 1
    fitted = estimator.fit(X, y)
    with pytest.raises(UnsupportedEstimator, match="a single class"):
        inert.loads(pickle.dumps(fitted))


def test_an_estimator_that_contains_itself_is_refused_by_name(X: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match=r"sklearn\.cluster\._birch\.Birch"):
        inert.loads(pickle.dumps(Birch(n_clusters=None).fit(X)))


def test_probabilities_of_a_kernel_machine_are_libsvms_coupling(agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    for classes in ([0], [-1, 1], [-2, 0, 2, 3]):
        for kernel in ("rbf", "linear", "poly", "sigmoid"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # it goes in 1.11
                fitted = SVC(kernel=kernel, probability=True, random_state=0).fit(X, np.digitize(y, classes))
            read = agree(fitted, boundary_rows(X, 500), tolerance=1e-9)
            assert read.tolerance == 1e-9


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("gamma", ["scale", "auto", 1.0])
def test_a_kernel_subtracts_before_it_squares_at_any_scale(
    scale: float, gamma: Any, agree: Any, rng: np.random.Generator
) -> None:
    X = rng.normal(size=(200, 3)) * scale
    y = X[:, 0] + X[:, 1] > 0
    agree(SVC(gamma=gamma).fit(X, y), X, tolerance=1e-9)
    agree(OneClassSVM(gamma=gamma, max_iter=500).fit(X), X, tolerance=1e-9)


def test_a_sum_of_zero_is_added_as_libsvm_adds_it(agree: Any) -> None:
    # Two rows of each class, mirrored: every decision in the middle is 0 but for the last digits.
    X = np.array([[-1.0, 0.3], [-2, 0.1], [1, 0.3], [2, 0.1]])
    fitted = SVC(gamma=0.7).fit(X, [0, 0, 1, 1])
    middle = np.stack([np.zeros(50), np.linspace(-3, 3, 50)], axis=1)
    agree(fitted, middle, tolerance=1e-9)


@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly", "sigmoid"])
@pytest.mark.parametrize("far", [1, 4, 10])
def test_a_label_far_from_the_vectors_is_the_one_that_libsvm_has(kernel: str, far: int) -> None:
    # Two vectors, mirrored, and rows as near to the one as to the other: only the last digits of a distance tell.
    rng = np.random.default_rng(6)
    half = rng.normal(size=6)
    vector = np.concatenate([half, -half])
    fitted = SVC(kernel=kernel, gamma=1.0, degree=5).fit([vector, -vector], ["no", "yes"])
    rows = rng.normal(size=(100, 6)) * far
    rows = np.concatenate([rows, rows], axis=1)
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(read.predict(rows), fitted.predict(rows))


@pytest.mark.parametrize("fit", [QuadraticDiscriminantAnalysis(), GaussianNB()], ids=repr)
def test_what_was_fitted_on_float32_computes_in_it(fit: Any, agree: Any, X: Any, y: Any) -> None:
    read = agree(fit.fit(X.astype(np.float32), np.digitize(y, [-1, 1])), X.astype(np.float32).astype(float))
    assert read.tolerance == 1e-6


def test_a_machine_that_met_no_weight_of_a_class_is_refused_by_name(rng: np.random.Generator) -> None:
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    machine = SVC(kernel="linear").fit(X, y, sample_weight=y > 0)
    with pytest.raises(UnsupportedEstimator, match="a class of which no row had a weight"):
        inert.loads(pickle.dumps(machine))


def test_neighbors_that_learned_texts_as_numbers_are_refused_by_name(rng: np.random.Generator) -> None:
    fitted = KNeighborsRegressor().fit(rng.normal(size=(9, 2)), ["a", "b", "c"] * 3)
    with pytest.raises(UnsupportedEstimator, match="texts to predict the mean of"):
        inert.loads(pickle.dumps(fitted))

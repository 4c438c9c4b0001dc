"""Gradient boosting answers as scikit-learn's, its sums bit by bit."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator
from picklejar.inert.base.estimator import METHODS

Rows = Callable[..., NDArray[np.float64]]

REGRESSORS = [
    GradientBoostingRegressor(),
    GradientBoostingRegressor(loss="absolute_error", n_estimators=20, init="zero"),
    GradientBoostingRegressor(loss="huber", n_estimators=20, subsample=0.5, max_depth=7),
    GradientBoostingRegressor(loss="quantile", n_estimators=20, max_leaf_nodes=9),
    HistGradientBoostingRegressor(),
    HistGradientBoostingRegressor(loss="absolute_error", max_iter=20),
    HistGradientBoostingRegressor(loss="quantile", quantile=0.3, max_iter=20),
    HistGradientBoostingRegressor(loss="poisson", max_iter=20),
    HistGradientBoostingRegressor(loss="gamma", max_iter=20),
    HistGradientBoostingRegressor(max_leaf_nodes=None, min_samples_leaf=2, max_iter=20),
]
CLASSIFIERS = [
    HistGradientBoostingClassifier(max_iter=5, early_stopping=True, scoring="accuracy"),  # it keeps a method of itself
    GradientBoostingClassifier(n_estimators=30),
    GradientBoostingClassifier(n_estimators=30, init="zero"),
    GradientBoostingClassifier(n_estimators=30, n_iter_no_change=2),
    HistGradientBoostingClassifier(max_iter=50),
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for one another take longer than one alone, where the processor has other work."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    X = rng.normal(size=(800, 4)).astype(np.float32).astype(np.float64)
    return X, np.exp(X @ [0.3, 0.2, -0.3, 0.1] + 0.1 * rng.normal(size=800))


def _equal(fitted: Any, X: Any) -> None:
    """Check for equality; probabilities differ by the last bits of the exponential, which is NumPy's, not C's."""
    read = inert.loads(pickle.dumps(fitted))
    assert [name for name in METHODS if hasattr(read, name)] == [name for name in METHODS if hasattr(fitted, name)]
    for count in (1, 2, 50, len(X)):
        rows = X[:count]
        for name in METHODS:
            if not hasattr(fitted, name):
                continue
            ours, theirs = getattr(read, name)(rows), getattr(fitted, name)(rows)
            if name == "predict_proba":
                np.testing.assert_allclose(ours, theirs, rtol=1e-14, atol=1e-15)
            else:
                np.testing.assert_array_equal(ours, theirs, err_msg=name)


def _near_thresholds(fitted: Any, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """X, with values on the thresholds of a histogram's trees, and one ulp to either side."""
    rng = np.random.default_rng(1)
    X = X.copy()
    for feature in range(X.shape[1]):
        nodes = np.concatenate([one.nodes for stage in fitted._predictors for one in stage])
        near = nodes["num_threshold"][(nodes["is_leaf"] == 0) & (nodes["feature_idx"] == feature)]
        near = rng.choice(near, size=len(X))
        moved = [X[:, feature], near, np.nextafter(near, -np.inf), np.nextafter(near, np.inf)]
        X[:, feature] = np.choose(rng.integers(4, size=len(X)), moved)
    return X


@pytest.mark.parametrize("estimator", REGRESSORS, ids=repr)
def test_a_regressor_answers_as_the_original(estimator: Any, boundary_rows: Rows, data: Any) -> None:
    X, y = data
    fitted, rows = estimator.fit(X, y), boundary_rows(X)
    _equal(fitted, rows)
    if hasattr(fitted, "_predictors"):
        _equal(fitted, _near_thresholds(fitted, rows))


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=repr)
@pytest.mark.parametrize("classes", [2, 3, 12])
def test_a_classifier_answers_as_the_original(estimator: Any, classes: int, boundary_rows: Rows, data: Any) -> None:
    X, y = data
    labels = np.array([f"class {name}" for name in range(12)])[np.argsort(np.argsort(y)) * classes // len(y)]
    _equal(estimator.fit(X, labels), boundary_rows(X))


def test_the_exponential_loss_has_half_the_logit(boundary_rows: Rows, data: Any) -> None:
    X, y = data
    _equal(GradientBoostingClassifier(loss="exponential", n_estimators=20).fit(X, y > 1.1), boundary_rows(X))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.65, 0.9])
def test_the_first_estimate_is_the_originals_whatever_the_share_of_a_class(
    share: float, boundary_rows: Rows, data: Any
) -> None:
    X, y = data
    _equal(GradientBoostingClassifier(n_estimators=1).fit(X, y > np.quantile(y, 1 - share)), boundary_rows(X))


@pytest.mark.parametrize(
    "first", [SVR(), DecisionTreeRegressor(max_depth=2), HistGradientBoostingRegressor()], ids=repr
)
def test_a_regressor_may_begin_with_what_answers_to_32_bits_as_to_64(first: Any, agree: Any, data: Any) -> None:
    agree(GradientBoostingRegressor(init=first, n_estimators=10).fit(*data), data[0], tolerance=1e-12)


def test_a_regressor_may_begin_with_sums_in_32_bits(agree: Any, data: Any) -> None:
    read = agree(
        GradientBoostingRegressor(init=LinearRegression(), n_estimators=10).fit(*data), data[0], tolerance=1e-6
    )
    assert read.tolerance == 1e-6


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("first", [SVC(probability=True), RandomForestClassifier(3, random_state=0)], ids=repr)
def test_a_classifier_may_begin_with_what_answers_to_32_bits_as_to_64(
    first: Any, count: int, agree: Any, data: Any
) -> None:
    X, y = data
    classes = np.digitize(y, [1, 1.2][: count - 1])
    agree(GradientBoostingClassifier(init=first, n_estimators=10).fit(X, classes), X, tolerance=1e-9)


@pytest.mark.parametrize(
    "boosting",
    [
        # A probability of one, less a ten-millionth, is 1 in 32 bits, and its logit 36 instead of 15.
        GradientBoostingClassifier(init=GaussianNB(), n_estimators=2),
        GradientBoostingClassifier(init=LogisticRegression(), n_estimators=2),
        GradientBoostingRegressor(init=KNeighborsRegressor(), n_estimators=2),
        GradientBoostingRegressor(init=PoissonRegressor(), n_estimators=2),
        GradientBoostingRegressor(init=make_pipeline(StandardScaler(), DecisionTreeRegressor()), n_estimators=2),
    ],
    ids=repr,
)
def test_what_begins_with_an_estimator_that_computes_in_32_bits_is_refused(boosting: Any, data: Any) -> None:
    X, y = data
    fitted = boosting.fit(X, y > 1 if isinstance(boosting, GradientBoostingClassifier) else y)
    with pytest.raises(UnsupportedEstimator, match=f"init={type(boosting.init).__name__}, which answers in float32"):
        inert.loads(pickle.dumps(fitted))


def test_it_is_refused_by_name_also_where_it_has_no_numbers(data: Any) -> None:
    X, y = data
    fitted = GradientBoostingClassifier(init=GaussianNB(), n_estimators=1).fit(X, y > 1)
    state = fitted.estimators_[0, 0].tree_.__getstate__()
    state["values"][:] = np.nan
    fitted.estimators_[0, 0].tree_.__setstate__(state)
    with pytest.raises(UnsupportedEstimator, match="init=GaussianNB"):
        inert.loads(pickle.dumps(fitted))


def test_boosting_that_diverged_is_refused_by_name(rewritten: Callable[..., bytes], data: Any) -> None:
    fitted = GradientBoostingClassifier(n_estimators=2).fit(data[0], data[1] > 1)
    with pytest.raises(UnsupportedEstimator, match="values that are not finite"):
        inert.loads(rewritten(fitted, learning_rate=np.inf))


def test_boosting_takes_no_missing_values(data: Any) -> None:
    read = inert.loads(pickle.dumps(GradientBoostingRegressor(n_estimators=2).fit(*data)))
    with pytest.raises(RowsRefused, match="missing"):
        read.predict(np.full((1, 4), np.nan))


@pytest.mark.parametrize("estimator", [HistGradientBoostingRegressor(), HistGradientBoostingClassifier()], ids=repr)
@pytest.mark.parametrize("max_leaf_nodes", [4, 31, None])
def test_missing_values_go_where_they_went_in_training(
    estimator: Any, max_leaf_nodes: Any, boundary_rows: Rows, data: Any, rng: np.random.Generator
) -> None:
    X, y = data
    estimator.set_params(max_leaf_nodes=max_leaf_nodes, max_iter=30)
    X = np.where(rng.random(X.shape) < 0.2, np.nan, X)
    target = y > 1 if isinstance(estimator, HistGradientBoostingClassifier) else y
    rows = boundary_rows(np.nan_to_num(X))
    _equal(estimator.fit(X, target), np.where(rng.random(rows.shape) < 0.2, np.nan, rows))
    _equal(estimator.fit(np.nan_to_num(X), target), np.where(rng.random(rows.shape) < 0.2, np.nan, rows))


@pytest.mark.parametrize("max_leaf_nodes", [31, None])
@pytest.mark.parametrize("with_missing", [False, True])
def test_categories_go_where_they_went_in_training(
    max_leaf_nodes: Any, with_missing: bool, data: Any, rng: np.random.Generator
) -> None:
    X, y = data
    X[:, 1] = rng.choice([3.0, 5, 7.5, -2, 1e10, 0], size=len(X), p=[0.3, 0.3, 0.2, 0.15, 0.04, 0.01])
    X[:, 3] = rng.integers(200, size=len(X))
    y = y + 0.2 * (X[:, 1] % 3) + np.sin(X[:, 3])
    if with_missing:
        X = np.where(rng.random(X.shape) < 0.1, np.nan, X)
    fitted = HistGradientBoostingRegressor(
        categorical_features=[1, 3], max_leaf_nodes=max_leaf_nodes, min_samples_leaf=5, max_iter=30
    ).fit(X, y)
    # Known categories, and unknown ones: between, below and above them.
    rows = rng.normal(size=(10_000, 4))
    rows[:, 1] = rng.choice([3.0, 5, 7.5, -2, 1e10, 0, 4, -1, 300, np.nextafter(5, 6)], size=len(rows))
    rows[:, 3] = rng.integers(-5, 300, size=len(rows))
    _equal(fitted, rows)
    _equal(fitted, np.where(rng.random(rows.shape) < 0.1, np.nan, rows))


def test_categories_may_be_text(data: Any, rng: np.random.Generator) -> None:
    numbers, y = data
    X = numbers[:, :3].astype(object)
    X[:, 1] = rng.choice(np.array(["red", "green", "blue", "grey"], dtype=object), size=len(X))
    fitted = HistGradientBoostingClassifier(categorical_features=[1], min_samples_leaf=5).fit(
        X, (y > 1) ^ (X[:, 1] == "green")
    )
    rows = np.repeat(X, 3, axis=0)
    rows[:, 0] = rng.normal(size=len(rows))
    rows[rng.random(len(rows)) < 0.1, 1] = "violet"
    _equal(fitted, rows)
    read = inert.loads(pickle.dumps(fitted))
    rows[7, 2] = "three"
    with pytest.raises(RowsRefused, match="Column 2 of X must be a number; it is not in row 7"):
        read.predict(rows)


@pytest.mark.parametrize(
    ("estimator", "attributes"),
    [
        (GradientBoostingClassifier(n_estimators=2), {"estimators_": []}),
        (GradientBoostingClassifier(n_estimators=2), {"classes_": np.array([1])}),
        (GradientBoostingClassifier(n_estimators=2), {"classes_": np.array([1, 2, 3])}),
        (GradientBoostingClassifier(n_estimators=2), {"learning_rate": "1"}),
        (GradientBoostingClassifier(n_estimators=2), {"_loss": 1}),
        (HistGradientBoostingClassifier(max_iter=2), {"_predictors": []}),
        (HistGradientBoostingClassifier(max_iter=2), {"_predictors": [[]]}),
        (HistGradientBoostingClassifier(max_iter=2), {"_predictors": [[1]]}),
        (HistGradientBoostingClassifier(max_iter=2), {"classes_": np.zeros(0)}),
        (HistGradientBoostingClassifier(max_iter=2), {"classes_": np.array([1, 2, 3])}),
        (HistGradientBoostingClassifier(max_iter=2), {"_baseline_prediction": np.zeros((1, 2))}),
        (HistGradientBoostingClassifier(max_iter=2), {"n_features_in_": 1}),
    ],
    ids=repr,
)
def test_boosting_that_contradicts_itself_is_refused(
    estimator: Any, attributes: Any, rewritten: Callable[..., bytes], data: Any
) -> None:
    fitted = estimator.fit(data[0], data[1] > 1)
    inert.loads(rewritten(fitted))
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(fitted, **attributes))


def test_forged_nodes_and_categories_are_refused(data: Any, rng: np.random.Generator) -> None:
    X, y = data
    X[:, 1] = rng.integers(8, size=len(X))
    fitted = HistGradientBoostingRegressor(categorical_features=[1], max_iter=3).fit(X, y + np.sin(3 * X[:, 1]))
    nodes = fitted._predictors[1][0].nodes
    good = nodes.copy()
    inner = np.flatnonzero((good["is_leaf"] == 0) & (good["is_categorical"] == 0))
    by_category = np.flatnonzero((good["is_leaf"] == 0) & (good["is_categorical"] == 1))
    assert len(by_category)
    forgeries: list[tuple[str, NDArray[np.intp], list[Any]]] = [
        ("left", inner, [0, len(good), 2**31, 2**32 - 1]),
        ("right", inner, [0, len(good), 2**31, 2**32 - 1]),
        ("feature_idx", inner, [-1, 4, 2**40, -(2**63)]),
        ("feature_idx", by_category, [-1, 4, 2**40, -(2**63)]),
        ("num_threshold", inner, [np.nan]),
        ("bitset_idx", by_category, [100, 2**32 - 1]),
        ("is_leaf", inner, [1]),
    ]
    for _ in range(300):
        field, where, values = forgeries[rng.integers(len(forgeries))]
        nodes[:] = good
        nodes[field][rng.choice(where)] = rng.choice(values)
        with pytest.raises(DamagedPickle):
            inert.loads(pickle.dumps(fitted))
    nodes[:] = good
    inert.loads(pickle.dumps(fitted))
    for codes in ([256.0], [-1.0], [np.nan]):
        fitted._bin_mapper.bin_thresholds_[0] = np.array(codes)
        with pytest.raises(DamagedPickle, match="without a code"):
            inert.loads(pickle.dumps(fitted))

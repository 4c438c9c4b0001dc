"""Selected columns are those that scikit-learn selects."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
    chi2,
    f_classif,
    f_regression,
    mutual_info_classif,
)
from sklearn.linear_model import ElasticNet, LinearRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnreadablePickle, UnsupportedEstimator
from picklejar.inert.reading import records, state
from picklejar.inert.restorer import Restorer
from picklejar.inert.transforms import importance

LINEAR = LinearRegression()
HISTOGRAM = HistGradientBoostingRegressor(max_iter=2)
SELECTORS = [
    *(SelectKBest(f_classif, k=k) for k in (0, 1, 4, 8, "all")),
    SelectKBest(mutual_info_classif, k=3),
    SelectKBest(chi2, k=3),
    *(SelectPercentile(f_classif, percentile=percentile) for percentile in (0, 10, 33.3, 50, 75, 100)),
    *(SelectFpr(f_classif, alpha=alpha) for alpha in (0.01, 0.5)),
    *(SelectFdr(f_classif, alpha=alpha) for alpha in (0.01, 0.5, 0.0)),
    *(SelectFwe(f_classif, alpha=alpha) for alpha in (0.01, 0.5)),
    GenericUnivariateSelect(f_regression, mode="percentile", param=40),
    GenericUnivariateSelect(f_regression, mode="k_best", param=3),
    GenericUnivariateSelect(f_regression, mode="k_best", param="all"),
    *(GenericUnivariateSelect(f_regression, mode=mode, param=0.2) for mode in ("fpr", "fdr", "fwe")),
    VarianceThreshold(),
    VarianceThreshold(2.0),
    SelectFromModel(LINEAR),
    SelectFromModel(LINEAR, threshold="median"),
    SelectFromModel(LINEAR, threshold="1.25*mean"),
    SelectFromModel(LINEAR, threshold=0.02),
    SelectFromModel(LINEAR, threshold=-np.inf, max_features=3),
    SelectFromModel(LINEAR, max_features=lambda _: 2),
    SelectFromModel(LINEAR, importance_getter="coef_", norm_order=2),
    SelectFromModel(ElasticNet(0.01, l1_ratio=1.0)),
    SelectFromModel(ElasticNet(0.01)),
    RFE(LINEAR, n_features_to_select=3),
    RFECV(LINEAR, cv=3),
    SequentialFeatureSelector(LINEAR, n_features_to_select=3, cv=2),
]


@pytest.fixture(name="X")
def table(rng: np.random.Generator) -> Any:
    X = rng.integers(0, 5, (120, 8)).astype(float)
    X[:, 6], X[:, 7] = X[:, 2], 1.0
    return X


@pytest.fixture
def y(X: Any) -> Any:
    return (X[:, 0] + X[:, 2] + 0.4 * X[:, 4] > 5).astype(int)


@pytest.fixture(autouse=True)
def _silent() -> Any:
    """Leave out that nothing was selected, or that a constant has no score."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# Not by repr: that of a function has its address, which is another in each process.
@pytest.mark.parametrize("selector", SELECTORS, ids=lambda selector: type(selector).__name__)
@pytest.mark.parametrize("targets", [1, 2])
def test_a_selection_is_that_of_the_original(
    selector: Any, targets: int, X: Any, y: Any, agree: Callable[..., Any], boundary_rows: Callable[..., Any]
) -> None:
    if targets == 2 and getattr(selector, "estimator", None) is None:
        return
    y = y if targets == 1 else np.column_stack([y, X[:, 1]])
    selector = clone(selector).fit(X, y)
    if callable(getattr(selector, "max_features", None)):
        # A function of the user's own is not a data; but what it said is kept.
        selector.max_features = 99
    read = agree(selector, boundary_rows(X))
    if read.n_features_out:
        assert read.source(0) == np.flatnonzero(selector.get_support())[0]


@pytest.mark.parametrize("selector", [VarianceThreshold(), SequentialFeatureSelector(HISTOGRAM, cv=2)], ids=repr)
def test_what_is_missing_is_handed_on(selector: Any, X: Any, y: Any) -> None:
    read = inert.loads(pickle.dumps(selector.fit(X, y)))
    assert np.isnan(read.transform(np.full((1, 8), np.nan))).all()


@pytest.mark.parametrize(
    "selector",
    [SelectKBest(k=1), SequentialFeatureSelector(LINEAR, cv=2), RFE(DummyRegressor(), n_features_to_select=9)],
    ids=repr,
)
def test_what_is_missing_is_refused_by_tests_and_by_what_takes_none(selector: Any, X: Any, y: Any) -> None:
    with pytest.raises(ValueError, match="NaN"):
        selector.fit(X, y).transform(np.full((1, 8), np.nan))
    read = inert.loads(pickle.dumps(selector))
    with pytest.raises(RowsRefused):
        read.transform(np.full((1, 8), np.nan))


def test_the_estimator_of_an_elimination_answers(X: Any, y: Any) -> None:
    read: Any = inert.loads(pickle.dumps(RFE(LINEAR).fit(X, y)))
    assert not hasattr(read, "classes_")
    assert not hasattr(read, "predict_proba")


TREES = [
    DecisionTreeClassifier(random_state=0),
    RandomForestRegressor(10, random_state=0),
    ExtraTreesClassifier(10, max_depth=2, random_state=0),
    RandomForestRegressor(3, max_depth=1, min_samples_split=120, random_state=0),
    GradientBoostingClassifier(init="zero", n_estimators=10, random_state=0),
]


@pytest.mark.parametrize("trees", TREES, ids=repr)
def test_importances_of_trees_are_those_of_the_original(trees: Any, X: Any, y: Any) -> None:
    trees.fit(X, y)
    data = pickle.dumps(trees)
    estimator = state.EstimatorState(records.read(data).value, Restorer(10**6))
    ours = importance.importances(estimator, "auto", 8)
    np.testing.assert_allclose(ours, trees.feature_importances_, rtol=1e-14)


@pytest.mark.parametrize(
    ("selector", "attributes", "error"),
    [
        (SelectKBest(), {"k": -1}, DamagedPickle),
        (SelectKBest(), {"scores_": np.ones(7)}, DamagedPickle),
        (SelectPercentile(), {"percentile": 101}, DamagedPickle),
        (SelectFdr(), {"pvalues_": None}, DamagedPickle),
        (GenericUnivariateSelect(), {"mode": "best"}, UnsupportedEstimator),
        (VarianceThreshold(), {"variances_": np.ones(9)}, DamagedPickle),
        (RFE(LINEAR), {"support_": np.ones(8, dtype=bool)}, DamagedPickle),
        (RFE(LINEAR), {"support_": np.ones(9, dtype=bool)}, DamagedPickle),
        (SelectFromModel(LINEAR), {"threshold": "most"}, DamagedPickle),
        (SelectFromModel(LINEAR), {"threshold": "a*mean"}, DamagedPickle),
        (SelectFromModel(LINEAR), {"threshold": [1]}, DamagedPickle),
        (SelectFromModel(LINEAR), {"max_features": 2.5, "max_features_": 2.5}, DamagedPickle),
        (SelectFromModel(LINEAR), {"importance_getter": "named_steps"}, UnsupportedEstimator),
        (SelectFromModel(LINEAR), {"importance_getter": "feature_importances_"}, UnsupportedEstimator),
        (SelectFromModel(LINEAR), {"estimator_": StandardScaler().fit(np.ones((2, 8)))}, UnsupportedEstimator),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    selector: Any, attributes: Any, error: type[UnreadablePickle], X: Any, y: Any, rewritten: Callable[..., bytes]
) -> None:
    with pytest.raises(error):
        inert.loads(rewritten(selector.fit(X, y), **attributes))


def test_an_order_of_the_norm_that_is_none_is_refused(X: Any, y: Any, rewritten: Callable[..., bytes]) -> None:
    original = SelectFromModel(LINEAR).fit(X, np.column_stack([y, y]))
    with pytest.raises(UnsupportedEstimator, match="norm_order"):
        inert.loads(rewritten(original, norm_order="fro"))


def test_what_is_selected_keeps_its_type() -> None:
    X = np.array([[None, True], [2, False], [1.5, True]], dtype=object)
    original = VarianceThreshold().fit(X)
    selected = inert.loads(pickle.dumps(original)).transform(X)
    assert selected.tolist() == original.transform(X).tolist() == X.tolist()
    with pytest.raises(RowsRefused, match="must be a number"):
        inert.loads(pickle.dumps(original)).transform(np.array([["a", True]], dtype=object))


def test_a_selector_told_later_that_its_estimator_was_fitted_is_refused(X: Any, y: Any) -> None:
    fitted = SelectFromModel(LINEAR).fit(X, y).set_params(prefit=True)
    with pytest.raises(UnsupportedEstimator, match="other parameters than it was fitted with"):
        inert.loads(pickle.dumps(fitted))
    assert inert.loads(pickle.dumps(SelectFromModel(clone(LINEAR).fit(X, y), prefit=True).fit(X, y)))

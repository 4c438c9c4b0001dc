"""What jumps where numbers differ by a rounding answers as scikit-learn does, or is refused by name."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA, FactorAnalysis
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, LinearSVC

from picklejar import inert
from picklejar.errors import RowsRefused, UnsupportedEstimator

Floats = NDArray[np.float64]
ORDINAL = OrdinalEncoder(dtype=np.float32)
ONE_HOT = OneHotEncoder(dtype=np.float32, sparse_output=False)
RANKS = QuantileTransformer(n_quantiles=4)
BINS = KBinsDiscretizer(2, encode="ordinal", quantile_method="averaged_inverted_cdf")
FOREST = RandomForestRegressor(3, random_state=0)
LINES = [("a", LinearRegression()), ("b", Ridge())]


@pytest.fixture(name="X")
def rows(rng: np.random.Generator) -> Floats:
    return rng.integers(4, size=(60, 3)).astype(float)


@pytest.fixture(name="y")
def target(X: Floats) -> Floats:
    return X @ [1.0, 2.0, 0.5]


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(ONE_HOT, StandardScaler(), RANKS),
        make_pipeline(ONE_HOT, RANKS),
        make_pipeline(ORDINAL, StandardScaler(), make_union(OneHotEncoder(), MaxAbsScaler())),
        make_pipeline(ORDINAL, RobustScaler(), SimpleImputer(), OrdinalEncoder()),
        make_pipeline(ORDINAL, MinMaxScaler(), BINS),
        make_pipeline(ORDINAL, FunctionTransformer(np.log1p), Binarizer(threshold=0.5)),
        make_pipeline(ORDINAL, PolynomialFeatures(), OneHotEncoder()),
        make_pipeline(ORDINAL, StandardScaler(), FunctionTransformer(np.ceil)),
        make_pipeline(FeatureUnion([("a", ORDINAL)], transformer_weights={"a": 0.3}), OneHotEncoder()),
        make_pipeline(make_column_transformer((ORDINAL, [0, 1, 2])), MaxAbsScaler(), OneHotEncoder()),
        make_pipeline(ONE_HOT, PCA(2), FOREST),
        make_pipeline(ONE_HOT, Normalizer(), GradientBoostingRegressor(n_estimators=2)),
        make_pipeline(ONE_HOT, PCA(2), HistGradientBoostingRegressor(max_iter=2)),
        make_pipeline(ONE_HOT, StackingRegressor(LINES, final_estimator=FOREST, cv=2)),
        make_pipeline(ONE_HOT, PCA(1), IsotonicRegression()),
    ],
    ids=str,
)
def test_what_jumps_behind_an_encoder_of_float32_is_refused(estimator: Any, X: Floats, y: Floats) -> None:
    with pytest.raises(UnsupportedEstimator, match=r"an encoder of float32 has part in.*Encode with dtype=float64\."):
        inert.loads(pickle.dumps(estimator.fit(X, y)))


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(PCA(2), FunctionTransformer(np.floor)),
        make_pipeline(FactorAnalysis(2), SimpleImputer(), TargetEncoder()),
        make_pipeline(PCA(2), OneHotEncoder(handle_unknown="ignore")),
        make_pipeline(SplineTransformer(extrapolation="linear"), MaxAbsScaler(), OrdinalEncoder()),
    ],
    ids=str,
)
def test_categories_of_computed_numbers_are_refused(estimator: Any, X: Floats, y: Floats) -> None:
    with pytest.raises(UnsupportedEstimator, match="whose last digit depends on the computer"):
        inert.loads(pickle.dumps(estimator.fit(X, y)))


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(ORDINAL, OneHotEncoder(), RANKS),
        make_pipeline(ORDINAL, SimpleImputer(), BINS, OneHotEncoder(sparse_output=False)),
        make_pipeline(ORDINAL, StandardScaler(), FOREST),
        make_pipeline(ONE_HOT, StandardScaler(), Ridge()),
        make_pipeline(make_column_transformer((ORDINAL, [0]), remainder="passthrough"), StandardScaler(), RANKS),
        make_pipeline(RANKS, FunctionTransformer(np.rint), OneHotEncoder()),
        make_pipeline(QuantileTransformer(n_quantiles=50, output_distribution="normal"), OneHotEncoder()),
        make_pipeline(StandardScaler(), TargetEncoder(), RANKS),
        make_pipeline(PCA(2), BINS, OneHotEncoder()),
        make_pipeline(PCA(2), FOREST),
        make_pipeline(StackingRegressor(LINES, final_estimator=FOREST, cv=2)),
    ],
    ids=str,
)
def test_what_is_exact_enough_is_answered(estimator: Any, X: Floats, y: Floats, agree: Callable[..., Any]) -> None:
    agree(estimator.fit(X, y), X, tolerance=1e-6)


def test_a_score_at_a_step_of_its_calibration_is_refused(X: Floats, y: Floats) -> None:
    fitted = CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=2, ensemble=False).fit(X, y > 5)
    [pair] = fitted.calibrated_classifiers_
    scores = np.unique(pair.estimator.decision_function(X))
    step = scores[len(scores) // 2]
    pair.calibrators = [
        IsotonicRegression(out_of_bounds="clip").fit([scores[0], step, step + 1e-13, scores[-1]], [0, 0.2, 0.6, 1])
    ]
    read = inert.loads(pickle.dumps(fitted))
    at_step = np.abs(pair.estimator.decision_function(X) - step) < 1e-9
    with pytest.raises(RowsRefused, match="at a step of its calibration") as refusal:
        read.predict_proba(X)
    assert (refusal.value.rows, refusal.value.rule) == (np.flatnonzero(at_step).tolist(), "tie")
    np.testing.assert_allclose(read.predict_proba(X[~at_step]), fitted.predict_proba(X[~at_step]), rtol=0, atol=1e-9)


def test_calibrated_forests_are_answered(X: Floats, y: Floats, agree: Callable[..., Any]) -> None:
    forest = RandomForestClassifier(20, random_state=0)
    agree(CalibratedClassifierCV(forest, method="isotonic", cv=2).fit(X, y > 5), X)


def test_edges_at_computed_numbers_are_refused(rng: np.random.Generator) -> None:
    X = rng.normal(size=(50, 3))
    X[:20] = X[0]
    X[40, 1] = np.nan
    fitted = make_pipeline(SimpleImputer(), PCA(2), QuantileTransformer(n_quantiles=25)).fit(X)
    # The last row comes near the repeated one, and the one before it less so.
    asked = np.r_[X, X[:1] * (1 + 1e-13), X[:1] * (1 + 1e-9)]
    read = inert.loads(pickle.dumps(fitted))
    with pytest.raises(RowsRefused, match="at a quantile that several rows had") as refusal:
        read.transform(asked)
    assert refusal.value.rule == "tie"
    assert refusal.value.rows == [*range(20), 50]
    others = np.delete(asked, refusal.value.rows, axis=0)
    np.testing.assert_allclose(read.transform(others), fitted.transform(others), rtol=0, atol=1e-12)


@pytest.mark.parametrize("last", [BINS, Binarizer()], ids=str)
def test_bins_and_thresholds_at_computed_numbers_are_refused(last: Any, rng: np.random.Generator) -> None:
    X = rng.normal(size=(50, 3))
    fitted = make_pipeline(PCA(2), last).fit(X)
    edge = fitted[-1].bin_edges_[0][1] if hasattr(fitted[-1], "bin_edges_") else 0.0
    asked = np.r_[X, fitted[0].inverse_transform([[edge, 3.0], [edge + 1e-6, 3.0]])]
    read = inert.loads(pickle.dumps(fitted))
    with pytest.raises(RowsRefused, match="A number computed on the way") as refusal:
        read.transform(asked)
    assert (refusal.value.rows, refusal.value.rule) == ([50], "tie")
    others = np.delete(asked, 50, axis=0)
    np.testing.assert_array_equal(read.transform(others), fitted.transform(others))


def test_labels_of_kernel_machines_that_score_alike_are_refused() -> None:
    X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1], [5, 5], [5, 6], [6, 5], [6, 6], [0, 9], [1, 9], [0, 8], [1, 8]])
    y = np.repeat(["a", "b", "c"], 4)
    # Far from all rows every kernel is 0, and the intercepts, equal by symmetry, are what is left.
    far = np.array([[900.0, 900.0], [0.0, 0.0]])
    fitted = OneVsRestClassifier(SVC(gamma=900.0)).fit(X, y)
    read = inert.loads(pickle.dumps(fitted))
    with pytest.raises(RowsRefused, match="Several classes score alike") as refusal:
        read.predict(far)
    assert (refusal.value.rows, refusal.value.rule) == ([0], "tie")
    np.testing.assert_array_equal(read.predict(far[1:]), fitted.predict(far[1:]))


def test_labels_of_scores_that_are_not_numbers_are_those_of_the_original() -> None:
    asked = np.array([[-1.0], [0.0], [2.0], [7.0]])
    with np.errstate(all="ignore"):
        fitted = OneVsRestClassifier(BernoulliNB(binarize=None)).fit([[-1.0], [2.0], [3.0]], ["a", "b", "c"])
        np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted)).predict(asked), fitted.predict(asked))


def test_labels_of_sparse_counts_that_tie_are_those_of_scipy_s_order_of_additions(rng: np.random.Generator) -> None:
    X = rng.integers(3, size=(400, 20))
    # Each row once more with its columns the other way round, and the other label.
    X = np.concatenate([X, X[:, ::-1]])
    y = np.repeat(["a", "b"], 400)
    half = rng.integers(3, size=(400, 10))
    same = np.concatenate([half, half[:, ::-1]], axis=1)
    weights = rng.normal(size=(20, 3))
    for last in (BernoulliNB(), MultinomialNB(), LogisticRegression()):
        fitted = make_pipeline(OneHotEncoder(), last).fit(X, y)
        if hasattr(last, "coef_"):
            last.coef_, last.intercept_ = (weights - weights[::-1]).reshape(1, -1), np.zeros(1)
        np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted)).predict(same), fitted.predict(same))


def test_ranks_of_computed_numbers_are_known_to_nine_digits(X: Floats, y: Floats) -> None:
    fitted = make_pipeline(Normalizer(), RANKS).fit(X + 1, y)
    assert inert.loads(pickle.dumps(fitted)).tolerance == 1e-9
    assert inert.loads(pickle.dumps(make_pipeline(Normalizer(norm="max"), RANKS).fit(X + 1, y))).tolerance == 1e-12


@pytest.mark.parametrize(
    "estimator", [KNeighborsClassifier(3, weights="distance"), KNeighborsRegressor(3, weights="distance")]
)
def test_neighbors_as_near_as_rounding_have_no_weights_behind_computed_numbers(
    estimator: Any, rng: np.random.Generator
) -> None:
    X = rng.normal(size=(40, 3))
    X = np.concatenate([X, X + 1e-12])
    fitted = make_pipeline(PCA(2), estimator).fit(X, np.arange(80) % 2)
    read = inert.loads(pickle.dumps(fitted))
    assert read.tolerance == 1e-9
    # Of its neighbors one is near, and those with the other target far enough.
    alone = make_pipeline(PCA(2), estimator).fit(X[:40], np.arange(40) % 2)
    np.testing.assert_allclose(inert.loads(pickle.dumps(alone)).predict(X[:40]), alone.predict(X[:40]), atol=1e-9)
    mixed = make_pipeline(PCA(2), estimator).fit(X, np.repeat([0, 1], 40))
    with pytest.raises(RowsRefused, match="rounding weighs them"):
        inert.loads(pickle.dumps(mixed)).predict(X)


def test_a_calibration_of_scores_for_some_classes_alone_is_refused_by_name(rng: np.random.Generator) -> None:
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 4
    fitted = CalibratedClassifierCV(LinearSVC(), cv=2).fit(X, y)
    svc = fitted.calibrated_classifiers_[0].estimator
    svc.coef_, svc.intercept_ = svc.coef_[:3], svc.intercept_[:3]
    fitted.calibrated_classifiers_[0].calibrators.pop()
    with pytest.raises(UnsupportedEstimator, match="without scores for some of its classes"):
        inert.loads(pickle.dumps(fitted))

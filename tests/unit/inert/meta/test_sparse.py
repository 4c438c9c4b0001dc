"""What scikit-learn hands on as a sparse matrix is treated as such, of which some estimators leave the zeros alone."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import BaggingRegressor, RandomForestRegressor, StackingRegressor, VotingRegressor
from sklearn.feature_selection import SelectFromModel, VarianceThreshold
from sklearn.frozen import FrozenEstimator
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import BernoulliNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVR

from picklejar import inert
from picklejar.errors import RowsRefused, UnsupportedEstimator

NORMAL = QuantileTransformer(output_distribution="normal", n_quantiles=4)
STORED = QuantileTransformer(n_quantiles=4, ignore_implicit_zeros=True)
UNIFORM = QuantileTransformer(n_quantiles=4)
ENCODER = OneHotEncoder()
# Sparse, with negative numbers in a column that was dense.
MIXED = ColumnTransformer([("a", ENCODER, [0]), ("b", StandardScaler(), [1, 2])], sparse_threshold=1.0)
POSITIVE = ColumnTransformer([("a", ENCODER, [0]), ("b", "passthrough", [2])], sparse_threshold=1.0)
DENSE = ColumnTransformer([("a", ENCODER, [0]), ("b", "passthrough", [2])], sparse_threshold=0)
LEFT = FunctionTransformer(accept_sparse=True)


@pytest.fixture(name="X")
def rows(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return rows of a category, a number of either sign and one that is at least 0, often 0."""
    size = 60
    return np.c_[rng.integers(4, size=size), rng.normal(size=size), rng.poisson(1, size) * rng.random(size)]


TRANSFORMERS = [
    make_pipeline(ENCODER, NORMAL),
    make_pipeline(ENCODER, UNIFORM),
    make_pipeline(OneHotEncoder(sparse_output=False), NORMAL),
    make_pipeline(KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), NORMAL),
    make_pipeline(KBinsDiscretizer(3, encode="onehot-dense", quantile_method="averaged_inverted_cdf"), NORMAL),
    make_pipeline(MIXED, STORED),
    make_pipeline(POSITIVE, NORMAL),
    make_pipeline(DENSE, NORMAL),
    make_pipeline(POSITIVE, ColumnTransformer([("a", NORMAL, [0, 4])], remainder="passthrough", sparse_threshold=1)),
    make_pipeline(make_union(ENCODER, MinMaxScaler()), NORMAL),
    make_pipeline(ENCODER, make_union(NORMAL, "passthrough"), STORED),
    make_pipeline(MIXED, FeatureUnion([("a", STORED), ("b", "passthrough")])),
    make_pipeline(POSITIVE, StandardScaler(with_mean=False), NORMAL),
    make_pipeline(POSITIVE, RobustScaler(with_centering=False), NORMAL),
    make_pipeline(POSITIVE, MaxAbsScaler(), NORMAL),
    make_pipeline(MIXED, MaxAbsScaler(), STORED),
    make_pipeline(POSITIVE, Normalizer(), NORMAL),
    make_pipeline(POSITIVE, Normalizer("l1"), NORMAL),
    make_pipeline(POSITIVE, Normalizer("max"), NORMAL),
    make_pipeline(MIXED, Binarizer(threshold=0.1), NORMAL),
    make_pipeline(MIXED, PolynomialFeatures(3), STORED),
    make_pipeline(MIXED, VarianceThreshold(0.1), STORED),
    make_pipeline(MIXED, LEFT, STORED),
    make_pipeline(POSITIVE, FunctionTransformer(np.sqrt), NORMAL),
    make_pipeline(FunctionTransformer(), "passthrough", make_pipeline(ENCODER, LEFT), make_pipeline(NORMAL)),
    make_pipeline(SplineTransformer(sparse_output=True), UNIFORM),
    make_pipeline(SplineTransformer(), NORMAL),
    make_pipeline(MIXED, TruncatedSVD(2), NORMAL),
    make_pipeline(POSITIVE, SimpleImputer(missing_values=7.0, strategy="constant", fill_value=2.0), NORMAL),
    make_pipeline(MissingIndicator(features="all", sparse=True), NORMAL),
    make_pipeline(ENCODER, KMeans(2, random_state=0, n_init=1), NORMAL),
]  # fmt: skip


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=range(len(TRANSFORMERS)))
@pytest.mark.filterwarnings("ignore:n_quantiles", "ignore:'ignore_implicit_zeros'")
def test_zeros_that_a_sparse_matrix_does_not_store_are_treated_as_by_scikit_learn(
    transformer: Any, X: NDArray[np.float64], agree: Callable[..., Any]
) -> None:
    agree(transformer.fit(X), X)


def _with(part: Any) -> Pipeline:
    return make_pipeline(ENCODER, part)


INNER = make_pipeline(NORMAL, Ridge())
PREDICTORS = [
    INNER,
    VotingRegressor([("a", INNER), ("b", Ridge())]),
    BaggingRegressor(INNER, n_estimators=2, random_state=0),
    StackingRegressor([("a", INNER)], cv=2),
    StackingRegressor([("a", Ridge())], make_pipeline(STORED, Ridge()), cv=2, passthrough=True),
    GridSearchCV(INNER, {}, cv=2),
    make_pipeline(SelectFromModel(Ridge(), threshold=-1), INNER),
    RandomForestRegressor(5, random_state=0),
]  # fmt: skip


@pytest.mark.parametrize("predictor", PREDICTORS, ids=lambda predictor: type(predictor).__name__)
@pytest.mark.filterwarnings("ignore:n_quantiles", "ignore:'ignore_implicit_zeros'")
def test_parts_of_a_whole_are_given_what_it_is_given(
    predictor: Any, X: NDArray[np.float64], agree: Callable[..., Any]
) -> None:
    agree(_with(predictor).fit(X, X[:, 1]), X)


@pytest.mark.filterwarnings("ignore:n_quantiles")
def test_one_estimator_in_two_places_is_given_a_sparse_and_a_dense_matrix(
    X: NDArray[np.float64], agree: Callable[..., Any]
) -> None:
    ranks = FrozenEstimator(NORMAL.fit(np.eye(4)[X[:, 0].astype(int)]))
    sparse, dense = make_pipeline(ENCODER, ranks), make_pipeline(OneHotEncoder(sparse_output=False), ranks)
    union = make_union(sparse, dense).fit(X[:, :1])
    agree(union, X[:, :1])
    agree(make_union(dense, sparse).fit(X[:, :1]), X[:, :1])


def test_a_sparse_column_is_multiplied_where_a_dense_one_is_divided() -> None:
    """The last digit decides whether a number equals a quantile."""
    X = np.array([[0.0, 0.1], [1.0, 0.7], [2.0, 4.9], [3.0, 0.3]])
    for scaler in (MaxAbsScaler(), StandardScaler(with_mean=False), RobustScaler(with_centering=False)):
        fitted = make_pipeline(ColumnTransformer([("a", ENCODER, [0]), ("b", "passthrough", [1])]), scaler).fit(X)
        fitted.named_steps["columntransformer"].sparse_output_ = True
        ours = inert.loads(pickle.dumps(fitted)).transform(X)
        np.testing.assert_array_equal(ours, fitted.transform(X).toarray())


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_sparse_row_next_to_0_is_normalized_where_a_dense_one_is_left(norm: str, threshold: float) -> None:
    encoder = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("a", encoder, [0]), ("b", "passthrough", [1])], sparse_threshold=threshold)
    fitted = make_pipeline(columns, Normalizer(norm)).fit(np.array([[0.0, 3.0], [1.0, 2.0]]))
    # The category is unknown, so its columns are 0.
    X = np.array([[5.0, 1e-18], [5.0, 0.0], [0.0, 0.3]])
    theirs = fitted.transform(X)
    assert bool((theirs[0, -1] if threshold == 0 else theirs.toarray()[0, -1]) == 1) == bool(threshold)
    theirs = theirs.toarray() if threshold else theirs
    np.testing.assert_array_equal(inert.loads(pickle.dumps(fitted)).transform(X), theirs)


def test_what_scikit_learn_refuses_of_a_sparse_row_is_refused(X: NDArray[np.float64]) -> None:
    fitted = make_pipeline(POSITIVE, UNIFORM.set_params(n_quantiles=4)).fit(X)
    below = np.where(np.arange(3) == 2, -1.0, X[:2])
    with pytest.raises(ValueError, match="non-negative"):
        fitted.transform(below)
    with pytest.raises(RowsRefused, match="at least 0"):
        inert.loads(pickle.dumps(fitted)).transform(below)
    forest = make_pipeline(POSITIVE, RandomForestRegressor(2, random_state=0)).fit(X, X[:, 1])
    missing = np.where(np.arange(3) == 2, np.nan, X[:2])
    with pytest.raises(ValueError, match="NaN"):
        forest.predict(missing)
    with pytest.raises(RowsRefused, match="finite, and not missing"):
        inert.loads(pickle.dumps(forest)).predict(missing)


def _handed(last: Any) -> Any:
    """Return a pipeline whose last step was fitted elsewhere on dense features."""
    first = ENCODER.fit(np.arange(4.0)[:, None])
    X = np.eye(4)
    return Pipeline([("a", first), ("b", last.fit(X, np.arange(4) % 2))])


REFUSED = {
    "a StandardScaler that centers": lambda: _handed(StandardScaler()),
    "a MinMaxScaler": lambda: _handed(MinMaxScaler()),
    "a Binarizer below 0": lambda: _handed(Binarizer(threshold=-1)),
    "a BernoulliNB below 0": lambda: _handed(BernoulliNB()).set_params(b__binarize=-1),
    "a SimpleImputer of zeros": lambda: _handed(SimpleImputer(missing_values=0)),
    "a MissingIndicator of zeros": lambda: _handed(MissingIndicator(missing_values=0)),
    "a FunctionTransformer that validates": lambda: _handed(FunctionTransformer(validate=True)),
    "a function that scipy does not have": lambda: _handed(FunctionTransformer(np.exp)),
    "a machine fitted on dense rows": lambda: _handed(SVR()),
    "a tree of neighbors": lambda: _handed(KNeighborsRegressor(1, algorithm="kd_tree")),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_what_takes_no_sparse_matrix_is_refused_by_name_as_scikit_learn_refuses_it(make: Any) -> None:
    whole = make()
    method = "predict" if hasattr(whole, "predict") else "transform"
    with pytest.raises((ValueError, TypeError)):
        getattr(whole, method)(np.arange(4.0)[:, None])
    with pytest.raises(UnsupportedEstimator):
        inert.loads(pickle.dumps(whole))


UNKNOWN = [
    make_pipeline(SplineTransformer(sparse_output=True), NORMAL),
    make_pipeline(POSITIVE, FunctionTransformer(np.rint), NORMAL),
    make_pipeline(POSITIVE, UNIFORM, NORMAL),
    make_pipeline(POSITIVE, SimpleImputer(missing_values=7.0, strategy="constant", fill_value=0.0), NORMAL),
    make_pipeline(
        FeatureUnion([("a", ENCODER), ("b", MinMaxScaler())], transformer_weights={"a": 0}), NORMAL
    ),
]  # fmt: skip


@pytest.mark.parametrize("transformer", UNKNOWN, ids=range(len(UNKNOWN)))
@pytest.mark.filterwarnings("ignore:n_quantiles", "ignore:'ignore_implicit_zeros'")
def test_zeros_of_which_it_is_not_known_whether_they_are_stored_are_refused_by_name(
    transformer: Any, X: NDArray[np.float64]
) -> None:
    with pytest.raises(UnsupportedEstimator, match="QuantileTransformer with sparse features"):
        inert.loads(pickle.dumps(transformer.fit(X)))

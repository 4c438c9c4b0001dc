"""Estimators made of estimators answer as scikit-learn's, for arrays of numbers, of objects, and for frames."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnreadablePickle, UnsupportedEstimator
from picklejar.inert.meta import compose
from tests.unit.inert.frames import NUMBERS, TEXTS, frame

ENCODER = OneHotEncoder(handle_unknown="ignore")
TOLERANT = {"handle_unknown": "use_encoded_value", "unknown_value": -1, "encoded_missing_value": -2}
FILLED = make_pipeline(SimpleImputer(), StandardScaler())


@pytest.fixture(name="X")
def table(rng: np.random.Generator) -> pd.DataFrame:
    return frame(rng)


@pytest.fixture
def numbers(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.normal(size=(200, 5))


def fitted(columns: Any, X: Any, rng: np.random.Generator) -> Pipeline:
    return make_pipeline(columns, LinearRegression()).fit(X, rng.random(len(X)))


BY_NAME = [
    ColumnTransformer([("numbers", FILLED, NUMBERS), ("texts", ENCODER, TEXTS)]),
    ColumnTransformer([("texts", ENCODER, TEXTS), ("numbers", FILLED, NUMBERS)], sparse_threshold=1.0),
    make_column_transformer((ENCODER, [*TEXTS, "age"]), remainder=FILLED),
    make_column_transformer((ENCODER, TEXTS), (SimpleImputer(), ["fare"]), remainder="passthrough"),
    make_column_transformer((ENCODER, TEXTS), ("passthrough", ["age"]), ("drop", ["fare"])),
    make_column_transformer((FILLED, NUMBERS), verbose_feature_names_out=False),
    make_column_transformer(
        (FILLED, make_column_selector(dtype_include=np.number)),
        (ENCODER, make_column_selector(dtype_include=["str", object, "category"])),
        (ENCODER, make_column_selector(pattern="flag")),
        (StandardScaler(), make_column_selector(pattern="nothing")),
    ),
    make_column_transformer((ENCODER, pd.Index(TEXTS)), (FILLED, np.array(["age", "fare"]))),
    make_column_transformer((ENCODER, [1, -4, 4]), (FILLED, [0, 2]), remainder="passthrough"),
    make_column_transformer((ENCODER, slice("street", "level")), (FILLED, slice("fare", "fare"))),
    make_column_transformer((ENCODER, [False, True, False, True, True, True, True]), (FILLED, np.arange(0, 3, 2))),
    make_column_transformer((ENCODER, TEXTS), remainder=FILLED),
    ColumnTransformer(
        [("texts", ENCODER, TEXTS), ("numbers", FILLED, NUMBERS), ("twice", FILLED, ["fare"])],
        transformer_weights={"texts": 0.5, "twice": 3, "none": 2},
    ),
    make_column_transformer(
        (make_union(OrdinalEncoder(**TOLERANT), ENCODER), ["kind", "flag"]),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), ENCODER), ["city", "kind"]),
        (make_pipeline(SimpleImputer(add_indicator=True), "passthrough"), NUMBERS),
    ),
]


@pytest.mark.parametrize("columns", BY_NAME)
def test_columns_of_a_frame_are_transformed_as_by_the_original(
    columns: Any, X: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    if columns is BY_NAME[3] or columns is BY_NAME[8]:
        X = X.fillna({"fare": 0.0})
    original = fitted(columns, X, rng)
    rows = frame(rng, 10_000, "abcde")
    rows = rows.fillna({"fare": 0.0}) if columns is BY_NAME[8] else rows
    read = agree(original, rows)
    agree(original, rows[:1])
    agree(original, X, protocol=2)
    agree(original[0], rows)
    objects = rows.to_numpy(dtype=object)
    np.testing.assert_array_equal(read.predict(objects), read.predict(rows))
    np.testing.assert_array_equal(read.predict(objects[:3].tolist()), read.predict(rows[:3]))
    assert read.feature_names_in_.tolist() == [*X]


def test_texts_that_are_passed_through_stay_texts(X: Any) -> None:
    original = make_column_transformer((FILLED, NUMBERS), remainder="passthrough").fit(X)
    ours, theirs = inert.loads(pickle.dumps(original)).transform(X), original.transform(X)
    pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(theirs), check_exact=True)


@pytest.mark.parametrize(
    "columns",
    [
        make_column_transformer((StandardScaler(), [0, 3]), (MinMaxScaler(), slice(1, 3)), remainder="passthrough"),
        make_column_transformer((StandardScaler(), [0, 3]), remainder=Normalizer()),
        make_column_transformer((StandardScaler(), [True, False, True, True, False]), remainder="drop"),
        make_column_transformer(("drop", [0])),
        FeatureUnion([("a", StandardScaler()), ("b", "passthrough"), ("c", "drop"), ("d", PCA(2))]),
        FeatureUnion([("b", "passthrough"), ("a", StandardScaler())], transformer_weights={"a": 2}),
        make_pipeline(StandardScaler(), "passthrough", PCA(3), None, MaxAbsScaler()),
        Pipeline([("a", StandardScaler()), ("b", "passthrough")]),
        Pipeline([("a", None), ("b", FunctionTransformer()), ("c", RobustScaler())]),
        make_pipeline(make_pipeline(StandardScaler()), make_pipeline(PolynomialFeatures(), PCA(2))),
    ],
)
def test_columns_of_numbers_are_transformed_as_by_the_original(
    columns: Any, numbers: Any, agree: Callable[..., Any], boundary_rows: Callable[..., Any], rng: np.random.Generator
) -> None:
    read = _agree(columns.fit(numbers), boundary_rows(numbers), agree)
    assert read.n_features_out == columns.transform(numbers).shape[1]
    if read.n_features_out:
        _agree(fitted(columns, numbers, rng), boundary_rows(numbers), agree)


def _agree(original: Any, X: Any, agree: Callable[..., Any]) -> Any:
    """Check as `agree` does, also where the first step is none, of which scikit-learn does not know the features."""
    if hasattr(original, "n_features_in_"):
        return agree(original, X)
    read = inert.loads(pickle.dumps(original))
    method = "predict" if hasattr(original, "predict") else "transform"
    np.testing.assert_allclose(getattr(read, method)(X), getattr(original, method)(X), rtol=1e-12)
    assert read.n_features_in_ == 5
    return read


def test_a_chain_of_transformers_has_the_methods_and_classes_of_its_last_step(numbers: Any) -> None:
    read = inert.loads(pickle.dumps(make_pipeline(StandardScaler(), LinearRegression()).fit(numbers, numbers[:, 0])))
    assert hasattr(read, "predict")
    assert not hasattr(read, "transform")
    assert not hasattr(read, "classes_")
    assert not hasattr(read, "n_features_out")


def test_many_rows_of_many_columns_are_answered_in_parts(
    X: Any, rng: np.random.Generator, agree: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "MOST_CELLS", 1000)
    original = fitted(BY_NAME[0], X, rng)
    read = agree(original, X)
    rows = X.astype({"age": object})
    rows.loc[200, "age"] = "old"
    with pytest.raises(RowsRefused, match=r"Column 0 .* row 200"):
        read.predict(rows)
    monkeypatch.setattr(read, "_last", _TwoOutputs())
    assert [one.shape for one in read.predict_proba(X)] == [(300, 3), (300, 3)]


class _TwoOutputs:
    def predict_proba(self, X: Any) -> Any:
        return [X[:, :3], X[:, 3:6]]


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        (make_column_transformer((ENCODER, TEXTS), remainder="passthrough"), 2),
        (make_column_transformer((OrdinalEncoder(), ["level", "flag"]), (StandardScaler(), ["fare", "age"])), 2),
        (make_column_transformer((make_pipeline(MinMaxScaler(), PCA(1)), ["age", "fare"])), 2),
        (make_column_transformer((make_union("passthrough", SimpleImputer()), NUMBERS)), 2),
        (make_column_transformer((make_pipeline(make_pipeline(MinMaxScaler()), "passthrough"), ["fare"])), 2),
        (make_column_transformer((make_pipeline(FunctionTransformer(np.log1p), PolynomialFeatures()), NUMBERS)), 2),
        (make_column_transformer((make_union(MissingIndicator(features="all"), PCA(1)), NUMBERS)), 2),
    ],
)
def test_a_refused_value_is_traced_to_its_column(columns: Any, column: int, X: Any, rng: np.random.Generator) -> None:
    complete = X.fillna({"fare": 0.5})
    complete["fare"] = complete["fare"].abs()
    read = inert.loads(pickle.dumps(fitted(columns, complete, rng)))
    complete.loc[[7, 9], "fare"] = np.nan
    with pytest.raises(RowsRefused) as refused:
        read.predict(complete)
    assert (refused.value.rows, refused.value.column, refused.value.rule) == ([7, 9], column, "finite")


def test_an_answer_of_many_columns_is_traced_to_the_outlier_among_them(numbers: Any) -> None:
    chain = make_pipeline(PolynomialFeatures(4), StandardScaler(), LinearRegression()).fit(numbers, numbers[:, 0])
    read = inert.loads(pickle.dumps(chain))
    numbers[5, 3] = -1e200
    with pytest.raises(RowsRefused) as refused, np.errstate(all="ignore"):
        read.predict(numbers)
    assert (refused.value.rows, refused.value.column) == ([5], 3)


def test_an_unknown_category_is_traced_to_its_column(X: Any, rng: np.random.Generator) -> None:
    read = inert.loads(
        pickle.dumps(fitted(make_column_transformer((OneHotEncoder(), ["kind", "flag", "level"])), X, rng))
    )
    X.loc[8, "level"] = 17
    with pytest.raises(RowsRefused, match="Column 6 of X must be one of 0, 1, 2, 3; it is not in row 8"):
        read.predict(X)


def test_columns_in_another_order_are_refused(X: Any, rng: np.random.Generator) -> None:
    read = inert.loads(pickle.dumps(fitted(BY_NAME[0], X, rng)))
    with pytest.raises(ValueError, match="columns"):
        read.predict(X[[*reversed([*X])]])
    with pytest.raises(ValueError, match="shape"):
        read.predict(X.to_numpy()[:, 1:])


TARGETS = [
    {"func": np.log1p, "inverse_func": np.expm1},
    {"func": np.sqrt, "inverse_func": np.square, "check_inverse": False},
    {},
    {"transformer": StandardScaler()},
    {"transformer": QuantileTransformer(n_quantiles=100, output_distribution="normal")},
    {"transformer": MinMaxScaler()},
]


@pytest.mark.parametrize("parameters", TARGETS, ids=repr)
@pytest.mark.parametrize("targets", [None, 1, 2])
def test_a_transformed_target_is_predicted_as_by_the_original(
    parameters: Any, targets: int | None, numbers: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    y = rng.random(200 if targets is None else (200, targets)) + 1
    original = TransformedTargetRegressor(make_pipeline(StandardScaler(), LinearRegression()), **parameters)
    agree(original.fit(numbers, y), rng.normal(size=(10_000, 5)))


def test_a_target_of_other_columns_is_refused(numbers: Any, rewritten: Callable[..., bytes]) -> None:
    original = TransformedTargetRegressor(transformer=StandardScaler()).fit(numbers, numbers[:, :2])
    read = inert.loads(rewritten(original, transformer_=StandardScaler().fit(numbers)))
    with pytest.raises(ValueError, match="targets"):
        read.predict(numbers)


COLUMNS = make_column_transformer((StandardScaler(), [0, 1]), (MinMaxScaler(), [2]))
SCALER = StandardScaler().fit(np.ones((3, 2)))


@pytest.mark.parametrize(
    ("original", "attributes", "error"),
    [
        (COLUMNS, {"_transformer_to_input_indices": {}}, DamagedPickle),
        (COLUMNS, {"_transformer_to_input_indices": {"standardscaler": [0, 5], "minmaxscaler": [2]}}, DamagedPickle),
        (COLUMNS, {"_transformer_to_input_indices": {"standardscaler": [0, -1], "minmaxscaler": [2]}}, DamagedPickle),
        (COLUMNS, {"_transformer_to_input_indices": {"standardscaler": [0, "1"], "minmaxscaler": [2]}}, DamagedPickle),
        (COLUMNS, {"_transformer_to_input_indices": {"standardscaler": [0], "minmaxscaler": [2]}}, DamagedPickle),
        (COLUMNS, {"_transformer_to_input_indices": [[0, 1], [2]]}, DamagedPickle),
        (COLUMNS, {"transformers_": [("standardscaler", "identity", [0, 1])]}, DamagedPickle),
        (COLUMNS, {"transformers_": [("standardscaler", SCALER)]}, DamagedPickle),
        (COLUMNS, {"transformers_": [("standardscaler", SCALER, 0)]}, UnsupportedEstimator),
        (COLUMNS, {"transformers_": [("standardscaler", SCALER, "a")]}, UnsupportedEstimator),
        (COLUMNS, {"transformers_": [(["a"], SCALER, [0, 1])]}, DamagedPickle),
        (COLUMNS, {"transformers": [("remainder", SCALER, [0, 1])]}, UnsupportedEstimator),
        (COLUMNS, {"transformers_": [("standardscaler", LinearRegression(), [0, 1])]}, DamagedPickle),
        (COLUMNS, {"transformer_weights": {"standardscaler": "1"}}, DamagedPickle),
        (make_union(StandardScaler()), {"transformer_list": []}, UnsupportedEstimator),
        (make_union(StandardScaler()), {"transformer_list": [("a", "drop")]}, UnsupportedEstimator),
        (make_union(StandardScaler(), "passthrough"), {"transformer_list": [("a",)]}, DamagedPickle),
        (make_union(Normalizer()), {"transformer_list": [("a", SCALER), ("b", COLUMNS)]}, DamagedPickle),
        (make_pipeline(StandardScaler()), {"steps": [("a", "passthrough")]}, UnsupportedEstimator),
        (make_pipeline(StandardScaler()), {"steps": [("a", SCALER), ("b", PCA(1).fit(np.eye(5)))]}, DamagedPickle),
        (make_pipeline(StandardScaler()), {"steps": [("a", "drop"), ("b", SCALER)]}, DamagedPickle),
        (make_pipeline(StandardScaler()), {"steps": 3}, DamagedPickle),
        (TransformedTargetRegressor(), {"regressor_": SCALER}, DamagedPickle),
        (TransformedTargetRegressor(), {"transformer_": SCALER}, DamagedPickle),
        (TransformedTargetRegressor(), {"transformer_": PCA(1).fit(np.eye(2)[:, :1])}, UnsupportedEstimator),
        (TransformedTargetRegressor(), {"_training_dim": 3}, DamagedPickle),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_state_that_cannot_be_is_refused(
    original: Any, attributes: Any, error: type[UnreadablePickle], numbers: Any, rewritten: Callable[..., bytes]
) -> None:
    COLUMNS.fit(numbers)
    with pytest.raises(error):
        inert.loads(rewritten(original.fit(numbers, numbers[:, 0]), **attributes))


def test_columns_that_an_older_release_passes_through_are_handed_on(
    numbers: Any, rewritten: Callable[..., bytes]
) -> None:
    columns = make_column_transformer(("passthrough", [3, 1])).fit(numbers)
    old = rewritten(columns, transformers_=[("passthrough", "passthrough", [3, 1])], _sklearn_version="1.5.2")
    read = inert.loads(old)
    np.testing.assert_array_equal(read.transform(numbers), numbers[:, [3, 1]])
    assert [read.source(column) for column in (0, 1, 2)] == [3, 1, None]


def test_a_step_that_does_not_transform_is_refused(numbers: Any, rewritten: Callable[..., bytes]) -> None:
    chain = make_pipeline(StandardScaler(), LinearRegression()).fit(numbers, numbers[:, 0])
    with pytest.raises(DamagedPickle, match="does not fit"):
        inert.loads(rewritten(chain, steps=[*reversed(chain.steps)]))


def test_a_transformer_of_unknown_width_is_refused(numbers: Any, rewritten: Callable[..., bytes]) -> None:
    union = make_union(StandardScaler()).fit(numbers)
    regressor = LinearRegression().fit(numbers, numbers[:, 0])
    with pytest.raises(UnsupportedEstimator, match="how wide"):
        inert.loads(rewritten(union, transformer_list=[("a", regressor)]))


def test_columns_asked_for_endlessly_are_refused(numbers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "MOST_COLUMNS", 4)
    with pytest.raises(UnsupportedEstimator, match="columns"):
        inert.loads(pickle.dumps(make_union(StandardScaler()).fit(numbers)))
    with pytest.raises(DamagedPickle, match="columns"):
        inert.loads(pickle.dumps(make_column_transformer(("passthrough", [0, 1, 2, 3, 4])).fit(numbers)))


def test_unions_of_unions_of_the_same_are_refused(numbers: Any) -> None:
    union = StandardScaler().fit(numbers)
    for _ in range(15):
        union = FeatureUnion([(str(number), union) for number in range(4)])
    with pytest.raises((DamagedPickle, UnsupportedEstimator)):
        inert.loads(pickle.dumps(union))

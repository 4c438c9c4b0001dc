"""The pipeline that most models are: numbers filled and scaled, categories encoded, then a predictor; by a frame."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LogisticRegression, LogisticRegressionCV, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler, TargetEncoder

from picklejar import inert
from tests.unit.inert.frames import NUMBERS, TEXTS, frame

TOLERANT = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
FILLED = make_pipeline(SimpleImputer(), StandardScaler())
COLUMNS = [
    ColumnTransformer([("num", FILLED, NUMBERS), ("cat", OneHotEncoder(handle_unknown="ignore"), TEXTS)]),
    make_column_transformer(
        (make_pipeline(FILLED, PolynomialFeatures(2)), NUMBERS),
        (TargetEncoder(cv=3), TEXTS),
    ),
    make_column_transformer(
        (FILLED, make_column_selector(dtype_include="number")),
        (OrdinalEncoder(**TOLERANT, encoded_missing_value=-2), make_column_selector(dtype_exclude="number")),
    ),
]
PREDICTORS = [
    LogisticRegression(max_iter=2000),
    HistGradientBoostingClassifier(max_iter=10),
    RandomForestClassifier(10, random_state=0),
    RandomForestRegressor(10, random_state=0),
    GradientBoostingClassifier(init="zero", n_estimators=5),
    Ridge(),
    make_pipeline(SelectFromModel(RandomForestClassifier(20, random_state=0)), LogisticRegression(max_iter=2000)),
    make_pipeline(SelectFromModel(LogisticRegression(C=0.1, l1_ratio=1.0, solver="liblinear")), Ridge()),
    make_pipeline(SelectFromModel(Lasso(0.01)), Ridge()),
    make_pipeline(SelectFromModel(GradientBoostingClassifier(init="zero", n_estimators=5, random_state=0)), Ridge()),
    RFE(LogisticRegression(max_iter=2000), n_features_to_select=4),
]


@pytest.fixture(name="X")
def table(rng: np.random.Generator) -> pd.DataFrame:
    return frame(rng)


@pytest.fixture(name="y")
def target(X: pd.DataFrame, rng: np.random.Generator) -> Any:
    return np.where(X["age"] / 90 + (X["city"] == "a") + X["flag"] + rng.random(300) > 1.8, "yes", "no")


@pytest.mark.parametrize("columns", COLUMNS, ids=["one-hot", "target", "ordinal"])
@pytest.mark.parametrize("predictor", PREDICTORS, ids=repr)
def test_a_pipeline_answers_as_the_original(
    columns: Any, predictor: Any, X: Any, y: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    last = predictor[-1] if isinstance(predictor, Pipeline) else predictor
    original = make_pipeline(columns, predictor).fit(X, y if hasattr(last, "predict_proba") else (y == "yes") * 1.0)
    rows = frame(rng, 10_000, "abcd")
    read = agree(original, rows)
    agree(original, rows[:1])
    objects = rows.to_numpy(dtype=object)
    np.testing.assert_array_equal(read.predict(objects), read.predict(rows))
    np.testing.assert_array_equal(getattr(read, "classes_", None), getattr(original, "classes_", None))


@pytest.mark.parametrize("cross", [False, True])
@pytest.mark.parametrize("release", ["1.7.0", "1.9.1"])
def test_the_coefficients_that_matter_are_those_of_the_release(
    cross: bool, release: str, rng: np.random.Generator, rewritten: Callable[..., bytes]
) -> None:
    X = rng.normal(size=(200, 5))
    kind: Any = LogisticRegressionCV if cross else LogisticRegression
    ratio = {"l1_ratios": (1.0,), "use_legacy_attributes": False, "scoring": "accuracy"} if cross else {"l1_ratio": 1.0}
    model = kind(**({"Cs": [0.1]} if cross else {"C": 0.1}), solver="saga", **ratio)
    original = SelectFromModel(model).fit(X, X[:, 0] + X[:, 1] / 2 > 0)
    read = inert.loads(rewritten(original, _sklearn_version=release))
    scores = np.abs(original.estimator_.coef_[0])
    expected = scores >= (1e-5 if release == "1.9.1" else scores.mean())
    np.testing.assert_array_equal(read.transform(X), X[:, expected])
    if release == "1.9.1":
        np.testing.assert_array_equal(original.transform(X), X[:, expected])


def test_the_same_is_read_of_every_protocol(X: Any, y: Any) -> None:
    original = make_pipeline(COLUMNS[0], LogisticRegression(max_iter=2000)).fit(X, y)
    expected = inert.loads(pickle.dumps(original)).predict_proba(X)
    for protocol in range(5):
        np.testing.assert_array_equal(inert.loads(pickle.dumps(original, protocol)).predict_proba(X), expected)

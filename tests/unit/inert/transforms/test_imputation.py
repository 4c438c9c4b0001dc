"""What is missing is filled and indicated as scikit-learn does."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.impute import MissingIndicator, SimpleImputer

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnreadablePickle, UnsupportedEstimator

pytestmark = pytest.mark.filterwarnings("ignore:Skipping features without any observed values")

STRATEGIES = ["mean", "median", "most_frequent", "constant"]
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"add_indicator": True},
    {"keep_empty_features": True, "add_indicator": True},
    {"missing_values": -1},
    {"missing_values": -1, "add_indicator": True},
]


@pytest.fixture(name="X")
def table(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.integers(0, 9, (200, 5)).astype(float)


def emptied(X: NDArray[Any], by: Any, rng: np.random.Generator) -> NDArray[Any]:
    """Return X with one full column, one empty one, and else values that are missing."""
    X = X.copy()
    where = rng.random(X.shape) < 0.2
    where[:, 0], where[:, 3] = False, True
    X[where] = by
    return X


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("parameters", PARAMETERS, ids=repr)
def test_an_imputer_of_numbers_answers_as_the_original(
    strategy: str, parameters: dict[str, Any], X: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    missing = parameters.get("missing_values", np.nan)
    imputer = SimpleImputer(strategy=strategy, **parameters).fit(emptied(X, missing, rng))
    rows = np.tile(X, (50, 1))
    rows[rng.random(rows.shape) < 0.3] = missing
    read = agree(imputer, rows, tolerance=0)
    assert read.n_features_out == imputer.transform(rows).shape[1]
    assert [read.source(column) for column in (0, 1, 2)] == [0, 1, 2]
    agree(imputer, rows.astype(object), tolerance=0)


@pytest.mark.parametrize("strategy", ["most_frequent", "constant"])
@pytest.mark.parametrize("missing", [np.nan, None, "", "?"])
@pytest.mark.parametrize("parameters", [{}, {"add_indicator": True}, {"keep_empty_features": True}], ids=repr)
def test_an_imputer_of_text_answers_as_the_original(
    strategy: str, missing: Any, parameters: dict[str, Any], agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.choice(["a", "b", "cc"], (200, 5)).astype(object)
    imputer = SimpleImputer(strategy=strategy, missing_values=missing, **parameters)
    imputer.fit(emptied(X, missing, rng))
    rows = np.tile(X, (20, 1))
    rows[rng.random(rows.shape) < 0.3] = missing
    read = inert.loads(pickle.dumps(imputer))
    assert read.transform(rows).tolist() == imputer.transform(rows).tolist()
    assert read.source(read.n_features_out - 1) == 4


def test_numbers_asked_of_an_imputer_of_text_stay_numbers(agree: Callable[..., Any]) -> None:
    X = np.array([["a", 1.0], ["b", np.nan], ["b", 1.0]], dtype=object)
    imputer = SimpleImputer(strategy="most_frequent").fit(X)
    rows = np.array([[1.0, np.nan]])
    assert inert.loads(pickle.dumps(imputer)).transform(rows).tolist() == imputer.transform(rows).tolist()


@pytest.mark.parametrize("parameters", [{}, {"features": "all"}, {"error_on_new": False}], ids=repr)
@pytest.mark.parametrize("missing", [np.nan, -1])
def test_an_indicator_answers_as_the_original(
    parameters: Any, missing: float, X: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    indicator = MissingIndicator(missing_values=missing, **parameters).fit(emptied(X, missing, rng))
    read = agree(indicator, emptied(X, missing, rng))
    assert read.source(0) == (0 if parameters.get("features") == "all" else 1)
    agree(indicator, emptied(X, missing, rng).astype(object))


def test_an_indicator_of_text_answers_as_the_original(agree: Callable[..., Any]) -> None:
    X = np.array([["a", None], [None, "b"]], dtype=object)
    read = agree(MissingIndicator(missing_values=None).fit(X), X)
    assert not read.transform(np.ones((2, 2))).any()


def test_a_value_missing_for_the_first_time_is_refused_where_scikit_learn_raises(X: Any) -> None:
    read = inert.loads(pickle.dumps(MissingIndicator().fit(np.where(np.eye(200, 5, -1) * [1, 1, 0, 1, 1], np.nan, X))))
    rows = X.copy()
    rows[[7, 9], 2] = np.nan
    with pytest.raises(RowsRefused) as refused:
        read.transform(rows)
    assert (refused.value.rows, refused.value.column) == ([7, 9], 2)


@pytest.mark.parametrize("missing", [-1, None, "?"])
def test_nan_is_refused_where_another_value_means_missing(missing: Any, X: Any) -> None:
    X = X if missing == -1 else X.astype(str).astype(object)
    imputer = SimpleImputer(missing_values=missing, strategy="most_frequent").fit(X)
    X[3, 1] = np.nan
    with pytest.raises(RowsRefused, match=r"Column 1 .* row 3"):
        inert.loads(pickle.dumps(imputer)).transform(X)
    with pytest.raises(ValueError, match="NaN"):
        imputer.transform(X)


@pytest.mark.parametrize(
    ("fitted", "attributes", "error"),
    [
        (SimpleImputer(), {"statistics_": np.zeros(4)}, DamagedPickle),
        (SimpleImputer(), {"statistics_": np.array(["a"] * 5, dtype=object)}, DamagedPickle),
        (SimpleImputer(), {"missing_values": None}, DamagedPickle),
        (SimpleImputer(), {"missing_values": (1, 2)}, UnsupportedEstimator),
        (SimpleImputer(), {"missing_values": 10**400}, DamagedPickle),
        (SimpleImputer(), {"_fit_dtype": "f8"}, DamagedPickle),
        (SimpleImputer(add_indicator=True), {"indicator_": None}, DamagedPickle),
        (SimpleImputer(add_indicator=True), {"indicator_": SimpleImputer().fit(np.ones((2, 5)))}, DamagedPickle),
        (
            SimpleImputer(add_indicator=True),
            {"indicator_": MissingIndicator().fit(np.array([[1.0, np.nan]]))},
            DamagedPickle,
        ),
        (SimpleImputer(strategy="constant", fill_value=1.0), {"fill_value": np.nan}, UnsupportedEstimator),
        (MissingIndicator(), {"features_": np.arange(6)}, DamagedPickle),
        (MissingIndicator(), {"features_": np.array([-1])}, DamagedPickle),
        (MissingIndicator(), {"features_": np.array([5])}, DamagedPickle),
        (MissingIndicator(), {"features": "some"}, UnsupportedEstimator),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    fitted: Any, attributes: Any, error: type[UnreadablePickle], X: Any, rewritten: Callable[..., bytes]
) -> None:
    with pytest.raises(error):
        inert.loads(rewritten(fitted.fit(X), **attributes))


def test_a_frame_s_text_is_filled_as_by_the_original() -> None:
    X = pd.DataFrame({"a": ["x", None, "x"], "b": pd.Categorical([None, "u", "u"]), "c": [1, 2, 2]})
    imputer = SimpleImputer(strategy="most_frequent").fit(X)
    assert inert.loads(pickle.dumps(imputer)).transform(X).tolist() == imputer.transform(X).tolist()


def test_what_was_fitted_on_float32_fills_with_float32(agree: Any, rng: np.random.Generator) -> None:
    X = rng.normal(size=(50, 3)) * [1, 1e3, 1e-3]
    X[rng.random(X.shape) < 0.2] = np.nan
    agree(SimpleImputer().fit(X.astype(np.float32)), X, tolerance=0)


def test_a_statistic_of_none_for_a_number_is_damage(rewritten: Any) -> None:
    fitted = SimpleImputer().fit([[1.0, 2.0], [3.0, np.nan]])
    with pytest.raises(DamagedPickle, match="text to stand for a missing number"):
        inert.loads(rewritten(fitted, statistics_=np.array([1.0, None], dtype=object)))


@pytest.mark.parametrize("fill", [None, 2.5, "missing"])
def test_a_strategy_of_constants_set_after_the_fit_is_refused(fill: Any) -> None:
    fitted = SimpleImputer(fill_value=fill).fit([[1.0, 2.0], [3.0, np.nan]]).set_params(strategy="constant")
    with pytest.raises(UnsupportedEstimator, match="other parameters than it was fitted with"):
        inert.loads(pickle.dumps(fitted))


@pytest.mark.parametrize("fill", [None, "u"])
def test_constants_are_filled_in_beside_a_column_that_is_always_missing(fill: Any) -> None:
    X = np.array([[None, "a"], [None, None]], dtype=object)
    imputer = SimpleImputer(missing_values=None, strategy="constant", fill_value=fill).fit(X)
    assert inert.loads(pickle.dumps(imputer)).transform(X).tolist() == imputer.transform(X).tolist()

"""Encoders answer as scikit-learn's, for text, numbers, truth values and what is missing."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnreadablePickle, UnsupportedEstimator

TOLERANT = {"handle_unknown": "use_encoded_value", "unknown_value": -7}
ONE_HOTS = [
    OneHotEncoder(handle_unknown="ignore"),
    OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32),
    OneHotEncoder(handle_unknown="ignore", drop="first"),
    OneHotEncoder(handle_unknown="ignore", drop="if_binary"),
    OneHotEncoder(handle_unknown="ignore", min_frequency=60),
    OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=3),
    OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=3, drop="first"),
    OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=1),
    OneHotEncoder(handle_unknown="warn", min_frequency=0.3),
]
ORDINALS = [
    OrdinalEncoder(**TOLERANT),
    OrdinalEncoder(**(TOLERANT | {"unknown_value": np.nan}), encoded_missing_value=-2),
    OrdinalEncoder(**TOLERANT, max_categories=2),
    OrdinalEncoder(**TOLERANT, min_frequency=60, encoded_missing_value=99),
    OrdinalEncoder(**TOLERANT, dtype=np.int32, encoded_missing_value=-1),
]
TARGETS = [TargetEncoder(), TargetEncoder(smooth=10.0)]


@pytest.mark.parametrize("dtype", [np.float32, "float32", np.float64, np.int64])
@pytest.mark.parametrize("encoder", [OneHotEncoder(sparse_output=False), OrdinalEncoder()], ids=["one hot", "ordinal"])
def test_the_steps_behind_codes_of_float32_are_as_exact_as_stated(encoder: Any, dtype: Any) -> None:
    X = np.array([[0.0], [1.0], [2.0], [0.0], [5.0]])
    chain = make_pipeline(encoder.set_params(dtype=dtype), StandardScaler()).fit(X)
    read = inert.loads(pickle.dumps(chain))
    theirs = chain.transform(X)
    assert read.tolerance == (1e-6 if theirs.dtype == np.float32 else 1e-12)
    assert np.abs(read.transform(X) - theirs).max() <= read.tolerance * np.abs(theirs).max()


def drawn(rng: np.random.Generator, unknown: bool, count: int = 300) -> NDArray[Any]:
    """Return texts, texts with None, texts with NaN, numbers with NaN, integers, truth values and a large alphabet."""
    columns: list[list[Any]] = [
        ["a", "bb", "", "ü"],
        ["x", "y", None],
        ["u", "v", "w", float("nan")],
        [0.5, -1.0, 2.0, float("nan")],
        [1, 2, 3, 10],
        [True, False],
        [f"c{number}" for number in range(40)],
    ]
    if unknown:
        columns = [[*column, "other", 7.25, "b"] for column in columns]
    X = np.empty((count, len(columns)), dtype=object)
    for at, column in enumerate(columns):
        X[:, at] = [column[place] for place in (len(column) * rng.random(count) ** 1.5).astype(int)]
    return X


@pytest.fixture(name="X")
def table(rng: np.random.Generator) -> NDArray[Any]:
    return drawn(rng, unknown=False)


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("encoder", ONE_HOTS + ORDINALS, ids=repr)
def test_an_encoder_of_objects_answers_as_the_original(
    encoder: Any, X: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    read = agree(encoder.fit(X), drawn(rng, unknown=True, count=10_000), tolerance=0)
    agree(encoder, X, tolerance=0)
    agree(encoder, X[:1], tolerance=0)
    assert read.n_features_out == read.transform(X).shape[1]
    assert (read.source(0), read.source(read.n_features_out - 1)) == (0, 6)


@pytest.mark.parametrize("y", ["binary", "continuous", "multiclass"])
@pytest.mark.parametrize("encoder", TARGETS, ids=repr)
def test_an_encoder_by_target_answers_as_the_original(
    encoder: Any, y: str, X: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    targets = {"binary": rng.random(300) < 0.5, "continuous": rng.random(300), "multiclass": rng.choice([*"pqr"], 300)}
    read = agree(encoder.fit(X, targets[y]), drawn(rng, unknown=True, count=10_000), tolerance=0)
    np.testing.assert_array_equal(getattr(read, "classes_", None), encoder.classes_)
    assert read.source(read.n_features_out - 1) == 6


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("kind", [float, int, bool])
@pytest.mark.parametrize("encoder", [*ONE_HOTS, *ORDINALS, *TARGETS], ids=repr)
def test_an_encoder_of_numbers_answers_as_the_original(
    encoder: Any, kind: type, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.integers(0, 2 if kind is bool else 5, (300, 3)).astype(kind)
    rows = rng.integers(-1, 7, (10_000, 3)).astype(float)
    rows[rng.random(rows.shape) < 0.1] += 0.5
    if kind is float:
        X[rng.random(X.shape) < 0.1] = np.nan
    rows[rng.random(rows.shape) < 0.1] = np.nan
    agree(encoder.fit(X, rng.random(300)), rows, tolerance=0)
    # scikit-learn takes a NaN of objects for any other, so that here the same holds.
    agree(encoder, rows.astype(object), tolerance=0)


def test_a_frame_of_every_kind_is_encoded_as_by_the_original(
    agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    def frame(letters: str) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "str": pd.Series(rng.choice([*letters, None], 200), dtype="str"),
                "object": pd.Series(rng.choice([*letters, None], 200), dtype=object),
                "category": pd.Categorical(rng.choice([*letters, None], 200)),
                "int": rng.integers(0, len(letters), 200),
                "bool": rng.random(200) < 0.5,
            }
        )

    for encoder in [OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder(**TOLERANT), TargetEncoder()]:
        X, rows = frame("abc"), frame("abcd")
        read = agree(encoder.fit(X, rng.random(200)), rows, tolerance=0)
        # The column of objects keeps its None, and that of texts its NaN.
        objects = rows.to_numpy(dtype=object)
        np.testing.assert_array_equal(read.transform(objects), read.transform(rows))


NAN = float("nan")
ENCODERS = [
    OneHotEncoder(handle_unknown="ignore"),
    OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=2),
    OneHotEncoder(),
    OrdinalEncoder(**TOLERANT),
    OrdinalEncoder(**TOLERANT, encoded_missing_value=-2),
    OrdinalEncoder(),
    TargetEncoder(),
]
FREQUENT = SimpleImputer(strategy="most_frequent")
OF_NAN = [FREQUENT, make_pipeline(FREQUENT, OneHotEncoder(handle_unknown="ignore"))]
OF_NONE = [
    SimpleImputer(missing_values=None, strategy="most_frequent"),
    make_pipeline(SimpleImputer(missing_values=None, strategy="most_frequent"), OrdinalEncoder(**TOLERANT)),
]


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize(
    ("estimator", "learned"),
    [
        *((estimator, learned) for estimator in ENCODERS for learned in ([NAN], [None], [None, NAN], [])),
        *((estimator, learned) for estimator in OF_NAN for learned in ([NAN], [])),
        *((estimator, learned) for estimator in OF_NONE for learned in ([None], [])),
    ],
    ids=repr,
)
@pytest.mark.parametrize("others", [["a", "b"], [1.0, 2.0]], ids=str)
def test_none_and_nan_are_told_apart_as_by_the_original(
    estimator: Any, learned: list[Any], others: list[Any], agree: Callable[..., Any]
) -> None:
    X = np.array([[value] for value in [*others, *learned] * 8], dtype=object)
    fitted = estimator.fit(X, np.arange(len(X)) % 5 * 1.0)
    read = inert.loads(pickle.dumps(fitted))
    for missing in (None, NAN, np.float32("nan"), pd.NA, pd.NaT):
        rows = np.array([[missing], [others[0]]], dtype=object)
        try:
            fitted.transform(rows)
        except (ValueError, TypeError):
            with pytest.raises((RowsRefused, ValueError, TypeError)):
                read.transform(rows)
        else:
            agree(fitted, rows, tolerance=0)


@pytest.mark.parametrize("values", [[10**30, 5], [2**60, 2**60 + 1, 3]])
def test_large_integers_are_told_apart(values: list[int], agree: Callable[..., Any]) -> None:
    X = np.array(values, dtype=object if max(values) > 2**63 else np.int64).reshape(-1, 1)
    fitted = OrdinalEncoder(**TOLERANT).fit(X)
    if max(values) > 2**63:
        with pytest.raises(DamagedPickle):
            inert.loads(pickle.dumps(fitted))
    else:
        agree(fitted, X.astype(object), tolerance=0)


def test_given_categories_stay_in_their_order(agree: Callable[..., Any]) -> None:
    X = np.array([["b", 3.0], ["a", 1.0], ["c", 2.0]], dtype=object)
    categories = [["c", "a", "b", "z"], [3.0, 1.0, 2.0]]
    for encoder in [OrdinalEncoder(categories=categories), OneHotEncoder(categories=categories)]:
        agree(encoder.fit(X), X, tolerance=0)
    numbers = OrdinalEncoder(categories=[[3.0, 1.0, 2.0]]).fit(X[:, 1:])
    read = agree(numbers, X[:, 1:], tolerance=0)
    # Which scikit-learn cannot say of such categories.
    assert read.transform(X[:, 1:].astype(float)).tolist() == [[0], [1], [2]]


def test_text_of_a_fixed_width_is_encoded(agree: Callable[..., Any]) -> None:
    X = np.array([["b"], ["aa"]])
    agree(OneHotEncoder(handle_unknown="ignore").fit(X), X)
    agree(OneHotEncoder(handle_unknown="ignore").fit(X), np.array([["aaa"], ["b"]], dtype=object))


@pytest.mark.parametrize("drop", [["b", 1], [np.nan, 2]])
def test_a_category_of_one_s_own_is_dropped(drop: list[Any], agree: Callable[..., Any]) -> None:
    X = np.array([["b", 1], ["a", 2], [float("nan"), 3]], dtype=object)
    agree(OneHotEncoder(drop=np.array(drop, dtype=object)).fit(X), X, tolerance=0)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=repr)
def test_an_unknown_category_is_refused_where_scikit_learn_raises(encoder: Any) -> None:
    X = np.array([["a", number] for number in range(25)], dtype=object)
    read = inert.loads(pickle.dumps(encoder.fit(X)))
    rows = X.copy()
    rows[[2, 4], 1] = "?"
    rows[3, 1] = None
    with pytest.raises(RowsRefused) as refused:
        read.transform(rows)
    assert (refused.value.rows, refused.value.column, refused.value.rule) == ([2, 3, 4], 1, "enum")
    assert refused.value.sentence.startswith("must be one of 0, 1, 2, ")
    assert refused.value.sentence.endswith(", 19 and 5 more")


@pytest.mark.parametrize(
    ("encoder", "attributes", "error"),
    [
        (OneHotEncoder(), {"categories_": []}, DamagedPickle),
        (OneHotEncoder(), {"categories_": [np.array([]), np.array([1.0])]}, DamagedPickle),
        (OneHotEncoder(), {"categories_": [np.array([[1]]), np.array([1])]}, DamagedPickle),
        (OneHotEncoder(), {"categories_": [None, np.array([1])]}, DamagedPickle),
        (OneHotEncoder(), {"handle_unknown": "guess"}, UnsupportedEstimator),
        (OneHotEncoder(), {"_drop_idx_after_grouping": np.array([4, None])}, DamagedPickle),
        (OneHotEncoder(), {"_drop_idx_after_grouping": np.array(["a", None])}, DamagedPickle),
        (OneHotEncoder(), {"_drop_idx_after_grouping": np.array([1])}, DamagedPickle),
        (OneHotEncoder(max_categories=2), {"_default_to_infrequent_mappings": [None]}, DamagedPickle),
        (OneHotEncoder(max_categories=2), {"_default_to_infrequent_mappings": [None, np.array([9, 9])]}, DamagedPickle),
        (
            OneHotEncoder(max_categories=2),
            {"_default_to_infrequent_mappings": [np.array([0, 1, 2, 9]), None]},
            DamagedPickle,
        ),
        (
            OneHotEncoder(max_categories=2),
            {"_default_to_infrequent_mappings": [np.array([0, 1, 2, -1]), None]},
            DamagedPickle,
        ),
        (OrdinalEncoder(), {"encoded_missing_value": "a"}, DamagedPickle),
        (OrdinalEncoder(**TOLERANT), {"unknown_value": None}, UnsupportedEstimator),
        (TargetEncoder(), {"target_type_": "many"}, UnsupportedEstimator),
        (TargetEncoder(), {"encodings_": [np.zeros(4)]}, DamagedPickle),
        (TargetEncoder(), {"encodings_": [np.zeros(4), np.zeros(5)]}, DamagedPickle),
        (TargetEncoder(), {"target_mean_": np.zeros(3)}, DamagedPickle),
        (TargetEncoder(), {"target_type_": "multiclass"}, DamagedPickle),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    encoder: Any, attributes: Any, error: type[UnreadablePickle], rewritten: Callable[..., bytes]
) -> None:
    X = np.array([["a", 1], ["b", 2], ["c", 3], ["d", 4]], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder.fit(X, [0.5, 1, 2, 3])
    with pytest.raises(error):
        inert.loads(rewritten(encoder, **attributes))


def test_one_category_that_is_dropped_leaves_no_column(agree: Any) -> None:
    X = np.array([["a", "x"], ["a", "x"]], dtype=object)
    read = agree(OneHotEncoder(drop="first", sparse_output=False).fit(X), X)
    assert read.transform(X).shape == (2, 0)

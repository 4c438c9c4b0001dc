"""Functions of numpy on columns answer as scikit-learn's."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import MissingIndicator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from picklejar import inert
from picklejar.errors import RowsRefused, UnreadablePickle, UnsafePickle, UnsupportedEstimator
from picklejar.inert.reading.allowlist import FUNCTIONS


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("validate", [True, False])
def test_a_function_answers_as_the_original(
    name: str, validate: bool, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    function = getattr(np, name.removeprefix("numpy."))
    original = FunctionTransformer(function, inverse_func=np.exp, validate=validate, check_inverse=False)
    X = rng.normal(size=(10_000, 3))
    read = agree(original.fit(X), X, tolerance=0)
    agree(original, X.astype(object) if validate else X)
    np.testing.assert_array_equal(read.inverse_transform(X), np.exp(X))
    assert read.source(1) == 1


def test_no_function_hands_everything_on(rng: np.random.Generator) -> None:
    X = np.array([["a", None], [1, np.nan]], dtype=object)
    read = inert.loads(pickle.dumps(FunctionTransformer().fit(X)))
    assert read.transform(X) is X
    assert read.inverse_transform(X) is X
    assert read.transform(np.array([[1, True]], dtype=object)).dtype == np.float64
    assert np.isinf(read.transform(np.array([[np.inf, 1.0]]))).any()


def test_objects_are_numbers_to_a_function() -> None:
    original = FunctionTransformer(np.log1p).fit([[1.0]])
    read = inert.loads(pickle.dumps(original))
    assert read.transform(np.array([[1], [None]], dtype=object))[0, 0] == np.log1p(1)
    for text in ("a", "1", "nan"):
        with pytest.raises(RowsRefused, match="a number"):
            read.transform(np.array([[text]], dtype=object))
    with pytest.raises(RowsRefused, match="finite"):
        inert.loads(pickle.dumps(original.set_params(validate=True).fit([[1.0]]))).transform(np.array([[np.inf]]))


def test_truth_values_are_computed_in_half_precision_as_numpy_does() -> None:
    frame = pd.DataFrame({"paid": [True, False], "age": [1, 0]})
    original = FunctionTransformer(np.log1p).fit(frame)
    read = inert.loads(pickle.dumps(original))
    np.testing.assert_array_equal(read.transform(frame.astype(object).to_numpy()), original.transform(frame))
    assert read.transform(frame.astype(float).to_numpy())[0, 0] != original.transform(frame).iloc[0, 0]
    with pytest.raises(RowsRefused, match="a number"):
        inert.loads(pickle.dumps(FunctionTransformer(np.negative).fit(frame))).transform(np.array([[1, True]], object))


@pytest.mark.parametrize("validate", [True, False])
def test_what_tells_the_missing_is_computed_as_truth_values(validate: bool, agree: Callable[..., Any]) -> None:
    X = np.array([[1, np.nan], [np.nan, 2], [3, 4]])
    for function in (np.sin, np.square):
        indicated = make_pipeline(MissingIndicator(), FunctionTransformer(function, validate=validate)).fit(X)
        agree(indicated, X, tolerance=0)


def test_an_answer_that_is_no_number_warns_nobody() -> None:
    read = inert.loads(pickle.dumps(FunctionTransformer(np.log).fit([[1.0]])))
    assert np.isneginf(read.transform(np.array([[0.0]])))


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        ({"func": np.logaddexp}, UnsafePickle),
        ({"func": print}, UnsafePickle),
        ({"func": float}, UnsupportedEstimator),
        ({"func": "log"}, UnsupportedEstimator),
        ({"inverse_func": np.float64}, UnsupportedEstimator),
        ({"kw_args": {"where": True}}, UnsupportedEstimator),
        ({"inv_kw_args": {"where": True}}, UnsupportedEstimator),
    ],
)
def test_other_functions_are_refused(
    attributes: Any, error: type[UnreadablePickle], rewritten: Callable[..., bytes]
) -> None:
    with pytest.raises(error):
        inert.loads(rewritten(FunctionTransformer(np.log).fit([[1.0]]), **attributes))

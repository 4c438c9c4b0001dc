"""Scalers answer as scikit-learn's, and back."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.preprocessing import (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnreadablePickle, UnsupportedEstimator

CLOSE_QUANTILES = np.arange(20)[:, None] % 7 * 5e-324


@pytest.mark.parametrize("scale", [1.0, 1e300])
@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_quantiles_are_those_of_the_original_at_any_distance(
    distribution: str, scale: float, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = CLOSE_QUANTILES * scale
    agree(QuantileTransformer(n_quantiles=20, output_distribution=distribution).fit(X), X)
    large = 4e9 * rng.integers(0, 5, (60, 1))
    agree(QuantileTransformer(n_quantiles=60, output_distribution=distribution).fit(large), large)


def test_powers_of_float32_are_those_of_the_original(agree: Callable[..., Any], rng: np.random.Generator) -> None:
    X = (rng.normal(size=(40, 2)) * 1e11).astype(np.float32)
    agree(PowerTransformer().fit(X), X.astype(np.float64), tolerance=1e-9)


EXACT = [
    StandardScaler(),
    StandardScaler(with_mean=False),
    StandardScaler(with_std=False),
    StandardScaler(with_mean=False, with_std=False),
    RobustScaler(),
    RobustScaler(with_centering=False, unit_variance=True),
    RobustScaler(with_scaling=False),
    MinMaxScaler(),
    MinMaxScaler(feature_range=(-2, 3.5), clip=True),
    MaxAbsScaler(),
    QuantileTransformer(n_quantiles=50),
    PowerTransformer(),
    PowerTransformer(standardize=False),
]
CLOSE = [QuantileTransformer(n_quantiles=50, output_distribution="normal")]
REFUSE_MISSING = [Normalizer(), Normalizer("l1"), Normalizer("max"), Binarizer(), Binarizer(threshold=-0.3)]


@pytest.fixture(name="X")
def table(rng: np.random.Generator) -> NDArray[np.float64]:
    X = rng.normal(size=(200, 4)) * [1, 10, 1e-3, 1]
    X[:, 3] = X[:, 3].round(1)
    return X


@pytest.mark.parametrize("scaler", EXACT + CLOSE + REFUSE_MISSING, ids=repr)
def test_a_scaler_answers_as_the_original(
    scaler: Any, X: Any, agree: Callable[..., Any], boundary_rows: Callable[..., Any], rng: np.random.Generator
) -> None:
    rows = boundary_rows(X)
    if scaler not in REFUSE_MISSING:
        rows[rng.random(rows.shape) < 0.1] = np.nan
    read = agree(scaler.fit(X), rows, tolerance=1e-13 if scaler in CLOSE else 0)
    assert read.n_features_out == 4
    assert read.source(2) == 2


@pytest.mark.parametrize("scaler", EXACT + CLOSE, ids=repr)
def test_a_scaler_goes_back_as_the_original(scaler: Any, X: Any, boundary_rows: Callable[..., Any]) -> None:
    rows = scaler.fit(X).transform(boundary_rows(X)) if scaler in CLOSE else scaler.fit_transform(X)
    ours = inert.loads(pickle.dumps(scaler)).inverse_transform(rows)
    np.testing.assert_allclose(ours, scaler.inverse_transform(rows), rtol=1e-12, atol=1e-13)


def test_equal_quantiles_are_met_in_their_middle(agree: Callable[..., Any], rng: np.random.Generator) -> None:
    X = rng.integers(0, 4, (300, 3)).astype(float)
    X[:, 2] = 1.0
    rows = rng.integers(-1, 6, (10_000, 3)) + rng.choice([0, 1e-8, -1e-8, 0.5], (10_000, 3))
    agree(QuantileTransformer(n_quantiles=100).fit(X), rows, tolerance=0)
    agree(QuantileTransformer(n_quantiles=100, output_distribution="normal").fit(X), rows, tolerance=1e-13)


@pytest.mark.parametrize("standardize", [True, False])
def test_box_cox_answers_as_the_original(
    standardize: bool, X: Any, agree: Callable[..., Any], boundary_rows: Callable[..., Any]
) -> None:
    X = np.exp(X / X.std(axis=0))
    scaler = PowerTransformer("box-cox", standardize=standardize).fit(X)
    rows = np.abs(boundary_rows(X)) + 1e-9
    read = agree(scaler, rows)
    np.testing.assert_allclose(read.inverse_transform(scaler.transform(X)), X, rtol=1e-9)


@pytest.mark.parametrize("method", ["box-cox", "yeo-johnson"])
@pytest.mark.parametrize("exponent", [0.0, 1e-17, 1.0, 2.0, -3.0, 300.0, -300.0])
def test_extreme_powers_answer_as_the_originals(
    method: str, exponent: float, X: Any, agree: Callable[..., Any]
) -> None:
    X = np.abs(X) + 0.01
    scaler = PowerTransformer(method, standardize=False).fit(X)
    scaler.lambdas_ = np.full(4, exponent)
    rows = np.vstack([X, 50 * X, X / 50])
    rows = rows if method == "box-cox" else np.vstack([rows, -rows])
    with np.errstate(all="ignore"):
        read = agree(scaler, rows, tolerance=0 if method == "yeo-johnson" else 1e-14)
        np.testing.assert_allclose(
            read.inverse_transform(rows), _inverse(scaler, rows), rtol=1e-12, atol=0, equal_nan=True
        )


@pytest.mark.filterwarnings("ignore:Some values in column")
def _inverse(scaler: Any, rows: Any) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scaler.inverse_transform(rows)


def test_box_cox_refuses_what_is_not_positive(X: Any) -> None:
    read = inert.loads(pickle.dumps(PowerTransformer("box-cox").fit(np.exp(X))))
    rows = np.exp(X)
    rows[[3, 5], 1] = 0, -1
    with pytest.raises(RowsRefused) as refused:
        read.transform(rows)
    assert (refused.value.rows, refused.value.column) == ([3, 5], 1)


@pytest.mark.parametrize(
    ("scaler", "attributes", "error"),
    [
        (StandardScaler(), {"mean_": np.zeros(3)}, DamagedPickle),
        (StandardScaler(), {"scale_": None}, DamagedPickle),
        (StandardScaler(), {"with_mean": 1}, DamagedPickle),
        (MinMaxScaler(), {"min_": np.zeros((4, 1))}, DamagedPickle),
        (MinMaxScaler(clip=True), {"feature_range": (0,)}, DamagedPickle),
        (MinMaxScaler(clip=True), {"feature_range": ("a", 1)}, DamagedPickle),
        (MaxAbsScaler(), {"scale_": np.zeros(0)}, DamagedPickle),
        (Normalizer(), {"norm": "l3"}, UnsupportedEstimator),
        (Binarizer(), {"threshold": "0"}, DamagedPickle),
        (PowerTransformer(), {"method": "log"}, UnsupportedEstimator),
        (PowerTransformer(), {"_scaler": Normalizer().fit(np.ones((2, 4)))}, DamagedPickle),
        (PowerTransformer(), {"_scaler": StandardScaler().fit(np.ones((2, 3)))}, DamagedPickle),
        (PowerTransformer(), {"lambdas_": np.ones(5)}, DamagedPickle),
        (QuantileTransformer(n_quantiles=9), {"quantiles_": np.zeros((9, 3))}, DamagedPickle),
        (QuantileTransformer(n_quantiles=9), {"quantiles_": -np.arange(36).reshape(9, 4)}, DamagedPickle),
        (QuantileTransformer(n_quantiles=9), {"quantiles_": np.zeros((0, 4))}, DamagedPickle),
        (QuantileTransformer(n_quantiles=9), {"references_": np.zeros(9)}, DamagedPickle),
        (QuantileTransformer(n_quantiles=1), {}, UnsupportedEstimator),
        (QuantileTransformer(n_quantiles=9), {"output_distribution": "cauchy"}, UnsupportedEstimator),
        (QuantileTransformer(n_quantiles=9), {"n_features_in_": -1}, DamagedPickle),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    scaler: Any, attributes: Any, error: type[UnreadablePickle], X: Any, rewritten: Callable[..., bytes]
) -> None:
    with pytest.raises(error):
        inert.loads(rewritten(scaler.fit(X), **attributes))

"""B-splines are those of scikit-learn, within the knots and beyond."""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Callable
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import BSpline
from sklearn.preprocessing import SplineTransformer

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnreadablePickle, UnsupportedEstimator

EXTRAPOLATIONS = ["constant", "linear", "continue", "periodic"]


@pytest.mark.parametrize(("extrapolation", "degree", "bias"), [*product(EXTRAPOLATIONS, [1, 2, 3, 5], [True, False])])
def test_splines_are_those_of_the_original(
    extrapolation: Any,
    degree: int,
    bias: bool,
    agree: Callable[..., Any],
    boundary_rows: Callable[..., Any],
    rng: np.random.Generator,
) -> None:
    X = rng.normal(size=(200, 3)).round(2)
    original = SplineTransformer(7, degree, extrapolation=extrapolation, include_bias=bias).fit(X)
    rows = boundary_rows(X)
    rows[:200] = rng.choice(original.bsplines_[0].t, (200, 3))
    rows[200:300] *= 100
    read = agree(original, rows, tolerance=1e-15)
    agree(original, rows[:1])
    assert read.n_features_out == original.n_features_out_
    assert read.source(read.n_features_out - 1) == 2


@pytest.mark.parametrize("extrapolation", ["continue", "error", "periodic"])
def test_a_missing_value_that_other_rows_decide_is_refused(extrapolation: Any, rng: np.random.Generator) -> None:
    X = rng.normal(size=(30, 3))
    splines = SplineTransformer(extrapolation=extrapolation, sparse_output=True, handle_missing="zeros").fit(X)
    read = inert.loads(pickle.dumps(splines))
    first, second = X[:4].copy(), X[:4].copy()
    first[2, 0] = second[2, 1] = np.nan
    assert (splines.transform(second).toarray()[2] != splines.transform(second[2:3]).toarray()[0]).any()
    with pytest.raises(RowsRefused) as refused:
        read.transform(second)
    assert (refused.value.rows, refused.value.column) == ([2], 1)
    np.testing.assert_allclose(read.transform(first), splines.transform(first).toarray(), atol=1e-12)


def test_sparse_splines_that_scikit_learn_never_answers_with_are_refused() -> None:
    splines = SplineTransformer(degree=0, extrapolation="periodic", sparse_output=True).fit(np.arange(9.0)[:, None])
    with pytest.raises(ValueError, match="shapes"):
        splines.transform(np.ones((1, 1)))
    with pytest.raises(UnsupportedEstimator, match="degree=0"):
        inert.loads(pickle.dumps(splines))


def test_sparse_splines_of_knots_too_near_to_divide_by_are_refused() -> None:
    splines = SplineTransformer(sparse_output=True).fit(np.arange(9.0)[:, None] * 1e-319)
    with pytest.raises(UnsupportedEstimator, match="knots so near"):
        inert.loads(pickle.dumps(splines))


def test_another_extrapolation_set_after_the_fit_is_refused_by_name() -> None:
    splines = SplineTransformer(extrapolation="periodic").fit(np.arange(9.0)[:, None])
    with pytest.raises(UnsupportedEstimator, match="other parameters"):
        inert.loads(pickle.dumps(splines.set_params(extrapolation="continue")))


@pytest.mark.parametrize(
    "parameters",
    [
        {"knots": "quantile"},
        {"n_knots": 90},
        {"n_knots": 90, "extrapolation": "periodic"},
        {"sparse_output": True},
        {"sparse_output": True, "extrapolation": "linear"},
        {"degree": 0, "extrapolation": "continue"},
        {"handle_missing": "zeros"},
        {"handle_missing": "zeros", "extrapolation": "periodic"},
        {"handle_missing": "zeros", "extrapolation": "error"},
        {"order": "F"},
    ],
    ids=repr,
)
def test_splines_of_other_parameters_are_those_of_the_original(
    parameters: Any, agree: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.normal(size=(200, 3))
    rows = X.copy() if parameters.get("extrapolation") == "error" else 1.5 * X
    if "handle_missing" in parameters:
        X[5, 0] = rows[7:9, 1] = np.nan
    agree(SplineTransformer(**parameters).fit(X), rows, tolerance=1e-15)


def test_a_column_without_a_period_has_the_splines_of_the_original(agree: Callable[..., Any]) -> None:
    X = np.array([[1.0], [np.nan], [1.0]])
    original = SplineTransformer(extrapolation="periodic", handle_missing="zeros")
    with np.errstate(all="ignore"):
        agree(original.fit(X), np.array([[1.0], [0.0], [2.0]]))


def test_values_beyond_the_knots_are_refused_where_scikit_learn_raises(rng: np.random.Generator) -> None:
    X = rng.random((50, 2))
    read = inert.loads(pickle.dumps(SplineTransformer(extrapolation="error").fit(X)))
    X[[3, 4], 1] = -1, 2
    with pytest.raises(RowsRefused) as refused:
        read.transform(X)
    assert (refused.value.rows, refused.value.column) == ([3, 4], 1)


def _spline(**changes: Any) -> list[Any]:
    spline = SplineTransformer(3, 2).fit(np.arange(4.0).reshape(4, 1)).bsplines_[0]
    parts = {"t": spline.t, "c": spline.c, "k": spline.k} | changes
    return [BSpline.construct_fast(parts["t"], parts["c"], parts["k"], extrapolate=False)]


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        ({"bsplines_": _spline(t=np.arange(7.0)[::-1])}, UnsupportedEstimator),
        ({"bsplines_": _spline(t=np.full(7, np.nan))}, DamagedPickle),
        ({"bsplines_": _spline(t=np.arange(8.0))}, DamagedPickle),
        ({"bsplines_": _spline(t=np.arange(3.0))}, DamagedPickle),
        ({"bsplines_": _spline(c=np.ones((4, 4)))}, DamagedPickle),
        ({"bsplines_": _spline(k=3)}, UnsupportedEstimator),
        ({"bsplines_": []}, DamagedPickle),
        ({"bsplines_": [3]}, DamagedPickle),
        ({"bsplines_": [SplineTransformer()]}, DamagedPickle),
        ({"degree": 1000}, DamagedPickle),
        ({"degree": 0}, UnsupportedEstimator),
        ({"degree": 0, "extrapolation": "continue"}, UnsupportedEstimator),
        ({"extrapolation": "continue"}, UnsupportedEstimator),
        ({"include_bias": False}, UnsupportedEstimator),
        ({"extrapolation": "wild"}, UnsupportedEstimator),
        ({"extrapolation": "periodic"}, UnsupportedEstimator),
        ({"handle_missing": "guess"}, UnsupportedEstimator),
    ],
)
def test_a_state_that_cannot_be_is_refused(
    attributes: Any, error: type[UnreadablePickle], rewritten: Callable[..., bytes]
) -> None:
    original = SplineTransformer(3, 2).fit(np.arange(4.0).reshape(4, 1))
    with pytest.raises(error):
        inert.loads(rewritten(original, **attributes))


def test_columns_of_different_numbers_of_splines_are_refused(rewritten: Callable[..., bytes]) -> None:
    one, other = (SplineTransformer(knots, 2).fit(np.arange(8.0).reshape(4, 2)) for knots in (3, 4))
    with pytest.raises(DamagedPickle, match="different numbers"):
        inert.loads(rewritten(one, bsplines_=[one.bsplines_[0], other.bsplines_[0]]))


def test_splines_of_older_releases_of_scipy_are_read(rewritten: Callable[..., bytes]) -> None:
    original = SplineTransformer(3, 2).fit(np.arange(4.0).reshape(4, 1))
    spline = original.bsplines_[0]
    state = {"t": spline.t, "c": spline.c, "k": spline.k, "extrapolate": False, "axis": 0}
    made = inert.loads(rewritten(original, bsplines_=[_OldSpline(state)]))
    X = np.linspace(-1, 4, 30).reshape(-1, 1)
    np.testing.assert_allclose(made.transform(X), original.transform(X), atol=1e-15)


class _OldSpline(SimpleNamespace):
    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__(state=state)

    def __reduce__(self) -> Any:
        return copyreg._reconstructor, (BSpline, object, None), self.state

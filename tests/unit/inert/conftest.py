"""What every family of inert estimators is held to: the answers of scikit-learn itself."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
import sklearn
from numpy.typing import NDArray

from picklejar import inert
from picklejar.inert.base.estimator import ALL_METHODS, METHODS, InertEstimator

ROWS = 10_000


@pytest.fixture
def agree() -> Callable[..., InertEstimator]:
    """Check that the inert estimator answers as the fitted original, by every method that the original has.

    Labels, and with `tolerance=0` all numbers, are equal; otherwise numbers differ by no more than the tolerance
    of the largest. Returns the inert estimator.
    """

    def check(fitted: Any, X: Any, *, tolerance: float = 1e-12, protocol: int = 5) -> InertEstimator:
        read = inert.loads(pickle.dumps(fitted, protocol))
        shared = [name for name in METHODS if hasattr(fitted, name)]
        assert [name for name in METHODS if hasattr(read, name)] == shared
        shared += [name for name in ALL_METHODS[len(METHODS) :] if hasattr(read, name)]
        for name in shared:
            _same(getattr(read, name)(X), getattr(fitted, name)(X), tolerance, name)
        assert read.n_features_in_ == fitted.n_features_in_
        return read

    return check


def _same(ours: Any, theirs: Any, tolerance: float, method: str) -> None:
    if isinstance(theirs, list):  # probabilities of several targets
        for of_one, expected in zip(ours, theirs, strict=True):
            _same(of_one, expected, tolerance, method)
        return
    theirs = theirs.toarray() if hasattr(theirs, "toarray") else np.asarray(theirs)
    assert ours.shape == theirs.shape, method
    if tolerance and theirs.dtype.kind == "f" and theirs.size:
        largest = np.abs(theirs[np.isfinite(theirs)]).max(initial=0)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * largest, err_msg=method)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=method)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(name="X")
def features(rng: np.random.Generator) -> Any:
    """Return rows of four numbers, of unlike sizes."""
    return rng.normal(size=(200, 4)) * [1, 10, 0.1, 1]


@pytest.fixture(name="y")
def targets(X: Any, rng: np.random.Generator) -> Any:
    """Return what `features` tell of, and noise."""
    return X @ [1, -0.2, 3, 0.5] + rng.normal(size=200)


@pytest.fixture
def boundary_rows(rng: np.random.Generator) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return rows around those of X: drawn anew, on X's own values, and one ulp to either side of them."""

    def rows(X: NDArray[np.float64], count: int = ROWS) -> NDArray[np.float64]:
        span = X.max(axis=0) - X.min(axis=0)
        drawn = X.min(axis=0) - 0.1 * span + 1.2 * span * rng.random((count, X.shape[1]))
        known = X[rng.integers(len(X), size=drawn.shape), np.arange(X.shape[1])]
        moved = [known, np.nextafter(known, -np.inf), np.nextafter(known, np.inf)]
        return np.choose(rng.integers(4, size=drawn.shape), [drawn, *moved])

    return rows


@pytest.fixture
def rewritten() -> Callable[..., bytes]:
    """Return the pickle of a fitted estimator with some of its attributes changed, as another release or a forger may.

    The release is the attribute `_sklearn_version`; a part's attribute is given as `part.attribute`.
    """

    def rewrite(fitted: Any, **attributes: Any) -> bytes:
        release = attributes.pop("_sklearn_version", sklearn.__version__)
        with mock.patch("sklearn.base.__version__", release):
            return pickle.dumps(changed(fitted, **attributes))

    return rewrite


def changed(fitted: Any, **attributes: Any) -> Any:
    """Return a copy of an estimator with some attributes changed, a part's by `part.attribute`."""
    made = copy.deepcopy(fitted)
    for path, value in attributes.items():
        *parts, name = path.split(".")
        setattr(functools.reduce(getattr, parts, made), name, value)
    return made

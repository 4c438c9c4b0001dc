"""A ridge regression by kernels is scikit-learn's."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.kernel_ridge import KernelRidge

from picklejar import inert
from picklejar.errors import DamagedPickle, UnsupportedEstimator

pytestmark = pytest.mark.filterwarnings("ignore:Singular matrix", "ignore:Ill-conditioned")

RIDGES = [
    {},
    {"kernel": "rbf"},
    {"kernel": "rbf", "gamma": 0.01, "alpha": 0.1},
    {"kernel": "poly", "degree": 2},
    {"kernel": "polynomial", "coef0": 2, "gamma": 0.1},
    {"kernel": "sigmoid", "gamma": 0.01},
    {"kernel": "laplacian"},
    {"kernel": "cosine"},
]


@pytest.mark.parametrize("parameters", RIDGES, ids=str)
def test_a_ridge_answers_as_the_original(
    parameters: dict[str, Any], agree: Any, boundary_rows: Any, X: Any, y: Any
) -> None:
    rows = boundary_rows(X, 2_000)
    agree(KernelRidge(**parameters).fit(X, y), rows, tolerance=1e-9)
    agree(KernelRidge(**parameters).fit(X, np.c_[y, y**2]), rows, tolerance=1e-9)


def test_what_it_cannot_repeat_is_refused_by_name(rewritten: Any, X: Any, y: Any) -> None:
    far = KernelRidge(kernel="rbf").fit(X + 1e5, y)
    with pytest.raises(UnsupportedEstimator, match="distances are rounding"):
        inert.loads(pickle.dumps(far))
    with pytest.raises(UnsupportedEstimator, match="chi2"):
        inert.loads(rewritten(KernelRidge().fit(X, y), kernel="chi2"))


def test_one_fitted_on_sparse_features_is_refused(X: Any, y: Any) -> None:
    with pytest.raises((DamagedPickle, UnsupportedEstimator)):
        inert.loads(pickle.dumps(KernelRidge().fit(csr_array(X), y)))


@pytest.mark.parametrize(
    "state",
    [
        {"X_fit_": np.ones((200, 3))},
        {"X_fit_": np.ones((0, 4)), "dual_coef_": np.ones(0)},
        {"dual_coef_": np.ones(3)},
        {"gamma": "auto"},
        {"degree": None},
    ],
    ids=str,
)
def test_sizes_that_contradict_one_another_are_refused(state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(KernelRidge().fit(X, y), **state))

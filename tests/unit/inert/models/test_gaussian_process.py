"""Gaussian processes answer as scikit-learn's, by the kernels that are read."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process import kernels as k

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator

pytestmark = pytest.mark.filterwarnings("ignore", category=ConvergenceWarning)

KERNELS = [
    None,
    k.RBF(),
    2.0 * k.RBF([1.0, 2.0, 3.0, 4.0]) + k.WhiteKernel(0.1),
    *(k.Matern(nu=nu) + k.WhiteKernel() for nu in (0.5, 1.5, 2.5, np.inf)),
    k.RationalQuadratic(),
    k.ExpSineSquared(periodicity=3.0) + k.WhiteKernel(90.0),
    (k.DotProduct() + k.WhiteKernel()) ** 1,
]


def regressor(kernel: Any = None, **parameters: Any) -> GaussianProcessRegressor:
    return GaussianProcessRegressor(kernel, **{"alpha": 0.1, "optimizer": None, **parameters})


def classifier(kernel: Any = None, **parameters: Any) -> GaussianProcessClassifier:
    return GaussianProcessClassifier(kernel, **{"optimizer": None, **parameters})


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_a_regressor_answers_as_the_original(kernel: Any, agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    rows = boundary_rows(X, 1_000)
    agree(regressor(kernel).fit(X, y), rows, tolerance=1e-9)
    agree(regressor(kernel, normalize_y=True).fit(X, np.c_[y, y**2]), rows, tolerance=1e-9)


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_a_classifier_answers_as_the_original(kernel: Any, agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    rows = boundary_rows(X, 500)
    for classes in (y > 0, np.array(["a", "b", "c"])[np.digitize(y, [-1, 1])]):
        fitted = classifier(kernel).fit(X[:80], classes[:80])
        clear = rows[np.abs(np.diff(np.sort(fitted.predict_proba(rows), axis=1)[:, -2:], axis=1))[:, 0] > 1e-7]
        agree(fitted, clear, tolerance=1e-8)


def test_hyperparameters_that_were_learned_are_read(agree: Any, X: Any, y: Any) -> None:
    kernel = 1.0 * k.RBF(np.ones(4)) + k.WhiteKernel()
    agree(GaussianProcessRegressor(kernel, normalize_y=True).fit(X, y), X, tolerance=1e-9)


def test_labels_that_only_rounding_tells_apart_are_refused() -> None:
    read = inert.loads(pickle.dumps(classifier().fit([[-1.0], [1.0]], ["no", "yes"])))
    with pytest.raises(RowsRefused) as refused:
        read.predict([[0.5], [0.0]])
    assert (refused.value.rows, refused.value.rule) == ([1], "tie")


@pytest.mark.parametrize(
    "fitted",
    [
        regressor(k.Matern(nu=0.7)),
        regressor(k.PairwiseKernel()),
        classifier(multi_class="one_vs_one"),
    ],
    ids=str,
)
def test_what_is_not_read_is_refused_by_name(fitted: Any, X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match=r"nu=0\.7|PairwiseKernel|one_vs_one"):
        inert.loads(pickle.dumps(fitted.fit(X[:40], np.digitize(y[:40], [-1, 1]))))


def test_a_kernel_that_holds_one_part_again_and_again_is_refused(rewritten: Any, X: Any, y: Any) -> None:
    shared: Any = k.RBF()
    for _ in range(25):
        shared = k.Sum(shared, shared)
    with pytest.raises(UnsupportedEstimator, match="more than 100 parts"):
        inert.loads(rewritten(regressor().fit(X, y), kernel_=shared))


@pytest.mark.parametrize(
    "state",
    [
        {"X_train_": np.ones((200, 3))},
        {"X_train_": np.ones((0, 4)), "alpha_": np.ones(0)},
        {"alpha_": np.ones(3)},
        {"_y_train_std": np.ones(2)},
        {"_y_train_mean": "low"},
        {"kernel_": np.ones(2)},
        {"kernel_": k.RBF([1.0, 2.0])},
        {"kernel_": k.RBF("far")},
        {"kernel_": k.Sum(k.RBF(), 1.0)},
    ],
    ids=" ".join,
)
def test_a_regressor_that_contradicts_itself_is_refused(state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(regressor().fit(X, y), **state))


@pytest.mark.parametrize(
    "state",
    [
        {"base_estimator_.L_": np.ones((3, 3))},
        {"base_estimator_.W_sr_": np.ones(3)},
        {"base_estimator_.pi_": np.ones(3)},
        {"base_estimator_.classes_": np.arange(3)},
        {"base_estimator_": regressor()},
        {"classes_": np.arange(2) + 7},
    ],
    ids=" ".join,
)
def test_a_classifier_that_contradicts_itself_is_refused(state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(classifier().fit(X, y > 0), **state))

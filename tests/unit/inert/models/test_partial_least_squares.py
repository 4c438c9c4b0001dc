"""A regression on latent components is scikit-learn's, by the coefficients of each release."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from picklejar import inert
from picklejar.errors import DamagedPickle


@pytest.mark.parametrize("parameters", [{}, {"n_components": 1}, {"scale": False, "n_components": 4}], ids=str)
def test_it_answers_as_the_original(parameters: dict[str, Any], agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    rows = boundary_rows(X, 2_000)
    for targets in (y, y[:, None], np.c_[y, X[:, 0]]):
        agree(PLSRegression(**parameters).fit(X, targets), rows)


def test_behind_others_it_answers_as_the_original(agree: Any, boundary_rows: Any, X: Any, y: Any) -> None:
    agree(make_pipeline(StandardScaler(), PLSRegression(2)).fit(X, y), boundary_rows(X, 500))


def test_each_release_has_coefficients_of_its_own_shape(rewritten: Any, X: Any, y: Any) -> None:
    fitted = PLSRegression().fit(X, y)
    expected = fitted.predict(X)
    scaled = fitted.coef_ * fitted._x_std
    states: list[dict[str, Any]] = [
        {"_sklearn_version": "1.4.2", "coef_": scaled},
        {"_sklearn_version": "1.2.2", "_coef_": scaled},
        {"_sklearn_version": "1.0.2", "coef_": scaled.T},
        {
            "_sklearn_version": "0.23.2",
            "coef_": scaled.T,
            "x_mean_": fitted._x_mean,
            "x_std_": fitted._x_std,
            "y_mean_": fitted._y_mean,
        },
    ]
    for state in states:
        y_of_release = inert.loads(rewritten(fitted, **state)).predict(X)
        assert y_of_release.ndim == 1 + (state["_sklearn_version"] < "1.3")
        np.testing.assert_allclose(y_of_release.reshape(-1), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "state",
    [
        {"coef_": np.ones((1, 3))},
        {"_x_mean": np.ones(3)},
        {"_x_std": np.ones(3)},
        {"x_rotations_": np.ones((3, 2))},
        {"intercept_": np.ones(2)},
        {"_predict_1d": 2},
    ],
    ids=str,
)
def test_sizes_that_contradict_one_another_are_refused(state: dict[str, Any], rewritten: Any, X: Any, y: Any) -> None:
    with pytest.raises(DamagedPickle):
        inert.loads(rewritten(PLSRegression().fit(X, y), **state))

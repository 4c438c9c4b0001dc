"""Linear models answer as scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

REGRESSORS = [LinearRegression(), LinearRegression(fit_intercept=False)]


@pytest.mark.parametrize("estimator", REGRESSORS, ids=repr)
def test_a_regressor_answers_as_the_original(
    estimator: Any, agree: Callable[..., Any], boundary_rows: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.normal(size=(200, 4))
    agree(estimator.fit(X, X @ [1, -2, 3, 0.5] + rng.normal(size=200)), boundary_rows(X))

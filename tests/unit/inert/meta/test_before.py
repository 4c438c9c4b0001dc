"""What earlier releases computed otherwise is computed as they did; tests/versions asks the releases themselves."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.preprocessing import PowerTransformer
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier

from picklejar import inert

FLOAT32_EPSILON = 2.0**-23
FLOAT64_EPSILON = 2.0**-52


@pytest.mark.parametrize(("release", "least"), [("1.7.2", FLOAT32_EPSILON), ("1.8.0", FLOAT64_EPSILON)])
def test_boosting_begins_with_a_probability_of_at_least_an_epsilon(release: str, least: float, rewritten: Any) -> None:
    boosting = GradientBoostingClassifier(init=DecisionTreeClassifier(), n_estimators=1, learning_rate=1e-300)
    fitted = boosting.fit([[0.0], [1.0]] * 3, [0, 1] * 3)
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    np.testing.assert_allclose(read.decision_function([[0.0]]), [math.log(least / (1 - least))], rtol=1e-12)


@pytest.mark.parametrize(("release", "shares"), [("1.6.1", [np.nan] * 3), ("1.7.2", [0.0] * 3)])
def test_a_row_that_no_class_claims_has_no_probabilities_until_release_1_6(
    release: str, shares: list[float], rewritten: Any
) -> None:
    fitted = OneVsRestClassifier(DecisionTreeClassifier()).fit([[0.0], [1.0], [2.0]], ["a", "b", "c"])
    for tree in fitted.estimators_:
        tree.tree_.value[:] = [1.0, 0.0]
    read = inert.loads(rewritten(fitted, _sklearn_version=release))
    np.testing.assert_array_equal(read.predict_proba([[1.0]]), [shares])


def test_a_regressor_votes_for_a_class_only_by_the_whole_number(rng: np.random.Generator) -> None:
    X = rng.normal(size=(60, 2))
    fitted = OneVsOneClassifier(LinearRegression()).fit(X, rng.integers(3, size=60))
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_allclose(read.decision_function(X), fitted.decision_function(X), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(read.predict(X), fitted.predict(X))


@pytest.mark.parametrize(
    ("estimator", "takers"),
    [
        (DecisionTreeClassifier(), ["1.5", "1.6", "1.8", "1.9"]),
        (DecisionTreeClassifier(splitter="random"), ["1.6", "1.8", "1.9"]),
        (DecisionTreeRegressor(criterion="absolute_error"), ["1.9"]),
        (DecisionTreeRegressor(monotonic_cst=[1]), ["1.9"]),
        (ExtraTreeClassifier(), ["1.6", "1.8", "1.9"]),
        (ExtraTreeClassifier(splitter="best"), ["1.5"]),
        (ExtraTreesClassifier(2), ["1.6", "1.8", "1.9"]),
        (RandomForestRegressor(2), ["1.5", "1.6", "1.8", "1.9"]),
    ],
    ids=repr,
)
def test_trees_take_missing_values_where_their_release_does(estimator: Any, takers: list[str], rewritten: Any) -> None:
    fitted = estimator.fit([[0.0], [1.0], [2.0]] * 3, [0, 1, 1] * 3)
    for release in ("1.5", "1.6", "1.8", "1.9"):
        assert inert.loads(rewritten(fitted, _sklearn_version=f"{release}.0")).takes_missing == (release in takers)


@pytest.mark.parametrize("exponent", [0.7, 1e-9, 0.0, 2.0, 2 + 1e-9, -3.0])
def test_yeo_johnson_is_by_plain_powers_until_release_1_8(exponent: float, rewritten: Any) -> None:
    fitted = PowerTransformer(standardize=False).fit([[1.0], [2.0], [4.0]])
    fitted.lambdas_ = np.array([exponent])
    x = np.array([-5.0, -1e-8, 0.0, 1e-8, 0.3, 7.0])
    answers = inert.loads(rewritten(fitted, _sklearn_version="1.8.0")).transform(x[:, None])[:, 0]
    np.testing.assert_array_equal(answers, _plain_powers(x, exponent))


def _plain_powers(x: NDArray[np.float64], exponent: float) -> list[float]:
    """The formula of `PowerTransformer._yeo_johnson_transform` in 1.8."""
    above, below = x >= 0, x < 0
    result = np.zeros_like(x)
    near_0 = abs(exponent) < np.spacing(1.0)
    result[above] = np.log1p(x[above]) if near_0 else (np.power(x[above] + 1, exponent) - 1) / exponent
    if abs(exponent - 2) > np.spacing(1.0):
        result[below] = -(np.power(-x[below] + 1, 2 - exponent) - 1) / (2 - exponent)
    else:
        result[below] = -np.log1p(-x[below])
    return result.tolist()

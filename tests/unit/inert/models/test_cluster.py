"""The nearest centers are scikit-learn's; where only rounding tells which is nearer, the row is refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestCentroid

from picklejar import inert
from picklejar.errors import RowsRefused, UnsupportedEstimator

# Of features that do not vary within a class.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
def test_centroids_answer_as_the_original_at_any_scale(
    metric: str, scale: float, agree: Callable[..., Any], X: Any, y: Any
) -> None:
    agree(NearestCentroid(metric=metric).fit(X * scale, np.digitize(y, [-1, 1])), X * scale, tolerance=1e-10)


def test_distances_too_small_to_square_are_still_compared(agree: Callable[..., Any]) -> None:
    X = np.array([[0.0], [1.0], [4.0], [5.0]]) * 1e-320
    agree(NearestCentroid(metric="manhattan").fit(X, [0, 0, 1, 1]), X)


def test_a_row_between_centroids_is_refused_and_the_others_answered(agree: Callable[..., Any]) -> None:
    fitted = NearestCentroid().fit([[0.0], [0.2], [0.25], [0.35]], [0, 0, 1, 1])
    read = inert.loads(pickle.dumps(fitted))
    for row in (0.2, np.nextafter(0.2, 1)):
        with pytest.raises(RowsRefused) as refused:
            read.predict([[0.0], [row], [1.0]])
        assert (refused.value.rows, refused.value.column, refused.value.rule) == ([1], None, "tie")
    agree(fitted, np.array([[0.0], [1.0], [0.1999], [0.2001]]), tolerance=1e-10)


def test_of_whole_numbers_the_first_of_equally_near_centroids_is_taken(agree: Callable[..., Any]) -> None:
    corners = [[-1, 0], [1, 0], [1, 2], [3, 2], [3, 0], [5, 0]]
    agree(NearestCentroid().fit(corners, [0, 0, 1, 1, 2, 2]), np.array([[1.0, 1.0], [3.0, 1.0], [2.0, 0.0]]))


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("priors", ["uniform", "empirical"])
def test_a_row_in_the_middle_has_the_label_of_the_original_or_none(
    metric: str, priors: str, rng: np.random.Generator
) -> None:
    refused = 0
    for _ in range(40):
        half = np.round(rng.normal(size=(6, 9)), 1)
        rows = np.round(rng.normal(size=(20, 9)), 1)
        X, y = np.concatenate([half, -half, half + 50, half + 60]), np.repeat([0, 1, 2, 2], 6)
        fitted = NearestCentroid(metric=metric, priors=priors).fit(X, y)
        read = inert.loads(pickle.dumps(fitted))
        for row in np.r_[rows, half * 0][:, None]:
            try:
                assert read.predict(row) == fitted.predict(row)
            except RowsRefused:
                refused += 1
    assert (refused > 0) == (metric == "euclidean")


def _with_a_tiny_deviation(X: Any, y: Any, **parameters: Any) -> NearestCentroid:
    fitted = NearestCentroid(**parameters).fit(X, y > 0)
    fitted.within_class_std_dev_[3] = 5e-324
    with pytest.raises(ValueError, match="infinity"):
        fitted.predict_proba(X)
    return fitted


def test_deviations_too_small_to_divide_by_leave_the_labels(X: Any, y: Any) -> None:
    fitted = _with_a_tiny_deviation(X, y)
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(read.predict(X), fitted.predict(X))
    assert not hasattr(read, "predict_proba")


def test_with_priors_too_small_deviations_leave_nothing(X: Any, y: Any) -> None:
    with pytest.raises(UnsupportedEstimator, match="too small to divide by"):
        inert.loads(pickle.dumps(_with_a_tiny_deviation(X, y, priors=[0.4, 0.6])))


def test_clusters_of_float32_have_the_labels_of_float32(X: Any) -> None:
    given = X.astype(np.float32)
    fitted = KMeans(5, n_init=1, random_state=0).fit(given)
    read = inert.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(read.predict(given), fitted.predict(given))
    np.testing.assert_allclose(read.transform(given), fitted.transform(given), rtol=1e-6)


def test_a_row_between_clusters_is_refused() -> None:
    fitted = KMeans(2, n_init=1, init=[[0.1], [0.7]], random_state=0).fit([[0.1], [0.7]])
    with pytest.raises(RowsRefused, match="only rounding tells which is nearer"):
        inert.loads(pickle.dumps(fitted)).predict([[0.4]])

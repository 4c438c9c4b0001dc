"""Equally near rows come in the order that scikit-learn's sorts give them, however many they are."""

from __future__ import annotations

import pickle
from unittest import mock

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neighbors._kd_tree import simultaneous_sort

from picklejar import inert
from picklejar.inert.models import neighbor_trees

# What scikit-learn 1.8.0 and 1.5.2 make of these.
QUICKSORTED = [
    ("11111111", [7, 0, 1, 2, 3, 5, 6, 4]),
    ("101010101010", [9, 11, 1, 5, 7, 3, 0, 6, 4, 2, 10, 8]),
    ("0112011201120112", [8, 0, 4, 12, 1, 2, 5, 14, 6, 10, 13, 9, 7, 15, 11, 3]),
    ("11220022002102011100", [18, 19, 4, 5, 8, 12, 14, 9, 0, 17, 1, 15, 16, 11, 3, 6, 10, 13, 7, 2]),
]


@pytest.mark.parametrize(("digits", "order"), QUICKSORTED, ids=[digits for digits, _ in QUICKSORTED])
def test_equals_are_in_the_order_of_quicksort(digits: str, order: list[int]) -> None:
    values, places = [float(digit) for digit in digits], [*range(len(digits))]
    neighbor_trees._quicksort(values, places, 0, len(values))
    assert values == sorted(values)
    assert places == order


def test_a_thousand_equals_are_sorted_as_by_a_release_with_quicksort(rng: np.random.Generator) -> None:
    X = rng.integers(0, 2, (4_000, 2)).astype(float)
    regressor = KNeighborsRegressor(1_100, algorithm="kd_tree").fit(X, rng.normal(size=len(X)))
    with mock.patch("sklearn.base.__version__", "1.8.0"):
        read = inert.loads(pickle.dumps(regressor))
    # Which of equals are near does not depend on the sort, and their mean only in its last digits.
    np.testing.assert_allclose(read.predict(X[:2]), regressor.predict(X[:2]), atol=1e-12)


def _killer(size: int) -> list[float]:
    """Return numbers of which the median of three is always the second least: introsort gives up on them."""
    half = size // 2
    numbers = [0.0] * size
    for place in range(half):
        numbers[place] = place + 1.0 if place % 2 == 0 else half + place + 1.0 * (half % 2 == 0)
        numbers[half + place] = 2.0 * (place + 1)
    return numbers


def _introsorted(values: list[float]) -> list[int]:
    distances, places = np.array([values]), np.arange(len(values))[None].copy()
    simultaneous_sort(distances, places)
    order: list[int] = places[0].tolist()
    return order


def test_equals_are_in_the_order_of_introsort_and_of_the_heapsort_it_ends_with(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    heaps = []
    heapsort = neighbor_trees._heapsort
    monkeypatch.setattr(neighbor_trees, "_heapsort", lambda *given: heaps.append(given) or heapsort(*given))
    drawn = [rng.integers(0, kinds, size).astype(float).tolist() for kinds in (1, 2, 9) for size in (1, 2, 15, 16, 300)]
    for values in [*drawn, np.repeat(_killer(200), 2).tolist()]:
        order = _introsorted(values)
        places = [*range(len(values))]
        neighbor_trees._introsort(values, places, 0, len(values))
        assert places == order
    assert heaps

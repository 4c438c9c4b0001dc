"""Opening a file takes memory in proportion to its size, whatever it names how often."""

from __future__ import annotations

import contextlib
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import BSpline
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import BaggingRegressor, GradientBoostingRegressor, RandomForestRegressor, StackingRegressor
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import MissingIndicator
from sklearn.linear_model import Ridge
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer
from sklearn.tree import DecisionTreeRegressor

from picklejar import inert
from picklejar.errors import DamagedPickle
from tests.fuzz.growth import MOST_BESIDE, MOST_PER_BYTE, files, import_readers, opened

FILES = 250


@pytest.mark.filterwarnings("ignore")
def test_drawn_files_are_opened_within_the_stated_memory() -> None:
    import_readers()
    read = 0
    for _, data in zip(range(FILES), files(seed=1), strict=False):
        found = opened(data)
        assert found.peak <= MOST_PER_BYTE * found.size + MOST_BESIDE
        read += found.was_read
    assert FILES // 4 < read < FILES


def _splines() -> Any:
    splines = SplineTransformer().fit(np.arange(20.0).reshape(20, 1))
    splines.bsplines_ = [BSpline.construct_fast(np.arange(8_000, dtype="u2"), np.zeros((3, 3)), 3, extrapolate=False)]
    return splines


def _encoder() -> Any:
    encoder = OrdinalEncoder().fit(np.zeros((2, 15)))
    encoder.categories_ = [np.arange(60_000, dtype="u2")] * 15
    return encoder


def _stacking() -> Any:
    X, y = np.arange(8.0).reshape(4, 2), np.arange(4.0)
    stacking = StackingRegressor([("a", Ridge())], cv=2).fit(X, y)
    stacking.estimators_ = [DummyRegressor().fit(X, np.zeros((4, 2_000)))] * 990
    stacking.stack_method_ = ["predict"] * 990
    return stacking


def _lies(fitted: Any, count: int) -> Any:
    holder = fitted.estimator_ if isinstance(fitted, SelectFromModel) else fitted
    holder.n_features_in_ = count
    return fitted


def _selection(model: Any) -> Any:
    return SelectFromModel(model).fit(np.arange(8.0).reshape(4, 2), np.arange(4))


def _selection_by_many() -> Any:
    selection = _selection(RandomForestRegressor(1))
    selection.estimator_.estimators_ *= 60
    return selection


LIARS: dict[str, Callable[[], Any]] = {
    "MissingIndicator": lambda: MissingIndicator().fit([[1.0, np.nan], [2.0, 3.0]]),
    "MissingIndicator of all": lambda: MissingIndicator(features="all").fit([[1.0, np.nan], [2.0, 3.0]]),
    "BaggingRegressor": lambda: BaggingRegressor(n_estimators=1).fit([[1.0], [2.0]], [1.0, 2.0]),
    "SelectFromModel of a tree": lambda: _selection(DecisionTreeRegressor(max_depth=1)),
    "SelectFromModel of a forest": _selection_by_many,
    "SelectFromModel of boosting": lambda: _selection(GradientBoostingRegressor(n_estimators=3, max_depth=1)),
}


@pytest.mark.parametrize("features", [50_000, 262_000, 1_000_000])
@pytest.mark.parametrize("make", LIARS.values(), ids=LIARS)
def test_a_number_of_features_that_nothing_bears_out_takes_no_memory(make: Any, features: int) -> None:
    data = pickle.dumps(_lies(make(), features))
    import_readers()
    assert opened(data).peak <= MOST_PER_BYTE * len(data) + MOST_BESIDE


@pytest.mark.parametrize("make", [_splines, _encoder, _stacking], ids=lambda make: make.__name__)
def test_a_small_file_that_would_fill_the_memory_is_refused(make: Any) -> None:
    data = pickle.dumps(make())
    with pytest.raises(DamagedPickle):
        inert.loads(data)
    assert opened(data).peak <= MOST_PER_BYTE * len(data) + MOST_BESIDE


def test_many_columns_of_small_categories_are_read() -> None:
    """Pixels: nothing is larger in memory for its bytes, and honest."""
    X = np.arange(256, dtype="u1")[:, None].repeat(784, axis=1)
    encoder = OneHotEncoder(sparse_output=False).fit(X)
    np.testing.assert_array_equal(inert.loads(pickle.dumps(encoder)).transform(X[:3]), encoder.transform(X[:3]))


def test_many_columns_of_one_category_are_charged_as_what_they_become() -> None:
    encoder = OrdinalEncoder().fit(np.zeros((2, 1)))
    for columns in (500, 3_000, 20_000):
        encoder.categories_, encoder.n_features_in_ = [encoder.categories_[0]] * columns, columns
        data = pickle.dumps(encoder, 2)
        tracemalloc.start()
        with contextlib.suppress(DamagedPickle):
            inert.loads(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= 80 * len(data) + 2 * 2**20

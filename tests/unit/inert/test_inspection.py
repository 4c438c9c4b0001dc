"""What scikit-learn would crash on is found before it is run, whatever else is in the file."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.cross_decomposition import CCA
from sklearn.ensemble import (
    AdaBoostRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import Bunch

from picklejar import live
from picklejar.errors import BundleDamaged, DamagedPickle
from picklejar.inert.inspection import check_trees

FORESTS = [
    DecisionTreeRegressor(random_state=0),
    RandomForestRegressor(5, random_state=0),
    RandomForestClassifier(5, random_state=0),
    GradientBoostingRegressor(n_estimators=5),
    GradientBoostingRegressor(n_estimators=5, init=CCA(1)),
    HistGradientBoostingRegressor(max_iter=5),
    AdaBoostRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=5, random_state=0),
    IsolationForest(n_estimators=5, random_state=0),
]


class Unknown:
    """No estimator that Picklejar reads."""

    def __init__(self, part: Any) -> None:
        self.part = part


class Several(list[Any]):
    """A list with attributes, which no record can stand for."""


@pytest.fixture
def data() -> Any:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    return X, (X @ [1, 2, 3] > 0).astype(int)


def _forge(tree: Any, field: str, value: Any) -> None:
    state = tree.__getstate__()
    state["nodes"][field][0] = value
    tree.__setstate__(state)


@pytest.mark.parametrize("estimator", FORESTS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("protocol", range(6))
def test_fitted_trees_pass(estimator: Any, data: Any, protocol: int) -> None:
    assert check_trees(pickle.dumps(Unknown([estimator.fit(*data)]), protocol))


@pytest.mark.parametrize(
    ("field", "value"), [("left_child", 10**9), ("left_child", 0), ("right_child", -5), ("feature", 3), ("feature", -1)]
)
def test_a_forged_tree_is_found_wherever_it_is(data: Any, field: str, value: int) -> None:
    for made in (
        DecisionTreeRegressor(random_state=0).fit(*data),
        RandomForestRegressor(5, random_state=0).fit(*data),
        AdaBoostRegressor(n_estimators=5, random_state=0).fit(*data),
    ):
        tree = made if isinstance(made, DecisionTreeRegressor) else made.estimators_[-1]
        _forge(tree.tree_, field, value)
        for file in (made, Unknown({"step": (1, made)}), Bunch(tree=tree.tree_)):
            with pytest.raises(DamagedPickle):
                check_trees(pickle.dumps(file))


def test_a_forged_boosting_is_found(data: Any) -> None:
    made = HistGradientBoostingRegressor(max_iter=5).fit(*data)
    made._predictors[0][0].nodes["feature_idx"][0] = 1_000
    with pytest.raises(DamagedPickle, match="feature that the estimator does not have"):
        check_trees(pickle.dumps(Unknown(made)))


def test_a_tree_of_more_features_than_its_forest_is_found(data: Any) -> None:
    X, y = data
    made = RandomForestRegressor(5, random_state=0).fit(X, y)
    wide = DecisionTreeRegressor(random_state=0).fit(np.c_[np.zeros((200, 9)), X], y)
    made.estimators_[0] = wide
    with pytest.raises(DamagedPickle, match="feature that the estimator does not have"):
        check_trees(pickle.dumps(Unknown(made)))


def test_a_tree_that_was_made_of_no_numbers_is_found(data: Any) -> None:
    tree = DecisionTreeRegressor(random_state=0).fit(*data).tree_
    file = pickle.dumps(tree, 0)
    (features,) = tree.__reduce__()[1][:1]
    forged = file.replace(f"(I{features}\n".encode(), b"(N", 1)
    assert forged != file
    with pytest.raises(DamagedPickle, match="made of other than numbers"):
        check_trees(forged)


def test_trees_of_parameters_that_are_not_read_are_checked_by_themselves(data: Any) -> None:
    made = RandomForestRegressor(5, random_state=0).fit(*data)
    made._sklearn_version = "0.1"
    for tree in made.estimators_:
        tree.__dict__["_sklearn_version"] = "0.1"
    file = pickle.dumps(made).replace(b"_sklearn_version", b"_sklearn_vorsion")
    assert check_trees(file)
    _forge(made.estimators_[2].tree_, "feature", 7)
    with pytest.raises(DamagedPickle):
        check_trees(pickle.dumps(made).replace(b"_sklearn_version", b"_sklearn_vorsion"))


def test_what_has_no_trees_passes(data: Any) -> None:
    assert check_trees(pickle.dumps(LinearRegression().fit(*data)))
    assert check_trees(pickle.dumps([{"a": {1, 2}}, frozenset([b"", 1.5])]))


def test_a_file_that_cannot_be_looked_into_is_not_checked(data: Any) -> None:
    several = Several([RandomForestRegressor(5).fit(*data)])
    assert not check_trees(pickle.dumps(several))
    assert not check_trees(b"no pickle")


def test_a_live_model_with_a_forged_tree_is_never_run(data: Any) -> None:
    made = DecisionTreeRegressor(random_state=0).fit(*data)
    _forge(made.tree_, "left_child", 10**9)
    with pytest.raises(BundleDamaged, match=r"child that is not in it\. Train and publish the model again"):
        live.loads(pickle.dumps(Unknown(made)), live.packages())

"""However the text of a LightGBM model is forged: it is refused, or an estimator that answers, within its bounds."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from picklejar import inert
from picklejar.errors import DamagedPickle, UnreadablePickle, UnsupportedEstimator
from picklejar.inert.base.estimator import InertEstimator
from tests.fuzz.growth import MOST_BESIDE, MOST_PER_BYTE
from tests.unit.inert.boosters.lightgbm_texts import Split, booster, classifier, drawn, model, regressor
from training.adopt.tree import node
from training.adopt.write_pickle import write_pickle

# One split by a number above one by categories.
TREE = Split(0, Split(1, 1.0, 2.0, categories=frozenset({1, 40})), 3.0, threshold=0.5)
TEXT = model([TREE, TREE])
ROWS = np.array([[0.0, 1.0, 0.0], [1.0, 40.0, np.nan], [np.nan, -1.0, 1e300]])

FORGED = {
    "left_child=1 -2": ["left_child=0 -2", "left_child=5 -2", "left_child=-9 -2", "left_child=1 1", "left_child=-2 0",
                        "left_child=9223372036854775807 -2", "left_child=-9223372036854775808 -2",
                        "left_child=99999999999999999999 -2", "left_child=1", "left_child=1 -2 -2", "left_child=1 x",
                        "left_child=", "left_child=1.5 -2", "left_child=-1 -1", "left_child"],
    "right_child=-1 -3": ["right_child=1 -3", "right_child=-3 -3", "right_child=-1 -1", "right_child=-1 -4"],
    "num_leaves=3": ["num_leaves=2", "num_leaves=4", "num_leaves=0", "num_leaves=-3", "num_leaves=2147483647",
                     "num_leaves=9999999999999999999999", "num_leaves=", "num_leaves=3e0", "num_leaves=\u0663",
                   "num_leaf=3"],
    "num_cat=1": ["num_cat=0", "num_cat=2", "num_cat=2147483647", "num_cat=-1"],
    "split_feature=0 1": ["split_feature=0 3", "split_feature=-1 1", "split_feature=0 4294967297"],
    "threshold=0.5 0": ["threshold=0.5 1", "threshold=0.5 -1", "threshold=0.5 0.5", "threshold=0.5 nan",
                        "threshold=nan 0", "threshold=0.5 1e300", "threshold=0.5 inf", "threshold=0,5 0"],
    "decision_type=0 1": ["decision_type=0 16", "decision_type=-1 1", "decision_type=12 1", "decision_type=1 1",
                          "decision_type=0 257"],
    "cat_boundaries=0 2": ["cat_boundaries=0 3", "cat_boundaries=1 2", "cat_boundaries=0 -2", "cat_boundaries=2 0",
                           "cat_boundaries=0 9223372036854775807", "cat_boundaries=0", "cat_boundaries=0 1 2"],
    "cat_threshold=2 256": ["cat_threshold=2 4294967296", "cat_threshold=-1 256", "cat_threshold=2",
                            "cat_threshold=2 256 0"],
    "leaf_value=3 1 2": ["leaf_value=1 2", "leaf_value=1 2 nan", "leaf_value=1 2 3 4", "leaf_value=1 2 1e999"],
    "max_feature_idx=2": ["max_feature_idx=1", "max_feature_idx=2147483646", "max_feature_idx=-1",
                          "max_feature_idx=3", "max_feature_idx="],
    "num_tree_per_iteration=1": ["num_tree_per_iteration=0", "num_tree_per_iteration=3",
                                 "num_tree_per_iteration=2147483647"],
    "feature_names=Column_0 Column_1 Column_2": ["feature_names=a b", "feature_names=", "feature_names=a b c d"],
    "feature_infos=[0:1] [0:1] [0:1]": ["feature_infos=none", "feature_infos"],
    "objective=regression": ["objective=binary", "objective=binary sigmoid:0", "objective=binary sigmoid:nan",
                             "objective=multiclass num_class:3", "objective=\u202e" + "x" * 2_000],
    "version=v4": ["version=v5", "version=", "version=\x00", "version=v4\nversion=v4"],
    "end of trees": ["", "end of tree"],
    "Tree=0": ["", "Tree 0", "Tree=0\nTree=1", "Tree=1"],
    "Tree=1": ["", "Tree=2", "Tree=0"],
    "label_index=0": ["tree_sizes=100", "tree_sizes=100 100 100"],
    "tree\n": ["trees\n", "\n", ""],
    "is_linear=0": ["is_linear=1", "is_linear=x"],
    "[categorical_feature: ]": ["[categorical_feature: 7]"],
}  # fmt: skip


@pytest.mark.parametrize(("line", "forged"), [(line, each) for line, some in FORGED.items() for each in some])
def test_a_forged_line_is_refused(line: str, forged: str, attempt: Callable[..., Any]) -> None:
    assert TEXT.count(line) >= 1
    result = attempt(regressor(TEXT.replace(line, forged, 1)))
    assert isinstance(result, DamagedPickle | UnsupportedEstimator)


def test_the_text_that_is_forged_is_read(attempt: Callable[..., Any]) -> None:
    read = attempt(regressor(TEXT))
    assert read.predict(ROWS).tolist() == [2.0, 6.0, 4.0]


@pytest.mark.parametrize(
    "text", [None, 3, b"tree", ["tree"], "", "tree", "tree\n", "\n" * 10_000, "tree\n" + "=" * 10_000]
)
def test_a_handle_is_a_text(text: Any, attempt: Callable[..., Any]) -> None:
    assert isinstance(attempt(regressor(text)), DamagedPickle)


FORGED_STATES = {
    "a best iteration beyond all": {"best_iteration": 2**70},
    "a best iteration of text": {"best_iteration": "1"},
    "no list of categories": {"pandas_categorical": "ab"},
    "no lists of categories": {"pandas_categorical": ["ab"]},
    "categories twice": {"pandas_categorical": [["a", "a"]]},
    "lists of lists": {"pandas_categorical": [[["a"], ["b"]]]},
}


@pytest.mark.parametrize("case", FORGED_STATES)
def test_a_forged_state_is_refused(case: str, attempt: Callable[..., Any]) -> None:
    text = model([TREE], categorical=[1], feature_infos="[0:1] 0:1 [0:1]")
    assert isinstance(attempt(regressor(text, pandas_categorical=[["a", "b"]])), InertEstimator)
    result = attempt(regressor(text, **FORGED_STATES[case]))
    assert isinstance(result, DamagedPickle | UnsupportedEstimator)


def test_a_split_may_send_no_category_left() -> None:
    read = inert.loads(regressor(model([TREE]).replace("cat_threshold=2 256", "cat_threshold=0 0")))
    assert read.predict(ROWS).tolist() == [2.0, 3.0, 2.0]


def test_a_classifier_without_labels_is_refused(attempt: Callable[..., Any]) -> None:
    text = model([TREE], objective="binary sigmoid:1")
    for encoder in (None, 3, node("sklearn.preprocessing._label", "LabelEncoder", state={})):
        assert isinstance(attempt(classifier(text, [0, 1], _le=encoder)), DamagedPickle)
    holder: Any = node("lightgbm.sklearn", "LGBMRegressor", state={"_Booster": 3})
    assert isinstance(attempt(write_pickle(holder)), DamagedPickle)


def test_a_text_may_end_anywhere_and_any_bit_may_flip(
    attempt: Callable[..., Any], answers: Callable[..., None]
) -> None:
    text = model([TREE])
    until = text.index("end of trees")
    for length in range(0, until, 7):
        assert isinstance(attempt(regressor(text[:length])), DamagedPickle)
    draw = random.Random(0)
    read = 0
    for _ in range(400):
        place = draw.randrange(until)
        flipped = text[:place] + chr(ord(text[place]) ^ 1 << draw.randrange(7)) + text[place + 1 :]
        result = attempt(regressor(flipped))
        if isinstance(result, InertEstimator):
            read += 1
            answers(result, ROWS)
    assert 0 < read < 360


GROWTHS: dict[str, Callable[[], str]] = {
    "leaves": lambda: model([_chain(8_000)]),
    "trees of a leaf": lambda: model([1.0] * 1_500),
    "categories of one split": lambda: model([Split(1, 1.0, 2.0, categories=frozenset(range(0, 300_000, 30)))]),
    "full words": lambda: model([Split(1, 1.0, 2.0, categories=frozenset(range(300_000)))]),
    "a far category": lambda: model([Split(1, 1.0, 2.0, categories=frozenset({9_000_000}))]),
    "unlike categories": lambda: model([_by_categories(2_000)]),
    "lines": lambda: TEXT.replace("end of trees", "\n" * 60_000 + "end of trees"),
    "names": lambda: model([TREE], features=30_000),
    "spaces": lambda: TEXT.replace("left_child=1 -2", "left_child=1 -2" + " " * 300_000),
    "zeros": lambda: TEXT.replace("threshold=0.5", "threshold=0.5" + "0" * 300_000),
    "parameters": lambda: TEXT.replace("[categorical_feature: ]", "[categorical_feature: " + "1," * 200_000 + "]"),
}


def _chain(length: int) -> Any:
    tree: Any = 0.0
    for number in range(length):
        tree = Split(0, 1.0, tree, threshold=number)
    return tree


def _by_categories(length: int) -> Any:
    tree: Any = 0.0
    for number in range(length):
        tree = Split(1, 1.0, tree, categories=frozenset({number, 4_000 - number}))
    return tree


@pytest.mark.parametrize("case", GROWTHS)
def test_a_text_is_read_within_the_memory_and_the_time_of_its_size(case: str) -> None:
    data = regressor(GROWTHS[case]())
    began = time.perf_counter()
    tracemalloc.start()
    try:
        inert.loads(data)
    except UnreadablePickle:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak <= MOST_PER_BYTE * len(data) + MOST_BESIDE
    assert time.perf_counter() - began < 5


def test_a_text_that_is_named_often_is_counted_each_time(attempt: Callable[..., Any]) -> None:
    one: Any = node("lightgbm.sklearn", "LGBMRegressor", state={"_Booster": booster(model([_chain(500)]))})
    parts = [one] * 20_000
    state = {"estimators_": parts, "weights": None, "_sklearn_version": "1.9.0"}
    voting: Any = node("sklearn.ensemble._voting", "VotingRegressor", state=state)
    assert isinstance(attempt(write_pickle(voting)), DamagedPickle)


def test_drawn_trees_are_read(attempt: Callable[..., Any], answers: Callable[..., None]) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        result = attempt(regressor(model([drawn(rng, ("none", "category", "nan"), 5) for _ in range(5)])))
        assert isinstance(result, InertEstimator)
        answers(result, ROWS)

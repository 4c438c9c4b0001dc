"""Models of LightGBM: sums and links, against its own steps, one row after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsupportedEstimator
from tests.unit.inert.boosters.lightgbm_texts import (
    NAN,
    NEAR_ZERO,
    NONE,
    ZERO,
    Split,
    booster,
    classifier,
    drawn,
    model,
    regressor,
    walk,
)
from training.adopt.write_pickle import write_pickle

KINDS = ("none", "zero", "nan", "category", "category")
STUMP = Split(0, -1.0, 2.0, threshold=0.5)


def _rows(rng: np.random.Generator, rows: int) -> Any:
    X = rng.normal(size=(rows, len(KINDS)))
    X[:, 3:] = rng.integers(-1, 32, (rows, 2)) ** 2 + rng.choice([0, 0.5], (rows, 2))
    odd = np.array([np.nan, 0, -0.0, NEAR_ZERO, -NEAR_ZERO, 2 * NEAR_ZERO, -2 * NEAR_ZERO, 1e-36, -0.5, 3e9, -1e300])
    some = rng.random(X.shape) < 0.3
    return np.where(some, rng.choice(odd, X.shape), X)


@pytest.mark.parametrize("rows", [1, 20, 500])
def test_sums_are_those_of_the_trees_one_after_the_other_to_the_bit(rng: np.random.Generator, rows: int) -> None:
    trees = [drawn(rng, KINDS, 6) for _ in range(40)]
    X = _rows(rng, rows)
    read = inert.loads(regressor(model(trees, len(KINDS))))
    expected = []
    for row in X.tolist():
        total = 0.0
        for tree in trees:
            total += walk(tree, row)
        expected.append(total)
    np.testing.assert_array_equal(read.predict(X), expected)


@pytest.mark.parametrize("missing", [NONE, ZERO, NAN])
@pytest.mark.parametrize("default_left", [False, True])
@pytest.mark.parametrize("threshold", [-1.0, 0.0, 1.0])
def test_what_is_missing_goes_as_the_split_says(missing: int, default_left: bool, threshold: float) -> None:
    split = Split(1, 1.0, 2.0, threshold, missing=missing, default_left=default_left)
    X = np.array([[0, value, 0] for value in (math.nan, 0.0, 1e-36, -1.5, 1.5)])
    read = inert.loads(regressor(model([split])))
    assert read.predict(X).tolist() == [walk(split, row) for row in X.tolist()]


def _sigmoid(x: float, steepness: float = 1.0) -> float:
    return 1 / (1 + math.exp(-steepness * x))


LINKS = {
    "regression": lambda x: x,
    "regression sqrt": lambda x: abs(x) * x,
    **dict.fromkeys("regression_l1 huber fair quantile mape lambdarank rank_xendcg".split(), lambda x: x),
    **dict.fromkeys("poisson gamma tweedie".split(), math.exp),
    "binary sigmoid:1": _sigmoid,
    "binary sigmoid:2.5": lambda x: _sigmoid(x, 2.5),
    "cross_entropy": _sigmoid,
    "cross_entropy_lambda": lambda x: math.log1p(math.exp(x)),
}


@pytest.mark.parametrize("objective", LINKS)
def test_an_objective_has_its_link(objective: str, rng: np.random.Generator) -> None:
    X = rng.normal(size=(100, 3))
    read = inert.loads(regressor(model([STUMP, 0.25], objective=objective)))
    assert read.predict(X).tolist() == [LINKS[objective](walk(STUMP, row) + 0.25) for row in X.tolist()]


def test_an_objective_of_somebodys_own_has_no_link() -> None:
    read = inert.loads(write_pickle(booster(model([STUMP], objective=None), handle="handle")))
    assert read.predict(np.array([[0.0, 0, 0], [1, 0, 0]])).tolist() == [-1.0, 2.0]


def test_a_forest_answers_the_mean_before_the_link() -> None:
    text = model([STUMP, 0.0, 2.0, 2.0], objective="binary sigmoid:1", average_output="")
    read = inert.loads(write_pickle(booster(text)))
    assert read.predict(np.array([[0.0, 0, 0]])).tolist() == [_sigmoid((-1 + 0 + 2 + 2) / 4)]


def test_the_best_iteration_is_the_last() -> None:
    X = np.array([[0.0, 0, 0]])
    for best, expected in ((2, 3.0), (0, 7.0), (-1, 7.0), (9, 7.0)):
        read = inert.loads(regressor(model([1.0, 2.0, 4.0]), best_iteration=best))
        assert read.predict(X).tolist() == [expected]


def test_labels_are_of_the_second_of_two_classes_beyond_a_half() -> None:
    text = model([STUMP], objective="binary sigmoid:1")
    read = inert.loads(classifier(text, [3, 7]))
    X = np.array([[0.0, 0, 0], [1, 0, 0]])
    second = np.array([_sigmoid(-1), _sigmoid(2)])
    assert read.predict_proba(X).tolist() == np.stack([1 - second, second], axis=1).tolist()
    assert read.predict(X).tolist() == [3, 7]
    assert not hasattr(read, "decision_function")
    even = inert.loads(classifier(model([0.0], objective="binary sigmoid:1"), [3, 7]))
    assert even.predict(X).tolist() == [3, 3]


def test_since_4_7_a_classifier_has_scores() -> None:
    text = model([STUMP, 0.5], objective="binary sigmoid:1", average_output="")
    read = inert.loads(classifier(text, [3, 7], _fitted_with_feature_names=False))
    assert read.decision_function(np.array([[0.0, 0, 0]])).tolist() == [-0.5]


def test_several_classes_have_a_tree_each_in_an_iteration(rng: np.random.Generator) -> None:
    trees = [drawn(rng, ("nan",) * 3, 3) for _ in range(6)]
    X = rng.normal(size=(50, 3))
    sums = np.array([[walk(trees[at], row) + walk(trees[at + 3], row) for at in range(3)] for row in X.tolist()])
    header = {"num_class": 3, "num_tree_per_iteration": 3}
    shares = inert.loads(classifier(model(trees, objective="multiclass num_class:3", **header), [2, 5, 9]))
    powers = [[math.exp(value - max(row)) for value in row] for row in sums.tolist()]
    expected = [[power / (row[0] + row[1] + row[2]) for power in row] for row in powers]
    assert shares.predict_proba(X).tolist() == expected
    assert shares.predict(X).tolist() == np.array([2, 5, 9])[np.argmax(expected, axis=1)].tolist()
    each = inert.loads(classifier(model(trees, objective="multiclassova num_class:3 sigmoid:2", **header), [2, 5, 9]))
    assert each.predict_proba(X).tolist() == [[_sigmoid(value, 2.0) for value in row] for row in sums.tolist()]


def test_a_booster_of_several_classes_answers_their_numbers() -> None:
    text = model([STUMP, 1.0, 0.5], objective="multiclass num_class:3", num_tree_per_iteration=3)
    X = np.array([[0.0, 0, 0], [1, 0, 0]])
    alone, known = inert.loads(write_pickle(booster(text))), inert.loads(classifier(text, [4, 5, 6]))
    assert alone.classes_.tolist() == [0, 1, 2]
    assert alone.predict(X).tolist() == [1, 0]
    np.testing.assert_array_equal(alone.predict_proba(X), known.predict_proba(X))
    assert not hasattr(inert.loads(write_pickle(booster(model([STUMP])))), "predict_proba")


def test_a_model_of_several_numbers_is_refused_with_the_way_out() -> None:
    texts = [model([1.0, 2.0], objective=name, num_tree_per_iteration=2) for name in (None, "multiclass num_class:2")]
    for data in (write_pickle(booster(texts[0])), *map(regressor, texts)):
        with pytest.raises(UnsupportedEstimator, match="Fit a model for each number") as refused:
            inert.loads(data)
        assert "LiveModels" not in str(refused.value)


FRAME: dict[str, Any] = {
    "categorical": [0, 2],
    "feature_names": "town size_of_it floor",
    "feature_infos": "0:1:2 [0:1] -1:1:0",
}
IN_BATH = Split(0, 10.0, Split(2, 20.0, 30.0, categories=frozenset({1})), categories=frozenset({1, 2}))


def test_the_texts_of_a_frame_become_their_places() -> None:
    read = inert.loads(regressor(model([IN_BATH], **FRAME), pandas_categorical=[["Ely", "Bath", "1"], [4, 9, 7]]))
    assert read.feature_names_in_ is not None
    assert read.feature_names_in_.tolist() == ["town", "size_of_it", "floor"]
    assert [read.categories(at) for at in range(3)] == [["Ely", "Bath", "1"], None, [4, 9, 7]]
    rows = [["Bath", 1.0, 4], ["1", None, 4], ["Ely", 1.0, 9], ["Ely", 1.0, 7], [None, 1.0, 9.0], ["York", 1.0, None]]
    assert read.predict(np.array(rows, dtype=object)).tolist() == [10, 10, 20, 30, 20, 30]
    with pytest.raises(RowsRefused, match="Column 1 of X must be a number"):
        read.predict(np.array([["Ely", "large", 4]], dtype=object))


def test_until_2_3_the_categories_of_a_frame_are_known_by_their_features() -> None:
    text = model([IN_BATH], **FRAME | {"categorical": []})
    read = inert.loads(regressor(text, pandas_categorical=[["Ely", "Bath", "1"], [4, 9, 7]]))
    assert read.categories(0) == ["Ely", "Bath", "1"]
    with pytest.raises(UnsupportedEstimator, match="no word of which columns"):
        inert.loads(regressor(text, pandas_categorical=[["Ely", "Bath", "1"]]))


def test_a_category_that_is_a_number_is_no_place() -> None:
    read = inert.loads(regressor(model([IN_BATH], **FRAME), pandas_categorical=[[5, 0, 2.5], [True, False]]))
    assert not read.takes_text
    assert read.predict(np.array([[0.0, 1, 1], [5.0, 1, 0.0], [2.5, 0, 0], [1, 1, 1]])).tolist() == [10, 20, 10, 30]


REFUSED = {
    "an older format": (model([STUMP], version="v2"), {}, "a text of the format v2"),
    "no format": (model([STUMP], version=None), {}, "without a version"),
    "linear trees": (model([STUMP]).replace("is_linear=0", "is_linear=1"), {}, "linear trees"),
    "an objective": (model([STUMP], objective="ndcg2"), {}, "the objective ndcg2 and 1 trees"),
    "zeros in some trees": (
        model([Split(0, 1.0, 2.0, missing=ZERO), STUMP]), {}, "a feature whose zeros are missing in some trees",
    ),
    "categories in some trees": (
        model([Split(0, 1.0, 2.0, categories=frozenset({1})), STUMP]), {}, "a feature that is a category in some",
    ),
    "a value that is no number": (model([math.nan]), {}, "values that are not finite"),
    "unknown columns": (model([STUMP]), {"pandas_categorical": [["a"]]}, "no word of which columns"),
    "categories of others": (
        model([IN_BATH], **FRAME), {"pandas_categorical": [["a", "b"], ["c", "d"]]}, "do not go with its columns",
    ),
    "categories of nothing": (
        model([IN_BATH], **FRAME), {"pandas_categorical": [["a", "b", None], ["c", "d"]]}, "neither texts nor numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_reproduced_is_refused_by_name(case: str) -> None:
    text, state, sentence = REFUSED[case]
    with pytest.raises(UnsupportedEstimator, match=sentence):
        inert.loads(regressor(text, **state))


def test_an_early_stop_of_predictions_is_refused() -> None:
    data = classifier(model([STUMP], objective="binary sigmoid:1"), [0, 1], pred_early_stop=True)
    with pytest.raises(UnsupportedEstimator, match="pred_early_stop"):
        inert.loads(data)


def test_a_classifier_of_another_objective_is_refused() -> None:
    with pytest.raises(UnsupportedEstimator, match="the objective poisson for classes"):
        inert.loads(classifier(model([STUMP], objective="poisson"), [0, 1]))
    with pytest.raises(DamagedPickle, match="more or fewer classes"):
        inert.loads(classifier(model([STUMP], objective="binary sigmoid:1"), [0]))

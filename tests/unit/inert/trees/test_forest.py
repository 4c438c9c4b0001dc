"""The evaluator of trees finds the leaves that scikit-learn's own Cython does, and refuses what is not a tree."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestClassifier
from sklearn.tree import DecisionTreeRegressor

from picklejar.errors import DamagedPickle, UnreadablePickle
from picklejar.inert.reading.state import TIMES_OF_NODES
from picklejar.inert.trees import forest as forests
from picklejar.inert.trees import packed
from picklejar.inert.trees.forest import LANES_SINGLY, ROWS_AT_ONCE, ROWS_BEFORE_EXITS, ROWS_FOR_EXITS, Forest
from picklejar.inert.trees.nodes import CODES, UNKNOWN, Nodes, Trees, codes, gathered
from picklejar.inert.trees.quickscorer import ROWS_TO_SORT, Exits
from training.proof.rows import MOST_GOLDEN_ROWS

FEATURES = 4


def nodes_of(fitted: Any) -> tuple[Nodes, NDArray[np.float64]]:
    """The nodes of a fitted estimator's trees, and their values."""
    trees = [one.tree_ for one in np.ravel(getattr(fitted, "estimators_", [fitted]))]
    states = [tree.__getstate__()["nodes"] for tree in trees]
    made = gathered(
        states,
        left=("left_child", np.int64),
        right=("right_child", np.int64),
        feature=("feature", np.int64),
        threshold=("threshold", np.float64),
        missing_left=("missing_go_to_left", np.uint8),
    )
    made["missing_left"] = made["missing_left"] != 0
    values = np.concatenate([tree.value.reshape(tree.node_count, -1) for tree in trees])
    return Nodes(sizes=np.array([len(state) for state in states]), **made), values


def data(rng: np.random.Generator, rows: int = 1500) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    X = rng.normal(size=(rows, FEATURES))
    X[:, 1] = X[:, 1].round(1)
    return X, X @ [1, 2, -3, 0.5] + np.sin(5 * X[:, 0]) + rng.normal(size=rows)


def rows_around(nodes: Nodes, rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Rows on the thresholds of the trees, and one ulp of float32 to either side, and anywhere."""
    inner = nodes.left >= 0
    X = rng.normal(size=(count, FEATURES)).astype(np.float32)
    for feature in range(FEATURES):
        thresholds = nodes.threshold[inner & (nodes.feature == feature)].astype(np.float32)
        if len(thresholds):
            near = rng.choice(thresholds, size=count)
            moved = [near, np.nextafter(near, np.float32(-np.inf)), np.nextafter(near, np.float32(np.inf))]
            X[:, feature] = np.choose(rng.integers(4, size=count), [X[:, feature], *moved])
    return X


def missing(X: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    return np.where(rng.random(X.shape) < 0.2, np.float32(np.nan), X)


ESTIMATORS = [
    DecisionTreeRegressor(max_depth=1),
    DecisionTreeRegressor(random_state=0),
    DecisionTreeRegressor(max_leaf_nodes=40, random_state=0),
    RandomForestClassifier(20, random_state=0),
    ExtraTreesRegressor(20, random_state=0),
    GradientBoostingRegressor(n_estimators=30),
    GradientBoostingRegressor(n_estimators=30, max_depth=4),
    GradientBoostingRegressor(n_estimators=30, max_depth=5),
    GradientBoostingRegressor(n_estimators=30, max_depth=6),
    GradientBoostingRegressor(n_estimators=30, max_depth=8),
    GradientBoostingRegressor(n_estimators=150, max_depth=2),
    GradientBoostingRegressor(n_estimators=1, max_leaf_nodes=2),
]


COUNTS = [
    *(1, 2, 3, LANES_SINGLY, LANES_SINGLY + 1, ROWS_FOR_EXITS - 1, ROWS_FOR_EXITS),
    *(ROWS_BEFORE_EXITS, ROWS_TO_SORT - 1, ROWS_AT_ONCE + 1, 10_000),
    # Once more, when all tables are made.
    *(1, 2, LANES_SINGLY + 1, ROWS_FOR_EXITS),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
@pytest.mark.parametrize("with_missing", [False, True])
def test_every_row_arrives_at_scikit_learns_leaf(estimator: Any, with_missing: bool, rng: np.random.Generator) -> None:
    X, y = data(rng)
    boosted = isinstance(estimator, GradientBoostingRegressor)
    if with_missing and not boosted:
        X = missing(X, rng)
    fitted = estimator.fit(X, (y > 0).astype(int) if isinstance(estimator, RandomForestClassifier) else y)
    nodes, values = nodes_of(fitted)
    trees = Trees(nodes, FEATURES)
    forest = Forest(trees, values)
    many = rows_around(nodes, rng, 10_000)
    many = missing(many, rng) if with_missing else many
    starts = np.cumsum(nodes.sizes) - nodes.sizes
    for count in COUNTS:
        rows = many[-count:]
        each = [one.tree_.apply(rows) for one in np.ravel(getattr(fitted, "estimators_", [fitted]))]
        expected = trees.place[np.array(each) + starts[:, np.newaxis]]
        np.testing.assert_array_equal(forest.leaves(rows.astype(np.float64)), expected)
        np.testing.assert_array_equal(forest.leaves(rows), expected)


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 9, 63, 64, 129, 5000])
def test_values_are_added_tree_by_tree(groups: int, rows: int, rng: np.random.Generator) -> None:
    nodes, values = nodes_of(GradientBoostingRegressor(n_estimators=300).fit(*data(rng, 100)))
    # Numbers of very different sizes, whose sum depends on the order at nearly every step.
    values = values * 10.0 ** rng.integers(-8, 8, size=values.shape)
    values = values if groups > 1 else np.repeat(values, 2, axis=1) * [1, -3]
    trees = Trees(nodes, FEATURES)
    forest = Forest(trees, values)
    X = rng.normal(size=(rows, FEATURES))
    out = rng.normal(size=(groups, rows, values.shape[1]))
    expected = out.copy()
    for tree, leaves in enumerate(forest.leaves(X)):
        expected[tree % groups] += forest.values[leaves]
    forest.add(X, out)
    np.testing.assert_array_equal(out, expected)


THRESHOLDS = [0.0, -0.0, 0.1, -0.1, 1e-45, -1e-45, 1e-300, -1e-300, 3.4e38, 1e300, -1e300, np.inf, -np.inf, 1 / 3]


@pytest.mark.parametrize("copies", [1, LANES_SINGLY])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_row_goes_left_where_it_is_at_most_the_threshold(copies: int, kind: type[np.floating[Any]]) -> None:
    thresholds = np.repeat(THRESHOLDS, copies)
    forest = Forest(trees := Trees(stumps(thresholds), 1), np.zeros((3 * len(thresholds), 1)))
    around = np.array(THRESHOLDS)[np.abs(THRESHOLDS) < 3e38].astype(kind)
    ends = np.array([np.finfo(kind).max, np.finfo(kind).min, np.finfo(kind).tiny, 1, -1], dtype=kind)
    values = np.concatenate([around, *(np.nextafter(around, kind(end)) for end in (-1e9, 1e9)), ends])
    expected = np.where(values <= thresholds[:, np.newaxis], 1, 2) + 3 * np.arange(len(thresholds))[:, np.newaxis]
    np.testing.assert_array_equal(forest.leaves(values[:, np.newaxis]), trees.place[expected])
    for at, value in enumerate(values):
        np.testing.assert_array_equal(forest.leaves(np.array([[value]])), trees.place[expected[:, [at]]])


def stumps(thresholds: NDArray[np.float64]) -> Nodes:
    """Trees of one split each, by the only feature."""
    count = len(thresholds)
    return Nodes(
        sizes=np.full(count, 3),
        left=np.tile([1, -1, -1], count),
        right=np.tile([2, -1, -1], count),
        feature=np.zeros(3 * count, dtype=np.int64),
        threshold=np.repeat(thresholds, 3),
        missing_left=np.zeros(3 * count, dtype=np.bool_),
    )


@pytest.mark.parametrize("limit", ["MOST_LISTED", "MOST_NODES", "MOST_BITS"])
def test_trees_too_large_for_lists_and_numbers_find_the_same_leaves(
    limit: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes, values = nodes_of(ExtraTreesRegressor(LANES_SINGLY, random_state=0).fit(*data(rng, 200)))
    X = rows_around(nodes, rng, 50)
    expected = Forest(Trees(nodes, FEATURES), values).leaves(X)
    monkeypatch.setattr(forests if limit == "MOST_LISTED" else packed, limit, 40)
    forest = Forest(Trees(nodes, FEATURES), values)
    np.testing.assert_array_equal(forest.leaves(X), expected)
    for at in range(len(X)):
        np.testing.assert_array_equal(forest.leaves(X[[at]]), expected[:, [at]])


def test_golden_rows_make_no_tables_of_a_large_forest(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes, values = nodes_of(RandomForestClassifier(50, random_state=0).fit(*classes(rng)))
    forest = Forest(Trees(nodes, FEATURES), values)
    made = []
    monkeypatch.setattr(forests, "Exits", lambda *some: made.append(some) or Exits(*some))
    # Of each of three outputs, which is the most that one has.
    for _ in range(3):
        forest.add(rng.normal(size=(MOST_GOLDEN_ROWS, FEATURES)), np.zeros((1, MOST_GOLDEN_ROWS, 2)))
    assert made == []
    forest.add(rng.normal(size=(ROWS_BEFORE_EXITS, FEATURES)), np.zeros((1, ROWS_BEFORE_EXITS, 2)))
    assert len(made) == 1


def classes(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    X, y = data(rng)
    return X, y > 0


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeRegressor(random_state=0),
        ExtraTreesRegressor(LANES_SINGLY, random_state=0),
        ExtraTreesRegressor(100, random_state=0),
        GradientBoostingRegressor(n_estimators=300, max_depth=2),
        GradientBoostingRegressor(n_estimators=300),
        GradientBoostingRegressor(n_estimators=100, max_depth=4),
    ],
    ids=repr,
)
def test_what_is_made_for_few_rows_takes_no_more_memory_than_was_charged(
    estimator: Any, rng: np.random.Generator
) -> None:
    nodes, values = nodes_of(estimator.fit(*data(rng)))
    record_bytes = 64 * len(values)
    X = rows_around(nodes, rng, ROWS_FOR_EXITS)
    tracemalloc.start()
    forest = Forest(Trees(nodes, FEATURES), values)
    for rows in (X[:1], X, missing(X, rng), missing(X, rng)[:1]):
        forest.leaves(rows)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept <= TIMES_OF_NODES * record_bytes


def test_codes_are_whole_numbers_below_256() -> None:
    X = np.array([0.0, -0.0, 0.9, 1, 254.5, 255, 255.9, 256, 1e300, -0.1, -1, np.nan])
    assert codes(X).tolist() == [0, 0, 0, 1, 254, 255, 255, *[UNKNOWN] * 5]


def test_categories_decide_where_a_node_has_them(rng: np.random.Generator) -> None:
    goes_left = rng.random((60, CODES)) < 0.5
    threes = np.arange(60)
    nodes = Nodes(
        sizes=np.full(60, 5),
        left=np.tile([1, -1, 3, -1, -1], 60),
        right=np.tile([2, -1, 4, -1, -1], 60),
        feature=np.tile([1, -2, 0, 0, 0], 60),
        threshold=np.tile([np.nan, 0, 0.5, 0, 0], 60),
        missing_left=np.ones(300, dtype=np.bool_),
        split=np.stack([threes, threes, -np.ones(60, int), threes, threes], axis=1).ravel(),
        goes_left=goes_left,
    )
    forest = Forest(trees := Trees(nodes, 2), np.zeros((300, 1)))
    X = np.stack([rng.random(3000), rng.integers(-1, 300, size=3000)], axis=1)
    X = np.where(rng.random(X.shape) < 0.1, np.nan, X)
    expected = np.where(goes_left[:, codes(X[:, 1])], 1, np.where(~(X[:, 0] > 0.5), 3, 4))
    expected = trees.place[expected + 5 * threes[:, np.newaxis]]
    np.testing.assert_array_equal(forest.leaves(X), expected)
    np.testing.assert_array_equal(forest.leaves(X[:5]), expected[:, :5])


def forged(nodes: Nodes, rng: np.random.Generator) -> tuple[Nodes, str]:
    """The nodes with one of them changed so that they are no trees, and what was done."""
    inner = np.flatnonzero(nodes.left >= 0)
    leaves = np.flatnonzero(nodes.left < 0)
    starts = np.repeat(np.cumsum(nodes.sizes) - nodes.sizes, nodes.sizes)
    size = np.repeat(nodes.sizes, nodes.sizes)
    side = rng.choice(["left", "right"])
    children = getattr(nodes, side).copy()
    at, leaf = rng.choice(inner), rng.choice(leaves)
    what = rng.choice(["child", "child of a leaf", "feature", "threshold", "sizes", "leaf"])
    if what == "child":
        far = [2**40, 2**62, 2**63 - 1, -(2**63), -2, -(2**40), len(nodes.left), size[at], size[at] + 1]
        other = (getattr(nodes, "right" if side == "left" else "left"))[at]
        children[at] = rng.choice([*far, -1, 0, at - starts[at], max(0, at - starts[at] - 1), other])
    elif what == "child of a leaf":
        children[leaf] = rng.choice([0, 1, leaf - starts[leaf], leaf - starts[leaf] + 1, 2**40, -2])
    elif what == "feature":
        feature = nodes.feature.copy()
        feature[at] = rng.choice([-1, -2, FEATURES, 2**31, 2**40, 2**62, 2**63 - 1, -(2**63)])
        return replace(nodes, feature=feature), what
    elif what == "threshold":
        threshold = nodes.threshold.copy()
        threshold[at] = np.nan
        return replace(nodes, threshold=threshold), what
    elif what == "sizes":
        sizes = nodes.sizes.copy()
        one, another = rng.choice(len(sizes), size=2, replace=False)
        moved = rng.choice([1, 2, sizes[one]])
        sizes[one] -= moved
        sizes[another] += moved
        return replace(nodes, sizes=sizes), what
    else:  # both children of an inner node are cut off
        left, right = nodes.left.copy(), nodes.right.copy()
        left[at] = right[at] = -1
        return replace(nodes, left=left, right=right), what
    return replace(nodes, **{side: children}), f"{what} {side}"


def test_what_is_no_tree_is_refused(rng: np.random.Generator) -> None:
    X, y = data(rng, 200)
    nodes, _ = nodes_of(RandomForestClassifier(5, random_state=0).fit(X, y > 0))
    Trees(nodes, FEATURES)
    for _ in range(3000):
        forgery, what = forged(nodes, rng)
        try:
            Trees(forgery, FEATURES)
        except DamagedPickle:
            continue
        pytest.fail(what)


def test_categories_beyond_the_files_are_refused() -> None:
    good = Nodes(
        sizes=np.array([3]),
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        feature=np.zeros(3, dtype=np.int64),
        threshold=np.zeros(3),
        missing_left=np.zeros(3, dtype=np.bool_),
        split=np.array([0, -1, -1]),
        goes_left=np.zeros((1, CODES), dtype=np.bool_),
    )
    Trees(good, 1)
    for split in (1, -2, 2**62, -(2**63)):
        with pytest.raises(DamagedPickle):
            Trees(replace(good, split=np.array([split, -1, -1])), 1)
    with pytest.raises(DamagedPickle, match="threshold"):
        Trees(replace(good, split=np.array([-1, -1, -1]), threshold=np.full(3, np.nan)), 1)


@pytest.mark.parametrize("values", [np.zeros((2, 1)), np.zeros((3, 0)), np.zeros(3), np.full((3, 1), np.nan)])
def test_values_must_be_finite_and_one_row_for_each_node(values: NDArray[np.float64]) -> None:
    X = np.arange(4.0)[:, np.newaxis]
    nodes, _ = nodes_of(DecisionTreeRegressor(max_depth=1).fit(X, X[:, 0]))
    with pytest.raises(UnreadablePickle):
        Forest(Trees(nodes, 1), values)


def test_trees_without_nodes_are_refused() -> None:
    X = np.arange(4.0)[:, np.newaxis]
    nodes, _ = nodes_of(DecisionTreeRegressor(max_depth=1).fit(X, X[:, 0]))
    for sizes in ([], [0, 3], [-3, 6], [3, 0]):
        with pytest.raises(DamagedPickle, match="no nodes"):
            Trees(replace(nodes, sizes=np.array(sizes, dtype=np.int64)), 1)

"""Models as LightGBM writes them, made of trees of ours, and what it answers to a row, one step after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.adopt.tree import call, node
from training.adopt.write_pickle import write_pickle

NONE, ZERO, NAN = 0, 1, 2
NEAR_ZERO = float(np.float32(1e-35))


@dataclass(frozen=True)
class Split:
    """An inner node: what goes left is at most the threshold, or one of the categories."""

    feature: int
    left: Any
    right: Any
    threshold: float = 0.0
    categories: frozenset[int] = frozenset()
    missing: int = NONE
    default_left: bool = False


def walk(tree: Any, row: Sequence[float]) -> float:
    """Return a tree's value for a row, as include/LightGBM/tree.h finds it."""
    while isinstance(tree, Split):
        tree = tree.left if _goes_left(tree, row[tree.feature]) else tree.right
    return float(tree)


def _goes_left(split: Split, value: float) -> bool:
    # src/c_api.cpp takes what is nearer to zero for zero.
    value = 0.0 if abs(value) <= NEAR_ZERO else value
    if split.categories:
        return value > -1 and int(value) in split.categories
    if math.isnan(value) and split.missing != NAN:
        value = 0.0
    if (split.missing == ZERO and value == 0) or math.isnan(value):
        return split.default_left
    return value <= split.threshold


def tree_text(number: int, tree: Any) -> str:
    """Return the lines of a tree."""
    inner: list[Split] = []
    leaves: list[float] = []
    children: list[list[int]] = [[], []]
    left = [(tree, -1, 0)]
    for item, parent, side in left:
        place = len(inner) if isinstance(item, Split) else ~len(leaves)
        if parent >= 0:
            children[side].append(place)
        if isinstance(item, Split):
            inner.append(item)
            left += [(item.left, place, 0), (item.right, place, 1)]
        else:
            leaves.append(item)
    categories = [split.categories for split in inner if split.categories]
    lists = [_words(each) for each in categories]
    places = iter(range(len(categories)))
    lines = {
        "num_leaves": len(leaves),
        "num_cat": len(categories),
        "split_feature": [split.feature for split in inner],
        "split_gain": [1 for _ in inner],
        "threshold": [next(places) if split.categories else f"{split.threshold:.17g}" for split in inner],
        "decision_type": [
            bool(split.categories) + 2 * split.default_left + 4 * split.missing for split in inner
        ],
        "left_child": children[0],
        "right_child": children[1],
        "leaf_value": [f"{value:.17g}" for value in leaves],
    }  # fmt: skip
    if categories:
        lines["cat_boundaries"] = [0, *np.cumsum([len(words) for words in lists]).tolist()]
        lines["cat_threshold"] = [word for words in lists for word in words]
    lines |= {"is_linear": 0, "shrinkage": 1}
    shown = {name: " ".join(map(str, value)) if isinstance(value, list) else value for name, value in lines.items()}
    return f"Tree={number}\n" + "".join(f"{name}={value}\n" for name, value in shown.items()) + "\n\n"


def _words(categories: frozenset[int]) -> list[int]:
    words = [0] * (max(categories) // 32 + 1)
    for category in categories:
        words[category // 32] |= 1 << category % 32
    return words


def model(trees: Sequence[Any], features: int = 3, *, categorical: Sequence[int] = (), **header: Any) -> str:
    """Return the text of a model; `header` has other lines than the usual ones, or None for no line."""
    lines = {
        "version": "v4",
        "num_class": 1,
        "num_tree_per_iteration": 1,
        "label_index": 0,
        "max_feature_idx": features - 1,
        "objective": "regression",
        "average_output": None,
        "feature_names": " ".join(f"Column_{at}" for at in range(features)),
        "feature_infos": " ".join(["[0:1]"] * features),
    } | header
    top = "".join(
        f"{name}={value}\n" if value != "" else f"{name}\n" for name, value in lines.items() if value is not None
    )
    bodies = "".join(tree_text(number, tree) for number, tree in enumerate(trees))
    listed = ",".join(map(str, categorical))
    return f"tree\n{top}\n{bodies}end of trees\n\nparameters:\n[categorical_feature: {listed}]\nend of parameters\n"


def booster(text: Any, *, handle: str = "_handle", **state: Any) -> Any:
    """Return the record of a Booster, as `training.adopt.tree` has records."""
    best: Any = call("collections", "defaultdict", _ordered())
    state = {handle: text, "best_iteration": 0, "best_score": best, "pandas_categorical": None} | state
    return node("lightgbm.basic", "Booster", state=state)


def _ordered() -> Any:
    return type(call("collections", "OrderedDict"))


def regressor(text: Any, **state: Any) -> bytes:
    """Return the pickle of an LGBMRegressor."""
    return write_pickle(node("lightgbm.sklearn", "LGBMRegressor", state={"_Booster": booster(text, **state)}))


def classifier(text: Any, labels: Any, *, booster_state: dict[str, Any] | None = None, **state: Any) -> bytes:
    """Return the pickle of an LGBMClassifier of integer labels."""
    classes = call("numpy.core.multiarray", "_reconstruct", type(call("numpy", "ndarray")), (0,), b"b")
    kind = call("numpy", "dtype", "i8", False, True, state=(3, "<", None, None, None, -1, -1, 0))
    classes.state = (1, (len(labels),), kind, False, np.array(labels, dtype="<i8").tobytes())
    encoder = node("sklearn.preprocessing._label", "LabelEncoder", state={"classes_": classes})
    state = {"_Booster": booster(text, **(booster_state or {})), "_le": encoder} | state
    return write_pickle(node("lightgbm.sklearn", "LGBMClassifier", state=state))


def drawn(rng: np.random.Generator, kinds: Sequence[str], depth: int) -> Any:
    """Return a tree whose features are of the `kinds`: none, zero, nan or category."""
    if depth == 0 or rng.random() < 0.1:
        return float(rng.normal())
    feature = int(rng.integers(len(kinds)))
    kind = kinds[feature]
    left, right = (drawn(rng, kinds, depth - 1) for _ in range(2))
    if kind == "category":
        chosen = frozenset((rng.integers(0, 30, rng.integers(1, 9)) ** 2).tolist())
        return Split(feature, left, right, categories=chosen, missing=int(rng.integers(0, 3)))
    threshold = float(rng.choice([0.0, NEAR_ZERO, -NEAR_ZERO, *rng.normal(size=5)]))
    missing = {"none": NONE, "zero": ZERO, "nan": NAN}[kind]
    return Split(feature, left, right, threshold, missing=missing, default_left=bool(rng.random() < 0.5))

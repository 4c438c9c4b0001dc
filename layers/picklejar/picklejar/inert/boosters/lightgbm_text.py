"""The text of a LightGBM model: its header and its trees, each list with the length that it must have.

Source: src/boosting/gbdt_model_text.cpp (`LoadModelFromString`) and src/io/tree.cpp (`Tree::Tree`) of LightGBM. Nothing
is made of the text that is longer than what stands in it, and a list is as long as the numbers that the text has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.reading.state import Floats, Integers, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSIONS = ("v3", "v4")
MOST_FEATURES = 1_000_000
# The lines of a tree, and the numbers of one line at a time, which need at least two characters each.
BYTES_OF_A_CHARACTER = 7
LONGEST_NUMBER = 10
TREE, AVERAGE = "Tree=", "average_output"
CATEGORICAL = "[categorical_feature:"
HEADER = {
    *("version", "num_class", "num_tree_per_iteration", "max_feature_idx", "objective", "feature_names"),
    *("feature_infos", "tree_sizes", AVERAGE),
}
FIELDS = {
    *("num_leaves", "num_cat", "split_feature", "threshold", "decision_type", "left_child", "right_child"),
    *("leaf_value", "cat_boundaries", "cat_threshold", "is_linear"),
}


@dataclass(frozen=True, slots=True)
class TreeText:
    """One tree: of its inner nodes, in their order, what they ask; of its leaves the values.

    A child is an inner node's number, or ~number of a leaf. Bit 1 of a `decision` is for categories, bit 2 for left
    where the value is missing; the next two are the kind of missing values. `boundaries` say which `words` of 32
    categories belong to a split.
    """

    features: Integers
    thresholds: Floats
    decisions: Integers
    left: Integers
    right: Integers
    values: Floats
    boundaries: Integers
    words: Integers


@dataclass(frozen=True, slots=True)
class ModelText:
    """A model's header and trees.

    Attributes:
        objective: its name and parameters, as ("binary", "sigmoid:1"); empty for an objective of somebody's own.
        outputs: how many trees an iteration has, one for each number that a row is answered with.
        is_average: whether the trees' values are divided by the number of iterations, as those of a forest are.
        names, infos: of each feature; an info is its range, its categories or none.
        categorical: the features that were said to be categories.
    """

    objective: tuple[str, ...]
    outputs: int
    is_average: bool
    names: list[str]
    infos: list[str]
    categorical: list[int]
    trees: list[TreeText]


def model_text(text: Any, state: State) -> ModelText:
    """Return the model in a text, charged to the file's budget.

    Raises:
        UnsupportedEstimator: it is of another version of the format, or has what is not reproduced.
        DamagedPickle: it is not a whole model.
    """
    if type(text) is not str:
        raise state.damaged("has no text of a model, as one that was not fitted has")
    state.charge(BYTES_OF_A_CHARACTER * len(text))
    lines = _lines(text)
    if next(lines, "") != "tree":
        raise state.damaged("has a text that is not a model's")
    header = _header(lines, state)
    version = header.get("version", "without a version")
    if version not in VERSIONS:
        shown = version[:20] if version.isprintable() else "unknown"
        raise state.unsupported(f"a text of the format {shown} (read are v3, of LightGBM 2.3 to 3, and v4, of 4)")
    n_features = _count(header, "max_feature_idx", state, MOST_FEATURES - 1) + 1
    trees = _trees(lines, state)
    outputs = _count(header, "num_tree_per_iteration", state, len(text))
    sizes = header.get("tree_sizes", "")
    if sizes and sizes.count(" ") + 1 != len(trees):
        raise state.damaged("has more or fewer trees than its text begins with")
    if not trees or not outputs or len(trees) % outputs:
        raise state.damaged("has no trees, or not as many for each class")
    return ModelText(
        objective=tuple(header.get("objective", "").split()),
        outputs=outputs,
        is_average=AVERAGE in header,
        names=_words(header, "feature_names", n_features, state),
        infos=_words(header, "feature_infos", n_features, state),
        categorical=_categorical(lines, n_features, state),
        trees=trees,
    )


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end].removesuffix("\r")
        start = end + 1


def _header(lines: Iterator[str], state: State) -> dict[str, str]:
    """Return the header's known lines; the first tree's is taken, too."""
    header: dict[str, str] = {}
    for line in lines:
        if line.startswith(TREE):
            if line != f"{TREE}0":
                raise state.damaged("has a text whose first tree is not there")
            return header
        name, _, value = line.partition("=")
        _keep(name, value, HEADER, header, state)
    raise state.damaged("has a text without a tree")


def _keep(name: str, value: str, known: set[str], kept: dict[str, str], state: State) -> None:
    if name in known:
        if name in kept:
            raise state.damaged(f"has {name} twice in its text")
        kept[name] = value


def _trees(lines: Iterator[str], state: State) -> list[TreeText]:
    trees = []
    fields: dict[str, str] = {}
    for line in lines:
        is_end = line == "end of trees"
        if is_end or line.startswith(TREE):
            trees.append(_tree(fields, state))
            fields = {}
        if is_end:
            return trees
        if line.startswith(TREE) and line != f"{TREE}{len(trees)}":
            raise state.damaged("has a text whose trees are not in their order")
        name, _, value = line.partition("=")
        _keep(name, value, FIELDS, fields, state)
    raise state.damaged("has a text that ends within its trees")


def _tree(fields: Mapping[str, str], state: State) -> TreeText:
    if fields.get("is_linear", "0") != "0":
        raise state.unsupported("linear trees", "Fit it without linear_tree.")
    leaves = _count(fields, "num_leaves", state, len(fields.get("leaf_value", "")))
    if not leaves:
        raise state.damaged("has a tree without leaves")
    inner = leaves - 1
    categories = _count(fields, "num_cat", state, inner)
    boundaries = _integers(fields, "cat_boundaries", categories + 1 if categories else 0, state)
    return TreeText(
        features=_integers(fields, "split_feature", inner, state),
        thresholds=_floats(fields, "threshold", inner, state),
        decisions=_integers(fields, "decision_type", inner, state),
        left=_integers(fields, "left_child", inner, state),
        right=_integers(fields, "right_child", inner, state),
        values=_floats(fields, "leaf_value", leaves, state),
        boundaries=boundaries,
        words=_integers(fields, "cat_threshold", int(boundaries[-1]) if categories else 0, state),
    )


def _count(fields: Mapping[str, str], name: str, state: State, at_most: int) -> int:
    value = fields.get(name, "")
    if not (value.isascii() and value.isdigit()) or len(value) > LONGEST_NUMBER or int(value) > at_most:
        raise state.damaged(f"has no number that is possible in the {name} of its text")
    return int(value)


def _floats(fields: Mapping[str, str], name: str, length: int, state: State) -> Floats:
    return _numbers(fields, name, length, np.float64, state)


def _integers(fields: Mapping[str, str], name: str, length: int, state: State) -> Integers:
    return _numbers(fields, name, length, np.int64, state)


def _numbers(fields: Mapping[str, str], name: str, length: int, kind: type, state: State) -> NDArray[Any]:
    """Return the numbers of a list; those that are beyond an integer become the largest one."""
    text = fields.get(name, "") if length else ""
    try:
        result: NDArray[Any] = np.fromstring(text, dtype=kind, sep=" ")
    except ValueError:
        raise state.damaged(f"has something other than numbers in the {name} of its text") from None
    if len(result) != length:
        raise state.damaged(f"has not the right count of numbers in the {name} of its text")
    return result


def _words(header: Mapping[str, str], name: str, length: int, state: State) -> list[str]:
    # As many words as there are spaces between them: counted before they are made.
    text = header.get(name, "")
    if text.count(" ") + 1 != length:
        raise state.damaged(f"has not one of the {name} of its text for each feature")
    return text.split(" ")


def _categorical(lines: Iterator[str], n_features: int, state: State) -> list[int]:
    """Return the features that training was told are categories, which stand among its parameters."""
    line = next((line for line in lines if line.startswith(CATEGORICAL)), CATEGORICAL)
    listed = line.removeprefix(CATEGORICAL).removesuffix("]").strip()
    numbers = listed.split(",") if listed.count(",") < n_features and listed else []
    if not all(number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER for number in numbers):
        return []
    features = [int(number) for number in numbers]
    if any(feature >= n_features for feature in features):
        raise state.damaged("has a category for a feature that there is not")
    return features

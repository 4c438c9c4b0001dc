"""The trees of an XGBoost model as a forest that adds in float32, in the order in which XGBoost does.

Sources: include/xgboost/tree_model.h, src/gbm/gbtree.cc, src/predictor/cpu_predictor.cc.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import DamagedPickle
from picklejar.inert.boosters.document import Document
from picklejar.inert.boosters.splits import Splits, splits_of
from picklejar.inert.boosters.xgboost_model import MOST_FEATURES, MOST_OUTPUTS, Model, Singles, unsupported
from picklejar.inert.reading.state import Integers
from picklejar.inert.trees.forest import Forest
from picklejar.inert.trees.nodes import NO_CHILD, Nodes, Trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_TREES = 10_000_000
# Of a node, its numbers as they are joined and placed, and what is made of it once the trees are asked.
BYTES_OF_A_NODE = 450
WHOLE = ("left_children", "right_children", "split_indices", "default_left", "split_type")
type Fields = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Boosted:
    """The trees up to a round, and their splits by categories."""

    forest: Forest
    splits: Splits

    @property
    def n_numbers(self) -> int:
        return len(self.forest.values)

    def margins(self, X: Singles, base: Singles) -> Singles:
        """Return the sums of each row, (rows, outputs); X is not changed."""
        out: Any = np.empty((len(base), len(X), 1), dtype=np.float32)
        out[:] = base[:, np.newaxis, np.newaxis]
        self.forest.add(self.splits.coded(X), out)
        sums: Singles = out[:, :, 0].T
        return sums


def boosted(model: Model, rounds: int | None, *, in_place: bool) -> Boosted:
    """Return the trees of the first `rounds`, or of all.

    `in_place` says that a wrapper of scikit-learn's asks, which until 3.2 adds what sums begin with to each tree of a
    dart, and takes it away again: `Dart::InplacePredict`.
    """
    is_nested = model.booster.has("gbtree")
    inner = (model.booster.part("gbtree") if is_nested else model.booster).part("model")
    documents = inner.parts("trees")
    for tree in documents[:1]:
        _refuse_several(tree.part("tree_param"))
    groups = inner.integers("tree_info", len(documents))
    weights = _weights(model.booster, inner, len(documents))
    order = _order(groups[: _count(inner, model, rounds, len(documents))], model.outputs)
    trees = [documents[at] for at in order.tolist()]
    fields, sizes = _joined(trees, model.n_features)
    is_leaf = fields["left_children"] == NO_CHILD
    values = np.where(is_leaf, fields["split_conditions"], 0).astype(np.float32)
    if weights is not None:
        if in_place and is_nested:
            base = np.repeat(model.base[groups[order]], sizes)
            values = (values + base) - base
        values *= np.repeat(weights[order], sizes)
    if not np.isfinite(values).all():
        raise unsupported("values of leaves that are not finite")
    splits = splits_of(trees, fields, inner.charge)
    fields |= {"value": np.where(is_leaf, values, 0), "split": splits.split}
    fields, sizes = _without_deleted(fields, sizes)
    forest: Any = Forest(Trees(_nodes(fields, sizes, splits), model.n_features), fields["value"][:, np.newaxis])
    return Boosted(forest, splits)


def _weights(booster: Document, inner: Document, n_trees: int) -> Singles | None:
    """Return the weights of a dart's trees: beside the trees until 3.2, in the booster in 3.3, in the model since."""
    for place in (booster, inner):
        if place.has("weight_drop") and place.length("weight_drop"):
            return place.floats("weight_drop", n_trees).astype(np.float32)
    if booster.text("name") == "dart":
        raise booster.damaged("lacks the weights of its trees")
    return None


def _count(inner: Document, model: Model, rounds: int | None, n_trees: int) -> int:
    """Return how many trees the first rounds have: `LayerToTree`."""
    if rounds is None:
        return n_trees
    if inner.has("iteration_indptr"):
        ends = inner.integers("iteration_indptr")
        count = int(ends[rounds]) if rounds < len(ends) else -1
    else:  # until 1.7
        parallel = inner.part("gbtree_model_param").whole("num_parallel_tree", at_most=MOST_TREES)
        count = rounds * max(parallel, 1) * model.outputs
    if not 0 <= count <= n_trees:
        raise inner.damaged("has fewer rounds than its best is")
    return count


def _order(groups: Integers, outputs: int) -> Integers:
    """Return the order of trees in which each output has every so manyth, in its own order."""
    if not len(groups):
        raise unsupported("no trees")
    if not 0 <= groups.min() <= groups.max() < outputs:
        raise DamagedPickle("A tree of the file's booster is of a class or target that there is not.")
    counts = np.bincount(groups, minlength=outputs)
    if (counts != counts[0]).any():
        raise unsupported("more trees for one class or target than for another")
    order: Integers = np.argsort(groups, kind="stable").reshape(outputs, -1).T.ravel()
    return order


def _joined(trees: list[Document], n_features: int) -> tuple[Fields, Integers]:
    """Return the fields of the nodes, one tree after the other, and how many nodes each tree has."""
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in (*WHOLE, "split_conditions")}
    sizes = []
    for tree in trees:
        size = tree.length("left_children")
        _check_tree(tree.part("tree_param"), size, n_features)
        tree.charge(BYTES_OF_A_NODE * size)
        for name in WHOLE:
            columns[name].append(tree.integers(name, size))
        columns["split_conditions"].append(tree.floats("split_conditions", size).astype(np.float32))
        sizes.append(size)
    return {name: np.concatenate(parts) for name, parts in columns.items()}, np.array(sizes)


def _check_tree(parameters: Document, size: int, n_features: int) -> None:
    _refuse_several(parameters)
    if not size or parameters.whole("num_nodes", at_most=MOST_TREES) != size:
        raise parameters.damaged("has not as many nodes as it says")
    if parameters.whole("num_feature", at_most=MOST_FEATURES) != n_features:
        raise parameters.damaged("is of another number of features")


def _refuse_several(parameters: Document) -> None:
    # One number for each leaf is written as 0 until 1.7.
    if parameters.whole("size_leaf_vector", at_most=MOST_OUTPUTS) > 1:
        raise unsupported("trees of several targets each", 'Fit it with multi_strategy="one_output_per_tree".')


def _without_deleted(fields: Fields, sizes: Integers) -> tuple[Fields, Integers]:
    """Leave out the leaves that pruning cut off, which stay in the file."""
    left, right = fields["left_children"], fields["right_children"]
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    within = np.repeat(sizes, sizes)
    is_kept = left != NO_CHILD
    is_kept[np.cumsum(sizes) - sizes] = True
    for children in (left, right):
        is_child = (children > 0) & (children < within)
        is_kept[starts[is_child] + children[is_child]] = True
    if is_kept.all():
        return fields, sizes
    number = np.cumsum(is_kept) - 1
    moved = number - number[starts]
    result = {name: values[is_kept] for name, values in fields.items()}
    for name, children in (("left_children", left), ("right_children", right)):
        is_child = (children > 0) & (children < within)
        at = np.where(is_child, starts + children, 0)
        result[name] = np.where(is_child, moved[at], children)[is_kept]
    return result, np.add.reduceat(is_kept.astype(np.int64), np.cumsum(sizes) - sizes)


def _nodes(fields: Fields, sizes: Integers, splits: Splits) -> Nodes:
    has_splits = bool(splits.named)
    # A row goes left where x < threshold, which is x <= the next number below it.
    threshold = np.nextafter(fields["split_conditions"], np.float32(-np.inf)).astype(np.float64)
    return Nodes(
        sizes=sizes,
        left=fields["left_children"],
        right=fields["right_children"],
        feature=fields["split_indices"],
        threshold=threshold,
        missing_left=fields["default_left"] != 0,
        split=fields["split"] if has_splits else None,
        goes_left=splits.goes_left if has_splits else None,
    )

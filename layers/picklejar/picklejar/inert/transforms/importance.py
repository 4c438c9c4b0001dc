"""How important each feature is to an estimator: by coefficients, or by what its trees gained."""

from __future__ import annotations

import numpy as np

from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.state import Floats, State

TREE = "sklearn.tree._tree.Tree"
# Its importance, with what is computed of it on the way.
BYTES_OF_A_FEATURE = 20
FIELDS = ("left_child", "right_child", "feature", "impurity", "weighted_n_node_samples")


def importances(estimator: State, getter: str, n: int) -> Floats:
    """Return coef_, (n,) or (targets, n), or feature_importances_, (n,), of a fitted estimator's state.

    Raises UnsupportedEstimator if it has neither.
    """
    if getter != "feature_importances_" and estimator.has("coef_"):
        return estimator.floats("coef_", (n,), (None, n))
    if getter != "coef_":
        # How many features there are is a number of the file's, and no array of their own has to bear it out.
        estimator.charge(BYTES_OF_A_FEATURE * n)
        if estimator.has("tree_"):
            return _normal(_of_tree(estimator.part("tree_", TREE), n))
        if ".ensemble._forest." in estimator.class_name:
            return _of_trees(estimator, n, normal=True)
        if ".ensemble._gb." in estimator.class_name:
            return _of_trees(estimator, n, normal=False)
    raise estimator.unsupported(f"importances by {getter}, where columns are selected by them")


def _of_trees(ensemble: State, n: int, *, normal: bool) -> Floats:
    total, count = np.zeros(n), 0
    for record in ensemble.sequence("estimators_"):
        tree = ensemble.part_of(record, *READ).part("tree_", TREE)
        if len(tree.structured("nodes", *FIELDS)) > 1:
            # One by one: they are as long as there are features, and a file may name one tree a thousand times.
            total += _normal(_of_tree(tree, n)) if normal else _of_tree(tree, n)
            count += 1
    if not count:
        return total
    total /= count
    return total / total.sum()


def _of_tree(tree: State, n: int) -> Floats:
    nodes = tree.structured("nodes", *FIELDS)
    splits = nodes[nodes["left_child"] != -1]
    left, right, feature = splits["left_child"], splits["right_child"], splits["feature"]
    if not len(nodes) or any(
        ((item < 0) | (item >= most)).any() for item, most in ((left, len(nodes)), (right, len(nodes)), (feature, n))
    ):
        raise tree.damaged("has nodes or features that there are not")
    share = nodes["weighted_n_node_samples"] * nodes["impurity"]
    gains = share[nodes["left_child"] != -1] - share[left] - share[right]
    # In the order of the nodes, as scikit-learn adds them.
    output: Floats = np.bincount(feature, weights=gains, minlength=n) / nodes["weighted_n_node_samples"][0]
    return output


def _normal(made: Floats) -> Floats:
    total = made.sum()
    return made / total if total > 0 else made

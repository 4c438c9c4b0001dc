"""Checks a file's trees before scikit-learn runs it, whose code follows a forged tree out of its memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from picklejar.errors import DamagedPickle, UnreadablePickle, UnsupportedEstimator
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.records import Lenient, Record, read_leniently
from picklejar.inert.reading.state import State
from picklejar.inert.reading.storage import AS_IT_IS, Given
from picklejar.inert.restorer import Restorer
from picklejar.inert.trees.decision import forest_of

TREE = "sklearn.tree._tree.Tree"
# The modules whose readers check trees, and where the fitted estimators that they read keep them.
READERS_OF_TREES = ("trees.",)
FITTED = {"tree_", "estimators_", "_predictors"}


def check_trees(data: bytes) -> bool:
    """Check every fitted tree, forest and boosting of the file; nothing in it runs.

    Returns False where the file has objects that no record can stand for. Raises DamagedPickle for a forged tree.
    """
    try:
        lenient = read_leniently(data)
    except UnreadablePickle:
        return False
    check_trees_of(lenient)
    return True


def check_trees_of(lenient: Lenient) -> None:
    """Check the trees in what `read_leniently` read; raises like `check_trees`."""
    records = list(records_in(lenient.value))
    restorer = _LenientRestorer(lenient.budget)
    for record in records:
        if record.name == TREE:
            _check_tree(record, restorer)
        elif READ.get(record.name, "").startswith(READERS_OF_TREES) and _is_fitted(record):
            _check_estimator(record, restorer)


class _LenientRestorer(Restorer):
    def estimator(self, record: Any, given: Given = AS_IT_IS) -> InertEstimator:
        if isinstance(record, Record) and record.name not in READ:
            raise UnsupportedEstimator(record.name)
        return super().estimator(record, given)


def records_in(whole: Any) -> Iterator[Record]:
    """Yield each record of a value once."""
    seen: set[int] = set()
    left: list[Any] = [whole]
    while left:
        item = left.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Record):
            yield item
            left += [item.args, item.state]
            for pair in item.items:
                left += pair
        elif isinstance(item, dict):
            left += [*item, *item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            left += item


def _is_fitted(record: Record) -> bool:
    # A forest keeps, beside its trees, one that never was fitted.
    return isinstance(record.state, dict) and not FITTED.isdisjoint(record.state)


def _check_estimator(record: Record, restorer: Restorer) -> None:
    try:
        restorer.estimator(record)
    except UnsupportedEstimator:
        # Of parameters, or with parts, that are not read; its trees are among the records.
        return


def _check_tree(record: Record, restorer: Restorer) -> None:
    try:
        n_features, classes, outputs = record.args
        most_classes = int(restorer.array(classes).max())
        # Where an estimator would keep it.
        holder = Record.__new__(type(record))
        holder.state = {"tree_": record}
        forest_of([State(holder, restorer)], n_features, outputs, most_classes)
    except (UnreadablePickle, MemoryError):
        raise
    except Exception as error:
        raise DamagedPickle("A tree of the file was made of other than numbers.") from error

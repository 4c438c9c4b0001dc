"""Turns a classifier's labels into the signature's own classes, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import InvalidDefinition
from picklejar.signature import Target
from picklejar.wording import Label, list_of, text_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The columns of an indicator matrix, as which several targets of two classes are learned.
INDICATED = (0, 1)


class Labels:
    """A classifier's answers as plain text, integers or booleans, exactly as the signature has them.

    The classifier's labels are NumPy's, sorted, and may be 1.0 where the signature has 1.
    """

    def __init__(self, classes: Sequence[Label], learned: NDArray[Any]) -> None:
        known = np.asarray(learned).tolist()
        if len(known) != len(classes) or set(known) != set(classes):
            raise InvalidDefinition(
                f"The classifier knows the classes {list_of(map(text_of, known))}, "
                f"and the signature {list_of(map(text_of, classes))}."
            )
        self._label = {label: label for label in classes}
        self._columns = [known.index(label) for label in classes]

    def plain(self, predicted: NDArray[Any]) -> list[Label]:
        return [self._label[label] for label in predicted.tolist()]

    def in_order(self, probabilities: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(probabilities, dtype=np.float64)[:, self._columns]


def classes_of_each(learned: Any, targets: int) -> list[NDArray[Any]]:
    """Return the classes that a classifier of so many targets learned of each, from its `classes_`.

    Those of several are a list of arrays, or one array that counts the columns of an indicator matrix. Where there are
    other targets than these, so many are returned as there are.
    """
    if isinstance(learned, list):
        return learned
    return [learned] if targets == 1 else [np.array(INDICATED)] * len(learned)


def labels_of(targets: Sequence[Target], learned: Any) -> list[Labels]:
    """Return the labels of each target from a classifier's `classes_`; raises InvalidDefinition for other classes."""
    each = classes_of_each(learned, len(targets))
    if len(each) != len(targets):
        raise InvalidDefinition(f"The classifier knows {len(each)} targets, and the signature {len(targets)}.")
    return [Labels(target.labels, classes) for target, classes in zip(targets, each, strict=True)]

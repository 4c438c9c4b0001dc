"""Turns a classifier's labels into the signature's own classes, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.errors import InvalidDefinition
from picklejar.wording import Label, list_of, text_of


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

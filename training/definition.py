"""A model's definition: everything its author decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from picklejar.errors import InvalidDefinition
from picklejar.signature import Signature

if TYPE_CHECKING:
    import pandas as pd  # for its type alone: `picklejar --help` does not wait for it


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One model.

    `read` turns the data set's file into a frame with a column for each feature, of the signature's type, and the
    target, a number or a class; None or NaN where missing. `estimator` returns a new, unfitted scikit-learn estimator,
    a classifier if the target has classes. It is fitted on a float array with the features in their order or, if a
    feature is a string, on a frame with these columns: numbers and booleans (1.0 and 0.0) float64 with NaN, strings
    with None.

    `test_size` is the share of rows held out for the test score; None fits on all rows. `limits` tell readers of the
    card what not to use the model for.
    """

    name: str
    title: str
    description: str
    signature: Signature
    data: Path
    read: Callable[[Path], pd.DataFrame]
    estimator: Callable[[], Any]
    test_size: float | None = 0.33
    seed: int = 42
    limits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.signature.further_targets:
            raise InvalidDefinition(
                f"{self.name} has several targets. What is trained here predicts one; fit it in a notebook, adopt it."
            )

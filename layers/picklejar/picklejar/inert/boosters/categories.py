"""The categories of a booster's features: as codes that callers send, or since XGBoost 3.1 by their values.

Source: src/encoder/ordinal.h and src/data/cat_container.cc.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import UnsupportedEstimator
from picklejar.inert.base.estimator import Matrix, refuse_cells
from picklejar.inert.boosters.document import Document
from picklejar.inert.reading.state import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

BYTES_OF_A_CATEGORY = 200
LONGEST_TEXT = 10_000
# Until 3.3 texts were cut where they have letters of several bytes: by their lengths in letters.
WHOLE_SINCE = (3, 4)
CATEGORY = "c"


@dataclass(frozen=True)
class Categories:
    """The values of a feature, texts or numbers, in the order of their codes; none where the file keeps codes alone."""

    values: dict[Any, int]


def categories_of(
    learner: Document, booster: Document, n_features: int, release: tuple[int, int]
) -> dict[int, Categories]:
    """Return the categories of each feature that has such, by its number."""
    types = learner.texts("feature_types") if learner.has("feature_types") else []
    if len(types) not in (0, n_features):
        raise learner.damaged("has not a type for each feature")
    result = {at: Categories({}) for at, kind in enumerate(types) if kind == CATEGORY}
    holder = booster.part("gbtree") if booster.has("gbtree") else booster
    model = holder.part("model")
    encoded = model.part("cats").parts("enc") if model.has("cats") else []
    if len(encoded) not in (0, n_features):
        raise model.damaged("has not the categories of each feature")
    for at, each in enumerate(encoded):
        values = _texts(each, release) if each.has("offsets") else each.floats("values").tolist()
        each.charge(BYTES_OF_A_CATEGORY * len(values))
        if values:
            result[at] = Categories({value: code for code, value in enumerate(values)})
        if values and len(result[at].values) != len(values):
            raise each.damaged("has a category twice")
    return result


def _texts(encoded: Document, release: tuple[int, int]) -> list[str]:
    """Return texts whose bytes stand one after the other."""
    offsets, raw = encoded.integers("offsets"), encoded.integers("values")
    if not len(offsets):
        return []
    ends = offsets.tolist()
    sizes = np.diff(offsets)
    if ends[0] != 0 or ends[-1] != len(raw) or (sizes < 0).any() or (sizes > LONGEST_TEXT).any():
        raise encoded.damaged("has categories whose bytes are not in it")
    if release < WHOLE_SINCE and ((raw < 0) | (raw > 127)).any():
        raise UnsupportedEstimator(
            "xgboost.core.Booster",
            "with categories beyond ASCII, which XGBoost 3.1 to 3.3 cuts in its files",
            "Fit it with XGBoost 3.4, or with an encoder before it.",
        )
    content = (raw & 0xFF).astype(np.uint8).tobytes()
    try:
        return [content[start:end].decode() for start, end in pairwise(ends)]
    except UnicodeDecodeError as error:
        raise encoded.damaged("has a category that is not a text") from error


def refuse_texts(X: Matrix, categories: dict[int, Categories]) -> None:
    """Refuse texts where the file keeps codes alone, as XGBoost does until 3.0; raises RowsRefused."""
    for at, each in categories.items():
        if X.dtype == object and not each.values:
            texts = np.array([[isinstance(value, str)] for value in X[:, at]])
            refuse_cells(
                texts, "type", "must be a category's code: files of XGBoost have its text since 3.1", first_column=at
            )


def coded(X: Matrix, categories: dict[int, Categories]) -> Matrix:
    """Return X, whose columns with texts or numbers for categories have their codes; raises RowsRefused."""
    known = {at: each.values for at, each in categories.items() if each.values}
    if not known:
        return X
    X = X.astype(object)
    for at, codes in known.items():
        X[:, at] = _codes(X[:, at], codes, at)
    return X


def _codes(column: NDArray[Any], codes: dict[Any, int], at: int) -> Floats:
    values = column.tolist()
    is_missing = np.array([value is None or value != value for value in values], dtype=np.bool_)
    found = [None if missing else codes.get(value) for value, missing in zip(values, is_missing, strict=True)]
    unknown = np.array([code is None for code in found], dtype=np.bool_) & ~is_missing
    # XGBoost refuses such, too: "Found a category not in the training set".
    refuse_cells(unknown[:, np.newaxis], "enum", "must be one of the categories it was trained with", first_column=at)
    return np.array([np.nan if code is None else code for code in found], dtype=np.float64)

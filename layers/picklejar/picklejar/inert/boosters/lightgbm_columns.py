"""The columns of a frame that a LightGBM model was fitted on, whose categories become their places in a list.

Source: python-package/lightgbm/basic.py (`_data_from_pandas`). The file has a list for each column of the type
category, yet not which columns these are: training was told that they are categories, unless somebody said otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import Matrix, as_floats
from picklejar.inert.boosters.lightgbm_text import LONGEST_NUMBER, ModelText
from picklejar.inert.reading.state import Floats, State

BYTES_OF_A_CATEGORY = 200


class Columns:
    """The categories of a frame's columns, by the columns' numbers; others are numbers."""

    def __init__(self, text: ModelText, booster: State) -> None:
        """Raise UnsupportedEstimator where the file does not tell which columns have categories."""
        self._codes: dict[int, dict[Any, int]] = {}
        if not booster.has("pandas_categorical"):
            return
        lists = booster.sequence("pandas_categorical")
        # Until 2.3 the parameters did not say it, and the infos do where no column was of no use.
        features = text.categorical or [at for at, info in enumerate(text.infos) if info[:1] not in ("[", "n")]
        if lists and len(lists) != len(features):
            raise booster.unsupported(
                "categories of a frame, and with no word of which columns have them,",
                "Fit it with unordered categories, and without categorical_feature.",
            )
        for feature, record in zip(features if lists else [], lists, strict=True):
            self._codes[feature] = _codes(record, text.infos[feature], booster)

    @property
    def have_texts(self) -> bool:
        """Whether a category is a text."""
        return any(isinstance(value, str) for codes in self._codes.values() for value in codes)

    def categories(self, column: int) -> list[Any] | None:
        return list(self._codes[column]) if column in self._codes else None

    def numbers(self, X: Matrix) -> Floats:
        """Return X with the places of categories; one that is unknown or missing is NaN."""
        if X.dtype == np.float64 and not self._codes:
            return X
        result = np.empty(X.shape)
        for at in range(X.shape[1]):
            column = X[:, at]
            codes = self._codes.get(at)
            if codes is not None:
                result[:, at] = [codes.get(value, np.nan) for value in column.tolist()]
            else:
                result[:, at] = column if column.dtype == np.float64 else _floats(X, at)
        return result


def _floats(X: Matrix, at: int) -> Floats:
    try:
        return as_floats(X[:, [at]])[:, 0]
    except RowsRefused as refused:
        raise refused.moved(at) from None


def _codes(record: Any, info: str, booster: State) -> dict[Any, int]:
    if type(record) not in (list, tuple):
        raise booster.damaged("has no list of a column's categories")
    booster.charge(BYTES_OF_A_CATEGORY * len(record))
    values = [booster.plain_of(value) for value in record]
    if not all(type(value) in (str, int, float, bool) for value in values):
        raise booster.unsupported("categories that are neither texts nor numbers")
    codes = {value: code for code, value in enumerate(values)}
    if len(codes) != len(values) or not _has_codes(info, len(values)):
        raise booster.unsupported("categories of a frame that do not go with its columns")
    return codes


def _has_codes(info: str, count: int) -> bool:
    """Return whether a feature's categories, as -1:0:2, are places in a list; one that was of no use has none."""
    numbers = info.split(":") if info.count(":") <= count else [""]
    return info == "none" or all(number == "-1" or _is_below(number, count) for number in numbers)


def _is_below(number: str, count: int) -> bool:
    return number.isdecimal() and len(number) <= LONGEST_NUMBER and int(number) < count

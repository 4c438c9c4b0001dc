"""Encoders of categories: sklearn/preprocessing/_encoders.py and _target_encoder.py.

Each column's values become codes (rows, n_features_in_), -1 for an unknown value; one table for all columns says what a
code stands for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import FLOAT32_TOLERANCE, Matrix
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.records import Record
from picklejar.inert.reading.state import EstimatorState, Floats, Integers, State
from picklejar.inert.reading.storage import Precision, Storage

if TYPE_CHECKING:
    from numpy.typing import NDArray

SINGLE = ("float32", "f4", "single")
# Beside its label: sorted, in tables, and as a column's number.
BYTES_OF_A_CATEGORY = 48
# A refusal names so many categories, and so many characters of each.
MOST_SHOWN, LONGEST_SHOWN = 20, 50
# Integers up to here are floats too, each its own.
LARGEST_INTEGER = 2**53


class Categories:
    """The categories of one column and the code of each value: `_map_to_integer` of utils/_encode.py.

    None and NaN are categories of their own, as scikit-learn has them: where one was learned, the other is unknown.
    """

    def __init__(self, state: State, record: Any) -> None:
        values = state.labels_of(record, "categories_")
        self._values = values
        self.count = len(values)
        # The numbers of other arrays have 64 bits at most.
        objects: Sequence[Any] | NDArray[Any] = values if values.dtype == object else ()
        if not self.count or any(type(value) is int and not -(2**63) <= value < 2**64 for value in objects):
            raise state.damaged("has no categories, or impossible ones")
        # scikit-learn puts NaN last.
        (last,) = values[-1:].tolist()
        self.has_nan = isinstance(last, float) and math.isnan(last)
        self._nan = self.count - 1
        self._sorted = _sorted(values[: self._nan] if self.has_nan else values)

    @cached_property
    def values(self) -> list[Any]:
        """The categories as Python's values."""
        return list(self._values.tolist())

    @cached_property
    def _codes(self) -> dict[Any, int]:
        return {value: code for code, value in enumerate(self.values)}

    def codes(self, column: list[Any]) -> Integers:
        """Return the codes of a column of any values; -1 for an unknown one."""
        output = np.fromiter(map(self._codes.get, column, repeat(-1)), np.int64, len(column))
        if self.has_nan and (unknown := np.flatnonzero(output < 0)).size:
            output[[at for at in unknown.tolist() if _is_nan(column[at])]] = self._nan
        return output

    def codes_of_floats(self, x: Floats) -> Integers:
        if self._sorted is None:
            return self.codes(x.tolist())
        output = np.minimum(np.searchsorted(self._sorted, x), len(self._sorted) - 1)
        output[self._sorted[output] != x] = -1
        if self.has_nan:
            output[np.isnan(x)] = self._nan
        return output

    def sentence(self) -> str:
        shown = [str(value)[:LONGEST_SHOWN] for value in self.values[:MOST_SHOWN]]
        more = self.count - len(shown)
        return f"must be one of {', '.join(shown)}" + (f" and {more} more" if more else "")


def _each(state: State, records: list[Any]) -> list[Categories]:
    """Return each column's categories, which columns share where they are one array of the file."""
    made: dict[Record, Categories] = {}
    for record in records:
        if not isinstance(record, Record):
            raise state.damaged("has no array of categories")
        if record not in made:
            made[record] = Categories(state, record)
        state.charge(BYTES_OF_A_CATEGORY * made[record].count)
    return [made[record] for record in records]


class Encoder(InertTransformer):
    """An encoder of categories_ by a table.

    A subclass gives, for each column, the answer to an unknown value and then to each category.
    """

    takes_text = takes_missing = True
    takes_sparse = False

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        state.refuse_precision(Precision.COMPUTED, Precision.SCALED, Precision.ROUNDED)
        self._categories = _each(state, state.sequence("categories_", self.n_features_in_))
        # The place in the table of each column's category 0, behind that for a value that is unknown.
        sizes = [item.count + 1 for item in self._categories]
        self._starts = np.cumsum([1, *sizes[:-1]])
        self._refuses_unknown = False
        self.precision = Precision.EXACT
        # Exact themselves, such codes are computed with in float32 by the steps behind.
        named = state.value("dtype", None)
        if state.global_name("dtype") == "numpy.float32" or (type(named) is str and named in SINGLE):
            self.tolerance = FLOAT32_TOLERANCE
            self.precision = Precision.SINGLE

    def places(self, X: Matrix) -> Integers:
        """Return the places in the table, of the shape of X; raises RowsRefused for refused unknown values."""
        codes = np.empty(X.shape[::-1], dtype=np.int64)
        if X.dtype == object:
            for at, column in enumerate(X.T.tolist()):
                codes[at] = self._categories[at].codes(column)
        else:
            for at, numbers in enumerate(X.T):
                codes[at] = self._categories[at].codes_of_floats(numbers)
        if self._refuses_unknown and (codes < 0).any():
            column = int(np.flatnonzero((codes < 0).any(axis=1))[0])
            rows = np.flatnonzero(codes[column] < 0).tolist()
            raise RowsRefused(rows, column, "enum", self._categories[column].sentence())
        output: Integers = codes.T + self._starts
        return output

    def categories(self, column: int) -> list[Any]:
        return self._categories[column].values

    def _grouped(self, state: EstimatorState, keeps_nan: bool) -> list[Integers | None]:
        if not state.flag("_infrequent_enabled", False):
            return [None] * self.n_features_in_
        output: list[Integers | None] = []
        records = state.sequence("_default_to_infrequent_mappings", self.n_features_in_)
        for record, categories in zip(records, self._categories, strict=True):
            size = categories.count - (keeps_nan and categories.has_nan)
            grouped = (
                record if record is None else state.integers_of(record, "_default_to_infrequent_mappings", (size,))
            )
            if grouped is not None and not (grouped.size and grouped.min() >= 0 and grouped.max() < size):
                raise state.damaged("groups into categories that do not exist")
            output.append(grouped)
        return output


class OneHot(Encoder):
    """A column of 0 and 1 for each category: `OneHotEncoder.transform`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if state.value("_legacy_mode", False):  # 0.20 and 0.21 had a second way, for whole numbers
            raise state.unsupported("whole numbers that are encoded as releases before 0.20 did,")
        self.takes_missing = not state.before("0.24")
        handle = state.choice("handle_unknown", "error", "ignore", "infrequent_if_exist", "warn")
        self._refuses_unknown = handle == "error"
        drops = self._drops(state)
        tables = []
        width = 0
        for categories, grouped, drop in zip(self._categories, self._grouped(state, False), drops, strict=True):
            codes = np.arange(categories.count) if grouped is None else grouped
            # The last of the groups is that of the infrequent ones.
            unknown = codes.max() if grouped is not None and handle in ("infrequent_if_exist", "warn") else -1
            table, columns = np.concatenate([[unknown], codes]), int(codes.max()) + 1
            if drop is not None:
                if type(drop) is not int or not 0 <= drop < columns:
                    raise state.damaged("drops a category that there is not")
                table, columns = np.where(table == drop, -1, table - (table > drop)), columns - 1
            tables.append(np.where(table < 0, -1, table + width))
            width += columns
        self.n_features_out = width
        self.answers = Storage.SPARSE if state.flag("sparse_output") else Storage.DENSE
        self._table = np.concatenate(tables)
        self._sources = np.repeat(np.arange(self.n_features_in_), [len(item) for item in tables])

    def transform(self, X: Matrix) -> Floats:
        columns = self._table[self.places(X)]
        output = np.zeros((len(X), self.n_features_out))
        cells = columns + np.arange(0, output.size or 1, self.n_features_out or 1)[: len(X), None]
        output.ravel()[cells[columns >= 0]] = 1.0
        return output

    def source(self, column: int) -> int:
        return int(self._sources[np.flatnonzero(self._table == column)[0]])

    def _drops(self, state: EstimatorState) -> Sequence[Any]:
        if not state.has("_drop_idx_after_grouping"):
            return [None] * self.n_features_in_
        return [state.plain_of(item) for item in state.sequence("_drop_idx_after_grouping", self.n_features_in_)]


class Ordinal(Encoder):
    """The code of each category: `OrdinalEncoder.transform`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self.takes_missing = not state.before("1.0")
        self._refuses_unknown = state.choice("handle_unknown", "error", "use_encoded_value") == "error"
        unknown = math.nan if self._refuses_unknown else _number(state, "unknown_value")
        missing = _number(state, "encoded_missing_value")
        tables = []
        for categories, grouped in zip(self._categories, self._grouped(state, True), strict=True):
            codes = np.arange(categories.count - categories.has_nan) if grouped is None else grouped
            tables.append(np.concatenate([[unknown], codes, [missing] * categories.has_nan]).astype(np.float64))
        self.n_features_out = self.n_features_in_
        self._table = np.concatenate(tables)

    def transform(self, X: Matrix) -> Floats:
        output: Floats = self._table[self.places(X)]
        return output

    def source(self, column: int) -> int:
        return column


class ByTarget(Encoder):
    """The mean of the target in each category, shrunk: `TargetEncoder._transform_X_ordinal`.

    With more than two classes, the columns of a feature are those of all classes.
    """

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        kind = state.choice("target_type_", "binary", "continuous", "multiclass")
        if state.has("classes_"):
            self.classes_ = state.labels("classes_")
        if kind == "multiclass":
            self._classes = len(state.labels("classes_"))
            means = state.floats("target_mean_", (self._classes,)).tolist()
        else:
            self._classes, means = 1, [state.number("target_mean_")]
        self.n_features_out = self.n_features_in_ * self._classes
        encodings = state.sequence("encodings_", self.n_features_out)
        tables = []
        for at, categories in enumerate(self._categories):
            shape = (categories.count,)
            of_feature = encodings[at * self._classes : (at + 1) * self._classes]
            known = [state.floats_of(item, "encodings_", shape) for item in of_feature]
            tables.append(np.array([[mean, *item] for mean, item in zip(means, known, strict=True)]).T)
        # (categories and unknown ones of all columns, classes)
        self._table = np.ascontiguousarray(np.concatenate(tables))

    def transform(self, X: Matrix) -> Floats:
        output: Floats = self._table[self.places(X)].reshape(len(X), self.n_features_out)
        return output

    def source(self, column: int) -> int:
        return column // self._classes


def _is_nan(value: Any) -> bool:
    # pandas' NA and NaT are no NaN to scikit-learn.
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _sorted(values: NDArray[Any]) -> Floats | None:
    if values.dtype.kind not in "fiub" or not len(values):
        return None
    floats = values.astype(np.float64)
    if (np.abs(floats) > LARGEST_INTEGER).any() and values.dtype.kind in "iu":
        return None
    return floats if (np.diff(floats) > 0).all() else None


def _number(state: EstimatorState, name: str) -> float:
    if state.value(name) is None:
        raise state.changed()
    return state.number_or_nan(name)

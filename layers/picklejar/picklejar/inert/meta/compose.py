"""Estimators in a row and side by side: sklearn/pipeline.py and sklearn/compose.

Over 250 lines, because each traces columns and refusals through the others.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import ALL_METHODS, InertEstimator, Matrix, NotDense
from picklejar.inert.base.transformer import InertTransformer, numbers_of
from picklejar.inert.reading.state import BYTES_OF_AN_ITEM, EstimatorState, Floats, WidthUnknown
from picklejar.inert.reading.storage import Given, Storage, joined
from picklejar.inert.transforms.elementwise import Elementwise

if TYPE_CHECKING:
    from numpy.typing import NDArray

PASSTHROUGH = (None, "passthrough")
# A column of X is asked for by name or index, so a file may ask for it more often than it is long.
MOST_COLUMNS = 2**22
# The numbers between two steps of a chain; more rows than that makes are answered in parts.
MOST_CELLS = 2**20


class Chain(InertTransformer):
    """Transformers in a row, with the last step's methods: `Pipeline`."""

    # The steps check for themselves.
    takes_text = takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        steps = [_pair(state, step)[1] for step in state.sequence("steps")]
        output: list[Any] = []
        known: list[Any] = []
        width = state.width or (_width(state, steps) if state.is_old else 0)
        given = Given(state.given, state.precision, width)
        for step in steps:
            output.append(None if _is_text(step, *PASSTHROUGH) else state.estimator_of(step, given))
            if output[-1] is not None:
                known.append(output[-1])
                given = Given(output[-1].answers, output[-1].precision, getattr(output[-1], "n_features_out", 0))
        if not known:
            raise state.unsupported("no step that does anything")
        for first, second in pairwise(known):
            width = getattr(first, "n_features_out", second.n_features_in_)
            if not hasattr(first, "transform") or width != second.n_features_in_:
                raise state.damaged("has a step that does not fit the one before it")
        self._last = output[-1]
        self.answers, self.precision, _ = given
        self._rows = max(1, MOST_CELLS // max(getattr(step, "n_features_out", step.n_features_in_) for step in known))
        self._transformers: list[Any] = known if self._last is None else known[:-1]
        self.n_features_in_, self.feature_names_in_ = known[0].n_features_in_, known[0].feature_names_in_
        self.is_of_texts = known[0].is_of_texts
        for name in ("n_features_out", "classes_"):
            # classes_ are the last step's, and what is passed through has none.
            if hasattr(known[-1], name) and (name != "classes_" or self._last is not None):
                setattr(self, name, getattr(known[-1], name))

    def __getattr__(self, name: str) -> Any:
        if name in ALL_METHODS and (name == "transform" if self._last is None else hasattr(self._last, name)):
            return partial(self._answer, name)
        raise AttributeError(name)

    def _answer(self, method: str, given: Any) -> Any:
        X = self.shaped(given)
        if len(X) <= self._rows:
            return self._answer_part(method, X, 0)
        parts = [self._answer_part(method, X[at : at + self._rows], at) for at in range(0, len(X), self._rows)]
        if isinstance(parts[0], list):  # of several outputs, each
            return [np.concatenate(of_one) for of_one in zip(*parts, strict=True)]
        return np.concatenate(parts)

    def _answer_part(self, method: str, X: Matrix, row: int) -> Any:
        output = X
        passed = 0
        try:
            for passed, transformer in enumerate(self._transformers):  # noqa: B007  where it stopped is said
                output = transformer.transform(output)
            passed = len(self._transformers)
            return output if self._last is None else getattr(self._last, method)(output)
        except RowsRefused as refused:
            if refused.column is None:
                raise refused.moved(None, row) from None
            column = self._traced(refused.column, passed)
            raise refused.moved(_outlier(X, refused.rows[0]) if column is None else column, row) from None

    def largest_term(self, X: Matrix) -> float:
        parts = (X[at : at + self._rows] for at in range(0, max(1, len(X)), self._rows))
        return max(self._largest_term(part) for part in parts)

    def _largest_term(self, X: Matrix) -> float:
        # Where a step's terms cancel, what it hands on is so much less exact, and with it the terms made of it.
        lost = 1.0
        for transformer in self._transformers:
            output = transformer.transform(X)
            if term := transformer.largest_term(X):
                largest = output.largest() if isinstance(output, NotDense) else np.abs(output).max(initial=0)
                lost *= max(1.0, term / (largest or term))
            X = output
        return 0.0 if self._last is None else lost * float(self._last.largest_term(X))

    def texts(self) -> frozenset[int]:
        first = [*self._transformers, self._last][0]
        return frozenset(first.texts())

    def ignored(self) -> frozenset[int]:
        first = [*self._transformers, self._last][0]
        return frozenset(first.ignored())

    def source(self, column: int) -> int | None:
        steps = len(self._transformers)
        if self._last is None:
            return self._traced(column, steps)
        last = self._last.source(column) if isinstance(self._last, InertTransformer) else None
        return None if last is None else self._traced(last, steps)

    def categories(self, column: int) -> list[Any] | None:
        for step in self._transformers:
            match: list[Any] | None = step.categories(column)
            if match is not None or not isinstance(step, InertTransformer):
                return match
            output = [at for at in range(step.n_features_out) if step.source(at) == column]
            if len(output) != 1:
                return None
            column = output[0]
        return None if self._last is None else self._last.categories(column)

    def _traced(self, column: int, step: int) -> int | None:
        traced: int | None = column
        for transformer in reversed(self._transformers[:step]):
            if traced is None or not isinstance(transformer, InertTransformer):
                return None
            traced = transformer.source(traced)
        return traced


class SideBySide(InertTransformer):
    """Transformers that each answer for some columns of X."""

    takes_text = takes_missing = True

    _parts: list[tuple[Any, Any, float | None]]

    def transform(self, X: Matrix) -> Matrix:
        output = [self._transformed(X, *part) for part in self._parts]
        if any(isinstance(part, NotDense) for part in output):
            from picklejar.inert.base.sparse_rows import side_by_side  # only texts come so

            return side_by_side(output)  # type: ignore[return-value]
        return np.concatenate(output, axis=1) if output else np.zeros((len(X), 0))

    def checked(self, given: Any) -> Matrix:
        return self.shaped(given)

    def source(self, column: int) -> int | None:
        for transformer, columns, _ in self._parts:
            if column < transformer.n_features_out:
                source = transformer.source(column)
                return None if source is None else _place(columns, source)
            column -= transformer.n_features_out
        return None

    def texts(self) -> frozenset[int]:
        return frozenset(_place(columns, at) for part, columns, _ in self._parts for at in part.texts())

    def ignored(self) -> frozenset[int]:
        ignored = set(range(self.n_features_in_))
        for transformer, columns, _ in self._parts:
            inner = transformer.ignored()
            ignored.difference_update(
                _place(columns, at) for at in range(transformer.n_features_in_) if at not in inner
            )
        # Of no column there would be no signature.
        return frozenset(ignored) if len(ignored) < self.n_features_in_ else frozenset()

    def categories(self, column: int) -> list[Any] | None:
        for transformer, columns, _ in self._parts:
            taken = range(columns.start, columns.stop) if isinstance(columns, slice) else columns.tolist()
            match: list[Any] | None = transformer.categories(taken.index(column)) if column in taken else None
            if match is not None:
                return match
        return None

    def _transformed(self, X: Matrix, transformer: Any, columns: Any, weight: float | None) -> Matrix:
        try:
            output: Matrix = transformer.transform(X[:, columns])
        except RowsRefused as refused:
            raise refused.moved(None if refused.column is None else _place(columns, refused.column)) from None
        if isinstance(output, NotDense):
            return output if weight is None else output * np.full(output.shape[1], float(weight))
        return output if weight is None else output * weight

    def _joined(self, state: EstimatorState, parts: list[tuple[str, Any, Any]]) -> None:
        weights = state.mapping("transformer_weights") if state.has("transformer_weights") else {}
        self._parts = []
        answers = []
        for name, transformer, columns in parts:
            if not isinstance(transformer, InertTransformer) or not hasattr(transformer, "n_features_out"):
                raise state.unsupported(f"a transformer, {name[:100]!r}, of which it is not known how wide it answers")
            weight = state.plain_of(weights.get(name))
            if weight is not None and type(weight) not in (int, float):
                raise state.damaged("weighs a transformer with something that is not a number")
            self._parts.append((transformer, columns, weight))
            storage = Storage.SPARSE_WITH_ZEROS if weight == 0 and transformer.answers else transformer.answers
            # A weight of float64 is rounded to float32 with what it weighs.
            precision = transformer.precision if weight in (None, 0, 1) else transformer.precision.scaled()
            answers.append(Given(storage, precision))
        self.n_features_out = sum(transformer.n_features_out for transformer, _, _ in self._parts)
        self.answers, self.precision, _ = joined(answers)
        if self.n_features_out > MOST_COLUMNS:
            raise state.unsupported(f"more than {MOST_COLUMNS:,} columns")


class ByColumns(SideBySide):
    """Each transformer for its own columns: `ColumnTransformer`, by `_transformer_to_input_indices`."""

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        if any(_triple(state, item)[0] == "remainder" for item in state.sequence("transformers")):
            raise state.unsupported("a transformer of its own that is called 'remainder'")
        triples = [_triple(state, item) for item in state.sequence("transformers_")]
        if state.before("1.0"):
            from picklejar.inert.meta.old_columns import columns_of

            indices = {name: columns_of(state, given, self.n_features_in_) for name, _, given in triples}
        else:
            indices = state.mapping("_transformer_to_input_indices")
        parts: list[tuple[str, Any, Any]] = []
        taken = 0
        for name, transformer, given in triples:
            columns = indices.get(name)
            if type(columns) is not list:
                raise state.damaged("does not say which columns a transformer takes")
            taken += len(columns)
            state.charge(BYTES_OF_AN_ITEM * len(columns))
            if taken > MOST_COLUMNS or not all(type(at) is int and 0 <= at < self.n_features_in_ for at in columns):
                raise state.damaged("gives a transformer columns that X does not have")
            # A transformer without columns was never fitted.
            if columns and not _is_text(transformer, "drop"):
                part = self._part(state, transformer, len(columns))
                if (type(given) in (str, int)) != part.is_of_texts:
                    shown = "the one-dimensional column" if type(given) in (str, int) else "a list of columns as texts"
                    raise state.unsupported(f"{shown} of {name[:100]!r}")
                parts.append((name, part, _compact(columns)))
        self._joined(state, parts)
        # scikit-learn decides at the fit, by how many numbers would be stored.
        if not state.flag("sparse_output_", False):
            self.answers = Storage.DENSE
        elif not self.answers:
            self.answers = Storage.SPARSE

    @staticmethod
    def _part(state: EstimatorState, transformer: Any, width: int) -> Any:
        if _is_text(transformer, *PASSTHROUGH):
            return Untouched(width, state)
        output = state.estimator_of(transformer, Given(state.given, state.precision, width))
        if output.n_features_in_ != width:
            raise state.damaged("gives a transformer another number of columns than it was fitted on")
        return output


class AllColumns(SideBySide):
    """Each transformer for all columns: `FeatureUnion`."""

    def __init__(self, state: EstimatorState) -> None:
        pairs = [_pair(state, item) for item in state.sequence("transformer_list")]
        dropped = ("drop", None) if state.before("0.24") else ("drop",)
        kept = [(name, item) for name, item in pairs if not _is_text(item, *dropped)]
        known = state.estimators_of([item for _, item in kept if not _is_text(item, *PASSTHROUGH)])
        if not known:
            raise state.unsupported("no transformer that does anything")
        self.n_features_in_, self.feature_names_in_ = known[0].n_features_in_, known[0].feature_names_in_
        if any(item.n_features_in_ != self.n_features_in_ for item in known):
            raise state.damaged("joins transformers of different numbers of features")
        self.is_of_texts = known[0].is_of_texts
        everything = slice(0, self.n_features_in_)
        untouched = Untouched(self.n_features_in_, state)
        made = iter(known)
        self._joined(
            state,
            [(name, untouched if _is_text(item, *PASSTHROUGH) else next(made), everything) for name, item in kept],
        )


class Untouched(InertTransformer):
    """Columns as they are: scikit-learn's 'passthrough'."""

    takes_text = takes_missing = True

    def __init__(self, width: int, state: EstimatorState) -> None:
        self.n_features_in_ = self.n_features_out = width
        self.answers, self.precision = state.given, state.precision
        self.feature_names_in_ = None

    def transform(self, X: Matrix) -> Matrix:
        return numbers_of(X)

    def checked(self, given: Any) -> Matrix:
        return self.shaped(given)

    def source(self, column: int) -> int:
        return column


class TransformedTarget(InertEstimator):
    """Regression of a transformed y: `TransformedTargetRegressor`."""

    takes_text = takes_missing = True

    def __init__(self, state: EstimatorState) -> None:
        self._regressor = state.estimator("regressor_")
        self.n_features_in_ = self._regressor.n_features_in_
        self.feature_names_in_ = self._regressor.feature_names_in_
        self._is_vector = state.integer("_training_dim", at_least=1, at_most=2) == 1
        self._transformer: Any = state.estimator("transformer_", Given(width=int(self._is_vector)))
        if not hasattr(self._regressor, "predict") or (self._is_vector and self._transformer.n_features_in_ != 1):
            raise state.damaged("has a regressor or a transformer that does not fit the target")
        if not hasattr(self._transformer, "inverse_transform"):
            raise state.unsupported("a transformer that is not read the other way round")

    def predict(self, X: Matrix) -> Floats:
        predicted = self._regressor.predict(X)
        columns = predicted.reshape(len(predicted), -1)
        if columns.shape[1] != self._transformer.n_features_in_:
            raise ValueError(f"The regressor predicts {columns.shape[1]} targets, and the transformer knows others.")
        missing = np.flatnonzero(~np.isfinite(columns).all(axis=1))
        if missing.size:
            raise RowsRefused(missing.tolist(), None, "finite", "The model has no finite answer for these values.")
        y: Floats = self._transformer.inverse_transform(columns)
        return y[:, 0] if self._is_vector else y

    def checked(self, given: Any) -> Matrix:
        return self.shaped(given)

    def largest_term(self, X: Matrix) -> float:
        # Through another transformer a term is no longer one of the answer.
        untouched = isinstance(self._transformer, Elementwise) and self._transformer.is_identity
        return float(self._regressor.largest_term(X)) if untouched else 0.0

    def ignored(self) -> frozenset[int]:
        ignored: frozenset[int] = self._regressor.ignored()
        return ignored

    def categories(self, column: int) -> list[Any] | None:
        categories: list[Any] | None = self._regressor.categories(column)
        return categories


def _width(state: EstimatorState, steps: list[Any]) -> int:
    """Return how wide X is where an older file does not say it of the first steps, which leave columns as they are."""
    for place, step in enumerate(step for step in steps if not _is_text(step, *PASSTHROUGH)):
        try:
            match = state.estimator_of(step)
        except WidthUnknown:
            continue
        return int(match.n_features_in_) if place else 0
    return 0


def _place(columns: Any, column: int) -> int:
    return columns.start + column if isinstance(columns, slice) else int(columns[column])


def _compact(columns: list[int]) -> slice | NDArray[np.int64]:
    if columns == [*range(columns[0], columns[0] + len(columns))]:
        return slice(columns[0], columns[0] + len(columns))
    return np.array(columns)


def _outlier(X: Matrix, row: int) -> int:
    sizes = [abs(value) if isinstance(value, float | int) else 0 for value in X[row].tolist()]
    return max(range(len(sizes)), key=lambda column: np.inf if sizes[column] != sizes[column] else sizes[column])


def _is_text(value: Any, *texts: str | None) -> bool:
    return (value is None or type(value) is str) and value in texts


def _pair(state: EstimatorState, given: Any) -> tuple[str, Any]:
    if type(given) not in (tuple, list) or len(given) != 2 or type(given[0]) is not str:
        raise state.damaged("has something that is not a step where one is expected")
    return given[0], given[1]


def _triple(state: EstimatorState, given: Any) -> tuple[str, Any, Any]:
    if type(given) not in (tuple, list) or len(given) != 3 or type(given[0]) is not str:
        raise state.damaged("has something that is not a transformer with its columns where one is expected")
    return given[0], given[1], state.plain_of(given[2])

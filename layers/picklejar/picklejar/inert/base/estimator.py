"""What every inert estimator has: its features, and the checks of X before each method."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.errors import RowsRefused
from picklejar.inert.reading.state import EstimatorState, Floats
from picklejar.inert.reading.storage import Precision, Storage

if TYPE_CHECKING:
    from numpy.typing import NDArray

# X: 2-D, float64; or of objects, where a feature is text: numbers, texts, truth values, None for missing ones.
type Matrix = NDArray[Any]
# What computes in float64 differs from scikit-learn by the order of its additions.
TOLERANCE = 1e-12
# What scikit-learn computes in float32 is known to seven digits.
FLOAT32_TOLERANCE = 1e-6
# Where X changes by no more than its last digits, an answer that changes by more than this leaps.
LEAST_LEAP = 1e-6
# Where an answer may change by nearly so much for `TOLERANCE`, it does for rounding by less than this.
STEEP_TOLERANCE = 1e-9
SHARES_ROUNDING = 4e-16
ROUNDING = 1e-15
# So few are looked at faster one by one, in Python, than NumPy is called.
FEW_NUMBERS = 32
METHODS = ("predict", "predict_proba", "decision_function", "transform")
# The last of what tells outliers alone; others that have it in scikit-learn, as PCA, are not asked for it.
ALL_METHODS = (*METHODS, "score_samples")


def available_if(condition: Callable[[Any], bool]) -> Callable[[Callable[[Any, Matrix], Any]], property]:
    """Return a decorator for one of `ALL_METHODS` that exists only where the condition holds."""

    def decorate(method: Callable[[Any, Matrix], Any]) -> property:
        checked = _checked(method)

        def get(self: InertEstimator) -> Callable[[Any], Any]:
            if not condition(self):
                raise AttributeError(f"This {type(self).__name__} has no {method.__name__}.")
            return partial(checked, self)

        return property(get, doc=method.__doc__)

    return decorate


class NotDense:
    """What stands for an array of numbers without being one; estimators without `reads_sparse` are given `dense()`."""

    shape: tuple[int, int]

    def dense(self) -> Floats:
        """Return the array, of shape (rows, columns)."""
        raise NotImplementedError

    def check_finite(self) -> None:
        """Raise RowsRefused for rows with a number that is not finite."""
        raise NotImplementedError

    def largest(self, weights: Floats | float = 1.0) -> float:
        """Return the largest number, without its sign, each times its column's weight."""
        raise NotImplementedError

    def normalized(self, norm: str) -> NotDense:
        """Return each row divided by its norm: 'l1', 'l2' or 'max'."""
        raise NotImplementedError


class InertEstimator:
    """The parameters of a fitted estimator, and NumPy code that predicts from them.

    A subclass reads its state in `__init__` and defines those of `ALL_METHODS` that its original has. Each takes X of
    shape (rows, n_features_in_), checked as scikit-learn checks it, and returns what scikit-learn would: `predict`
    (rows,) or (rows, targets); `predict_proba` (rows, classes); `decision_function` (rows, classes), or (rows,) of the
    second of two classes; `transform` (rows, columns); `score_samples` (rows,), lower for what is more of an outlier.
    """

    # Whether text may stand in X, and is then handed over as an array of objects; of the class or, where it depends on
    # parameters, of the object.
    takes_text: bool = False
    # Whether NaN may stand in X. Infinite numbers never may, as in scikit-learn.
    takes_missing: bool = False
    # Whether scikit-learn lets X be sparse; of the class or of the object.
    takes_sparse: bool = True
    # Whether X may come as `NotDense`; of the class or of the object.
    reads_sparse: bool = False
    # Whether X is a list of texts in scikit-learn; here it is their column, of shape (rows, 1).
    is_of_texts: bool = False
    # How scikit-learn would store what `transform` answers.
    answers: Storage = Storage.DENSE
    # How near that is to it.
    precision: Precision = Precision.EXACT
    # By how much a number may differ from scikit-learn's, relative to the largest answer or, where that is larger, the
    # largest term summed. The restorer gives a whole the tolerance of its least exact part.
    tolerance: float = TOLERANCE

    def __init__(self, state: EstimatorState) -> None:
        self.n_features_in_ = state.n_features
        self.precision = state.precision.computed()
        self.feature_names_in_: NDArray[Any] | None = None
        if state.has("feature_names_in_"):
            self.feature_names_in_ = state.labels("feature_names_in_", self.n_features_in_)

    def __init_subclass__(cls) -> None:
        for name in ALL_METHODS:
            if name in vars(cls) and callable(vars(cls)[name]):
                setattr(cls, name, _checked(vars(cls)[name]))
        if "largest_term" in vars(cls):
            setattr(cls, "largest_term", _of_dense(vars(cls)["largest_term"]))  # noqa: B010  as above

    def checked(self, given: Any) -> Matrix:
        """Return X as the methods want it.

        Raises:
            ValueError: X is not 2-D, or has other features.
            RowsRefused: scikit-learn has no answer for a value; names the rows and the column.
        """
        X = self.shaped(given)
        if isinstance(X, NotDense):
            X.check_finite()
            return X
        if self.takes_text and X.dtype == object:
            if not self.takes_missing:
                self._refuse(X != X)
            return X
        if X.dtype != np.float64:
            X = as_floats(X)
        if not _are_finite(X):
            self._refuse(np.isinf(X) if self.takes_missing else ~np.isfinite(X))
        return X

    def largest_term(self, X: Matrix) -> float:  # noqa: ARG002  what a subclass sums
        """Return the largest term, without its sign, that an answer to X is the sum of; 0 where that is not larger."""
        return 0.0

    def categories(self, column: int) -> list[Any] | None:  # noqa: ARG002  what a subclass asks
        """Return the categories that an encoder learned for a column of X, or None."""
        return None

    def texts(self) -> frozenset[int]:
        """Return the columns of X that are texts of any length, whose words are counted."""
        return frozenset()

    def ignored(self) -> frozenset[int]:
        """Return the columns of X that no answer depends on, as those that are dropped."""
        return frozenset()

    def shaped(self, given: Any) -> Matrix:
        """Return X as a 2-D array with the right columns, values unchecked; raises ValueError."""
        X: Matrix = given if type(given) is np.ndarray else self._array(given)
        if X.ndim != 2 or X.shape[1] != self.n_features_in_:
            raise ValueError(f"X has the shape {X.shape}; it must be (rows, {self.n_features_in_}).")
        return X.astype(object) if X.dtype.kind == "U" else X

    def _array(self, X: Any) -> Matrix:
        if isinstance(X, NotDense):
            return X  # type: ignore[return-value]
        columns = getattr(X, "columns", None)
        if columns is not None and self.feature_names_in_ is not None and [*columns] != [*self.feature_names_in_]:
            raise ValueError(f"X has the columns {[*columns]}; they must be {[*self.feature_names_in_]}.")
        result: Matrix = np.asarray(X)
        # NumPy would turn a row's numbers into text where one of its values is text.
        return np.asarray(X, dtype=object) if result.dtype.kind in "US" else result

    def _refuse(self, refused: NDArray[Any]) -> None:
        refuse_cells(refused, "finite", f"must be {'finite' if self.takes_missing else 'finite, and not missing'}")


def _are_finite(X: Floats) -> bool:
    # A sum that is finite has no part that is not.
    return (X.size <= FEW_NUMBERS and math.isfinite(sum(X.ravel().tolist()))) or bool(np.isfinite(X).all())


def refuse_cells(refused: NDArray[Any], rule: str, sentence: str, *, first_column: int = 0) -> None:
    """Raise RowsRefused for the rows of the first column that has a refused cell, if one has.

    `refused`, (rows, columns), begins at `first_column` of X.
    """
    if refused.any():
        column = int(np.flatnonzero(refused.any(axis=0))[0])
        raise RowsRefused(np.flatnonzero(refused[:, column]).tolist(), first_column + column, rule, sentence)


def refuse_leaps(answer: Callable[[Floats], Floats], X: Floats, sizes: Floats, sentence: str) -> None:
    """Refuse rows for which an answer leaps where X, computed before, is changed by its last digits.

    X has the shape (rows, columns), and `sizes` (columns,) are those of the numbers near which the answer leaps.
    """
    # What is left where terms cancel is only as exact as these.
    reach = TOLERANCE * np.maximum(np.abs(X), sizes) + ROUNDING * np.fmax.reduce(np.abs(X), axis=1, keepdims=True)
    # Among them may be columns that nothing was added to, mostly of whole numbers.
    leaps = (np.rint(X) != X) & (np.abs(answer(X + reach) - answer(X - reach)) > LEAST_LEAP).reshape(X.shape)
    if leaps.any():
        raise RowsRefused(np.flatnonzero(leaps.any(axis=1)).tolist(), None, "tie", sentence)


class Ties:
    """What is done where only rounding tells two labels apart whose scores are sums, X @ coef + offset.

    Of an X that is sparse in scikit-learn, SciPy adds one stored number after the other, and these sums are computed as
    it does. Of one that is in float32 there, they are not known, and the rows are refused.
    """

    def __init__(self, state: EstimatorState) -> None:
        self._is_sparse = state.given != Storage.DENSE
        self._is_single = state.precision >= Precision.SCALED

    def settle(self, scores: Floats, X: Floats, coef: Floats, offset: Any) -> None:
        """Change such rows of `scores`, (rows,) or (rows, classes), in place, or raise RowsRefused."""
        if not len(scores) or not (self._is_sparse or self._is_single):
            return
        if isinstance(X, NotDense) and not self._is_single:  # added one after the other already
            return
        columns = scores[:, None] if scores.ndim == 1 else scores
        weights = coef.reshape(len(coef), -1)
        with np.errstate(invalid="ignore", over="ignore"):
            terms = abs(X) @ np.abs(weights)
            sizes = (terms + np.abs(offset)).max(axis=1)
            second, first = np.partition(columns, -2, axis=1)[:, -2:].T if columns.shape[1] > 1 else (0, columns[:, 0])
            reach = FLOAT32_TOLERANCE if self._is_single else TOLERANCE
            # Of a row of zeros the scores are the offsets themselves.
            near = (np.abs(first - second) <= reach * sizes) & (terms > 0).any(axis=1)
            close = np.flatnonzero(near).tolist()
        if close and self._is_single:
            raise RowsRefused(close, None, "tie", "Several classes score alike, and only rounding tells them apart.")
        for row in close:
            stored = np.flatnonzero(X[row])
            terms = X[row, stored, None] * weights[stored]
            columns[row] = (np.cumsum(terms, axis=0)[-1] if len(stored) else 0.0) + offset


def refuse_equal_shares(raw: Floats) -> None:
    """Refuse rows whose highest two of `raw`, (rows, classes), may be equal once they are probabilities.

    Earlier releases of scikit-learn looked for the highest of these; then of equals the first wins.
    """
    second, first = np.partition(raw, -2, axis=1)[:, -2:].T
    apart = first - second
    tied = np.flatnonzero((apart > 0) & (apart <= SHARES_ROUNDING * np.maximum(1, np.abs(raw).max(axis=1))))
    if tied.size:
        raise RowsRefused(tied.tolist(), None, "tie", "Two labels are equally probable but for rounding.")


def refuse_one_class(state: EstimatorState, classes: NDArray[Any]) -> None:
    """Refuse a classifier that was fitted on rows of one class, and has no parameters to tell it from others."""
    if len(classes) == 1:
        raise state.unsupported("a single class")


def _checked(method: Callable[[Any, Matrix], Any]) -> Callable[[Any, Any], Any]:
    @wraps(method)
    def checked(self: InertEstimator, X: Any) -> Any:
        if isinstance(X, NotDense) and not self.reads_sparse:
            X = X.dense()
        return method(self, self.checked(X))

    return checked


def _of_dense(largest_term: Callable[[Any, Matrix], float]) -> Callable[[Any, Matrix], float]:
    @wraps(largest_term)
    def of_dense(self: InertEstimator, X: Matrix) -> float:
        return largest_term(self, X.dense() if isinstance(X, NotDense) and not self.reads_sparse else X)

    return of_dense


def as_floats(X: Matrix) -> Floats:
    """Return X as float64, None as NaN; raises RowsRefused."""
    try:
        return X.astype(np.float64)
    except (TypeError, ValueError):
        refused = np.array([[_is_no_number(value) for value in row] for row in X])
    column = int(np.flatnonzero(refused.any(axis=0))[0])
    raise RowsRefused(np.flatnonzero(refused[:, column]).tolist(), column, "type", "must be a number")


def _is_no_number(value: Any) -> bool:
    try:
        float(np.nan if value is None else value)
    except (TypeError, ValueError):
        return True
    return False

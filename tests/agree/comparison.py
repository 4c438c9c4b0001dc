"""Compares an inert estimator with the fitted original, method by method and row by row."""

from __future__ import annotations

import io
import pickle
import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar import inert
from picklejar.errors import RowsRefused, UnsupportedEstimator
from picklejar.inert.base.composite import Composite
from picklejar.inert.base.estimator import ALL_METHODS, FLOAT32_TOLERANCE
from picklejar.inert.meta.compose import Chain
from picklejar.inert.transforms.splines import FILLED

# What scikit-learn says where parts that it lets together do not fit: one answers with (rows, 1) where (rows,) is
# wanted, with objects beside sparse columns, with an array of no columns where a frame of none is taken, with truth
# values of which one is missing where numbers are wanted, or with numbers that were fitted as objects; or numpy cuts
# objects to integers, of which one is missing. No value is refused.
BROKEN = (
    "NoneType",
    "ufunc 'isnan' not supported",
    "Found array with 0 feature(s)",
    "could not broadcast",
    "scipy.sparse does not support dtype object",
    "loop of ufunc does not support",
    "cannot convert float NaN to integer",
)


class Outcome(NamedTuple):
    """What a comparison found: one sentence for each difference, or why nothing was compared."""

    differences: list[str]
    compared: int = 0
    refused: str = ""
    classes: frozenset[str] = frozenset()


class _OfTexts:
    """An original that takes a list of texts, asked about their column."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._original, name)
        return (lambda X: found(X[:, 0])) if name in ALL_METHODS else found


class _Naming(pickle.Unpickler):
    """Loads a pickle and keeps the names of its globals."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.names: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


def compare(fitted: Any, asked: NDArray[Any], protocol: int) -> Outcome:
    """Return how the inert reading of `fitted` answers `asked`, beside its original."""
    data = pickle.dumps(fitted, protocol)
    naming = _Naming(data)
    original = naming.load()
    classes = frozenset(naming.names)
    try:
        read = inert.loads(data)
    except UnsupportedEstimator as error:
        return Outcome([], refused=error.reason, classes=classes)
    except Exception as error:
        if not _has_answers(original, asked):
            return Outcome([], refused="scikit-learn has no finite answer either", classes=classes)
        return Outcome([f"loads: {type(error).__name__}: {error}"], classes=classes)
    if read.is_of_texts:
        original = _OfTexts(original)
    differences, compared = [], 0
    for method in ALL_METHODS:
        if hasattr(read, method) and hasattr(original, method):
            compared += len(asked)
            differences += _of_method(read, original, method, asked)
    return Outcome(differences, compared, classes=classes)


def _of_method(read: Any, original: Any, method: str, asked: NDArray[Any]) -> list[str]:
    if not read.takes_text:
        asked = _numbers(asked)
    theirs = _answer(original, method, asked)
    if _wants_float32(theirs):
        # The answer that there is: of the numbers it was fitted on.
        asked = asked.astype(np.float32).astype(np.float64)
        theirs = _answer(original, method, asked.astype(np.float32))
    ours = _answer(read, method, asked)
    if asked.dtype == object:
        broken = isinstance(theirs, TypeError) or isinstance(ours, TypeError) or getattr(ours, "rule", "") == "type"
        if broken and _has_truth(asked):
            return []  # a function of numpy, asked for truth values, which `adopt` refuses
        if isinstance(theirs, TypeError | ZeroDivisionError):
            # A function of numpy knows no objects; it is asked by a frame, each of whose columns has a type of its own.
            frame = pd.DataFrame(asked.tolist(), columns=getattr(original, "feature_names_in_", None))
            theirs = _answer(original, method, frame)
    if isinstance(ours, RowsRefused) and not isinstance(theirs, Exception):
        # A refusal names its rows; the others are still answered, and compared.
        left = np.setdiff1d(np.arange(len(asked)), ours.rows)
        if (ours.rule != "tie" and ours.sentence != FILLED) or len(left) == len(asked):
            return [f"{method}: refuses rows that scikit-learn answers: {ours}"]
        return _of_method(read, original, method, asked[left]) if len(left) else []
    return [f"{method}: {found}" for found in _of_answers(read, original, method, asked, ours, theirs)]


def _of_answers(read: Any, original: Any, method: str, asked: NDArray[Any], ours: Any, theirs: Any) -> list[str]:
    if isinstance(theirs, Exception):
        if isinstance(ours, Exception) or isinstance(theirs, IndexError) or any(say in str(theirs) for say in BROKEN):
            return []
        return [f"answers where scikit-learn says {type(theirs).__name__}: {str(theirs)[:120]}"]
    if method == "predict" and theirs.ndim > 2:  # broken in the same way
        return []
    if isinstance(ours, Exception):
        return [f"{type(ours).__name__}: {str(ours)[:120]}"]
    return _difference(read, original, method, asked, ours, theirs)


def _has_truth(asked: NDArray[Any]) -> bool:
    return any(isinstance(value, bool) for value in asked.flat)


def _has_answers(original: Any, asked: NDArray[Any]) -> bool:
    """Return whether scikit-learn has an answer to any row that is not NaN or infinite."""
    for method in ALL_METHODS:
        answer = _answer(original, method, asked) if hasattr(original, method) else None
        if isinstance(answer, np.ndarray) and (answer.dtype.kind not in "fc" or np.isfinite(answer).any()):
            return True
    return False


def _wants_float32(answer: Any) -> bool:
    """Return whether an estimator that was fitted on float32 cannot be asked in float64: KMeans."""
    return isinstance(answer, ValueError) and "Buffer dtype mismatch" in str(answer)


def _numbers(asked: NDArray[Any]) -> NDArray[Any]:
    """Return what a frame's columns of numbers are, in which None is NaN; with a text among them, what was asked."""
    if asked.dtype != object or any(isinstance(value, str) for value in asked.flat):
        return asked
    return asked.astype(np.float64)


def _answer(estimator: Any, method: str, asked: NDArray[Any]) -> Any:
    """Return an answer as an array, or the exception raised instead."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            answer = getattr(estimator, method)(asked)
        except Exception as error:
            return error
    if isinstance(answer, list):  # of several targets, one array each
        return np.concatenate(answer, axis=1)
    for method in ("toarray", "dense"):
        if hasattr(answer, method):
            return getattr(answer, method)()
    return np.asarray(answer)


def _difference(
    read: Any, original: Any, method: str, asked: NDArray[Any], ours: NDArray[Any], theirs: NDArray[Any]
) -> list[str]:
    if ours.shape != theirs.shape:
        return [f"shape {ours.shape} instead of {theirs.shape}"]
    if theirs.dtype.kind not in "fiu" or (method == "predict" and hasattr(original, "classes_")):
        unlike = ours != theirs
        if theirs.dtype == object:
            if ours.dtype != object:  # read as numbers, of which a missing one is NaN
                unlike &= ~((ours != ours) & np.equal(theirs, None))
            unlike &= ~((ours != ours) & (theirs != theirs))
            unlike &= ~_near(ours, theirs, read.tolerance)
        rows = np.flatnonzero(unlike.reshape(len(unlike), -1).any(axis=1))
        rows = [row for row in rows if _is_settled(original, method, asked, int(row), theirs)]
        return [f"{len(rows)} of {len(ours)} labels; row {rows[0]}"] if rows else []
    theirs, ours = theirs.astype(float), ours.astype(float)
    with np.errstate(all="ignore"):
        finite = np.isfinite(theirs)
        if not np.array_equal(finite, np.isfinite(ours)) or not np.array_equal(
            theirs[~finite], ours[~finite], equal_nan=True
        ):
            rows = np.flatnonzero((finite != np.isfinite(ours)).reshape(len(ours), -1).any(axis=1))
            return [f"finite where scikit-learn is not, or the reverse, in {len(rows)} rows"]
        largest = max(np.abs(theirs[finite]).max(initial=0), _largest_term(read, method, asked))
        tolerance = read.tolerance
        apart = np.abs(ours - theirs)[finite].max(initial=0)
    if apart > tolerance * largest:
        return [f"{apart / largest if largest else np.inf:.1e} apart, of {largest:.3g}; {tolerance:g} is tolerated"]
    return []


def _near(ours: NDArray[Any], theirs: NDArray[Any], tolerance: float) -> NDArray[np.bool_]:
    """Return where both of two arrays of objects have a float, and nearly the same beside the largest."""
    near = np.zeros(theirs.shape, dtype=bool)
    largest = max((abs(value) for value in theirs.flat if isinstance(value, float) and value == value), default=0.0)
    for at in np.ndindex(theirs.shape):
        if isinstance(ours[at], float) and isinstance(theirs[at], float):
            near[at] = abs(ours[at] - theirs[at]) <= tolerance * largest
    return near


def _largest_term(read: Any, method: str, asked: NDArray[Any]) -> float:
    if method == "transform" and isinstance(read, Chain) and read.tolerance >= FLOAT32_TOLERANCE:
        return _largest_within(read, asked)
    if method == "transform":
        # Of what a stacking hands on, the terms are its parts' own, and not those of its last.
        return Composite.largest_term(read, asked) if isinstance(read, Composite) else 0.0
    return float(read.largest_term(asked))


def _largest_within(chain: Chain, asked: NDArray[Any]) -> float:
    """Return the largest number that the last transformer takes, of which float32 has seven digits."""
    X = asked
    for transformer in chain._transformers[:-1]:
        X = transformer.transform(X)
    is_number = X.dtype.kind in "fiub"
    return float(np.abs(X[np.isfinite(X)]).max(initial=0)) if is_number else 0.0


def _is_settled(original: Any, method: str, asked: NDArray[Any], row: int, theirs: NDArray[Any]) -> bool:
    """Return whether scikit-learn gives a row one label, asked alone or among others."""
    alone = _answer(original, method, asked[row : row + 1])
    return isinstance(alone, np.ndarray) and bool(np.all(alone[0] == theirs[row]))

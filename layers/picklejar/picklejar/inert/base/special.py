"""Functions of scipy.special and sklearn/utils/extmath.py in NumPy, silent on overflow."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.reading.state import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_EXPONENT = math.log(sys.float_info.max)
EPSILON, LEAST_FLOAT = sys.float_info.epsilon, sys.float_info.min
# Products of multiples of 1 / GRID are exact.
GRID = 64.0


def expit(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    with np.errstate(over="ignore"):
        y: Floats = 1 / (1 + np.exp(-x))
    return y


def expit_of_c(x: Floats) -> Floats:
    """Return `expit`, (n,), with the exponentials of C's library, as scipy does: to the last bit, and slower."""
    with np.errstate(over="ignore"):
        # An exponential beyond every float is an error to Python; 1 is divided by infinity there.
        exponentials = [math.inf if value > LARGEST_EXPONENT else math.exp(value) for value in (-x).tolist()]
        y: Floats = 1 / (1 + np.array(exponentials, dtype=np.float64))
    return y


def softmax(scores: Floats) -> Floats:
    """Return exp(scores), each row divided by its sum."""
    with np.errstate(under="ignore"):
        y: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    y /= y.sum(axis=1, keepdims=True)
    return y


def two_columns(p: Floats) -> Floats:
    """Return (1 - p, p) as columns, of shape (rows, 2)."""
    return np.stack([1 - p, p], axis=1)


def shares(p: Floats) -> Floats:
    """Divide each row of p by its sum, in place; a row of zeros becomes equal shares."""
    total = p.sum(axis=1)
    empty = total == 0
    if empty.any():
        p[empty] = 1
        total[empty] = p.shape[1]
    p /= total[:, None]
    return p


def log_softmax(scores: Floats) -> Floats:
    """Return the logarithm of `softmax`."""
    y: Floats = scores - scores.max(axis=1, keepdims=True)
    y -= np.log(np.exp(y).sum(axis=1, keepdims=True))
    return y


def logsumexp(scores: Floats) -> Floats:
    """Return the logarithm of the sum of each row's exponentials, (rows,), as scipy.special.logsumexp does."""
    largest = scores.max(axis=1)
    are_largest = scores == largest[:, None]
    rest = np.where(are_largest, 0, np.exp(scores - largest[:, None])).sum(axis=1)
    count = are_largest.sum(axis=1)
    y: Floats = np.log1p(rest / count) + np.log(count) + largest
    return y


def squared_distances(X: Floats, points: Floats, norms: Floats) -> Floats:
    """Return squared distances, (rows, points), from points of the squared `norms`: `euclidean_distances`.

    Adds in the order of scikit-learn.
    """
    d: Floats = X @ points.T
    d *= -2
    d += np.einsum("ij,ij->i", X, X)[:, None]
    d += norms
    return np.maximum(d, 0, out=d)


def has_exact_distances(X: NDArray[Any], points: NDArray[Any]) -> NDArray[np.bool]:
    """Return of which rows the squared distances from the points have no rounding, in any order of additions."""
    with np.errstate(all="ignore"):
        size = np.square(X).sum(axis=1) + np.square(points).sum(axis=1).max(initial=0)
        exact: NDArray[np.bool] = size * GRID**2 < 1 / np.finfo(X.dtype).eps
        return exact & _on_grid(points).all() & _on_grid(X).all(axis=1)


def _on_grid(values: NDArray[Any]) -> NDArray[np.bool]:
    whole: NDArray[np.bool] = np.rint(values * GRID) == values * GRID
    return whole

"""Functions of scipy.special and sklearn/utils/extmath.py by numpy alone, silent where a number overflows."""

from __future__ import annotations

import numpy as np

from picklejar.inert.reading.state import Floats


def expit(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), as scipy.special.expit: 0 where the exponential overflows."""
    with np.errstate(over="ignore"):
        y: Floats = 1 / (1 + np.exp(-x))
    return y


def softmax(scores: Floats) -> Floats:
    """Return exp(scores), each row divided by its sum: `softmax` of sklearn/utils/extmath.py."""
    with np.errstate(under="ignore"):
        y: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    y /= y.sum(axis=1, keepdims=True)
    return y


def two_columns(p: Floats) -> Floats:
    """Return (1 - p, p) as the columns of an array of shape (rows, 2)."""
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
    """Return the logarithm of `softmax`: scores less the logarithm of the sum of their exponentials, by rows."""
    y: Floats = scores - scores.max(axis=1, keepdims=True)
    y -= np.log(np.exp(y).sum(axis=1, keepdims=True))
    return y


def squared_distances(X: Floats, points: Floats, norms: Floats) -> Floats:
    """Return those of rows from points, (rows, points), whose squared norms are given: `euclidean_distances`.

    See sklearn/metrics/pairwise.py; the order of the additions is its.
    """
    d: Floats = X @ points.T
    d *= -2
    d += np.einsum("ij,ij->i", X, X)[:, None]
    d += norms
    return np.maximum(d, 0, out=d)

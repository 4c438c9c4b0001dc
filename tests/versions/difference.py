"""How an inert answer differs from the one that a release gave itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from picklejar.errors import RowsRefused
from picklejar.inert.base.estimator import NotDense


def difference(estimator: Any, method: str, rows: NDArray[Any], theirs: NDArray[Any]) -> str:
    """Say how an answer differs from the release's own by more than the family's tolerance; empty where it does not."""
    if not hasattr(estimator, method):
        return "is missing"
    try:
        answer = getattr(estimator, method)(rows)
        # Of several targets, each its own.
        ours = np.concatenate(answer, axis=1) if isinstance(answer, list) else _array(answer)
    except RowsRefused as refused:
        # What only rounding decides has no answer; all other rows have.
        left = np.setdiff1d(np.arange(len(rows)), refused.rows)
        if refused.rule != "tie":
            return str(refused)
        return difference(estimator, method, rows[left], theirs[left]) if len(left) else ""
    if ours.shape != theirs.shape:
        return f"{ours.shape} instead of {theirs.shape}"
    if theirs.dtype.kind != "f":
        return "" if np.array_equal(ours, theirs) else f"{np.count_nonzero(ours != theirs)} are others"
    ours = ours.astype(float)
    finite = np.isfinite(theirs)
    if not np.array_equal(finite, np.isfinite(ours)):
        return "another is finite"
    term = 0.0 if method == "transform" else float(estimator.largest_term(rows))
    largest = max(np.abs(theirs[finite]).max(initial=0), term)
    apart = np.abs(ours - theirs)[finite].max(initial=0)
    return f"{apart / largest:.1e} apart" if apart > estimator.tolerance * largest else ""


def _array(answer: Any) -> NDArray[Any]:
    return np.asarray(answer.dense() if isinstance(answer, NotDense) else answer)

"""What the objectives of LightGBM make of a row's sums.

Source: `ConvertOutput` in src/objective/*.hpp of LightGBM. Exponentials are C's, as there, so that answers are the same
to the bit, and with them the order of nearly equal probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from picklejar.inert.base.special import LARGEST_EXPONENT, expit_of_c
from picklejar.inert.reading.state import LARGEST, Floats, State

# Of sums (outputs, rows).
Link = Callable[[Floats], Floats]
# The names of objectives in a model's text; the rest is what they are called when it is fitted.
SAME = "regression_l1 huber fair quantile mape lambdarank rank_xendcg".split()
EXPONENTIAL = "poisson gamma tweedie".split()


def link_of(objective: Sequence[str], outputs: int, state: State) -> Link:
    """Return the link of an objective, as a model's text names it; raises UnsupportedEstimator for another."""
    name, *parameters = objective or ("",)
    if name == "multiclass" and outputs > 1:
        return _softmax
    if name == "multiclassova" and outputs > 1:
        return partial(_sigmoid, steepness=_sigmoid_of(parameters, state))
    # An objective of somebody's own has no name, and no link.
    if not name or (name in SAME and outputs == 1):
        return _same
    if outputs == 1:
        if name == "regression":
            return _squared if "sqrt" in parameters else _same
        if name in EXPONENTIAL:
            return _exponential
        if name == "binary":
            return partial(_sigmoid, steepness=_sigmoid_of(parameters, state))
        if name == "cross_entropy":
            return partial(_sigmoid, steepness=1.0)
        if name == "cross_entropy_lambda":
            return _log_of_one_more
    shown = name[:50] if name.isprintable() else "unknown"
    raise state.unsupported(f"the objective {shown} and {outputs} trees an iteration")


def _sigmoid_of(parameters: Sequence[str], state: State) -> float:
    text = next((item.removeprefix("sigmoid:") for item in parameters if item.startswith("sigmoid:")), "")
    try:
        steepness = float(text)
    except ValueError:
        steepness = math.nan
    if not 0 < steepness <= LARGEST:
        raise state.damaged("has an objective without its sigmoid")
    return steepness


def _same(sums: Floats) -> Floats:
    return sums


def _squared(sums: Floats) -> Floats:
    with np.errstate(over="ignore"):
        squared: Floats = np.abs(sums) * sums
    return squared


def _exponential(sums: Floats) -> Floats:
    values = [math.inf if value > LARGEST_EXPONENT else math.exp(value) for value in sums.ravel().tolist()]
    return np.array(values, dtype=np.float64).reshape(sums.shape)


def _log_of_one_more(sums: Floats) -> Floats:
    values = [math.log1p(value) for value in _exponential(sums).ravel().tolist()]
    return np.array(values, dtype=np.float64).reshape(sums.shape)


def _sigmoid(sums: Floats, *, steepness: float) -> Floats:
    with np.errstate(over="ignore"):
        return expit_of_c((steepness * sums).ravel()).reshape(sums.shape)


def _softmax(sums: Floats) -> Floats:
    powers = _exponential(sums - sums.max(axis=0))
    # One class after the other, where NumPy would add in pairs.
    powers /= np.add.accumulate(powers)[-1]
    return powers

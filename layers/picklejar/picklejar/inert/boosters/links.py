"""The objectives of XGBoost: what sums begin with, and what answers are made of sums, both in float32.

Sources: src/objective/regression_loss.h, multiclass_obj.cu, hinge.cu, aft_obj.cu; src/common/math.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

type Singles = NDArray[np.float32]
Link = Callable[[Singles], Singles]
# The largest number whose exponential `Sigmoid` takes, and what it adds to it.
MOST_OF_SIGMOID, LEAST_OF_SIGMOID = np.float32(88.7), np.float32(1e-16)
ONE = np.float32(1)


def _same(x: Singles) -> Singles:
    return x


def _exp(x: Singles) -> Singles:
    """Return the exponential as C's `expf` does, which rounds what it computes in double precision."""
    with np.errstate(over="ignore", under="ignore"):
        result: Singles = np.exp(x.astype(np.float64)).astype(np.float32)
    return result


def _log(x: Singles) -> Singles:
    result: Singles = np.log(x.astype(np.float64)).astype(np.float32)
    return result


def _logit(x: Singles) -> Singles:
    return -_log(ONE / x - ONE)


def _sigmoid(x: Singles) -> Singles:
    result: Singles = ONE / (_exp(np.minimum(-x, MOST_OF_SIGMOID)) + ONE + LEAST_OF_SIGMOID)
    return result


def softmax(x: Singles) -> Singles:
    """Return the shares of the classes, (rows, classes); their sum is in double precision, in their order."""
    powers = _exp(x - x.max(axis=1, keepdims=True))
    total = np.cumsum(powers, axis=1, dtype=np.float64)[:, -1:].astype(np.float32)
    result: Singles = powers / total
    return result


def _hinge(x: Singles) -> Singles:
    return (x > 0).astype(np.float32)


# What `base_score` becomes: `ProbToMargin`, by the objective's name; no other objective is read.
MARGINS: dict[str, Link] = {
    **dict.fromkeys(
        """
        reg:squarederror reg:linear reg:squaredlogerror reg:pseudohubererror reg:absoluteerror reg:quantileerror
        binary:logitraw binary:hinge multi:softprob multi:softmax rank:pairwise rank:ndcg rank:map
        """.split(),
        _same,
    ),
    **dict.fromkeys(("reg:logistic", "binary:logistic"), _logit),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"), _log),
}
# What answers are of sums, (rows, outputs): `PredTransform`.
LINKS: dict[str, Link] = dict.fromkeys(MARGINS, _same) | {
    **dict.fromkeys(("reg:logistic", "binary:logistic"), _sigmoid),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"), _exp),
    "binary:hinge": _hinge,
    "multi:softprob": softmax,
}

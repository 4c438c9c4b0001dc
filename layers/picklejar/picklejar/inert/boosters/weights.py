"""The linear booster of XGBoost: weights instead of trees, added up in float32.

Source: src/gbm/gblinear.cc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from picklejar.inert.boosters.xgboost_model import Model, Singles, unsupported


@dataclass(frozen=True)
class Weights:
    """Weights of shape (features + 1, outputs); the last row is the bias."""

    values: Singles

    @property
    def n_numbers(self) -> int:
        return self.values.size

    def margins(self, X: Singles, base: Singles) -> Singles:
        """Return the sums of each row, feature by feature; a missing value adds nothing.

        All outputs begin with the base of the first, also since 3.1, when each has one of its own.
        """
        result: Singles = np.tile(self.values[-1] + base[0], (len(X), 1))
        for at, weights in enumerate(self.values[:-1]):
            column = X[:, at, np.newaxis]
            with np.errstate(over="ignore", invalid="ignore"):
                result = np.where(np.isnan(column), result, result + column * weights)
        return result


def weights_of(model: Model) -> Weights:
    """Return the weights of a linear booster; raises UnreadablePickle."""
    count = (model.n_features + 1) * model.outputs
    values = model.booster.part("model").floats("weights", count).astype(np.float32)
    if not np.isfinite(values).all():
        raise unsupported("weights that are not finite")
    return Weights(values.reshape(-1, model.outputs))

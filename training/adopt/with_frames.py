"""Models around which something is done, asked as the notebook asks, by frames, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from picklejar.around import WithAround
from picklejar.manifest import Around
from picklejar.signature import Feature
from training.adopt.model_file import Fitted


def with_around(fitted: Fitted, around: Around, features: Sequence[Feature]) -> Fitted:
    """Return a model as one of the labels that callers see and, where there are dummies, of the `features`."""
    inert: Any = None if fitted.inert is None else _WithFrames(_bare(fitted.inert), around, features, fitted)
    estimator = _WithFrames(_bare(fitted.estimator), around, features, fitted) if fitted.was_run else inert
    return replace(fitted, estimator=estimator, inert=inert, around=around)


def _bare(estimator: Any) -> Any:
    return estimator.bare if isinstance(estimator, _WithFrames) else estimator


class _WithFrames(WithAround):
    """As `WithAround`, and of the notebook's frame of raw columns."""

    def __init__(self, estimator: Any, around: Around, features: Sequence[Feature], fitted: Fitted) -> None:
        super().__init__(estimator, around, features)
        self.bare = estimator
        self._asks_frames = fitted.names is not None and fitted.takes_frames

    def columns(self, X: Any) -> Any:
        if not isinstance(X, pd.DataFrame):
            return super().columns(X)
        if not self._around.columns:
            return X if self._asks_frames else X.to_numpy()
        made = super().columns(np.asarray(X[[feature.name for feature in self._features]], dtype=object))
        return pd.DataFrame(made, columns=pd.Index(self._around.columns)) if self._asks_frames else made

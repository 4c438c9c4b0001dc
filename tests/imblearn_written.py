"""Files as imbalanced-learn's own, which is not installed here: its classes' names, with their state."""

from __future__ import annotations

import pickle
import sys
from types import ModuleType
from typing import Any
from unittest.mock import patch

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline


class Sampler(BaseEstimator):
    """What changes the rows of a fit and none of a prediction."""

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state


def pickled(steps: list[tuple[str, Any]], inside: Any = None) -> bytes:
    """Return the pickle of a pipeline of imbalanced-learn, with `SMOTE` among its steps where these say "smote".

    `inside` is called with the pipeline, and answers what is pickled in its place.
    """
    pipeline = type("Pipeline", (Pipeline,), {"__module__": "imblearn.pipeline"})
    smote = type("SMOTE", (Sampler,), {"__module__": "imblearn.over_sampling._smote.base"})
    modules = {}
    for cls in (pipeline, smote):
        names = cls.__module__.split(".")
        modules |= {name: ModuleType(name) for name in map(".".join, (names[:at] for at in range(1, len(names) + 1)))}
    for cls in (pipeline, smote):
        setattr(modules[cls.__module__], cls.__name__, cls)
    made = pipeline([(name, smote() if step == "smote" else step) for name, step in steps])
    with patch.dict(sys.modules, modules):
        return pickle.dumps(made if inside is None else inside(made))

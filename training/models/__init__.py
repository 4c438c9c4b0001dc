"""The models, a file each; a file's name is its model's name."""

from __future__ import annotations

import importlib
import pkgutil

from training.definition import Definition


def names() -> list[str]:
    """Return the names of all models, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find(name: str) -> Definition:
    """Return the model's definition; raises KeyError where there is none of that name."""
    if name not in names():
        raise KeyError(name)
    definition: Definition = importlib.import_module(f"{__name__}.{name}").MODEL
    return definition

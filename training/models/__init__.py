"""The models, a file each, named like the file."""

from __future__ import annotations

import importlib
import pkgutil

from picklejar.errors import InvalidDefinition
from training.definition import Definition


def names() -> list[str]:
    """Return the names of all models, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find(name: str) -> Definition:
    """Return the model's definition.

    Raises:
        KeyError: there is no such file.
        InvalidDefinition: the file defines no model, or one of another name.
    """
    if name not in names():
        raise KeyError(name)
    definition = getattr(importlib.import_module(f"{__name__}.{name}"), "MODEL", None)
    if not isinstance(definition, Definition) or definition.name != name:
        raise InvalidDefinition(f"training/models/{name}.py must end in MODEL = Definition(name={name!r}, ...).")
    return definition

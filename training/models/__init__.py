"""The models, a file each, named like the file."""

from __future__ import annotations

import importlib
import pkgutil

from picklejar.errors import InvalidDefinition
from training.definition import Definition

# Of pyproject.toml, by the module that definitions import.
EXTRAS = {"lightgbm": "lightgbm", "xgboost": "xgboost"}


def names() -> list[str]:
    """Return the names of all models, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def without_extra(name: str, error: ModuleNotFoundError) -> Exception:
    """Return the error that says which extra a definition needs, or the error itself."""
    if error.name not in EXTRAS:
        return error
    return InvalidDefinition(
        f"training/models/{name}.py needs {error.name}, which is not installed here: "
        f"uv pip install -e '.[{EXTRAS[error.name]}]'."
    )


def find(name: str) -> Definition:
    """Return the model's definition.

    Raises:
        KeyError: there is no such file.
        InvalidDefinition: the file defines no model, or one of another name.
    """
    if name not in names():
        raise KeyError(name)
    try:
        definition = getattr(importlib.import_module(f"{__name__}.{name}"), "MODEL", None)
    except ModuleNotFoundError as error:
        raise without_extra(name, error) from error
    if not isinstance(definition, Definition) or definition.name != name:
        raise InvalidDefinition(f"training/models/{name}.py must end in MODEL = Definition(name={name!r}, ...).")
    return definition

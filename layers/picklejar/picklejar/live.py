"""Unpickles a scikit-learn estimator, which runs the file's code, only where hash and packages match."""

from __future__ import annotations

import importlib
import pickle
import platform
from collections.abc import Mapping
from typing import cast

from picklejar.errors import BundleDamaged, DamagedPickle, PackagesDiffer
from picklejar.inert.inspection import check_trees
from picklejar.predictor import Estimator

# What an estimator's pickled state depends on, as distribution -> module.
PACKAGES = {"scikit-learn": "sklearn", "numpy": "numpy", "scipy": "scipy"}


def packages() -> dict[str, str]:
    """Return the versions of Python and of each installed package that a pickle depends on."""
    versions = {name: version for name, module in PACKAGES.items() if (version := _version(module))}
    return {"python": platform.python_version()} | versions


def loads(artifact: bytes, trained_with: Mapping[str, str]) -> Estimator:
    """Return the estimator in `artifact`, whose hash the caller has checked.

    Raises:
        PackagesDiffer: scikit-learn, numpy or scipy is not the version of training; an estimator's state is private
            to a version, so another may predict wrongly without a word.
        BundleDamaged: the pickle cannot be loaded here, or holds a damaged tree.
    """
    _check_packages(trained_with)
    try:
        check_trees(artifact)
    except DamagedPickle as error:
        raise BundleDamaged(f"{error} Train and publish the model again.") from error
    try:
        return cast("Estimator", pickle.loads(artifact))  # noqa: S301  what this module is for
    except MemoryError:
        raise
    except Exception as error:  # a pickle may raise anything at all
        raise BundleDamaged("The model's file cannot be unpickled here; train and publish it again.") from error


def _version(module: str) -> str | None:
    try:
        return str(importlib.import_module(module).__version__)
    except ModuleNotFoundError:
        return None


def _check_packages(trained_with: Mapping[str, str]) -> None:
    here = packages()
    differ = [
        f"{name} {trained_with.get(name, 'unknown')} (here {here.get(name, 'none')})"
        for name in PACKAGES
        if name not in here or trained_with.get(name) != here[name]
    ]
    if differ:
        raise PackagesDiffer(
            f"The model was trained with {', '.join(differ)}. Train it again with these versions, or deploy those."
        )

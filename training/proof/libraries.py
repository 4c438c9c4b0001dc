"""The libraries that models are made with, by name and release, as sentences and the card say them."""

from __future__ import annotations

import sys
from collections.abc import Mapping

# By the package's name; what a model is made with beside scikit-learn stands first.
NAMES = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "scikit-learn": "scikit-learn"}


def beside_scikit_learn(artifact: bytes) -> dict[str, str]:
    """Return the releases of the other libraries that made an estimator here, by its pickle."""
    others = {name: sys.modules.get(name) for name in NAMES if f"{name}.".encode() in artifact}
    return {name: str(module.__version__) for name, module in others.items() if module is not None}


def named(packages: Mapping[str, str]) -> str:
    """Return the libraries among a model's packages, like "XGBoost with scikit-learn"."""
    return " with ".join(name for package, name in NAMES.items() if package in packages) or NAMES["scikit-learn"]


def with_releases(packages: Mapping[str, str]) -> str:
    """Return the libraries with their releases, like "XGBoost 1.7.6 with scikit-learn 1.2.2"."""
    return " with ".join(f"{name} {packages[package]}" for package, name in NAMES.items() if package in packages)

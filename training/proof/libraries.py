"""The libraries that models are made with, by name and release, as sentences and the card say them."""

from __future__ import annotations

from collections.abc import Mapping

# By the package's name; what a model is made with beside scikit-learn stands first.
NAMES = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "scikit-learn": "scikit-learn"}


def named(packages: Mapping[str, str]) -> str:
    """Return the libraries among a model's packages, like "XGBoost and scikit-learn"."""
    return " and ".join(name for package, name in NAMES.items() if package in packages) or NAMES["scikit-learn"]


def with_releases(packages: Mapping[str, str]) -> str:
    """Return the libraries with their releases, like "XGBoost 1.7.6 and scikit-learn 1.2.2"."""
    return " and ".join(f"{name} {packages[package]}" for package, name in NAMES.items() if package in packages)

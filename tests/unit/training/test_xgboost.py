"""A definition may fit a model of XGBoost, which is proven and served as data."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from picklejar.errors import InvalidDefinition
from training import models
from training.proof.libraries import named, with_releases
from training.proof.prove import prove
from training.train import train

pytestmark = pytest.mark.usefixtures("undrawn")
SALES = models.find("sales")


def _trained(estimator: Any, bundle: Path) -> Any:
    definition = dataclasses.replace(SALES, estimator=estimator)
    return train(definition, definition.data, bundle, lambda _: None)


def test_a_regressor_is_trained_proven_and_inert(tmp_path: Path) -> None:
    manifest = _trained(lambda: xgb.XGBRegressor(n_estimators=5, n_jobs=1), tmp_path / "sales")
    assert manifest.kind == "inert"
    assert manifest.packages["xgboost"] == xgb.__version__
    assert "Inert and XGBoost with scikit-learn agree on" in prove(tmp_path / "sales").proof


def _squares(y: Any, predicted: Any) -> Any:
    return predicted - y, np.ones(len(y))


def test_what_is_not_read_is_not_served_live(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match=r"_squares.* It is served as data alone\.$"):
        _trained(lambda: xgb.XGBRegressor(objective=_squares, n_estimators=2, n_jobs=1), tmp_path / "sales")


def test_without_the_extra_a_sentence_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def estimator() -> Any:
        import xgboost

        return xgboost.XGBRegressor()

    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(
        InvalidDefinition, match=r"sales\.py needs xgboost, which is not installed here: uv pip install"
    ):
        _trained(estimator, tmp_path)
    other = ModuleNotFoundError("No module named 'other'", name="other")
    assert models.without_extra("sales", other) is other


def test_libraries_are_named_with_their_releases() -> None:
    assert named({"scikit-learn": "1.9.1", "numpy": "2"}) == named({}) == "scikit-learn"
    assert with_releases({"scikit-learn": "1.2.2", "xgboost": "1.7.6"}) == "XGBoost 1.7.6 with scikit-learn 1.2.2"

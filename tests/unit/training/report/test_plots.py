from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from picklejar.signature import Feature, Signature, Target
from training.dataset.infer import title
from training.evaluation.predictions import Predictions
from training.report.plots import draw_all
from training.report.style import Predicted

NAMES = ("one", "two")
SIGNATURE = Signature(
    features=tuple(Feature(name=name, example=1, title=name, description="") for name in NAMES),
    target=Target(name="y", title="Y", description=""),
)


LABEL = Target(name="y", title="Y", description="", classes=("no", "yes"))


def _drawn(folder: Path, names: list[str], target: Target, columns: dict[str, Any]) -> dict[str, str]:
    features = tuple(Feature(name=name, example=1, title=title(name), description="") for name in names)
    y = np.array(["no", "yes"] * 20) if target.labels else np.arange(40.0)
    frame = pd.DataFrame(
        {name: np.arange(40.0) + place for place, name in enumerate(names)} | columns | {target.name: y}
    )
    pictures = draw_all(
        frame, Signature(features=features, target=target), [Predicted("All", y, Predictions(y))], folder
    )
    assert all((folder / picture.file).stat().st_size for picture in pictures)
    return {picture.title: picture.alt for picture in pictures}


@pytest.mark.parametrize("target", [Target(name="price", title="Price", description=""), LABEL])
def test_columns_that_share_a_title_are_called_by_their_names(tmp_path: Path, target: Target) -> None:
    names = ["Price", "a_b", "a b", "kind"]
    drawn = _drawn(tmp_path, names, target, {"kind": ["x", "y"] * 20})
    assert drawn["Distributions"].startswith("Histograms of Price, a_b, a b, kind")


@pytest.mark.parametrize("target", [Target(name="y", title="Y", description=""), LABEL])
def test_of_many_columns_the_first_are_drawn_and_named(tmp_path: Path, target: Target) -> None:
    drawn = _drawn(tmp_path, [f"c{column}" for column in range(700)], target, {})
    assert drawn["Distributions"].startswith(f"Histograms of {', '.join(f'C{column}' for column in range(24))}")
    assert not any("C24" in alt for alt in drawn.values())
    if not target.labels:
        pairs = ", ".join(f"C{column}" for column in range(8))
        assert drawn["Pairs"] == f"Scatter plots of every pair of {pairs}, Y, 40 rows."


def test_of_numbers_that_are_all_the_same_none_correlates_most(tmp_path: Path) -> None:
    drawn = _drawn(tmp_path, ["size"], Target(name="y", title="Y", description=""), {"size": np.ones(40)})
    assert drawn["Correlation"] == "Heatmap of the correlations between Size, Y."


@pytest.mark.parametrize(
    "values",
    [
        1e18 + np.arange(100.0),
        1e18 + 128 * np.arange(100.0),
        np.r_[np.full(99, 1e18), 1e18 + 128],
        np.full(100, -1e18),
        np.full(100, 5.0),
        1 + np.spacing(1.0) * np.arange(100.0),
    ],
)
def test_numbers_that_floats_hardly_tell_apart_are_drawn(tmp_path: Path, values: np.ndarray) -> None:
    y = np.arange(100.0)
    frame = pd.DataFrame({"one": values, "two": y, "y": y})
    pictures = draw_all(frame, SIGNATURE, [Predicted("All", values, Predictions(np.zeros(100)))], tmp_path)
    assert all((tmp_path / picture.file).stat().st_size for picture in pictures)

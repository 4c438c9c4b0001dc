from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from picklejar.signature import Feature, Signature, Target
from training.answers import Answers
from training.drawing import Predicted
from training.plots import draw_all

NAMES = ("one", "two")
SIGNATURE = Signature(
    features=tuple(Feature(name=name, example=1, title=name, description="") for name in NAMES),
    target=Target(name="y", title="Y", description=""),
)


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
    pictures = draw_all(frame, SIGNATURE, [Predicted("All", values, Answers(np.zeros(100)))], tmp_path)
    assert all((tmp_path / picture.file).stat().st_size for picture in pictures)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from picklejar.manifest import Statistics
from picklejar.ranges import Outside, Ranges
from picklejar.signature import Feature, Signature
from tests.numbered import SIGNATURE, made

FEATURES = (
    Feature(name="colour", title="Colour", description="", type="string", nullable=True, example="red"),
    Feature(name="width", title="Width", description="", nullable=True, example=1),
    Feature(name="height", title="Height", description="", example=1),
)


def statistics(least: float, greatest: float) -> Statistics:
    return Statistics(0, 0.0, 0.0, least, 0.0, 0.0, 0.0, greatest)


def ranges(*features: Feature) -> Ranges:
    seen = {"width": statistics(1.0, 2.0), "height": statistics(-5.0, 5.0)}
    signature = Signature(features=features, target=SIGNATURE.target)
    return Ranges(made(1, signature=signature, statistics=seen).manifest)


@pytest.mark.parametrize(
    ("rows", "width", "height"),
    [
        ([[1.0, 5.0]], 0, 0),
        ([[1.0, 5.0], [2.0, -5.0]], 0, 0),
        ([[1.5, 0.0], [3.0, 0.0]], 1, 0),
        ([[0.9, 0.0]], 1, 0),
        ([[1.5, 5.1]], 0, 1),
        ([[math.nan, 6.0]], 0, 1),
        ([[math.nan, 6.0], [3.0, 6.0], [1.0, 0.0]], 1, 2),
    ],
)
def test_values_outside_the_training_rows_are_counted_feature_by_feature(
    rows: list[list[float]], width: int, height: int
) -> None:
    counted = [Outside("width", width), Outside("height", height)]
    assert ranges(*FEATURES[1:]).outside(np.array(rows)) == counted
    # The same beside a column of text, which has no range.
    mixed: Any = np.array([[text, *row] for text, row in zip(("red", None, "blue"), rows, strict=False)], dtype=object)
    assert ranges(*FEATURES).outside(mixed) == counted


def test_a_model_of_which_no_range_is_known_has_nothing_to_count() -> None:
    assert Ranges(made(1).manifest).outside(np.array([[1.0]])) == []

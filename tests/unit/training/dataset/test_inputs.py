from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from picklejar.instances import InstanceReader
from picklejar.signature import Feature, Signature, Target
from tests.rent import FEATURES
from training.dataset.inputs import Inputs, append_rows, frame, inputs

TARGET = Target(name="price", title="Price", description="")
MIXED = Signature(features=FEATURES, target=TARGET)
NUMBERS = Signature(features=FEATURES[1:4], target=TARGET)
ROWS = [{"district": "Hills", "furnished": True, "area": 40, "floor": 2, "agent": "A"}, {"district": "Harbour"}]


def test_without_strings_an_estimator_gets_the_array_itself() -> None:
    X = InstanceReader(NUMBERS).check([{"furnished": False}])
    assert inputs(NUMBERS, X) is X


def test_with_strings_an_estimator_gets_a_frame_of_floats_and_objects() -> None:
    found = inputs(MIXED, InstanceReader(MIXED).check(ROWS))
    assert isinstance(found, pd.DataFrame)
    assert {str(name): str(kind) for name, kind in found.dtypes.items()} == {
        "district": "object",
        "furnished": "float64",
        "area": "float64",
        "floor": "float64",
        "agent": "object",
    }
    assert repr(found.to_numpy(dtype=object).tolist()) == (
        "[['Hills', 1.0, 40.0, 2.0, 'A'], ['Harbour', nan, nan, 1.0, None]]"
    )


def test_a_frame_is_made_of_numbers_too() -> None:
    assert frame(NUMBERS, np.zeros((2, 3))).columns.tolist() == ["furnished", "area", "floor"]


@pytest.mark.parametrize("signature", [NUMBERS, MIXED])
def test_rows_are_joined_in_their_order_also_to_none(signature: Signature) -> None:
    names = signature.names
    X = InstanceReader(signature).check([{name: row[name] for name in names if name in row} for row in ROWS])
    first, second = inputs(signature, X), inputs(signature, X[:0])
    both = append_rows(append_rows(first, second), first)
    assert type(both) is type(first)
    assert _values(both) == _values(first) * 2


def _values(found: Inputs) -> list[str]:
    return [repr(row) for row in np.asarray(found, dtype=object).tolist()]


def test_a_feature_called_like_a_method_is_a_column() -> None:
    odd = Feature(name="count", title="", description="", type="string", example="")
    assert frame(Signature(features=(odd,), target=TARGET), np.array([["a"]], dtype=object))["count"].tolist() == ["a"]

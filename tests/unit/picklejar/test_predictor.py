from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from picklejar.errors import BundleDamaged, InvalidInstances, RowsRefused
from picklejar.manifest import Golden, Manifest, decode_manifest
from picklejar.predictor import Predictor


class Constant:
    """Answers every row with the next of its answers."""

    def __init__(self, *answers: float) -> None:
        self.answers = answers

    def predict(self, X: Any) -> Any:
        return np.array(self.answers[: len(X)])


@pytest.fixture
def manifest(bundles: Path) -> Manifest:
    return decode_manifest((bundles / "sales" / "manifest.json").read_bytes())


def _body(rows: int) -> bytes:
    return json.dumps({"instances": [{"sales_in_second_month": 1}] * rows}).encode()


def test_the_answer_is_plain_json_numbers(manifest: Manifest) -> None:
    answer = Predictor(manifest, Constant(1.5, 2)).predict(_body(2))
    assert msgspec.json.decode(msgspec.json.encode(answer)) == {
        "model": "sales",
        "version": manifest.version,
        "predictions": [1.5, 2.0],
    }


def test_rows_without_a_finite_answer_are_named(manifest: Manifest) -> None:
    with pytest.raises(InvalidInstances) as caught:
        Predictor(manifest, Constant(1, np.nan, 2, np.inf)).predict(_body(4))
    assert [(rule.row, rule.rule) for rule in caught.value.broken] == [(1, "finite"), (3, "finite")]


class Refusing:
    """Has no answer for the first rows' second value."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def predict(self, _: Any) -> Any:
        raise RowsRefused([*range(self.rows)], 1, "enum", "must be one of 1, 2")


def test_rows_that_the_estimator_refuses_are_named_by_row_and_field(manifest: Manifest) -> None:
    with pytest.raises(InvalidInstances) as caught:
        Predictor(manifest, Refusing(2)).predict(_body(3))
    assert [msgspec.structs.asdict(rule) for rule in caught.value.broken] == [
        {
            "row": row,
            "field": "sales_in_first_month",
            "rule": "enum",
            "message": "sales_in_first_month must be one of 1, 2.",
        }
        for row in (0, 1)
    ]


def test_of_many_refused_rows_all_are_counted_and_the_first_listed(manifest: Manifest) -> None:
    with pytest.raises(InvalidInstances) as caught:
        Predictor(manifest, Refusing(3_000)).predict(_body(3_000))
    assert (len(caught.value.broken), caught.value.total) == (1_000, 3_000)


def test_golden_predictions_are_repeated_but_for_the_last_digits(manifest: Manifest) -> None:
    golden = Golden([{"sales_in_second_month": 1.0}] * 2, [1e6, 1.0])
    Predictor(manifest, Constant(1e6 + 1e-9, 1.0)).replay(golden)
    with pytest.raises(BundleDamaged, match="does not repeat its golden predictions"):
        Predictor(manifest, Constant(1e6 + 1e-4, 1.0)).replay(golden)

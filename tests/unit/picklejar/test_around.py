from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from picklejar import around
from picklejar.around import WithAround
from picklejar.errors import BundleDamaged, RowsRefused
from picklejar.manifest import Around, Dummies, Manifest, decode_manifest
from picklejar.signature import Feature


class Columns:
    """Answers with the columns that it is given, or numbers of its classes; refuses 13."""

    tolerance = 1e-9

    def __init__(self, width: int, classes: Any = None) -> None:
        self.n_features_in_ = width
        if classes is not None:
            self.classes_ = np.array(classes)

    def predict(self, X: Any) -> Any:
        if (X == 13).any():
            row, column = np.argwhere(X == 13)[0]
            raise RowsRefused([int(row)], int(column), "tie", "is unlucky")
        return X[:, 0].astype(int) if hasattr(self, "classes_") else X

    def predict_proba(self, X: Any) -> Any:
        return np.full((len(X), len(self.classes_)), 0.5)

    def largest_term(self, X: Any) -> float:
        return float(X.sum())

    def categories(self, column: int) -> list[Any] | None:
        return [column]


def _feature(name: str, kind: Any = "number", **words: Any) -> Feature:
    example = {"string": "a", "boolean": True}.get(kind, 1)
    return Feature(name=name, title=name, description="", example=example, type=kind, nullable=True, **words)


FEATURES = (_feature("town", "string"), _feature("age"), _feature("rooms", "integer"), _feature("paid", "boolean"))
AROUND = Around(
    columns=("rooms_2", "age", "town_Cork", "rooms_1", "town_nan", "paid_True"),
    dummies={
        "town": Dummies({"Bergen": None, "Cork": "town_Cork"}, missing="town_nan"),
        "rooms": Dummies({"1": "rooms_1", "2": "rooms_2"}),
        "paid": Dummies({"False": None, "True": "paid_True"}),
    },
)
ROWS = np.array(
    [["Cork", 1.5, 2.0, 1.0], ["Bergen", 2.5, 1.0, 0.0], [None, 3.5, np.nan, np.nan], [np.nan, 4.5, 1.0, True]],
    dtype=object,
)
COLUMNS = [[1, 1.5, 1, 0, 0, 1], [0, 2.5, 0, 1, 0, 0], [0, 3.5, 0, 0, 1, 0], [0, 4.5, 0, 1, 1, 1]]


@pytest.mark.parametrize("cells", [2**20, 12])
def test_features_become_the_columns_of_the_estimator_in_its_order(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr(around, "MOST_CELLS", cells)
    model = WithAround(Columns(6), AROUND, FEATURES)
    answers = model.predict(ROWS)
    assert answers.dtype == float
    assert answers.tolist() == COLUMNS
    assert (model.n_features_in_, model.tolerance) == (4, 1e-9)
    assert model.largest_term(ROWS) == sum(map(sum, COLUMNS))


def test_texts_that_are_no_dummies_are_handed_on() -> None:
    features = (_feature("town", "string"), _feature("rooms", "integer"))
    model = WithAround(Columns(2), Around(("rooms_1", "town"), {"rooms": Dummies({"1": "rooms_1"})}), features)
    assert model.predict(np.array([["Cork", 1.0]], dtype=object)).tolist() == [[1, "Cork"]]
    assert model.categories(0) == [1]
    assert model.categories(1) is None


def test_choices_are_the_texts_of_the_dummies() -> None:
    model = WithAround(Columns(6), AROUND, FEATURES)
    assert [model.categories(at) for at in range(4)] == [["Bergen", "Cork"], [1], None, None]
    assert model.ignored() == frozenset()


@pytest.mark.parametrize("cells", [2**20, 6])
def test_an_unknown_value_is_refused_with_those_that_are_known(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr(around, "MOST_CELLS", cells)
    rows = ROWS.copy()
    rows[1, 2] = 3.0
    with pytest.raises(RowsRefused) as caught:
        WithAround(Columns(6), AROUND, FEATURES).predict(rows)
    refused = caught.value
    assert (refused.rows, refused.column, refused.rule, refused.sentence) == ([1], 2, "enum", "must be one of 1, 2")


@pytest.mark.parametrize("cells", [2**20, 6])
def test_a_refusal_of_the_estimators_names_the_feature(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr(around, "MOST_CELLS", cells)
    rows = ROWS.copy()
    rows[2, 1] = 13.0
    with pytest.raises(RowsRefused) as caught:
        WithAround(Columns(6), AROUND, FEATURES).predict(rows)
    assert (caught.value.rows, caught.value.column) == ([2], 1)


@pytest.mark.parametrize(("classes", "known"), [([0, 1, 2], ["no", "maybe", "yes"]), ([0.0, 2.0], ["no", "yes"])])
def test_classes_become_labels(classes: list[float], known: list[str]) -> None:
    model = WithAround(Columns(1, classes), Around(labels=("no", "maybe", "yes")), (_feature("age"),))
    assert model.classes_.tolist() == known
    assert model.predict(np.array([[2.0], [0.0]])).tolist() == ["yes", "no"]
    assert model.predict_proba(np.array([[2.0]])).tolist() == [[0.5] * len(classes)]
    assert model.categories(0) == [0]
    assert not hasattr(model, "transform")


def test_a_refusal_without_dummies_is_as_it_was() -> None:
    model = WithAround(Columns(1, [0, 1]), Around(labels=("no", "yes")), (_feature("age"),))
    with pytest.raises(RowsRefused) as caught:
        model.predict(np.array([[1.0], [13.0]]))
    assert (caught.value.rows, caught.value.column) == ([1], 0)


def _dummies(**words: Any) -> Around:
    return msgspec.structs.replace(AROUND, dummies=AROUND.dummies | words)


@pytest.mark.parametrize(
    ("plan", "width"),
    [
        (AROUND, 7),
        (msgspec.structs.replace(AROUND, columns=AROUND.columns[1:]), 5),
        (msgspec.structs.replace(AROUND, columns=(*AROUND.columns, "age")), 7),
        (_dummies(rooms=Dummies({"1": "rooms_1", "2": "age"})), 6),
        (_dummies(rooms=Dummies({"1": "rooms_1"})), 6),
        (_dummies(other=Dummies({"1": "other_1"})), 6),
    ],
    ids=["width", "too few", "twice", "another's", "of nothing", "no feature"],
)
def test_columns_that_are_not_the_estimators_are_damage(plan: Around, width: int) -> None:
    with pytest.raises(BundleDamaged, match="columns made of the features"):
        WithAround(Columns(width), plan, FEATURES)


@pytest.mark.parametrize("classes", [["no", "yes"], [0, 1, 2], [-1, 1], [0.5, 1]], ids=str)
def test_classes_that_are_not_the_numbers_of_labels_are_damage(classes: Any) -> None:
    with pytest.raises(BundleDamaged, match="numbers of its labels"):
        WithAround(Columns(1, classes), Around(labels=("no", "yes")), (_feature("age"),))


def test_a_manifest_without_it_keeps_its_version_and_one_with_it_survives_its_file(bundles: Path) -> None:
    content = (bundles / "sales" / "manifest.json").read_bytes()
    manifest: Manifest = decode_manifest(content)
    assert manifest.around is None
    assert "around" not in json.loads(content)
    assert manifest.sealed().version == manifest.version
    with_it = msgspec.structs.replace(manifest, around=AROUND).sealed()
    assert with_it.version != manifest.version
    assert decode_manifest(with_it.encode()) == with_it

"""Models of several targets: how each is called, proven, scored, drawn, and answered in requests and files."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from picklejar.manifest import GOLDEN_FILE
from training.adopt.adopt import Adopted, Adoption, adopt
from training.adopt.joblib_file import NotAdopted
from training.registry.gate import refusal
from training.score_file import predictor_of, score

pytestmark = pytest.mark.usefixtures("undrawn")

_CHANCE = np.random.default_rng(0)
X = pd.DataFrame(_CHANCE.normal(size=(60, 2)), columns=["area", "rooms"])
NUMBERS = pd.DataFrame({"price": 1e5 * X.area + 3e4, "rent": 2 * X.rooms + _CHANCE.normal(size=60) / 10})
LABELS = pd.DataFrame({"warm": np.where(X.area > 0, "yes", "no"), "size": np.where(X.rooms > 0, "large", "s")})
MARKS = pd.DataFrame({"a": (X.area > 0).astype(int), "b": (X.rooms > 0).astype(int)})

Adopting = Callable[..., Adopted]


@pytest.fixture
def adopting(tmp_path: Path) -> Adopting:
    """Dumps an estimator, writes a sample of its rows beside these targets, and adopts it."""

    def run(estimator: Any, *targets: str, known: pd.DataFrame = NUMBERS, **words: Any) -> Adopted:
        (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator))
        X.join(known).to_csv(tmp_path / "sample.csv", index=False)
        first, *others = targets or (None,)
        adoption = Adoption(
            tmp_path / "model.pkl", "flat", tmp_path / "sample.csv", first, further_targets=tuple(others), **words
        )
        return adopt(adoption, tmp_path / "flat", lambda _: None)

    return run


def _answers(bundle: Path, rows: pd.DataFrame = X[:3]) -> list[Any]:
    return predictor_of(bundle).predict(json.dumps({"instances": rows.to_dict("records")}).encode()).predictions


@pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
@pytest.mark.parametrize(
    ("estimator", "known"),
    [
        (make_pipeline(StandardScaler(), LinearRegression()), NUMBERS),
        (KNeighborsRegressor(), NUMBERS),
        (RandomForestClassifier(5, random_state=0), LABELS),
        (MultiOutputClassifier(LogisticRegression()), LABELS),
        (OneVsRestClassifier(LogisticRegression()), MARKS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_target_is_answered_by_its_name(
    adopting: Adopting, tmp_path: Path, estimator: Any, known: pd.DataFrame, trust: bool
) -> None:
    fitted = estimator.fit(X, known)
    manifest = adopting(fitted, *known, known=known, trust=trust).manifest
    assert (manifest.kind, [one.name for one in manifest.signature.targets]) == ("inert", [*known])
    assert manifest.signature.outputs == ("predict",)
    expected = pd.DataFrame(fitted.predict(X[:3]), columns=[*known]).to_dict("records")
    for ours, theirs in zip(_answers(tmp_path / "flat"), expected, strict=True):
        assert ours == (theirs if known is not NUMBERS else pytest.approx(theirs, rel=1e-12))
    golden = json.loads((tmp_path / "flat" / GOLDEN_FILE).read_text())
    assert list(golden["predictions"][0]) == [*known]


@pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
def test_targets_that_nobody_names_are_numbered(adopting: Adopting, tmp_path: Path, trust: bool) -> None:
    adopted = adopting(LinearRegression().fit(X, NUMBERS), trust=trust)
    assert [one.name for one in adopted.manifest.signature.targets] == ["target_0", "target_1"]
    assert adopted.left_out == ["price", "rent"]
    assert list(_answers(tmp_path / "flat")[0]) == ["target_0", "target_1"]
    labelled = adopting(DecisionTreeClassifier().fit(X, LABELS), trust=trust)
    assert [one.labels for one in labelled.manifest.signature.targets] == [("no", "yes"), ("large", "s")]


@pytest.mark.parametrize(
    ("fitted", "named", "sentence"),
    [
        (LinearRegression().fit(X, NUMBERS), ("price",), r"predicts 2 targets, and --target names 1: price\."),
        (LinearRegression().fit(X, NUMBERS.price), ("price", "rent"), r"predicts 1 target, and --target names 2"),
        (OneVsRestClassifier(LogisticRegression()).fit(X, MARKS), ("price",), r"predicts 2 targets, and --target"),
        (RandomForestClassifier(2).fit(X, LABELS), ("price",), r"predicts 2 targets, and --target names 1: price"),
    ],
    ids=["too few", "too many", "too few marks", "too few labels"],
)
def test_as_many_targets_are_named_as_there_are(
    adopting: Adopting, fitted: Any, named: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(NotAdopted, match=sentence):
        adopting(fitted, *named)


@pytest.mark.drawn
def test_each_target_has_scores_a_verdict_and_pictures_of_its_own(adopting: Adopting, tmp_path: Path) -> None:
    fitted = LinearRegression().fit(X, NUMBERS.assign(rent=-NUMBERS.rent))
    manifest = adopting(fitted, "price", "rent", held_out=True).manifest
    assert [(one.title, one.target) for one in manifest.evaluations] == [
        ("Held-out rows: Price", "price"),
        ("Held-out rows: Rent", "rent"),
    ]
    assert manifest.verdict.startswith("Price: typically within ")
    assert " Rent: worse than guessing the average" in manifest.verdict
    assert [one.file for one in manifest.pictures if one.title.startswith("Rent: ")] == [
        "plots/1/predicted.png",
        "plots/1/residuals.png",
    ]
    assert "- `price`: What the model predicts.\n- `rent`:" in (tmp_path / "flat" / "card.md").read_text()
    assert {"price", "rent"} < manifest.statistics.keys()


@pytest.mark.parametrize("rows", [slice(None), slice(None, None, -1)], ids=["as it is", "of other rows"])
def test_a_notebook_proves_every_target(adopting: Adopting, tmp_path: Path, rows: slice) -> None:
    fitted = LinearRegression().fit(X, NUMBERS)
    told = pd.DataFrame(fitted.predict(X), columns=["target_0", "target_1"])
    told["target_1"] = told["target_1"].to_numpy()[rows]
    told.to_csv(tmp_path / "notebook.csv", index=False)
    if rows == slice(None):
        assert adopting(fitted, answers=tmp_path / "notebook.csv").manifest.adopted == "answers"
        return
    with pytest.raises(NotAdopted, match=r"60 of 60 rows differ\. Row 0 .* has the target_1 "):
        adopting(fitted, answers=tmp_path / "notebook.csv")
    told[["target_0"]].to_csv(tmp_path / "notebook.csv", index=False)
    with pytest.raises(NotAdopted, match=r"no column 'target_1'.*columns=\['target_0', 'target_1'\]"):
        adopting(fitted, answers=tmp_path / "notebook.csv")


def test_a_file_has_a_column_for_each_target(adopting: Adopting, tmp_path: Path) -> None:
    fitted = RandomForestClassifier(5, random_state=0).fit(X, LABELS)
    adopting(fitted, "warm", "size", known=LABELS)
    expected = fitted.predict(X).tolist()
    score(tmp_path / "sample.csv", tmp_path / "out.csv", predictor_of(tmp_path / "flat"), lambda *_: None)
    header, *rows = csv.reader((tmp_path / "out.csv").read_text().splitlines())
    assert header == ["area", "rooms", "warm", "size", "prediction_warm", "prediction_size"]
    assert [row[-2:] for row in rows] == expected
    X.to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    score(tmp_path / "rows.jsonl", tmp_path / "out.jsonl", predictor_of(tmp_path / "flat"), lambda *_: None)
    lines = [json.loads(line)["prediction"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines == [dict(zip(("warm", "size"), row, strict=True)) for row in expected]


def test_the_encoder_of_one_target_fits_no_model_of_several(adopting: Adopting, tmp_path: Path) -> None:
    (tmp_path / "labels.pkl").write_bytes(pickle.dumps(LabelEncoder().fit(["no", "yes"])))
    with pytest.raises(NotAdopted, match=r"encodes the labels of one target, and .* predicts several"):
        adopting(RandomForestClassifier(2).fit(X, MARKS), "a", "b", known=MARKS, labels=tmp_path / "labels.pkl")


def test_the_gate_refuses_what_is_worse_on_any_target(adopting: Adopting) -> None:
    good = adopting(LinearRegression().fit(X, NUMBERS), "price", "rent", held_out=True, trust=True).manifest
    assert refusal(good, None) is None
    # Of the one target it is as good, of the other not.
    noisy = NUMBERS.assign(price=NUMBERS.price + 5e4 * X.rooms)
    worse = adopting(LinearRegression().fit(X, noisy), "price", "rent", held_out=True, trust=True).manifest
    assert "worse than the champion" in str(refusal(worse, good))
    assert "(held-out rows: price)" in str(refusal(worse, good))
    assert refusal(good, worse) is None


@pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
def test_several_targets_of_which_there_is_one_are_one(adopting: Adopting, tmp_path: Path, trust: bool) -> None:
    fitted = MultiOutputClassifier(LogisticRegression()).fit(X, LABELS[["warm"]])
    signature = adopting(fitted, "warm", known=LABELS, trust=trust).manifest.signature
    assert (signature.target.labels, signature.outputs) == (("no", "yes"), ("predict",))
    assert _answers(tmp_path / "flat") == fitted.predict(X[:3])[:, 0].tolist()


def test_a_target_is_named_once(adopting: Adopting) -> None:
    with pytest.raises(NotAdopted, match="names price twice"):
        adopting(LinearRegression().fit(X, NUMBERS), "price", "price")


def test_the_gate_compares_one_target_with_the_same_of_several(adopting: Adopting) -> None:
    good = adopting(LinearRegression().fit(X, NUMBERS.price), "price", held_out=True, trust=True).manifest
    noisy = NUMBERS.assign(price=NUMBERS.price + 5e4 * X.rooms)
    worse = adopting(LinearRegression().fit(X, noisy), "price", "rent", held_out=True, trust=True).manifest
    assert "worse than the champion" in str(refusal(worse, good))
    assert refusal(good, worse) is None


def test_columns_that_are_added_have_names_of_their_own(adopting: Adopting, tmp_path: Path) -> None:
    known = NUMBERS.set_axis(["x", "x_2"], axis=1)
    adopting(LinearRegression().fit(X, known), "x", "x_2", known=known)
    X.assign(prediction_x=0).to_csv(tmp_path / "rows.csv", index=False)
    score(tmp_path / "rows.csv", tmp_path / "out.csv", predictor_of(tmp_path / "flat"), lambda *_: None)
    header = (tmp_path / "out.csv").read_text().splitlines()[0].split(",")
    assert header == ["area", "rooms", "prediction_x", "prediction_x_2", "prediction_x_2_2"]

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import PairwiseKernel
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from picklejar.errors import InvalidDefinition, InvalidTrainingData
from picklejar.manifest import Golden, Manifest, decode_manifest
from picklejar.signature import Signature, Target
from tests.churn import FEATURES, SIGNATURE, churn
from training.dataset.load import load
from training.proof.agreement import NotInert, agreement
from training.proof.prove import prove
from training.train import train

pytestmark = pytest.mark.usefixtures("undrawn")

PICTURES = {
    "by_class",
    "calibration",
    "categories",
    "confusion",
    "correlation",
    "distributions",
    "probabilities",
    "roc",
}


def _target(*classes: Any) -> Signature:
    return Signature(features=FEATURES, target=Target(name="leaves", title="Leaves", description="", classes=classes))


def _mapped(words: dict[str, Any]) -> Any:
    """Reads the data set with other labels."""
    return lambda path: pd.read_csv(path).assign(leaves=lambda frame: frame["leaves"].map(words))


@pytest.fixture(scope="module")
def manifest(churn_bundle: Path) -> Manifest:
    return decode_manifest((churn_bundle / "manifest.json").read_bytes())


def test_a_classifiers_bundle_has_labels_probabilities_and_its_own_pictures(
    churn_bundle: Path, manifest: Manifest
) -> None:
    assert (manifest.kind, manifest.signature.outputs) == ("inert", ("predict", "predict_proba"))
    assert {Path(picture.file).stem for picture in manifest.pictures} == PICTURES
    assert all(picture.title and len(picture.alt) > 20 for picture in manifest.pictures)
    golden = msgspec.json.decode((churn_bundle / "golden.json").read_bytes(), type=Golden)
    assert set(golden.predictions) == {"no", "yes"}
    assert [sum(row) for row in golden.probabilities] == [pytest.approx(1)] * 100
    assert "leaves" in manifest.frequencies
    assert "leaves" not in manifest.statistics


def test_the_card_tells_the_classes_and_their_scores(churn_bundle: Path) -> None:
    card = (churn_bundle / "card.md").read_text()
    assert "`leaves` (one of no, yes): Within a year." in card
    assert "Of labels, F1 of yes; the baseline always predicts the most frequent label" in card
    assert "| on | rows | accuracy | balanced accuracy | F1 | log loss | ROC AUC | baseline accuracy |" in card


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (("yes", "no"), {"yes": "yes", "no": "no"}),
        ((0, 1), {"yes": 1, "no": 0}),
        ((0, 1), {"yes": 1.0, "no": 0.0}),
        ((False, True), {"yes": True, "no": False}),
    ],
)
def test_labels_are_of_the_signatures_type_whatever_the_file_has(tmp_path: Path, classes: Any, words: Any) -> None:
    definition = churn(tmp_path, signature=_target(*classes), read=_mapped(words))
    manifest = train(definition, definition.data, tmp_path / "churn", lambda _: None)
    assert (manifest.kind, manifest.signature.target.labels) == ("inert", classes)
    golden = json.loads((tmp_path / "churn" / "golden.json").read_bytes())
    assert {type(one) for one in golden["predictions"]} == {type(classes[0])}
    assert manifest.evaluations[0].estimator.accuracy > 0.8


@pytest.mark.drawn
def test_more_than_two_labels_have_no_curve_of_one(tmp_path: Path) -> None:
    def read(path: Path) -> pd.DataFrame:
        frame = pd.read_csv(path)
        return frame.assign(leaves=np.where(frame["months"] > 50, "never", frame["leaves"]))

    definition = churn(tmp_path, signature=_target("never", "no", "yes"), read=read)
    manifest = train(definition, definition.data, tmp_path / "churn", lambda _: None)
    assert {Path(picture.file).stem for picture in manifest.pictures} == PICTURES - {"roc"}
    assert manifest.evaluations[0].estimator.roc_auc > 0.9
    assert "F1 and ROC AUC the means of all" in (tmp_path / "churn" / "card.md").read_text()


@pytest.mark.drawn
def test_a_classifier_without_probabilities_has_labels_alone(tmp_path: Path) -> None:
    signature = Signature(features=(FEATURES[0], FEATURES[2]), target=SIGNATURE.target)
    definition = churn(tmp_path, signature=signature, estimator=LinearSVC, test_size=None)
    manifest = train(definition, definition.data, tmp_path / "churn", lambda _: None)
    assert (manifest.kind, manifest.signature.outputs) == ("inert", ("predict",))
    assert manifest.evaluations[0].estimator.known.keys() == {"accuracy", "balanced_accuracy", "f1"}
    assert {"plots/confusion.png", "plots/by_class.png"} <= {picture.file for picture in manifest.pictures}
    assert "plots/roc.png" not in {picture.file for picture in manifest.pictures}


def test_a_classifier_that_is_not_read_as_data_is_live_and_repeats_its_labels(tmp_path: Path) -> None:
    signature = Signature(features=(FEATURES[0], FEATURES[2]), target=SIGNATURE.target)
    definition = churn(
        tmp_path, signature=signature, estimator=lambda: GaussianProcessClassifier(PairwiseKernel(metric="rbf"))
    )
    manifest = train(definition, definition.data, tmp_path / "churn", lambda _: None)
    assert (manifest.kind, manifest.signature.outputs) == ("live", ("predict", "predict_proba"))
    assert prove(tmp_path / "churn").proof.endswith("It repeats its 100 golden predictions.")


@pytest.mark.drawn
def test_a_feature_of_one_kind_is_drawn_by_class(tmp_path: Path) -> None:
    encoded = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    for position, picture, estimator in ((0, "by_class", LogisticRegression()), (3, "categories", encoded)):
        signature = Signature(features=(FEATURES[position],), target=SIGNATURE.target)
        definition = churn(tmp_path, signature=signature, estimator=lambda one=estimator: one)
        manifest = train(definition, definition.data, tmp_path / "churn", lambda _: None)
        drawn = {Path(one.file).stem for one in manifest.pictures}
        assert drawn == PICTURES - {"by_class", "categories", "correlation"} | {picture}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"estimator": LinearRegression}, "The target of churn has classes, and its estimator, LinearRegression, does"),
        (
            {"signature": Signature(features=FEATURES, target=Target(name="leaves", title="", description=""))},
            "The estimator of churn, Pipeline, is a classifier, and its target has no classes",
        ),
        ({"test_size": 0.001}, "The rows of churn cannot be held out so: "),
        ({"estimator": LogisticRegression}, "cannot be fitted to its data: could not convert string"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(tmp_path: Path, words: Any, sentence: str) -> None:
    definition = churn(tmp_path, **words)
    with pytest.raises(InvalidDefinition, match=sentence):
        train(definition, definition.data, tmp_path / "churn", lambda _: None)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("maybe", "row 3 .counted from 0.: leaves must be one of no, yes, not 'maybe'"),
        (None, "row 3 .counted from 0.: leaves must be one of no, yes, not missing"),
        (1, "row 3 .counted from 0.: leaves must be one of no, yes, not 1"),
        ([1], r"row 3 .counted from 0.: leaves must be one of no, yes, not \[1\]"),
    ],
)
def test_an_unknown_label_is_refused_by_its_row(tmp_path: Path, value: object, sentence: str) -> None:
    def read(path: Path) -> pd.DataFrame:
        frame = pd.read_csv(path).astype({"leaves": object})
        frame.at[3, "leaves"] = value
        return frame

    definition = churn(tmp_path, read=read)
    with pytest.raises(InvalidTrainingData, match=sentence):
        load(definition, definition.data)


def test_a_label_of_one_row_cannot_be_learned(tmp_path: Path) -> None:
    definition = churn(tmp_path, signature=_target("no", "yes", "never", "always"))
    with pytest.raises(InvalidTrainingData, match="fewer than 2 rows of leaves never, always, too few to learn from"):
        load(definition, definition.data)


def test_an_estimator_without_finite_probabilities_is_refused(tmp_path: Path) -> None:
    class Bottomless(RandomForestClassifier):
        def predict_proba(self, X: Any) -> Any:
            return np.where(np.isnan(X[:, [1]]), np.nan, super().predict_proba(X))

    signature = Signature(features=FEATURES[:3], target=SIGNATURE.target)
    definition = churn(tmp_path, signature=signature, estimator=lambda: Bottomless(n_estimators=5))
    with pytest.raises(InvalidDefinition, match="calls is nullable and the estimator cannot predict without it"):
        train(definition, definition.data, tmp_path / "churn", lambda _: None)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"predictions": lambda all_: ["no" if all_[0] == "yes" else "yes", *all_[1:]]}, "a row has another label"),
        ({"probabilities": lambda all_: [[0.5, 0.5 + 1e-9], *all_[1:]]}, "of the largest answer apart"),
        ({"predictions": lambda all_: all_[1:]}, "does not have an answer for each row"),
    ],
)
def test_one_label_or_probability_that_differs_is_enough(
    churn_bundle: Path, manifest: Manifest, tmp_path: Path, change: Any, sentence: str
) -> None:
    assert agreement(churn_bundle, manifest).sentence.startswith(
        "Inert and scikit-learn agree on 134 training rows and 100"
    )
    for file in churn_bundle.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    golden = json.loads((churn_bundle / "golden.json").read_bytes())
    ((key, changed),) = change.items()
    (tmp_path / "golden.json").write_text(json.dumps(golden | {key: changed(golden[key])}))
    with pytest.raises(NotInert, match=sentence):
        agreement(tmp_path, manifest)


@pytest.mark.drawn
def test_the_same_definition_gives_the_same_bytes(churn_bundle: Path, manifest: Manifest, tmp_path: Path) -> None:
    definition = churn(tmp_path)
    again = train(dataclasses.replace(definition), definition.data, tmp_path / "churn", lambda _: None)
    assert again.version == manifest.version

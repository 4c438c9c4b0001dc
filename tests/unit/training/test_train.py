from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from picklejar.errors import InvalidDefinition, InvalidTrainingData
from picklejar.manifest import File, Frequencies, Golden, decode_manifest
from picklejar.signature import Feature, Signature, Target
from tests.rent import FEATURES, rent
from tests.rent import read as read_rent
from training import models
from training.train import train

pytestmark = pytest.mark.usefixtures("undrawn")

SALES, HOUSING = models.find("sales"), models.find("housing")
BUNDLE = {"model.pkl", "manifest.json", "golden.json", "card.md", "proof.jsonl"}
PICTURES = {f"plots/{name}.png" for name in ("correlation", "distributions", "pairs", "predicted", "residuals")}
FREE, NULLABLE = (
    (msgspec.structs.replace(FEATURES[0], **words), *FEATURES[1:]) for words in ({"enum": None}, {"nullable": True})
)
TRAIN = """
from pathlib import Path
import sys
from training import models
from training.train import train
for model in map(models.find, ("sales", "housing")):
    train(model, model.data, Path(sys.argv[1], model.name), lambda _: None)
"""


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["sales", "housing"])
def test_a_bundle_is_whole(bundles: Path, name: str) -> None:
    contents = _contents(bundles / name)
    assert contents.keys() == BUNDLE | PICTURES
    manifest = decode_manifest(contents.pop("manifest.json"))
    assert manifest.proof == File.of(contents.pop("proof.jsonl"))
    assert {file: (entry.sha256, entry.size) for file, entry in manifest.files.items()} == {
        file: (hashlib.sha256(content).hexdigest(), len(content)) for file, content in contents.items()
    }


@pytest.mark.parametrize("name", ["sales", "housing"])
def test_the_model_is_a_plain_pickle_of_protocol_5(bundles: Path, name: str) -> None:
    artifact = (bundles / name / "model.pkl").read_bytes()
    assert artifact[:2] == b"\x80\x05"
    assert pickle.loads(artifact).n_features_in_ == len(models.find(name).signature.features)


@pytest.mark.parametrize("name", ["sales", "housing"])
def test_the_models_that_ship_are_inert(bundles: Path, name: str) -> None:
    manifest = decode_manifest((bundles / name / "manifest.json").read_bytes())
    assert (manifest.kind, manifest.why_live) == ("inert", None)
    assert "Inert: the file is read as data" in (bundles / name / "card.md").read_text()


def test_a_model_that_is_not_read_as_data_is_live_and_its_card_says_why(live_bundle: Path) -> None:
    manifest = decode_manifest((live_bundle / "manifest.json").read_bytes())
    assert manifest.kind == "live"
    assert str(manifest.why_live).endswith("is not read as data.")
    assert (
        f"Live: the file is run by scikit-learn, in the versions below. {manifest.why_live}"
        in (live_bundle / "card.md").read_text()
    )


@pytest.mark.parametrize("name", ["sales", "housing"])
def test_the_proof_has_every_row_that_was_fitted_with_the_estimators_own_answers(bundles: Path, name: str) -> None:
    fitted = pickle.loads((bundles / name / "model.pkl").read_bytes())
    rows = decode_manifest((bundles / name / "manifest.json").read_bytes()).data.fitted_rows
    for line in (bundles / name / "proof.jsonl").read_bytes().splitlines():
        proof = msgspec.json.decode(line, type=Golden)
        X = np.array([list(instance.values()) for instance in proof.instances], dtype=float)
        assert fitted.predict(X).tolist() == proof.predictions
        rows -= len(X)
    assert rows == 0


@pytest.mark.parametrize("name", ["sales", "housing"])
def test_golden_rows_are_training_rows_with_the_estimators_own_answers(bundles: Path, name: str) -> None:
    golden = msgspec.json.decode((bundles / name / "golden.json").read_bytes(), type=Golden)
    fitted = pickle.loads((bundles / name / "model.pkl").read_bytes())
    X = np.array([list(instance.values()) for instance in golden.instances], dtype=float)
    assert len(X) == min(100, decode_manifest((bundles / name / "manifest.json").read_bytes()).data.fitted_rows)
    assert fitted.predict(X).tolist() == golden.predictions


def test_the_same_seed_gives_the_same_bytes_in_another_process(bundles: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", TRAIN, str(tmp_path)], check=True)
    for name in ("sales", "housing"):
        first, second = _contents(bundles / name), _contents(tmp_path / name)
        manifests = [json.loads(contents.pop("manifest.json")) | {"trained_at": ""} for contents in (first, second)]
        assert first == second
        assert manifests[0] == manifests[1]


def test_training_again_changes_nothing_and_another_data_set_gives_another_version(tmp_path: Path) -> None:
    bundle = tmp_path / "sales"
    train(SALES, SALES.data, bundle, lambda _: None)
    first = _contents(bundle)
    train(SALES, SALES.data, bundle, lambda _: None)
    assert _contents(bundle) == first
    other = tmp_path / "other.csv"
    other.write_text(SALES.data.read_text().replace("four", "three"))
    assert train(SALES, other, bundle, lambda _: None).version != json.loads(first["manifest.json"])["version"]


def test_a_failed_training_leaves_the_bundle_that_was_there(tmp_path: Path) -> None:
    bundle = tmp_path / "sales"
    train(SALES, SALES.data, bundle, lambda _: None)
    before = _contents(bundle)
    with pytest.raises(InvalidTrainingData):
        train(SALES, HOUSING.data, bundle, lambda _: None)
    assert _contents(bundle) == before


def test_the_stages_are_named_as_they_begin(tmp_path: Path) -> None:
    steps: list[str] = []
    train(SALES, SALES.data, tmp_path / "sales", steps.append)
    assert steps == [
        "reading the data set",
        "fitting 6 of 6 rows",
        "scoring beside a baseline",
        "drawing the pictures",
        "writing the bundle",
        "trying to read it as data",
    ]


def test_a_nullable_feature_needs_an_estimator_that_takes_null(tmp_path: Path) -> None:
    rows = tmp_path / "sales.csv"
    rows.write_text(SALES.data.read_text().replace("\n,", "\n0,"))
    careless = dataclasses.replace(SALES, estimator=LinearRegression)
    with pytest.raises(InvalidDefinition, match="rate is nullable and the estimator cannot predict without it"):
        train(careless, rows, tmp_path / "careless", lambda _: None)
    assert list(tmp_path.iterdir()) == [rows]


def _careless(**words: Any) -> Callable[[], Pipeline]:
    """An estimator of rents that takes no more than it has seen."""
    columns = make_column_transformer((OneHotEncoder(**words), ["district"]), (SimpleImputer(), ["area"]))
    return lambda: make_pipeline(columns, LinearRegression())


@pytest.mark.parametrize(
    ("features", "missing", "sentence"),
    [
        (FEATURES, ("Hills",), r"district may be what no row says, and .*: Found unknown categories \['Hills'\]"),
        (FREE, (), r"district may be what no row says, and .*: Found unknown categories \['No row of any data set"),
        (NULLABLE, (), "district is nullable and the estimator cannot predict without it"),
    ],
)
def test_a_string_needs_an_estimator_that_takes_all_that_it_may_be(
    tmp_path: Path, features: tuple[Feature, ...], missing: tuple[str, ...], sentence: str
) -> None:
    def read(path: Path) -> pd.DataFrame:
        frame = read_rent(path)
        return frame[~frame["district"].isin(missing)]

    signature = Signature(features=features, target=Target(name="rent", title="Rent", description=""))
    definition = rent(tmp_path, signature=signature, read=read, estimator=_careless())
    with pytest.raises(InvalidDefinition, match=sentence):
        train(definition, definition.data, tmp_path / "rent", lambda _: None)
    tolerant = dataclasses.replace(definition, estimator=_careless(handle_unknown="ignore"))
    assert train(tolerant, definition.data, tmp_path / "rent", lambda _: None).name == "rent"


def test_an_answer_that_is_not_finite_is_none(tmp_path: Path) -> None:
    class Bottomless(DummyRegressor):
        def predict(self, X: Any) -> Any:
            return np.where(np.isnan(X[:, 0]), np.inf, 1.0)

    with pytest.raises(InvalidDefinition, match="rate is nullable and the estimator cannot predict without it"):
        train(dataclasses.replace(SALES, estimator=Bottomless), SALES.data, tmp_path / "sales", lambda _: None)


@pytest.mark.drawn
@pytest.mark.parametrize(
    ("features", "pictures"),
    [
        (FEATURES, PICTURES | {"plots/categories.png"}),
        (FEATURES[:2], PICTURES - {"plots/correlation.png", "plots/pairs.png"} | {"plots/categories.png"}),
        (FEATURES[2:4], PICTURES),
    ],
)
def test_what_is_drawn_is_what_there_is(tmp_path: Path, features: tuple[Feature, ...], pictures: set[str]) -> None:
    signature = Signature(features=features, target=Target(name="rent", title="Rent $1 $2", description=""))
    encoder = OneHotEncoder(handle_unknown="ignore")
    definition = rent(tmp_path, signature=signature, estimator=lambda: make_pipeline(encoder, Ridge()))
    manifest = train(definition, definition.data, tmp_path / "rent", lambda _: None)
    assert {picture.file for picture in manifest.pictures} == pictures


def test_frequencies_are_those_of_the_most_frequent_categories(tmp_path: Path) -> None:
    def read(path: Path) -> pd.DataFrame:
        agents = [None] * 10 + ["x" * 500] * 50 + [f"{number % 20}" for number in range(60)]
        return read_rent(path).assign(agent=agents)

    definition = rent(tmp_path, read=read)
    manifest = train(definition, definition.data, tmp_path / "rent", lambda _: None)
    assert manifest.frequencies["furnished"] == Frequencies(40, 2, (("no", 40), ("yes", 40)))
    agents = manifest.frequencies["agent"]
    assert (agents.missing, agents.different, agents.frequent[0]) == (10, 21, ("x" * 500, 50))
    assert agents.frequent[1:] == tuple((one, 3) for one in ("0", "1", "10", "11", "12", "13", "14", "15", "16"))
    assert manifest.statistics.keys() == {"area", "floor", "rent"}


def test_the_card_tells_what_is_accepted_and_what_was_seen(tmp_path: Path) -> None:
    filled = Feature(name="agent", title="", description="", type="string", default="nobody", example="")
    features = (*FEATURES[:4], filled)
    signature = Signature(features=features, target=Target(name="rent", title="Rent", description=""))
    definition = rent(tmp_path, signature=signature, read=lambda path: read_rent(path).fillna({"agent": ""}))
    train(definition, definition.data, tmp_path / "rent", lambda _: None)
    card = (tmp_path / "rent" / "card.md").read_text()
    for row in (
        r"| `district` |  | Old Town, Harbour, West \| End, Hills | refused | Where it is. |",
        "| `furnished` |  | true or false | is allowed |  |",
        "| `floor` |  | 0 to 9.007199255e+15 | counts as 1 |  |",
        '| `agent` |  | text of up to 1,000 characters | counts as "nobody" |  |',
        r"| `district` | 0 | 4 | Harbour: 30, Hills: 30, Old Town: 30, West \| End: 30 |",
    ):
        assert row in card


def test_an_estimator_that_cannot_be_fitted_is_said_to_be_that(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match=r"The estimator of sales cannot be fitted to its data: .*NaN"):
        train(dataclasses.replace(SALES, estimator=LinearRegression), SALES.data, tmp_path / "sales", lambda _: None)


def test_sales_is_worse_than_the_mean_and_its_card_says_so(bundles: Path) -> None:
    manifest = decode_manifest((bundles / "sales" / "manifest.json").read_bytes())
    left_out = {evaluation.name: evaluation for evaluation in manifest.evaluations}["leave_one_out"]
    assert (round(left_out.estimator.rmse), round(left_out.baseline.rmse)) == (787, 194)
    assert manifest.evaluations[0].estimator.r2 == pytest.approx(0.69486, abs=5e-6)
    assert manifest.verdict in (bundles / "sales" / "card.md").read_text()


def test_housing_is_scored_on_rows_it_was_not_fitted_on(bundles: Path) -> None:
    manifest = decode_manifest((bundles / "housing" / "manifest.json").read_bytes())
    rows = {evaluation.name: evaluation.rows for evaluation in manifest.evaluations}
    assert rows == {"train": 3_350, "test": 1_650, "cross_validation": 5_000}
    assert (manifest.data.rows, manifest.data.fitted_rows) == (5_000, 3_350)


def test_every_picture_has_a_title_and_words_for_those_who_cannot_see_it(bundles: Path) -> None:
    manifest = decode_manifest((bundles / "housing" / "manifest.json").read_bytes())
    assert {picture.file for picture in manifest.pictures} == PICTURES
    assert all(picture.title and len(picture.alt) > 40 for picture in manifest.pictures)
    for picture in manifest.pictures:
        assert (bundles / "housing" / picture.file).read_bytes().startswith(b"\x89PNG")

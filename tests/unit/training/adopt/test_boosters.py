"""XGBoost's models are adopted, in pickles and in files of its own, and run by it with --trust."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from picklejar import inert
from picklejar.errors import UnreadablePickle
from picklejar.manifest import Manifest
from tests.xgboost_written import model, pickled, stump, ubjson
from training.adopt.adopt import Adoption, adopt
from training.adopt.boosters import as_pickle, is_saved_model, releases, saved_model
from training.adopt.joblib_file import NotAdopted
from training.proof.releases import OF_XGBOOST, RELEASES, NoEnvironment, interpreter, minor

pytestmark = pytest.mark.usefixtures("undrawn")
HERE = Path(sys.executable)
# To start XGBoost in an interpreter of its own takes seconds.
WAYS = pytest.mark.parametrize("trust", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["read", "run"])
ROWS = 120
FRAME = pd.DataFrame(
    {
        "age": np.arange(ROWS) % 50 + 18,
        "income": np.where(np.arange(ROWS) % 7 == 0, np.nan, np.arange(ROWS) * 31.5 % 400),
        "town": np.array(["Oslo", "Bergen", "Bodø"], dtype=object)[np.arange(ROWS) % 3],
    }
)
LEFT = ((FRAME["age"] > 40) ^ (FRAME["town"] == "Oslo")).astype(int)
NUMBERS = FRAME[["age", "income"]]
SMALL = {"n_estimators": 8, "max_depth": 3, "n_jobs": 1}


@pytest.fixture
def adopting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Manifest]:
    """Adopt a file's content; what is run by a release elsewhere is run by the one here."""
    monkeypatch.setattr("training.adopt.model_file.interpreter", lambda *_, **__: HERE)

    def run(content: Any, suffix: str = "pkl", frame: pd.DataFrame = NUMBERS, **words: Any) -> Manifest:
        file, sample = tmp_path / f"model.{suffix}", tmp_path / "sample.csv"
        file.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
        frame.to_csv(sample, index=False)
        return adopt(Adoption(file, "left", sample, **words), tmp_path / "build", lambda _: None).manifest

    return run


def _saved(fitted: Any, kind: str, folder: Path) -> bytes:
    fitted.save_model(folder / f"saved.{kind}")
    return (folder / f"saved.{kind}").read_bytes()


@pytest.fixture(scope="module")
def classifier() -> Any:
    return xgb.XGBClassifier(**SMALL).fit(NUMBERS, LEFT)


@pytest.mark.parametrize(
    ("kind", "trust"),
    [
        ("pkl", False),
        ("ubj", False),
        ("json", False),
        ("ubj", True),
        *(pytest.param(kind, True, marks=pytest.mark.slow) for kind in ("pkl", "json")),
    ],
)
def test_a_classifier_is_adopted_from_each_of_its_files(
    kind: str, trust: bool, classifier: Any, adopting: Callable[..., Manifest], tmp_path: Path
) -> None:
    content = classifier if kind == "pkl" else _saved(classifier, kind, tmp_path)
    manifest = adopting(content, kind, trust=trust)
    assert manifest.kind == "inert"
    assert manifest.signature.names == ("age", "income")
    assert manifest.signature.target.labels == (0, 1)
    assert manifest.packages["xgboost"] == xgb.__version__
    if trust:
        assert f"adopted from model.{kind}; proven against XGBoost {xgb.__version__}" in manifest.description
    else:
        assert "It is not proven against XGBoost: its file was never run." in manifest.limits


@WAYS
def test_a_pipeline_with_one_is_adopted(trust: bool, adopting: Callable[..., Manifest]) -> None:
    columns = ColumnTransformer([("town", OneHotEncoder(), ["town"])], remainder="passthrough")
    fitted = make_pipeline(columns, xgb.XGBClassifier(**SMALL)).fit(FRAME, LEFT)
    manifest = adopting(fitted, frame=FRAME.assign(left=LEFT), target="left", held_out=True, trust=trust)
    assert manifest.kind == "inert"
    assert manifest.packages.keys() >= {"xgboost", "scikit-learn"}
    assert manifest.evaluations[0].estimator.log_loss is not None


@WAYS
@pytest.mark.parametrize("kind", ["pkl", "ubj"])
def test_texts_are_the_categories_of_the_file(
    kind: str, trust: bool, adopting: Callable[..., Manifest], tmp_path: Path
) -> None:
    words = FRAME.assign(town=FRAME["town"].astype("category"))
    fitted = xgb.XGBRegressor(enable_categorical=True, **SMALL).fit(words, FRAME["age"] * 1.5 + LEFT)
    manifest = adopting(fitted if kind == "pkl" else _saved(fitted, kind, tmp_path), kind, FRAME, trust=trust)
    (*_, town) = manifest.signature.features
    assert (town.type, town.enum) == ("string", ("Bergen", "Bodø", "Oslo"))
    assert manifest.kind == "inert"


@WAYS
@pytest.mark.parametrize("kind", ["pkl", "json"])
def test_a_booster_s_probability_is_a_number(
    kind: str, trust: bool, adopting: Callable[..., Manifest], tmp_path: Path
) -> None:
    booster = xgb.train({"objective": "binary:logistic"}, xgb.DMatrix(NUMBERS, LEFT), 5)
    manifest = adopting(booster if kind == "pkl" else _saved(booster, kind, tmp_path), kind, trust=trust)
    assert not manifest.signature.target.labels
    assert manifest.description.startswith("Booster")


@WAYS
def test_a_booster_of_several_classes_has_labels_in_a_file_of_its_own(
    trust: bool, adopting: Callable[..., Manifest], tmp_path: Path
) -> None:
    parameters = {"objective": "multi:softprob", "num_class": 3}
    booster = xgb.train(parameters, xgb.DMatrix(NUMBERS, FRAME["age"] % 3), 5)
    with pytest.raises(NotAdopted, match=r'write it by its save_model\("model.ubj"\)'):
        adopting(booster, trust=trust)
    manifest = adopting(_saved(booster, "ubj", tmp_path), "ubj", trust=trust)
    assert manifest.signature.target.labels == (0, 1, 2)


def test_a_notebook_s_predictions_prove_one(classifier: Any, adopting: Callable[..., Manifest], tmp_path: Path) -> None:
    answers = tmp_path / "notebook.csv"
    told = NUMBERS.assign(prediction=classifier.predict(NUMBERS))
    told.to_csv(answers, index=False)
    assert adopting(classifier, answers=answers).adopted == "answers"
    told.assign(prediction=1 - told["prediction"]).to_csv(answers, index=False)
    with pytest.raises(NotAdopted, match="rows differ"):
        adopting(classifier, answers=answers)


def test_a_file_keeps_what_its_wrapper_wrote() -> None:
    kept = json.dumps({"_estimator_type": "regressor", "missing": -2.0})
    for write in (ubjson, lambda document: json.dumps(document).encode()):
        content = write(model([stump()], learner__attributes={"scikit_learn": kept}))
        assert is_saved_model(content)
        read = inert.loads(as_pickle(content))
        assert type(read).__name__ == "XgboostRegressor"
        assert read.predict([[-2.0, 0.0], [0.0, 0.0], [9.0, 0.0]]).tolist() == [-0.5, -0.5, 2.5]


@pytest.mark.parametrize("kept", ["{", "[]", "null", '"x"', '{"missing": "x"}', "[" * 100_000])
def test_what_a_wrapper_cannot_have_written_is_passed_over(kept: str) -> None:
    content = ubjson(model([stump()], learner__attributes={"scikit_learn": kept}))
    assert type(inert.loads(as_pickle(content))).__name__ == "XgboostBooster"


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"a": 1}', b"binf\0\0", b"{L\0"])
def test_a_file_that_is_no_model_is_refused(content: bytes, adopting: Callable[..., Manifest]) -> None:
    with pytest.raises(UnreadablePickle):
        as_pickle(content)
    with pytest.raises(NotAdopted, match="holds no fitted model that can be read"):
        adopting(content, "json")


def test_what_is_not_read_is_not_run_either(adopting: Callable[..., Manifest]) -> None:
    data = pickled(model([stump()], learner__objective__name="reg:other"))
    with pytest.raises(NotAdopted, match=r"objective 'reg:other' is not read as data\. A model of XGBoost is served"):
        adopting(data, trust=True)
    with pytest.raises(NotAdopted, match="needs XGBoost's DaskXGBRegressor, which is not read as data"):
        adopting(b"cxgboost.dask\nDaskXGBRegressor\n)\x81.", trust=True)


def test_the_release_is_that_of_the_booster() -> None:
    from picklejar.inert.reading.records import read_leniently

    written = read_leniently(pickled({"Model": model([stump()], version=[1, 7, 6]), "Config": {}})).value
    assert releases([written, written]) == {"1.7.6"}
    assert saved_model(written) is None
    lone = read_leniently(pickled(ubjson(model([stump()], version=[3, 1, 0])))).value
    assert (releases(lone), saved_model(lone)[1:]) == ({"3.1.0"}, ("model.ubj", "XGBRegressor"))


def test_each_release_has_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr("training.proof.releases._run", lambda *command, **_: ran.append(command))
    monkeypatch.setattr("training.proof.releases.shutil.which", lambda *_, **__: "uv")
    monkeypatch.setattr("training.proof.releases.sys.platform", "linux")
    for name, expected in {"1.6.2": "xgboost==1.6.2", "2.1.0": "xgboost==2.1.0", "3.0.5": "xgboost-cpu==3.0.5"}.items():
        folder = tmp_path / name
        folder.mkdir()
        interpreter("unknown", lambda _: None, folder, name)
        assert expected in ran[-1]
        assert f"scikit-learn=={OF_XGBOOST[minor(name)]}" in ran[-1]
    assert {minor(version) for version in OF_XGBOOST.values()} <= RELEASES.keys()
    for wrong in ("3.9.0", "1.7.6; rm", "1.5.2"):
        with pytest.raises(NoEnvironment):
            interpreter("1.2.2", lambda _: None, tmp_path / "none", wrong)

"""LightGBM's models are adopted, in pickles and in files of its own, and run by it with --trust."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from picklejar import inert
from picklejar.errors import DamagedPickle
from picklejar.inert.reading.records import read_leniently
from picklejar.manifest import Manifest
from tests.unit.inert.boosters.lightgbm_texts import Split, booster, classifier, model, regressor
from training.adopt import run_elsewhere
from training.adopt.adopt import Adoption, adopt
from training.adopt.joblib_file import NotAdopted
from training.adopt.lightgbm_file import (
    as_pickle,
    category_columns,
    is_model_text,
    ranges,
    release,
    release_of_labels,
    spaced,
)
from training.adopt.tree import node
from training.adopt.write_pickle import write_pickle
from training.models import without_extra
from training.proof.releases import NoEnvironment, interpreter

pytestmark = pytest.mark.usefixtures("undrawn")
ROWS = 60
FRAME = pd.DataFrame(
    {
        "size of it": np.arange(ROWS) * 2.5,
        "town": np.array(["Bath", "Ely", "York"], dtype=object)[np.arange(ROWS) % 3],
        "floor": np.arange(ROWS) % 4,
    }
)
TREE = Split(1, 10.0, Split(2, 20.0, Split(0, 30.0, 40.0, threshold=60.0), categories=frozenset({2})),
             categories=frozenset({0}))  # fmt: skip
CATEGORIES = '[["Bath", "Ely", "York"], [3, 1, 0]]'
OF_FRAME: dict[str, Any] = {
    "feature_names": "size_of_it town floor",
    "feature_infos": "[0:150] 0:1:2 0:1:2",
    "categorical": [1, 2],
}
TEXT = model([TREE], **OF_FRAME) + f"\npandas_categorical:{CATEGORIES}\n"
NUMBERS = FRAME[["size of it", "floor"]]
PLAIN = model([Split(0, -1.0, 1.0, threshold=50.0)], features=2, objective="binary sigmoid:1")
OF_CLASSES = model(
    [Split(0, 2.0, 0.0, threshold=50.0), 1.0, 0.5],
    features=2,
    objective="multiclass num_class:3",
    num_class=3,
    num_tree_per_iteration=3,
)


@pytest.fixture
def adopting(tmp_path: Path) -> Callable[..., Manifest]:
    """Adopt a file's content."""

    def run(content: bytes | str, suffix: str = "txt", frame: pd.DataFrame = FRAME, **words: Any) -> Manifest:
        file, sample = tmp_path / f"model.{suffix}", tmp_path / "sample.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        frame.to_csv(sample, index=False)
        return adopt(Adoption(file, "left", sample, **words), tmp_path / "build", lambda _: None).manifest

    return run


def test_a_text_becomes_the_pickle_of_its_booster() -> None:
    assert is_model_text(TEXT.encode())
    assert not is_model_text(regressor(TEXT))
    read = inert.loads(as_pickle(TEXT.encode()))
    assert read.categories(1) == ["Bath", "Ely", "York"]
    rows = [[0.0, "Bath", 9], [0.0, "York", 0], [0.0, "Ely", 3], [99.0, None, None]]
    assert read.predict(np.array(rows, dtype=object)).tolist() == [10, 20, 30, 40]
    by_windows = TEXT.replace("\n", "\r\n").encode()
    assert inert.loads(as_pickle(by_windows)).predict(np.array(rows, dtype=object)).tolist() == [10, 20, 30, 40]


@pytest.mark.parametrize(
    "content", [b"tree\n\xff", b"tree\n\npandas_categorical:[", b"tree\n\npandas_categorical:" + b"[" * 100_000]
)
def test_a_text_that_is_cut_is_refused(content: bytes) -> None:
    with pytest.raises(DamagedPickle):
        as_pickle(content)


def test_a_lone_file_of_a_frame_asks_for_the_frames_columns(adopting: Callable[..., Manifest]) -> None:
    manifest = adopting(TEXT)
    assert manifest.kind == "inert"
    assert manifest.signature.names == ("size of it", "town", "floor")
    assert manifest.signature.features[1].enum == ("Bath", "Ely", "York")
    assert manifest.packages == {"lightgbm": "4"}
    assert "It is not proven against LightGBM: its file was never run." in manifest.limits


def test_a_booster_of_two_classes_answers_a_probability(adopting: Callable[..., Manifest]) -> None:
    manifest = adopting(PLAIN, frame=NUMBERS)
    assert manifest.signature.target.labels is None or not manifest.signature.target.labels
    assert manifest.signature.outputs == ("predict",)


def test_a_booster_of_several_classes_answers_their_numbers_or_the_labels(
    adopting: Callable[..., Manifest], tmp_path: Path
) -> None:
    assert adopting(OF_CLASSES, frame=NUMBERS).signature.target.labels == (0, 1, 2)
    labels = tmp_path / "labels.pkl"
    labels.write_bytes(write_pickle(["low", "mid", "high"]))
    manifest = adopting(OF_CLASSES, frame=NUMBERS, labels=labels)
    assert manifest.signature.target.labels == ("high", "low", "mid")


def test_a_pickle_has_the_labels_of_its_encoder(adopting: Callable[..., Manifest]) -> None:
    manifest = adopting(classifier(PLAIN, [4, 7]), "pkl", NUMBERS)
    assert manifest.signature.target.labels == (4, 7)
    assert manifest.estimator == "LGBMClassifier"


def test_a_scaler_comes_before_a_lone_file(adopting: Callable[..., Manifest], tmp_path: Path) -> None:
    scaler = tmp_path / "scaler.pkl"
    scaler.write_bytes(pickle.dumps(StandardScaler().fit(NUMBERS)))
    text = tmp_path / "model.txt"
    text.write_text(PLAIN)
    sample = tmp_path / "sample.csv"
    NUMBERS.to_csv(sample, index=False)
    adopted = adopt(Adoption(scaler, "left", sample, then=(text,)), tmp_path / "build", lambda _: None)
    assert adopted.manifest.signature.names == ("size of it", "floor")
    assert adopted.manifest.estimator == "Pipeline(StandardScaler, Booster)"


REFUSED = {
    "a cut text": (PLAIN[:300], NUMBERS, "holds no fitted model that can be read"),
    "linear trees": (PLAIN.replace("is_linear=0", "is_linear=1"), NUMBERS, "Fit it without linear_tree. A model of"),
    "other columns": (TEXT, NUMBERS, "was fitted on a column 'town'"),
    "texts for numbers": (
        model([TREE], **OF_FRAME | {"categorical": []}), FRAME, "refuses row 0 .* town must be a number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_read_is_refused_with_a_way_out(case: str, adopting: Callable[..., Manifest]) -> None:
    content, frame, sentence = REFUSED[case]
    with pytest.raises(NotAdopted, match=sentence):
        adopting(content, frame=frame)


def test_what_a_notebook_predicted_is_compared(adopting: Callable[..., Manifest], tmp_path: Path) -> None:
    told = tmp_path / "told.csv"
    rows = NUMBERS.to_numpy()
    answers = inert.loads(as_pickle(PLAIN.encode())).predict(rows)
    pd.DataFrame({"prediction": answers}).to_csv(told, index=False)
    assert adopting(PLAIN, frame=NUMBERS, answers=told).adopted == "answers"
    pd.DataFrame({"prediction": answers + 1e-6}).to_csv(told, index=False)
    with pytest.raises(NotAdopted):
        adopting(PLAIN, frame=NUMBERS, answers=told)


def test_the_release_is_told_as_far_as_the_file_tells_it() -> None:
    def found(data: bytes) -> str:
        return release(read_leniently(data).value)

    old = model([1.0], version="v3")
    assert found(regressor(model([1.0]))) == "4"
    assert found(regressor(old, handle="handle")) == "3"
    assert found(classifier(PLAIN, [0, 1], _fitted_with_feature_names=True)) == "4.7"
    assert found(write_pickle(node("sklearn.linear_model._base", "LinearRegression", state={}))) == ""
    encoder = node("sklearn.preprocessing._label", "LabelEncoder", state={"_sklearn_version": "1.2.2"})
    labelled = read_leniently(classifier(PLAIN, [0, 1], _le=encoder)).value
    assert release_of_labels(labelled) == "1.2.2"
    assert release_of_labels(read_leniently(regressor(old)).value) == ""


def test_a_model_of_scaled_values_asks_for_its_scaler(adopting: Callable[..., Manifest], tmp_path: Path) -> None:
    text = PLAIN.replace("feature_infos=[0:1] [0:1]", "feature_infos=[-1.7:1.7e0] [-1.2:1.3]")
    far = NUMBERS * 100 + 1_000
    with pytest.raises(NotAdopted, match=r"learned values of size of it from -1\.7 to 1\.7, and the sample has"):
        adopting(text, frame=far)
    with pytest.raises(NotAdopted, match="it was fitted on scaled values"):
        adopting(regressor(text), "pkl", frame=far)
    assert adopting(text, frame=far, parts=("model",)).kind == "inert"
    assert ranges(read_leniently(regressor(TEXT)).value) == {0: (0.0, 150.0)}


def test_categories_are_of_a_frame_unless_encoders_have_them() -> None:
    data = as_pickle(TEXT.encode())
    lenient = read_leniently(data)
    assert category_columns(lenient.value, lenient.names, inert.loads(data)) == {1, 2}
    encoded = lenient.names | {("sklearn.preprocessing._encoders", "OneHotEncoder")}
    assert category_columns(lenient.value, encoded, inert.loads(data)) == frozenset()
    assert category_columns(lenient.value, lenient.names, None) == frozenset()


def test_a_definition_without_the_extra_is_told_its_name() -> None:
    missing = ModuleNotFoundError("No module named 'lightgbm'", name="lightgbm")
    assert "sales.py needs lightgbm, which is not installed here: uv pip install -e '.[lightgbm]'" in str(
        without_extra("sales", missing)
    )


def test_a_name_has_the_spaces_of_the_one_column_that_it_may_be() -> None:
    assert spaced(["a_b", "c", "d_e"], ["c", "a b", "d e", "d_e"]) == ["a b", "c", "d_e"]
    assert spaced(["a_b_c"], ["a b_c", "a_b c"]) == ["a_b_c"]


class _Booster:
    __module__ = "lightgbm.basic"

    def __init__(self, outputs: int) -> None:
        self._outputs = outputs

    def num_model_per_iteration(self) -> int:
        return self._outputs

    def predict(self, X: Any) -> Any:
        return np.asarray(X).sum(axis=1) if self._outputs == 1 else np.asarray(X)


def test_a_booster_is_run_as_the_estimator_that_it_is_served_as() -> None:
    one, several = run_elsewhere.as_estimator(_Booster(1)), run_elsewhere.as_estimator(_Booster(3))
    X = np.array([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]])
    assert one.predict(X).tolist() == X.sum(axis=1).tolist()
    assert several.predict(X).tolist() == [1, 0]
    assert several.predict_proba(X).tolist() == X.tolist()
    assert several.classes_.tolist() == [0, 1, 2]


def test_a_booster_behind_steps_is_asked_about_what_they_make() -> None:
    doubling = SimpleNamespace(transform=lambda X: 2 * X, feature_names_in_=["a", "b", "c"])
    made = run_elsewhere.as_estimator(Pipeline([("d", doubling), ("b", _Booster(3))]))
    X = np.array([[0.2, 0.5, 0.3]])
    assert made.predict_proba(X).tolist() == (2 * X).tolist()
    assert made.predict(X).tolist() == [1]
    assert made.feature_names_in_ == ["a", "b", "c"]
    assert not hasattr(run_elsewhere.as_estimator(Pipeline([("d", doubling), ("b", _Booster(1))])), "predict_proba")


def test_an_environment_is_named_after_both_libraries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("training.proof.releases.sys.executable", "/nowhere/python")
    with pytest.raises(NoEnvironment, match="uv, which makes it"):
        interpreter("unknown", lambda _: None, lightgbm="3")
    folder = tmp_path / "picklejar" / "releases" / "1.2.2-lightgbm-3.3.5"
    folder.mkdir(parents=True)
    (folder / "ready").touch()
    assert interpreter("unknown", lambda _: None, lightgbm="3") == folder / "bin" / "python"


@pytest.mark.slow
def test_trust_runs_a_file_by_the_release_of_its_format(
    adopting: Callable[..., Manifest], tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", f"{Path(tool('uv')).parent}:{os.environ['PATH']}")
    try:
        python = interpreter("unknown", lambda _: None, lightgbm="4")
    except NoEnvironment as error:
        pytest.skip(str(error))
    code = (
        "import sys, numpy as np, pandas as pd, lightgbm as lgb; "
        "frame = pd.read_csv(sys.argv[1]).astype({'town': 'category', 'floor': 'category'}); "
        "y = frame['size of it'] + (frame['town'] == 'Ely') * 50.0; "
        "fitted = lgb.LGBMRegressor(n_estimators=5, min_child_samples=3, verbose=-1).fit(frame, y); "
        "fitted.booster_.save_model(sys.argv[2])"
    )
    FRAME.to_csv(tmp_path / "fitted.csv", index=False)
    subprocess.run([python, "-c", code, tmp_path / "fitted.csv", tmp_path / "fitted.txt"], check=True)
    manifest = adopting((tmp_path / "fitted.txt").read_bytes(), trust=True)
    assert manifest.kind == "inert"
    assert "proven against LightGBM 4.6.0 with scikit-learn 1.6.1" in manifest.description


def test_a_booster_alone_is_read_from_a_pickle(adopting: Callable[..., Manifest]) -> None:
    assert adopting(write_pickle(booster(PLAIN)), "pkl", NUMBERS).estimator == "Booster"

"""Folders as mlflow.sklearn.save_model writes them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skops import io as skops

from picklejar.errors import PicklejarError
from tests import parts
from training.adopt.adopt import Adopted, Adoption, adopt

pytestmark = pytest.mark.usefixtures("undrawn")
FRAME = parts.passengers()
X, Y = FRAME[parts.NUMBERS], FRAME["fate"]
MODEL = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(X, Y)
NAMELESS = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(X.to_numpy(), Y)
SPLIT = {"columns": parts.NUMBERS, "data": X[:5].to_numpy().tolist()}


def written(folder: Path, model: Any = MODEL, example: Any = SPLIT, **changed: Any) -> Path:
    """Write a folder of MLflow's, with the model in a pickle unless `changed` says another file."""
    inputs = [{"type": "double", "name": name, "required": True} for name in parts.NUMBERS]
    described: dict[str, Any] = {
        "flavors": {
            "python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"},
            "sklearn": {"pickled_model": "model.pkl", "serialization_format": "cloudpickle"},
        },
        "saved_input_example_info": {"artifact_path": "input_example.json", "type": "dataframe"},
        "signature": {"inputs": json.dumps(inputs), "outputs": "[]", "params": None},
    }
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text(yaml.safe_dump(described | changed))
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    if example is not None:
        (folder / "input_example.json").write_text(json.dumps(example))
    return folder


def adopted(folder: Path, **words: Any) -> Adopted:
    return adopt(Adoption(folder, "fate", words.pop("sample", None), **words), folder.parent / "fate", lambda _: None)


@pytest.mark.parametrize(
    "example",
    [SPLIT, X[:5].to_dict("records"), X[:5].to_numpy().tolist(), {"inputs": X[:5].to_numpy().tolist()}],
    ids=["a frame", "records", "an array", "inputs"],
)
@pytest.mark.parametrize("model", [MODEL, NAMELESS], ids=["named", "nameless"])
def test_the_example_is_the_sample_and_the_signature_names_the_columns(
    tmp_path: Path, model: Any, example: Any
) -> None:
    result = adopted(written(tmp_path / "model", model, example))
    assert result.manifest.signature.names == tuple(parts.NUMBERS)
    assert result.manifest.data.rows == 5


def test_a_model_of_skops_within_a_folder_is_adopted(tmp_path: Path) -> None:
    folder = written(tmp_path / "run" / "model", flavors={"sklearn": {"pickled_model": "model.skops"}})
    skops.dump(MODEL, folder / "model.skops")
    assert adopted(tmp_path / "run").manifest.estimator == "Pipeline(StandardScaler, LogisticRegression)"


def test_a_sample_that_is_given_is_taken(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    result = adopted(written(tmp_path / "model", example=None), sample=tmp_path / "rows.csv", target="fate")
    assert result.manifest.data.rows == len(FRAME)


OTHER = {"inputs": json.dumps([{"type": "double", "name": "height"}])}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"example": None}, r"has no input_example, .* Give a CSV file .* with --sample"),
        ({"example": {"columns": parts.NUMBERS, "data": [[1, 2, 3]]}}, "has an example of 1 row, and at least 3"),
        ({"signature": OTHER}, "signature in MLmodel has the columns height, and the model was fitted on age, fare"),
        ({"signature": OTHER, "model": NAMELESS}, "and the model was fitted on 3 columns without names"),
        ({"flavors": {"python_function": {}, "xgboost": {}}}, "is a model of MLflow's flavor xgboost, which is not"),
        ({"flavors": {"sklearn": {"pickled_model": "../../other.pkl"}}}, "names a file outside its folder"),
        ({"flavors": None}, "MLmodel cannot be read"),
        ({"flavors": {"sklearn": {"pickled_model": "none.pkl"}}}, "none.pkl cannot be opened"),
    ],
)
def test_what_does_not_fit_is_refused_and_says_what_to_do(tmp_path: Path, words: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PicklejarError, match=sentence):
        adopted(written(tmp_path / "model", **words))


def test_a_folder_of_none_or_several_models_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PicklejarError, match="has no file MLmodel"):
        adopted(tmp_path / "empty")
    written(tmp_path / "runs" / "one")
    written(tmp_path / "runs" / "two")
    with pytest.raises(PicklejarError, match="has several files MLmodel"):
        adopted(tmp_path / "runs")


def test_without_a_folder_a_sample_is_needed(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(MODEL))
    with pytest.raises(PicklejarError, match="name a CSV file of them with --sample"):
        adopted(tmp_path / "model.pkl")


def test_rows_of_the_example_are_answered_as_in_the_notebook(tmp_path: Path) -> None:
    adopted(written(tmp_path / "model"))
    golden = json.loads((tmp_path / "fate" / "golden.json").read_bytes())
    assert golden["predictions"] == MODEL.predict(pd.DataFrame(golden["instances"])[parts.NUMBERS]).tolist()

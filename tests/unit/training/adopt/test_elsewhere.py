"""A file is run in another interpreter, and answers there as it would here."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

from training.adopt.adopt import Adoption, adopt
from training.adopt.elsewhere import Elsewhere
from training.adopt.joblib_file import NotAdopted
from training.registry.gate import refusal

HERE = Path(sys.executable)
KEPT = Path(__file__).parents[4] / ".aws-sam" / "tests"
FRAME = pd.DataFrame(
    {
        "town": ["Oslo", "Bergen", None, "Oslo"] * 10,
        "rooms": [1, 2, 3, 4] * 10,
        "area": [20.5, np.nan, 61.0, 80.0] * 10,
        "paid": [True, False, True, True] * 10,
    }
)
Y = FRAME["rooms"] * 2.0 + FRAME["paid"]
COLUMNS = make_column_transformer(
    (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), ["town"]),
    (SimpleImputer(), ["rooms", "area"]),
    ("passthrough", ["paid"]),
)


def _elsewhere(fitted: Any) -> Any:
    return Elsewhere(pickle.dumps(fitted, 4), Path("model.pkl"), HERE)


TARGETS = {
    "numbers": Y,
    "truth": Y > 4,
    "texts": (Y > 4).map({True: "dear", False: "cheap"}),
    "integers": (Y > 4).astype(int),
}


@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS.keys())
def test_a_frame_is_asked_about_as_a_frame(y: Any) -> None:
    last = LinearRegression() if y.dtype == float else LogisticRegression()
    fitted = make_pipeline(COLUMNS, last).fit(FRAME, y)
    there = _elsewhere(fitted)
    assert there.predict(FRAME).tolist() == fitted.predict(FRAME).tolist()
    assert hasattr(there, "predict_proba") == hasattr(fitted, "predict_proba")
    assert there.feature_names_in_.tolist() == [*FRAME]
    assert there.packages["scikit-learn"] == sklearn.__version__
    if hasattr(fitted, "predict_proba"):
        assert there.predict_proba(FRAME).tolist() == fitted.predict_proba(FRAME).tolist()
        assert there.classes_.tolist() == fitted.classes_.tolist()


def test_an_array_is_asked_about_as_an_array() -> None:
    X = FRAME[["rooms", "paid"]].to_numpy(dtype=float)
    fitted = SVC().fit(X, Y > 4)
    there = _elsewhere(fitted)
    assert there.predict(X).tolist() == fitted.predict(X).tolist()
    assert not hasattr(there, "predict_proba")
    assert not hasattr(there, "feature_names_in_")


class Raises:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.listdir, ("/no/such/folder",)


def test_what_cannot_be_run_there_is_said() -> None:
    with pytest.raises(NotAdopted, match=r"model\.pkl cannot be run by the release that wrote it: FileNotFoundError"):
        _elsewhere(Raises())


def test_an_interpreter_that_fails_is_said(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no numpy >&2\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(NotAdopted, match="cannot be run by the release that wrote it: no numpy"):
        Elsewhere(b"", Path("model.pkl"), python)


@pytest.fixture
def older(rewritten_as: Callable[..., bytes], tmp_path: Path) -> Path:
    """A model of a release before today's, with its sample."""
    X = FRAME[["rooms"]].astype(float)
    X.assign(price=Y).to_csv(tmp_path / "sample.csv", index=False)
    (tmp_path / "model.pkl").write_bytes(rewritten_as(LinearRegression().fit(X, Y), "1.2.2"))
    return tmp_path


@pytest.fixture
def rewritten_as(monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    def rewrite(fitted: Any, release: str) -> bytes:
        with monkeypatch.context() as patched:
            patched.setattr("sklearn.base.__version__", release)
            return pickle.dumps(fitted, 4)

    return rewrite


def _adopted(folder: Path, **words: Any) -> Any:
    adoption = Adoption(folder / "model.pkl", "flat", folder / "sample.csv", "price", held_out=True, **words)
    return adopt(adoption, folder / "build", lambda _: None).manifest


def test_a_file_of_another_release_is_never_run_by_this_one(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.proof.releases.shutil.which", lambda *_, **__: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(older))
    with pytest.raises(NotAdopted, match=r"by scikit-learn 1\.2\.2, and cannot be run by it here\. uv.*--answers"):
        _adopted(older, trust=True)


def test_without_a_proof_it_is_not_promoted_and_the_card_says_so(older: Path) -> None:
    manifest = _adopted(older)
    assert manifest.adopted == "read"
    assert "It is not proven against scikit-learn: its file was never run." in manifest.limits
    assert "not proven against scikit-learn" in str(refusal(manifest, None))


def test_a_notebook_s_predictions_prove_it(older: Path) -> None:
    frame = pd.read_csv(older / "sample.csv")
    told = LinearRegression().fit(frame[["rooms"]], Y).predict(frame[["rooms"]])
    frame.assign(prediction=told.round(2)).to_csv(older / "notebook.csv", index=False)
    manifest = _adopted(older, answers=older / "notebook.csv")
    assert manifest.adopted == "answers"
    assert manifest.description == "LinearRegression, adopted from model.pkl; proven by the predictions of a notebook."
    assert not any("not proven" in limit for limit in manifest.limits)
    assert "not proven" not in str(refusal(manifest, None))
    frame.assign(prediction=told + 0.02).to_csv(older / "notebook.csv", index=False)
    with pytest.raises(NotAdopted, match="40 of 40 rows differ"):
        _adopted(older, answers=older / "notebook.csv")
    with pytest.raises(NotAdopted, match="leave out --answers, or --trust"):
        _adopted(older, answers=older / "notebook.csv", trust=True)


NOTEBOOK = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
import joblib, numpy as np, pandas as pd
from sklearn.ensemble import RandomForestClassifier
frame = pd.read_csv(sys.argv[1] + "/sample.csv")[["rooms"]]
model = RandomForestClassifier(n_estimators=3, random_state=0).fit(frame, np.where(frame.rooms > 2, "big", "small"))
pickle.dump(model, open(sys.argv[1] + "/model.pkl", "wb"))
joblib.dump(model, sys.argv[1] + "/model.joblib", compress=3)
"""


@pytest.mark.parametrize("file", ["model.pkl", "model.joblib"])
def test_a_file_is_run_by_the_release_that_wrote_it(
    file: str, older: Path, tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    from training.proof.releases import NoEnvironment, interpreter

    monkeypatch.setenv("PATH", f"{Path(tool('uv')).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(KEPT))  # where tests/versions keeps its own
    try:
        python = interpreter("0.24.2", lambda _: None)
    except NoEnvironment as error:
        pytest.skip(str(error))
    subprocess.run([python, "-c", NOTEBOOK, older], check=True)
    frame = pd.read_csv(older / "sample.csv")
    frame["price"] = np.where(frame["rooms"] > 2, "big", "small")
    frame.to_csv(older / "sample.csv", index=False)
    adoption = Adoption(older / file, "flat", older / "sample.csv", "price", held_out=True, trust=True)
    manifest = adopt(adoption, older / "build", lambda _: None).manifest
    assert manifest.adopted == "run"
    assert manifest.packages["scikit-learn"] == "0.24.2"
    assert manifest.description.endswith(f"adopted from {file}; proven against scikit-learn 0.24.2.")
    assert refusal(manifest, None) is None

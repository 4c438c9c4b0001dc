from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops import io as skops

from picklejar import inert
from picklejar.errors import DamagedPickle, PicklejarError
from picklejar.inert.base.estimator import NotDense
from picklejar.inert.reading.allowlist import READ
from tests import parts
from training.adopt.adopt import Adoption, adopt
from training.adopt.skops_file import SCHEMA, skops_tree
from training.adopt.write_pickle import write_pickle

pytestmark = pytest.mark.usefixtures("undrawn")
DRAW = Path(__file__).parents[3] / "versions" / "draw.py"
FRAME = parts.passengers()
X, Y = FRAME[parts.NUMBERS], FRAME["fate"]


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_every_class_that_is_drawn_answers_as_in_its_pickle(tmp_path: Path) -> None:
    names = ",".join(sorted({name.rpartition(".")[2] for name in READ}))
    subprocess.run([sys.executable, DRAW, tmp_path, names, "2", "8"], check=True, capture_output=True)
    files = sorted(tmp_path.glob("*.pickle"))
    assert len(files) >= 35
    for file in files:
        estimator, known = pickle.loads(file.read_bytes()), json.loads(file.with_suffix(".json").read_text())
        try:
            dumped = skops.dumps(estimator)
        # Of a search over SciPy's distributions, whose methods skops follows in circles.
        except RecursionError:
            assert hasattr(estimator, "param_distributions")
            continue
        written = write_pickle(skops_tree(dumped))
        has_text = any(isinstance(value, str) for row in known["asked"] for value in row)
        rows = np.array(known["asked"], dtype=object if has_text else float).reshape(len(known["asked"]), -1)
        ours, theirs = inert.loads(written), inert.loads(file.read_bytes())
        for method in known["answers"]:
            np.testing.assert_allclose(*(_numbers(getattr(one, method)(rows)) for one in (ours, theirs)), rtol=1e-12)
        assert type(pickle.loads(written)) is type(estimator)


def _numbers(answers: Any) -> Any:
    """Return answers as numbers, labels as those of their places in order."""
    values = answers.dense() if isinstance(answers, NotDense) else np.asarray(answers)
    return np.unique(values, return_inverse=True)[1] if values.dtype.kind in "UO" else values


@pytest.mark.parametrize("trust", [False, True], ids=["read", "run"])
def test_a_file_of_skops_is_adopted(tmp_path: Path, trust: bool) -> None:
    model = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)).fit(X, Y)
    skops.dump(model, tmp_path / "model.skops")
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    adoption = Adoption(tmp_path / "model.skops", "fate", tmp_path / "rows.csv", trust=trust)
    result = adopt(adoption, tmp_path / "build" / "fate", lambda _: None)
    assert result.manifest.signature.names == tuple(parts.NUMBERS)
    whole = pickle.loads((tmp_path / "build" / "fate" / "model.pkl").read_bytes())
    assert whole.predict_proba(X).tolist() == model.predict_proba(X).tolist()


def test_a_dict_in_a_file_of_skops_is_a_container(tmp_path: Path) -> None:
    scaler = StandardScaler().fit(X)
    model = LogisticRegression().fit(scaler.transform(X), Y)
    skops.dump({"model": model, "scaler": scaler, "features": parts.NUMBERS}, tmp_path / "all.skops")
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    result = adopt(Adoption(tmp_path / "all.skops", "fate", tmp_path / "rows.csv"), tmp_path / "fate", lambda _: None)
    assert result.manifest.estimator == "Pipeline(StandardScaler, LogisticRegression)"


def double(X: Any) -> Any:
    return 2 * X


def test_a_function_of_the_notebooks_own_is_refused_by_its_name(tmp_path: Path) -> None:
    skops.dump(
        make_pipeline(FunctionTransformer(double), LogisticRegression(max_iter=9000)).fit(X, Y),
        tmp_path / "model.skops",
    )
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    adoption = Adoption(tmp_path / "model.skops", "fate", tmp_path / "rows.csv")
    with pytest.raises(PicklejarError, match=r"names '.*double', which scikit-learn does not need"):
        adopt(adoption, tmp_path / "fate", lambda _: None)


def _changed(**words: Any) -> bytes:
    file = io.BytesIO(skops.dumps(StandardScaler().fit(X.to_numpy())))
    with zipfile.ZipFile(file) as old:
        schema = json.loads(old.read(SCHEMA)) | words
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as new:
        new.writestr(SCHEMA, json.dumps(schema))
    return result.getvalue()


DEEP: dict[str, Any] = {"__loader__": "JsonNode", "content": "1"}
for _ in range(300):
    DEEP = {"__loader__": "ListNode", "__class__": "list", "__module__": "builtins", "content": [DEEP]}


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        skops.dumps(1)[:-20],
        _changed(protocol=99),
        _changed(protocol="0"),
        _changed(__loader__="NoNode"),
        _changed(__module__=1),
        _changed(content=DEEP),
        _changed(),  # its arrays are not there
    ],
    ids=["no zip", "cut", "newer", "no protocol", "no node", "no class", "deep", "no arrays"],
)
def test_what_is_no_file_of_skops_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedPickle):
        skops_tree(content)

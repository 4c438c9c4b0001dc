"""What is read as a tree and written again is the same estimator, to pickle and to the inert reader."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from picklejar import inert
from picklejar.errors import DamagedPickle, UnreadablePickle, UnsafePickle
from picklejar.inert.reading.allowlist import READ
from training.adopt.joblib_file import plain
from training.adopt.tree import call, names_in, node, tree
from training.adopt.write_pickle import write_pickle

DRAW = Path(__file__).parents[3] / "versions" / "draw.py"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
FRAME = pd.DataFrame(X, columns=["a", "b", "c"]).assign(
    town=np.array(["Cork", "Łódź"], dtype=object)[np.arange(60) % 2]
)
Y = np.where(X[:, 0] > 0, "yes", "no")
COLUMNS = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
ESTIMATORS = [
    LogisticRegression().fit(X, Y),
    LinearRegression().fit(X, X[:, 0]),
    RandomForestClassifier(5, random_state=0).fit(X, Y),
    HistGradientBoostingClassifier(max_iter=3).fit(X, Y),
    KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
    make_pipeline(COLUMNS, StandardScaler(), LogisticRegression()).fit(FRAME, Y),
]


def _asked(estimator: Any) -> Any:
    return FRAME if hasattr(estimator, "steps") else X


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_every_class_that_is_drawn_is_written_as_it_was(tmp_path: Path) -> None:
    names = ",".join(sorted({name.rpartition(".")[2] for name in READ}))
    subprocess.run([sys.executable, DRAW, tmp_path, names, "1", "8"], check=True, capture_output=True)
    files = sorted(tmp_path.glob("*.pickle"))
    assert len(files) >= 35
    for file in files:
        content = file.read_bytes()
        written = write_pickle(tree(content))
        assert _attributes(pickle.loads(written)) == _attributes(pickle.loads(content))
        assert type(inert.loads(written)) is type(inert.loads(content))


def _attributes(value: Any) -> Any:
    """Return what an object is made of, without its identities."""
    if hasattr(value, "__getstate__") and type(value).__module__.startswith("sklearn"):
        return type(value).__name__, _attributes(value.__getstate__())
    if isinstance(value, dict):
        return [(str(name), _attributes(item)) for name, item in value.items()]
    if isinstance(value, list | tuple):
        return [_attributes(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, [_attributes(item) for item in value.ravel().tolist()]
    return repr(value).partition(" at 0x")[0]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_every_protocol_is_written_so_that_the_answers_are_the_same(estimator: Any, protocol: int) -> None:
    written = write_pickle(tree(pickle.dumps(estimator, protocol)))
    assert pickle.loads(written).predict(_asked(estimator)).tolist() == estimator.predict(_asked(estimator)).tolist()
    before, after = (inert.loads(content) for content in (pickle.dumps(estimator, protocol), written))
    rows = np.asarray(_asked(estimator), dtype=object)
    assert after.predict(rows).tolist() == before.predict(rows).tolist()


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_a_file_of_joblib_is_written_as_a_plain_pickle(tmp_path: Path, estimator: Any) -> None:
    joblib.dump(estimator, tmp_path / "model.joblib", compress=3)
    written = write_pickle(tree(plain(tmp_path / "model.joblib")))
    assert pickle.loads(written).predict(_asked(estimator)).tolist() == estimator.predict(_asked(estimator)).tolist()


def test_one_object_stays_one(tmp_path: Path) -> None:
    shared = [1, "two", b"three", 2.5, None, True, 2**70, {"four"}, frozenset({"five"})]
    first, second = pickle.loads(write_pickle(tree(pickle.dumps([shared, shared]))))
    assert first is second
    assert first == shared


def test_a_pipeline_of_two_files_is_one_of_scikit_learn() -> None:
    scaler = StandardScaler().fit(X)
    model = LogisticRegression().fit(scaler.transform(X), Y)
    steps = [("scaler", tree(pickle.dumps(scaler))), ("model", tree(pickle.dumps(model)))]
    state = {"steps": steps, "memory": None, "verbose": False, "transform_input": None}
    made = pickle.loads(
        write_pickle(node("sklearn.pipeline", "Pipeline", state=state | {"_sklearn_version": sklearn.__version__}))
    )
    assert made.predict_proba(X).tolist() == model.predict_proba(scaler.transform(X)).tolist()
    assert made.set_params(model__C=2).get_params()["model__C"] == 2


def test_a_file_names_what_it_names_and_nothing_of_it_runs() -> None:
    gadget = tree(b"cposix\nsystem\n(S'true'\ntR.")
    assert names_in([gadget]) == {("posix", "system")}
    assert write_pickle(gadget) == write_pickle(call("posix", "system", "true"))
    assert names_in(tree(pickle.dumps(X, 2))) == {
        *[("numpy", "ndarray"), ("numpy", "dtype"), ("numpy._core.multiarray", "_reconstruct"), ("_codecs", "encode")]
    }


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"no pickle", UnreadablePickle),
        (pickle.dumps(ESTIMATORS[0])[:-9], UnreadablePickle),
        (b"\x80\x02U\x01aQ.", UnsafePickle),
        (b"\x80\x02K\x01ccopyreg\n_reconstructor\nK\x01K\x01K\x01\x87R\x86.", DamagedPickle),
    ],
    ids=["text", "cut", "from outside", "an object of a number"],
)
def test_what_is_no_pickle_of_an_estimator_is_refused(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        tree(content)


@pytest.mark.parametrize("value", [object(), print, {"a": object}], ids=["an object", "a function", "a class"])
def test_what_no_file_held_is_not_written(value: Any) -> None:
    with pytest.raises(DamagedPickle):
        write_pickle(value)


def test_what_nests_too_deeply_is_not_written() -> None:
    value: list[Any] = []
    for _ in range(5_000):
        value = [value]
    with pytest.raises(DamagedPickle):
        write_pickle(value)

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from picklejar import inert
from picklejar.errors import UnreadablePickle
from picklejar.inert.reading.records import read_leniently
from training.adopt.joblib_file import NotAdopted, plain

X = np.random.default_rng(0).normal(size=(80, 3))
Y = (X[:, 0] > X[:, 1]).astype(int)
SMALL = LogisticRegression().fit(X, Y)
ESTIMATORS = [
    SMALL,
    RandomForestClassifier(5, random_state=0).fit(X, Y),
    # Its trees are an array of objects, which joblib writes as a pickle within its own.
    GradientBoostingClassifier(n_estimators=5).fit(X, Y),
    HistGradientBoostingClassifier(max_iter=3).fit(X, Y),
    make_pipeline(StandardScaler(), KNeighborsClassifier()).fit(X, Y),
    GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(X, Y),
]
COMPRESSIONS: list[Any] = [0, 3, ("zlib", 9), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)]


def _dumped(folder: Path, estimator: Any, **words: Any) -> Path:
    joblib.dump(estimator, folder / "model.joblib", **words)
    return folder / "model.joblib"


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_what_joblib_wrote_is_read_and_run_as_by_joblib(tmp_path: Path, estimator: Any) -> None:
    made = plain(_dumped(tmp_path, estimator))
    expected = estimator.predict_proba(X)
    assert pickle.loads(made).predict_proba(X).tolist() == expected.tolist()
    read: Any = inert.loads(made)
    assert read.predict_proba(X) == pytest.approx(expected, rel=1e-12)
    assert all(not module.startswith("joblib") for module, _ in read_leniently(made).names)


@pytest.mark.parametrize("compress", COMPRESSIONS, ids=str)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_compression_and_protocol_is_read(tmp_path: Path, compress: Any, protocol: int) -> None:
    made = plain(_dumped(tmp_path, SMALL, compress=compress, protocol=protocol))
    read: Any = inert.loads(made)
    assert read.predict(X).tolist() == SMALL.predict(X).tolist()


ARRAYS: list[Any] = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array([], dtype=np.float32),
    np.array(3.5),
    np.array(["Łódź", "Cork"]),
    np.array(["Cork", None, 2.5], dtype=object),
    np.array([True, False]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda one: f"{one.dtype}{one.shape}")
def test_an_array_stays_what_it_is(tmp_path: Path, array: Any) -> None:
    first, second, text = pickle.loads(plain(_dumped(tmp_path, [array, array[:0] if array.ndim else array, "after"])))
    assert (first.dtype, first.shape, first.tolist()) == (array.dtype, array.shape, array.tolist())
    assert (second.dtype, text) == (array.dtype, "after")


def test_a_plain_pickle_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(SMALL))
    assert plain(tmp_path / "model.pkl") == pickle.dumps(SMALL)


@pytest.mark.parametrize("compress", [0, 3])
def test_a_file_that_is_cut_is_refused_wherever_it_is_cut(tmp_path: Path, compress: int) -> None:
    path = _dumped(tmp_path, SMALL, compress=compress)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises((NotAdopted, UnreadablePickle)):
            inert.loads(plain(path))


def test_a_file_that_is_flipped_is_read_or_refused(tmp_path: Path) -> None:
    path = _dumped(tmp_path, SMALL)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        try:
            inert.loads(plain(path))
        except (NotAdopted, UnreadablePickle):
            continue


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"\x04\x22\x4d\x18rest",
            r"model\.joblib is compressed by lz4, which is not read here; dump it with compress=3",
        ),
        (b"\x78\x9crest", r"model\.joblib begins like a compressed file, and cannot be decompressed: it is cut or"),
        (None, r"model\.joblib cannot be opened: No such file or directory\."),
    ],
)
def test_what_cannot_be_opened_says_why(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "model.joblib").write_bytes(content)
    with pytest.raises(NotAdopted, match=sentence):
        plain(tmp_path / "model.joblib")

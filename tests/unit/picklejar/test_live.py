from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from picklejar import live
from picklejar.errors import BundleDamaged, PackagesDiffer


@pytest.fixture
def artifact() -> bytes:
    return pickle.dumps(DummyRegressor().fit([[0.0]], [3.0]))


def test_an_estimator_predicts_after_loading(artifact: bytes) -> None:
    assert live.loads(artifact, live.packages()).predict(np.zeros((2, 1))).tolist() == [3, 3]


@pytest.mark.parametrize("package", ["scikit-learn", "numpy", "scipy"])
def test_another_version_of_a_package_is_refused_before_anything_is_unpickled(package: str) -> None:
    with pytest.raises(PackagesDiffer, match=rf"{package} 0\.1 \(here "):
        live.loads(b"never read", live.packages() | {package: "0.1"})


def test_where_there_is_no_scikit_learn_that_is_said(artifact: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(live.PACKAGES, "scikit-learn", "no_such_module")
    with pytest.raises(PackagesDiffer, match=r"scikit-learn 1\S+ \(here none\)"):
        live.loads(artifact, live.packages() | {"scikit-learn": "1.9"})


def test_a_package_the_manifest_does_not_name_is_refused() -> None:
    with pytest.raises(PackagesDiffer, match="numpy unknown"):
        live.loads(b"never read", {})


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x05.", pickle.dumps(1)[:-1], b"cno_module\nf\n."])
def test_what_cannot_be_unpickled_is_damaged(content: bytes) -> None:
    with pytest.raises(BundleDamaged, match="cannot be unpickled"):
        live.loads(content, live.packages())


def test_that_there_is_no_memory_is_not_called_damage() -> None:
    class Large:
        def __reduce__(self) -> tuple[type, tuple[int]]:
            return bytearray, (sys.maxsize,)

    with pytest.raises(MemoryError):
        live.loads(pickle.dumps(Large()), live.packages())

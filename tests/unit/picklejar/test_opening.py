from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from picklejar.errors import BundleDamaged
from picklejar.inert import InertEstimator
from picklejar.manifest import Manifest, decode_manifest
from picklejar.opening import open_version

BODY = b'{"instances": [{"sales_in_second_month": 500}]}'
OPEN = """
import sys
from pathlib import Path
from picklejar.manifest import decode_manifest
from picklejar.opening import open_version
bundle = Path(sys.argv[1])
open_version(decode_manifest((bundle / "manifest.json").read_bytes()), (bundle / "model.pkl").read_bytes())
print(*sys.modules)
"""


@pytest.fixture
def manifest(bundles: Path) -> Manifest:
    return decode_manifest((bundles / "sales" / "manifest.json").read_bytes())


def _fitted(features: int) -> bytes:
    rng = np.random.default_rng(0)
    return pickle.dumps(LinearRegression().fit(rng.normal(size=(9, features)), rng.normal(size=9)))


def test_an_inert_model_is_opened_with_nothing_that_unpickles(bundles: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(bundles / "sales")]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "picklejar.inert" in imported
    assert {"picklejar.around", "picklejar.live", "sklearn", "scipy", "pandas", "joblib"} & set(imported) == set()


def test_a_live_model_is_opened_by_running_it(live_bundle: Path) -> None:
    manifest = decode_manifest((live_bundle / "manifest.json").read_bytes())
    predictor = open_version(manifest, (live_bundle / "model.pkl").read_bytes())
    assert len(predictor.predict(BODY).predictions) == 1


def test_a_file_that_is_not_read_as_data_is_damaged_where_the_manifest_says_it_would_be(manifest: Manifest) -> None:
    with pytest.raises(BundleDamaged, match=r"is not read here: The file names 'os\.system'"):
        open_version(manifest, b"cos\nsystem\n(S'true'\ntR.")


def test_an_estimator_that_is_not_read_is_named_without_the_advice_of_another_deployment(live_bundle: Path) -> None:
    manifest = decode_manifest((live_bundle / "manifest.json").read_bytes())
    claimed = msgspec.structs.replace(manifest, kind="inert", why_live=None)
    with pytest.raises(BundleDamaged, match=r"CCA is not read as data\. Deploy the Picklejar"):
        open_version(claimed, (live_bundle / "model.pkl").read_bytes())


@pytest.mark.parametrize("features", [2, 4])
def test_a_model_of_other_features_is_damaged(manifest: Manifest, features: int) -> None:
    with pytest.raises(BundleDamaged, match="does not predict from the features of its manifest"):
        open_version(manifest, _fitted(features))


def test_a_model_that_does_not_predict_is_damaged(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    class Transformer(InertEstimator):
        n_features_in_ = len(manifest.signature.features)

        def __init__(self) -> None:
            return

    monkeypatch.setattr("picklejar.inert.loads", lambda _: Transformer())
    with pytest.raises(BundleDamaged, match="does not predict"):
        open_version(manifest, b"")


def test_the_answers_are_those_of_the_file(manifest: Manifest, bundles: Path) -> None:
    artifact = (bundles / "sales" / "model.pkl").read_bytes()
    (answer,) = open_version(manifest, artifact).predict(BODY).predictions
    (expected,) = pickle.loads(artifact).predict([[np.nan, np.nan, 500]])
    assert answer == pytest.approx(expected, rel=1e-12)
    changed = msgspec.structs.replace(manifest, packages={})
    assert open_version(changed, artifact).predict(BODY).predictions == [answer]

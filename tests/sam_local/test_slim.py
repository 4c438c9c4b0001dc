"""Models of several families, by the default function in Lambda's runtime, where there is no scikit-learn."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from local.s3 import LocalS3, addresses, running_s3
from local.sam import running_sam
from local.serving import bound
from picklejar.manifest import MANIFEST_FILE, decode_manifest
from tests import notebook
from tests.adopted import ADOPTIONS, adopt_all
from tests.messages import MESSAGES
from training import models
from training.adopt.adopt import Adoption, adopt
from training.train import train

pytestmark = pytest.mark.slow

HOUSING = models.find("housing")
# Each is written by pickle.dump, and by nothing that knows of Picklejar.
DEFINITIONS = [
    models.find("sales"),
    HOUSING,
    dataclasses.replace(HOUSING, name="forest", estimator=lambda: RandomForestRegressor(10, random_state=0)),
    dataclasses.replace(HOUSING, name="booster", estimator=lambda: HistGradientBoostingRegressor(max_iter=20)),
]
# Two with a ColumnTransformer and a OneHotEncoder, fitted on data frames: one of ours, and a notebook's by joblib.dump.
NAMES = [*(definition.name for definition in DEFINITIONS), "rent", "churn", "messages", *ADOPTIONS]
OF_LABELS = "churn", "messages", "spam", "risk"
# What `picklejar new` makes of the example: the same, and a classifier.
BEGUN = "customers"
CLOSE = 1e-12
FIND = "import sys, importlib.util as u; sys.path.append('/opt/python'); print(*filter(u.find_spec, sys.argv[1:]))"


@pytest.fixture(scope="module")
def build_of_families(rent_bundle: Path, customers_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundles."""
    folder = tmp_path_factory.mktemp("families")
    (folder / "rent").symlink_to(rent_bundle)
    (folder / BEGUN).symlink_to(customers_bundle)
    for definition in (*DEFINITIONS, MESSAGES):
        train(definition, definition.data, folder / definition.name, lambda _: None)
    notebooks = tmp_path_factory.mktemp("notebook")
    adopt_all(notebooks, folder)
    file = notebook.dumped(notebooks, compress=3)
    adopt(Adoption(file, "churn", notebooks / "customers.csv", trust=True), folder / "churn", lambda _: None)
    return folder


@pytest.fixture(scope="module")
def s3_of_families(build_of_families: Path) -> Iterator[LocalS3]:
    """An S3 with the models published."""
    with running_s3("families", hosts=addresses()) as running:
        running.publish_all(build_of_families)
        yield running


@pytest.fixture(scope="module")
def slim(built_for_sam: Path, s3_of_families: LocalS3) -> Iterator[str]:
    """The address of the default function, with these models."""
    with bound(0) as free:
        port = free.getsockname()[1]
    with running_sam(s3_of_families, [], port, built_for_sam / "template.yaml") as address:
        yield address


@pytest.mark.parametrize("name", NAMES)
def test_a_model_answers_as_scikit_learn_did(slim: str, build_of_families: Path, name: str) -> None:
    golden = json.loads((build_of_families / name / "golden.json").read_bytes())
    answer = httpx.post(f"{slim}/models/{name}/predict", json={"instances": golden["instances"]}, timeout=60)
    assert answer.status_code == 200, answer.text
    if name in OF_LABELS:
        assert answer.json()["predictions"] == golden["predictions"]
    else:
        largest = max(map(abs, golden["predictions"]))
        assert answer.json()["predictions"] == pytest.approx(golden["predictions"], rel=0, abs=CLOSE * largest)
    assert decode_manifest((build_of_families / name / MANIFEST_FILE).read_bytes()).kind == "inert"


def test_a_model_begun_from_a_csv_file_answers_as_scikit_learn_did(slim: str, build_of_families: Path) -> None:
    golden = json.loads((build_of_families / BEGUN / "golden.json").read_bytes())
    answer = httpx.post(f"{slim}/models/{BEGUN}/predict", json={"instances": golden["instances"]}, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == golden["predictions"]


def test_all_are_ready(slim: str) -> None:
    listed = httpx.get(f"{slim}/models", timeout=60).json()["models"]
    assert {model["name"] for model in listed if model["ready"]} == {*NAMES, BEGUN}


def test_the_container_has_no_scikit_learn(slim: str, built_for_sam: Path, tool: Callable[[str], str]) -> None:
    httpx.get(f"{slim}/models", timeout=60)
    mounted = f"volume={built_for_sam / 'PredictFunction'}"
    containers = _said(tool("docker"), "ps", "--quiet", "--filter", mounted).split()
    assert containers
    modules = "numpy", "picklejar", "sklearn", "scipy", "joblib", "pandas", "xgboost", "lightgbm"
    for container in containers:
        command = "exec", "--env", "LD_LIBRARY_PATH=/var/lang/lib", container, "/var/lang/bin/python3"
        assert _said(tool("docker"), *command, "-c", FIND, *modules).split() == ["numpy", "picklejar"]


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout

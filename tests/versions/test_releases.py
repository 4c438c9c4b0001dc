"""What each release of scikit-learn wrote is read, and answered as that release answers itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from picklejar import inert
from picklejar.errors import UnsafePickle, UnsupportedEstimator
from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.state import VERSIONS
from tests.versions.difference import difference
from training.proof.releases import NoEnvironment, interpreter, minor

ROOT = Path(__file__).parents[2]
# Kept from run to run: making an environment takes as long as all else. Below, as below the user's cache.
KEPT = ROOT / ".aws-sam" / "tests" / "picklejar" / "releases"
PRESENT = "the one here"
COMPARED = """
0.19.2 0.20.4 0.21.3 0.22.2.post1 0.23.2 0.24.2 1.0.2 1.1.3 1.2.2 1.3.2 1.4.2 1.5.2 1.6.1 1.7.2 1.8.0
""".split()
# Without a number learned, their files do not say how many columns they take; within another estimator they are read.
WITHOUT_WIDTH = ("Binarizer", "DummyClassifier", "DummyRegressor", "FunctionTransformer", "Normalizer")
# Until 0.20 these scores depended on the other rows.
DEPENDED_ON_ROWS = ("NuSVC", "OneVsOneClassifier", "SVC", "scaled SVC")
MOST_REFUSED = 0.05
# One old release and the one here, of every fourth fit, tell soon what is broken; all fits of all are for CI.
SOON = ("0.24.2", PRESENT)
CASES = [
    *((release, 4) for release in SOON),
    *(pytest.param(release, 1, marks=pytest.mark.slow) for release in (*COMPARED, PRESENT)),
]


@pytest.fixture
def python(tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path | str]:
    """Return the Python of a release, in an environment of its own, made when it is not there."""

    def found(release: str) -> Path | str:
        if release == PRESENT:
            return sys.executable
        monkeypatch.setenv("PATH", f"{Path(tool('uv')).parent}:{os.environ['PATH']}")
        try:
            return interpreter(release, lambda _: None, KEPT / release)
        except NoEnvironment as error:
            pytest.skip(str(error))

    return found


def test_each_release_that_is_read_is_compared() -> None:
    compared = {minor(release) for release in COMPARED}
    assert set(VERSIONS) - compared == {VERSIONS[-1]}


@pytest.mark.parametrize(("release", "every"), CASES)
def test_a_release_is_answered_as_it_answers_itself(
    release: str, every: int, python: Callable[[str], Path | str], tmp_path: Path
) -> None:
    names = ",".join(sorted({name.rpartition(".")[2] for name in READ}))
    script = Path(__file__).with_name("draw.py")
    for seed in range(3 if every == 1 else 1):
        folder = tmp_path / str(seed)
        folder.mkdir()
        command = [python(release), script, folder, names, str(seed), str(every * 3 if every == 1 else every)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        made = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert made.returncode == 0, made.stderr
    files = sorted(tmp_path.rglob("*.pickle"))
    assert len(files) >= 70
    differing, refused = {}, {}
    for file in files:
        content = json.loads(file.with_suffix(".json").read_text())
        label = content["label"]
        try:
            estimator = inert.loads(file.read_bytes())
        except (UnsupportedEstimator, UnsafePickle) as refusal:
            if "no word of how many features" not in str(refusal) or not label.startswith(WITHOUT_WIDTH):
                refused[label] = str(refusal)
            continue
        asked = content["asked"]
        text = any(isinstance(value, str) for row in asked for value in row)
        rows = np.array(asked, dtype=object if text else float).reshape(len(asked), -1)
        for method, answers in content["answers"].items():
            if method == "decision_function" and not hasattr(estimator, method) and label.startswith(DEPENDED_ON_ROWS):
                assert release in ("0.19.2", "0.20.4")
                continue
            if apart := difference(estimator, method, rows, np.array(answers)):
                differing[label, method] = apart
    assert not differing
    assert len(refused) <= MOST_REFUSED * len(files), refused

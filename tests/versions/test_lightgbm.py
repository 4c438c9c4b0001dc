"""What releases of LightGBM wrote is read, and answered as that release answers itself."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from picklejar import inert
from picklejar.errors import UnsupportedEstimator
from tests.versions.difference import difference
from training.adopt.lightgbm_file import as_pickle
from training.proof.releases import OF_LIGHTGBM, NoEnvironment, interpreter

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".aws-sam" / "tests" / "picklejar" / "releases"
# Each with the scikit-learn of its time.
COMPARED = {
    "2.3.1": "0.22.2.post1",
    "3.0.0": "0.23.2",
    "3.3.5": "1.2.2",
    "4.0.0": "1.3.2",
    "4.6.0": "1.6.1",
    "4.7.0": "1.8.0",
}
# CI has one of each format.
IN_CI = {"3.3.5", "4.6.0"}
CASES = [
    pytest.param(release, marks=[pytest.mark.slow] if release in IN_CI else [pytest.mark.every_release])
    for release in COMPARED
]
# Of each of two seeds; that each is read but these, which are refused by name.
FEWEST = 140
REFUSED = {"linear trees", "linear trees, alone", "ordered frame", "ordered frame, alone"}


@pytest.fixture
def python(tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return the Python of a release, in an environment of its own, made when it is not there."""

    def made(release: str) -> Path:
        monkeypatch.setenv("PATH", f"{Path(tool('uv')).parent}:{os.environ['PATH']}")
        try:
            return interpreter(COMPARED[release], lambda _: None, KEPT / f"lightgbm-{release}", lightgbm=release)
        except NoEnvironment as error:
            pytest.skip(str(error))

    return made


def test_the_releases_that_files_are_run_by_are_compared() -> None:
    assert {(release, of_its_time) for release, of_its_time in OF_LIGHTGBM.values()} <= {*COMPARED.items()}


@pytest.mark.parametrize("release", CASES)
def test_a_release_is_answered_as_it_answers_itself(
    release: str, python: Callable[[str], Path], tmp_path: Path
) -> None:
    script = Path(__file__).with_name("draw_lightgbm.py")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    differing, refused, files = {}, set(), 0
    for seed in range(1 if release in IN_CI else 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        command = [python(release), script, folder, str(seed)]
        drawn = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert drawn.returncode == 0, drawn.stderr
        written = sorted(file for file in folder.iterdir() if file.suffix in (".pickle", ".txt"))
        assert len(written) >= FEWEST
        files += len(written)
        for file in written:
            content = json.loads(file.with_suffix(".json").read_text())
            data = file.read_bytes()
            try:
                estimator = inert.loads(as_pickle(data) if file.suffix == ".txt" else data)
            except UnsupportedEstimator:
                refused.add(content["label"])
                continue
            is_frame = any(isinstance(value, str) for row in content["asked"] for value in row)
            rows = np.array(content["asked"], dtype=object if is_frame else float)
            for method, answers in content["answers"].items():
                if apart := difference(estimator, method, rows, np.array(answers)):
                    differing[seed, content["label"], method] = apart
    assert not differing
    assert refused <= REFUSED

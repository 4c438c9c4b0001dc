"""What each release of XGBoost wrote is read, and answered as that release answers itself."""

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
from picklejar.errors import UnreadablePickle
from picklejar.inert.boosters.xgboost_model import FIRST, LAST
from tests.versions.difference import difference
from training.adopt.boosters import as_pickle, is_saved_model
from training.proof.releases import OF_XGBOOST, NoEnvironment, interpreter, minor

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".aws-sam" / "tests" / "picklejar" / "releases"
PRESENT = "the one here"
COMPARED = "1.6.2 1.7.6 2.0.3 2.1.4 3.0.5 3.1.3 3.2.0 3.3.0 3.4.1".split()
# The one here tells soon what is broken; of the others, of 20 to 300 MB each, CI has one of each way of writing.
IN_CI = {"1.7.6", "2.1.4", "3.0.5"}
CASES = [
    PRESENT,
    *(
        pytest.param(release, marks=[pytest.mark.slow] if release in IN_CI else [pytest.mark.every_release])
        for release in COMPARED
    ),
]
FEWEST = 50


@pytest.fixture
def python(tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path | str]:
    """Return the Python of a release, in an environment of its own, made when it is not there."""

    def made(release: str) -> Path | str:
        if release == PRESENT:
            return sys.executable
        monkeypatch.setenv("PATH", f"{Path(tool('uv')).parent}:{os.environ['PATH']}")
        try:
            return interpreter("unknown", lambda _: None, KEPT / f"xgboost-{release}", release)
        except NoEnvironment as error:
            pytest.skip(str(error))

    return made


def test_each_release_that_is_read_is_compared() -> None:
    compared = [minor(release) for release in COMPARED]
    assert compared == [*OF_XGBOOST]
    assert (compared[0], compared[-1]) == tuple(".".join(map(str, release)) for release in (FIRST, LAST))


@pytest.mark.parametrize("release", CASES)
def test_a_release_is_answered_as_it_answers_itself(
    release: str, python: Callable[[str], Path | str], tmp_path: Path
) -> None:
    script = Path(__file__).with_name("draw_xgboost.py")
    for seed in range(1 if release == PRESENT or release in IN_CI else 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        made = subprocess.run(
            [python(release), script, folder, str(seed)], capture_output=True, text=True, check=False, env=environment
        )
        assert made.returncode == 0, made.stderr
    files = sorted(file for file in tmp_path.rglob("*") if file.suffix in (".pickle", ".json", ".ubj"))
    assert len(files) >= FEWEST
    differing, refused = {}, {}
    for file in files:
        content = json.loads(file.with_suffix(".answers").read_text())
        try:
            data = file.read_bytes()
            estimator = inert.loads(as_pickle(data) if is_saved_model(data) else data)
        except UnreadablePickle as refusal:
            refused[content["label"]] = str(refusal)
            continue
        asked = content["asked"]
        text = any(isinstance(value, str) for row in asked for value in row)
        rows = np.array(asked, dtype=object if text else float)
        for method, answers in content["answers"].items():
            if apart := difference(estimator, method, rows, np.array(answers)):
                differing[content["label"], method] = apart
    assert not differing
    assert not refused

"""What each release of scikit-learn wrote is read, and answered as that release answers itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from picklejar import inert
from picklejar.inert.base.estimator import METHODS

ROOT = Path(__file__).parents[2]
# Kept from run to run: making an environment takes as long as all else.
KEPT = ROOT / ".aws-sam" / "tests" / "releases"
# Python, and what is installed. NumPy 1 has no build for Python 3.13.
RELEASES = {
    "1.5.2 with NumPy 1": ("3.12", ["scikit-learn==1.5.2", "numpy==1.26.4"]),
    "1.5.2": (sys.executable, ["scikit-learn==1.5.2"]),
    "1.6.1": (sys.executable, ["scikit-learn==1.6.1"]),
    "1.7.2": (sys.executable, ["scikit-learn==1.7.2"]),
    "1.8.0": (sys.executable, ["scikit-learn==1.8.0"]),
}


def _run(*command: str | Path, **variables: str) -> None:
    environment = os.environ | variables
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    if done.returncode:
        pytest.skip(f"{Path(command[0]).name} failed: {done.stderr.strip()[-200:]}")


@pytest.fixture
def python(tool: Callable[[str], str]) -> Callable[[str], Path | str]:
    """Return the Python of a release, in an environment of its own, made when it is not there."""

    def found(release: str) -> Path | str:
        if release == "the one here":
            return sys.executable
        version, packages = RELEASES[release]
        folder = KEPT / release
        if not (folder / "ready").exists():
            # pyenv's python3.12 answers only where that version is chosen.
            _run(tool("uv"), "venv", "--quiet", "--clear", "--python", version, folder, PYENV_VERSION=version)
            _run(tool("uv"), "pip", "install", "--quiet", "--python", folder / "bin" / "python", *packages)
            (folder / "ready").touch()
        return folder / "bin" / "python"

    return found


EVERY = [release if release == "1.5.2" else pytest.param(release, marks=pytest.mark.slow) for release in RELEASES]


@pytest.mark.parametrize("release", [*EVERY, "the one here"])
def test_a_release_is_answered_as_it_answers_itself(
    release: str, python: Callable[[str], Path | str], tmp_path: Path
) -> None:
    made = subprocess.run(
        [python(release), Path(__file__).with_name("make.py"), tmp_path], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    rows, files = np.load(tmp_path / "rows.npy"), sorted(tmp_path.glob("*.pickle"))
    assert len(files) >= 40
    for file in files:
        theirs = np.load(file.with_suffix(".npz"))
        estimator = inert.loads(file.read_bytes())
        assert {name for name in METHODS if hasattr(estimator, name)} == set(theirs), file.stem
        for name, expected in theirs.items():
            ours = getattr(estimator, name)(rows)
            assert ours.shape == expected.shape, (file.stem, name)
            if expected.dtype.kind == "f":
                largest = np.abs(expected).max(initial=0)
                np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12 * largest, err_msg=f"{file.stem} {name}")
            else:
                np.testing.assert_array_equal(ours, expected, err_msg=f"{file.stem} {name}")

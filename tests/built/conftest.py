"""What `sam build` makes, unpacked as Lambda unpacks it, and asked questions."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.s3 import BUCKET, LocalS3

ARCHITECTURES = ["x86_64", "arm64"]
LAYERS = ["PicklejarLayer", "RuntimeLayer", "SklearnLayer"]
# The date SAM gives to every file of its zips.
SAM_DATE = 315_532_800


@dataclass(frozen=True)
class Unpacked:
    """The function in `task`, its layers merged in `opt`, every file dated 1980."""

    architecture: str
    task: Path
    opt: Path

    @property
    def files(self) -> list[Path]:
        return [path for place in (self.task, self.opt) for path in place.rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def unpack(build: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Unpacked]:
    """Unpacks, once, what was built for an architecture."""
    unpacked: dict[str, Unpacked] = {}

    def for_architecture(architecture: str) -> Unpacked:
        if architecture not in unpacked:
            unpacked[architecture] = _unpack(build(architecture), architecture, tmp_path_factory.mktemp(architecture))
        return unpacked[architecture]

    return for_architecture


@pytest.fixture(scope="session", params=ARCHITECTURES)
def unpacked(request: pytest.FixtureRequest, unpack: Callable[[str], Unpacked]) -> Unpacked:
    """The build for each architecture in turn."""
    return unpack(request.param)


@pytest.fixture(scope="session")
def native(unpack: Callable[[str], Unpacked]) -> Unpacked:
    """The build that this machine can run."""
    if sys.platform != "linux":
        pytest.skip("what is built for Lambda runs on Linux only")
    return unpack({"aarch64": "arm64"}.get(platform.machine(), platform.machine()))


@pytest.fixture(scope="session")
def ask(native: Unpacked, s3: LocalS3) -> Callable[..., dict[str, Any]]:
    """Runs lambda_like.py with nothing to import from but the standard library and what was built."""
    environment = {
        "PYTHONPATH": f"{native.task}:{native.opt / 'python'}",
        "MODELS_BUCKET": BUCKET,
        "S3_ENDPOINT": s3.endpoint,
        "OPENBLAS_NUM_THREADS": "1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    # The interpreter that the virtual environment was made from; without `site` it sees nobody's packages.
    python = [str(Path(sys.base_prefix) / "bin" / "python3.13"), "-S", "-s", "-P"]

    def asked(**question: Any) -> dict[str, Any]:
        finished = subprocess.run(
            [*python, str(Path(__file__).with_name("lambda_like.py"))],
            input=json.dumps(question),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        # The function's log lines come first.
        answer: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
        return answer

    return asked


def _unpack(build: Path, architecture: str, place: Path) -> Unpacked:
    unpacked = Unpacked(architecture, place / "task", place / "opt")
    shutil.copytree(build / "PredictFunction", unpacked.task)
    for layer in LAYERS:
        shutil.copytree(build / layer, unpacked.opt, dirs_exist_ok=True)
    for path in unpacked.files:
        os.utime(path, (SAM_DATE, SAM_DATE))
    return unpacked

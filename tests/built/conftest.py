"""What `sam build` makes, unpacked as Lambda unpacks it, and asked questions."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.s3 import LocalS3, running_s3

ARCHITECTURES = ["x86_64", pytest.param("arm64", marks=pytest.mark.slow)]
Ask = Callable[..., dict[str, Any]]
# The date SAM gives to every file of its zips.
SAM_DATE = 315_532_800


@dataclass(frozen=True)
class Unpacked:
    """The function in `task`, the layers that were built merged in `opt`, every file dated 1980."""

    architecture: str
    task: Path
    opt: Path

    @property
    def files(self) -> list[Path]:
        return [path for place in (self.task, self.opt) for path in place.rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def unpack(build: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Unpacked]:
    """Unpacks, once, what was built for an architecture, as by default or for live models, too."""
    unpacked: dict[Path, Unpacked] = {}

    def for_architecture(architecture: str, *, live: bool = False) -> Unpacked:
        built = build(architecture, live=live)
        if built not in unpacked:
            unpacked[built] = _unpack(built, architecture, tmp_path_factory.mktemp(architecture))
        return unpacked[built]

    return for_architecture


@pytest.fixture(scope="session", params=ARCHITECTURES)
def unpacked(request: pytest.FixtureRequest, unpack: Callable[..., Unpacked]) -> Unpacked:
    """The default build for each architecture in turn."""
    return unpack(request.param)


@pytest.fixture(scope="session", params=ARCHITECTURES)
def unpacked_live(request: pytest.FixtureRequest, unpack: Callable[..., Unpacked]) -> Unpacked:
    """The build for live models, which has all that the default has and more, for each architecture in turn."""
    return unpack(request.param, live=True)


@pytest.fixture(scope="session")
def here() -> str:
    """The architecture that this machine can run."""
    if sys.platform != "linux":
        pytest.skip("what is built for Lambda runs on Linux only")
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


@pytest.fixture(scope="session")
def native(unpack: Callable[..., Unpacked], here: str) -> Unpacked:
    """The default build, for this machine."""
    return unpack(here)


@pytest.fixture(scope="session")
def native_live(unpack: Callable[..., Unpacked], here: str) -> Unpacked:
    """The build for live models, for this machine."""
    return unpack(here, live=True)


@pytest.fixture(scope="session")
def ask(native: Unpacked, s3: LocalS3) -> Ask:
    """Asks the default build, with the models that ship."""
    return _asking(native, s3, LIVE_MODELS="false")


@pytest.fixture(scope="session")
def live_s3(live_bundle: Path) -> Iterator[LocalS3]:
    """An S3 with a live model published."""
    with running_s3(bucket="live-models") as running:
        running.publish_all(live_bundle.parent)
        yield running


@pytest.fixture(scope="session")
def ask_of_live(native: Unpacked, live_s3: LocalS3) -> Ask:
    """Asks the default build, with a live model."""
    return _asking(native, live_s3, LIVE_MODELS="false")


@pytest.fixture(scope="session")
def ask_live(native_live: Unpacked, live_s3: LocalS3) -> Ask:
    """Asks the build for live models, with a live model."""
    return _asking(native_live, live_s3, LIVE_MODELS="true")


def _asking(unpacked: Unpacked, s3: LocalS3, **settings: str) -> Ask:
    """Return what runs lambda_like.py with nothing to import from but the standard library and what was built."""
    environment = settings | {
        "PYTHONPATH": f"{unpacked.task}:{unpacked.opt / 'python'}",
        "MODELS_BUCKET": s3.bucket,
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
    for layer in build.glob("*Layer"):
        shutil.copytree(layer, unpacked.opt, dirs_exist_ok=True)
    for path in unpacked.files:
        os.utime(path, (SAM_DATE, SAM_DATE))
    return unpacked

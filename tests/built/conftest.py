"""What `sam build` makes, unpacked as Lambda unpacks it, and a jar for it to serve."""

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

import boto3
import pytest
from moto.server import ThreadedMotoServer

from training import models
from training.train import train

ROOT = Path(__file__).parents[2]
ARCHITECTURES = ["x86_64", "arm64"]
LAYERS = ["PicklejarLayer", "RuntimeLayer", "SklearnLayer"]
BUCKET = "picklejar-models"
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


@dataclass(frozen=True)
class Served:
    """A published version: its golden predictions, and where the jar is."""

    version: str
    golden: dict[str, Any]


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a command; a test that needs one which is missing is skipped."""

    def found(name: str) -> str:
        path = shutil.which(name, path=_path())
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return found


@pytest.fixture(scope="session")
def sam_build(tool: Callable[[str], str]) -> Callable[[str, Path], None]:
    """Runs `sam build` for an architecture, into a folder."""

    def run(architecture: str, folder: Path) -> None:
        sam, _uv, _make = tool("sam"), tool("uv"), tool("make")
        options = ["--build-dir", str(folder), "--no-cached", "--parameter-overrides", f"Architecture={architecture}"]
        finished = subprocess.run(
            [sam, "build", *options],
            cwd=ROOT,
            env=os.environ | {"PATH": _path(), "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr

    return run


@pytest.fixture(scope="session")
def build(sam_build: Callable[[str, Path], None]) -> Callable[[str], Path]:
    """Builds once for an architecture, and returns the folder of what was made."""
    built: dict[str, Path] = {}

    def for_architecture(architecture: str) -> Path:
        if architecture not in built:
            # Not where `sam build` puts it by itself, which would be left built for another architecture.
            built[architecture] = ROOT / ".aws-sam" / "tests" / architecture / "build"
            sam_build(architecture, built[architecture])
        return built[architecture]

    return for_architecture


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
def jar_address() -> Iterator[str]:
    """The address of an S3 with the models' empty bucket."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    _s3(f"http://{host}:{port}").create_bucket(Bucket=BUCKET)
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def served(jar_address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Served]:
    """Every model, trained and published."""
    return {
        name: _publish(name, tmp_path_factory.mktemp("bundles") / name, _s3(jar_address)) for name in models.names()
    }


@pytest.fixture(scope="session")
def ask(native: Unpacked, jar_address: str) -> Callable[..., dict[str, Any]]:
    """Runs lambda_like.py with nothing to import from but the standard library and what was built."""
    environment = {
        "PYTHONPATH": f"{native.task}:{native.opt / 'python'}",
        "MODELS_BUCKET": BUCKET,
        "S3_ENDPOINT": jar_address,
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


def _path() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _unpack(build: Path, architecture: str, place: Path) -> Unpacked:
    unpacked = Unpacked(architecture, place / "task", place / "opt")
    shutil.copytree(build / "PredictFunction", unpacked.task)
    for layer in LAYERS:
        shutil.copytree(build / layer, unpacked.opt, dirs_exist_ok=True)
    for path in unpacked.files:
        os.utime(path, (SAM_DATE, SAM_DATE))
    return unpacked


def _publish(name: str, bundle: Path, s3: Any) -> Served:
    definition = models.find(name)
    version = train(definition, definition.data, bundle, lambda _: None).version
    for path in sorted(bundle.rglob("*")):
        if path.is_file():
            key = f"models/{name}/versions/{version}/{path.relative_to(bundle).as_posix()}"
            s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    champion = json.dumps({"version": version}).encode()
    s3.put_object(Bucket=BUCKET, Key=f"models/{name}/aliases/champion.json", Body=champion)
    return Served(version, json.loads((bundle / "golden.json").read_bytes()))


def _s3(address: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )

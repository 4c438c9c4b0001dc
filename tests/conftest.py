"""What several suites stand on: trained bundles, an S3 that holds them, the built stack, and the tools' presence."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Fixtures import the heavy packages: the process that hands out the tests, and whoever runs a few, needs none of them.
if TYPE_CHECKING:
    import typer
    from playwright.sync_api import Browser

    from local.s3 import LocalS3
    from training.definition import Definition

# Tests run side by side, one on each processor: the threads of one would wait for those of the other.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ROOT = Path(__file__).parents[1]
EMULATED = ("tests/sam_local/", "tests/contract/")
FIRST = (*EMULATED, "tests/deployment/", "tests/built/", "tests/integration/", "tests/unit/training/")
# Whoever has the project may have models of their own beside these, and no test depends on those.
SHIPPED = ("housing", "sales")
# The environment's own programs first, as the Makefile has it.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
# Without them the browser calls its maker at every start, and does not start at all as root.
CHROMIUM_OPTIONS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-all", action="store_true", help="a test that would be skipped fails")
    parser.addoption("--every-release", action="store_true", help="compare all releases of XGBoost and LightGBM")
    parser.addoption("--base-url", help="run the contract suite against this address, up to and without /models")
    parser.addoption("--origin", default="https://page.example", help="an origin that address allows")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the suites that take longest first, so that no process works on one while the others have ended."""
    if not config.getoption("--every-release"):
        left_out = [item for item in items if item.get_closest_marker("every_release")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("every_release")]
    items.sort(key=lambda item: next((place for place, suite in enumerate(FIRST) if item.nodeid.startswith(suite)), 99))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a file to one process, and all that asks SAM's emulator to the same, so that it starts once."""
    from xdist.scheduler import LoadScopeScheduling

    class LoadFiles(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "SAM's emulator" if file.startswith(EMULATED) else file

    return LoadFiles(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.skipped and item.config.getoption("--require-all"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr[2]}"
    return report


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds anybody's credentials, or goes looking for them on the network."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def write_once(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Callable[..., Path]:
    """Writes a folder once for all processes that run tests side by side, and returns it; nobody changes it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if hasattr(pytestconfig, "workerinput") else own

    def folder_of(name: str, write: Callable[[Path], object]) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                unfinished = shared / f"{name}.unfinished"
                unfinished.mkdir()
                write(unfinished)
                unfinished.rename(folder)
        return folder

    return folder_of


@pytest.fixture(scope="session")
def bundles(write_once: Callable[..., Path]) -> Path:
    """A folder with the bundle of every model that ships."""
    from training import models

    def train_shipped(build: Path) -> None:
        for name in SHIPPED:
            _train(models.find(name), build)

    return write_once("build", train_shipped)


@pytest.fixture(scope="session")
def rent_bundle(write_once: Callable[..., Path]) -> Path:
    """The bundle of a model with every type of feature, which does not ship."""
    from tests.rent import rent

    return write_once("rent", lambda folder: _train(rent(folder), folder)) / "rent"


@pytest.fixture(scope="session")
def churn_bundle(write_once: Callable[..., Path]) -> Path:
    """The bundle of a classifier, which does not ship."""
    from tests.churn import churn

    return write_once("churn", lambda folder: _train(churn(folder), folder)) / "churn"


@pytest.fixture(scope="session")
def project(write_once: Callable[..., Path]) -> Path:
    """A copy of what of the project the command needs, to begin models in."""
    from training import models

    def copy_project(copy: Path) -> None:
        for part in ("training", "layers/picklejar", "client/src", "docs/example"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        for name in set(models.names()).difference(SHIPPED):
            (copy / "training" / "models" / f"{name}.py").unlink()

    return write_once("project", copy_project)


@pytest.fixture
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to begin models in by a call, with nothing in it yet."""
    from training.new import create

    for name, folder in (("MODELS", "training/models"), ("DATA", "training/data"), ("PROJECT", ".")):
        (tmp_path / "project" / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.setattr(create, name, (tmp_path / "project" / folder).resolve())
    return tmp_path / "project"


@pytest.fixture(scope="session")
def typed_in(project: Path) -> Callable[..., str]:
    """Runs `picklejar` in the copy of the project, as somebody types it, and returns all that it said."""
    code = os.pathsep.join([str(project / part) for part in ("", "layers/picklejar", "client/src")])

    def run(*words: str, status: int = 0) -> str:
        environment = os.environ | {"PYTHONPATH": code, "COLUMNS": "120", "NO_COLOR": "1"}
        command = [Path(sys.executable).with_name("picklejar"), *words]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == status, said
        return said

    return run


@pytest.fixture(scope="session")
def customers_bundle(write_once: Callable[..., Path], typed_in: Callable[..., str]) -> Path:
    """The bundle of a classifier that was begun from the example's CSV file, and has not been edited."""

    def train_customers(build: Path) -> None:
        typed_in("new", "customers", "--csv", "docs/example/customers.csv", "--target", "left")
        typed_in("train", "customers", "--build", str(build))

    return write_once("begun", train_customers) / "customers"


def _train(definition: Definition, build: Path) -> None:
    from training.train import train

    train(definition, definition.data, build / definition.name, lambda _: None)


@pytest.fixture
def undrawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training and adopting draw no pictures, which take most of the time, unless the test is marked `drawn`."""
    from training import bundle
    from training.adopt import adopt

    for module in () if "drawn" in request.keywords else (bundle, adopt):
        monkeypatch.setattr(module, "draw_all", lambda *_: ())


@pytest.fixture(scope="session")
def live_bundle(write_once: Callable[..., Path]) -> Path:
    """The bundle of another model of sales, by an estimator that is not read as data."""
    from sklearn.cross_decomposition import CCA
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    from training import models

    live = dataclasses.replace(models.find("sales"), estimator=lambda: make_pipeline(SimpleImputer(), CCA(1)))
    return write_once("live", lambda folder: _train(live, folder)) / "sales"


@pytest.fixture(scope="session")
def s3(bundles: Path) -> Iterator[LocalS3]:
    """An S3 with every model that ships published; nobody changes it. A container can reach it, too."""
    from local.s3 import addresses, running_s3

    with running_s3(hosts=addresses()) as running:
        running.publish_all(bundles)
        yield running


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What the handler logs."""
    from functions.predict.lines import SERVICE, LineFormatter

    written: list[dict[str, Any]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(self.format(record)))

    collector = Collector()
    collector.setFormatter(LineFormatter())
    logger = logging.getLogger(SERVICE)
    logger.addHandler(collector)
    yield written
    logger.removeHandler(collector)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command of typer's as somebody types it, holds it to its exit status, and returns all that it said."""
    from typer.testing import CliRunner

    from training import terminal

    def ran(app: typer.Typer, *words: str, status: int = 0, typed: str = "", columns: int = 200) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        # Whoever imported these first may have had another width.
        for console in (terminal.console, terminal.errors):
            monkeypatch.setattr(console, "width", columns)
        done = CliRunner().invoke(app, words, input=typed)
        assert done.exit_code == status, (done.output, done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.output

    return ran


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a command; a test that needs one which is missing is skipped."""

    def found(name: str) -> str:
        path = shutil.which(name, path=PATH)
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return found


@pytest.fixture(scope="session")
def chromium(tool: Callable[[str], str]) -> Iterator[Browser]:
    """The one browser of all suites: Playwright starts but once in a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tool("chromium"), args=CHROMIUM_OPTIONS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sam_build(tool: Callable[[str], str]) -> Callable[..., None]:
    """Runs `sam build` into a folder, for an architecture and whatever other parameters are given."""

    def run(folder: Path, **parameters: str) -> None:
        sam, _uv, _make = tool("sam"), tool("uv"), tool("make")
        overrides = " ".join(f"{name}={value}" for name, value in parameters.items())
        finished = subprocess.run(
            [sam, "build", "--build-dir", str(folder), "--no-cached", "--parameter-overrides", overrides],
            cwd=ROOT,
            env=os.environ | {"PATH": PATH, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr

    return run


@pytest.fixture(scope="session")
def build(sam_build: Callable[..., None], testrun_uid: str) -> Callable[..., Path]:
    """Builds once for an architecture, as by default or for live models, too; returns the folder of what was made."""

    def for_architecture(architecture: str, *, live: bool = False) -> Path:
        # Not where `sam build` puts it by itself, which would be left built for another architecture.
        place = ROOT / ".aws-sam" / "tests" / (f"{architecture}-live" if live else architecture)
        place.mkdir(parents=True, exist_ok=True)
        # Once for all processes that run tests side by side; those that come second wait.
        with (place / "built-for").open("a+") as built_for:
            fcntl.flock(built_for, fcntl.LOCK_EX)
            built_for.seek(0)
            if built_for.read() != testrun_uid:
                sam_build(place / "build", **{"Architecture": architecture} | ({"LiveModels": "true"} if live else {}))
                built_for.truncate(0)
                built_for.write(testrun_uid)
        return place / "build"

    return for_architecture


@pytest.fixture(scope="session")
def page_socket() -> Iterator[socket.socket]:
    """A socket for a page whose origin the function in SAM's emulator allows."""
    from local.serving import bound

    with bound(0) as listening:
        yield listening


@pytest.fixture(scope="session")
def built_for_sam(tool: Callable[[str], str], build: Callable[..., Path]) -> Path:
    """The folder of the default build, where SAM's emulator can run it."""
    if subprocess.run([tool("docker"), "info"], capture_output=True, check=False).returncode:
        pytest.skip("Docker is not running")
    return build("x86_64")


@pytest.fixture(scope="session")
def sam_local(
    s3: LocalS3,
    built_for_sam: Path,
    page_socket: socket.socket,
    pytestconfig: pytest.Config,
) -> Iterator[str]:
    """The address of the built function in SAM's emulator of Lambda and API Gateway."""
    from local.sam import running_sam
    from local.serving import HOST, bound

    with bound(0) as free:
        port = free.getsockname()[1]
    origins = [pytestconfig.getoption("--origin"), f"http://{HOST}:{page_socket.getsockname()[1]}"]
    with running_sam(s3, origins, port, built_for_sam / "template.yaml") as address:
        yield address

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
from typing import Any

import pytest
import typer
from playwright.sync_api import Browser, sync_playwright
from sklearn.impute import SimpleImputer
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from typer.testing import CliRunner

from functions.predict import observation
from local.s3 import LocalS3, running_s3
from local.sam import EVERYWHERE, running_sam
from local.serving import HOST, bound
from tests.churn import churn
from tests.rent import rent
from training import models, terminal
from training.definition import Definition
from training.train import train

ROOT = Path(__file__).parents[1]
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
    parser.addoption("--base-url", help="run the contract suite against this address, up to and without /models")
    parser.addoption("--origin", default="https://page.example", help="an origin that address allows")


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
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundle of every model that ships."""
    build = tmp_path_factory.mktemp("build")
    for name in SHIPPED:
        definition = models.find(name)
        train(definition, definition.data, build / name, lambda _: None)
    return build


@pytest.fixture(scope="session")
def rent_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a model with every type of feature, which does not ship."""
    return _trained(rent, tmp_path_factory.mktemp("rent"))


@pytest.fixture(scope="session")
def churn_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a classifier, which does not ship."""
    return _trained(churn, tmp_path_factory.mktemp("churn"))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what of the project the command needs, to begin models in."""
    copy = tmp_path_factory.mktemp("project")
    for part in ("training", "layers/picklejar", "docs/example"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in set(models.names()).difference(SHIPPED):
        (copy / "training" / "models" / f"{name}.py").unlink()
    return copy


@pytest.fixture(scope="session")
def typed_in(project: Path) -> Callable[..., str]:
    """Runs `picklejar` in the copy of the project, as somebody types it, and returns all that it said."""
    code = os.pathsep.join([str(project), str(project / "layers" / "picklejar")])

    def run(*words: str, status: int = 0) -> str:
        environment = os.environ | {"PYTHONPATH": code, "COLUMNS": "120", "NO_COLOR": "1"}
        command = [Path(sys.executable).with_name("picklejar"), *words]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == status, said
        return said

    return run


@pytest.fixture(scope="session")
def customers_bundle(project: Path, typed_in: Callable[..., str]) -> Path:
    """The bundle of a classifier that was begun from the example's CSV file, and has not been edited."""
    typed_in("new", "customers", "--csv", "docs/example/customers.csv", "--target", "left")
    typed_in("train", "customers")
    return project / "build" / "customers"


def _trained(define: Callable[[Path], Definition], folder: Path) -> Path:
    definition = define(folder)
    train(definition, definition.data, folder / definition.name, lambda _: None)
    return folder / definition.name


@pytest.fixture(scope="session")
def live_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of another model of sales, by an estimator that is not read as data."""
    bundle = tmp_path_factory.mktemp("live") / "sales"
    sales = models.find("sales")
    live = dataclasses.replace(sales, estimator=lambda: make_pipeline(SimpleImputer(), KernelRidge()))
    train(live, sales.data, bundle, lambda _: None)
    return bundle


@pytest.fixture(scope="session")
def s3(bundles: Path) -> Iterator[LocalS3]:
    """An S3 with every model that ships published; nobody changes it. A container can reach it, too."""
    with running_s3(EVERYWHERE) as running:
        running.publish_all(bundles)
        yield running


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What the handler logs."""
    written: list[dict[str, Any]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(self.format(record)))

    collector = Collector()
    collector.setFormatter(observation.LineFormatter())
    logger = logging.getLogger(observation.SERVICE)
    logger.addHandler(collector)
    yield written
    logger.removeHandler(collector)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command of typer's as somebody types it, holds it to its exit status, and returns all that it said."""
    monkeypatch.setenv("COLUMNS", "200")
    # Whoever imported these first may have had another width.
    for one in (terminal.console, terminal.errors):
        monkeypatch.setattr(one, "width", 200)

    def ran(app: typer.Typer, *words: str, status: int = 0, typed: str = "") -> str:
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
    with bound(0) as free:
        port = free.getsockname()[1]
    origins = [pytestconfig.getoption("--origin"), f"http://{HOST}:{page_socket.getsockname()[1]}"]
    with running_sam(s3, origins, port, built_for_sam / "template.yaml") as address:
        yield address

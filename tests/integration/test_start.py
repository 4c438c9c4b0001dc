"""`python -m local`, which `make start` ends in: from nothing to a page and an answer."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local import __main__ as start
from local import sam
from local.s3 import LocalS3
from local.serving import HOST, PortTaken, bound

SECONDS_TO_START = 60


@pytest.fixture
def port() -> int:
    """A free port."""
    return _free()


def _free() -> int:
    with bound(0) as free:
        found: int = free.getsockname()[1]
    return found


@contextmanager
def _started(port: int, build: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-m", "local", "--port", str(port), "--build", str(build)]
    # Not where the `make s3` of whoever runs the tests may be.
    command += ["--s3-port", str(_free()), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _await(url: str) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            httpx.get(url)
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


def test_it_serves_page_and_api_until_it_is_interrupted(port: int, bundles: Path) -> None:
    site = f"http://{HOST}:{port}"
    with _started(port, bundles) as process:
        _await(site)
        assert "<title>Picklejar</title>" in httpx.get(site).text
        assert httpx.get(f"{site}/config.json").json() == {"api": "/api"}
        assert [model["name"] for model in httpx.get(f"{site}/api/models").json()["models"]] == ["housing", "sales"]
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=30)
    assert process.returncode == 0
    assert complaints == ""
    assert f"Page   {site}/" in said
    assert "curl " in said


def test_with_keys_the_apis_own_address_wants_the_key_that_it_prints_and_the_pages_none(
    port: int, bundles: Path
) -> None:
    own = _free()
    with _started(port, bundles, "--keys", "--api-port", str(own)) as process:
        _await(f"http://{HOST}:{port}")
        assert process.stdout
        (key,) = re.findall("x-api-key: (.+)'", "".join(iter(process.stdout.readline, "  Ctrl-C ends everything.\n")))
        assert httpx.get(f"http://{HOST}:{own}/api/models").status_code == 403
        assert httpx.get(f"http://{HOST}:{own}/api/models", headers={"x-api-key": key}).status_code == 200
        assert httpx.get(f"http://{HOST}:{port}/api/models").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[1] == ""
    assert process.returncode == 0


def test_without_models_it_starts_and_says_so(port: int, tmp_path: Path) -> None:
    with _started(port, tmp_path) as process:
        _await(f"http://{HOST}:{port}")
        assert httpx.get(f"http://{HOST}:{port}/api/models").json() == {"models": []}
        process.send_signal(signal.SIGINT)
        assert "Serving no models yet." in process.communicate(timeout=30)[0]


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with bound(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with _started(port, tmp_path) as process:
            _, complaint = process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == 1
    assert complaint.strip() == f"Port {port} is taken by another program; choose another, as in PORT=8080"


def test_what_is_no_port_is_refused(run: Callable[..., str]) -> None:
    for app in (start.app, sam.app):
        assert "65535" in run(app, "--port", "99999", status=2)


def test_a_taken_port_of_the_api_is_named_by_its_own_variable(s3: LocalS3) -> None:
    with bound(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        named = pytest.raises(
            PortTaken, match=f"Port {port} is taken by another program; choose another, as in API_PORT="
        )
        with named, sam.running_sam(s3, [], port):
            pytest.fail("it runs")


def test_a_damaged_bundle_is_named(port: int, bundles: Path, tmp_path: Path) -> None:
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "manifest.json").write_bytes((bundles / "sales" / "manifest.json").read_bytes())
    with _started(port, tmp_path) as process:
        _, complaint = process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == 1
    assert "cannot be read; train the model first, or again." in complaint

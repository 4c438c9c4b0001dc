"""`python -m local.kept_s3`, which `make s3` is: one S3 for `sam local` and `make start`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.kept_s3 import BATCH_BUCKET, EXAMPLE, shared_s3
from local.s3 import BUCKET, LocalS3, addresses, running_s3
from local.serving import bound
from local.template import read_template
from picklejar.bucket import alias_key
from picklejar.environment import LOCAL_S3

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 60


@pytest.fixture
def port() -> int:
    """A free port."""
    with bound(0) as free:
        found: int = free.getsockname()[1]
    return found


@contextmanager
def _kept(port: int, build: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-m", "local.kept_s3", "--port", str(port), "--build", str(build)]
    # Where the tests run in a shell's background, Ctrl-C would be ignored.
    interrupted = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, preexec_fn=interrupted) as process:
        try:
            yield process
        finally:
            process.kill()


def _said(process: subprocess.Popen[str]) -> str:
    """Return what the command says once it serves."""
    assert process.stdout
    lines: list[str] = []
    while "Ctrl-C" not in "".join(lines[-1:]):
        line = process.stdout.readline()
        assert line, process.communicate()
        lines.append(line)
    return "".join(lines)


def test_it_keeps_both_buckets_and_the_models_until_it_is_interrupted(port: int, bundles: Path) -> None:
    with _kept(port, bundles) as process:
        said = _said(process)
        client = LocalS3(port).client()
        for bucket in (BUCKET, BATCH_BUCKET):
            assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert client.head_object(Bucket=BATCH_BUCKET, Key=EXAMPLE, VersionId="null")["ContentLength"] > 0
        with shared_s3(port) as shared:
            assert shared == LocalS3(port)
            assert shared.has(alias_key("housing"), alias_key("sales"))
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
    assert "housing, sales" in said
    assert f"--endpoint-url http://127.0.0.1:{port}" in said


def test_a_taken_port_is_said_with_why_it_is_that_one(tmp_path: Path) -> None:
    with bound(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with _kept(port, tmp_path) as process:
            _, complaint = process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == 1
    assert complaint.startswith(f"Port {port} is taken, perhaps by another `make s3`; end what listens there.")


@pytest.mark.parametrize("gateway", ['"Gateway":"127.0.0.1",', ""], ids=["told", "not told"])
def test_a_bridge_has_an_address_also_where_the_engine_does_not_tell_it(
    gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho \'[{{{gateway}"Subnet":"127.0.0.0/8"}}]\'\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert addresses() == ("127.0.0.1", "127.0.0.1")


def test_it_listens_where_this_machine_and_its_containers_call_and_nowhere_else() -> None:
    with running_s3(hosts=addresses()) as s3:
        assert all(httpx.head(f"http://{host}:{s3.port}/{BUCKET}").is_success for host in addresses())
        with pytest.raises(httpx.TransportError):
            httpx.head(f"http://127.0.0.2:{s3.port}/{BUCKET}")


def test_without_it_an_own_s3_runs_where_nobody_or_another_program_listens(port: int) -> None:
    with shared_s3(port) as own:
        assert own.port != port

    class Refusing(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(403)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as other:
        threading.Thread(target=other.serve_forever).start()
        with shared_s3(other.server_port) as own:
            assert own.port != other.server_port
        other.shutdown()


def test_what_is_there_is_not_published_again(own_s3: LocalS3, bundles: Path) -> None:
    assert own_s3.publish_all(bundles) == ["housing", "sales"]
    # As after a rollback, which publishing the same version again would undo.
    own_s3.store().put(alias_key("sales"), b"another version")
    assert own_s3.publish_all(bundles) == ["housing", "sales"]
    assert bytes(own_s3.store().get(alias_key("sales")).bytes()) == b"another version"


def test_sam_locals_variables_are_those_of_the_template_and_lead_to_this_s3() -> None:
    template = read_template()
    variables = json.loads((ROOT / "local" / "env.json").read_text())
    assert list(variables) == ["PredictFunction", "BatchFunction"]
    for function, said in variables.items():
        own = template["Resources"][function]["Properties"]["Environment"]["Variables"]
        # SAM hands on no others.
        assert said.keys() <= own.keys() | template["Globals"]["Function"]["Environment"]["Variables"].keys()
        assert said.items() >= {"MODELS_BUCKET": BUCKET, "S3_ENDPOINT": LOCAL_S3}.items()
    assert variables["BatchFunction"]["BATCH_BUCKET"] == BATCH_BUCKET


@pytest.mark.parametrize("command", ["local_start_api", "local_start_lambda", "local_invoke"])
def test_sam_local_needs_no_options(command: str) -> None:
    options = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"][command]["parameters"]
    assert options["env_vars"] == "local/env.json"
    assert options["add_host"] == "host.docker.internal:host-gateway"

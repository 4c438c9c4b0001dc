"""The function under SnapStart: loaded before the snapshot, and what it answers from after one was restored."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest
import snapshot_restore_py
from obstore.store import S3Store

from local.gateway import Gateway, rest_event
from local.s3 import LocalS3
from picklejar.bucket import alias_key, version_key
from picklejar.manifest import MODEL_FILE
from tests.integration.faults import Answer, Exchange, Proxy, passed, proxy_of, refusing
from tests.numbered import BODY, NAME, answer_of, made, put, stand, version

APP = "functions.predict.app"
TOKEN = "token of the container"
JSON = {"content-type": "application/json"}
Line = dict[str, Any]


class CredentialsServer(ThreadingHTTPServer):
    """Hands out another key each time, as Lambda does under SnapStart; each is valid for an hour."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CredentialsExchange)
        self.handed_out = 0
        self.status = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/2021-04-23/credentials"


class CredentialsExchange(BaseHTTPRequestHandler):
    server: CredentialsServer

    def do_GET(self) -> None:
        right = self.headers["Authorization"] == TOKEN and self.path == "/2021-04-23/credentials"
        self.server.handed_out += 1
        expires = datetime.now(UTC) + timedelta(hours=1)
        credentials = {
            "AccessKeyId": f"KEY{self.server.handed_out}",
            "SecretAccessKey": "secret",
            "Token": "session",
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self.send_response(self.server.status if right else 403)
        self.end_headers()
        self.wfile.write(json.dumps(credentials).encode())

    def log_message(self, *_: Any) -> None:
        return


class Asked:
    """What S3 was asked for since it was last cleared: the file, whose key signed, and over which connection."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.keys: set[str] = set()
        self.connections: set[int] = set()

    def __call__(self, to: Exchange, answer: Answer) -> None:
        self.files.append(to.path.partition("?")[0].rpartition("/")[2])
        self.keys.add(to.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0])
        self.connections.add(to.client_address[1])
        passed(to, answer)


@pytest.fixture
def credentials() -> Iterator[CredentialsServer]:
    with CredentialsServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxy(own_s3: LocalS3) -> Iterator[Proxy]:
    with proxy_of(own_s3.port) as running:
        yield running


@pytest.fixture
def asked(proxy: Proxy) -> Asked:
    note = Asked()
    proxy.fault = note
    return note


@pytest.fixture
def bucket(own_s3: LocalS3) -> S3Store:
    """The bucket, past the proxy."""
    return own_s3.store()


@pytest.fixture
def start(
    own_s3: LocalS3, proxy: Proxy, credentials: CredentialsServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ModuleType]]:
    """Imports the function as Lambda does where containers start from snapshots."""

    def imported(**variables: str) -> ModuleType:
        said = {
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": credentials.address,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
            "AWS_REGION": "us-east-1",
            "MODELS_BUCKET": own_s3.bucket,
            "S3_ENDPOINT": f"http://127.0.0.1:{proxy.server_port}",
        }
        for name, value in (said | variables).items():
            monkeypatch.setenv(name, value)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        return importlib.import_module(APP)

    monkeypatch.setattr(snapshot_restore_py, "_before_snapshot_registry", [])
    monkeypatch.setattr(snapshot_restore_py, "_after_restore_registry", [])
    before = sys.modules.pop(APP, None)
    yield imported
    del sys.modules[APP]
    if before:
        sys.modules[APP] = before


def take_snapshot() -> None:
    """Call the hooks as Lambda's runtime does before a snapshot: the last that was registered first, and each once."""
    hooks = snapshot_restore_py.get_before_snapshot()
    while hooks:
        hook, arguments, named = hooks.pop()
        hook(*arguments, **named)


def restore() -> None:
    """Call the hooks as Lambda's runtime does after a snapshot was restored: in order."""
    for hook, arguments, named in snapshot_restore_py.get_after_restore():
        hook(*arguments, **named)


def ask(app: ModuleType, name: str = NAME) -> tuple[int, Any]:
    answer = Gateway(app.lambda_handler).invoke(rest_event("POST", f"/models/{name}/predict", JSON, BODY))
    return answer["statusCode"], json.loads(answer["body"]).get("predictions")


def test_a_restored_container_answers_after_one_look_at_the_alias(
    start: Callable[..., ModuleType], bucket: S3Store, asked: Asked, lines: list[Line]
) -> None:
    put(bucket, version(1))
    app = start()
    take_snapshot()
    assert asked.files[-4:] == ["champion.json", "manifest.json", "model.pkl", "golden.json"]
    (line,) = lines
    assert line.items() >= {"message": "loaded", "model": NAME, "version": version(1).manifest.version}.items()
    asked.files.clear()
    restore()
    assert ask(app) == (200, answer_of(1))
    assert asked.files == ["champion.json"]
    assert lines[-1]["cold"] is True


def test_an_alias_that_moved_since_the_snapshot_is_followed_by_the_first_request(
    start: Callable[..., ModuleType], bucket: S3Store
) -> None:
    put(bucket, version(1))
    app = start(ALIAS_TTL_SECONDS="3600")
    take_snapshot()
    put(bucket, version(2), alias=None)
    stand(bucket, version(2).manifest)
    restore()
    assert ask(app) == (200, answer_of(2))


def test_without_s3_a_restored_container_answers_from_its_snapshot_and_tells(
    start: Callable[..., ModuleType], bucket: S3Store, proxy: Proxy, lines: list[Line]
) -> None:
    put(bucket, version(1))
    app = start()
    take_snapshot()
    restore()
    proxy.fault = refusing(403, "AccessDenied")
    assert ask(app) == (200, answer_of(1))
    assert [line["error"] for line in lines if line["message"] == "switch"] == ["JarUnreachable"]


def test_no_connection_and_no_credentials_are_taken_out_of_the_snapshot(
    start: Callable[..., ModuleType], bucket: S3Store, asked: Asked
) -> None:
    put(bucket, version(1))
    app = start()
    take_snapshot()
    before, asked.connections, asked.keys = asked.connections, set(), set()
    restore()
    assert ask(app)[0] == 200
    assert asked.connections
    assert not before & asked.connections
    assert asked.keys == {"KEY2"}


def test_one_fetch_of_credentials_is_enough_until_they_expire(
    start: Callable[..., ModuleType], bucket: S3Store, credentials: CredentialsServer
) -> None:
    put(bucket, version(1))
    put(bucket, version(1, "other"))
    start()
    take_snapshot()
    assert credentials.handed_out == 1


@pytest.mark.parametrize("problem", [{"status": 500}, {"address": "http://127.0.0.1:9/"}], ids=["refused", "away"])
def test_without_credentials_the_models_cannot_be_reached(
    start: Callable[..., ModuleType], bucket: S3Store, credentials: CredentialsServer, problem: dict[str, Any]
) -> None:
    put(bucket, version(1))
    credentials.status = problem.get("status", 200)
    app = start(AWS_CONTAINER_CREDENTIALS_FULL_URI=problem.get("address", credentials.address))
    take_snapshot()
    restore()
    assert ask(app)[0] == 503


def test_an_empty_bucket_stops_no_publication_and_what_comes_later_is_found(
    start: Callable[..., ModuleType], bucket: S3Store, lines: list[Line]
) -> None:
    app = start()
    take_snapshot()
    assert lines == []
    put(bucket, version(1))
    restore()
    assert ask(app) == (200, answer_of(1))


def test_a_damaged_model_stops_no_publication_and_the_others_are_loaded(
    start: Callable[..., ModuleType], bucket: S3Store, lines: list[Line]
) -> None:
    put(bucket, made(1, "broken"))
    bucket.put(version_key("broken", made(1, "broken").manifest.version, MODEL_FILE), b"cut")
    put(bucket, version(1))
    put(bucket, made(1, "unserved"), alias=None)
    start()
    take_snapshot()
    assert [(line["model"], line.get("error")) for line in lines] == [("broken", "BundleDamaged"), (NAME, None)]


def test_a_bucket_that_cannot_be_reached_stops_no_publication(
    start: Callable[..., ModuleType], bucket: S3Store, lines: list[Line]
) -> None:
    put(bucket, version(1))
    app = start(MODELS_BUCKET="another")
    take_snapshot()
    (line,) = lines
    assert (line["message"], line["error"]) == ("loaded", "JarUnreachable")
    restore()
    assert ask(app)[0] == 503


def test_no_more_models_are_loaded_than_there_is_memory_for(
    start: Callable[..., ModuleType], bucket: S3Store, lines: list[Line]
) -> None:
    for name in ("a", "b"):
        put(bucket, made(1, name))
    app = start(MODEL_MEMORY_MEGABYTES="0")
    take_snapshot()
    assert lines == []
    restore()
    assert ask(app, "b") == (200, answer_of(1))


def test_an_alias_that_was_deleted_since_the_snapshot_does_not_take_the_last_good_version_away(
    start: Callable[..., ModuleType], bucket: S3Store
) -> None:
    put(bucket, version(1))
    app = start()
    take_snapshot()
    bucket.delete(alias_key(NAME))
    restore()
    assert ask(app) == (200, answer_of(1))


def test_without_snapstart_nothing_of_it_is_imported() -> None:
    names = ["functions.predict.snapshot", "functions.predict.credentials", "snapshot_restore_py"]
    code = f"import sys, {APP}; print([name for name in {names} if name in sys.modules])"
    environment = {"MODELS_BUCKET": "models", "AWS_REGION": "us-east-1", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
    finished = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"

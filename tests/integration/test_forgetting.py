"""What fails leaves nothing in memory, and does not wait for a garbage collection: bodies and models are large."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from obstore.store import MemoryStore

from functions.predict.api import make_handler
from functions.predict.observation import Observation
from local.gateway import Gateway, rest_event
from picklejar.alias import Canary
from picklejar.bucket import version_key
from picklejar.manifest import GOLDEN_FILE, MODEL_FILE
from picklejar.predictor import Predictor
from picklejar.serving.jar import Jar
from tests.numbered import BODY, NAME, made, put, version
from tests.opened import predictor_of
from training.registry.canary import begin

JSON = {"Content-Type": "application/json"}
TWO = version(2).manifest.version


@pytest.fixture(autouse=True)
def _on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what a request would only wait a moment for."""
    for patience in ("watch.PATIENCE", "candidate.PATIENCE", "shadow.SHADOW_SECONDS"):
        monkeypatch.setattr(f"picklejar.serving.{patience}", 10.0)


@pytest.fixture(autouse=True)
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def store() -> MemoryStore:
    """A bucket whose champion is the first of two versions."""
    store = MemoryStore()
    put(store, version(2), alias=None)
    put(store, version(1))
    return store


def _ask(gateway: Gateway, body: bytes, headers: dict[str, str] = JSON, path: str = f"/models/{NAME}/predict") -> int:
    status: int = gateway.invoke(rest_event("POST", path, headers, body))["statusCode"]
    return status


def _left(kind: type) -> int:
    return sum(isinstance(one, kind) for one in gc.get_objects())


@pytest.mark.parametrize(
    ("status", "body", "headers", "path"),
    [
        (400, b"{", JSON, "predict"),
        (404, BODY, JSON, "aliases/none/predict"),
        (413, BODY + b" " * 5_000_000, JSON, "predict"),
        (415, BODY, {}, "predict"),
        (422, b'{"instances": [{"x": "text"}]}', JSON, "predict"),
    ],
)
def test_a_refused_request_leaves_nothing(
    store: MemoryStore, status: int, body: bytes, headers: dict[str, str], path: str
) -> None:
    gateway = Gateway(make_handler(Jar(store), ()))
    before = _left(Observation)
    assert _ask(gateway, body, headers, f"/models/{NAME}/{path}") == status
    assert _left(Observation) == before


@pytest.mark.parametrize("shadow", [True, False])
@pytest.mark.parametrize("file", [MODEL_FILE, GOLDEN_FILE])
def test_a_candidate_that_fails_leaves_nothing(store: MemoryStore, shadow: bool, file: str) -> None:
    begin(store, NAME, Canary(TWO, 100, shadow=shadow))
    store.delete(version_key(NAME, TWO, file))
    gateway = Gateway(make_handler(Jar(store, ttl=0), ()))
    assert _ask(gateway, BODY) == 200
    before = _left(Observation), _left(Predictor)
    assert [_ask(gateway, BODY) for _ in range(3)] == [200] * 3
    assert (_left(Observation), _left(Predictor)) == before


@pytest.mark.parametrize("liar", [True, False])
def test_a_version_that_cannot_serve_leaves_nothing(store: MemoryStore, liar: bool) -> None:
    jar = Jar(store, ttl=0)
    predictor_of(jar, NAME)
    put(store, bad := made(4, golden=[4000.5] if liar else None))
    if not liar:
        store.delete(version_key(NAME, bad.manifest.version, GOLDEN_FILE))
    before = _left(Predictor)
    for _ in range(3):
        assert jar.manifest(NAME) == version(1).manifest
    assert _left(Predictor) == before

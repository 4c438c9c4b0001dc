"""A cold container: what it asks S3 for at once, what it leaves until it is needed, and what it imports."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from obstore.store import LocalStore, MemoryStore

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from picklejar import opening
from picklejar.alias import Canary
from picklejar.bucket import version_key
from picklejar.manifest import GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE
from picklejar.serving.jar import Jar
from tests.integration.asked import Asked
from tests.numbered import BODY, NAME, answer_of, put, stand, version
from tests.opened import predictor_of
from training.registry.canary import begin

ROOT = Path(__file__).parents[2]
PREDICT = f"/models/{NAME}/predict"
JSON = {"Content-Type": "application/json"}
ONE = version(1).manifest.version
# Slow to import and of no use to an answer: https://docs.python.org/3/using/cmdline.html#cmdoption-X shows how slow.
SLOW = ["numpy.typing", "dataclasses", "typing_extensions", "pathlib"]
START = f"""
import builtins
import json
import sys
from types import SimpleNamespace

import aws_lambda_powertools
import numpy

event, store = json.loads(sys.argv[1]), sys.argv[2]
imported, brought = [], {{*sys.modules}}
plain = builtins.__import__

def note(name, importer=None, *rest):
    of = (importer or {{}}).get("__name__", "")
    if name in {SLOW} and of.startswith(("picklejar", "functions")):
        imported.append([of, name])
    return plain(name, importer, *rest)

builtins.__import__ = note
from obstore.store import LocalStore
from functions.predict.api import make_handler
import functions.predict.settings
from picklejar.serving.jar import Jar

answer = make_handler(Jar(LocalStore(store)), ())(event, SimpleNamespace(aws_request_id="1"))
late = [name for name in {SLOW} if name in sys.modules and name not in brought]
print(json.dumps({{"answer": json.loads(answer["body"]), "imported": imported, "late": late}}))
"""


@pytest.fixture
def store() -> Asked:
    """A bucket whose champion is the first of two versions."""
    memory = MemoryStore()
    put(memory, version(2), alias=None)
    put(memory, version(1))
    return Asked(memory)


def _ask(jar: Jar, method: str = "POST", path: str = PREDICT) -> tuple[int, Any]:
    answer = Gateway(make_handler(jar, ())).invoke(rest_event(method, path, JSON, BODY if method == "POST" else b""))
    return answer["statusCode"], json.loads(answer["body"])


def test_manifest_model_and_golden_rows_are_asked_for_side_by_side(store: Asked) -> None:
    together = threading.Barrier(3, timeout=10)

    def wait_for_the_others(key: str) -> None:
        if "/versions/" in key:
            together.wait()

    store.before = wait_for_the_others
    assert _ask(Jar(store))[1]["predictions"] == answer_of(1)
    assert store.fetched[0] == "champion.json"
    assert sorted(store.fetched[1:]) == [GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE]


@pytest.mark.parametrize("path", ["/models", f"/models/{NAME}"])
def test_whoever_only_reads_about_a_model_fetches_none(store: Asked, path: str) -> None:
    jar = Jar(store)
    assert _ask(jar, "GET", path)[0] == 200
    assert store.fetched == ["champion.json", MANIFEST_FILE]
    assert _ask(jar)[1]["predictions"] == answer_of(1)


def test_a_version_in_memory_is_not_fetched_for_another_alias(store: Asked) -> None:
    stand(store, version(1).manifest, "stable")
    jar = Jar(store)
    assert _ask(jar)[1]["predictions"] == answer_of(1)
    store.fetched.clear()
    assert _ask(jar, path=f"/models/{NAME}/aliases/stable/predict")[1]["predictions"] == answer_of(1)
    assert store.fetched == ["stable.json", MANIFEST_FILE]


def test_a_container_that_keeps_only_small_models_reads_nothing_before_it_knows_how_large_it_is(store: Asked) -> None:
    assert _ask(Jar(store, budget=0))[1]["predictions"] == answer_of(1)
    assert sorted(store.fetched) == sorted(["champion.json", MANIFEST_FILE, *2 * [MODEL_FILE, GOLDEN_FILE]])


def test_of_several_faults_the_manifests_is_told_and_then_the_models(store: Asked) -> None:
    keys = {file: version_key(NAME, ONE, file) for file in (MANIFEST_FILE, MODEL_FILE, GOLDEN_FILE)}
    store.delete(keys[MODEL_FILE])
    store.delete(keys[GOLDEN_FILE])
    assert f"has no {MODEL_FILE}" in _ask(Jar(store))[1]["detail"]
    store.put(keys[MANIFEST_FILE], b"{}")
    assert f"The manifest of {NAME} {ONE} is not what was published" in _ask(Jar(store))[1]["detail"]
    store.delete(keys[MANIFEST_FILE])
    assert f"has no {MANIFEST_FILE}" in _ask(Jar(store))[1]["detail"]


@pytest.mark.parametrize("file", [MANIFEST_FILE, MODEL_FILE])
def test_a_model_is_not_read_before_its_manifest_vouches_for_it(
    store: Asked, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening.inert, "loads", lambda _: pytest.fail("It was read."))
    store.put(version_key(NAME, ONE, file), version(2).files.get(file) or version(2).manifest.encode())
    status, problem = _ask(Jar(store))
    assert (status, problem["type"].rpartition(":")[2]) == (503, "bundle-damaged")


def test_a_canary_answers_a_cold_container_whatever_came_for_its_champion(store: Asked) -> None:
    begin(store, NAME, Canary(version(2).manifest.version, 100))
    jar = Jar(store)
    assert _ask(jar)[1]["predictions"] == answer_of(2)
    assert jar.ready(version(1).manifest) is None
    assert predictor_of(jar, NAME).predict(BODY).predictions == answer_of(1)


def test_a_cold_start_imports_nothing_slow_but_what_numpy_and_powertools_do(tmp_path: Path) -> None:
    put(LocalStore(tmp_path), version(1))
    command = [sys.executable, "-c", START, json.dumps(rest_event("POST", PREDICT, JSON, BODY)), str(tmp_path)]
    environment = {"PYTHONPATH": f"{ROOT / 'layers' / 'picklejar'}:{ROOT}", "PATH": ""}
    finished = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    said = json.loads(finished.stdout.splitlines()[-1])
    assert said["answer"]["predictions"] == answer_of(1)
    assert (said["imported"], said["late"]) == ([], [])

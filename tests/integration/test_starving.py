"""A container without disk or memory, while it is cold, warm, or loading another version: never a wrong prediction."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from obstore.store import S3Store

from local.gateway import rest_event
from local.s3 import KEY, REGION, LocalS3, running_s3
from picklejar.alias import Canary
from picklejar.bucket import s3_store
from picklejar.manifest import Manifest
from tests.integration import starving
from tests.numbered import BODY, NAME, answer_of, made, put, stand, version
from training.registry.aliases import promote
from training.registry.canary import begin

ROOT = Path(__file__).parents[2]
# Several parts, and more than is left where little memory is; that is enough for the parts, which the client of S3
# gets memory for, and a process whose client gets none ends.
LARGE, LITTLE = 128, 200
PREDICT = f"/models/{NAME}/predict"
REFUSED = (
    503,
    "memory-too-small",
    "There is not enough memory left to load numbered {}; deploy with a larger MemorySize, or publish a smaller model.",
)


class Container:
    """A container in a process of its own, which looks at the alias with every request."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.lines: list[dict[str, Any]] = []

    def do(self, act: Callable[..., Any], *words: Any) -> Any:
        """Let the process do something, and return what came of it; what it logs meanwhile is kept."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([act.__name__, *words]), file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            said = json.loads(line)
            if "reply" in said:
                return said["reply"]
            self.lines.append(said)
        raise AssertionError(f"The process ended: {self._process.wait()}")

    def ask(self) -> Any:
        """Return the predictions; of a problem the status, its kind and the sentence."""
        answer = self.do(starving.ask, rest_event("POST", PREDICT, {"content-type": "application/json"}, BODY))
        body = json.loads(answer["body"])
        if answer["statusCode"] == 200:
            return body["predictions"]
        assert answer["multiValueHeaders"]["Retry-After"] == ["5"]
        return answer["statusCode"], body["type"].rpartition(":")[2], body["detail"]

    def told(self, metric: str) -> list[dict[str, Any]]:
        """Return the lines in which a metric is not 0."""
        return [line for line in self.lines if line.get(metric, [0]) != [0]]


@pytest.fixture(scope="module")
def s3() -> Iterator[LocalS3]:
    with running_s3(bucket=f"starving-{uuid.uuid4()}") as running:
        yield running


@pytest.fixture(scope="module")
def large(s3: LocalS3) -> Manifest:
    """The manifest of a version that is large; a small one is there, too."""
    proven = made(2, filling=LARGE * starving.MEGABYTE)
    key = {"access_key_id": KEY, "secret_access_key": KEY, "expires_at": None}
    options: dict[str, Any] = {"credentials": lambda: key, "timeout": timedelta(seconds=60)}
    patient = s3_store(s3.bucket, region=REGION, endpoint=s3.endpoint, **options)
    for one in (version(1), proven):
        put(patient, one, alias=None)
    return proven.manifest


@pytest.fixture
def store(s3: LocalS3, large: Manifest) -> S3Store:
    """A bucket whose champion is the small version."""
    store = s3.store()
    stand(store, version(1).manifest)
    return store


@pytest.fixture
def container(s3: LocalS3) -> Iterator[Container]:
    settings = {"MODELS_BUCKET": s3.bucket, "S3_ENDPOINT": s3.endpoint, "AWS_REGION": REGION, "ALIAS_TTL_SECONDS": "0"}
    # Otherwise each thread takes addresses for memory that it never has.
    settings |= {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", starving.__name__],
        cwd=ROOT,
        env=os.environ | settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Container(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_cold_container_needs_no_disk(container: Container, store: S3Store) -> None:
    assert container.do(starving.fill_disk) != "written"
    assert container.ask() == answer_of(1)


def test_a_warm_container_needs_no_disk(container: Container, store: S3Store) -> None:
    assert container.ask() == answer_of(1)
    assert container.do(starving.fill_disk) != "written"
    assert container.ask() == answer_of(1)


def test_a_container_that_loads_another_version_needs_no_disk(
    container: Container, store: S3Store, large: Manifest
) -> None:
    assert container.ask() == answer_of(1)
    assert container.do(starving.fill_disk) != "written"
    stand(store, large)
    _until(lambda: container.ask() == answer_of(2))
    assert container.told("SwitchErrors") == []


def test_a_cold_container_without_the_memory_for_a_model_says_so(
    container: Container, store: S3Store, large: Manifest
) -> None:
    stand(store, large)
    container.do(starving.leave_memory, LITTLE)
    status, kind, sentence = REFUSED
    assert container.ask() == (status, kind, sentence.format(large.version))
    stand(store, version(1).manifest)
    _until(lambda: container.ask() == answer_of(1))


def test_a_cold_container_loads_the_model_once_there_is_memory(
    container: Container, store: S3Store, large: Manifest
) -> None:
    stand(store, large)
    container.do(starving.leave_memory, LITTLE)
    assert container.ask()[0] == 503
    container.do(starving.leave_memory, None)
    assert container.ask() == answer_of(2)


def test_a_warm_container_without_memory_for_another_version_answers_from_the_last_good_one(
    container: Container, store: S3Store, large: Manifest
) -> None:
    assert container.ask() == answer_of(1)
    before = container.do(starving.memory)
    container.do(starving.leave_memory, LITTLE)
    assert container.ask() == answer_of(1)
    stand(store, large)

    def tried_twice() -> bool:
        assert container.ask() == answer_of(1)
        return len(container.told("SwitchErrors")) > 1

    _until(tried_twice)
    assert {line["error"] for line in container.told("SwitchErrors")} == {"MemoryTooSmall"}
    stand(store, version(1).manifest)
    _until(lambda: container.ask() == answer_of(1))
    # No part of the other version is kept.
    assert container.do(starving.memory) - before < LARGE * starving.MEGABYTE / 2
    stand(store, large)
    container.do(starving.leave_memory, None)
    _until(lambda: container.ask() == answer_of(2))


@pytest.mark.parametrize("shadow", [True, False])
def test_where_there_is_no_memory_for_a_candidate_the_champion_answers(
    container: Container, store: S3Store, large: Manifest, shadow: bool
) -> None:
    promote(store, NAME, version(1).manifest.version)
    assert container.ask() == answer_of(1)
    container.do(starving.leave_memory, LITTLE)
    begin(store, NAME, Canary(large.version, 100, shadow=shadow))
    metric = "ShadowErrors" if shadow else "CanaryErrors"

    def tried() -> bool:
        assert container.ask() == answer_of(1)
        return "MemoryTooSmall" in {line.get("candidate_cause") for line in container.told(metric)}

    _until(tried)


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)

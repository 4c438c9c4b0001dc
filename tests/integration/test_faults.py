"""What S3 does wrong, while a container is cold, warm, or loading another version: never a wrong prediction."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from obstore.store import S3Store

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3, running_s3
from picklejar.serving.jar import Jar
from picklejar.serving.watch import Switch
from tests.integration import faults
from tests.integration.faults import Fault, Proxy, holding, refusing, with_headers
from tests.numbered import BODY, NAME, answer_of, put, stand, version

SECONDS = 3.0
STAGES = {"alias": "/aliases/", "manifest": "/manifest.json", "model": "/model.pkl", "golden": "/golden.json"}
ANYWHERE: dict[str, Fault] = {
    "reset": faults.reset,
    "closed": faults.closed,
    "stalled": faults.stalled,
    "stalled after the headers": faults.stalled_after_the_headers,
    "dripping": faults.dripping,
    "cut off": faults.cut_off,
    "no HTTP": faults.no_http,
    "403": refusing(403, "AccessDenied"),
    "clock skew": refusing(403, "RequestTimeTooSkewed"),
    "404": refusing(404, "NoSuchKey"),
    "no bucket": refusing(404, "NoSuchBucket"),
    "400": refusing(400, "ExpiredToken"),
    "500": refusing(500, "InternalError"),
    "503": refusing(503, "SlowDown"),
    "429": refusing(429, "TooManyRequests"),
    "301": refusing(301, "PermanentRedirect"),
    "304": faults.not_modified,
    "empty": holding(lambda _: b""),
    "half": holding(lambda body: body[: len(body) // 2]),
    "a bit flipped": holding(faults.flipped),
    "zeros": holding(lambda body: b"\0" * len(body)),
    "oversize": holding(lambda body: body + b" " * 6_000_000),
    "an error as 200": holding(lambda _: faults.XML.format("InternalError").encode()),
    "garbage JSON": holding(lambda _: b'{"version": '),
    "deep JSON": holding(lambda _: b"[" * 100_000),
}
PARTICULAR: list[tuple[str, str, Fault]] = [
    ("alias", "another ETag", with_headers(ETag='"wrong"')),
    ("alias", "no version", holding(lambda _: b'{"version": "../../../x"}')),
    ("alias", "a version that is not there", holding(lambda _: b'{"version": "000000000000"}')),
    ("alias", "a number", holding(lambda _: b'{"version": 1}')),
    ("alias", "a date ahead", with_headers(Date="Fri, 01 Jan 2100 00:00:00 GMT")),
    ("manifest", "another version's", holding(lambda _: version(3).files["manifest.json"])),
    ("manifest", "another model's", holding(lambda _: version(2, "other").files["manifest.json"])),
    ("model", "another version's", holding(lambda _: version(3).files["model.pkl"])),
    ("golden", "another version's", holding(lambda _: version(3).files["golden.json"])),
]
# All of them where the first and where the largest answer comes from; elsewhere those that concern the content.
OF_CONTENT = ("cut off", "404", "503", "304", "empty", "half", "a bit flipped", "oversize", "an error as 200")
TABLE = [
    *[(stage, word, fault) for stage in ("alias", "model") for word, fault in ANYWHERE.items()],
    *[(stage, word, ANYWHERE[word]) for stage in ("manifest", "golden") for word in OF_CONTENT],
    *PARTICULAR,
]


class Clock:
    """Seconds that pass when they are told to."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Container:
    """A container behind the proxy, asked for one alias that nobody else has."""

    def __init__(self, s3: LocalS3, proxy: Proxy) -> None:
        self.alias = f"a{uuid.uuid4().hex[:12]}"
        self.store: S3Store = s3.store()
        self.proxy = proxy
        self.clock = Clock()
        self.told: list[Switch] = []
        jar = Jar(LocalS3(proxy.server_port, s3.bucket).store(), tell=self.told.append, clock=self.clock)
        self._gateway = Gateway(make_handler(jar, ()))

    def ask(self) -> tuple[int, Any]:
        """Return the status, and the predictions or the kind of the problem; hold the time that it may take."""
        event = rest_event(
            "POST", f"/models/{NAME}/aliases/{self.alias}/predict", {"content-type": "application/json"}, BODY
        )
        started = time.perf_counter()
        answer = self._gateway.invoke(event)
        assert time.perf_counter() - started < SECONDS
        body = json.loads(answer["body"])
        if answer["statusCode"] == 503:
            assert answer["multiValueHeaders"]["Retry-After"] == ["5"]
        return answer["statusCode"], body.get("predictions") or body["type"].rpartition(":")[2]

    def later(self) -> None:
        self.clock.seconds += 60


@pytest.fixture(scope="module")
def s3() -> Iterator[LocalS3]:
    with running_s3(bucket=f"faults-{uuid.uuid4()}") as running:
        for number in (1, 2):
            put(running.store(), version(number), alias=None)
        yield running


@pytest.fixture(scope="module")
def proxy(s3: LocalS3) -> Iterator[Proxy]:
    with faults.proxy_of(s3.port) as running:
        yield running


@pytest.fixture
def container(s3: LocalS3, proxy: Proxy) -> Iterator[Container]:
    """A container whose alias stands for the first version."""
    proxy.fault = None
    found = Container(s3, proxy)
    stand(found.store, version(1).manifest, found.alias)
    yield found
    proxy.fault = None


every_fault = pytest.mark.parametrize(
    ("stage", "fault"),
    [pytest.param(stage, fault, id=f"{stage}: {word}") for stage, word, fault in TABLE],
)


@every_fault
def test_a_cold_container_answers_right_or_says_when_to_try_again(
    container: Container, stage: str, fault: Fault
) -> None:
    container.proxy.stage, container.proxy.fault = STAGES[stage], fault
    status, said = container.ask()
    # An alias that S3 says is not there is one that nobody made.
    assert status == 503 or (status, said) in [(200, answer_of(1)), (404, "model-not-found")]
    assert (status == 404) == (stage == "alias" and said == "model-not-found")
    container.proxy.fault = None
    assert container.ask() == (200, answer_of(1))


@every_fault
def test_a_warm_container_answers_through_it(container: Container, stage: str, fault: Fault) -> None:
    assert container.ask() == (200, answer_of(1))
    container.proxy.stage, container.proxy.fault = STAGES[stage], fault
    assert container.ask() == (200, answer_of(1))
    # Once it looks, with nothing to find, neither.
    container.later()
    assert container.ask() == (200, answer_of(1))


@every_fault
def test_a_container_that_loads_another_version_answers_from_the_last_good_one(
    container: Container, stage: str, fault: Fault
) -> None:
    assert container.ask() == (200, answer_of(1))
    stand(container.store, version(2).manifest, container.alias)
    container.proxy.stage, container.proxy.fault = STAGES[stage], fault
    container.later()
    for _ in range(3):
        assert container.ask() in [(200, answer_of(1)), (200, answer_of(2))]
    container.proxy.fault = None
    _until(lambda: (container.later(), container.ask())[1] == (200, answer_of(2)))


def test_nothing_listens(container: Container, no_s3: LocalS3, s3: LocalS3) -> None:
    cold = Container(s3, container.proxy)
    cold._gateway = Gateway(make_handler(Jar(no_s3.store()), ()))
    assert cold.ask() == (503, "jar-unreachable")


@pytest.mark.parametrize("stage", ["alias", "manifest"])
def test_a_list_of_many_models_takes_no_longer_than_one_of_them(
    container: Container, s3: LocalS3, proxy: Proxy, stage: str
) -> None:
    names = [f"many-{number}" for number in range(5)]
    for name in names:
        put(s3.store(), version(1, name))
    container.proxy.stage, container.proxy.fault = STAGES[stage], faults.stalled
    gateway = Gateway(make_handler(Jar(LocalS3(proxy.server_port, s3.bucket).store()), ()))
    started = time.perf_counter()
    answer = gateway.invoke(rest_event("GET", "/models", {}, b""))
    assert time.perf_counter() - started < SECONDS
    listed = {model["name"]: model["ready"] for model in json.loads(answer["body"])["models"]}
    assert listed.items() >= dict.fromkeys(names, False).items()


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)

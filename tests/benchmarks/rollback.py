"""`python -m tests.benchmarks.rollback`: time of a rollback, and time until a warm container answers by it."""

from __future__ import annotations

import json
import time
from statistics import median
from typing import Annotated, Any

import typer
from obstore.store import ObjectStore

from functions.predict.api import make_handler
from functions.predict.lines import logger
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3, running_s3
from picklejar.serving.jar import Jar
from tests.numbered import BODY, NAME, put, version
from training.registry.aliases import promote, rollback

PREDICT = rest_event("POST", f"/models/{NAME}/predict", {"content-type": "application/json"}, BODY)
PAUSE = 0.005


class Timed:
    """A bucket that times its last write."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.seconds = self.written = 0.0

    def put(self, *words: Any, **options: Any) -> Any:
        started = time.perf_counter()
        result = self._store.put(*words, **options)
        self.written = time.perf_counter()
        self.seconds = self.written - started
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def main(
    rounds: Annotated[int, typer.Option(help="Rollbacks for each time-to-live.")] = 31,
    ttl: Annotated[list[float], typer.Option(help="ALIAS_TTL_SECONDS; repeat the option for several.")] = [0.0, 2.0],  # noqa: B006
) -> None:
    """Print medians in milliseconds, with minimum and maximum in brackets."""
    logger.setLevel("CRITICAL")
    with running_s3() as s3:
        for number in (1, 2):
            put(s3.store(), version(number))
        for seconds in ttl:
            samples = [measure(s3, seconds) for _ in range(rounds)]
            whole, write, effect = (_milliseconds([sample[part] for sample in samples]) for part in range(3))
            typer.echo(f"TTL {seconds:g} s: rollback {whole}, its write {write}, from there to the answer {effect}")


def measure(s3: LocalS3, ttl: float) -> tuple[float, float, float]:
    """Return seconds: the rollback, its write, and from the write to the first answer by the earlier version.

    The container serves the later version, has never loaded the earlier one, and has just read the alias. Requests
    follow each other after `PAUSE`.
    """
    store = Timed(s3.store())
    earlier, later = (version(number).manifest.version for number in (1, 2))
    for each in (earlier, later):
        promote(s3.store(), NAME, each)
    gateway = Gateway(make_handler(Jar(s3.store(), ttl=ttl), ()))
    assert _version(gateway) == later
    started = time.perf_counter()
    assert rollback(store, NAME).after == earlier  # type: ignore[arg-type]  # obstore's stores have no protocol
    whole = time.perf_counter() - started
    while _version(gateway) != earlier:
        time.sleep(PAUSE)
    return whole, store.seconds, time.perf_counter() - store.written


def _version(gateway: Gateway) -> Any:
    return json.loads(gateway.invoke(PREDICT)["body"])["version"]


def _milliseconds(seconds: list[float]) -> str:
    low, middle, high = (1000 * value for value in (min(seconds), median(seconds), max(seconds)))
    return f"{middle:.1f} ms ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    typer.run(main)

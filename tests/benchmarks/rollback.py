"""`python -m tests.benchmarks.rollback`: how long a rollback takes, and until a warm container answers by it."""

from __future__ import annotations

import json
import time
from statistics import median
from typing import Annotated, Any

import typer
from obstore.store import ObjectStore

from functions.predict import observation
from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3, running_s3
from picklejar.serving.jar import Jar
from tests.numbered import BODY, NAME, put, version
from training.registry.aliases import promote, rollback

PREDICT = rest_event("POST", f"/models/{NAME}/predict", {"content-type": "application/json"}, BODY)
PAUSE = 0.005


class Timed:
    """A bucket that notes how long its last write took, and when it was done."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.seconds = self.written = 0.0

    def put(self, *words: Any, **options: Any) -> Any:
        """Write as the bucket does."""
        started = time.perf_counter()
        result = self._store.put(*words, **options)
        self.written = time.perf_counter()
        self.seconds = self.written - started
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def main(
    rounds: Annotated[int, typer.Option(help="Rollbacks for each time-to-live.")] = 31,
    ttl: Annotated[list[float], typer.Option(help="ALIAS_TTL_SECONDS, once or more often.")] = [0.0, 2.0],  # noqa: B006
) -> None:
    """Print medians, with the least and the most in brackets, in milliseconds."""
    observation.logger.setLevel("CRITICAL")
    with running_s3() as s3:
        for number in (1, 2):
            put(s3.store(), version(number))
        for seconds in ttl:
            taken = [measure(s3, seconds) for _ in range(rounds)]
            whole, write, effect = (_said([one[part] for one in taken]) for part in range(3))
            typer.echo(f"TTL {seconds:g} s: rollback {whole}, its write {write}, from there to the answer {effect}")


def measure(s3: LocalS3, ttl: float) -> tuple[float, float, float]:
    """Return the seconds of a rollback, of its write, and from that to the first answer by the version before.

    The container is warm by the version that is taken back, has never loaded the one before, and looked at the alias
    a moment ago; it is asked without a pause but `PAUSE`.
    """
    store = Timed(s3.store())
    one, two = (version(number).manifest.version for number in (1, 2))
    for back_and_forth in (one, two):
        promote(s3.store(), NAME, back_and_forth)
    gateway = Gateway(make_handler(Jar(s3.store(), ttl=ttl), ()))
    assert _version(gateway) == two
    started = time.perf_counter()
    assert rollback(store, NAME).after == one  # type: ignore[arg-type]  # obstore's stores have no protocol
    whole = time.perf_counter() - started
    while _version(gateway) != one:
        time.sleep(PAUSE)
    return whole, store.seconds, time.perf_counter() - store.written


def _version(gateway: Gateway) -> Any:
    return json.loads(gateway.invoke(PREDICT)["body"])["version"]


def _said(seconds: list[float]) -> str:
    low, middle, high = (1000 * one for one in (min(seconds), median(seconds), max(seconds)))
    return f"{middle:.1f} ms ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    typer.run(main)

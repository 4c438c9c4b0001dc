"""One look at an alias at a time, and nobody waits for one that takes long."""

from __future__ import annotations

import threading
import time

from picklejar.serving.watch import Serving, Watch
from tests.numbered import version

TTL = 30.0


def test_a_look_that_outlasts_the_ttl_blocks_no_request() -> None:
    now, looks = [0.0], 0
    first = Serving(version(1).manifest, "one")
    answered, ended = threading.Event(), threading.Event()

    def look(serving: Serving | None) -> Serving:
        nonlocal looks
        looks += 1
        if serving is not None:
            answered.wait(20)
            ended.set()
        return first

    watch = Watch("champion", look, lambda _: None, lambda _: None, TTL, lambda: now[0])
    try:
        for _ in range(4):
            began = time.monotonic()
            assert watch.serving() is first
            assert time.monotonic() - began < 5
            now[0] += TTL + 1
        assert looks == 2
    finally:
        answered.set()
    assert ended.wait(10)

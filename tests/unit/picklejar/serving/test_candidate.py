from __future__ import annotations

from typing import Any

import pytest

from picklejar.errors import BundleDamaged, JarUnreachable
from picklejar.serving import candidate
from picklejar.serving.candidate import Candidate

TTL = 30.0


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each load would have been waited for; every one is waited for to its end."""
    seconds: list[float] = []
    monkeypatch.setattr(candidate, "wait", lambda done, patience: (seconds.append(patience), done[0].result()))
    return seconds


def test_a_candidate_is_loaded_once_in_a_while(waited: list[float]) -> None:
    now, loads = [0.0], []
    one = Candidate(lambda: loads.append(now[0]), TTL, lambda: now[0])
    for seconds in (0, TTL - 1, TTL):
        now[0] = seconds
        one.load()
    assert loads == [0, TTL]
    assert one.error is None


def test_the_error_that_is_kept_keeps_nothing_of_the_version(waited: list[float]) -> None:
    def load() -> None:
        try:
            raise KeyError("golden")
        except KeyError as error:
            raise BundleDamaged("Damaged.") from error

    one = Candidate(load, TTL, lambda: 0.0)
    one.load()
    assert isinstance(one.error, BundleDamaged)
    assert one.error.__cause__ is one.error.__context__ is one.error.__traceback__ is None


def test_one_that_s3_is_too_slow_for_is_waited_for_twice_as_long(waited: list[float]) -> None:
    now = [0.0]
    outcomes: list[Any] = [JarUnreachable("Slow.")] * 5 + [BundleDamaged("Damaged."), None, None]
    errors: list[Any] = []

    def load() -> None:
        if outcome := outcomes[len(errors)]:
            raise outcome

    one = Candidate(load, TTL, lambda: now[0])
    for _ in outcomes:
        one.load()
        errors.append(one.error)
        now[0] += TTL
    assert errors == outcomes
    assert waited == [0.2, 0.4, 0.8, 1.6, 1.6, 1.6, 1.6, 0.2]


def test_in_a_hurry_it_is_waited_for_no_longer_than_at_first(waited: list[float]) -> None:
    now = [0.0]

    def load() -> None:
        raise JarUnreachable("Slow.")

    one = Candidate(load, TTL, lambda: now[0])
    for hurry in (False, False, True, False):
        one.load(hurry=hurry)
        now[0] += TTL
    assert waited == [0.2, 0.4, 0.2, 1.6]

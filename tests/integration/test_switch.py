"""A warm jar and an alias that moves: when another version serves, and what never does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from obstore.store import MemoryStore

from picklejar.bucket import alias_key
from picklejar.errors import JarUnreachable, LiveNotAllowed, ModelNotFound, NotRepeated
from picklejar.manifest import MODEL_FILE
from picklejar.serving import watch
from picklejar.serving.jar import Jar
from picklejar.serving.watch import Switch
from tests.integration.asked import Asked
from tests.numbered import BODY, NAME, answer_of, made, put, stand, version
from tests.opened import predictor_of
from training.registry.aliases import promote, rollback

TTL = 30.0


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def after(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Asked:
    """A bucket whose champion is the first of three versions."""
    memory = MemoryStore()
    for number in (2, 3):
        put(memory, version(number), alias=None)
    put(memory, version(1))
    return Asked(memory)


@pytest.fixture
def told() -> list[Switch]:
    return []


@pytest.fixture
def jar(store: Asked, clock: Clock, told: list[Switch]) -> Jar:
    """A warm jar."""
    warm = Jar(store, ttl=TTL, tell=told.append, clock=clock)
    assert _ask(warm) == answer_of(1)
    store.fetched.clear()
    return warm


def _ask(jar: Jar, alias: str = "champion") -> list[float]:
    return predictor_of(jar, NAME, alias).predict(BODY).predictions


def test_a_moved_alias_is_noticed_after_the_ttl_and_not_before(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch]
) -> None:
    stand(store, version(2).manifest)
    clock.after(TTL - 1)
    assert _ask(jar) == answer_of(1)
    assert store.fetched == []
    clock.after(1)
    assert _ask(jar) == answer_of(2)
    assert store.fetched == ["champion.json", "manifest.json", "model.pkl", "golden.json"]
    (switch,) = told
    assert switch.after
    assert (switch.before.version, switch.after.version, switch.error) == (
        version(1).manifest.version,
        version(2).manifest.version,
        None,
    )


def test_an_unmoved_alias_costs_one_conditional_request_every_ttl(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch]
) -> None:
    for _ in range(3):
        clock.after(TTL)
        for _ in range(3):
            assert _ask(jar) == answer_of(1)
    assert store.fetched == ["champion.json"] * 3
    assert told == []


def test_an_alias_that_was_written_again_for_the_same_version_is_no_switch(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch]
) -> None:
    stand(store, version(1).manifest)
    clock.after(TTL)
    assert _ask(jar) == answer_of(1)
    assert store.fetched == ["champion.json"]
    assert told == []


def test_going_back_to_a_version_that_is_still_in_memory_loads_nothing(jar: Jar, store: Asked, clock: Clock) -> None:
    promote(store, NAME, version(2).manifest.version)
    clock.after(TTL)
    assert _ask(jar) == answer_of(2)
    rollback(store, NAME)
    store.fetched.clear()
    clock.after(TTL)
    assert _ask(jar) == answer_of(1)
    assert store.fetched == ["champion.json", "manifest.json"]


def test_a_version_that_does_not_repeat_its_golden_predictions_never_serves(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch]
) -> None:
    liar = made(4, golden=[4000.5])
    put(store, liar)
    for _ in range(2):
        clock.after(TTL)
        assert _ask(jar) == answer_of(1)
    assert [type(switch.error) for switch in told] == [NotRepeated] * 2
    with pytest.raises(NotRepeated, match="does not repeat its golden predictions"):
        _ask(Jar(store))
    stand(store, version(2).manifest)
    clock.after(TTL)
    assert _ask(jar) == answer_of(2)


@pytest.mark.parametrize("golden", [[], [1.0, 2.0]])
def test_a_version_whose_golden_rows_are_none_never_serves(store: Asked, golden: list[float]) -> None:
    proven = made(5, golden=golden)
    put(store, proven)
    with pytest.raises(NotRepeated, match="golden"):
        _ask(Jar(store))


def test_a_live_version_does_not_take_over_where_none_may(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch]
) -> None:
    put(store, made(4, kind="live", why_live="It is for this test."))
    clock.after(TTL)
    assert _ask(jar) == answer_of(1)
    assert isinstance(told[0].error, LiveNotAllowed)


def test_an_alias_that_is_gone_leaves_the_last_good_version(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch]
) -> None:
    store.delete(alias_key(NAME))
    clock.after(TTL)
    assert _ask(jar) == answer_of(1)
    assert isinstance(told[0].error, ModelNotFound)
    assert told[0].after is None


def test_a_request_does_not_wait_for_a_slow_reload_and_neither_do_those_after_it(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch]
) -> None:
    stand(store, version(2).manifest)
    answered = threading.Event()
    store.before = lambda key: answered.wait(1.0) and None if key.endswith(MODEL_FILE) else None
    clock.after(TTL)
    started = time.perf_counter()
    for _ in range(10):
        assert _ask(jar) == answer_of(1)
    assert time.perf_counter() - started < watch.PATIENCE + 0.3
    answered.set()
    _until(lambda: bool(told))
    assert _ask(jar) == answer_of(2)


def test_where_loads_take_longer_than_requests_last_the_next_is_waited_for_twice_as_long(
    jar: Jar, store: Asked, clock: Clock, told: list[Switch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("picklejar.serving.jar.OPENING_SECONDS", 0.3)
    waited: list[float] = []
    monkeypatch.setattr(watch, "wait", lambda done, seconds: (waited.append(seconds), done[0].result()))
    stand(store, version(2).manifest)
    store.before = lambda key: time.sleep(0.35) if key.endswith(MODEL_FILE) else None
    for _ in range(3):
        clock.after(TTL)
        assert _ask(jar) == answer_of(1)
    assert [type(switch.error) for switch in told] == [JarUnreachable] * 3
    store.before = lambda _: None
    clock.after(TTL)
    assert _ask(jar) == answer_of(2)
    clock.after(TTL)
    _ask(jar)
    assert waited == [0.2, 0.4, 0.8, 1.6, 0.2]


def test_every_alias_and_every_version_may_be_asked_for(jar: Jar, store: Asked) -> None:
    stand(store, version(3).manifest, "candidate")
    assert _ask(jar, "candidate") == answer_of(3)
    pinned = jar.version(NAME, version(2).manifest.version)
    assert jar.ready(pinned) is None
    assert jar.open(pinned).predict(BODY).predictions == answer_of(2)
    assert jar.version(NAME, pinned.version) is jar.open(pinned).manifest
    assert _ask(jar) == answer_of(1)


@pytest.mark.parametrize("alias", ["none", "", "../champion", "Champion"])
def test_an_alias_that_is_not_there_is_not_found(jar: Jar, alias: str) -> None:
    with pytest.raises(ModelNotFound, match="alias"):
        jar.manifest(NAME, alias)


@pytest.mark.parametrize(("name", "missing"), [(NAME, "0" * 12), (NAME, "../../x"), ("..", "0" * 12)])
def test_a_version_that_is_not_there_is_not_found(jar: Jar, name: str, missing: str) -> None:
    with pytest.raises(ModelNotFound, match="There is no version"):
        jar.version(name, missing)


def test_the_least_recently_used_versions_make_room(clock: Clock) -> None:
    store = Asked(MemoryStore())
    names = ["first", "second", "third"]
    for number, name in enumerate(names):
        put(store, version(number, name))
    size = version(0, "first").manifest.files[MODEL_FILE].size
    jar = Jar(store, budget=int(2.5 * size), clock=clock)

    def ask(name: str) -> None:
        assert predictor_of(jar, name).predict(BODY).predictions == answer_of(names.index(name))

    for name in ("first", "second", "first", "third"):
        ask(name)
    assert [name for name in names if jar.ready(jar.manifest(name))] == ["first", "third"]
    store.fetched.clear()
    ask("second")
    assert store.fetched == ["model.pkl", "golden.json"]


def test_a_model_larger_than_the_budget_is_kept_alone(store: Asked) -> None:
    jar = Jar(store, budget=1)
    for number in (1, 2):
        assert jar.open(jar.version(NAME, version(number).manifest.version)).predict(BODY).predictions == answer_of(
            number
        )
    assert [bool(jar.ready(version(number).manifest)) for number in (1, 2)] == [False, True]


def test_the_version_that_was_switched_off_is_the_first_to_make_room(store: Asked, clock: Clock) -> None:
    size = version(1).manifest.files[MODEL_FILE].size
    put(store, version(7, "other"))
    jar = Jar(store, ttl=TTL, budget=int(3.5 * size), clock=clock)
    other = predictor_of(jar, "other")
    assert _ask(jar) == answer_of(1)
    stand(store, version(2).manifest)
    clock.after(TTL)
    assert _ask(jar) == answer_of(2)
    jar.open(version(3).manifest)
    # The other model was used longer ago, and stays.
    assert jar.ready(version(1).manifest) is None
    assert jar.ready(other.manifest) is other


def test_models_are_listed_from_memory_while_s3_is_away(
    jar: Jar, store: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise JarUnreachable("S3 is away.")

    monkeypatch.setattr(store, "list_with_delimiter", away, raising=False)
    with pytest.raises(JarUnreachable):
        jar.names()
    monkeypatch.undo()
    assert jar.names() == [NAME]
    monkeypatch.setattr(store, "list_with_delimiter", away, raising=False)
    assert jar.names() == [NAME]


def test_a_thousand_swaps_under_load_fail_nobody_and_answer_from_a_champion_of_that_moment() -> None:
    store = MemoryStore()
    versions = [put(store, version(number), alias=None) for number in range(4)]
    moved: list[tuple[float, int]] = [(0.0, 0)]
    promote(store, NAME, versions[0])
    ttl = 0.02
    failed: list[Switch] = []
    jar = Jar(store, ttl=ttl, tell=lambda switch: failed.append(switch) if switch.error else None)
    _ask(jar)
    over = threading.Event()
    answers: list[tuple[float, float, float]] = []
    errors: list[BaseException] = []

    def reader() -> None:
        try:
            while not over.is_set():
                started = time.monotonic()
                (answer,) = _ask(jar)
                answers.append((started, time.monotonic(), answer))
                time.sleep(0.001)
        except BaseException as error:
            errors.append(error)

    readers = [threading.Thread(target=reader) for _ in range(4)]
    for one in readers:
        one.start()
    for swap in range(1, 1001):
        promote(store, NAME, versions[swap % 4])
        moved.append((time.monotonic(), swap % 4))
    settled = moved[-1][0] + ttl + watch.PATIENCE
    while time.monotonic() < settled + 0.2:
        time.sleep(0.01)
    over.set()
    for one in readers:
        one.join()
    assert errors == []
    assert failed == []
    assert len(answers) > 100
    # A reload may take a while on a busy machine; what answers is never older than that and the TTL.
    slack = 2.0
    for started, ended, answer in answers:
        number = int(answer) // 1000
        stood = [
            (since, until)
            for (since, one), until in zip(moved, [at for at, _ in moved[1:]] + [ended], strict=True)
            if one == number and since <= ended
        ]
        assert any(until >= started - ttl - slack for _, until in stood)
    assert {answer for started, _, answer in answers if started > settled} == {0.0}


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)

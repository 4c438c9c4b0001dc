"""One look at an alias at a time, and nobody waits for one that takes long."""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
import pytest
from obstore.store import MemoryStore

from picklejar.alias import Alias, Canary, Move
from picklejar.bucket import alias_key, version_key
from picklejar.errors import BundleDamaged, JarUnreachable, ModelNotFound
from picklejar.manifest import MANIFEST_FILE, Manifest
from picklejar.registry import Registry
from picklejar.serving.watch import MOST_PATIENCE, PATIENCE, Serving, Switch, Watch, look
from tests.numbered import NAME, version

TTL = 30.0


def test_a_look_that_outlasts_the_ttl_blocks_no_request() -> None:
    now, looks = [0.0], 0
    first = Serving(version(1).manifest, "one")
    answered, ended = threading.Event(), threading.Event()

    def slowly(serving: Serving | None) -> Serving:
        nonlocal looks
        looks += 1
        if serving is not None:
            answered.wait(20)
            ended.set()
        return first

    watch = Watch("champion", slowly, lambda _: None, lambda _: None, TTL, lambda: now[0])
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


ONE, TWO = version(1).manifest, version(2).manifest


class _Alias:
    """A watch of an alias of which the test says what a look finds, and what time it is."""

    def __init__(self, ttl: float = TTL) -> None:
        self.now = 100.0
        self.finds: list[Serving | Exception] = [Serving(ONE, "one")]
        self.loads: list[Exception | None] = [None]
        self.asked: list[Serving | None] = []
        self.loaded: list[Manifest] = []
        self.told: list[Switch] = []
        self.watch = Watch("champion", self._look, self._load, self.told.append, ttl, lambda: self.now)

    def _look(self, serving: Serving | None) -> Serving:
        self.asked.append(serving)
        self.now += 1
        found = self.finds[-1]
        if isinstance(found, Exception):
            raise found
        return found

    def _load(self, manifest: Manifest) -> None:
        self.loaded.append(manifest)
        self.now += 2
        if error := self.loads[-1]:
            raise error

    def serves(self) -> Serving:
        serving = self.watch.serving()
        while self.watch._looking.locked():
            time.sleep(0.001)
        # Told after the lock is given back.
        for thread in threading.enumerate():
            if thread.daemon and thread is not threading.current_thread() and "_run" in thread.name:
                thread.join()
        return serving


def test_the_first_look_is_waited_for_and_its_error_raised_each_time() -> None:
    alias = _Alias()
    alias.finds = [ModelNotFound("none")]
    for _ in range(2):
        with pytest.raises(ModelNotFound):
            alias.serves()
    alias.finds = [Serving(ONE, "one")]
    assert alias.serves() is alias.finds[0]
    assert alias.asked == [None] * 3
    assert (alias.loaded, alias.told) == ([], [])


def test_it_looks_again_when_the_time_has_come_and_not_before() -> None:
    alias = _Alias()
    first = alias.serves()  # at 100, which took a second
    for now, looks in ((101.0, 1), (129.999, 1), (130.0, 2), (131.0, 2), (159.999, 2), (160.0, 3)):
        alias.now = now
        assert alias.serves() is first
        assert len(alias.asked) == looks, now
    assert alias.asked == [None, first, first]
    assert alias.told == []


def test_with_no_time_between_looks_each_request_looks() -> None:
    alias = _Alias(ttl=0)
    for looks in range(1, 5):
        alias.serves()
        assert len(alias.asked) == looks


def test_another_version_is_loaded_and_then_serves_and_is_told() -> None:
    alias = _Alias()
    first = alias.serves()
    alias.finds = [Serving(TWO, "two")]
    alias.now = 200.0
    assert alias.serves() is alias.finds[0]
    assert alias.loaded == [TWO]
    assert alias.told == [Switch("champion", ONE, TWO, 3.0)]
    # The same version with another ETag and candidate needs no load, and is no switch.
    alias.finds = [Serving(TWO, "three")]
    alias.now = 300.0
    assert alias.serves() is alias.finds[0]
    assert (len(alias.loaded), len(alias.told), alias.asked[0], alias.asked[1]) == (1, 1, None, first)


def test_a_version_serves_whatever_its_digits_are_beside_the_former_s() -> None:
    for before, after in ((ONE, TWO), (TWO, ONE)):
        alias = _Alias()
        alias.finds, alias.now = [Serving(before, "one")], -28.0
        alias.serves()
        alias.finds, alias.now = [Serving(after, "two")], 2.0
        assert alias.serves().manifest is after
        assert (alias.loaded, alias.told) == ([after], [Switch("champion", before, after, 3.0)])


def test_a_look_that_fails_is_told_and_the_last_good_version_serves_on() -> None:
    alias = _Alias()
    first = alias.serves()
    error = JarUnreachable("later")
    alias.finds = [error]
    alias.now = 200.0
    assert alias.serves() is first
    assert alias.told == [Switch("champion", ONE, None, 1.0, error)]
    assert alias.watch._patience == PATIENCE
    alias.now = 300.0
    assert alias.serves() is first
    assert len(alias.told) == 2


def test_a_version_that_cannot_be_loaded_for_s3_is_waited_for_twice_as_long() -> None:
    alias = _Alias()
    first = alias.serves()
    alias.finds, error = [Serving(TWO, "two")], JarUnreachable("later")
    alias.loads = [error]
    for number, patience in enumerate((0.4, 0.8, 1.6, 1.6), 2):
        alias.now = 100.0 * number
        assert alias.serves() is first
        assert alias.watch._patience == pytest.approx(patience)
    assert alias.told[-1] == Switch("champion", ONE, TWO, 3.0, error)
    alias.loads = [BundleDamaged("damaged")]
    alias.now = 1_000.0
    assert alias.serves() is first
    assert alias.watch._patience == pytest.approx(1.6)
    alias.loads = [None]
    alias.now = 1_100.0
    assert alias.serves() is alias.finds[0]
    assert alias.watch._patience == PATIENCE


def test_damage_does_not_lengthen_the_wait() -> None:
    alias = _Alias()
    alias.serves()
    alias.finds, alias.loads = [Serving(TWO, "two")], [BundleDamaged("damaged")]
    alias.now = 200.0
    assert alias.serves().manifest is ONE
    assert alias.watch._patience == PATIENCE


def test_what_is_expired_is_looked_at_at_once_and_waited_for() -> None:
    alias = _Alias()
    alias.serves()
    alias.watch.expire()
    assert alias.watch._patience == MOST_PATIENCE
    alias.now = -1e9
    alias.serves()
    assert len(alias.asked) == 2
    assert alias.watch._patience == PATIENCE


def test_a_request_waits_for_its_patience_and_no_longer() -> None:
    ended = threading.Event()

    def slowly(serving: Serving | None) -> Serving:
        if serving is not None:
            ended.wait(20)
            return Serving(ONE, "two")
        return Serving(ONE, "one")

    watch = Watch("champion", slowly, lambda _: None, lambda _: None, 0.0, time.monotonic)
    first = watch.serving()
    started = time.monotonic()
    assert watch.serving() is first
    assert PATIENCE * 0.9 <= time.monotonic() - started < 5
    ended.set()


@pytest.mark.parametrize("value", [Serving(ONE, "one"), Switch("champion", ONE, TWO, 3.0)], ids=["serving", "switch"])
def test_what_one_thread_hands_another_cannot_be_changed(value: Any) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        value.manifest = TWO


@pytest.fixture
def registry() -> Registry:
    store = MemoryStore()
    for one in (ONE, TWO):
        store.put(version_key(NAME, one.version, MANIFEST_FILE), one.encode())
    store.put(alias_key(NAME), msgspec.json.encode(Alias(ONE.version)))
    return Registry(store)


def _point(registry: Registry, alias: Alias) -> None:
    registry._store.put(alias_key(NAME), msgspec.json.encode(alias))


def test_a_look_finds_what_the_alias_stands_for(registry: Registry) -> None:
    first = look(registry, NAME, "champion", None)
    assert (first.manifest, first.canary) == (ONE, None)
    assert look(registry, NAME, "champion", first) is first
    canary = Canary(TWO.version, 10)
    _point(registry, Alias(ONE.version).moved(Move(ONE.version, canary=canary)))
    second = look(registry, NAME, "champion", first)
    assert second.manifest is first.manifest
    assert (second.canary, second.e_tag == first.e_tag) == (canary, False)
    assert look(registry, NAME, "champion", None).canary == canary
    third = second
    for manifest in (TWO, ONE):
        _point(registry, Alias(manifest.version))
        third = look(registry, NAME, "champion", third)
        assert (third.manifest, third.canary) == (manifest, None)


@pytest.mark.parametrize(
    ("name", "alias", "sentence"),
    [
        ("nothing", "champion", "There is no model named 'nothing'."),
        ("nothing", "other", "There is no model named 'nothing' with the alias 'other'."),
        (NAME, "alias", f"There is no model named '{NAME}' with the alias 'alias'."),
        (NAME, "other", f"There is no model named '{NAME}' with the alias 'other'."),
        ("A/" * 60, "b/" * 60, f"There is no model named {('A/' * 32)!r} with the alias {('b/' * 32)!r}."),
        (NAME, "../x", f"There is no model named '{NAME}' with the alias '../x'."),
        ("../x", "champion", "There is no model named '../x' with the alias 'champion'."),
    ],
)
def test_what_there_is_not_is_named(registry: Registry, name: str, alias: str, sentence: str) -> None:
    for serving in (None, Serving(ONE, "one")):
        with pytest.raises(ModelNotFound) as missing:
            look(registry, name, alias, serving)
        assert str(missing.value) == sentence


def test_an_alias_of_a_version_without_a_manifest_is_damage(registry: Registry) -> None:
    _point(registry, Alias("0123456789ab"))
    with pytest.raises(BundleDamaged, match=f"{NAME} 0123456789ab serves and has no {MANIFEST_FILE}; publish it again"):
        look(registry, NAME, "champion", None)

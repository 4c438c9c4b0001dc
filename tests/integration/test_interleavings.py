"""Publishers, promoters, canaries and readers at once: every call to S3 in any order, any of them dying at any call.

The bucket has S3's semantics of single objects. Before each call its caller stands still, until a scheduler, by seeded
random numbers, lets it go on, lets it die, or lets it die as soon as the call is done and before it learns of it.
"""

from __future__ import annotations

import functools
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from greenlet import getcurrent, greenlet
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import ObjectStore

from picklejar.alias import Alias, Canary, decode_alias
from picklejar.bucket import CHAMPION, alias_key, version_key
from picklejar.errors import (
    AliasMoved,
    BundleDamaged,
    CanaryRefused,
    ModelNotFound,
    NowhereToGo,
    PicklejarError,
    VersionServes,
)
from picklejar.manifest import MANIFEST_FILE, decode_manifest
from picklejar.registry import Registry, check_file
from tests.numbered import NAME, version
from training.registry.aliases import Moved, promote, rollback
from training.registry.canary import begin
from training.registry.publish import Published, deliver
from training.registry.versions import retire

INTERLEAVINGS = 10_000
DEATHS = 0.03
EXPECTED = (AliasMoved, CanaryRefused, NowhereToGo, VersionServes, ModelNotFound)
CHAMPION_KEY = alias_key(NAME, CHAMPION)
VERSIONS = [version(number).manifest.version for number in range(5)]
# There from the beginning; the others are published. Whoever retires one must not publish it at the same time.
FIRST = 3


class Dead(BaseException):
    """The caller's process ended."""


@dataclass
class Bucket:
    """Objects by their keys, with conditional writes, in the words of obstore."""

    objects: dict[str, bytes] = field(default_factory=dict)
    scheduled: bool = False
    dying: bool = False
    aliases: list[Alias] = field(default_factory=list)

    def get(self, key: str, **_: Any) -> Any:
        with_content = self._step(lambda: self.objects.get(key))
        if with_content is None:
            raise FileNotFoundError(key)
        meta = {"e_tag": _e_tag(with_content), "size": len(with_content)}
        return SimpleNamespace(meta=meta, bytes=lambda: with_content)

    def put(self, key: str, content: bytes, mode: Any = "overwrite") -> Any:
        return self._step(lambda: self._put(key, content, mode))

    def delete(self, keys: str | list[str]) -> None:
        # S3 deletes several one after the other, and somebody may look in between.
        for key in [keys] if isinstance(keys, str) else keys:
            self._step(functools.partial(self.objects.pop, key, None))

    def list(self, prefix: str) -> Iterator[list[dict[str, str]]]:
        yield self._step(lambda: [{"path": key} for key in self.objects if key.startswith(prefix)])

    def list_with_delimiter(self, prefix: str) -> Any:
        return self._step(
            lambda: {"objects": [{"path": key} for key in self.objects if key.startswith(f"{prefix}/")]},
        )

    def _put(self, key: str, content: bytes, mode: Any) -> Any:
        there = self.objects.get(key)
        if mode == "create" and there is not None:
            raise AlreadyExistsError(key)
        if isinstance(mode, dict) and (there is None or _e_tag(there) != mode["e_tag"]):
            raise PreconditionError(key)
        self.objects[key] = content
        if key == CHAMPION_KEY:
            self.aliases.append(decode_alias(content))
        return {"e_tag": _e_tag(content)}

    def _step[T](self, call: Callable[[], T]) -> T:
        if not self.scheduled:
            return call()
        getcurrent().parent.switch()
        try:
            return call()
        finally:
            if self.dying:
                self.dying = False
                raise Dead


@functools.cache
def _e_tag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@dataclass
class Actor:
    """One who publishes, promotes, tries, rolls back, retires or reads; what came of it."""

    kind: str
    number: int
    result: Any = None
    error: BaseException | None = None

    def act(self, store: ObjectStore) -> None:
        acts: dict[str, Callable[[], Any]] = {
            "publish": lambda: deliver(version(self.number), store, lambda _: None),
            "promote": lambda: promote(store, NAME, VERSIONS[self.number]),
            "try": lambda: begin(store, NAME, Canary(VERSIONS[self.number], 10)),
            "roll back": lambda: rollback(store, NAME),
            "retire": lambda: retire(store, NAME, VERSIONS[self.number]),
            "read": lambda: _read(store),
        }
        try:
            self.result = acts[self.kind]()
        except BaseException as error:
            self.error = error


def _read(store: ObjectStore) -> str:
    """Return the version that serves, read as a container reads it: every file is that version's, to the byte."""
    registry = Registry(store)
    manifest = registry.manifest(NAME, registry.alias(NAME).alias.version)
    for file in manifest.files:
        registry.file(manifest, file)
    return manifest.version


@functools.cache
def _beginning() -> dict[str, bytes]:
    bucket = Bucket()
    for number in range(FIRST):
        deliver(version(number), bucket, lambda _: None)
    return bucket.objects


def _cast(chance: random.Random) -> list[Actor]:
    movers = [
        Actor("publish", chance.randrange(FIRST, len(VERSIONS))),
        Actor("publish", chance.randrange(FIRST, len(VERSIONS))),
        Actor("promote", chance.randrange(len(VERSIONS))),
        Actor("promote", chance.randrange(FIRST)),
        Actor("try", chance.randrange(len(VERSIONS))),
        Actor("try", chance.randrange(FIRST)),
        Actor("roll back", 0),
        Actor("retire", chance.randrange(FIRST)),
    ]
    return [*chance.sample(movers, 3), Actor("read", 0)]


def _play(seed: int) -> tuple[Bucket, list[Actor]]:
    chance = random.Random(seed)
    bucket = Bucket(dict(_beginning()), aliases=[decode_alias(_beginning()[CHAMPION_KEY])])
    cast = _cast(chance)
    bucket.scheduled = True
    standing = [greenlet(functools.partial(actor.act, bucket)) for actor in cast]
    for one in standing:
        one.switch()
    while standing := [one for one in standing if not one.dead]:
        one = chance.choice(standing)
        fate = chance.random()
        if fate < DEATHS / 2:
            one.throw(Dead)
        else:
            bucket.dying = fate < DEATHS
            one.switch()
            bucket.dying = False
    bucket.scheduled = False
    return bucket, cast


def _hold(bucket: Bucket, cast: list[Actor]) -> int:
    """Return how many moves were looked for."""
    looked_for = 0
    retired = {VERSIONS[actor.number] for actor in cast if actor.kind == "retire"}
    died = any(isinstance(actor.error, Dead) for actor in cast)
    # Nothing is lost: every alias that was written continues the one that was there.
    for before, after in pairwise(bucket.aliases):
        assert after.history[:-1] == before.history
    champions = [alias.version for alias in bucket.aliases]
    moves = set(pairwise(champions))
    for actor in cast:
        _hold_actor(actor, champions, retired)
        if isinstance(actor.result, Moved) and actor.result.before != actor.result.after:
            # Whoever was told of a move made it; of two from the same version, the chain above has room for one.
            assert (actor.result.before, actor.result.after) in moves
            looked_for += 1
    # Nothing is torn: what has a manifest has all its files.
    for key, content in bucket.objects.items():
        if key.endswith(MANIFEST_FILE):
            manifest = decode_manifest(content)
            for file in manifest.files:
                check_file(manifest, file, bucket.objects[version_key(NAME, manifest.version, file)])
    # What serves is there; only whoever dies while another retires what he promotes may leave it otherwise.
    last = bucket.aliases[-1]
    if not (died and last.version in retired):
        assert _read(bucket) == last.version
    for candidate in last.answering - {last.version}:
        assert version_key(NAME, candidate, MANIFEST_FILE) in bucket.objects or (died and candidate in retired)
    return looked_for


def _hold_actor(actor: Actor, champions: list[str], retired: set[str]) -> None:
    match actor.error:
        case None | Dead():
            pass
        case FileNotFoundError() | BundleDamaged() if actor.kind == "read":
            assert retired
        case error:
            assert isinstance(error, EXPECTED), error
    if actor.kind == "read" and actor.result:
        assert actor.result in champions
    if isinstance(actor.result, Published):
        assert actor.result.refusal or actor.result.manifest.version in champions


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, 4))])
def test_nothing_is_torn_lost_or_mixed_whoever_dies_whenever(part: int) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(part, INTERLEAVINGS, 4):
        bucket, cast = _play(seed)
        try:
            outcomes["moves"] += _hold(bucket, cast)
        except BaseException as error:
            error.add_note(f"seed {seed}: {cast}, {bucket.aliases}")
            raise
        outcomes.update(type(actor.error).__name__ for actor in cast)
    # Deaths and lost races did happen, and most went well.
    assert outcomes["Dead"] > 500
    assert outcomes["AliasMoved"] > 200
    assert outcomes["NoneType"] > 4000
    assert outcomes["moves"] > 500


def test_whoever_died_finishes_by_trying_again() -> None:
    tried_again = 0
    for seed in range(300):
        bucket, cast = _play(seed)
        for actor in cast:
            if isinstance(actor.error, Dead) and actor.kind == "publish":
                again = Actor(actor.kind, actor.number)
                again.act(bucket)
                assert again.error is None or isinstance(again.error, PicklejarError)
                assert bucket.aliases[-1].version == VERSIONS[actor.number]
                tried_again += 1
    assert tried_again > 10

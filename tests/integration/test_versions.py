"""Versions by their aliases: listed, promoted, rolled back and retired, each by what S3 itself holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from obstore.store import MemoryStore

from picklejar.bucket import alias_key, version_key
from picklejar.errors import (
    AliasMoved,
    BundleDamaged,
    InvalidDefinition,
    JarUnreachable,
    ModelNotFound,
    NoSuchFile,
    NowhereToGo,
    VersionServes,
)
from picklejar.manifest import GOLDEN_FILE, MANIFEST_FILE
from picklejar.serving.jar import Jar
from tests.numbered import BODY, NAME, answer_of, put, version
from tests.opened import predictor_of
from training.cli import app
from training.registry import aliases
from training.registry.aliases import Moved, promote, rollback
from training.registry.publish import deliver
from training.registry.versions import retire, versions

ONE, TWO, THREE = (version(number).manifest.version for number in (1, 2, 3))


class Between:
    """A store that lets something happen just before or after one of its calls, once."""

    def __init__(self, store: MemoryStore, call: str, happens: Callable[[], Any], *, after: bool = False) -> None:
        self._store, self._call, self._happens, self._after = store, call, happens, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name != self._call:
            return method

        def meanwhile(*words: Any, **options: Any) -> Any:
            happens, self._happens = self._happens, lambda: None
            if not self._after:
                happens()
            result = method(*words, **options)
            if self._after:
                happens()
            return result

        return meanwhile


@pytest.fixture
def store() -> MemoryStore:
    """A bucket with three versions, of which none serves."""
    store = MemoryStore()
    for number in (1, 2, 3):
        put(store, version(number), alias=None)
    return store


def _champion(store: MemoryStore) -> str:
    found = aliases.read(store, NAME, "champion")
    assert found
    return found.alias.version


def test_a_promoted_version_serves(store: MemoryStore) -> None:
    assert promote(store, NAME, ONE) == Moved(None, ONE)
    assert promote(store, NAME, TWO) == Moved(ONE, TWO)
    assert promote(store, NAME, TWO) == Moved(TWO, TWO)
    assert predictor_of(Jar(store), NAME).predict(BODY).predictions == answer_of(2)


def test_rollback_goes_back_move_by_move(store: MemoryStore) -> None:
    for one in (ONE, TWO, THREE):
        promote(store, NAME, one)
    assert rollback(store, NAME) == Moved(THREE, TWO)
    assert rollback(store, NAME) == Moved(TWO, ONE)
    with pytest.raises(NowhereToGo, match="stood for no other version"):
        rollback(store, NAME)
    found = aliases.read(store, NAME, "champion")
    assert found
    assert [(move.version, move.back) for move in found.alias.history] == [
        (ONE, False),
        (TWO, False),
        (THREE, False),
        (TWO, True),
        (ONE, True),
    ]


def test_rollback_passes_over_what_was_retired(store: MemoryStore) -> None:
    for one in (ONE, TWO, THREE):
        promote(store, NAME, one)
    retire(store, NAME, TWO)
    assert rollback(store, NAME) == Moved(THREE, ONE)


def test_rollback_of_an_alias_that_has_no_history_yet(store: MemoryStore) -> None:
    store.put(alias_key(NAME), f'{{"version": "{ONE}"}}'.encode())
    promote(store, NAME, TWO)
    assert rollback(store, NAME) == Moved(TWO, ONE)


def test_a_model_without_champion_is_not_rolled_back(store: MemoryStore) -> None:
    with pytest.raises(NowhereToGo, match=f"There is no champion of a model named '{NAME}'"):
        rollback(store, NAME)


@pytest.mark.parametrize(("name", "missing"), [(NAME, "0" * 12), (NAME, "../../x"), ("..", ONE), ("none", ONE)])
def test_a_version_that_is_not_there_is_neither_promoted_nor_retired(
    store: MemoryStore, name: str, missing: str
) -> None:
    for act in (promote, retire):
        with pytest.raises(ModelNotFound, match="There is no version"):
            act(store, name, missing)


def test_other_aliases_have_their_own_versions(store: MemoryStore) -> None:
    promote(store, NAME, ONE)
    promote(store, NAME, TWO, "candidate")
    assert _champion(store) == ONE
    assert [(one.manifest.version, one.aliases) for one in versions(store, NAME)] == [
        (THREE, ()),
        (TWO, ("candidate",)),
        (ONE, ("champion",)),
    ]
    with pytest.raises(InvalidDefinition, match="cannot name an alias"):
        promote(store, NAME, ONE, "../x")


def test_only_whole_versions_are_listed(store: MemoryStore) -> None:
    store.delete(version_key(NAME, TWO, "manifest.json"))
    assert [one.manifest.version for one in versions(store, NAME)] == [THREE, ONE]
    for name in ("none", "../.."):
        with pytest.raises(ModelNotFound):
            versions(store, name)


def test_a_retired_version_leaves_nothing_and_one_that_serves_stays(store: MemoryStore) -> None:
    promote(store, NAME, ONE)
    promote(store, NAME, TWO, "candidate")
    for serving, alias in ((ONE, "champion"), (TWO, "candidate")):
        with pytest.raises(VersionServes, match=f"serves as {alias}"):
            retire(store, NAME, serving)
    retire(store, NAME, THREE)
    assert not any(THREE in entry["path"] for page in store.list() for entry in page)
    assert predictor_of(Jar(store), NAME).predict(BODY).predictions == answer_of(1)


def test_a_half_retired_version_is_retired_to_its_end(store: MemoryStore) -> None:
    store.delete(version_key(NAME, ONE, "manifest.json"))
    retire(store, NAME, ONE)
    assert not any(ONE in entry["path"] for page in store.list() for entry in page)


@pytest.mark.parametrize("published_again", [True, False])
def test_a_version_that_is_promoted_while_it_is_retired_stays(store: MemoryStore, published_again: bool) -> None:
    promote(store, NAME, ONE)
    proven = version(2)

    def promoted_just_before() -> None:
        promote(store, NAME, TWO)

    def and_published() -> None:
        put(store, proven)

    happens = and_published if published_again else promoted_just_before
    with pytest.raises(VersionServes):
        retire(Between(store, "delete", happens, after=published_again), NAME, TWO)
    assert predictor_of(Jar(store), NAME).predict(BODY).predictions == answer_of(2)


@pytest.mark.parametrize("before", [ONE, None])
def test_a_version_that_is_retired_while_it_is_promoted_does_not_serve(store: MemoryStore, before: str | None) -> None:
    if before:
        promote(store, NAME, before)
    meanwhile = Between(store, "put", lambda: retire(store, NAME, TWO))
    with pytest.raises(AliasMoved, match=f"retired {NAME} {TWO} at the same time"):
        promote(meanwhile, NAME, TWO)
    if before:
        assert _champion(store) == before
        with pytest.raises(NowhereToGo):
            rollback(store, NAME)


def test_of_two_who_promote_at_once_one_is_told(store: MemoryStore) -> None:
    promote(store, NAME, ONE)
    with pytest.raises(AliasMoved, match="Somebody else moved the champion"):
        promote(Between(store, "put", lambda: promote(store, NAME, THREE)), NAME, TWO)
    assert _champion(store) == THREE


def test_a_write_that_is_repeated_because_its_answer_was_lost_is_no_contest(store: MemoryStore) -> None:
    class Repeating:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def put(self, key: str, content: bytes, **options: Any) -> Any:
            store.put(key, content, **options)
            return store.put(key, content, **options)

    for one in (ONE, TWO):
        promote(Repeating(), NAME, one)
        assert _champion(store) == one


def test_an_s3_that_is_away_is_said_to_be(no_s3: Any) -> None:
    for act in (lambda s: versions(s, NAME), lambda s: promote(s, NAME, ONE), lambda s: rollback(s, NAME)):
        with pytest.raises(JarUnreachable):
            act(no_s3.store())


def test_the_command_promotes_rolls_back_lists_and_retires(
    store: MemoryStore, run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # In this process: ten starts of the command would take longer than the whole suite.
    monkeypatch.setattr("training.registry.store.open_store", lambda *_: store)

    def said(*words: str, status: int = 0) -> str:
        return run(app, *words, "--bucket", "any", status=status)

    assert said("promote", NAME, ONE) == f"The champion of {NAME} is {ONE}; before, it was none.\n"
    assert said("promote", NAME, TWO) == f"The champion of {NAME} is {TWO}; before, it was {ONE}.\n"
    assert said("promote", NAME, TWO) == f"The champion of {NAME} is {TWO} already.\n"
    assert said("rollback", NAME) == f"The champion of {NAME} is {ONE} again; {TWO} is still there.\n"
    assert said("alias", NAME, "next", TWO) == f"The next of {NAME} is {TWO}; before, it was none.\n"
    lines = [line.split() for line in said("versions", NAME).splitlines() if " day" in line]
    assert [line[1:4:2] for line in lines[1:]] == [[TWO, "next"], [ONE, "champion"]]
    assert f"{NAME} {TWO} serves as next; promote another first, or roll back." in said("retire", NAME, TWO, status=1)
    assert said("retire", NAME, THREE) == f"{NAME} {THREE} is retired.\n"


def test_a_warm_container_has_no_file_of_a_version_that_was_retired(store: MemoryStore) -> None:
    jar = Jar(store)
    jar.open(jar.version(NAME, ONE))
    assert jar.file(NAME, ONE, GOLDEN_FILE)
    retire(store, NAME, ONE)
    with pytest.raises(NoSuchFile, match=f"no version '{ONE}'"):
        jar.file(NAME, ONE, GOLDEN_FILE)


def test_a_damaged_manifest_is_named_and_what_its_sentence_says_mends_it(store: MemoryStore) -> None:
    store.put(version_key(NAME, TWO, MANIFEST_FILE), b"{}")
    with pytest.raises(BundleDamaged, match=f"{NAME} {TWO} .*; retire the version, and publish it again"):
        versions(store, NAME)
    retire(store, NAME, TWO)
    deliver(version(2), store, lambda _: None)
    assert len(versions(store, NAME)) == 3


@pytest.mark.parametrize("content", [b"{}", b'{"version": "none"}'])
def test_a_damaged_alias_is_mended_as_its_sentence_says(store: MemoryStore, content: bytes) -> None:
    promote(store, NAME, ONE)
    store.put(alias_key(NAME), content)
    with pytest.raises(BundleDamaged, match="delete it and promote "):
        promote(store, NAME, TWO)
    store.delete(alias_key(NAME))
    assert promote(store, NAME, TWO).after == TWO

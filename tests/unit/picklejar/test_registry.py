"""The registry reads models, aliases and versions piece by piece, and refuses what is not as it was published."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from obstore.store import MemoryStore

from picklejar import registry as module
from picklejar.alias import Alias
from picklejar.bucket import alias_key, version_key
from picklejar.errors import BundleDamaged, JarUnreachable, ModelNotReady
from picklejar.manifest import GOLDEN_FILE, MANIFEST_FILE, MODEL_FILE, File
from picklejar.registry import Registry
from tests.numbered import NAME, version

PAGE = b"<!DOCTYPE html><html><body>Welcome to our network</body></html>"
ONE, TWO = version(1).manifest, version(2).manifest


class _Allowance:
    """Lets every request pass, and counts what is asked of it."""

    def __init__(self) -> None:
        self.waited, self.extended = 0, 0.0

    def wait_for(self, request: Callable[[], Any]) -> Any:
        self.waited += 1
        return request()

    def spend(self, wait: Callable[[float], Any]) -> Any:
        self.waited += 1
        return wait(10.0)

    def extend(self, seconds: float) -> None:
        self.extended += seconds


@pytest.fixture
def store() -> MemoryStore:
    """A bucket with two versions of a model, and one alias."""
    store = MemoryStore()
    for number in (1, 2):
        one = version(number)
        for file, content in one.files.items():
            store.put(version_key(NAME, one.manifest.version, file), content)
        store.put(version_key(NAME, one.manifest.version, MANIFEST_FILE), one.manifest.encode())
    store.put(alias_key(NAME), msgspec.json.encode(Alias(ONE.version)))
    return store


def test_names_versions_and_aliases_are_listed_in_order(store: MemoryStore) -> None:
    for alias in ("zeta", "alpha"):
        store.put(alias_key(NAME, alias), msgspec.json.encode(Alias(TWO.version)))
    store.put("models/another/aliases/champion.json", b"{}")
    registry = Registry(store)
    assert registry.names() == sorted(["another", NAME])
    assert registry.versions(NAME) == sorted([ONE.version, TWO.version])
    assert {alias: one.version for alias, one in registry.aliases(NAME).items()} == {
        "alpha": TWO.version, "champion": ONE.version, "zeta": TWO.version,
    }  # fmt: skip
    assert [*registry.aliases(NAME)] == ["alpha", "champion", "zeta"]
    assert (registry.versions("nothing"), registry.aliases("nothing")) == ([], {})


def test_a_page_that_comes_for_an_empty_list_is_no_empty_list() -> None:
    store = MemoryStore()
    assert Registry(store).names() == []
    store.put("models/.nothing", PAGE)
    with pytest.raises(JarUnreachable):
        Registry(store).names()
    store.put("models/a/versions/.nothing", PAGE)
    with pytest.raises(JarUnreachable):
        Registry(store).versions("a")


class _SignIn:
    """A network before one has signed in: a list reads as empty, and any key has a page."""

    def list(self, _: str) -> Any:
        return []

    def list_with_delimiter(self, _: str) -> Any:
        return {"objects": [], "common_prefixes": []}

    def get(self, key: str) -> Any:
        store = MemoryStore()
        store.put(key, PAGE)
        return store.get(key)


@pytest.mark.parametrize(
    "ask",
    [
        Registry.names,
        lambda registry: registry.versions(NAME),
        lambda registry: registry.aliases(NAME),
        lambda registry: registry.version_keys(NAME, ONE.version),
    ],
    ids=["models", "versions", "aliases", "files"],
)
def test_no_list_is_empty_where_a_page_comes_for_any_key(ask: Callable[[Registry], Any]) -> None:
    network: Any = _SignIn()
    with pytest.raises(JarUnreachable):
        ask(Registry(network))


def test_the_files_of_a_version_are_listed_also_of_one_that_is_half_deleted(store: MemoryStore) -> None:
    registry = Registry(store)
    keys = [version_key(NAME, ONE.version, file) for file in sorted(version(1).files)]
    assert sorted(registry.version_keys(NAME, ONE.version)) == sorted(keys)
    store.delete(keys[-1])
    assert sorted(registry.version_keys(NAME, ONE.version)) == sorted(keys[:-1])
    assert registry.version_keys(NAME, "0123456789ab") == []


def test_an_alias_is_read_again_only_where_it_changed(store: MemoryStore) -> None:
    registry = Registry(store)
    read = registry.alias(NAME)
    assert (read.alias.version, read.e_tag) == (ONE.version, store.head(alias_key(NAME))["e_tag"])
    assert registry.changed_alias(NAME, "champion", read.e_tag) is None
    assert registry.changed_alias(NAME, "champion", None) == read
    store.put(alias_key(NAME), msgspec.json.encode(Alias(TWO.version)))
    changed = registry.changed_alias(NAME, "champion", read.e_tag)
    assert changed is not None
    assert (changed.alias.version, changed.e_tag) == (TWO.version, store.head(alias_key(NAME))["e_tag"])
    with pytest.raises(FileNotFoundError):
        registry.changed_alias(NAME, "another", read.e_tag)


def test_an_alias_that_was_read_stays_with_its_etag(store: MemoryStore) -> None:
    read: Any = Registry(store).alias(NAME)
    with pytest.raises(AttributeError, match="immutable"):
        read.e_tag = "another"


def test_a_manifest_is_that_of_its_place(store: MemoryStore) -> None:
    assert Registry(store).manifest(NAME, ONE.version) == ONE
    for one, other in ((ONE, TWO), (TWO, ONE)):
        store.put(version_key(NAME, other.version, MANIFEST_FILE), one.encode())
        with pytest.raises(BundleDamaged, match=f"The manifest of {NAME} {other.version} belongs to another version"):
            Registry(store).manifest(NAME, other.version)
    place = version_key(NAME, TWO.version, MANIFEST_FILE)
    store.put(place.replace(NAME, "another"), TWO.encode())
    with pytest.raises(BundleDamaged, match="belongs to another version"):
        Registry(store).manifest("another", TWO.version)
    store.put(place, b"{}")
    with pytest.raises(BundleDamaged, match=f"The manifest of {NAME} {TWO.version} is not what was published"):
        Registry(store).manifest(NAME, TWO.version)


@pytest.mark.parametrize(("more", "is_read"), [(0, True), (1, False)])
def test_a_piece_is_as_large_as_it_may_be(store: MemoryStore, more: int, is_read: bool) -> None:
    encoded = ONE.encode()
    padded = encoded.rstrip(b"\n") + b" " * (4_194_304 + more - len(encoded) + 1)
    store.put(version_key(NAME, ONE.version, MANIFEST_FILE), padded)
    if is_read:
        assert Registry(store).manifest(NAME, ONE.version) == ONE
    else:
        with pytest.raises(BundleDamaged, match="is not the file that was published; it is larger"):
            Registry(store).manifest(NAME, ONE.version)


@pytest.mark.parametrize("part", [1, 7, 10_000, -1])
def test_a_file_is_read_in_parts_to_the_byte(store: MemoryStore, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = version(1).files[MODEL_FILE]
    size = part if part > 0 else len(content)
    monkeypatch.setattr(module, "PART_BYTES", size)
    allowance: Any = _Allowance()
    assert Registry(store, allowance).file(ONE, MODEL_FILE) == content
    parts = -(-len(content) // size)
    whole = size >= len(content)
    assert (allowance.waited, allowance.extended) == (parts, 0 if whole else 2.0 * parts)
    assert Registry(store).file(ONE, MODEL_FILE) == content


@pytest.mark.parametrize(("size", "parts"), [(16_777_215, 1), (16_777_216, 1), (16_777_217, 2)])
def test_a_file_of_more_than_sixteen_megabytes_is_read_in_parts(store: MemoryStore, size: int, parts: int) -> None:
    content = bytes(size)
    manifest = msgspec.structs.replace(ONE, files=ONE.files | {MODEL_FILE: File.of(content)})
    store.put(version_key(NAME, ONE.version, MODEL_FILE), content)
    allowance: Any = _Allowance()
    assert Registry(store, allowance).file(manifest, MODEL_FILE) == content
    assert allowance.waited == parts


@pytest.mark.parametrize("part", [7, 10_000])
def test_a_file_that_is_another_is_damage(store: MemoryStore, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART_BYTES", part)
    key, content = version_key(NAME, ONE.version, MODEL_FILE), version(1).files[MODEL_FILE]
    for other in (content[:-1] + b"!", content + b"!", content[:-1]):
        store.put(key, other)
        with pytest.raises(BundleDamaged, match="that was published"):
            Registry(store).file(ONE, MODEL_FILE)
    store.delete(key)
    with pytest.raises(BundleDamaged, match=f"{NAME} {ONE.version} has no {MODEL_FILE}; publish it again"):
        Registry(store).file(ONE, MODEL_FILE)


class _Noted:
    """A store that notes what is asked of it and how many bytes are read of that."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.asked: list[str] = []
        self.read = 0

    def get(self, key: str) -> Any:
        self.asked.append(key.rpartition("/")[2])
        match = self._store.get(key)

        def read() -> Any:
            self.read += match.meta["size"]
            return match.bytes()

        return SimpleNamespace(meta=match.meta, bytes=read)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.fixture
def noted(store: MemoryStore) -> Any:
    return _Noted(store)


@pytest.mark.parametrize("allowance", [None, _Allowance()], ids=["without end", "within an allowance"])
def test_files_that_were_asked_for_ahead_are_not_asked_for_again(noted: Any, allowance: Any) -> None:
    registry = Registry(noted, allowance)
    ahead = registry.ask_ahead(NAME, ONE.version, 1_000_000)
    for file in (MODEL_FILE, GOLDEN_FILE):
        assert registry.file(ONE, file, ahead) == version(1).files[file]
    assert sorted(noted.asked) == [GOLDEN_FILE, MODEL_FILE]
    # What was taken is held by nobody else, and comes anew to whoever asks again.
    assert ahead == {}
    assert registry.file(ONE, MODEL_FILE, ahead) == version(1).files[MODEL_FILE]
    assert noted.asked[2:] == [MODEL_FILE]


@pytest.mark.parametrize(
    ("most", "parts", "pieces", "read"),
    [(10**6, 10**6, 10**6, {MODEL_FILE, GOLDEN_FILE}), (9, 10**6, 10**6, set()), (10**6, 9, 9, set()),
     (10**6, 10**6, 9, {MODEL_FILE}), (10**6, 9, 10**6, {GOLDEN_FILE})],
    ids=["as usual", "than a container keeps", "than usual", "golden rows than usual", "a model than a part"],
)  # fmt: skip
def test_of_what_is_larger_not_a_byte_comes_ahead_and_all_with_the_manifest(
    noted: Any, most: int, parts: int, pieces: int, read: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PART_BYTES", parts)
    monkeypatch.setattr(module, "MOST_BYTES", pieces)
    registry, files = Registry(noted), version(1).files
    ahead = registry.ask_ahead(NAME, ONE.version, most)
    came = {key.rpartition("/")[2]: future.result(10) is not None for key, future in ahead.items()}
    assert came == {file: file in read for file in (MODEL_FILE, GOLDEN_FILE)}
    assert noted.read == sum(len(files[file]) for file in read)
    for file in (MODEL_FILE, GOLDEN_FILE):
        assert registry.file(ONE, file, ahead) == files[file]


@pytest.mark.parametrize("file", [MODEL_FILE, GOLDEN_FILE])
@pytest.mark.parametrize(
    "content",
    [None, b"", PAGE, b"a", b"a" * 20_000, "flipped"],
    ids=["missing", "empty", "a page", "smaller", "larger", "a byte flipped"],
)
def test_what_is_wrong_with_a_file_is_said_alike_where_it_was_asked_for_ahead(
    store: MemoryStore, file: str, content: bytes | str | None
) -> None:
    key, published = version_key(NAME, ONE.version, file), version(1).files[file]
    if content is None:
        store.delete(key)
    else:
        store.put(key, content if isinstance(content, bytes) else bytes([published[0] ^ 1]) + published[1:])
    registry = Registry(store)
    with pytest.raises(ModelNotReady) as plain:
        registry.file(ONE, file)
    with pytest.raises(type(plain.value)) as ahead:
        registry.file(ONE, file, registry.ask_ahead(NAME, ONE.version, 1_000_000))
    assert str(ahead.value) == str(plain.value)


def test_another_versions_files_that_came_ahead_are_left_alone(noted: Any) -> None:
    registry = Registry(noted)
    ahead = registry.ask_ahead(NAME, TWO.version, 1_000_000)
    assert registry.file(ONE, MODEL_FILE, ahead) == version(1).files[MODEL_FILE]
    assert len(ahead) == 2


def test_a_file_that_was_asked_for_ahead_and_stalls_is_waited_for_as_long_as_another(store: MemoryStore) -> None:
    stalled = Event()

    class Stalled:
        def get(self, key: str) -> Any:
            stalled.wait(10)
            return store.get(key)

    anywhere: Any = Stalled()
    ahead = Registry(anywhere).ask_ahead(NAME, ONE.version, 1_000_000)
    with pytest.raises(JarUnreachable, match="takes too long to answer"):
        Registry(store).within(0.01).file(ONE, MODEL_FILE, ahead)
    stalled.set()


def test_a_page_in_place_of_a_file_is_no_file(store: MemoryStore) -> None:
    store.put(alias_key(NAME), PAGE)
    with pytest.raises(JarUnreachable):
        Registry(store).alias(NAME)


def test_a_registry_within_so_many_seconds_asks_the_same_store(store: MemoryStore) -> None:
    within = Registry(store).within(5)
    assert within._allowance is not None
    assert within.names() == [NAME]

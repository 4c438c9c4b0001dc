"""The jar on real S3 protocol: lazily, once, and only what was published."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from obstore.store import S3Store

from local.s3 import LocalS3
from picklejar.bucket import alias_key, version_key
from picklejar.errors import (
    BundleDamaged,
    JarUnreachable,
    LiveNotAllowed,
    ModelNotFound,
    ModelNotReady,
    NoSuchFile,
    PackagesDiffer,
)
from picklejar.manifest import MANIFEST_FILE, Manifest, decode_manifest
from picklejar.serving.jar import Jar
from tests.opened import predictor_of
from training.registry.publish import publish

BODY = b'{"instances": [{"sales_in_second_month": 500}]}'


class Counting:
    """A store that notes what is fetched from it."""

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self.fetched: list[str] = []

    def get(self, key: str) -> Any:
        self.fetched.append(key.rpartition("/")[2])
        return self._store.get(key)


@pytest.fixture
def version(own_s3: LocalS3, bundles: Path) -> str:
    return publish(bundles / "sales", own_s3.store(), lambda _: None, "It is for this test.").manifest.version


def _put(s3: LocalS3, key: str, content: bytes) -> None:
    s3.store().put(key, content)


def test_nothing_is_fetched_before_it_is_asked_for_and_nothing_twice(s3: LocalS3) -> None:
    store = Counting(s3.store())
    jar = Jar(store)
    assert store.fetched == []
    manifest = jar.manifest("sales")
    assert store.fetched == ["champion.json", "manifest.json"]
    assert jar.ready(manifest) is None
    first = predictor_of(jar, "sales")
    assert jar.ready(manifest)
    assert predictor_of(jar, "sales") is first
    assert store.fetched == ["champion.json", "manifest.json", "model.pkl", "golden.json"]


def test_a_model_once_loaded_answers_without_s3(own_s3: LocalS3, version: str) -> None:
    jar = Jar(own_s3.store())
    before = predictor_of(jar, "sales").predict(BODY)
    own_s3.store().delete(version_key("sales", version, "model.pkl"))
    assert predictor_of(jar, "sales").predict(BODY) == before


def test_models_are_named_in_order(s3: LocalS3, own_s3: LocalS3) -> None:
    assert Jar(s3.store()).names() == ["housing", "sales"]
    assert Jar(own_s3.store()).names() == []


@pytest.mark.parametrize("name", ["none", "", "..", "sales/versions", "Sales", "a" * 1_000])
def test_a_model_that_is_not_there_is_not_found(s3: LocalS3, name: str) -> None:
    with pytest.raises(ModelNotFound):
        Jar(s3.store()).manifest(name)


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b'{"version": "../../x"}', b'{"version": 1}', b"\xff"])
def test_an_alias_that_names_no_version_is_damaged(own_s3: LocalS3, version: str, content: bytes) -> None:
    _put(own_s3, alias_key("sales"), content)
    with pytest.raises(BundleDamaged, match="alias"):
        Jar(own_s3.store()).manifest("sales")


def test_an_alias_of_a_version_that_is_not_there_is_damaged(own_s3: LocalS3, version: str) -> None:
    _put(own_s3, alias_key("sales"), b'{"version": "000000000000"}')
    with pytest.raises(BundleDamaged, match=r"has no manifest\.json"):
        Jar(own_s3.store()).manifest("sales")


def test_a_manifest_of_another_version_is_damaged(own_s3: LocalS3, version: str) -> None:
    manifest = bytes(own_s3.store().get(version_key("sales", version, "manifest.json")).bytes())
    _put(own_s3, version_key("sales", "0" * 12, "manifest.json"), manifest)
    _put(own_s3, alias_key("sales"), json.dumps({"version": "0" * 12}).encode())
    with pytest.raises(BundleDamaged, match="belongs to another version"):
        Jar(own_s3.store()).manifest("sales")


@pytest.mark.parametrize("change", [lambda _: b"", lambda content: content[:-1], lambda content: content + b"."])
def test_a_model_file_that_is_not_the_published_one_is_not_unpickled(
    own_s3: LocalS3, version: str, change: Any
) -> None:
    key = version_key("sales", version, "model.pkl")
    _put(own_s3, key, change(bytes(own_s3.store().get(key).bytes())))
    with pytest.raises(BundleDamaged, match="is not the file that was published"):
        predictor_of(Jar(own_s3.store()), "sales")


def test_a_large_model_is_fetched_in_parts(own_s3: LocalS3, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = version_key("sales", version, "model.pkl")
    artifact = bytes(own_s3.store().get(key).bytes())
    monkeypatch.setattr("picklejar.registry.PART_BYTES", 100)
    assert len(artifact) > 1_000
    assert predictor_of(Jar(own_s3.store()), "sales").predict(BODY).version == version
    _put(own_s3, key, artifact[:-1])
    with pytest.raises(BundleDamaged):
        predictor_of(Jar(own_s3.store()), "sales")


def test_a_model_without_its_file_is_damaged(own_s3: LocalS3, version: str) -> None:
    own_s3.store().delete(version_key("sales", version, "model.pkl"))
    with pytest.raises(BundleDamaged, match=r"has no model\.pkl"):
        predictor_of(Jar(own_s3.store()), "sales")


def _publish_changed(s3: LocalS3, version: str, **changes: Any) -> Manifest:
    """Make a champion of sales whose manifest says something else than the published one's."""
    store = s3.store()
    manifest = decode_manifest(bytes(store.get(version_key("sales", version, "manifest.json")).bytes()))
    changed = msgspec.structs.replace(manifest, **changes).sealed()
    _put(s3, version_key("sales", changed.version, "manifest.json"), changed.encode())
    for file in ("model.pkl", "golden.json"):
        _put(
            s3,
            version_key("sales", changed.version, file),
            bytes(store.get(version_key("sales", version, file)).bytes()),
        )
    _put(s3, alias_key("sales"), json.dumps({"version": changed.version}).encode())
    return changed


OTHER = {"python": "3.13.0", "scikit-learn": "1.5.0", "numpy": "2.0.0", "scipy": "1.0.0"}


def test_an_inert_model_needs_no_version_of_scikit_learn(own_s3: LocalS3, version: str) -> None:
    changed = _publish_changed(own_s3, version, packages=OTHER)
    assert predictor_of(Jar(own_s3.store()), "sales").predict(BODY).version == changed.version


def test_a_live_model_of_another_scikit_learn_is_refused(own_s3: LocalS3, version: str) -> None:
    _publish_changed(own_s3, version, packages=OTHER, kind="live", why_live="It is not read as data.")
    with pytest.raises(PackagesDiffer, match=r"scikit-learn 1\.5\.0"):
        predictor_of(Jar(own_s3.store(), live_allowed=True), "sales")


def test_a_live_model_serves_only_where_that_is_allowed(own_s3: LocalS3, live_bundle: Path) -> None:
    manifest = publish(live_bundle, own_s3.store(), lambda _: None, "It is for this test.").manifest
    assert predictor_of(Jar(own_s3.store(), live_allowed=True), "sales").predict(BODY).version == manifest.version
    store = Counting(own_s3.store())
    jar = Jar(store)
    for ask in (jar.manifest, partial(predictor_of, jar)):
        with pytest.raises(LiveNotAllowed) as refused:
            ask("sales")
        assert f"this deployment does not do: {manifest.why_live} Deploy with LiveModels=true" in str(refused.value)
    assert "model.pkl" not in store.fetched
    assert jar.file("sales", manifest.version, "golden.json")


def test_a_damaged_model_is_loaded_once_it_is_mended(own_s3: LocalS3, version: str) -> None:
    key = version_key("sales", version, "model.pkl")
    artifact = bytes(own_s3.store().get(key).bytes())
    _put(own_s3, key, b"")
    jar = Jar(own_s3.store())
    with pytest.raises(ModelNotReady):
        predictor_of(jar, "sales")
    _put(own_s3, key, artifact)
    assert predictor_of(jar, "sales").predict(BODY).version == version


def test_an_s3_that_is_away_is_unreachable(no_s3: LocalS3) -> None:
    for ask in (Jar.names, lambda jar: jar.manifest("sales")):
        with pytest.raises(JarUnreachable, match="cannot be reached"):
            ask(Jar(no_s3.store()))


def test_a_bucket_that_is_not_there_is_unreachable(own_s3: LocalS3) -> None:
    misnamed = LocalS3(own_s3.port, "no-such-bucket")
    for ask in (Jar.names, lambda jar: jar.manifest("sales")):
        with pytest.raises(JarUnreachable, match="does not exist"):
            ask(Jar(misnamed.store()))


def test_golden_rows_of_texts_stay_in_the_jar_where_that_was_asked(
    own_s3: LocalS3, bundles: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "sales"
    shutil.copytree(bundles / "sales", folder)
    manifest = decode_manifest((folder / MANIFEST_FILE).read_bytes())
    manifest = msgspec.structs.replace(manifest, withholds_texts=True).sealed()
    (folder / MANIFEST_FILE).write_bytes(manifest.encode())
    version = publish(folder, own_s3.store(), lambda _: None, "It is for this test.").manifest.version
    jar = Jar(own_s3.store())
    assert predictor_of(jar, "sales").manifest.version == version
    assert jar.file("sales", version, "card.md")
    with pytest.raises(NoSuchFile, match=f"sales {version} was published to hand out no rows of texts"):
        jar.file("sales", version, "golden.json")

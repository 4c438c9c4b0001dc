from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from picklejar.errors import BundleDamaged, InvalidDefinition
from picklejar.manifest import VERSION, Manifest, check_name, decode_manifest


@pytest.fixture
def manifest(bundles: Path) -> Manifest:
    return decode_manifest((bundles / "sales" / "manifest.json").read_bytes())


def test_a_manifest_survives_its_file(manifest: Manifest) -> None:
    assert decode_manifest(manifest.encode()) == manifest


def test_a_version_is_twelve_digits_of_the_content(manifest: Manifest) -> None:
    assert VERSION.fullmatch(manifest.version)
    assert manifest.sealed().version == manifest.version
    assert msgspec.structs.replace(manifest, title="Other").sealed().version != manifest.version


def test_the_time_of_training_is_no_part_of_the_version(manifest: Manifest) -> None:
    assert msgspec.structs.replace(manifest, trained_at="later").sealed().version == manifest.version


def test_a_changed_manifest_is_damaged(manifest: Manifest) -> None:
    content = json.loads(manifest.encode()) | {"verdict": "The best model there is."}
    with pytest.raises(BundleDamaged, match="was changed after it was published"):
        decode_manifest(json.dumps(content).encode())


@pytest.mark.parametrize("file", ["model.pkl", "golden.json"])
def test_a_manifest_without_model_or_golden_predictions_is_damaged(manifest: Manifest, file: str) -> None:
    files = {name: entry for name, entry in manifest.files.items() if name != file}
    with pytest.raises(BundleDamaged, match="lacks"):
        decode_manifest(msgspec.structs.replace(manifest, files=files).sealed().encode())


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000, b'{"format": 1}'])
def test_what_is_no_manifest_is_damaged(content: bytes) -> None:
    with pytest.raises(BundleDamaged, match="cannot be read"):
        decode_manifest(content)


def test_a_manifest_with_an_impossible_name_is_damaged(manifest: Manifest) -> None:
    content = json.loads(manifest.encode()) | {"name": "../secret"}
    with pytest.raises(BundleDamaged, match="cannot be read"):
        decode_manifest(json.dumps(content).encode())


@pytest.mark.parametrize("kind", [("live", None), ("inert", "It is not read as data.")])
def test_a_live_model_says_why_and_no_other(manifest: Manifest, kind: tuple[str, str | None]) -> None:
    content = json.loads(manifest.encode()) | {"kind": kind[0], "why_live": kind[1]}
    with pytest.raises(BundleDamaged, match="cannot be read"):
        decode_manifest(json.dumps(content).encode())


@pytest.mark.parametrize("name", ["a", "sales", "my-model_2", "a" * 63])
def test_a_name_can_stand_in_an_address(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "2a", "Sales", "a b", "a/b", "..", "a" * 64, "ä", "a\n"])
def test_what_cannot_stand_in_an_address_is_no_name(name: str) -> None:
    with pytest.raises(InvalidDefinition, match="cannot name a model"):
        check_name(name)


def test_the_public_part_is_strict_json_with_the_requests_schema(manifest: Manifest) -> None:
    public = json.loads(msgspec.json.encode(manifest.public()))
    assert "format" not in public
    assert (public["kind"], public["why_live"]) == ("inert", None)
    assert public["request_schema"]["properties"]["instances"]["maxItems"] == 10_000

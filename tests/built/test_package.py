"""What is shipped: how large, for which processor, how pinned, and with bytecode that counts."""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# What Lambda takes, and what we do.
LAMBDAS_MOST_BYTES_UNZIPPED = 262_144_000
MOST_BYTES_UNZIPPED, MOST_BYTES_ZIPPED = 100_000_000, 30_000_000
LAYERS = {"PicklejarLayer", "RuntimeLayer"}
# What has nothing but a template.
NESTED = {"PageStack", "WatchStack"}
# The processor's number in an ELF file's header.
MACHINES = {"x86_64": 62, "arm64": 183}
# In a .pyc's second word: checked by the source's hash, which nobody compares.
UNCHECKED_HASH = 0b01


@pytest.mark.parametrize("architecture", ["x86_64", pytest.param("arm64", marks=pytest.mark.slow)])
def test_the_default_has_two_layers_and_no_scikit_learn(build: Callable[..., Path], architecture: str) -> None:
    assert {path.name for path in build(architecture).iterdir() if path.is_dir()} == {
        *LAYERS,
        "PredictFunction",
        "BatchFunction",
        *NESTED,
    }
    names = {path.name.partition("-")[0] for path in build(architecture).glob("*/python/*")}
    assert {"picklejar", "numpy"} <= names
    assert not {"sklearn", "scikit_learn", "scipy", "joblib", "pandas"} & names


def test_sam_writes_out_what_the_template_says_once(build: Callable[..., Path]) -> None:
    """CloudFormation refuses YAML's aliases."""
    assert _aliases(ROOT / "template.yaml") > 0
    built = list(build("x86_64").glob("**/template.yaml"))
    assert {file.parent.name for file in built} > NESTED
    assert sum(map(_aliases, built)) == 0


def _aliases(template: Path) -> int:
    return sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(template.read_text()))


def test_function_and_layers_are_small(
    unpacked, record_testsuite_property: Callable[[str, object], None], tmp_path: Path
) -> None:
    unzipped, zipped = _size(unpacked), _zipped_size(unpacked, tmp_path)
    record_testsuite_property(f"bytes_unzipped_{unpacked.architecture}", unzipped)
    record_testsuite_property(f"bytes_zipped_{unpacked.architecture}", zipped)
    assert unzipped <= MOST_BYTES_UNZIPPED
    assert zipped <= MOST_BYTES_ZIPPED


def test_with_scikit_learn_they_fit_into_lambda(
    unpacked_live, record_testsuite_property: Callable[[str, object], None]
) -> None:
    size = _size(unpacked_live)
    record_testsuite_property(f"bytes_unzipped_{unpacked_live.architecture}_live", size)
    assert (unpacked_live.opt / "python" / "sklearn").is_dir()
    assert size < LAMBDAS_MOST_BYTES_UNZIPPED


def test_no_layer_brings_tests_or_stubs(unpacked_live) -> None:
    assert [path for path in unpacked_live.files if "tests" in path.parts or path.suffix == ".pyi"] == []


def test_every_library_is_for_the_asked_processor(unpacked_live) -> None:
    libraries = [path for path in unpacked_live.files if re.search(r"\.so(\.|$)", path.name)]
    assert {_machine(path) for path in libraries} == {MACHINES[unpacked_live.architecture]}


def test_every_module_has_bytecode_that_lambda_accepts_unseen(unpacked_live) -> None:
    # SAM's dates make bytecode that is checked by time useless.
    for source in (path for path in unpacked_live.files if path.suffix == ".py"):
        header = Path(cache_from_source(str(source))).read_bytes()[:8]
        assert header == MAGIC_NUMBER + struct.pack("<I", UNCHECKED_HASH), source


def test_no_bytecode_is_left_without_its_module(unpacked_live) -> None:
    expected = {Path(cache_from_source(str(path))) for path in unpacked_live.files if path.suffix == ".py"}
    assert {path for path in unpacked_live.files if path.suffix == ".pyc"} == expected


def test_no_two_layers_bring_the_same(build: Callable[..., Path]) -> None:
    places = build("x86_64", live=True).glob("*Layer/python/*")
    names = [path.name for path in places if path.name != "__pycache__"]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("layer", "folder"), [("RuntimeLayer", "runtime"), ("SklearnLayer", "sklearn")])
def test_a_layer_holds_exactly_what_is_pinned_for_it(build: Callable[..., Path], layer: str, folder: str) -> None:
    # A pickle is only read by the versions that wrote it, so training must have the same.
    training = _pinned(ROOT / "requirements" / "development.txt")
    pinned = _pinned(ROOT / "layers" / folder / "requirements.txt")
    held = [path.stem for path in (build("x86_64", live=True) / layer / "python").glob("*.dist-info")]
    assert dict(_normal(name.split("-", 1)) for name in held) == pinned
    assert pinned.items() <= training.items()


@pytest.mark.slow
def test_the_same_sources_give_the_same_bytes(
    build: Callable[..., Path], sam_build: Callable[..., None], tmp_path: Path
) -> None:
    sam_build(tmp_path, Architecture="x86_64", LiveModels="true")
    for folder in build("x86_64", live=True).iterdir():
        if folder.is_dir():
            assert _contents(folder) == _contents(tmp_path / folder.name)


def _size(unpacked) -> int:
    return sum(path.stat().st_size for path in unpacked.files)


def _zipped_size(unpacked, tmp_path: Path) -> int:
    """Return the size of what was unpacked as SAM uploads it."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in unpacked.files:
            archive.write(path)
    return (tmp_path / "all.zip").stat().st_size


def _contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _machine(library: Path) -> int:
    with library.open("rb") as file:
        header = file.read(20)
    assert header[:4] == b"\x7fELF", library
    number: int = struct.unpack_from("<H", header, 18)[0]
    return number


def _pinned(requirements: Path) -> dict[str, str]:
    return dict(
        _normal(found) for found in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", requirements.read_text(), re.M)
    )


def _normal(name_and_version: list[str] | tuple[str, str]) -> tuple[str, str]:
    name, version = name_and_version
    return name.replace("_", "-").lower(), version

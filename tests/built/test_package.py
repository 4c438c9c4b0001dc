"""What is shipped: how large, for which processor, how pinned, and with bytecode that counts."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_BYTES_UNZIPPED = 262_144_000
LAYERS = ["PicklejarLayer", "RuntimeLayer", "SklearnLayer"]
# The processor's number in an ELF file's header.
MACHINES = {"x86_64": 62, "arm64": 183}
# In a .pyc's second word: checked by the source's hash, which nobody compares.
UNCHECKED_HASH = 0b01


def test_function_and_layers_fit_into_lambda(unpacked) -> None:
    assert sum(path.stat().st_size for path in unpacked.files) < MOST_BYTES_UNZIPPED


def test_no_layer_brings_tests_or_stubs(unpacked) -> None:
    assert [path for path in unpacked.files if "tests" in path.parts or path.suffix == ".pyi"] == []


def test_every_library_is_for_the_asked_processor(unpacked) -> None:
    libraries = [path for path in unpacked.files if re.search(r"\.so(\.|$)", path.name)]
    assert {_machine(path) for path in libraries} == {MACHINES[unpacked.architecture]}


def test_every_module_has_bytecode_that_lambda_accepts_unseen(unpacked) -> None:
    # SAM's dates make bytecode that is checked by time useless.
    for source in (path for path in unpacked.files if path.suffix == ".py"):
        header = Path(cache_from_source(str(source))).read_bytes()[:8]
        assert header == MAGIC_NUMBER + struct.pack("<I", UNCHECKED_HASH), source


def test_no_bytecode_is_left_without_its_module(unpacked) -> None:
    expected = {Path(cache_from_source(str(path))) for path in unpacked.files if path.suffix == ".py"}
    assert {path for path in unpacked.files if path.suffix == ".pyc"} == expected


def test_no_two_layers_bring_the_same(build: Callable[[str], Path]) -> None:
    names = [
        path.name
        for layer in LAYERS
        for path in (build("x86_64") / layer / "python").iterdir()
        if path.name != "__pycache__"
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("layer", "folder"), [("RuntimeLayer", "runtime"), ("SklearnLayer", "sklearn")])
def test_a_layer_holds_exactly_what_is_pinned_for_it(build: Callable[[str], Path], layer: str, folder: str) -> None:
    # A pickle is only read by the versions that wrote it, so training must have the same.
    training = _pinned(ROOT / "requirements" / "development.txt")
    pinned = _pinned(ROOT / "layers" / folder / "requirements.txt")
    held = [path.stem for path in (build("x86_64") / layer / "python").glob("*.dist-info")]
    assert dict(_normal(name.split("-", 1)) for name in held) == pinned
    assert pinned.items() <= training.items()


def test_the_same_sources_give_the_same_bytes(
    build: Callable[[str], Path], sam_build: Callable[[str, Path], None], tmp_path: Path
) -> None:
    sam_build("x86_64", tmp_path)
    for name in ["PredictFunction", *LAYERS]:
        assert _contents(build("x86_64") / name) == _contents(tmp_path / name)


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

"""What a container's memory keeps, to the byte."""

from __future__ import annotations

import pytest

from picklejar.manifest import MODEL_FILE
from picklejar.opening import open_version
from picklejar.serving.memory import Memory
from tests.numbered import NAME, version

VERSIONS = [version(number) for number in range(4)]
SIZES = {proven.manifest.files[MODEL_FILE].size for proven in VERSIONS}
(SIZE,) = SIZES
ONE, TWO, THREE, FOUR = (proven.manifest for proven in VERSIONS)


def _kept(memory: Memory) -> list[bool]:
    # Not by `get`, which would make the one it finds the newest.
    return [(NAME, proven.manifest.version) in memory._ready for proven in VERSIONS]


def _keep(memory: Memory, *numbers: int) -> None:
    for number in numbers:
        proven = VERSIONS[number]
        memory.keep(open_version(proven.manifest, proven.files[MODEL_FILE]))


def test_the_least_recently_used_makes_room_and_no_more_than_needed() -> None:
    memory = Memory(2 * SIZE)
    _keep(memory, 0, 1)
    assert _kept(memory) == [True, True, False, False]
    assert memory.get(NAME, ONE.version) is not None
    _keep(memory, 2)
    assert _kept(memory) == [True, False, True, False]
    assert memory.get(NAME, TWO.version) is None


def test_one_byte_too_few_is_too_few() -> None:
    memory = Memory(2 * SIZE - 1)
    _keep(memory, 0, 1)
    assert _kept(memory) == [False, True, False, False]


def test_the_newest_stays_however_large() -> None:
    memory = Memory(1)
    _keep(memory, 0)
    assert memory.get(NAME, ONE.version) is not None
    _keep(memory, 1)
    assert _kept(memory) == [False, True, False, False]


@pytest.mark.parametrize(
    ("budget", "room"), [(2 * SIZE, False), (3 * SIZE - 1, False), (3 * SIZE, True), (4 * SIZE, True)]
)
def test_there_is_room_for_what_fits_beside_all_that_is_kept(budget: int, room: bool) -> None:
    memory = Memory(budget)
    _keep(memory, 0, 1)
    assert memory.has_room_for(THREE) is room
    assert memory.has_room_for(TWO)


def test_what_is_there_has_its_room() -> None:
    memory = Memory(1)
    _keep(memory, 0)
    assert memory.has_room_for(ONE)
    assert not memory.has_room_for(TWO)


@pytest.mark.parametrize(("budget", "holds"), [(2 * SIZE - 1, False), (2 * SIZE, True), (2 * SIZE + 1, True)])
def test_so_many_versions_are_held_at_once(budget: int, holds: bool) -> None:
    assert Memory(budget).holds(ONE, TWO) is holds


def test_what_is_dropped_first_makes_room_first() -> None:
    memory = Memory(3 * SIZE)
    _keep(memory, 0, 1, 2)
    memory.drop_first(THREE)
    memory.drop_first(FOUR)
    _keep(memory, 3)
    assert _kept(memory) == [True, True, False, True]

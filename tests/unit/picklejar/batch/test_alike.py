"""What is known at once and what is read cell by cell come out alike, to the byte, whatever a file has in it."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from picklejar.batch.files import Files
from picklejar.batch.job import Job
from picklejar.batch.plan import Plan
from picklejar.batch.source import Source
from picklejar.predictor import Predictor
from picklejar.signature import Feature
from tests.files import File, Telling, draw
from tests.numbered import version


def scored(file: File) -> tuple[Plan, dict[str, bytes]]:
    """Return the plan, and what is written."""
    store = MemoryStore()
    store.put("file.csv", file.content)
    source = Source.found(Files(store), "file.csv")
    job = Job(Files(store), "place")
    manifest = file.predictor.manifest
    plan = job.begin(source, "any", lambda: manifest)
    for number in range(len(plan.chunks)):
        job.score(plan, number, source, file.predictor)
    job.join(plan, source, manifest, "result")
    names = ("result", "result.errors.csv", "result.summary.json")
    return plan, {name: bytes(store.get(name).bytes()) for name in names if Files(store).has(name)}


def _assert_alike(file: File, patch: pytest.MonkeyPatch) -> None:
    """Compare what comes out with what comes out where csv is asked about all rows, and each is read alone."""
    for module in ("lines", "plain"):
        patch.setattr(f"picklejar.batch.{module}.MOST_SIGNS", 1)
    known_at_once = scored(file)
    patch.setattr("picklejar.batch.plan.row_ends", lambda *_: None)
    patch.setattr("picklejar.batch.rows.plain", lambda *_: None)
    assert known_at_once == scored(file)


@settings(max_examples=250, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 400), st.integers(10, 200), st.integers(1, 40))
def test_all_rows_come_out_as_if_each_was_read_alone(random: Random, size: int, ahead: int, at_once: int) -> None:
    file = draw(random)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("picklejar.batch.plan.CHUNK_BYTES", size)
        # So that what is unusual comes behind chunks that were found before it was seen.
        patch.setattr("picklejar.batch.plan.LONGEST_ROW", ahead)
        patch.setattr("picklejar.batch.job.ROWS_AT_ONCE", at_once)
        _assert_alike(file, patch)


def test_rows_of_very_many_features_are_asked_in_as_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("instances", "batch.rows"):
        monkeypatch.setattr(f"picklejar.{module}.MOST_VALUES", 100)
    absent = [Feature(name=f"f{n}", title="", description="", example=0, nullable=True) for n in range(30)]
    features = (Feature(name="x", title="x", description="", example=0), *absent)
    signature = msgspec.structs.replace(version(1).manifest.signature, features=features)
    manifest = msgspec.structs.replace(version(1).manifest, signature=signature)
    content = "x\n" + "".join(f"{number}.5\n" for number in range(40))
    _assert_alike(File(content.encode(), Predictor(manifest, Telling((), 1.0))), monkeypatch)


def test_a_row_of_nothing_is_empty_though_every_value_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    features = (Feature(name="x", title="x", description="", example=0, nullable=True),)
    signature = msgspec.structs.replace(version(1).manifest.signature, features=features)
    manifest = msgspec.structs.replace(version(1).manifest, signature=signature)
    file = File(b"id,x\na,\n,\nb,2.5\n", Predictor(manifest, Telling((), 1.0)))
    _assert_alike(file, monkeypatch)
    _, written = scored(file)
    assert b'"empty_rows": 1' in written["result.summary.json"]

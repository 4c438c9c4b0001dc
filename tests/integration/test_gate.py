"""The gate: what is published and not promoted, and what is promoted in spite of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from obstore.store import MemoryStore

from picklejar.alias import Move
from picklejar.bucket import version_key
from picklejar.manifest import Data, Evaluation, Scores
from tests.numbered import NAME, made, scored
from training.registry import aliases
from training.registry.gate import MARGIN
from training.registry.publish import Published, deliver

OTHER_DATA = Data("1" * 64, 8, 4)


@pytest.fixture
def store() -> MemoryStore:
    """A bucket whose champion has an RMSE of 1 on four rows held out."""
    store = MemoryStore()
    assert _deliver(store, 1, 1.0).refusal is None
    return store


def _deliver(store: MemoryStore, number: int, rmse: float, why: str | None = None, **changes: Any) -> Published:
    return deliver(made(number, **{"evaluations": scored(rmse)} | changes), store, lambda _: None, why)


def _last(store: MemoryStore) -> Move:
    found = aliases.read(store, NAME, "champion")
    assert found
    return found.alias.history[-1]


@pytest.mark.parametrize("rmse", [0.5, 1.0, 1.009])
def test_a_version_about_as_good_as_the_champion_is_promoted(store: MemoryStore, rmse: float) -> None:
    published = _deliver(store, 2, rmse)
    assert published.refusal is None
    assert (_last(store).version, _last(store).reason) == (published.manifest.version, None)


def test_a_worse_one_on_the_same_rows_is_published_and_not_promoted(store: MemoryStore) -> None:
    before = _last(store)
    published = _deliver(store, 2, 1.02)
    assert published.refusal == (
        f"It is worse than the champion, {before.version}, on the same rows: RMSE 1.02 on 4 rows (held-out rows), "
        "where the champion has 1."
    )
    assert _last(store) == before
    assert aliases.exists(store, NAME, published.manifest.version)


_, HELD_OUT = scored(1.5)
FOLDS = Evaluation("folds", "Ten folds", 8, HELD_OUT.estimator, HELD_OUT.baseline)


@pytest.mark.parametrize("changes", [{"data": OTHER_DATA}, {"evaluations": (FOLDS,)}])
def test_on_other_rows_nothing_is_compared(store: MemoryStore, changes: dict[str, Any]) -> None:
    assert _deliver(store, 2, 1.5, **changes).refusal is None


@pytest.mark.parametrize("rmse", [2.0, 3.0])
def test_what_does_not_beat_guessing_is_not_promoted_even_where_nothing_serves(rmse: float) -> None:
    store = MemoryStore()
    refused = _deliver(store, 2, rmse).refusal
    assert refused
    assert refused.startswith("It does not beat guessing the average: RMSE ")
    assert aliases.read(store, NAME, "champion") is None


@pytest.mark.parametrize(("held_out", "folds", "on"), [(3.0, 1.0, "held-out rows"), (1.0, 3.0, "ten folds")])
def test_what_loses_to_guessing_on_either_kind_of_unseen_rows_is_not_promoted(
    held_out: float, folds: float, on: str
) -> None:
    refused = _deliver(MemoryStore(), 2, 1.0, evaluations=_on_both(held_out, folds)).refusal
    assert refused
    assert refused.startswith("It does not beat guessing the average: RMSE 3 on")
    assert f"({on})" in refused


def _on_both(held_out: float, folds: float) -> tuple[Evaluation, ...]:
    all_rows = msgspec.structs.replace(FOLDS, estimator=msgspec.structs.replace(HELD_OUT.estimator, rmse=folds))
    return (*scored(held_out), all_rows)


@pytest.mark.parametrize(("held_out", "folds", "promoted"), [(1.9, 1.0, True), (1.0, 1.9, False)])
def test_the_champion_is_compared_on_the_folds(held_out: float, folds: float, promoted: bool) -> None:
    store = MemoryStore()
    _deliver(store, 1, 1.0, evaluations=_on_both(1.0, 1.0))
    assert (_deliver(store, 2, 1.0, evaluations=_on_both(held_out, folds)).refusal is None) is promoted


@pytest.mark.parametrize("changes", [{"name": "a"}, {"name": "z"}, {"rows": 3}, {"rows": 5}], ids=str)
def test_evaluations_of_another_kind_or_size_are_not_compared(store: MemoryStore, changes: dict[str, Any]) -> None:
    other = msgspec.structs.replace(HELD_OUT, **changes)
    assert _deliver(store, 2, 1.5, evaluations=(other,)).refusal is None


def test_by_so_much_a_version_may_be_worse_than_the_champion_and_by_no_more() -> None:
    for rmse, promoted in ((1.0099, True), (1.0 * (1 + MARGIN), True), (1.0101, False)):
        store = MemoryStore()
        _deliver(store, 1, 1.0)
        assert (_deliver(store, 2, rmse).refusal is None) is promoted


def _labelled(**losses: tuple[float, float]) -> Evaluation:
    ours, theirs = ({name: pair[side] for name, pair in losses.items()} for side in (0, 1))
    return Evaluation("held_out", "Held-out rows", 4, Scores(**ours), Scores(**theirs))


@pytest.mark.parametrize(
    ("losses", "refusal"),
    [
        ({"accuracy": (0.5, 0.9), "log_loss": (0.2, 0.3)}, None),
        (
            {"accuracy": (0.9, 0.5), "log_loss": (0.4, 0.3)},
            "log loss 0.4 on 4 rows (held-out rows), where that has 0.3.",
        ),
        ({"accuracy": (0.75, 0.5)}, None),
        ({"accuracy": (0.5, 0.75)}, "share of errors 0.5 on 4 rows (held-out rows), where that has 0.25."),
    ],
)
def test_a_classifier_is_held_to_its_log_loss_or_else_to_its_errors(losses: Any, refusal: str | None) -> None:
    refused = _deliver(MemoryStore(), 2, 1.0, evaluations=(_labelled(**losses),)).refusal
    assert refused == (refusal and f"It does not beat guessing by how frequent each label is: {refusal}")


def test_promoted_anyway_it_serves_and_the_alias_says_why(store: MemoryStore) -> None:
    published = _deliver(store, 2, 3.0, "It shows what no model looks like.")
    assert published.refusal is None
    assert (_last(store).version, _last(store).reason) == (
        published.manifest.version,
        "It shows what no model looks like.",
    )


def test_a_reason_that_was_not_needed_is_not_kept(store: MemoryStore) -> None:
    _deliver(store, 2, 0.5, "Just in case.")
    assert _last(store).reason is None


def test_a_champion_that_is_damaged_is_no_measure(store: MemoryStore) -> None:
    key = version_key(NAME, _last(store).version, "manifest.json")
    store.put(key, b"{}")
    assert _deliver(store, 2, 1.5).refusal is None
    store.delete(version_key(NAME, _last(store).version, "manifest.json"))
    assert _deliver(store, 3, 1.9).refusal is None

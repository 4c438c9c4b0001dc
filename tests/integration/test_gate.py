"""The gate: what is published and not promoted, and what is promoted in spite of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest
from obstore.store import MemoryStore
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from picklejar.alias import Canary, Move
from picklejar.bucket import version_key
from picklejar.errors import InvalidDefinition
from picklejar.manifest import Data, Evaluation, Manifest, Scores
from picklejar.signature import Target
from tests.numbered import NAME, made, put, scored
from training.cli import app
from training.dataset.inputs import Rows
from training.evaluation.evaluate import evaluate
from training.registry import aliases
from training.registry.canary import begin
from training.registry.gate import MARGIN, refusal
from training.registry.promote import promote
from training.registry.publish import Published, deliver

OTHER_DATA = Data("1" * 64, 8, 4)
SOLD = Target(name="sold", title="Sold", description="", classes=("no", "yes"))
MANIFEST = made(1).manifest


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


# The one knows that labels are equally frequent, without learning it; of the other errors alone are known.
@pytest.mark.parametrize("count", [20, 29, 50])
@pytest.mark.parametrize("estimator", [LogisticRegression(C=0.001, class_weight="balanced"), LinearSVC()], ids=repr)
def test_noise_passes_no_more_often_than_chance_and_a_model_that_knows_something_does(
    estimator: Any, count: int
) -> None:
    # By tossing a coin, more than 12 of 15 pass once in 270 times.
    assert sum(_passes(estimator, count, seed, signal=0.0) for seed in range(15)) <= 12
    assert sum(_passes(estimator, count, seed, signal=1.5) for seed in range(15)) >= 13


def test_few_rows_do_not_hide_what_a_cautious_model_has_learned() -> None:
    # Its frequencies are those of the rows of its fit, which leaving one row out would shift against it.
    assert sum(_passes(LogisticRegression(C=0.01), 20, seed, signal=1.5) for seed in range(15)) >= 13


def _passes(estimator: Any, count: int, seed: int, signal: float) -> bool:
    """Whether the gate passes an estimator of labels, as many of the one as of the other, of one telling feature."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(count, 3))
    order = np.argsort(X[:, 0] * signal + random.normal(size=count))
    y = np.empty(count, dtype=object)
    y[order] = np.where(np.arange(count) < count // 2, "no", "yes")
    rows = Rows(X, y.astype(str))
    evaluations = evaluate(estimator.fit(rows.X, rows.y), rows, rows[np.arange(0)], SOLD, seed)
    return refusal(made(1, evaluations=evaluations).manifest, None) is None


def test_log_loss_and_errors_are_compared_by_errors() -> None:
    both = {"accuracy": (0.75, 0.5), "log_loss": (0.5, 0.7)}
    for before, after, promoted in (
        (both, {"accuracy": (0.5001, 0.5)}, False),
        (both, {"accuracy": (0.75, 0.5)}, True),
        ({"accuracy": (0.75, 0.5)}, both | {"accuracy": (0.5001, 0.5)}, False),
        ({"accuracy": (0.75, 0.5)}, both, True),
    ):
        store = MemoryStore()
        _deliver(store, 1, 1.0, evaluations=(_labelled(**before),))
        refused = _deliver(store, 2, 1.0, evaluations=(_labelled(**after),)).refusal
        assert (refused is None) is promoted
        assert promoted or (refused and "share of errors 0.4999 on 4 rows (held-out rows), where the champi" in refused)


def test_held_out_rows_are_compared_where_the_folds_cannot_be() -> None:
    other_folds = msgspec.structs.replace(FOLDS, name="other")
    no_folds = msgspec.structs.replace(FOLDS, estimator=Scores(mae=1.0))
    for champions in ((), (other_folds,), (no_folds,)):
        store = MemoryStore()
        put(store, made(1, evaluations=(*scored(1.0), *champions)))
        refused = _deliver(store, 2, 1.0, evaluations=_on_both(1.5, 1.0)).refusal
        assert refused
        assert "RMSE 1.5 on 4 rows (held-out rows), where the champion has 1." in refused
        assert _deliver(store, 2, 1.0, evaluations=_on_both(1.0, 1.9)).refusal is None


NO_NUMBER = [Scores(), Scores(r2=1.0, mae=1.0), Scores(rmse=math.nan, accuracy=math.inf, log_loss=math.nan)]


@pytest.mark.parametrize("scores", NO_NUMBER, ids=str)
def test_a_champion_without_scores_is_passed_over(scores: Scores) -> None:
    store = MemoryStore()
    put(store, made(1, evaluations=(msgspec.structs.replace(HELD_OUT, estimator=scores),)))
    assert _deliver(store, 2, 1.5).refusal is None


@pytest.mark.parametrize("scores", NO_NUMBER, ids=str)
@pytest.mark.parametrize("side", ["estimator", "baseline"])
def test_a_version_without_scores_is_refused_in_a_sentence(scores: Scores, side: str) -> None:
    evaluation = msgspec.structs.replace(HELD_OUT, **{side: scores})
    assert _deliver(MemoryStore(), 2, 1.0, evaluations=(evaluation,)).refusal == (
        "Its scores on 4 rows (held-out rows) cannot be compared with guessing: one is missing or not a number."
    )


def test_exactly_one_percent_worse_passes_whatever_its_digits() -> None:
    random = np.random.default_rng(0)
    for digits in (f"{value:.6g}" for value in 10 ** random.uniform(-6, 9, 2_000)):
        champion = _manifest(float(digits))
        exactly = float(Decimal(digits) * Decimal("1.01"))
        for rmse, passes in ((exactly, True), (exactly * (1 - 1e-6), True), (exactly * (1 + 1e-6), False)):
            assert (refusal(_manifest(rmse), champion) is None) is passes, digits


def test_what_is_better_by_rounding_alone_does_not_beat_guessing() -> None:
    assert refusal(_manifest(1.0, math.nextafter(1.0, 2)), None)
    assert refusal(_manifest(1.0, 1.0001), None) is None


def test_losses_that_are_rounding_themselves_are_equal() -> None:
    assert refusal(_manifest(3e-15, 2.0), _manifest(1e-15, 2.0)) is None
    assert refusal(_manifest(3e-9, 2.0), _manifest(1e-9, 2.0))


def _manifest(rmse: float, baseline_rmse: float | None = None) -> Manifest:
    return msgspec.structs.replace(MANIFEST, evaluations=scored(rmse, baseline_rmse or 2 * rmse))


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


def test_promoting_a_published_version_asks_the_gate_and_keeps_the_reason(
    store: MemoryStore, run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.registry.store.open_store", lambda *_: store)

    def said(*words: str, status: int = 0) -> str:
        return run(app, *words, "--bucket", "any", status=status)

    before = _last(store)
    one, worse, better = before.version, *(_uploaded(store, number, rmse) for number, rmse in ((2, 1.5), (3, 0.5)))
    refused = (
        f"{NAME} {worse} is not promoted. It is worse than the champion, {one}, on the same rows: RMSE 1.5 on 4 rows "
        '(held-out rows), where the champion has 1. Promote with --promote-anyway "the reason" to promote it anyway.'
    )
    for words in (("promote", NAME, worse), ("alias", NAME, "champion", worse)):
        assert refused in " ".join(said(*words, status=1).split())
        assert _last(store) == before
    assert said("alias", NAME, "next", worse) == f"The next of {NAME} is {worse}; before, it was none.\n"

    moved = said("promote", NAME, worse, "--promote-anyway", "It is asked for.")
    assert moved == f"The champion of {NAME} is {worse}; before, it was {one}.\n"
    assert (_last(store).version, _last(store).reason) == (worse, "It is asked for.")
    assert said("promote", NAME, worse) == f"The champion of {NAME} is {worse} already.\n"

    said("promote", NAME, better, "--promote-anyway", "Just in case.")
    assert (_last(store).version, _last(store).reason) == (better, None)
    assert said("rollback", NAME) == f"The champion of {NAME} is {worse} again; {better} is still there.\n"


def test_a_canary_is_tried_without_the_gate_and_promoted_through_it(store: MemoryStore) -> None:
    worse = _uploaded(store, 2, 1.5)
    begin(store, NAME, Canary(worse, 50))
    assert promote(store, NAME, worse).refusal
    assert (_last(store).version, _last(store).canary) == (MANIFEST.version, Canary(worse, 50))
    ended = promote(store, NAME, MANIFEST.version).moved
    assert ended
    assert ended.ended == Canary(worse, 50)


@pytest.mark.parametrize("reason", ["", "x" * 501])
def test_a_reason_is_short_and_not_empty(store: MemoryStore, reason: str) -> None:
    worse = _uploaded(store, 2, 1.5)
    if reason:
        with pytest.raises(InvalidDefinition, match="1 to 500 characters"):
            promote(store, NAME, worse, reason)
    else:
        assert promote(store, NAME, worse, reason).refusal
    assert _last(store).version == MANIFEST.version


def test_versions_without_scores_are_listed(
    store: MemoryStore, run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.registry.store.open_store", lambda *_: store)
    put(store, made(2, evaluations=(msgspec.structs.replace(HELD_OUT, estimator=Scores()),)))
    assert "unknown" in run(app, "versions", NAME, "--bucket", "any")


def _uploaded(store: MemoryStore, number: int, rmse: float) -> str:
    proven = made(number, evaluations=scored(rmse))
    return deliver(proven, store, lambda _: None, promote=False).manifest.version


def test_a_champion_that_is_damaged_is_no_measure(store: MemoryStore) -> None:
    key = version_key(NAME, _last(store).version, "manifest.json")
    store.put(key, b"{}")
    assert _deliver(store, 2, 1.5).refusal is None
    store.delete(version_key(NAME, _last(store).version, "manifest.json"))
    assert _deliver(store, 3, 1.9).refusal is None

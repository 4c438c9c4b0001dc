from __future__ import annotations

import threading
from typing import Any

import pytest

from picklejar.errors import CandidateNotReady
from picklejar.predictor import Answer
from picklejar.serving import shadow
from picklejar.serving.shadow import Shadow, compared


def _answer(*predictions: Any, classes: tuple[str, ...] = ()) -> Answer:
    return Answer(model="m", version="v", classes=classes, predictions=list(predictions))


def test_numbers_differ_by_their_unit_and_relative_to_the_larger() -> None:
    assert compared(_answer(100.0, -50.0, 0.0, 8.0), _answer(110.0, 50.0, 0.0, 8.0)) == {
        "absolute": 100.0,
        "mean_absolute": 27.5,
        "relative": 2.0,
        "mean_relative": pytest.approx((10 / 110 + 2) / 4),
    }


def test_numbers_at_the_ends_of_floats_are_compared() -> None:
    assert compared(_answer(5e-324), _answer(0.0))["relative"] == 1
    assert compared(_answer(1.7e308), _answer(-1.7e308))["absolute"] == float("inf")


@pytest.mark.parametrize(
    ("labels", "others"), [(("a", "b"), ("a", "c")), ((1, 2), (2, 2)), ((True, False), (True,) * 2)]
)
def test_labels_differ_in_a_share_of_the_rows(labels: tuple[Any, ...], others: tuple[Any, ...]) -> None:
    assert compared(_answer(*labels), _answer(*others)) == {"disagreements": 0.5}


def test_probabilities_differ_by_the_largest_difference() -> None:
    first = _answer([0.5, 0.5], [1.0, 0.0], classes=("no", "yes"))
    other = _answer([0.5, 0.5], [0.75, 0.25], classes=("no", "yes"))
    assert compared(first, other) == {"probability": 0.25}


def test_a_slow_shadow_is_waited_for_once_and_for_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "SHADOW_SECONDS", 0.01)
    asked, goes_on = [], threading.Event()

    def ask() -> Answer:
        asked.append(True)
        goes_on.wait(10)
        return _answer(1.0)

    slow = Shadow()
    with pytest.raises(CandidateNotReady, match="takes longer than"):
        slow.differences(_answer(1.0), ask)
    with pytest.raises(CandidateNotReady, match="at an earlier request"):
        slow.differences(_answer(1.0), ask)
    assert asked == [True]
    goes_on.set()
    _until_done(slow)
    monkeypatch.undo()
    assert slow.differences(_answer(1.0), ask)["absolute"] == 0


def _until_done(slow: Shadow) -> None:
    assert slow._asked
    slow._asked.result(10)


def test_what_a_shadow_raises_is_raised() -> None:
    def ask() -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Shadow().differences(_answer(1.0), ask)


def test_several_targets_differ_by_all_of_them() -> None:
    numbers = compared(_answer({"a": 1.0, "b": 100.0}), _answer({"a": 1.0, "b": 50.0}))
    assert numbers == {"absolute": 50.0, "mean_absolute": 25.0, "relative": 0.5, "mean_relative": 0.25}
    labels = [{"a": "yes", "b": 1}, {"a": "yes", "b": 0}]
    assert compared(_answer(*labels), _answer(labels[0], {"a": "no", "b": 0})) == {"disagreements": 0.5}

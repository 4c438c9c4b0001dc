from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression

from picklejar.manifest import Evaluation, Scores
from picklejar.signature import Target
from training.dataset.inputs import Rows
from training.evaluation.evaluate import FEW_ROWS, evaluate, unseen, verdict
from training.evaluation.predictions import Predictions, ask, concatenate
from training.evaluation.scores import scores

SOLD = Target(name="sold", title="Sold", description="", classes=("no", "yes"))
COLOUR = Target(name="colour", title="Colour", description="", classes=("red", "green", "blue"))
NONE = np.arange(0)


def _answers(*labels: str, second: list[float] | None = None) -> Predictions:
    p = None if second is None else np.stack([1 - np.array(second), second], axis=1)
    return Predictions(np.array(labels), p)


def test_scores_of_two_labels_are_about_the_second() -> None:
    actual = np.array(["yes", "yes", "no", "no", "no", "no"])
    answers = _answers("yes", "no", "yes", "no", "no", "no", second=[0.9, 0.4, 0.6, 0.1, 0.2, 0.3])
    found = scores(SOLD, actual, answers)
    assert found.known == {
        "accuracy": pytest.approx(4 / 6),
        "balanced_accuracy": pytest.approx((1 / 2 + 3 / 4) / 2),
        "f1": pytest.approx(0.5),
        "log_loss": pytest.approx(-np.log([0.9, 0.4, 0.4, 0.9, 0.8, 0.7]).mean()),
        "roc_auc": pytest.approx(7 / 8),
    }
    swapped = Target(name="sold", title="", description="", classes=("yes", "no"))
    assert scores(swapped, actual, Predictions(answers.predicted)).f1 == pytest.approx(0.75)


def test_scores_of_many_labels_are_means_of_each() -> None:
    actual = np.array(["red", "green", "blue", "blue"])
    p = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4], [0.5, 0.2, 0.3]])
    found = scores(COLOUR, actual, Predictions(np.array(["red", "green", "blue", "red"]), p))
    assert found.log_loss == pytest.approx(-np.log([0.8, 0.7, 0.4, 0.3]).mean())
    assert (found.balanced_accuracy, found.f1) == (pytest.approx(2.5 / 3), pytest.approx((2 / 3 + 1 + 2 / 3) / 3))
    assert found.roc_auc == pytest.approx((1 + 1 + 1) / 3)


def test_what_cannot_be_scored_is_left_out() -> None:
    actual = np.array(["no", "no"])
    assert scores(SOLD, actual, _answers("no", "no")).known.keys() == {"accuracy", "balanced_accuracy", "f1"}
    both = _answers("no", "yes", second=[0.1, 0.9])
    assert scores(SOLD, actual, both).roc_auc is None
    assert scores(SOLD, np.array(["no", "yes"]), both, one_fit=False).roc_auc is None


def _rows(count: int, target: Target) -> Rows:
    random = np.random.default_rng(0)
    X = random.normal(size=(count, 2))
    edges = np.linspace(-1, 1, len(target.labels) + 1)[1:-1]
    return Rows(X, np.array(target.labels)[np.searchsorted(edges, X[:, 0] + random.normal(0, 0.3, count))])


@pytest.mark.parametrize("target", [SOLD, COLOUR])
@pytest.mark.parametrize(("count", "last"), [(FEW_ROWS - 31, "folds"), (200, "cross_validation")])
def test_a_classifier_is_evaluated_like_a_regression(target: Target, count: int, last: str) -> None:
    rows, held_out = _rows(count, target), _rows(30, target)
    fitted = LogisticRegression().fit(rows.X, rows.y)
    found = {one.name: one for one in evaluate(fitted, rows, held_out, target, seed=0)}
    assert list(found) == ["train", "test", last]
    assert found["test"].estimator.accuracy == pytest.approx(fitted.score(held_out.X, held_out.y))
    assert found["test"].baseline.roc_auc == 0.5
    for one in found.values():
        assert one.estimator.accuracy > one.baseline.accuracy
        assert one.estimator.log_loss < one.baseline.log_loss
    assert (found[last].spread is not None) == (last == "cross_validation")
    assert (found[last].estimator.roc_auc is None) == (last == "folds")


@pytest.mark.parametrize("counts", [(10, 10), (24, 25), (15, 14), (25, 25), (30, 30)], ids=str)
def test_guessing_is_as_good_as_the_labels_are_frequent_in_all_rows(counts: tuple[int, int]) -> None:
    rows = _labelled(SOLD, counts)
    *_, last = evaluate(DummyClassifier().fit(rows.X, rows.y), rows, rows[NONE], SOLD, seed=0)
    shares = np.array(counts) / len(rows)
    # Folds of other sizes weigh a little otherwise.
    assert last.baseline.accuracy == pytest.approx(shares.max(), abs=0.01)
    assert last.baseline.log_loss == pytest.approx(-(shares * np.log(shares)).sum(), abs=0.001)


def test_the_verdict_on_few_rows_does_not_say_that_guessing_is_never_right() -> None:
    rows = _labelled(SOLD, (10, 10))
    noise = LogisticRegression().fit(rows.X, rows.y)
    assert "for 50 %" in verdict(evaluate(noise, rows, rows[NONE], SOLD, seed=0), SOLD)


@pytest.mark.parametrize(
    ("counts", "folds"),
    [((10, 10, 10), 10), ((20, 10, 2), 10), ((20, 2, 2), 5), ((2, 2), 2), ((24, 24), 24), ((30, 3), 5)],
    ids=str,
)
def test_few_rows_are_left_out_with_rows_of_every_frequent_label_and_no_label_is_unlearned(
    counts: tuple[int, ...], folds: int
) -> None:
    target = COLOUR if len(counts) == 3 else SOLD
    rows = _labelled(target, counts)
    fits = []

    class Counting(DummyClassifier):
        def fit(self, X, y):
            fits.append(dict(zip(*np.unique(y, return_counts=True), strict=True)))
            return super().fit(X, y)

    title, answers = unseen(Counting(), rows, target, seed=0)
    assert title == f"Each of {folds} stratified folds left out in turn"
    assert len(answers.predicted) == len(rows)
    assert len(fits) == folds
    for label, count in zip(target.labels, counts, strict=True):
        left_out = [count - fit.get(label, 0) for fit in fits]
        assert sum(left_out) == count
        assert max(left_out) - min(left_out) <= 1
        assert max(left_out) < count


def _labelled(target: Target, counts: tuple[int, ...]) -> Rows:
    """Return so many rows of each label, whose features are noise."""
    random = np.random.default_rng(0)
    y = random.permutation(np.repeat(np.array(target.labels)[: len(counts)], counts))
    return Rows(random.normal(size=(len(y), 2)), y)


def test_a_score_that_is_no_number_is_not_kept() -> None:
    price = Target(name="price", title="Price", description="")
    with pytest.warns(UndefinedMetricWarning):
        found = scores(price, np.array([1.0]), Predictions(np.array([2.0])))
    assert found == Scores(rmse=1.0, mae=1.0)
    assert Scores(r2=float("nan"), rmse=float("inf"), mae=0.0).known == {"mae": 0.0}


def test_there_are_no_more_folds_than_rows_of_the_rarest_label() -> None:
    rows = _rows(100, SOLD)
    few = np.concatenate([np.flatnonzero(rows.y == "no"), np.flatnonzero(rows.y == "yes")[:4]])
    fitted = LogisticRegression().fit(rows.X, rows.y)
    *_, last = evaluate(fitted, rows[few], rows[NONE], SOLD, seed=0)
    assert last.title == "4-fold cross-validation, mean of the folds"


@pytest.mark.parametrize("count", [FEW_ROWS - 1, 100])
def test_unseen_rows_are_answered_in_their_order_with_their_probabilities(count: int) -> None:
    rows = _rows(count, SOLD)
    _, answers = unseen(LogisticRegression(), rows, SOLD, seed=0)
    assert answers.probabilities is not None
    assert answers.predicted.tolist() == np.array(SOLD.labels)[answers.probabilities.argmax(axis=1)].tolist()
    assert (answers.predicted == rows.y).mean() > 0.7


def test_answers_are_in_the_order_of_the_targets_classes() -> None:
    rows = _rows(100, COLOUR)
    fitted = LogisticRegression().fit(rows.X, rows.y)
    answers = ask(fitted, rows.X, COLOUR)
    assert fitted.classes_.tolist() == ["blue", "green", "red"]
    assert answers.probabilities is not None
    assert answers.probabilities.tolist() == fitted.predict_proba(rows.X)[:, [2, 1, 0]].tolist()
    assert concatenate([answers, answers])[NONE].probabilities.shape == (0, 3)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (
            {"accuracy": 0.8734},
            "Right for 87.3 % of the rows it had not seen; always guessing the most frequent label, ",
        ),
        ({"accuracy": 0.7}, "No better than always guessing the most frequent label: right for 70 % of the rows, that"),
        ({"accuracy": 0.6, "log_loss": 0.7}, "Worse than always guessing the most frequent label: right for 60 %"),
    ],
)
def test_the_verdict_says_whether_the_labels_beat_the_most_frequent(estimator: Any, sentence: str) -> None:
    baseline = Scores(accuracy=0.7, log_loss=0.6)
    said = verdict((Evaluation("test", "", 9, Scores(**estimator), baseline),), SOLD)
    assert said.startswith(sentence)
    assert "70 %" in said
    assert "probabilities" not in said


def test_the_verdict_says_where_only_the_probabilities_are_better() -> None:
    evaluation = Evaluation("test", "", 9, Scores(accuracy=0.7, log_loss=0.5), Scores(accuracy=0.7, log_loss=0.6))
    said = verdict((evaluation,), SOLD)
    assert said.endswith("for 70 %; but its probabilities tell more than how frequent each label is.")

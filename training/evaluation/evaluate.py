"""Scores an estimator beside a baseline on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold, LeaveOneOut, PredefinedSplit, StratifiedKFold

from picklejar.errors import InvalidDefinition
from picklejar.manifest import Evaluation, Scores
from picklejar.signature import Target
from training.dataset.inputs import Rows
from training.evaluation.predictions import Predictions, ask, concatenate
from training.evaluation.scores import baseline as baseline_of
from training.evaluation.scores import scores as scores_of

FOLDS = 10
# Below this a fold of ten has too few rows to be scored, and leaving out a few at a time is cheap.
FEW_ROWS = 50
FEWEST_FOLDS = 5
# Currencies whose sign is understood everywhere; the others keep their code.
CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


type Splitter = LeaveOneOut | KFold | StratifiedKFold | PredefinedSplit


@dataclass(frozen=True)
class Splits:
    """How rows are left out in turn: the evaluation's name and title, and the splitter."""

    name: str
    title: str
    splitter: Splitter


@contextmanager
def _asked_for_rows_not_seen() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise InvalidDefinition(f"The estimator cannot be scored on rows that it was not fitted on: {error}") from error


@_asked_for_rows_not_seen()
def evaluate(fitted: Any, train: Rows, test: Rows, target: Target, seed: int) -> tuple[Evaluation, ...]:
    """Return every evaluation that the number of rows allows.

    `fitted` was fitted on `train`; `test` may be empty; `seed` shuffles the rows into folds.

    Raises:
        InvalidDefinition: the estimator cannot answer unseen rows.
    """
    everything = train + test
    both = (fitted, _baseline(target, train, everything))
    evaluations = [_scored("train", "Training rows", train, target, [ask(item, train.X, target) for item in both])]
    if len(test):
        evaluations.append(_scored("test", "Held-out rows", test, target, [ask(item, test.X, target) for item in both]))
    if len(everything) < FEW_ROWS:
        evaluations.append(_by_few_rows(fitted, everything, target, seed))
    else:
        evaluations.append(by_folds(fitted, everything, target, seed))
    return tuple(evaluations)


def _by_few_rows(estimator: Any, rows: Rows, target: Target, seed: int) -> Evaluation:
    splits = _few_rows(rows, target, seed)
    answers = [
        _each_left_out(lambda chosen: clone(estimator).fit(chosen.X, chosen.y), rows, target, splits.splitter),
        _each_left_out(lambda chosen: _baseline(target, chosen, rows), rows, target, splits.splitter),
    ]
    return _scored(splits.name, splits.title, rows, target, answers, one_fit=False)


@_asked_for_rows_not_seen()
def by_folds(estimator: Any, rows: Rows, target: Target, seed: int) -> Evaluation:
    """Return the mean and the spread of the folds' scores; raises like `evaluate`."""
    scores: tuple[list[Scores], list[Scores]] = ([], [])
    folds = _folds(rows, target, seed)
    for chosen, others in folds.split(rows.X, rows.y):
        train, test = rows[chosen], rows[others]
        both = (clone(estimator).fit(train.X, train.y), _baseline(target, train, rows))
        for item, collected in zip(both, scores, strict=True):
            collected.append(scores_of(target, test.y, ask(item, test.X, target)))
    return Evaluation(
        name="cross_validation",
        title=f"{folds.get_n_splits()}-fold cross-validation, mean of the folds",
        rows=len(rows),
        estimator=_over_folds(np.mean, scores[0]),
        baseline=_over_folds(np.mean, scores[1]),
        spread=_over_folds(np.std, scores[0]),
    )


@_asked_for_rows_not_seen()
def unseen(estimator: Any, rows: Rows, target: Target, seed: int) -> tuple[str, Predictions]:
    """Return the answer to each row by a copy that was not fitted on it, and the method's name.

    Few rows are left out one by one or, with labels, a few at a time; many by folds. Raises like `evaluate`.
    """
    splits = (
        _few_rows(rows, target, seed)
        if len(rows) < FEW_ROWS
        else Splits("cross_validation", "Each fold left out in turn", _folds(rows, target, seed))
    )
    return splits.title, _each_left_out(
        lambda chosen: clone(estimator).fit(chosen.X, chosen.y), rows, target, splits.splitter
    )


def evaluate_sample(
    rows: Rows, answers: Predictions, targets: Sequence[Target], *, held_out: bool
) -> tuple[Evaluation, ...]:
    """Return the scores on a sample, for each target; the baseline is the sample's own mean or labels.

    Only `held_out` rows are known to be unseen.
    """
    name, title = ("test", "Held-out rows") if held_out else ("sample", "Sample, maybe seen in training")
    if len(targets) == 1:
        return (_on_sample(name, title, rows, answers, targets[0]),)
    each = zip(targets, answers.each(), Predictions(rows.y).each(), strict=True)
    return tuple(
        msgspec.structs.replace(
            _on_sample(name, f"{title}: {target.title}", Rows(rows.X, y.predicted), of_one, target), target=target.name
        )
        for target, of_one, y in each
    )


def _on_sample(name: str, title: str, rows: Rows, answers: Predictions, target: Target) -> Evaluation:
    baseline = ask(baseline_of(target).fit(rows.X, rows.y), rows.X, target)
    return _scored(name, title, rows, target, [answers, baseline])


def verdict(evaluations: tuple[Evaluation, ...], target: Target) -> str:
    """Return one sentence on how good the model is on unseen rows or, failing these, on its sample."""
    by_name = {evaluation.name: evaluation for evaluation in evaluations}
    best_known = next(
        by_name[name] for name in ("test", "leave_one_out", "folds", "cross_validation", "sample") if name in by_name
    )
    rows = "rows it may have been fitted on" if best_known.name == "sample" else "rows it had not seen"
    says = _verdict_on_labels if target.labels else _verdict_on_numbers
    return says(best_known.estimator.known, best_known.baseline.known, target, rows)


def verdict_on_each(evaluations: tuple[Evaluation, ...], targets: Sequence[Target]) -> str:
    """Return the sentence on one target or, of several that have an evaluation each, a sentence on each."""
    if len(targets) == 1:
        return verdict(evaluations, targets[0])
    each = zip(evaluations, targets, strict=True)
    return " ".join(f"{target.title}: {_begun(verdict((evaluation,), target))}" for evaluation, target in each)


def _begun(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _verdict_on_numbers(estimator: dict[str, float], baseline: dict[str, float], target: Target, rows: str) -> str:
    error, guess = (_amount(scores["mae"], target.unit) for scores in (estimator, baseline))
    if estimator["mae"] > baseline["mae"]:
        return f"Worse than guessing the average: typically off by {error}, where the average is off by {guess}."
    return f"Typically within {error} on {rows}; guessing the average is within {guess}."


def _verdict_on_labels(estimator: dict[str, float], baseline: dict[str, float], _: Target, rows: str) -> str:
    right, guess = (f"{100 * scores['accuracy']:.3g} %" for scores in (estimator, baseline))
    if estimator["accuracy"] > baseline["accuracy"]:
        return f"Right for {right} of the {rows}; always guessing the most frequent label, for {guess}."
    no_better = "Worse than" if estimator["accuracy"] < baseline["accuracy"] else "No better than"
    sentence = f"{no_better} always guessing the most frequent label: right for {right} of the rows, that for {guess}"
    if estimator.get("log_loss", 0) < baseline["log_loss"] and "log_loss" in estimator:
        return f"{sentence}; but its probabilities tell more than how frequent each label is."
    return f"{sentence}."


def _amount(value: float, unit: str | None) -> str:
    rounded = float(f"{value:.2g}")
    number = f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"
    if unit in CURRENCY_SIGNS:
        return CURRENCY_SIGNS[unit] + number
    return f"{number} {unit}" if unit else number


def _baseline(target: Target, train: Rows, everything: Rows) -> Any:
    """Return the baseline beside an estimator that was fitted on `train`.

    Labels are guessed by their frequencies in all rows. Where rows of a label are left out, the others are more
    frequent among the rest: of 10 and 10, it would guess the wrong label each time, and every estimator would beat it.
    A mean is only shifted by that, as the estimator's own is, so numbers are guessed by the rows of the fit.
    """
    seen = everything if target.labels else train
    return baseline_of(target).fit(seen.X, seen.y)


def _few_rows(rows: Rows, target: Target, seed: int) -> Splits:
    if not target.labels:
        return Splits("leave_one_out", "Each row left out in turn", LeaveOneOut())
    # Each fold has a row of the two most frequent labels. One row alone would shift the estimator's frequencies, too.
    frequencies = sorted(np.unique(rows.y, return_counts=True)[1].tolist())
    count = max(frequencies[-2:][0], min(FEWEST_FOLDS, frequencies[-1]))
    # Unlike StratifiedKFold, without a warning of labels rarer than folds; these are in as many folds as they can be.
    shuffled = np.random.default_rng(seed).permutation(len(rows))
    folds = np.empty(len(rows), dtype=np.intp)
    folds[shuffled[np.argsort(rows.y[shuffled], kind="stable")]] = np.arange(len(rows)) % count
    return Splits("folds", f"Each of {count} stratified folds left out in turn", PredefinedSplit(folds))


def _folds(rows: Rows, target: Target, seed: int) -> KFold | StratifiedKFold:
    if not target.labels:
        return KFold(FOLDS, shuffle=True, random_state=seed)
    rarest = int(np.unique(rows.y, return_counts=True)[1].min())
    return StratifiedKFold(min(FOLDS, rarest), shuffle=True, random_state=seed)


def _each_left_out(fit: Callable[[Rows], Any], rows: Rows, target: Target, splitter: Splitter) -> Predictions:
    parts, places = [], []
    for chosen, others in splitter.split(rows.X, rows.y):
        parts.append(ask(fit(rows[chosen]), rows[others].X, target))
        places.append(others)
    return concatenate(parts)[np.argsort(np.concatenate(places))]


def _over_folds(summary: Any, scores: list[Scores]) -> Scores:
    known = [score.known for score in scores]
    return Scores(
        **{name: float(summary([one[name] for one in known])) for name in known[0] if all(name in one for one in known)}
    )


def _scored(
    name: str, title: str, rows: Rows, target: Target, answers: list[Predictions], *, one_fit: bool = True
) -> Evaluation:
    estimator, baseline = (scores_of(target, rows.y, item, one_fit=one_fit) for item in answers)
    return Evaluation(name, title, len(rows), estimator, baseline)

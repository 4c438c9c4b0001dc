"""Many rows to a predictor: answers where there are any, and the broken rules of the other rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from picklejar.batch.columns import Known
from picklejar.errors import BrokenRule, InvalidInstances, TooLarge
from picklejar.instances import Request
from picklejar.predictor import Predictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

# As many as have probabilities for 100 classes in one answer, and few enough to be asked again without a broken one.
ROWS_AT_ONCE = 2_000


class Answers(NamedTuple):
    """The numbers of the rows that have answers, what they are for each output of the signature, and what is broken."""

    rows: list[int]
    outputs: list[list[Any]]
    broken: list[BrokenRule]


class _Asked(NamedTuple):
    rows: NDArray[np.intp]
    X: NDArray[Any]


def ask(predictor: Predictor, instances: dict[int, bytes], known: Known | None = None) -> Answers:
    """Return the answers and the broken rules, by the rows' numbers.

    Instances in JSON are read as those of requests, so that files and requests are answered and refused alike.
    """
    answers = Answers([], [[] for _ in predictor.manifest.signature.outputs], [])

    def read(sent: bytes) -> NDArray[Any]:
        return predictor.read(b'{"instances":%b}' % sent).X

    asked = [_Asked(rows, X) for rows, X in in_requests(instances, read, answers.broken)]
    if known is not None and len(known.rows):
        asked = [_merged([_Asked(known.rows, predictor.stacked(known.columns)[known.rows]), *asked])]
    for part in asked:
        _answer(predictor, part, answers)
    return answers


def in_requests[T](
    instances: dict[int, bytes], send: Callable[[bytes], T], broken: list[BrokenRule]
) -> Iterator[tuple[NDArray[np.intp], T]]:
    """Yield the rows that break no rule, and what `send` returns of them as an array of JSON.

    There are as many parts as there have to be requests. What other rows break is noted in `broken`.
    """
    waiting = np.array([*instances], np.intp)
    while len(waiting):
        try:
            yield waiting, send(b"[%b]" % b",".join([instances[row] for row in waiting.tolist()]))
        except InvalidInstances as error:
            waiting = waiting[~_note(error, waiting, broken)]
        except TooLarge:
            if len(waiting) == 1:
                raise
            for part in np.split(waiting, [len(waiting) // 2]):
                yield from in_requests({row: instances[row] for row in part.tolist()}, send, broken)
            return
        else:
            return


def _merged(parts: Sequence[_Asked]) -> _Asked:
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows)
    return _Asked(rows[order], np.concatenate([part.X for part in parts])[order])


def _answer(predictor: Predictor, asked: _Asked, answers: Answers) -> None:
    """Add the answers to rows, and the broken rules of those that the model refuses."""
    rows, X = asked
    while len(rows):
        try:
            # An estimator that was fitted with copy=False computes in the X that it is given.
            outputs = [
                predictor.answer(Request(X.copy(), output)).predictions
                for output in predictor.manifest.signature.outputs
            ]
        except InvalidInstances as error:
            kept = ~_note(error, rows, answers.broken)
            rows, X = rows[kept], X[kept]
        else:
            answers.rows.extend(rows.tolist())
            for output, more in zip(answers.outputs, outputs, strict=True):
                output.extend(more)
            return


def _note(error: InvalidInstances, rows: NDArray[np.intp], broken: list[BrokenRule]) -> NDArray[np.bool]:
    """Note what rows break, and return which of them do; raises the error where it is of none."""
    rules = error.broken
    last = rules[-1].row
    if error.total > len(rules) and rules[0].row != last:
        # Of the last one some may not be listed.
        rules = [rule for rule in rules if rule.row != last]
    are_broken = np.zeros(len(rows), bool)
    for rule in rules:
        if rule.row is not None:
            are_broken[rule.row] = True
            number = int(rows[rule.row])
            broken.append(BrokenRule(row=number, field=rule.field, rule=rule.rule, message=rule.message))
    if not are_broken.any():
        raise error
    return are_broken

"""Many rows to a predictor: answers where there are any, and the broken rules of the other rows."""

from __future__ import annotations

from typing import Any, Protocol

from picklejar.errors import BrokenRule, InvalidInstances, TooLarge
from picklejar.signature import Output

# As many as have probabilities for 100 classes in one answer, and few enough to be asked again without a broken one.
ROWS_AT_ONCE = 2_000

# One prediction for each output of the signature: a number or a label and, of some, its probabilities or score.
Answers = tuple[Any, ...]


class Predictions(Protocol):
    """The answer to one request."""

    @property
    def predictions(self) -> list[Any]: ...


class Asked(Protocol):
    """What answers requests: a predictor, or an endpoint that has one."""

    @property
    def outputs(self) -> tuple[Output, ...]: ...

    def predict(self, body: bytes, /) -> Predictions:
        """Return the answer to a request's body; raises InvalidInstances and TooLarge."""


def ask(predictor: Asked, instances: dict[int, bytes]) -> tuple[dict[int, Answers], list[BrokenRule]]:
    """Return the answers and the broken rules, by the rows' numbers.

    Rows are sent as requests, so that files and requests are answered and refused alike.
    """
    waiting = list(instances)
    broken: list[BrokenRule] = []
    while waiting:
        body = b'{"instances":[' + b",".join([instances[row] for row in waiting]) + b'],"output":"'
        try:
            answers = [predictor.predict(body + output.encode() + b'"}').predictions for output in predictor.outputs]
        except InvalidInstances as error:
            match = _numbered(error, waiting)
            refused = {rule.row for rule in match}
            if not refused:
                raise
            broken += match
            waiting = [row for row in waiting if row not in refused]
        except TooLarge:
            if len(waiting) == 1:
                raise
            middle = len(waiting) // 2
            first, more = ask(predictor, {row: instances[row] for row in waiting[:middle]})
            second, most = ask(predictor, {row: instances[row] for row in waiting[middle:]})
            return first | second, broken + more + most
        else:
            return dict(zip(waiting, zip(*answers, strict=True), strict=True)), broken
    return {}, broken


def _numbered(error: InvalidInstances, waiting: list[int]) -> list[BrokenRule]:
    rules = error.broken
    last = rules[-1].row
    if error.total > len(rules) and rules[0].row != last:
        rules = [rule for rule in rules if rule.row != last]
    return [
        BrokenRule(row=waiting[rule.row], field=rule.field, rule=rule.rule, message=rule.message)
        for rule in rules
        if rule.row is not None
    ]

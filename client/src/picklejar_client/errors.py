"""Every error that the client raises of itself; each carries a sentence, fit to be shown.

ClientError
├── Refused
│   └── QuotaUsedUp
├── Unavailable
├── NoAnswer
└── NotAnApi
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_RULES_SHOWN = 10


class BrokenRule(NamedTuple):
    """A rule that a row breaks, which counts from 0 in all rows given; row and field are None for a request itself."""

    row: int | None
    field: str | None
    rule: str
    message: str


class ClientError(Exception):
    """The root of the tree."""


class Refused(ClientError):
    """The API refuses what was asked, or a row cannot be sent at all; the same again is refused again.

    `status` is HTTP's, 0 where nothing was sent. `kind` is the last part of the problem's type, as "invalid-instances".
    `errors` are the broken rules by row and field, cut where they are many; `total` counts all of one request.
    """

    def __init__(
        self,
        title: str,
        detail: str = "",
        *,
        status: int = 0,
        kind: str = "",
        errors: Sequence[BrokenRule] = (),
        total: int = 0,
        request_id: str = "",
    ) -> None:
        self.title, self.detail, self.status, self.kind = title, detail, status, kind
        self.errors, self.total, self.request_id = tuple(errors), max(total, len(errors)), request_id
        super().__init__("\n".join([f"{title}: {detail}" if detail else title, *_lines(self.errors, self.total)]))

    def moved(self, rows: int) -> Refused:
        """Return the refusal of a part that `rows` rows stand before, with the rows' numbers in the whole."""
        moved = [rule if rule.row is None else rule._replace(row=rule.row + rows) for rule in self.errors]
        return type(self)(
            self.title,
            self.detail,
            status=self.status,
            kind=self.kind,
            errors=moved,
            total=self.total,
            request_id=self.request_id,
        )


class QuotaUsedUp(Refused):
    """The key's requests of the day are used up."""


class Unavailable(ClientError):
    """The API cannot answer now: it is busy, or something on its side failed, and it was not asked again in vain.

    `retry_after` are the seconds after which it wants to be asked again, None where it does not say.
    """

    def __init__(self, sentence: str, *, status: int = 0, retry_after: float | None = None) -> None:
        self.status, self.retry_after = status, retry_after
        super().__init__(sentence)


class NoAnswer(ClientError):
    """Nothing answers at the address, or the connection broke off; `is_passing` where it may answer another time."""

    def __init__(self, sentence: str, *, is_passing: bool = True) -> None:
        self.is_passing = is_passing
        super().__init__(sentence)


class NotAnApi(ClientError):
    """Something else than Picklejar's API answers at the address."""


def refused_row(row: int, field: str | None, rule: str, message: str) -> Refused:
    """Return the refusal of a row that cannot be sent."""
    return Refused("A row cannot be sent", errors=[BrokenRule(row, field, rule, message)])


def _lines(errors: Sequence[BrokenRule], total: int) -> list[str]:
    shown = errors[:MOST_RULES_SHOWN]
    lines = [f"  {rule.message}" if rule.row is None else f"  Row {rule.row}: {rule.message}" for rule in shown]
    return [*lines, f"  and {total - len(shown):,} more"] if total > len(shown) else lines

"""The alias: the version it stands for now, and the moves that brought it there."""

from __future__ import annotations

import re

import msgspec

from picklejar.errors import BundleDamaged, InvalidDefinition
from picklejar.manifest import VERSION

# Also what keeps an alias in a request's path from reaching any other place in the bucket.
ALIAS_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
# The alias is read at every cold start and checked by every container, so it stays a few kilobytes.
MOST_MOVES = 100
LONGEST_REASON = 500


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One move of an alias to `version`, `at` a UTC time in ISO 8601 by the mover's own clock.

    `reason` is why it moved in spite of the gate; `back` says that it was a rollback. Moves are in the order of the
    history and never of their times, because two movers' clocks differ.
    """

    version: str
    at: str | None = None
    reason: str | None = None
    back: bool = False

    def __post_init__(self) -> None:
        """Refuse a reason that would swell the alias."""
        if self.reason is not None and not 0 < len(self.reason) <= LONGEST_REASON:
            raise InvalidDefinition(f"A reason for a promotion has 1 to {LONGEST_REASON} characters.")


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an alias's object holds: the version it stands for, and its moves, of which that to it is the last."""

    version: str
    history: tuple[Move, ...] = ()

    def moved(self, move: Move) -> Alias:
        """Return the alias after one more move; the oldest are forgotten beyond `MOST_MOVES`."""
        return Alias(move.version, (*self.history, move)[-MOST_MOVES:])

    @property
    def ways_back(self) -> tuple[str, ...]:
        """The versions that it stood for before, the nearest first, as a stack: a rollback takes its top off.

        So a second rollback goes one further back, and not forward again to what the first one left.
        """
        stack: list[str] = []
        for move in self.history:
            if move.back:
                while stack and stack[-1] != move.version:
                    stack.pop()
            if not stack or stack[-1] != move.version:
                stack.append(move.version)
        return tuple(reversed(stack[:-1]))


def decode_alias(content: bytes) -> Alias:
    """Return the alias in `content`; raises BundleDamaged where it is none.

    Aliases written before there was a history have none; the version they stand for becomes its first move.
    """
    try:
        alias = msgspec.json.decode(content, type=Alias)
    except (msgspec.MsgspecError, InvalidDefinition, UnicodeDecodeError, RecursionError) as error:
        raise BundleDamaged("The alias cannot be read; publish or promote a version again.") from error
    if not alias.history:
        alias = Alias(alias.version, (Move(alias.version),))
    if alias.history[-1].version != alias.version or not all(VERSION.fullmatch(one.version) for one in alias.history):
        raise BundleDamaged("The alias names no version; publish or promote a version again.")
    return alias

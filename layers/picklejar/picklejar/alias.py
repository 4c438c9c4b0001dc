"""The alias: the version it stands for now, the candidate that is tried beside it, and the moves that led there."""

from __future__ import annotations

import hashlib
import re

import msgspec

from picklejar.errors import BundleDamaged, InvalidDefinition
from picklejar.manifest import VERSION

# Also what keeps an alias in a request's path from reaching any other place in the bucket.
ALIAS_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
# The alias is read at every cold start and checked by every container, so it stays a few kilobytes.
MOST_MOVES = 100
LONGEST_REASON = 500
# A header's name as every proxy passes it; many drop those with an underscore.
KEY = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Canary(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A version that `percent` of the requests try, beside the one that an alias stands for.

    `key` is the header by whose value requests are split, in lower case; without, or of a request without it, the
    body's bytes are. A `shadow` is asked besides and compared, and its answers are never returned.
    """

    candidate: str
    percent: float
    key: str | None = None
    shadow: bool = False

    def __post_init__(self) -> None:
        """Refuse what splits nothing.

        Raises:
            InvalidDefinition: saying what must be otherwise.
        """
        if not VERSION.fullmatch(self.candidate):
            raise InvalidDefinition(f"{self.candidate[:64]!r} is no version; it has 12 hexadecimal digits.")
        if not 0 < self.percent <= 100:
            raise InvalidDefinition(f"A canary gets more than 0 and at most 100 percent, not {self.percent:g}.")
        if self.key is not None and not KEY.fullmatch(self.key):
            raise InvalidDefinition(
                f"{self.key[:64]!r} cannot name a key's header: use 1 to 63 letters, digits and -, a letter first."
            )

    def __str__(self) -> str:
        """Return what people call it."""
        return f"{'shadow' if self.shadow else 'canary'} {self.percent:g} %"

    def takes(self, name: str, split_by: bytes) -> bool:
        """Return whether the candidate is asked, for a request to the model `name` with this key or this body.

        The first 8 bytes, the highest first, of SHA-256(name/candidate/ and then the key), as a share of 2**64, are
        less than percent/100. So a key keeps its side, a higher percent only adds keys, and another candidate is
        tried on others.
        """
        digest = hashlib.sha256(f"{name}/{self.candidate}/".encode() + split_by).digest()
        return int.from_bytes(digest[:8]) < self.percent / 100 * 2**64


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One move of an alias to `version`, `at` a UTC time in ISO 8601 by the mover's own clock.

    `reason` is why it moved in spite of the gate; `back` says that it was a rollback. `canary` is tried from this move
    to the next: one that begins is a move to the version that the alias stands for already. Moves are in the order of
    the history and never of their times, because two movers' clocks differ.
    """

    version: str
    at: str | None = None
    reason: str | None = None
    back: bool = False
    canary: Canary | None = None

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
    def canary(self) -> Canary | None:
        """What is tried beside the version, if anything is."""
        return self.history[-1].canary if self.history else None

    @property
    def answering(self) -> set[str]:
        """Every version that requests by the alias may ask."""
        return {self.version} | ({self.canary.candidate} if self.canary else set())

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
        raise BundleDamaged(
            "The alias cannot be read. Use the Picklejar that wrote it; if none can read it, bring back what its "
            "object in S3 held before, or delete it and promote a version."
        ) from error
    if not alias.history:
        alias = Alias(alias.version, (Move(alias.version),))
    if alias.history[-1].version != alias.version or not all(VERSION.fullmatch(one.version) for one in alias.history):
        raise BundleDamaged(
            "The alias names no version. Bring back what its object in S3 held before, or delete it and promote one."
        )
    return alias

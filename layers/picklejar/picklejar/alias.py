"""The alias: the version that serves, the candidate tried beside it, and its history of moves."""

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
    """A candidate version that answers `percent` of an alias's requests.

    Requests are split by the value of the header `key` (lower case) or, without it, by the body. A `shadow` is asked
    and compared, but its answers are never returned.
    """

    candidate: str
    percent: float
    key: str | None = None
    shadow: bool = False

    def __post_init__(self) -> None:
        if not VERSION.fullmatch(self.candidate):
            raise InvalidDefinition(f"{self.candidate[:64]!r} is not a version; it has 12 hexadecimal digits.")
        if not 0 < self.percent <= 100:
            raise InvalidDefinition(f"A canary gets more than 0 and at most 100 percent, not {self.percent:g}.")
        if self.key is not None and not KEY.fullmatch(self.key):
            raise InvalidDefinition(
                f"{self.key[:64]!r} cannot name a key's header: use 1 to 63 letters, digits and -, a letter first."
            )

    def __str__(self) -> str:
        return f"{'shadow' if self.shadow else 'canary'} {self.percent:g} %"

    def takes(self, name: str, split_by: bytes) -> bool:
        """Return whether the candidate gets a request to the model `name` with this key or body.

        It does where the first 8 bytes of SHA-256(name/candidate/key), big-endian, are below percent/100 of 2**64. So a
        key keeps its side, a higher percent only adds keys, and each candidate gets other keys.
        """
        digest = hashlib.sha256(f"{name}/{self.candidate}/".encode() + split_by).digest()
        return int.from_bytes(digest[:8]) < self.percent / 100 * 2**64


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One move of an alias to `version`, `at` a UTC time in ISO 8601.

    `reason` is why it was promoted although the gate refused; `back` marks a rollback. `canary` is tried from this move
    to the next. Moves are ordered by history, not by time: clocks differ.
    """

    version: str
    at: str | None = None
    reason: str | None = None
    back: bool = False
    canary: Canary | None = None

    def __post_init__(self) -> None:
        if self.reason is not None and not 0 < len(self.reason) <= LONGEST_REASON:
            raise InvalidDefinition(f"A reason for a promotion has 1 to {LONGEST_REASON} characters.")


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an alias's object holds: the serving version and the moves, the last of which led there."""

    version: str
    history: tuple[Move, ...] = ()

    def moved(self, move: Move) -> Alias:
        return Alias(move.version, (*self.history, move)[-MOST_MOVES:])

    @property
    def canary(self) -> Canary | None:
        return self.history[-1].canary if self.history else None

    @property
    def answering(self) -> set[str]:
        return {self.version} | ({self.canary.candidate} if self.canary else set())

    @property
    def ways_back(self) -> tuple[str, ...]:
        """The earlier versions as a stack, the nearest first: each rollback goes one further back."""
        stack: list[str] = []
        for move in self.history:
            if move.back:
                while stack and stack[-1] != move.version:
                    stack.pop()
            if not stack or stack[-1] != move.version:
                stack.append(move.version)
        return tuple(reversed(stack[:-1]))


def decode_alias(content: bytes) -> Alias:
    """Return the alias in `content`; raises BundleDamaged.

    An alias written without a history gets its version as the first move.
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
    if alias.history[-1].version != alias.version or not all(VERSION.fullmatch(item.version) for item in alias.history):
        raise BundleDamaged(
            "The alias names no version. Bring back what its object in S3 held before, or delete it and promote one."
        )
    return alias

"""Moves aliases, by one conditional write each: of two who move at once, one wins and the other is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import ObjectStore

from picklejar.alias import ALIAS_NAME, Alias, Canary, Move
from picklejar.bucket import CHAMPION, alias_key, put_if, s3_errors
from picklejar.errors import AliasMoved, InvalidDefinition, ModelNotFound, NowhereToGo
from picklejar.manifest import MODEL_NAME, VERSION, Manifest
from picklejar.registry import AliasRead, Registry


@dataclass(frozen=True)
class Moved:
    """What an alias stood for before and after a move, and the canary that the move ended."""

    before: str | None
    after: str
    ended: Canary | None = None


def read(store: ObjectStore, name: str, alias: str) -> AliasRead | None:
    """Return an alias and its ETag, or None."""
    try:
        return Registry(store).alias(name, alias)
    except FileNotFoundError:
        return None


def promote(store: ObjectStore, name: str, version: str, alias: str = CHAMPION) -> Moved:
    """Point the alias at an existing version, without a canary and without asking the gate.

    Raises ModelNotFound, AliasMoved, InvalidDefinition.
    """
    if not ALIAS_NAME.fullmatch(alias):
        raise InvalidDefinition(
            f"{alias!r} cannot name an alias: use 1 to 63 lower-case letters, digits, - and _, a letter first."
        )
    require(store, name, version)
    return move(store, name, alias, read(store, name, alias), now(version))


def rollback(store: ObjectStore, name: str, alias: str = CHAMPION) -> Moved:
    """End the canary or, without one, go back to the last version that still exists; raises NowhereToGo, AliasMoved."""
    match = read(store, name, alias)
    if match is None:
        raise NowhereToGo(f"There is no {alias} of a model named {name!r}; promote a version.")
    if match.alias.canary:
        return move(store, name, alias, match, now(match.alias.version, back=True))
    for version in match.alias.ways_back:
        if exists(store, name, version):
            return move(store, name, alias, match, now(version, back=True))
    raise NowhereToGo(f"The {alias} of {name} stood for no other version that is still there; promote one.")


def move(store: ObjectStore, name: str, alias: str, found: AliasRead | None, to: Move) -> Moved:
    """Move an alias, unless it stands there already or was moved since it was `found`."""
    before = found.alias if found else None
    if before and (before.version, before.canary) == (to.version, to.canary):
        return Moved(before.version, to.version)
    moved = _write(store, name, alias, found, to)
    # Whoever retires a version looks at the aliases after the manifest is gone; one of the two notices.
    for version in moved.alias.answering - ({before.version} if before else set()):
        if not exists(store, name, version):
            if before:
                _write(store, name, alias, moved, now(before.version, back=True))
            raise AliasMoved(f"Somebody retired {name} {version} at the same time; promote another.")
    return Moved(before.version if before else None, to.version, before.canary if before else None)


def now(version: str, *, reason: str | None = None, back: bool = False, canary: Canary | None = None) -> Move:
    """Return a move at this time."""
    return Move(version, datetime.now(UTC).isoformat(timespec="seconds"), reason, back, canary)


def require(store: ObjectStore, name: str, version: str) -> Manifest:
    """Return the manifest of a version; raises ModelNotFound."""
    if not (MODEL_NAME.fullmatch(name) and VERSION.fullmatch(version)):
        raise no_version(name, version)
    try:
        return Registry(store).manifest(name, version)
    except FileNotFoundError:
        raise no_version(name, version) from None


def no_version(name: str, version: str) -> ModelNotFound:
    """Return the error for a missing version."""
    return ModelNotFound(f"There is no version {version!r} of a model named {name!r}; list them by versions {name}.")


def exists(store: ObjectStore, name: str, version: str) -> bool:
    """Return whether the version's manifest exists."""
    try:
        Registry(store).manifest(name, version)
    except FileNotFoundError:
        return False
    return True


def _write(store: ObjectStore, name: str, alias: str, found: AliasRead | None, to: Move) -> AliasRead:
    key = alias_key(name, alias)
    moved = (found.alias if found else Alias(to.version)).moved(to)
    content = msgspec.json.encode(moved)
    with s3_errors():
        try:
            written = put_if(store, key, content, found.e_tag if found else None)
        except (AlreadyExistsError, PreconditionError):
            there = store.get(key)
            # The client repeats a write whose answer was lost, and is then refused because of its own first try.
            if bytes(there.bytes()) != content:
                raise AliasMoved(
                    f"Somebody else moved the {alias} of {name} at the same time. Version {to.version} is "
                    "uploaded and does not serve by it; look at what serves now, and move it again if yours should."
                ) from None
            written = there.meta
    return AliasRead(moved, written["e_tag"])

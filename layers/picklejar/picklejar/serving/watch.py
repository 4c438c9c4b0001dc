"""The watch: which version an alias stands for in this container, and how it learns of another.

In Lambda nothing runs between requests. So a request that comes `ttl` seconds after the last look starts a thread that
looks again, loads the version, checks its golden predictions, and only then lets it serve. The request waits for
`PATIENCE` at most, and then uses the version that served before.

Lambda freezes the thread between requests. If S3's answer times out meanwhile, the last good version serves on. Where
requests are rare, the next look is waited for twice as long, so that it ends some day.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import wait
from functools import partial

import msgspec

from picklejar.alias import ALIAS_NAME, Canary
from picklejar.background import in_background
from picklejar.bucket import CHAMPION
from picklejar.errors import BundleDamaged, JarUnreachable, ModelNotFound
from picklejar.manifest import MANIFEST_FILE, MODEL_NAME, Manifest
from picklejar.registry import AliasRead, Registry

PATIENCE = 0.2
MOST_PATIENCE = 1.6


class Serving(msgspec.Struct, frozen=True):
    """An alias's version, its candidate, and the ETag by which it is asked for again."""

    manifest: Manifest
    e_tag: str | None
    canary: Canary | None = None


class Switch(msgspec.Struct, frozen=True):
    """The outcome of a look at an alias, in seconds: another version, or the error that prevents one.

    `after` is None if the error came before the alias was known.
    """

    alias: str
    before: Manifest
    after: Manifest | None
    seconds: float
    error: Exception | None = None


type Look = Callable[[Serving | None], Serving]


def _ignore(_: str) -> None:
    return


def look(
    registry: Registry, name: str, alias: str, serving: Serving | None, told: Callable[[str], None] = _ignore
) -> Serving:
    """Return what an alias stands for in S3, `serving` itself while its ETag is the same.

    `told` gets the version as soon as the alias says it, before its manifest is asked for.

    Raises:
        ModelNotFound: there is no such model or alias.
        ModelNotReady: S3 fails, or the alias names a version without a manifest.
    """
    if not (MODEL_NAME.fullmatch(name) and ALIAS_NAME.fullmatch(alias)):
        raise ModelNotFound(f"There is no model named {name[:64]!r} with the alias {alias[:64]!r}.")
    try:
        if serving is None:
            return _serving(registry, name, registry.alias(name, alias), told)
        read = registry.changed_alias(name, alias, serving.e_tag)
    except FileNotFoundError:
        which = "" if alias == CHAMPION else f" with the alias {alias!r}"
        raise ModelNotFound(f"There is no model named {name!r}{which}.") from None
    if read is None:
        return serving
    if read.alias.version == serving.manifest.version:
        return Serving(serving.manifest, read.e_tag, read.alias.canary)
    return _serving(registry, name, read, told)


def _serving(registry: Registry, name: str, read: AliasRead, told: Callable[[str], None]) -> Serving:
    version = read.alias.version
    told(version)
    try:
        manifest = registry.manifest(name, version)
    except FileNotFoundError:
        raise BundleDamaged(f"{name} {version} serves and has no {MANIFEST_FILE}; publish it again.") from None
    return Serving(manifest, read.e_tag, read.alias.canary)


class Watch:
    """One alias of one model.

    Args:
        alias: its name.
        look: returns what the alias stands for, given the last answer.
        load: loads a version; raises unless it repeats its golden predictions.
        tell: is told of every switch and every failed look, in the thread that looks.
        ttl: seconds between looks.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        alias: str,
        look: Look,
        load: Callable[[Manifest], object],
        tell: Callable[[Switch], None],
        ttl: float,
        clock: Callable[[], float],
    ) -> None:
        self._alias, self._look, self._load, self._tell = alias, look, load, tell
        self._ttl, self._clock = ttl, clock
        # Replaced as a whole, so that nobody ever sees a version with another's ETag.
        self._serving: Serving | None = None
        self._due = 0.0
        self._patience = PATIENCE
        self._looking = threading.Lock()

    def serving(self, look_first: Look | None = None) -> Serving:
        """Return what serves; raises what `look` raises, but only the first time.

        That time it looks by `look_first`, if there is one.
        """
        serving = self._serving
        if serving is None:
            return self._look_first(look_first or self._look)
        if self._clock() >= self._due and self._looking.acquire(blocking=False):
            self._due = self._clock() + self._ttl
            looked = in_background(partial(self._look_again, serving))
            wait([looked], self._patience)
            serving = self._serving or serving
        return serving

    def expire(self) -> None:
        self._due, self._patience = -math.inf, MOST_PATIENCE

    def _look_first(self, look: Look) -> Serving:
        due = self._clock() + self._ttl
        self._serving = serving = look(None)
        self._due = due
        return serving

    def _look_again(self, serving: Serving) -> None:
        started = self._clock()
        before = serving.manifest
        after: Manifest | None = None
        failed: Exception | None = None
        try:
            now = self._look(serving)
            after = now.manifest
            if after.version != before.version:
                self._load(after)
            self._serving, self._patience = now, PATIENCE
        # In any case, the last good version serves on.
        except Exception as error:
            failed = error
            if after is not None and isinstance(error, JarUnreachable):
                self._patience = min(2 * self._patience, MOST_PATIENCE)
        finally:
            self._looking.release()
        if failed or after != before:
            self._tell(Switch(self._alias, before, after, self._clock() - started, failed))
        # This frame is in its traceback, and half a model in others: together they would stay until a collection.
        del failed

"""SnapStart: loads models before Lambda takes a snapshot, and renews what does not outlive one.

Every container starts from a copy of the memory, perhaps days later: connections are dead, credentials expired, and an
alias may have moved, however little the monotonic clock shows. Nothing of ours draws random numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from picklejar.errors import JarUnreachable, ModelNotFound
from picklejar.serving.jar import Jar

from .observation import Loading, loaded

# Lambda gives the start and this together 130 s; a model is loaded within three, or not.
LOADING_SECONDS = 100.0


def register(jar: Jar, open_bucket: Callable[[], Any]) -> None:
    """Load the models before a snapshot, and open the bucket anew after one."""
    # The runtime's own, which is nowhere else.
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    register_before_snapshot(load_models, jar)
    register_after_restore(lambda: jar.restored(open_bucket()))


def load_models(jar: Jar) -> None:
    """Load the champion of every model that there is memory for.

    What fails is logged and left to the requests: an error here would stop the publication of the code. An empty or
    unreachable bucket is left, too.
    """
    until = time.monotonic() + LOADING_SECONDS
    for name in _names(jar):
        if time.monotonic() < until:
            _load(jar, name)


def _names(jar: Jar) -> list[str]:
    try:
        return jar.names()
    except JarUnreachable as error:
        loaded(Loading(error=error))
        return []


def _load(jar: Jar, name: str) -> None:
    loading = Loading(name)
    try:
        manifest = jar.manifest(name)
        loading.version = manifest.version
        if not jar.has_room_for(manifest):
            return
        jar.open(manifest)
    # Published, and by the gate or by its owner never made champion.
    except ModelNotFound:
        return
    # In any case, the other models are loaded.
    except Exception as error:
        loading.error = error
    loaded(loading)

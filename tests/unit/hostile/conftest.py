"""What every hostile file meets: the reader, watched by the interpreter's own audit."""

from __future__ import annotations

import faulthandler
import importlib
import pickle
import pkgutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import picklejar.inert
from picklejar import inert
from picklejar.errors import DamagedPickle, RowsRefused, UnsafePickle, UnsupportedEstimator
from picklejar.inert.base.estimator import ALL_METHODS, InertEstimator

REFUSALS = (UnsafePickle, UnsupportedEstimator, DamagedPickle)
# A file of a few hundred bytes is read in less than a millisecond; the rest is for a machine that is busy.
SECONDS = 5.0
LONGEST_MESSAGE = 700

# Our own modules are imported when a file first needs them; here they are there before the watch begins.
for module in pkgutil.walk_packages(picklejar.inert.__path__, "picklejar.inert."):
    importlib.import_module(module.name)

_watched: set[int] = set()
_seen: list[str] = []


def _watch(event: str, _: Any) -> None:
    # Importing, opening, compiling, running, connecting, finding a class: the interpreter reports each, and the
    # reader, which handles bytes and numbers, has no reason for any.
    if threading.get_ident() in _watched:
        _seen.append(event)


sys.addaudithook(_watch)  # for as long as the process lives; there is no way to remove one


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """Where C code never returns, only this ends the test, with a traceback."""
    faulthandler.dump_traceback_later(120, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def attempt() -> Callable[..., Any]:
    """Read a file as the claim has it: returns the inert estimator, or the one of three refusals that was raised.

    Fails where anything else escapes, the interpreter reports anything that is neither bytes nor numbers, a module
    appears, the refusal is not a short printable sentence, or it takes longer than `seconds`.
    """

    def read(data: bytes, seconds: float = SECONDS) -> Any:
        modules = len(sys.modules)
        _seen.clear()
        began = time.perf_counter()
        _watched.add(threading.get_ident())
        try:
            result: Any = inert.loads(data)
        except REFUSALS as error:
            result = error
        finally:
            _watched.discard(threading.get_ident())
        took = time.perf_counter() - began
        assert not _seen, _seen
        assert len(sys.modules) == modules
        assert took < seconds, f"took {took:.1f} s: {data[:100]!r}"
        if not isinstance(result, InertEstimator):
            assert isinstance(result, REFUSALS)
            message = str(result)
            assert message.isprintable(), message
            assert len(message) < LONGEST_MESSAGE, message
        return result

    return read


@pytest.fixture(scope="session")
def answers() -> Callable[..., None]:
    """Ask an estimator that a damaged file gave, by each of its methods, about rows that the original answers.

    Its answer may be anything, since its numbers may be; it may refuse the rows, as ones with other features
    (ValueError) or values (RowsRefused). It raises nothing else, and crashes nothing.
    """

    def ask(estimator: InertEstimator, X: Any) -> None:
        for name in ALL_METHODS:
            # Numbers that a file made too large overflow, as they would in scikit-learn, which warns.
            with np.errstate(all="ignore"):
                try:
                    method = getattr(estimator, name, None)
                    if method is not None:
                        method(X)
                except (RowsRefused, ValueError):
                    pass

    return ask


@pytest.fixture(scope="session")
def regressor() -> bytes:
    """The smallest pickle of an estimator."""
    return pickle.dumps(LinearRegression().fit([[1.0, 2.0], [2.0, 1.0], [0.0, 1.0]], [1.0, 2.0, 3.0]))

"""Files that nobody wrote: drawn by Hypothesis, from any bytes to nearly right pickles."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from picklejar.inert.base.estimator import InertEstimator

# A drawn file is read in microseconds, but for its own machine.
DRAWN = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROW = np.array([[1.0, 2.0]])


def _counted(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content


def _global(name: str) -> bytes:
    module, _, last = name.rpartition(".")
    return f"c{module}\n{last}\n".encode()


NAMES = [
    "sklearn.linear_model._base.LinearRegression",
    "numpy.dtype",
    "numpy.ndarray",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy._core.numeric._frombuffer",
    "numpy.core.multiarray.scalar",
    "copyreg._reconstructor",
    "_codecs.encode",
    "builtins.set",
    "os.system",
]
TEXTS = "f8 i8 O U3 V8 < > | C F K 1.9.0 latin1 coef_ intercept_ n_features_in_ _sklearn_version".split()
values = st.one_of(
    st.sampled_from([b"N", b"\x88", b"\x89", b"]", b"}", b")", b"\x8f"]),
    st.integers(0, 255).map(lambda number: bytes([0x4B, number])),
    st.integers(-(2**31), 2**31 - 1).map(lambda number: b"J" + struct.pack("<i", number)),
    st.floats(width=64).map(lambda number: b"G" + struct.pack(">d", number)),
    st.sampled_from(TEXTS).map(lambda text: b"X" + _counted(text.encode())),
    st.text(max_size=5).map(lambda text: b"X" + _counted(text.encode("utf-8", "surrogatepass"))),
    st.binary(max_size=17).map(lambda content: b"B" + _counted(content)),
    st.binary(max_size=17).map(lambda content: b"\x8a" + bytes([len(content)]) + content),
    st.sampled_from(NAMES).map(_global),
    st.integers(0, 9).map(lambda place: bytes([0x68, place])),
)
steps = st.sampled_from([bytes([opcode]) for opcode in b"0(1abdelostuR\x81\x85\x86\x87\x90\x91\x92\x93\x942"])
places = st.integers(0, 9).map(lambda place: bytes([0x71, place]))
made = st.recursive(
    values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: b"(" + b"".join(parts) + b"t"),
        st.lists(inner, max_size=4).map(lambda parts: b"](" + b"".join(parts) + b"e"),
        st.lists(st.tuples(inner, inner).map(b"".join), max_size=4).map(lambda parts: b"}(" + b"".join(parts) + b"u"),
        st.tuples(st.sampled_from(NAMES).map(_global), st.lists(inner, max_size=5)).map(
            lambda call: call[0] + b"(" + b"".join(call[1]) + b"tR"
        ),
        st.tuples(st.sampled_from(NAMES).map(_global), inner).map(lambda parts: parts[0] + b")\x81" + parts[1] + b"b"),
        st.tuples(inner, places).map(b"".join),
    ),
    max_leaves=25,
)


@DRAWN
@given(st.binary(max_size=200))
def test_any_bytes(attempt: Callable[..., Any], data: bytes) -> None:
    attempt(data)


@DRAWN
@given(st.lists(st.one_of(values, steps, places), max_size=60).map(b"".join))
def test_any_opcodes(attempt: Callable[..., Any], data: bytes) -> None:
    attempt(b"\x80\x04" + data + b".")


@DRAWN
@given(made)
def test_any_whole_pickle(attempt: Callable[..., Any], data: bytes) -> None:
    attempt(b"\x80\x04" + data + b".")


@DRAWN
@given(state=st.dictionaries(st.sampled_from(TEXTS[-4:]), made))
def test_any_state_of_an_estimator(
    attempt: Callable[..., Any], answers: Callable[..., None], state: dict[str, bytes]
) -> None:
    attributes = {"n_features_in_": b"K\x02", "_sklearn_version": b"X" + _counted(b"1.9.0")} | state
    items = b"".join(b"X" + _counted(name.encode()) + value for name, value in attributes.items())
    result = attempt(b"\x80\x04" + _global(NAMES[0]) + b")\x81}(" + items + b"ub.")
    if isinstance(result, InertEstimator):
        answers(result, ROW)


@DRAWN
@given(st.data())
def test_any_change_of_a_real_pickle(
    attempt: Callable[..., Any], answers: Callable[..., None], regressor: bytes, data: st.DataObject
) -> None:
    changed = regressor
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        put = data.draw(st.one_of(st.binary(max_size=4), made, values, steps))
        changed = changed[:at] + put + changed[at + data.draw(st.integers(0, 4)) :]
    result = attempt(changed)
    if isinstance(result, InertEstimator):
        answers(result, ROW)

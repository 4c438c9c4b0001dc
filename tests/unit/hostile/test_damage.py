"""A file that was damaged, anywhere: one of the three refusals, or an estimator that answers."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from unittest import SkipTest

import joblib
import numpy as np
import pytest
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _construct_instances

from picklejar.errors import DamagedPickle, UnreadablePickle
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.reading.allowlist import READ
from tests.agree.estimators import OF_TEXTS

# Damaged files of each estimator, beside the smallest of all, which is damaged in every place.
SAMPLES = 60


def _fitted() -> Iterator[tuple[str, Any, Any]]:
    """Yield every estimator that is read, as scikit-learn's own tests make it, fitted, and rows of its fit."""
    rng = np.random.default_rng(0)
    X = np.abs(rng.normal(size=(30, 3)))
    texts = np.array([f"some {word} words" for word in "abcdefghijklmnopqrstuvwxyzäöüß"], dtype=object)
    labels, numbers = np.arange(30) % 3, X @ [1.0, 2.0, 3.0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, cls in all_estimators():
            if f"{cls.__module__}.{cls.__name__}" not in READ:
                continue
            is_of_texts = name in OF_TEXTS
            for y in (labels, numbers, np.stack([numbers, -numbers], axis=1)):
                try:
                    estimator = next(iter(_construct_instances(cls))).fit(texts if is_of_texts else X, y)
                except (IndexError, SkipTest, TypeError, ValueError):  # it wants another y, or a part
                    continue
                yield name, estimator, texts[:3, None] if is_of_texts else X[:3]
                break


FITTED = {name: (pickle.dumps(estimator), X) for name, estimator, X in _fitted()}


def _check(data: bytes, X: Any, attempt: Callable[..., Any], answers: Callable[..., None]) -> bool:
    """Return whether the file was read."""
    result = attempt(data)
    if isinstance(result, InertEstimator):
        answers(result, X)
    return isinstance(result, InertEstimator)


ROW = np.array([[1.0, 2.0]])


def test_a_bit_may_flip_anywhere(attempt: Callable[..., Any], answers: Callable[..., None], regressor: bytes) -> None:
    read = 0
    for place in range(len(regressor)):
        for bit in range(8):
            data = bytearray(regressor)
            data[place] ^= 1 << bit
            read += _check(bytes(data), ROW, attempt, answers)
    # The bits of numbers, and of what nobody looks at.
    assert 0 < read < len(regressor) * 8 / 2


def test_a_file_may_end_anywhere(attempt: Callable[..., Any], regressor: bytes) -> None:
    for length in range(len(regressor)):
        assert isinstance(attempt(regressor[:length]), DamagedPickle), length


def test_a_byte_may_be_lost_or_doubled_anywhere(
    attempt: Callable[..., Any], answers: Callable[..., None], regressor: bytes
) -> None:
    for place in range(len(regressor)):
        _check(regressor[:place] + regressor[place + 1 :], ROW, attempt, answers)
        _check(regressor[:place] + regressor[place : place + 1] + regressor[place:], ROW, attempt, answers)


@pytest.mark.parametrize("name", FITTED)
def test_any_estimator_may_be_damaged(name: str, attempt: Callable[..., Any], answers: Callable[..., None]) -> None:
    """Sampled, with the same seed each time: bits, bytes, ends, and a part of the file copied over another."""
    data, X = FITTED[name]
    chance = random.Random(name)
    for _ in range(SAMPLES):
        damaged = bytearray(data)
        place = chance.randrange(len(data))
        damaged[place] ^= 1 << chance.randrange(8)
        _check(bytes(damaged), X, attempt, answers)
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] = chance.randrange(256)
        _check(bytes(damaged), X, attempt, answers)
        assert isinstance(attempt(data[:place]), UnreadablePickle)
        size, other = chance.randrange(1, 40), chance.randrange(len(data))
        _check(data[:place] + data[other : other + size] + data[place + size :], X, attempt, answers)
        _check(data[:place] + data[place + size :], X, attempt, answers)


def _joblib(estimator: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(estimator, file)
    return file.getvalue()


def _npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _zip(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model.pickle", data)
    return file.getvalue()


OTHERS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "one byte": lambda _: b"\x80",
    "only the end": lambda _: b".",
    "two pickles": lambda data: data + data,
    "a byte behind it": lambda data: data + b"\n",
    "a byte before it": lambda data: b"\n" + data,
    "an archive behind it": lambda data: data + _zip(data),
    "an archive": _zip,
    "compressed": gzip.compress,
    "by joblib": lambda data: _joblib(pickle.loads(data)),
    "by joblib, compressed": lambda data: gzip.compress(_joblib(pickle.loads(data))),
    "an array": lambda _: _npy(np.eye(3)),
    "an array of objects": lambda _: np.array([1, "a"], dtype=object).dumps(),
    "text": lambda _: b"The quick brown fox jumps over the lazy dog.",
    "JSON": lambda _: b'{"model": "iris"}',
    "a program": lambda _: b"#!/bin/sh\ntrue\n",
    "a page": lambda _: b"<!doctype html>",
    "zeros": lambda _: bytes(1000),
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "newlines as on Windows": lambda data: data.replace(b"\n", b"\r\n") + b"\r\n",
    "None": lambda _: pickle.dumps(None),
    "a number": lambda _: pickle.dumps(1),
    "a list of estimators": lambda data: pickle.dumps([pickle.loads(data)]),
    "an unfitted estimator": lambda data: pickle.dumps(type(pickle.loads(data))()),
    "a protocol of the future": lambda data: b"\x80\xff" + data[2:],
}


@pytest.mark.parametrize("made", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_no_pickle_of_one_estimator_is_refused(
    made: Callable[[bytes], bytes], attempt: Callable[..., Any], regressor: bytes
) -> None:
    assert isinstance(attempt(made(regressor)), UnreadablePickle)

"""Versions of one small model that differ in a number, by which an answer tells which of them gave it."""

from __future__ import annotations

import functools
import pickle
from typing import Any

import msgspec
import numpy as np
from obstore.store import ObjectStore
from sklearn.linear_model import LinearRegression

from picklejar.alias import Alias, Move
from picklejar.bucket import alias_key, version_key
from picklejar.manifest import (
    FORMAT,
    GOLDEN_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    Data,
    Evaluation,
    File,
    Golden,
    Manifest,
    Scores,
)
from picklejar.signature import Feature, Signature, Target
from training.proof.prove import Proven

NAME = "numbered"
SIGNATURE = Signature(
    features=(Feature(name="x", title="x", description="Any number.", example=0),),
    target=Target(name="y", title="y", description="x and a thousand times the version's number."),
)
BODY = b'{"instances": [{"x": 0}]}'
# A model file of a few parts, where parts are made small.
FILLING = 2_000


def answer_of(number: int) -> list[float]:
    """Return the predictions for `BODY` by the version of that number."""
    return [1000.0 * number]


def scored(rmse: float, baseline_rmse: float = 2.0) -> tuple[Evaluation, ...]:
    """Return evaluations by which a version has this RMSE on rows held out."""
    worst, best = Scores(r2=0.0, rmse=baseline_rmse, mae=1.0), Scores(r2=0.0, rmse=rmse, mae=1.0)
    return (Evaluation("train", "Training rows", 4, best, worst), Evaluation("test", "Held-out rows", 4, best, worst))


@functools.cache
def version(number: int, name: str = NAME) -> Proven:
    """Return the version of that number with all its files."""
    return made(number, name)


def made(
    number: int,
    name: str = NAME,
    *,
    golden: list[float] | None = None,
    filling: int = FILLING,
    weights: tuple[float, ...] = (1.0,),
    **changes: Any,
) -> Proven:
    """Return a version of `filling` bytes whose manifest or golden predictions say something else than they should.

    `weights` are those of the signature's features, in their order.
    """
    rows = np.stack([np.zeros(len(weights)), np.eye(len(weights))[0]])
    estimator = LinearRegression().fit(rows, [1000.0 * number, 1000.0 * number + 1])
    if weights != (1.0,):
        estimator.coef_ = np.array(weights, dtype=np.float64)
    # So that 0 is answered by the number itself, to the last bit.
    estimator.intercept_ = np.float64(1000.0 * number)
    estimator.filling_ = np.zeros(filling // 8)
    predictions: list[Any] = [1000.0 * number] if golden is None else golden
    names = changes.get("signature", SIGNATURE).names if len(weights) > 1 else ("x",)
    files = {
        MODEL_FILE: pickle.dumps(estimator, 5),
        GOLDEN_FILE: msgspec.json.encode(Golden([dict.fromkeys(names, 0)], predictions)),
    }
    said: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "version": "",
        "title": f"Number {number}",
        "description": "Says which version it is.",
        "verdict": "It does.",
        "limits": (),
        "trained_at": f"2026-01-01T00:00:{number % 60:02}+00:00",
        "estimator": "LinearRegression()",
        "kind": "inert",
        "signature": SIGNATURE,
        "evaluations": scored(1.0),
        "statistics": {},
        "data": Data("0" * 64, 8, 4),
        "packages": {},
        "pictures": (),
        "proof": File.of(b""),
        "files": {file: File.of(content) for file, content in files.items()},
    }
    manifest = Manifest(**said | changes).sealed()
    return Proven(manifest, files | {MANIFEST_FILE: manifest.encode()}, "")


def put(store: ObjectStore, proven: Proven, alias: str | None = "champion") -> str:
    """Put a version into the bucket, let the alias stand for it without a look at what it stood for, and name it."""
    manifest = proven.manifest
    for file, content in proven.files.items():
        store.put(version_key(manifest.name, manifest.version, file), content)
    if alias:
        stand(store, manifest, alias)
    return manifest.version


def stand(store: ObjectStore, manifest: Manifest, alias: str = "champion") -> None:
    """Let an alias stand for a version, without a look at what it stood for."""
    standing = Alias(manifest.version, (Move(manifest.version),))
    store.put(alias_key(manifest.name, alias), msgspec.json.encode(standing))

"""Boosters in files that are adopted: which release wrote them, and files of `save_model` as pickles."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from picklejar.inert.boosters.xgboost_model import BOOSTER, Model, bytes_of, model_of, version_of
from picklejar.inert.inspection import records_in
from picklejar.inert.reading.records import Record
from training.adopt.tree import node
from training.adopt.write_pickle import write_pickle

# What JSON, UBJSON and the binary format of older releases begin with, and no pickle does.
BEGINNINGS = (b"{", b"binf")
JSON, UBJSON = "model.json", "model.ubj"


class SavedModel(NamedTuple):
    """The content of a file of `save_model`, the name that XGBoost knows its format by, and the class that loads it."""

    content: bytes
    name: str
    loader: str


def is_saved_model(data: bytes) -> bool:
    """Return whether a file is one of XGBoost's `save_model`."""
    return data.startswith(BEGINNINGS)


def as_pickle(data: bytes) -> bytes:
    """Return the pickle of what a file of `save_model` is: the wrapper that saved it, or a `Booster`.

    One of several classes is a classifier, whoever saved it, with the labels 0, 1, 2.

    Raises UnreadablePickle: it is not a whole model, or not one that is read.
    """
    model = model_of(data, lambda _: None)
    booster = node("xgboost.core", "Booster", state={"handle": bytearray(data)})
    name, attributes = _wrapper(model)
    if name == "Booster":
        return write_pickle(booster)
    return write_pickle(node("xgboost.sklearn", name, state={**attributes, "_Booster": booster}))


def _wrapper(model: Model) -> tuple[str, dict[str, Any]]:
    """Return the wrapper's class and its attributes; until 1.7 the file has all of them, since 2.0 its kind alone."""
    kept = _kept(model)
    missing = kept.get("missing")
    attributes: dict[str, Any] = {"missing": float(missing) if isinstance(missing, int | float) else math.nan}
    kind = kept.get("_estimator_type")
    if kind == "classifier" or model.objective.startswith("multi:"):
        return "XGBClassifier", attributes | {"n_classes_": max(model.classes, 2)}
    return ("XGBRegressor", attributes) if kind == "regressor" else ("Booster", {})


def _kept(model: Model) -> dict[str, Any]:
    text = model.attributes.get("scikit_learn")
    try:
        kept = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        kept = {}
    return kept if isinstance(kept, dict) else {}


def releases(value: Any) -> set[str]:
    """Return the releases of XGBoost that wrote the boosters of a file, read leniently."""
    return {version_of(content)[0] for content in _contents(value)}


def saved_model(value: Any) -> SavedModel | None:
    """Return the file of `save_model` that `as_pickle` made a pickle of, or None for one of Python's."""
    if not isinstance(value, Record) or not value.name.startswith("xgboost."):
        return None
    (content,) = [*_contents(value)][:1] or [b""]
    if not content or not version_of(content)[1]:
        return None
    return SavedModel(content, UBJSON if content[:2] == b"{L" else JSON, value.name.rpartition(".")[2])


def _contents(value: Any) -> list[bytes]:
    boosters = [item for item in records_in(value) if item.name == BOOSTER and isinstance(item.state, dict)]
    contents = [bytes_of(item.state.get("handle")) for item in boosters]
    return [content for content in contents if content is not None]

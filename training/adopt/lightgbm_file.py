"""LightGBM's models in files that are adopted: which format wrote them, and files of `save_model` as pickles."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from picklejar.errors import DamagedPickle
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.inspection import records_in
from picklejar.inert.reading.records import Record
from training.adopt.tree import node
from training.adopt.write_pickle import write_pickle

BOOSTER = "lightgbm.basic.Booster"
# What a file of `save_model` begins with, and no pickle does.
BEGINNINGS = (b"tree\n", b"tree\r\n")
ENCODERS = "sklearn.preprocessing._encoders"
# What the text of release 3 has near its beginning, and what a wrapper has since 4.7.
OF_3, LONGEST_BEGINNING, SINCE_4_7 = "version=v3", 100, "_fitted_with_feature_names"
CATEGORIES = "\npandas_categorical:"
# The ranges of features of numbers.
INFOS, RANGE = "\nfeature_infos=", re.compile(r"\[([-+.\de]+):([-+.\de]+)\]")
# What a loaded booster has, beside its text, in LightGBM 3 and 4.
LOADED: dict[str, Any] = {
    "network": False,
    "_network": False,
    "_train_data_name": "training",
    "params": {},
    "best_iteration": -1,
    "best_score": {},
    "name_valid_sets": [],
    "train_set_version": 0,
}


def is_model_text(data: bytes) -> bool:
    """Return whether a file is one of LightGBM's `save_model`."""
    return data.startswith(BEGINNINGS)


def as_pickle(data: bytes) -> bytes:
    """Return the pickle of the `Booster` that a file of `save_model` is; raises DamagedPickle where it is no text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise DamagedPickle("The text of the model is not in UTF-8.") from None
    state = {"handle": text, "pandas_categorical": _categories(text), **LOADED}
    return write_pickle(node("lightgbm.basic", "Booster", state=state))


def _categories(text: str) -> Any:
    """Return the lists of categories of a frame's columns, which stand behind the model, or None."""
    _, found, behind = text.rpartition(CATEGORIES)
    if not found:
        return None
    try:
        return json.loads(behind)
    except (ValueError, RecursionError):
        raise DamagedPickle("The text of the model ends within its categories.") from None


def release(value: Any) -> str:
    """Return the release of LightGBM that wrote the boosters of a file, as far as it is known: 3, 4 or 4.7, or none."""
    found = ""
    for record in _records(value):
        if text := _text(record):
            found = max(found, "3" if f"\n{OF_3}\n" in text[:LONGEST_BEGINNING] else "4")
        if record.name.startswith("lightgbm.") and SINCE_4_7 in record.state:
            found = max(found, "4.7")
    return found


def ranges(record: Record) -> dict[int, tuple[float, float]]:
    """Return the least and the largest value of each column of numbers that a model learned, as its text says them."""
    found: dict[int, tuple[float, float]] = {}
    for text in filter(None, (_text(each) for each in _records(record))):
        start = text.find(INFOS) + len(INFOS)
        infos = text[start : text.find("\n", start)].split(" ") if start >= len(INFOS) else []
        for at, match in enumerate(map(RANGE.fullmatch, infos)):
            if match is not None:
                found[at] = float(match[1]), float(match[2])
    return found


def release_of_labels(record: Record) -> str:
    """Return the scikit-learn that a classifier's encoder of labels was written by, or none."""
    encoder = record.state.get("_le") if isinstance(record.state, dict) else None
    state = encoder.state if isinstance(encoder, Record) else None
    found = state.get("_sklearn_version") if isinstance(state, dict) else None
    return found if isinstance(found, str) else ""


def category_columns(
    value: Any, names: Collection[tuple[str, str]], estimator: InertEstimator | None
) -> frozenset[int]:
    """Return the columns that LightGBM wants of pandas' type category, if a file is a model of it.

    Where encoders come first, these have the categories.
    """
    is_encoded = any(module == ENCODERS for module, _ in names)
    if estimator is None or is_encoded or not release(value):
        return frozenset()
    return frozenset(at for at in range(estimator.n_features_in_) if estimator.categories(at) is not None)


def spaced(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return names with the spaces that columns have where LightGBM has underscores."""
    by_name: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(column.replace(" ", "_"), []).append(column)
    return [by_name[name][0] if name not in columns and len(by_name.get(name, [])) == 1 else name for name in names]


def _text(record: Record) -> str:
    text = record.state.get("_handle") or record.state.get("handle") if record.name == BOOSTER else None
    return text if isinstance(text, str) else ""


def _records(value: Any) -> Iterator[Record]:
    """Yield the records of a tree that have attributes."""
    return (item for item in records_in(value) if isinstance(item.state, dict))

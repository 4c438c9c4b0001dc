"""LightGBM's models in files that are adopted: which format wrote them, and files of `save_model` as pickles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from picklejar.errors import DamagedPickle
from picklejar.inert.reading.records import Record
from training.adopt.tree import node
from training.adopt.write_pickle import write_pickle

BOOSTER = "lightgbm.basic.Booster"
# What a file of `save_model` begins with, and no pickle does.
BEGINNINGS = (b"tree\n", b"tree\r\n")
CATEGORIES = "\npandas_categorical:"
# What a loaded booster has, beside its text, in LightGBM 3 and 4.
LOADED: dict[str, Any] = {
    **{"network": False, "_network": False, "_train_data_name": "training", "params": {}},
    **{"best_iteration": -1, "best_score": {}, "name_valid_sets": [], "train_set_version": 0},
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


def texts(value: Any) -> Iterator[str]:
    """Return the texts of the boosters in a tree of records."""
    seen: set[int] = set()
    left = [value]
    while left:
        item = left.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Record):
            left += [*item.args, item.state, *(part for pair in item.items for part in pair)]
            if item.name == BOOSTER and isinstance(item.state, dict):
                text = item.state.get("_handle") or item.state.get("handle")
                yield from [text] if isinstance(text, str) else []
        elif isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list | tuple):
            left += item

"""Files as XGBoost's own: a document of one stump or more, as JSON or UBJSON, and pickles that hold it."""

from __future__ import annotations

import io
import json
import pickle
import struct
from collections.abc import Callable
from typing import Any

LEAF = 2**31 - 1


def stump(threshold: float = 0.5, left: float = -1.0, right: float = 2.0, feature: int = 0) -> dict[str, Any]:
    """Return a tree of one split; what is missing goes left."""
    return {
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "parents": [LEAF, 0, 0],
        "split_indices": [feature, 0, 0],
        "split_conditions": [threshold, left, right],
        "split_type": [0, 0, 0],
        "default_left": [1, 0, 0],
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": "3", "size_leaf_vector": "1"},
    }


def model(trees: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return a document with some of its values changed, each by its names with points between."""
    made: dict[str, Any] = {
        "learner": {
            "attributes": {},
            "feature_names": [],
            "feature_types": [],
            "gradient_booster": {
                "model": {
                    "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))},
                    "iteration_indptr": list(range(len(trees) + 1)),
                    "tree_info": [0] * len(trees),
                    "trees": trees,
                },
                "name": "gbtree",
            },
            "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"},
            "objective": {"name": "reg:squarederror"},
        },
        "version": [3, 0, 5],
    }
    for path, value in changes.items():
        *parts, name = path.split("__")
        holder: Any = made
        for part in parts:
            holder = holder[int(part) if isinstance(holder, list) else part]
        holder[int(name) if isinstance(holder, list) else name] = value
    return made


def ubjson(value: Any) -> bytes:
    """Return UBJSON as XGBoost writes it: lists of numbers as typed arrays, lengths of eight bytes."""
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, int):
        return b"L" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"d" + struct.pack(">f", value)
    if isinstance(value, str):
        return b"S" + _sized(value)
    if isinstance(value, dict):
        return b"{" + b"".join(_sized(name) + ubjson(item) for name, item in value.items()) + b"}"
    size = b"#L" + struct.pack(">q", len(value))
    if value and all(type(item) in (int, float) for item in value):
        kind, code = ("d", "f") if any(type(item) is float for item in value) else ("l", "i")
        return b"[$" + kind.encode() + size + struct.pack(f">{len(value)}{code}", *value)
    return b"[" + size + b"".join(map(ubjson, value))


def _sized(text: str) -> bytes:
    content = text.encode()
    return b"L" + struct.pack(">q", len(content)) + content


def pickled(
    document: dict[str, Any] | bytes,
    name: str = "XGBRegressor",
    inside: Callable[[Any], Any] = lambda whole: whole,
    **attributes: Any,
) -> bytes:
    """Return the pickle of a wrapper, or of a `Booster` by itself, that holds a document; no XGBoost is needed.

    `inside` is called with it, and answers what is pickled in its place.
    """
    handle = document if isinstance(document, bytes) else json.dumps(document).encode()
    booster = _Named("xgboost.core", "Booster", {"handle": bytearray(handle)})
    whole = _Named("xgboost.sklearn", name, {"missing": float("nan"), **attributes, "_Booster": booster})
    file = io.BytesIO()
    _Pickler(file, 4).dump(inside(booster if name == "Booster" else whole))
    return file.getvalue()


class _Named:
    def __init__(self, module: str, name: str, state: dict[str, Any]) -> None:
        self.module, self.name, self.state = module, name, state


class _Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]  Python's own, in Python
    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if not isinstance(obj, _Named) or id(obj) in self.memo:
            super().save(obj, save_persistent_id)
            return
        super().save(obj.module)
        super().save(obj.name)
        self.write(pickle.STACK_GLOBAL + pickle.EMPTY_TUPLE + pickle.NEWOBJ)
        self.memoize(obj)
        super().save(obj.state)
        self.write(pickle.BUILD)

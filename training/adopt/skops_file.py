"""Reads a file of skops, a zip of schema.json and arrays, as the tree of records that its pickle would be.

Over 250 lines, because each node of the schema stands beside what a pickle has in its place.
"""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from picklejar.errors import DamagedPickle, UnreadablePickle
from training.adopt.tree import Node, call, node, node_class, own_tree

ZIP = b"PK\x03\x04"
SCHEMA = "schema.json"
NEWEST_PROTOCOL = 2
# What a file may be unpacked; one of a few bytes can be made that fills any memory.
MOST_BYTES = 2**32
# Of what contains another; the schema is walked by recursion.
MOST_NESTED = 150
KEYS: dict[str, Callable[[str], Any]] = {"builtins.str": str, "builtins.int": int, "builtins.float": float}
# Pickles make these objects by a function of their module.
MADE_BY_NEW_OBJ = ("sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree", "sklearn.metrics._dist_metrics")
Schema = dict[str, Any]


def is_skops(data: bytes) -> bool:
    """Return whether a file's first bytes are those of a zip."""
    return data.startswith(ZIP)


def skops_tree(data: bytes) -> Any:
    """Return what a file of skops holds, whatever it names; imports nothing and calls nothing of it.

    Raises:
        DamagedPickle: it is not a whole file of skops, or of a newer protocol.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if sum(item.file_size for item in file.infolist()) > MOST_BYTES:
                raise DamagedPickle("The file unpacks to more than 4 GB.")
            schema = json.loads(file.read(SCHEMA))
            if not isinstance(schema, dict) or schema.get("protocol") not in range(NEWEST_PROTOCOL + 1):
                raise DamagedPickle("The file is not one of skops, or of a newer skops than is read.")
            return _Nodes(file).tree(schema)
    except (UnreadablePickle, MemoryError):
        raise
    # Whatever its values provoke, the file is not what skops writes.
    except Exception as error:
        raise DamagedPickle("The file is not a whole file of skops.") from error


class _Nodes:
    """Turns the nodes of a schema into records, each once."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self._made: dict[int, Any] = {}
        self._arrays: dict[str, Any] = {}
        self._depth = 0

    def tree(self, schema: Schema) -> Any:
        loader, at = schema["__loader__"], schema.get("__id__")
        if loader == "JsonNode":
            return json.loads(schema["content"])
        if at in self._made:
            return self._made[at]
        read = READERS.get(loader)
        if read is None:
            raise DamagedPickle(f"The file has a {str(loader)[:50]!r} of skops, which is not read.")
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise DamagedPickle(f"The file nests more than {MOST_NESTED} values within one another.")
        made = read(self, schema)
        self._depth -= 1
        if isinstance(at, int):
            self._made[at] = made
        return made

    def items(self, schemas: list[Schema]) -> list[Any]:
        return [self.tree(schema) for schema in schemas]

    def mapping(self, schema: Schema) -> Any:
        kinds = [_name(kind) for kind in schema["key_types"]["content"]]
        content = schema["content"]
        if len(kinds) != len(content):
            raise DamagedPickle("A mapping of the file does not say of what type each of its keys is.")
        items = [(KEYS[kind](key), self.tree(content[key])) for kind, key in zip(kinds, content, strict=True)]
        if _name(schema) == "builtins.dict":
            return dict(items)
        other = node(*_origin(schema))
        other.items = items
        return other

    def default_dict(self, schema: Schema) -> Any:
        content = schema["content"]
        made = call("collections", "defaultdict", self.tree(content["default_factory"]))
        made.items = [*self.tree(content["main"]).items()]
        return made

    def list_of(self, schema: Schema) -> Any:
        return self.items(schema["content"])

    def tuple_of(self, schema: Schema) -> Any:
        items = tuple(self.items(schema["content"]))
        return items if _name(schema) == "builtins.tuple" else call(*_origin(schema), *items)

    def set_of(self, schema: Schema) -> Any:
        return set(self.items(schema["content"]))

    def bytes_of(self, schema: Schema) -> Any:
        return self._file.read(schema["file"])

    def bytearray_of(self, schema: Schema) -> Any:
        return bytearray(self._file.read(schema["file"]))

    def slice_of(self, schema: Schema) -> Any:
        content = schema["content"]
        return call("builtins", "slice", *(content[part] for part in ("start", "stop", "step")))

    def named(self, schema: Schema) -> Any:
        if "content" in schema:  # protocol 0
            return node_class(schema["content"]["module_path"], schema["content"]["function"])
        return node_class(*_origin(schema))

    def partial(self, schema: Schema) -> Any:
        parts = {name: self.tree(item) for name, item in schema["content"].items()}
        state = (parts["func"], parts["args"], parts["kwds"], parts["namespace"] or None)
        return call("functools", "partial", parts["func"], state=state)

    def object_of(self, schema: Schema) -> Any:
        module, name = _origin(schema)
        content = schema.get("content")
        state = None if content is None else self.tree(content)
        made = call(module, "newObj", node_class(module, name)) if module in MADE_BY_NEW_OBJ else node(module, name)
        return made if state is None else _with_state(made, state)

    def called(self, schema: Schema) -> Any:
        return call(*_origin(schema), *self.tree(schema["content"]))

    def reduced(self, schema: Schema) -> Any:
        made = call(*_origin(schema), *self.tree(schema["__reduce__"]["args"]))
        state = self.tree(schema["content"])
        return _with_state(made, state) if state else made

    def method(self, schema: Schema) -> Any:
        content = schema["content"]
        return call("builtins", "getattr", self.tree(content["obj"]), content["func"])

    def operator(self, schema: Schema) -> Any:
        return call("operator", _origin(schema)[1], *self.tree(schema["attrs"]))

    def array(self, schema: Schema) -> Any:
        if schema["type"] == "json":
            shape = self.tree(schema["shape"])
            return _objects(_flat(self.items(schema["content"]), len(shape)), shape)
        file = schema["file"]
        if file not in self._arrays:
            values = np.load(io.BytesIO(self._file.read(file)), allow_pickle=False)
            is_array = _name(schema) == "numpy.ndarray"
            self._arrays[file] = own_tree(pickle.dumps(values if is_array else values[()], 4))
        return self._arrays[file]

    def masked(self, schema: Schema) -> Any:
        content = schema["content"]
        return call("numpy.ma", "MaskedArray", self.tree(content["data"]), self.tree(content["mask"]))

    def dtype(self, schema: Schema) -> Any:
        content = schema["content"]
        if content["type"] == "json":
            return own_tree(pickle.dumps(np.dtype(object), 4))
        values = np.load(io.BytesIO(self._file.read(content["file"])), allow_pickle=False)
        return own_tree(pickle.dumps(values.dtype, 4))

    def random_state(self, schema: Schema) -> Any:
        state = self.tree(schema["content"])
        return call("numpy.random._pickle", "__randomstate_ctor", state["bit_generator"], state=state)

    def generator(self, schema: Schema) -> Any:
        state = self.tree(schema["content"]["bit_generator"])
        bits = call("numpy.random._pickle", "__bit_generator_ctor", state["bit_generator"], state=state)
        return call("numpy.random._pickle", "__generator_ctor", bits)

    def sparse(self, schema: Schema) -> Any:
        # Not read in pickles either, which say so of the estimator that has it.
        return node(*_origin(schema))


READERS: dict[Any, Callable[[_Nodes, Schema], Any]] = {
    "BytearrayNode": _Nodes.bytearray_of,
    "BytesNode": _Nodes.bytes_of,
    "ConstructorFromReduceNode": _Nodes.called,
    "DTypeNode": _Nodes.dtype,
    "DefaultDictNode": _Nodes.default_dict,
    "DictNode": _Nodes.mapping,
    "FunctionNode": _Nodes.named,
    "ListNode": _Nodes.list_of,
    "LossNode": _Nodes.reduced,
    "MaskedArrayNode": _Nodes.masked,
    "MethodNode": _Nodes.method,
    "NdArrayNode": _Nodes.array,
    "ObjectNode": _Nodes.object_of,
    "OperatorFuncNode": _Nodes.operator,
    "PartialNode": _Nodes.partial,
    "RandomGeneratorNode": _Nodes.generator,
    "RandomStateNode": _Nodes.random_state,
    "SetNode": _Nodes.set_of,
    "SliceNode": _Nodes.slice_of,
    "SparseMatrixNode": _Nodes.sparse,
    "TreeNode": _Nodes.reduced,
    "TupleNode": _Nodes.tuple_of,
    "TypeNode": _Nodes.named,
}


def _origin(schema: Schema) -> tuple[str, str]:
    module, name = schema["__module__"], schema["__class__"]
    if not (isinstance(module, str) and isinstance(name, str)):
        raise DamagedPickle("An object of the file has no class.")
    return module, name


def _name(schema: Schema) -> str:
    return ".".join(_origin(schema))


def _with_state(made: Node, state: Any) -> Node:
    made.state = state
    return made


def _objects(items: list[Any], shape: tuple[int, ...]) -> Any:
    """Return an array of objects as a pickle has it, in C's order."""
    made = own_tree(pickle.dumps(np.empty(0, dtype=object), 4))
    version, _, dtype, fortran, _ = made.state
    made.state = version, tuple(shape), dtype, fortran, items
    return made


def _flat(items: list[Any], dimensions: int) -> list[Any]:
    for _ in range(dimensions - 1):
        items = [inner for item in items for inner in item]
    return items

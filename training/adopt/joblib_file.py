"""The plain pickle in a file of pickle or joblib; nothing in it runs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import pickletools
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from picklejar.errors import DamagedPickle, PicklejarError, UnreadablePickle
from picklejar.inert.reading import arrays
from picklejar.inert.reading.records import Record, stand_in
from training.adopt import lightgbm_file
from training.adopt.boosters import as_pickle, is_saved_model

# What joblib compresses with, by the first bytes of what comes out.
COMPRESSIONS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x78": zlib.decompress,
    b"\x1f\x8b": gzip.decompress,
    b"BZ": bz2.decompress,
    b"\xfd7zXZ": lzma.decompress,
    b"\x5d\x00": lzma.decompress,
}
LZ4 = b"\x04\x22\x4d\x18"
PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
GETS = {"GET", "BINGET", "LONG_BINGET"}
# Of arrays: what every Python that is read can load.
PROTOCOL = 4
# NumPy 2 reads either name, NumPy 1 the older one alone.
NUMPY_2, NUMPY_1 = "numpy._core.multiarray", b"\x8c\x15numpy.core.multiarray"
# What says how the others are to be read, and is to be said once.
AROUND = {"PROTO", "FRAME", "STOP"}


class NotAdopted(PicklejarError):
    """A file or sample cannot be adopted; says why, and what to do."""


def plain(path: Path) -> bytes:
    """Return the file's content as a plain pickle, decompressed, with its arrays in place.

    joblib writes an array's bytes between two opcodes; here each becomes an opcode, and all others stay. A file of
    XGBoost's `save_model` becomes the pickle of its wrapper, and one of LightGBM's that of its booster.

    Raises:
        NotAdopted: the file cannot be opened or decompressed.
        UnreadablePickle: it is not a whole pickle, nor one of joblib's, nor a model of XGBoost's that is read.
    """
    data = _decompressed(_content(path), path)
    if is_saved_model(data):
        return as_pickle(data)
    if lightgbm_file.is_model_text(data):
        return lightgbm_file.as_pickle(data)
    if _Wrapper.name.encode().rpartition(b".")[2] not in data:
        return data
    try:
        reader = _Reader(io.BytesIO(data))
        reader.load()
        spliced = _Spliced()
        opcodes = spliced.opcodes(data, reader.edits)
        pieces = [pickle.PROTO, bytes([spliced.protocol]), *opcodes, pickle.STOP]
    except UnreadablePickle:
        raise
    except Exception as error:  # each opcode fails in a way of its own
        raise DamagedPickle("The file is not a whole file of joblib: it ends early, or contradicts itself.") from error
    return b"".join(pieces)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotAdopted(f"{path} cannot be opened: {error.strerror}.") from error


def _decompressed(data: bytes, path: Path) -> bytes:
    if data.startswith(LZ4):
        raise NotAdopted(f"{path} is compressed by lz4, which is not read here; dump it with compress=3 instead.")
    decompress = next((item for magic, item in COMPRESSIONS.items() if data.startswith(magic)), None)
    if decompress is None:
        return data
    try:
        return decompress(data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise NotAdopted(
            f"{path} begins like a compressed file, and cannot be decompressed: it is cut or damaged."
        ) from error


class _Wrapper(Record):
    __slots__ = ()
    name: ClassVar[str] = "joblib.numpy_pickle.NumpyArrayWrapper"
    # Until 0.20 scikit-learn had a joblib of its own.
    within: ClassVar[str] = f"sklearn.externals.{name}"


class _Edit(NamedTuple):
    opcodes: bytes
    content: bytes
    resume: int


class _Reader(pickle._Unpickler):
    """Finds records for any global, and goes past arrays; in Python, because C has no hook."""

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    stack: list[Any]

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._file = file
        self.edits: dict[int, _Edit] = {}

    def find_class(self, module: str, name: str) -> Any:
        return _Wrapper if f"{module}.{name}" in (_Wrapper.name, _Wrapper.within) else stand_in(module, name)

    def load_frame(self) -> None:
        # Read straight from the file, so that its place is that of the opcode.
        self._file.read(8)

    def load_global(self) -> None:
        super().load_global()  # type: ignore[misc]
        self._edit(pickle.NONE, when=self.stack[-1] is _Wrapper)

    def load_stack_global(self) -> None:
        super().load_stack_global()  # type: ignore[misc]
        self._edit(pickle.POP + pickle.POP + pickle.NONE, when=self.stack[-1] is _Wrapper)

    def load_newobj(self) -> None:
        super().load_newobj()  # type: ignore[misc]
        self._edit(pickle.POP, when=isinstance(self.stack[-1], _Wrapper))

    def load_build(self) -> None:
        super().load_build()  # type: ignore[misc]
        wrapper = self.stack[-1]
        if isinstance(wrapper, _Wrapper):
            place = self._file.tell()
            content = _array(wrapper.state, self._file)
            self.edits[place] = _Edit(pickle.POP + pickle.POP, content, self._file.tell())

    def _edit(self, opcodes: bytes, *, when: bool) -> None:
        if when:
            place = self._file.tell()
            self.edits[place] = _Edit(opcodes, b"", place)

    dispatch |= {
        pickle.FRAME[0]: load_frame,
        pickle.GLOBAL[0]: load_global,
        pickle.STACK_GLOBAL[0]: load_stack_global,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.BUILD[0]: load_build,
    }


def _array(wrapper: Mapping[str, Any], file: io.BytesIO) -> bytes:
    if arrays.type_name(wrapper["dtype"]) in arrays.OBJECTS:
        start = file.tell()
        for _ in pickletools.genops(file):
            pass
        return file.getvalue()[start : file.tell()]
    dtype, shape = arrays.array_type(wrapper["dtype"]), wrapper["shape"]
    if wrapper.get("numpy_array_alignment_bytes") is not None:
        file.read(file.read(1)[0])
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    result = np.frombuffer(file.read(size), dtype).reshape(shape, order=wrapper["order"])
    return pickle.dumps(result, PROTOCOL)


class _Spliced:
    def __init__(self) -> None:
        self._taken = 0
        self.protocol = 2

    def opcodes(self, data: bytes, edits: Mapping[int, _Edit]) -> list[bytes]:
        result: list[bytes] = []
        file = io.BytesIO(data)
        places: dict[int, int] = {}
        for opcode, argument, start in pickletools.genops(file):
            self.protocol = max(self.protocol, opcode.proto)
            if edit := edits.get(file.tell()):
                result.append(edit.opcodes)
                if edit.content:
                    result += self.opcodes(edit.content, {})
                file.seek(edit.resume)
            elif opcode.name == "MEMOIZE" or opcode.name in PUTS:
                places[len(places) if opcode.name == "MEMOIZE" else int(argument or 0)] = self._taken
                result.append(pickle.LONG_BINPUT + self._taken.to_bytes(4, "little"))
                self._taken += 1
            elif opcode.name in GETS:
                result.append(pickle.LONG_BINGET + places[int(argument or 0)].to_bytes(4, "little"))
            elif argument == NUMPY_2 and opcode.name == "SHORT_BINUNICODE":
                result.append(NUMPY_1)
            elif opcode.name not in AROUND:
                result.append(data[start : file.tell()])
        return result

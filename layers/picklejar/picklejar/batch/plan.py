"""The plan: which version of a model predicts from which version of a file, in which chunks."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import msgspec
import numpy as np

from picklejar.batch.columns import Columns
from picklejar.batch.files import PIECE_BYTES
from picklejar.batch.layout import Layout, find_layout
from picklejar.batch.lines import csv_rows, json_rows, row_ends
from picklejar.batch.source import Source
from picklejar.batch.text import Copy, NotUtf8, Watched, from_cp1252, prepared
from picklejar.cells.text import LONGEST_ROW
from picklejar.errors import FileRefused, ModelNotFound
from picklejar.manifest import Manifest
from picklejar.signature import Signature

# Some ten thousand rows: long enough to be worth a container, short enough to be held in its memory.
CHUNK_BYTES = 8 * 1024 * 1024


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """Bytes from `start` up to `end`: `rows` whole rows, the first of which is the file's row `first`, from 1."""

    start: int
    end: int
    first: int
    rows: int


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is read, by which model, in which chunks; or the `refusal` that says why nothing is.

    `key`, `source_version` and `size` identify the file; `text` is the key of its copy, where the file itself is packed
    or not in UTF-8. `absent` are features without a column.
    """

    key: str
    source_version: str | None
    size: int
    model: str
    version: str | None = None
    text: str | None = None
    absent: tuple[str, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    refusal: str | None = None

    @property
    def rows(self) -> int:
        return sum(chunk.rows for chunk in self.chunks)


def refused(source: Source, model: str, error: FileRefused | ModelNotFound) -> Plan:
    """Return the plan to predict nothing."""
    return Plan(key=source.key, source_version=source.version, size=source.size, model=model, refusal=str(error))


def make_plan(source: Source, manifest: Manifest, copy: Copy) -> Plan:
    """Return the plan for a source, read once if it is UTF-8 text, else copied; raises FileRefused."""
    text = prepared(source, copy)
    try:
        absent, found = _found(text, manifest.signature)
    except NotUtf8:
        text = from_cp1252(text, copy)
        absent, found = _found(text, manifest.signature)
    return Plan(
        key=source.key,
        source_version=source.version,
        size=source.size,
        model=manifest.name,
        version=manifest.version,
        text=None if text is source else text.key,
        absent=absent,
        chunks=found,
    )


def _found(text: Source, signature: Signature) -> tuple[tuple[str, ...], tuple[Chunk, ...]]:
    layout = find_layout(text, signature.dialect)
    if layout.format == "jsonl":
        found = tuple(chunks(layout.start, _json_ends(text, layout), CHUNK_BYTES))
        if not found:
            raise FileRefused("The file is empty.")
        return (), found
    watched = Watched(text)
    # Names in another encoding cannot be found, and all of the file tells which it is.
    absent = Columns(signature, layout).absent if layout.is_utf_8 else ()
    found = tuple(_csv_chunks(watched, layout))
    watched.check(signature.dialect)
    return absent, found


def chunks(
    start: int, ends: Iterator[int], most_bytes: int, most_rows: float = math.inf, first: int = 1
) -> Iterator[Chunk]:
    """Yield chunks of the rows that end at `ends`, each as soon as it has so many bytes or rows."""
    rows, end = 0, start
    for end in ends:
        rows += 1
        if end - start >= most_bytes or rows >= most_rows:
            yield Chunk(start, end, first, rows)
            start, first, rows = end, first + rows, 0
    if rows:
        yield Chunk(start, end, first, rows)


def _csv_chunks(watched: Watched, layout: Layout) -> Iterator[Chunk]:
    watched.take(layout.start)
    start, first = layout.start, 1
    while chunk := _plain_chunk(watched, layout, start, first):
        yield chunk
        start, first = chunk.end, first + chunk.rows
    # What is left, by csv: most of the time nothing.
    yield from chunks(start, _csv_ends(watched, layout, start, first), CHUNK_BYTES, first=first)


def _plain_chunk(watched: Watched, layout: Layout, start: int, first: int) -> Chunk | None:
    """Return the next chunk, which begins here; None, with nothing read, where csv has to find its end."""
    wanted = CHUNK_BYTES + LONGEST_ROW + len(b"\r\n")
    content = watched.take(wanted)
    is_last = len(content) < wanted
    # A quote that is open where the file ends is told by csv.
    is_whole = not is_last or content.count(b'"') % 2 == 0
    ends = row_ends(content + b"\n" * is_last, layout.delimiter) if is_whole else None
    rows = 0 if ends is None else int(np.searchsorted(ends, CHUNK_BYTES)) + 1
    if ends is None or len(ends) == 0 or (rows > len(ends) and not is_last):
        watched.give_back(content)
        return None
    rows = min(rows, len(ends))
    end = min(int(ends[rows - 1]), len(content))
    watched.give_back(content[end:])
    return Chunk(start, start + end, first, rows)


def _csv_ends(watched: Watched, layout: Layout, start: int, first: int) -> Iterator[int]:
    # Each byte as a character, as the layout reads it. A file's quotes have to be read from its beginning: whether a
    # line end is one of a row's depends on all quotes before it.
    text = io.TextIOWrapper(io.BufferedReader(watched, PIECE_BYTES), "latin-1", newline="")
    for _, characters in csv_rows(text, layout.delimiter, first, layout.dialect):
        yield start + characters


def _json_ends(source: Source, layout: Layout) -> Iterator[int]:
    for size in json_rows(source.opened(layout.start)):
        yield layout.start + size

"""Predicts rows as they come through a pipe, by an endpoint: a part is written before the next is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Buffer, Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

import msgspec
import numpy as np

from picklejar.batch.columns import Known, Values
from picklejar.batch.job import score
from picklejar.batch.layout import HEAD_BYTES, Layout, layout_of
from picklejar.batch.lines import csv_rows, json_rows
from picklejar.batch.plan import chunks
from picklejar.batch.predict import ROWS_AT_ONCE, Answers, in_requests
from picklejar.batch.rows import rows_of
from picklejar.cells.dialect import Dialect
from picklejar.cells.text import GZIP, MARK, encoding_of, not_text, unmarked_encoding
from picklejar.errors import FileRefused
from picklejar.signature import Signature
from training.client import ModelEndpoint

# Rows may be as long as a megabyte each, and a part is held in memory.
MOST_BYTES_AT_ONCE = 4 * 1024 * 1024
SCORE_INSTEAD = "Give the file to picklejar score, which reads all of it first."


def predict_piped(
    source: io.BufferedReader, target: BinaryIO, endpoint: ModelEndpoint, complain: Callable[[str], None]
) -> int:
    """Write each row of `source` with its prediction to `target`, as `picklejar score` does; return the rows refused.

    `complain` is told of features without a column, and of each broken rule. A row with one has no prediction.

    Raises:
        FileRefused: these are no rows, or what comes next is none; what came before is written.
        EndpointError: the endpoint cannot be asked any more.
    """
    signature, head = endpoint.signature, _head(source)
    layout = _layout(head, signature.dialect)
    _check_text(head[: layout.start], layout)
    rows, kept = rows_of(layout, signature), _Kept(head[layout.start :], source)
    if rows.absent:
        complain(f"No column gave {', '.join(rows.absent)}.")
    _write(target, rows.header())
    refused = 0
    for chunk in chunks(0, _ends(kept, layout), MOST_BYTES_AT_ONCE, ROWS_AT_ONCE):
        content = kept.take(chunk.end)
        _check_text(content, layout)
        result, broken, part = score(partial(_ask, endpoint), rows, content, chunk)
        _write(target, result)
        for row, _, _, message in csv.reader(io.StringIO(broken.decode(), newline="")):
            complain(f"Row {row}: {message}")
        refused += part.refused
    return refused


def _ask(endpoint: ModelEndpoint, instances: dict[int, bytes], known: Known | None) -> Answers:
    answers = Answers([], [[] for _ in endpoint.outputs], [])
    if known is not None:
        instances = instances | dict(_instances(known, endpoint.signature))
    for rows, outputs in in_requests(instances, endpoint.answers, answers.broken):
        answers.rows.extend(rows.tolist())
        for output, more in zip(answers.outputs, outputs, strict=True):
            output.extend(more)
    return answers


def _instances(known: Known, signature: Signature) -> Iterator[tuple[int, bytes]]:
    """Yield the known rows in JSON, by their numbers."""
    rows = known.rows.tolist()
    both = zip(signature.features, known.columns, strict=True)
    columns = [_values(column, rows, is_whole=feature.type == "integer") for feature, column in both]
    for row, *values in zip(rows, *columns, strict=True):
        yield row, msgspec.json.encode(dict(zip(signature.names, values, strict=True)))


def _values(column: Values, rows: list[int], *, is_whole: bool) -> list[Any]:
    if isinstance(column, np.ndarray):
        # Whole numbers of a file are read as floats, too.
        values: list[Any] = column[rows].astype(int if is_whole else float).tolist()
        return values
    return [column[row] for row in rows]


def _write(target: BinaryIO, content: bytes) -> None:
    target.write(content)
    # Whoever reads may wait for it, before more is sent.
    target.flush()


class _Kept(io.RawIOBase):
    """What comes through a pipe behind what was read of it already; keeps it until it is taken."""

    def __init__(self, begun: bytes, source: io.BufferedReader) -> None:
        self._begun, self._source = begun, source
        self._kept, self._taken = bytearray(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        # No more than is there: whoever writes may wait for the answer.
        piece = self._begun[: len(view)] or self._source.read1(len(view))
        self._begun = self._begun[len(piece) :]
        view[: len(piece)] = piece
        self._kept += piece
        return len(piece)

    def take(self, end: int) -> bytes:
        """Return what was read and not taken, up to the byte `end` of all."""
        piece = bytes(self._kept[: end - self._taken])
        del self._kept[: len(piece)]
        self._taken = end
        return piece


def _head(source: io.BufferedReader) -> bytes:
    """Return the first lines, at least to the end of the first row, which is the first line end outside of quotes."""
    head = b""
    while len(head) < HEAD_BYTES and (line := source.readline(HEAD_BYTES - len(head))):
        head += line
        is_before = not line.removeprefix(MARK).strip() or line.removeprefix(MARK).startswith(b"sep=")
        if not is_before and head.count(b'"') % 2 == 0:
            break
    return head


def _layout(head: bytes, dialect: Dialect) -> Layout:
    if head.startswith(GZIP):
        raise FileRefused("What comes is packed by gzip; unpack it before, as by gunzip -c.")
    if encoding_of(head) == "utf-16":
        raise FileRefused(f"What comes is UTF-16 text, and UTF-8 is read here. {SCORE_INSTEAD}")
    is_json = head.removeprefix(MARK).lstrip().startswith(b"{")
    return layout_of("jsonl" if is_json else "csv", head, dialect)


def _check_text(content: bytes, layout: Layout) -> None:
    """Raise FileRefused where a CSV's encoding is another, or cannot be known before all of it is read."""
    if content.isascii() or layout.format == "jsonl":
        return
    try:
        content.decode()
        is_utf_8 = True
    except UnicodeDecodeError:
        is_utf_8 = False
    if layout.mark and not is_utf_8:
        raise not_text("utf-8")
    if not layout.mark and unmarked_encoding(layout.dialect, is_utf_8=is_utf_8, is_ascii=False) != "utf-8":
        raise FileRefused(f"What comes is not UTF-8 text. {SCORE_INSTEAD}")


def _ends(kept: _Kept, layout: Layout) -> Iterator[int]:
    content = io.BufferedReader(kept)
    if layout.format == "jsonl":
        yield from json_rows(content)
        return
    text = io.TextIOWrapper(content, "latin-1", newline="")
    yield from (end for _, end in csv_rows(text, layout.delimiter, 1, layout.dialect))

"""The rows of a CSV with a header, whose cells mean what they mean in the model's other files."""

from __future__ import annotations

import io
from typing import Any

from picklejar.batch.columns import Columns
from picklejar.batch.layout import Layout
from picklejar.batch.lines import csv_rows
from picklejar.cells.meaning import UNREADABLE, is_empty
from picklejar.cells.text import decoded, start_of
from picklejar.errors import FileRefused
from picklejar.signature import Signature

from .rows import refuse_too_large, refused


def rows_of_csv(content: bytes, signature: Signature) -> list[dict[str, Any]]:
    """Return the rows of a file; raises TooLarge and InvalidInstances."""
    try:
        return _rows(content, signature)
    except FileRefused as error:
        raise refused(str(error)) from None


def _rows(content: bytes, signature: Signature) -> list[dict[str, Any]]:
    # Whatever the model's files are in: a body that is text comes as UTF-8.
    text, _ = decoded(content, signature.dialect.replaced(encoding="utf-8"))
    delimiter, said = start_of(text, signature.dialect)
    lines = csv_rows(io.StringIO(text[len(said) :], newline=""), delimiter, 0, signature.dialect)
    header = next(lines, ([], 0))[0]
    columns = Columns(signature, Layout("csv", b"", 0, signature.dialect, delimiter, header=tuple(header)))
    rows: list[dict[str, Any]] = []
    for cells, _ in lines:
        if is_empty(cells, len(header)):
            continue
        if len(cells) != len(header):
            raise refused(f"The row has {len(cells):,} cells, and the first line has {len(header):,}.", len(rows))
        refuse_too_large(len(rows) + 1, len(signature.features) - len(columns.absent))
        rows.append(columns.instance(cells))
        if UNREADABLE in rows[-1].values():
            _refuse_unreadable(len(rows) - 1, rows[-1], columns)
    return rows


def _refuse_unreadable(row: int, instance: dict[str, Any], columns: Columns) -> None:
    for name in instance:
        if end := columns.unreadable(name, instance):
            raise refused(f"{name} {end}.", row, name)

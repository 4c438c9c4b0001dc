"""A chunk's rows as instances, and as they are written with predictions, as CSV or JSON Lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from picklejar.batch.columns import Columns
from picklejar.batch.layout import Layout
from picklejar.batch.predict import Answers
from picklejar.cells.meaning import is_empty
from picklejar.cells.text import MARK, split
from picklejar.errors import BrokenRule, NotJson
from picklejar.instances import decode_json
from picklejar.signature import Signature
from picklejar.wording import Label, cell_of

PREDICTION, PROBABILITY, PROBABILITIES, SCORE = "prediction", "probability", "probabilities", "score"
# An instance stands two deep in a request, and JSON is read to some ten thousand. No shorter line is nested so deeply.
NESTED = b"[[[[%b]]]]"
LONGEST_SHALLOW = 10_000


class Row(NamedTuple):
    """A row as it was read, and as an instance in JSON or the rule that it breaks; an empty one is neither."""

    content: Any
    instance: bytes | None = None
    broken: tuple[str, str] | None = None

    @property
    def is_empty(self) -> bool:
        return self.instance is None and self.broken is None


class Rows(Protocol):
    """One way to read and write rows."""

    def header(self) -> bytes:
        """Return what stands before the first row of the result."""

    def read(self, chunk: bytes) -> Iterator[Row]:
        """Yield the rows of a chunk."""

    def sentence(self, rule: BrokenRule, row: Row, /) -> str:
        """Return what a broken rule means to the author of the row."""

    def written(self, rows: Sequence[tuple[Row, Answers | None]]) -> bytes:
        """Return rows, each with its answer, as the result has them."""


def rows_of(layout: Layout, signature: Signature) -> Rows:
    """Return the way to read and write a file of this layout; raises FileRefused."""
    if layout.format == "jsonl":
        return JsonRows(signature)
    return CsvRows(layout, signature)


class CsvRows:
    """A CSV's rows: every column stays, and predictions, probabilities and scores get columns."""

    def __init__(self, layout: Layout, signature: Signature) -> None:
        self._layout = layout
        self._columns = Columns(signature, layout)
        self._width = len(layout.header)
        self._added = tuple(_free_names(layout.header, signature))

    def header(self) -> bytes:
        before = self._layout.mark + self._layout.said.encode()
        return before + self._encoded([[*self._layout.header, *self._added]])

    def read(self, chunk: bytes) -> Iterator[Row]:
        text = io.StringIO(chunk.decode(), newline="")
        for cells in split(text, self._layout.delimiter, self._layout.dialect):
            if not cells:
                continue
            if is_empty(cells, self._width):
                yield Row(cells)
            elif len(cells) == self._width:
                yield Row(cells, msgspec.json.encode(self._columns.instance(cells)))
            else:
                cell = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
                yield Row(cells, None, ("cells", f"This row has {cell}, the first line has {self._width}."))

    def sentence(self, rule: BrokenRule, row: Row) -> str:
        if rule.field is None or row.instance is None:
            return rule.message
        end = self._columns.unreadable(rule.field, msgspec.json.decode(row.instance))
        return f"{rule.field} {end}." if end else rule.message

    def written(self, rows: Sequence[tuple[Row, Answers | None]]) -> bytes:
        nothing = [""] * len(self._added)
        return self._encoded(
            self._beside(row.content, nothing if answers is None else self._cells(answers)) for row, answers in rows
        )

    def _beside(self, cells: list[str], added: list[str]) -> list[str]:
        # A row that is too short or too long keeps every cell, and the added ones stay in their columns.
        padding = [""] * (self._width - len(cells))
        return [*cells[: self._width], *padding, *added, *cells[self._width :]]

    def _cells(self, answers: Answers) -> list[str]:
        prediction, *others = answers
        predictions = prediction.values() if isinstance(prediction, dict) else [prediction]
        each = [number for of_row in others for number in (of_row if isinstance(of_row, list) else [of_row])]
        return [*map(self._prediction, predictions), *(self._number(repr(number)) for number in each)]

    def _prediction(self, value: Label | float) -> str:
        return cell_of(value) if isinstance(value, str) else self._number(_label(value))

    def _number(self, written: str) -> str:
        # As the numbers beside it.
        return written.replace(".", ",") if self._layout.dialect.decimal == "," else written

    def _encoded(self, lines: Any) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._layout.delimiter, lineterminator=self._layout.newline).writerows(lines)
        return text.getvalue().encode()


class JsonRows:
    """JSON Lines: an instance a line, and beside its prediction in the result.

    A key that is not a feature is refused, as in a request. A line that is not JSON leaves null.
    """

    def __init__(self, signature: Signature) -> None:
        self._labels = [_label(label) for label in signature.target.labels]
        self._has_score = signature.score is not None

    def header(self) -> bytes:
        return b""

    def read(self, chunk: bytes) -> Iterator[Row]:
        for line in chunk.split(b"\n"):
            if written := line.strip():
                # Amid a file there is a mark where another was put behind the first.
                yield _json_row(written.removeprefix(MARK))

    def sentence(self, rule: BrokenRule, _: Row) -> str:
        whole = rule.field is None and rule.rule == "type"
        return "The line must be an object with a value for each feature." if whole else rule.message

    def written(self, rows: Sequence[tuple[Row, Answers | None]]) -> bytes:
        return b"".join(
            b'{"instance":%b,%b\n' % (row.content, msgspec.json.encode(self._answer(answers))[1:])
            for row, answers in rows
        )

    def _answer(self, answers: Answers | None) -> dict[str, Any]:
        if answers is None:
            return {PREDICTION: None}
        prediction, *probabilities = answers
        if self._has_score:
            return {PREDICTION: prediction, SCORE: probabilities[0]}
        each = {PROBABILITIES: dict(zip(self._labels, probabilities[0], strict=True))} if probabilities else {}
        return {PREDICTION: prediction} | each


def _json_row(line: bytes) -> Row:
    try:
        msgspec.json.decode(line)
        if len(line) > LONGEST_SHALLOW:
            msgspec.json.decode(NESTED % line)
        return Row(line, line)
    # What a request may have in it all the same, so that its field can be named: NaN, Infinity, 1e999.
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    try:
        decode_json(line)
        # And amid a request, where no mark may stand before it.
        decode_json(NESTED % line)
    except NotJson:
        return Row(b"null", None, ("json", "The line is not JSON in UTF-8."))
    return Row(b"null", line)


def _free_names(header: tuple[str, ...], signature: Signature) -> Iterator[str]:
    taken = {name.strip() for name in header}
    labels = signature.target.labels if "predict_proba" in signature.outputs else ()
    scores = () if signature.score is None else (SCORE,)
    several = [f"{PREDICTION}_{target.name}" for target in signature.targets]
    predictions = several if len(several) > 1 else [PREDICTION]
    for name in (*predictions, *(f"{PROBABILITY}_{_label(label)}" for label in labels), *scores):
        candidates = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
        yield next(candidate for candidate in candidates if candidate not in taken)


def _label(label: Label | float) -> str:
    return ("true" if label else "false") if isinstance(label, bool) else str(label)

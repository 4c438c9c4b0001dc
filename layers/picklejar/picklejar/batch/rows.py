"""A chunk's rows as instances, and as they are written with predictions, as CSV or JSON Lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, chain
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np

from picklejar.batch.columns import Columns, Known
from picklejar.batch.layout import Layout
from picklejar.batch.plain import columns_of, plain, shown, take_hidden
from picklejar.batch.predict import Answers
from picklejar.cells.meaning import is_empty
from picklejar.cells.text import MARK, split
from picklejar.errors import BrokenRule, NotJson
from picklejar.instances import MOST_VALUES, decode_json
from picklejar.signature import Signature
from picklejar.wording import Label, cell_of

PREDICTION, PROBABILITY, PROBABILITIES, SCORE = "prediction", "probability", "probabilities", "score"
# An instance stands two deep in a request, and JSON is read to some ten thousand. No shorter line is nested so deeply.
NESTED = b"[[[[%b]]]]"
LONGEST_SHALLOW = 10_000
# Between these, and for 0, `repr` writes no exponent.
LEAST_WITHOUT_EXPONENT, LEAST_WITH_EXPONENT = 1e-4, 1e16


class Row(NamedTuple):
    """A row as it was read, and as an instance in JSON or the rule that it breaks; an empty one is neither."""

    content: Any
    instance: bytes | None = None
    broken: tuple[str, str] | None = None

    @property
    def is_empty(self) -> bool:
        return self.instance is None and self.broken is None


@dataclass(frozen=True)
class Block:
    """So many rows in a row: those that are `known` at once, and by their numbers, from 0, those that were read alone.

    `lines` are all of them as they are in the file, where they are repeated like that, and `hidden` their cells that
    keep their quotes.
    """

    size: int
    rows: dict[int, Row]
    known: Known | None = None
    lines: Sequence[str] = ()
    hidden: Sequence[str] = ()

    @property
    def instances(self) -> dict[int, bytes]:
        return {number: row.instance for number, row in self.rows.items() if row.instance is not None}


class Rows(Protocol):
    """One way to read and write rows; `absent` are features without a column."""

    absent: tuple[str, ...]

    def header(self) -> bytes:
        """Return what stands before the first row of the result."""

    def blocks(self, chunk: bytes, size: int) -> Iterator[Block]:
        """Yield the rows of a chunk, so many together."""

    def sentence(self, rule: BrokenRule, row: Row, /) -> str:
        """Return what a broken rule means to the author of the row."""

    def written(self, block: Block, answers: Answers) -> bytes:
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
        self.absent = self._columns.absent
        self._width = len(layout.header)
        self._added = tuple(_free_names(layout.header, signature))

    def header(self) -> bytes:
        before = self._layout.mark + self._layout.said.encode()
        return before + self._encoded([[*self._layout.header, *self._added]])

    def blocks(self, chunk: bytes, size: int) -> Iterator[Block]:
        text = chunk.decode()
        match = plain(text, self._layout)
        if match is None:
            yield from _blocks_of(self._read(text), size)
            return
        for lines in batched(match.lines, size, strict=False):
            joined = self._layout.newline.join(lines)
            yield self._block(lines, joined, take_hidden(joined, match.hidden))

    def _block(self, lines: tuple[str, ...], joined: str, hidden: list[str]) -> Block:
        cells = columns_of(joined, len(lines), self._layout, self._columns.places)
        # A request of more values may be asked in parts, as its bytes have it.
        if cells is None or len(lines) * self._columns.features > MOST_VALUES:
            return _block_of(self._read(shown(joined, hidden)))
        known = self._columns.known(cells, len(lines))
        others = set(range(len(lines))).difference(known.rows.tolist())
        rows = [*self._split(shown(joined, hidden))] if others else []
        return Block(len(lines), {number: self._row(rows[number]) for number in others}, known, lines, hidden)

    def _read(self, text: str) -> Iterator[Row]:
        return map(self._row, self._split(text))

    def _split(self, text: str) -> Iterator[list[str]]:
        """Return the cells of each row; of an empty line there are none."""
        return filter(None, split(io.StringIO(text, newline=""), self._layout.delimiter, self._layout.dialect))

    def _row(self, cells: list[str]) -> Row:
        if is_empty(cells, self._width):
            return Row(cells)
        if len(cells) == self._width:
            return Row(cells, msgspec.json.encode(self._columns.instance(cells)))
        cell = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        return Row(cells, None, ("cells", f"This row has {cell}, the first line has {self._width}."))

    def sentence(self, rule: BrokenRule, row: Row) -> str:
        if rule.field is None or row.instance is None:
            return rule.message
        end = self._columns.unreadable(rule.field, msgspec.json.decode(row.instance))
        return f"{rule.field} {end}." if end else rule.message

    def written(self, block: Block, answers: Answers) -> bytes:
        cells = zip(*self._columns_added(answers), strict=True)
        by_number = dict(zip(answers.rows, cells, strict=True))
        nothing = ("",) * len(self._added)
        added = [by_number.get(number, nothing) for number in range(block.size)]
        if not block.lines:
            return self._encoded(self._beside(block.rows[number].content, more) for number, more in enumerate(added))
        end = self._layout.newline
        lines = end.join(map(str.__add__, block.lines, self._behind(added)))
        return f"{shown(lines, block.hidden)}{end}".encode()

    def _beside(self, cells: list[str], added: Sequence[str]) -> list[str]:
        # A row that is too short or too long keeps every cell, and the added ones stay in their columns.
        padding = [""] * (self._width - len(cells))
        return [*cells[: self._width], *padding, *added, *cells[self._width :]]

    def _behind(self, added: list[tuple[str, ...]]) -> list[str]:
        """Return what comes behind the cells of each line."""
        delimiter = self._layout.delimiter
        together = "".join(chain.from_iterable(added))
        if delimiter in together or '"' in together:
            return self._encoded(("", *cells) for cells in added).decode().split(self._layout.newline)
        return [f"{delimiter}{delimiter.join(cells)}" for cells in added]

    def _columns_added(self, answers: Answers) -> Iterator[list[str]]:
        """Yield the columns that answers add, each a cell for every row that has one."""
        for output in answers.outputs:
            for column in _columns_of(output):
                yield self._texts(column)

    def _texts(self, column: Sequence[Any]) -> list[str]:
        if column and isinstance(column[0], float):
            texts = numbers_written(column)
            # As the numbers beside them.
            return [text.replace(".", ",") for text in texts] if self._layout.dialect.decimal == "," else texts
        by_label = {label: cell_of(label) if isinstance(label, str) else _label(label) for label in set(column)}
        return [by_label[label] for label in column]

    def _encoded(self, lines: Any) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._layout.delimiter, lineterminator=self._layout.newline).writerows(lines)
        return text.getvalue().encode()


class JsonRows:
    """JSON Lines: an instance a line, and beside its prediction in the result.

    A key that is not a feature is refused, as in a request. A line that is not JSON leaves null.
    """

    absent: tuple[str, ...] = ()

    def __init__(self, signature: Signature) -> None:
        self._labels = [_label(label) for label in signature.target.labels]
        self._has_score = signature.score is not None

    def header(self) -> bytes:
        return b""

    def blocks(self, chunk: bytes, size: int) -> Iterator[Block]:
        return _blocks_of(self._read(chunk), size)

    def _read(self, chunk: bytes) -> Iterator[Row]:
        for line in chunk.split(b"\n"):
            if written := line.strip():
                # Amid a file there is a mark where another was put behind the first.
                yield _json_row(written.removeprefix(MARK))

    def sentence(self, rule: BrokenRule, _: Row) -> str:
        whole = rule.field is None and rule.rule == "type"
        return "The line must be an object with a value for each feature." if whole else rule.message

    def written(self, block: Block, answers: Answers) -> bytes:
        each = dict(zip(answers.rows, zip(*answers.outputs, strict=True), strict=True))
        return b"".join(
            b'{"instance":%b,%b\n' % (row.content, msgspec.json.encode(self._answer(each.get(number)))[1:])
            for number, row in block.rows.items()
        )

    def _answer(self, answers: tuple[Any, ...] | None) -> dict[str, Any]:
        if answers is None:
            return {PREDICTION: None}
        prediction, *probabilities = answers
        if self._has_score:
            return {PREDICTION: prediction, SCORE: probabilities[0]}
        each = {PROBABILITIES: dict(zip(self._labels, probabilities[0], strict=True))} if probabilities else {}
        return {PREDICTION: prediction} | each


def _blocks_of(rows: Iterable[Row], size: int) -> Iterator[Block]:
    return map(_block_of, batched(rows, size, strict=False))


def _block_of(rows: Iterable[Row]) -> Block:
    by_number = dict(enumerate(rows))
    return Block(len(by_number), by_number)


def numbers_written(numbers: Sequence[float]) -> list[str]:
    """Return finite numbers as `repr` has them.

    JSON's are the same where neither has an exponent, and written five times as fast.
    """
    sizes = np.abs(numbers)
    if ((sizes < LEAST_WITH_EXPONENT) & ((sizes >= LEAST_WITHOUT_EXPONENT) | (sizes == 0))).all():
        return msgspec.json.encode(numbers).decode()[1:-1].split(",")
    return list(map(repr, numbers))


def _columns_of(output: list[Any]) -> Iterable[Sequence[Any]]:
    """Return the columns of an output: one for each target, and for each number that it has of a row."""
    if output and isinstance(output[0], dict):
        return zip(*(of_row.values() for of_row in output), strict=True)
    return zip(*output, strict=True) if output and isinstance(output[0], list) else [output]


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
        free = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(free)
        yield free


def _label(label: Label | float) -> str:
    return ("true" if label else "false") if isinstance(label, bool) else str(label)

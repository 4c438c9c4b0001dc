"""One file through its steps, each of which writes its result once and finds it when run again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

import msgspec

from picklejar.batch.columns import Known
from picklejar.batch.files import Files
from picklejar.batch.layout import PACKED, find_layout
from picklejar.batch.plan import Chunk, Plan, make_plan, refused
from picklejar.batch.predict import ROWS_AT_ONCE, Answers, ask
from picklejar.batch.rows import Block, Rows, rows_of
from picklejar.batch.source import Source
from picklejar.batch.text import Copy
from picklejar.errors import BrokenRule, FileRefused, FilesUnreachable, ModelNotFound
from picklejar.manifest import Manifest
from picklejar.predictor import Predictor
from picklejar.wording import cell_of

# Beside a result, by what is added to its name.
ERRORS, SUMMARY = ".errors.csv", ".summary.json"
ERRORS_HEADER = ("row", "field", "rule", "message")


# Answers rows: by their numbers those in JSON, and those that are known.
type Ask = Callable[[dict[int, bytes], Known | None], Answers]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chunk whose rows and errors are written: how many rows have errors, and how many nothing at all."""

    refused: int
    empty: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a file of `rows`: `refused_rows` have errors, `empty_rows` nothing, and neither a prediction.

    `refusal` says why there is no result; `absent` are features without a column; `superseded` says that a newer
    version of the file came meanwhile, whose result is not overwritten.
    """

    model: str
    version: str | None
    source: str
    source_version: str | None
    rows: int
    refused_rows: int
    empty_rows: int
    absent: tuple[str, ...]
    refusal: str | None = None
    superseded: bool = False


@dataclass(frozen=True)
class Job:
    """One version of a file and its results: the work at `place`, until it is joined.

    `place` must tell the version of the file and, on a laptop, of the model, so that no two jobs share work.
    """

    files: Files
    place: str

    def begin(self, source: Source, model: str, champion: Callable[[], Manifest]) -> Plan:
        """Return the plan, made now or found: the version that `champion` returns predicts all rows."""
        key = f"{self.place}/plan.json"
        if not self.files.has(key):
            try:
                plan = make_plan(source, champion(), self._copy(source))
            except (FileRefused, ModelNotFound) as error:
                plan = refused(source, model, error)
            self.files.create(key, msgspec.json.encode(plan))
        # Of two that planned at once, with a champion that was moved between them, the first is the one that counts.
        return self.plan()

    def plan(self) -> Plan:
        try:
            return msgspec.json.decode(self.files.read(f"{self.place}/plan.json"), type=Plan)
        except FileNotFoundError:
            raise FilesUnreachable(f"There is no plan at {self.place}; plan the file first.") from None

    def score(self, plan: Plan, number: int, source: Source, predictor: Predictor) -> None:
        # Written last: where it is, the rest is.
        key = self._key(number, "json")
        if self.files.has(key):
            return
        chunk = plan.chunks[number]
        text = self._text(plan, source)
        rows, content = _format(text, predictor.manifest), text.read(chunk.start, chunk.end)
        result, errors, part = score(partial(ask, predictor), rows, content, chunk)
        self.files.create(self._key(number, "rows"), result)
        self.files.create(self._key(number, "errors"), errors)
        self.files.create(key, msgspec.json.encode(part))

    def join(self, plan: Plan, source: Source, manifest: Manifest | None, target: str) -> Summary:
        """Write the errors, the result to `target`, and last the summary.

        `manifest` is of the plan's version; None where it has none.
        """
        superseded = source.version is not None and self.files.version(source.key) not in {source.version, None}
        parts = [self._part(number) for number in range(len(plan.chunks))]
        summary = Summary(
            model=plan.model,
            version=plan.version,
            source=plan.key,
            source_version=plan.source_version,
            rows=plan.rows,
            refused_rows=sum(part.refused for part in parts),
            empty_rows=sum(part.empty for part in parts),
            absent=plan.absent,
            refusal=plan.refusal,
            superseded=superseded,
        )
        if superseded:
            return summary
        self.files.write(f"{target}{ERRORS}", self._errors(plan))
        if manifest and plan.refusal is None:
            self.files.write(target, self._rows(_format(self._text(plan, source), manifest), plan))
        self.files.write(f"{target}{SUMMARY}", [msgspec.json.format(msgspec.json.encode(summary)) + b"\n"])
        return summary

    def _copy(self, source: Source) -> Copy:
        def copy(name: str, pieces: Iterator[bytes]) -> Source:
            # Its name goes on to say the format.
            key = f"{self.place}/{name}-{PurePosixPath(source.key).name.lower().removesuffix(PACKED)}"
            self.files.write(key, pieces)
            return Source.found(self.files, key)

        return copy

    def _text(self, plan: Plan, source: Source) -> Source:
        return source if plan.text is None else Source.found(self.files, plan.text)

    def _rows(self, rows: Rows, plan: Plan) -> Iterator[bytes]:
        yield rows.header()
        yield from (self.files.read(self._key(number, "rows")) for number in range(len(plan.chunks)))

    def _errors(self, plan: Plan) -> Iterator[bytes]:
        yield _lines([ERRORS_HEADER])
        if plan.refusal is not None:
            yield _lines([("", "", "file", plan.refusal)])
        yield from (self.files.read(self._key(number, "errors")) for number in range(len(plan.chunks)))

    def _part(self, number: int) -> Part:
        return msgspec.json.decode(self.files.read(self._key(number, "json")), type=Part)

    def _key(self, number: int, kind: str) -> str:
        return f"{self.place}/{number:05}.{kind}"


def _format(text: Source, manifest: Manifest) -> Rows:
    return rows_of(find_layout(text, manifest.signature.dialect), manifest.signature)


def score(answers_of: Ask, rows: Rows, content: bytes, chunk: Chunk) -> tuple[bytes, bytes, Part]:
    """Return a chunk's rows with predictions, its errors, and how many rows have none."""
    result, errors, refused_rows, empty_rows = io.BytesIO(), io.BytesIO(), 0, 0
    first = chunk.first
    for block in rows.blocks(content, ROWS_AT_ONCE):
        answers = answers_of(block.instances, block.known)
        result.write(rows.written(block, answers))
        errors.write(_lines(_errors(rows, block, answers.broken, first)))
        empty = sum(row.is_empty for row in block.rows.values())
        refused_rows += block.size - len(answers.rows) - empty
        empty_rows += empty
        first += block.size
    return result.getvalue(), errors.getvalue(), Part(refused_rows, empty_rows)


def _errors(rows: Rows, block: Block, broken: list[BrokenRule], first: int) -> Iterator[tuple[int, str, str, str]]:
    by_row: dict[int, list[BrokenRule]] = {}
    for rule in broken:
        by_row.setdefault(rule.row or 0, []).append(rule)
    for number in sorted(block.rows.keys() | by_row.keys()):
        row = block.rows.get(number)
        if row and row.broken:
            rule_of_row, sentence = row.broken
            yield first + number, "", rule_of_row, cell_of(sentence)
        for rule in by_row.get(number, ()):
            message = rows.sentence(rule, row) if row else rule.message
            yield first + number, cell_of(rule.field or ""), rule.rule, cell_of(message)


def _lines(cells: object) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(cells)  # type: ignore[arg-type]
    return text.getvalue().encode()

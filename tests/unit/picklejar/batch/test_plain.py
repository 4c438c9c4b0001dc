"""Plain text: which rows are repeated as they are, and that csv is not asked about them."""

from __future__ import annotations

from typing import Any

import pytest
from obstore.store import MemoryStore

from picklejar.batch import plain as module
from picklejar.batch.files import Files
from picklejar.batch.job import Job
from picklejar.batch.layout import Layout
from picklejar.batch.plain import columns_of, plain, shown, take_hidden
from picklejar.batch.source import Source
from picklejar.cells.dialect import UNDESCRIBED
from picklejar.manifest import MODEL_FILE
from picklejar.opening import open_version
from tests.numbered import version


@pytest.fixture(autouse=True)
def _short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SIGNS", 1)


def _layout(**changes: Any) -> Layout:
    return Layout("csv", b"", 0, header=("a", "b"), **changes)


@pytest.mark.parametrize(
    ("text", "lines", "hidden"),
    [
        ("1,2\n3,4\n", ["1,2", "3,4"], []),
        ("1,2\n\n\n3,4", ["1,2", "3,4"], []),
        ('1,"x"\n"",4\n', ["1,x", ",4"], []),
        ('1,"x,y"\n"two\nlines",4\n', ["1,\0", "\0,4"], ["x,y", "two\nlines"]),
        ('"a","b,"\n"\n","d"', ["a,\0", "\0,d"], ["b,", "\n"]),
        ("1,\u2028\x0b\x0c\x1c\x85\n", ["1,\u2028\x0b\x0c\x1c\x85"], []),
    ],
)
def test_lines_are_rows_and_cells_that_need_their_quotes_are_hidden(
    text: str, lines: list[str], hidden: list[str]
) -> None:
    if not text.startswith('""') and '\n""' not in text:
        found = plain(text, _layout())
        assert found is not None
        assert (found.lines, [*found.hidden]) == (lines, hidden)
    crlf = plain(text.replace("\n", "\r\n"), _layout(newline="\r\n"))
    assert crlf is None or crlf.lines == lines


@pytest.mark.parametrize(
    "text",
    [
        '1,5" wide\n',
        '1,"a"b\n',
        '1, "x"\n',
        '1,"x" \n',
        '1,"say ""hello"""\n',
        '1,"open\n',
        '""\n1,2\n',
        '1,2\n"",2\n',
        '1,"a\rb"\n',
        "1,2\r3,4\n",
        "1,2\r\n3,4\n",
        "1,\0\n",
    ],
)
def test_what_csv_would_read_or_write_otherwise_is_not_plain(text: str) -> None:
    assert plain(text, _layout()) is None


def test_lines_of_two_ends_are_not_plain() -> None:
    assert plain("1,2\r\n3,4\n", _layout(newline="\r\n")) is None
    assert plain("1,2\n", _layout(newline="\r\n")) is None
    assert plain('1,"a\r"\n', _layout(newline="\r\n")) is None


def test_spaces_that_csv_takes_off_are_not_plain() -> None:
    layout = _layout(dialect=UNDESCRIBED.replaced(spaces_before_quotes=True))
    assert plain("1, 2\n", layout) is None
    assert plain("1,2\n", layout) is not None


def test_text_that_is_mostly_quotes_and_line_ends_is_not_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SIGNS", 1 / 8)
    assert plain("1234567\n", _layout()) is not None
    assert plain("123456\n", _layout()) is None


def test_hidden_cells_come_back_to_their_lines() -> None:
    hidden = iter(["a,b", "c\nd", "e,f"])
    first = take_hidden("1,\0\n\0,4", hidden)
    assert shown("1,\0\n\0,4", first) == '1,"a,b"\n"c\nd",4'
    assert [*hidden] == ["e,f"]


@pytest.mark.parametrize(
    ("lines", "columns"),
    [
        ("1,2\n3,4", {0: ["1", "3"]}),
        ("1,\0\n3,4", {0: ["1", "3"]}),
        ("\0,2\n3,4", None),
        ("1,2,3\n4", None),
        ("1\n2,3,4", None),
        ("1,2\n3,4,", None),
        ("1\n2", None),
    ],
)
def test_columns_are_those_of_lines_that_all_have_as_many_cells(lines: str, columns: dict[int, list[str]]) -> None:
    assert columns_of(lines, 2, _layout(), [0]) == columns


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ("id,x\na,1\nb,-2.5\n", "id,x,prediction\na,1,1001.0\nb,-2.5,997.5\n"),
        ('id,x\n"a,\nb",1\n"b",2', 'id,x,prediction\n"a,\nb",1,1001.0\nb,2,1002.0\n'),
        ("id;x\r\na;1,5\r\n\r\nb;2\r\n", "id;x;prediction\r\na;1,5;1001.5\r\nb;2;1002.0\r\n"),
    ],
)
def test_a_usual_file_is_planned_and_scored_without_csv(
    content: str, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("csv is asked")

    def no_rows(text: Any, *_: Any) -> Any:
        assert text.read() == ""
        return iter(())

    monkeypatch.setattr("picklejar.batch.lines.MOST_SIGNS", 1)
    monkeypatch.setattr("picklejar.batch.rows.split", refuse)
    monkeypatch.setattr("picklejar.batch.plan.csv_rows", no_rows)
    store = MemoryStore()
    store.put("file.csv", content.encode())
    files = Files(store)
    source = Source.found(files, "file.csv")
    predictor = open_version(version(1).manifest, version(1).files[MODEL_FILE])
    job = Job(files, "place")
    plan = job.begin(source, "numbered", lambda: predictor.manifest)
    job.score(plan, 0, source, predictor)
    job.join(plan, source, predictor.manifest, "result")
    assert files.read("result").decode() == result

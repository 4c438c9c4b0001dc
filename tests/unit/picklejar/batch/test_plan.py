"""The plan: chunks that begin and end with a row, whatever is within its quotes, and files of which there is none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from picklejar.batch import plan
from picklejar.batch.files import Files
from picklejar.batch.layout import find_layout
from picklejar.batch.plan import Plan, make_plan
from picklejar.batch.source import Source
from picklejar.cells.dialect import UNDESCRIBED
from picklejar.cells.text import LONGEST_ROW
from picklejar.errors import FileRefused
from tests.numbered import version

MANIFEST = version(1).manifest


def _source(content: bytes, key: str = "file.csv") -> Source:
    store = MemoryStore()
    store.put(key, content)
    return Source.found(Files(store), key)


def _planned(content: bytes, key: str = "file.csv") -> Plan:
    source = _source(content, key)

    def copy(name: str, pieces: Iterator[bytes]) -> Source:
        source.files.write(f"{name}-{key.removesuffix('.gz')}", pieces)
        return Source.found(source.files, f"{name}-{key.removesuffix('.gz')}")

    return make_plan(source, MANIFEST, copy)


@pytest.fixture
def each_row_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK_BYTES", 1)


@pytest.mark.usefixtures("each_row_a_chunk")
@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"x\n1\n2\n", [b"1\n", b"2\n"]),
        (b"x\n1\n2", [b"1\n", b"2"]),
        (b"x\r\n1\r\n2\r\n", [b"1\r\n", b"2\r\n"]),
        (b"x\r1\r2", [b"1\r", b"2"]),
        (b"\xef\xbb\xbfx\n1\n", [b"1\n"]),
        (b'\xef\xbb\xbf"x"\n1\n', [b"1\n"]),
        (b"\n\r\nx\n\n1\n\n\n2\n\n", [b"\n1\n", b"\n\n2\n"]),
        (b'x,y\n1,"two\nlines"\n2,"a ""quote""\r\n\r\n"\n', [b'1,"two\nlines"\n', b'2,"a ""quote""\r\n\r\n"\n']),
        (b'x,y\n1,5" wide\n2,6" wide\n', [b'1,5" wide\n', b'2,6" wide\n']),
        (b'x,y\n1,"a"b"c\n2,d\n', [b'1,"a"b"c\n', b"2,d\n"]),
        (b'x,"two\nlines"\n1,2\n', [b"1,2\n"]),
        (b"x,y\n1,\xc2\x85\xe2\x80\xa8\x0b\x0c\n2,\xc3\xbf\n", [b"1,\xc2\x85\xe2\x80\xa8\x0b\x0c\n", b"2,\xc3\xbf\n"]),
        (b'x;y\n"1,0";"a,\n"\n', [b'"1,0";"a,\n"\n']),
        (b"x\n", []),
        (b"x", []),
    ],
)
def test_a_chunk_begins_and_ends_with_a_row(content: bytes, rows: list[bytes]) -> None:
    chunks = _planned(content).chunks
    assert [content[chunk.start : chunk.end] for chunk in chunks] == rows
    assert [chunk.first for chunk in chunks] == list(range(1, len(rows) + 1))


@pytest.mark.usefixtures("each_row_a_chunk")
@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b'{"x": 1}\n{"x": 2}\n', [b'{"x": 1}\n', b'{"x": 2}\n']),
        (b'{"x": 1}\r\n\r\n  \n{"x": 2}', [b'{"x": 1}\r\n', b'\r\n  \n{"x": 2}']),
        (b'\xef\xbb\xbf{"x": 1}', [b'{"x": 1}']),
        (b'{"x": "a\rb"}\n{\n', [b'{"x": "a\rb"}\n', b"{\n"]),
    ],
)
def test_a_chunk_of_json_lines_is_whole_lines(content: bytes, rows: list[bytes]) -> None:
    chunks = _planned(content, "file.jsonl").chunks
    assert [content[chunk.start : chunk.end] for chunk in chunks] == rows


@given(
    st.lists(st.lists(st.text("x,\"\r\n\x85\u2028ü'", max_size=5), min_size=2, max_size=2), max_size=8),
    st.integers(1, 30),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_chunks_together_are_the_rows_however_long_they_are(
    cells: list[list[str]], size: int, newline: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=newline).writerows([["x", "y"], *cells])
    content = text.getvalue().encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "CHUNK_BYTES", size)
        chunks = _planned(content).chunks
    pieces = [content[chunk.start : chunk.end].decode() for chunk in chunks]
    read = [list(csv.reader(io.StringIO(piece, newline=""))) for piece in pieces]
    assert [row for piece in read for row in piece] == cells
    assert [len(piece) for piece in read] == [chunk.rows for chunk in chunks]
    assert all(before.first + before.rows == after.first for before, after in pairwise(chunks))


def test_a_chunk_ends_with_the_row_that_fills_it() -> None:
    row = b"1," + b"y" * 998 + b"\n"
    chunks = _planned(b"x,y\n" + row * 20_000).chunks
    assert [chunk.rows for chunk in chunks] == [8381, 8381, 3238]


@pytest.mark.parametrize(
    ("content", "key", "said"),
    [
        (b"", "a.csv", "The file is empty."),
        (b"\r\n\n", "a.csv", "The file is empty."),
        (b"\n \n", "a.jsonl", "The file is empty."),
        (b"x\n1\n", "a.xlsx", "must end in one of .csv, .tsv"),
        (
            b"y\n1\n",
            "a.csv",
            "no column x. It has one column, 'y', as none of commas, semicolons, tabs, bars part its cells",
        ),
        (b",y,,\n1,2,3,4\n", "a.csv", "must name the columns; it says 'y', and 3 columns have no name."),
        (b",\n1,2\n", "a.csv", "must name the columns; it says nothing, and 2 columns have no name."),
        (b"\xff\xfd\n1\n", "a.csv", "no column x"),
        (b"x, X \nx,x\n", "a.csv", None),
        (b"x,x\n1,2\n", "a.csv", "Two columns are called x"),
        (b"X,x \n1,2\n", "a.csv", None),
        (b"X,X\n1,2\n", "a.csv", "Two columns are called x"),
        (b"\xff\xfex\x00\n", "a.csv", "The file is not the UTF-16 text that its first bytes announce"),
        (b"\xef\xbb\xbfx\n\xff\n", "a.csv", "The file is not the UTF-8 text that its first bytes announce"),
        (b"\xef\xbb\xbfx,y\n1,\xc3", "a.csv", "The file is not the UTF-8 text that its first bytes announce"),
        (b"x\n\x81\n", "a.csv", "The file is text neither in UTF-8 nor in cp1252; save it as UTF-8."),
        (b"\x1f\x8bnonsense", "a.csv.gz", "The file is packed by gzip, and damaged; pack it again."),
        (b"x\n1\n", "a.zip.gz", "The file's name must end in one of .csv"),
        (b"sep=:\nx\n1\n", "a.csv", "The file's first line says that ':' parts its cells"),
        (b'x\n1\n"2\n3\n', "a.csv", "A quote that opens in row 2 is never closed."),
        (b'"x\n1\n', "a.csv", "A quote that opens in the first line is never closed."),
        (b'x\n1\n"' + b"2\n" * 600_000, "a.csv", "Row 2 has more than 1,048,576 bytes in UTF-8; close its quote"),
        (b"x,y\n1,2\n1," + b"y" * LONGEST_ROW, "a.csv", "Row 2 has more than 1,048,576 bytes in UTF-8"),
        (b"x,y\n1," + b"\xe4" * LONGEST_ROW, "a.csv", "Row 1 has more than 1,048,576 bytes in UTF-8"),
        (b"{}\n[" + b"[" * LONGEST_ROW, "a.jsonl", "Row 2 has more than 1,048,576 bytes in UTF-8"),
        (b"x," + b"y" * LONGEST_ROW + b"\n1,2\n", "a.csv", "The first line has more than 1,048,576 bytes in UTF-8"),
    ],
)
def test_a_file_without_rows_that_can_be_read_is_refused_by_a_sentence(
    content: bytes, key: str, said: str | None
) -> None:
    if said is None:
        _planned(content, key)
        return
    with pytest.raises(FileRefused) as refusal:
        _planned(content, key)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "delimiter", "newline"),
    [
        (b"x,y\n", ",", "\n"),
        (b"x;y\r\n", ";", "\r\n"),
        (b"x\ty\n", "\t", "\n"),
        (b'"x,y,z";a\r\n', ";", "\r\n"),
        (b"x", ",", "\n"),
        (b'"two\r\nlines";b\n', ";", "\n"),
    ],
)
def test_a_layout_is_what_the_first_line_has_as_on_the_page(content: bytes, delimiter: str, newline: str) -> None:
    layout = find_layout(_source(content), UNDESCRIBED)
    assert (layout.delimiter, layout.newline) == (delimiter, newline)

"""The ends of rows that are found at once, where they are, and where only csv finds them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picklejar.batch import lines
from picklejar.batch.lines import csv_rows, row_ends
from picklejar.cells.dialect import UNDESCRIBED
from picklejar.cells.text import LONGEST_ROW
from picklejar.errors import FileRefused


@pytest.fixture
def _short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_SIGNS", 1)


def _by_csv(content: bytes) -> list[int] | None:
    try:
        return [end for _, end in csv_rows(io.StringIO(content.decode("latin-1"), newline=""), ",", 1, UNDESCRIBED)]
    except FileRefused:
        return None


@given(st.text('x,"\r\n\xfc ', max_size=30))
def test_rows_end_where_csv_ends_them(text: str) -> None:
    content = f"{text}\n".encode("latin-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "MOST_SIGNS", 1)
        found = row_ends(content, ",")
    if found is not None and content.count(b'"') % 2 == 0:
        assert found.tolist() == _by_csv(content)


@pytest.mark.usefixtures("_short_rows")
@pytest.mark.parametrize(
    ("content", "ends"),
    [
        (b"", []),
        (b"1,2\n3,4\n", [4, 8]),
        (b"1,2\n3,4", [4]),
        (b"\n\r\n1,2\r\n\r\n3,4\r\n", [8, 15]),
        (b'"a\n,""b""\n",2\n"",""\n', [14, 20]),
        (b'1,"\r"\n', [6]),
        (b'1,2\n3,"4\n', [4]),
    ],
)
def test_rows_are_found_at_once_behind_quotes_and_empty_lines(content: bytes, ends: list[int]) -> None:
    found = row_ends(content, ",")
    assert found is not None
    assert found.tolist() == ends


@pytest.mark.usefixtures("_short_rows")
@pytest.mark.parametrize(
    "content",
    [b'1,5" wide\n', b'1, "x"\n', b'"a"b"c\n', b"1,2\r3,4\n", b"1,2\r", b"x" * (LONGEST_ROW + 1) + b"\n"],
)
def test_what_only_csv_tells_is_left_to_it(content: bytes) -> None:
    assert row_ends(content, ",") is None


def test_bytes_of_which_most_are_line_ends_are_left_to_csv() -> None:
    assert row_ends(b"1234567\n" * 3, ",") is not None
    assert row_ends(b"123456\n" * 3, ",") is None

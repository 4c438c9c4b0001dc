"""A file is taken for what its cells tell all together; what they do not tell is asked for, and never guessed."""

from __future__ import annotations

import gzip
import io
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picklejar.cells.dialect import LEARNED, OF_PANDAS
from picklejar.errors import InvalidTrainingData
from training.dataset.describe import Described, describe
from training.dataset.marks import allowed


@pytest.fixture
def described(tmp_path: Path) -> Any:
    """Describes a file of a content."""

    def describe_(content: str | bytes, *words: Any, name: str = "table.csv") -> Described:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return describe(file, *words)

    return describe_


def _column(*cells: str) -> str:
    return "".join(f'"{cell}";x\n' for cell in cells)


@pytest.mark.parametrize(
    ("cells", "marks", "values"),
    [
        (["1", "2"], (".", ""), [1, 2]),
        (["1.5", "2"], (".", ""), [1.5, 2]),
        (["1,5", "2"], (",", ""), [1.5, 2]),
        (["1,234.5", "2"], (".", ","), [1234.5, 2]),
        (["1.234,5", "2"], (",", "."), [1234.5, 2]),
        (["1,234,567", "66,090"], (".", ","), [1234567, 66090]),
        (["1.234.567", "66.090"], (",", "."), [1234567, 66090]),
        (["1 234", "2"], (".", " "), [1234, 2]),
        (["1\u202f234,5", "2"], (",", " "), [1234.5, 2]),
        (["1'234.5", "2"], (".", "'"), [1234.5, 2]),
        (["0.504", "3.504"], (".", ""), [0.504, 3.504]),
        (["1234,504", "3,504"], (",", ""), [1234.504, 3.504]),
        (["19.6%", "20 %"], (".", ""), [19.6, 20]),
        (["$1,200.50", "$7", "12"], (".", ","), [1200.5, 7, 12]),
        (["-€ 1.234,5", "7 €"], (",", "."), [-1234.5, 7]),
        (["1e3", "NA", "2"], (".", ""), [1000, None, 2]),
    ],
)
def test_the_cells_tell_their_marks(described: Any, cells: list[str], marks: Any, values: list[Any]) -> None:
    found = described(f"a;b\n{_column(*cells)}")
    assert (found.dialect.decimal, found.dialect.thousands, found.dialect.delimiter) == (*marks, ";")
    assert [None if pd.isna(value) else value for value in found.table["a"]] == values


def test_signs_are_those_of_columns_that_are_numbers(described: Any) -> None:
    found = described("a;b;c;d;e\n10%;$5;5 %;€1;x%\n20 %;7;0.5;$2;y%\n")
    assert found.dialect.signs == {"a": "%", "b": "$"}
    assert {name: str(kind) for name, kind in found.table.dtypes.items()} == {
        "a": "Int64", "b": "Int64", "c": "object", "d": "object", "e": "object",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "ways"),
    [
        (
            "a,b\n3.504,x\n1.250,y\n",
            "1.250 is 1.25 with `--decimal . --thousands none` or 1250 with `--decimal , --thousands .`",
        ),
        (
            'a,b\n"1,234",x\n',
            "1,234 is 1.234 with `--decimal , --thousands none` or 1234 with `--decimal . --thousands ,`",
        ),
        ("a;b\n1,234;3,504\n", "1,234 is 1.234 with"),
        ("a;b\n$1,234;x\n", "$1,234 is 1.234 with"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_both(described: Any, content: str, ways: str) -> None:
    with pytest.raises(InvalidTrainingData) as refused:
        described(content)
    assert f"The numbers of a can be read in two ways, and no other column tells which: {ways}" in str(refused.value)


@pytest.mark.parametrize(
    ("decimal", "thousands", "values"),
    [(".", None, [1234, 66090]), (",", None, [1.234, 66.09]), (None, ",", [1234, 66090]), (None, "", [1.234, 66.09])],
)
def test_an_option_says_which(described: Any, decimal: Any, thousands: Any, values: list[float]) -> None:
    found = described("a;b\n1,234;x\n66,090;y\n", LEARNED, allowed(decimal, thousands))
    assert found.table["a"].tolist() == values


def test_the_other_numeric_columns_decide(described: Any) -> None:
    for other, values in (("2,5", [3504, 1250]), ("2.5", [3.504, 1.25])):
        found = described(f"a;b;c\n3.504;{other};x\n1.250;{other};1,5,7\n")
        assert found.table["a"].tolist() == values


def test_one_mark_cannot_be_both() -> None:
    with pytest.raises(InvalidTrainingData, match="cannot both be marked by ','"):
        allowed(",", ",")


@pytest.mark.parametrize(
    ("content", "encoding", "sealed"),
    [
        ("a,b\n1,x\n", "utf-8", None),
        ("a,b\n1,é\n", "utf-8", "utf-8"),
        ("a,b\n1,é\n".encode("cp1252"), "cp1252", "cp1252"),
        ("\ufeffa,b\n1,é\n", "utf-8-sig", None),
        ("a,b\n1,é\n".encode("utf-16"), "utf-16", None),
        (gzip.compress("a,b\n1,é\n".encode(), mtime=0), "utf-8", "utf-8"),
    ],
    ids=str,
)
def test_the_encoding_is_kept_where_no_mark_tells_it(described: Any, content: Any, encoding: str, sealed: Any) -> None:
    found = described(content)
    assert (found.encoding, found.dialect.encoding) == (encoding, sealed)


def test_a_space_before_a_quote_is_found(described: Any) -> None:
    found = described('a, "b, c"\n1, "x, y"\n')
    assert found.dialect.spaces_before_quotes
    assert found.table.to_dict("list") == {"a": [1], "b, c": ["x, y"]}


@pytest.mark.parametrize("first", [0, 1])
def test_an_unnamed_column_that_counts_the_rows_is_dropped(described: Any, first: int) -> None:
    found = described("".join(f"{cell},{value}\n" for cell, value in (("", "a"), (first, 5), (first + 1, 7))))
    assert found.dropped == {"": "counts the rows, as the index that a table was written with"}
    assert found.table.to_dict("list") == {"a": [5, 7]}


@pytest.mark.parametrize("cells", ["5,1\n7,2\n", "1,1\n0,2\n", "x,1\ny,2\n"])
def test_an_unnamed_column_of_something_else_is_asked_for_its_name(described: Any, cells: str) -> None:
    with pytest.raises(InvalidTrainingData, match=r"A column of .*table\.csv has no name; give it one, or remove it\."):
        described(f",a\n{cells}")


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "+3"], "Int64", [1, -2, 3]),
        (["1", "", "NA", "?", "n/a", "-"], "Int64", [1, None, None, None, None, None]),
        (["1", "2.0", ".5", "1e3"], "float64", [1, 2, 0.5, 1000]),
        (["9007199254740992", "12345678901234567890"], "float64", [2**53, 12345678901234567890.0]),
        (["TRUE", "False", "NA"], "boolean", [True, False, None]),
        (["yes", "no", "NA"], "object", ["yes", "no", "NA"]),
        (["02134", "90210"], "object", ["02134", "90210"]),
        (["1", "1e999"], "object", ["1", "1e999"]),
        (["1", "inf"], "object", ["1", "inf"]),
        (["1_000", "٣"], "object", ["1_000", "٣"]),
        (["", ""], "object", [None, None]),
    ],
)
def test_a_column_has_the_type_of_all_its_cells(described: Any, cells: list[str], kind: str, values: list[Any]) -> None:
    column = described("column,other\n" + "".join(f"{cell},0\n" for cell in cells)).table["column"]
    assert column.dtype == kind
    assert [None if pd.isna(value) else value for value in column] == values


@pytest.mark.parametrize(
    ("content", "texts", "numbers"),
    [
        ('"","a","b"\n"1","x, NA",1\n"2",NA,NA\n"3","y",2\n', ["x, NA", None, "y"], [1, None, 2]),
        ('"a","b"\n"x",1\n"NA",NA\n', ["x", "NA"], [1, None]),  # a text that is NA
        ("a,b\nx,1\nNA,NA\n", ["x", "NA"], [1, None]),  # texts without quotes
        ('"a","b"\n"x",n/a\nNA,3\n', ["x", "NA"], [None, 3]),  # words that R does not write
    ],
)
def test_a_bare_na_among_quoted_texts_is_missing_as_in_r(
    described: Any, content: str, texts: list[Any], numbers: list[Any]
) -> None:
    table = described(content).table
    for name, values in (("a", texts), ("b", numbers)):
        assert [None if pd.isna(value) else value for value in table[name]] == values


def test_what_pandas_takes_for_infinite_is_no_whole_number_and_no_truth_value(described: Any) -> None:
    table = described("a,b,c\n1,true,x\ninf,-inf,inf\n", OF_PANDAS).table
    assert [str(kind) for kind in table.dtypes] == ["float64", "object", "object"]
    assert table["a"].tolist() == [1, float("inf")]


PANDAS_CELLS = st.one_of(
    st.sampled_from(
        ["", "NA", "nan", "null", "<NA>", " NA ", "?", "-", "007", " 7", "7 ", "True", "false", "1.5", "x", " "]
    ),
    st.text(st.characters(codec="ascii", exclude_characters='",\r\n\x00'), max_size=4),
    st.integers(-99, 99).map(str),
    st.floats(-1e6, 1e6, width=32).map(str),
)


@settings(max_examples=300)
@given(st.lists(st.tuples(PANDAS_CELLS, PANDAS_CELLS), min_size=1, max_size=5))
def test_a_sample_is_read_as_pandas_reads_it(tmp_path_factory: Any, rows: list[tuple[str, str]]) -> None:
    text = "first,second,third\n" + "".join(f'"{first}","{second}",end\n' for first, second in rows)
    file = tmp_path_factory.getbasetemp() / "sample.csv"
    file.write_text(text)
    read, theirs = describe(file, OF_PANDAS).table, pd.read_csv(io.StringIO(text))
    for name in theirs:
        ours = [None if pd.isna(value) else value for value in read[name]]
        expected = [None if pd.isna(value) else value for value in theirs[name]]
        if {abs(value) for value in expected if isinstance(value, float)} == {math.inf}:
            continue  # nothing but what is infinite stays text: no model learns from it
        if theirs[name].dtype == object and any(isinstance(value, str) for value in expected):
            assert ours == [None if value is None else str(value) for value in expected]
        else:
            assert ours == pytest.approx(expected) if expected and None not in expected else ours == expected

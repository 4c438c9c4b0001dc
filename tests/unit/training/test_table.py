from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from picklejar.cells.dialect import LEARNED, OF_PANDAS, Dialect
from picklejar.errors import InvalidTrainingData
from picklejar.signature import Feature, Signature, Target
from training.table import cells_of, read_table, text_of_file


def _file(folder: Path, content: str | bytes) -> Path:
    file = folder / "table.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def _columns(file: Path, dialect: Dialect = LEARNED) -> dict[str, list[str]]:
    text, _ = text_of_file(file, dialect)
    return cells_of(file, text, dialect).columns


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("a,b\n1,x\n", {"a": ["1"], "b": ["x"]}),
        (b"\xef\xbb\xbfa,b\r\n1,x\r\n", {"a": ["1"], "b": ["x"]}),
        ("a;b\n1,5;x,y\n", {"a": ["1,5"], "b": ["x,y"]}),
        ('a\tb\n1,5\t"x\ty"\n', {"a": ["1,5"], "b": ["x\ty"]}),
        ("a|b\n1|x\n", {"a": ["1"], "b": ["x"]}),
        ("sep=;\na;b,c,d\n1;x\n", {"a": ["1"], "b,c,d": ["x"]}),
        ("sep=\t\r\na\tb\r\n1\tx\r\n", {"a": ["1"], "b": ["x"]}),
        ("a,b\r1,x\r2,y\r", {"a": ["1", "2"], "b": ["x", "y"]}),
        ('"a, b;c",d \n 1 ," x "\n\n,z\n', {"a, b;c": [" 1 ", ""], "d": [" x ", "z"]}),
        (
            '"two\nlines",Größe  in m²\n"two\nlines","say ""hi"""\n',
            {"two lines": ["two\nlines"], "Größe in m²": ['say "hi"']},
        ),
        ("one\n1\n", {"one": ["1"]}),
        ("größe,b\n1,é\n".encode("cp1252"), {"größe": ["1"], "b": ["é"]}),
        ("größe,b\n1,é\n".encode("utf-16"), {"größe": ["1"], "b": ["é"]}),
        (gzip.compress("größe,b\n1,é\n".encode(), mtime=0), {"größe": ["1"], "b": ["é"]}),
        (",a\n0,1\n", {"": ["0"], "a": ["1"]}),
        (",a,,\n0,1,, \n", {"": ["0"], "a": ["1"]}),
    ],
)
def test_cells_are_read_as_they_stand_whatever_separates_them(
    tmp_path: Path, content: str, columns: dict[str, Any]
) -> None:
    assert _columns(_file(tmp_path, content)) == columns


def test_spaces_before_quotes_are_none_of_a_cell_where_the_dialect_says_so(tmp_path: Path) -> None:
    file = _file(tmp_path, 'a, "b, c"\n1, "x, y"\n')
    assert _columns(file, LEARNED.replaced(spaces_before_quotes=True)) == {"a": ["1"], "b, c": ["x, y"]}


def test_names_are_those_of_pandas_where_the_dialect_says_so(tmp_path: Path) -> None:
    assert [*_columns(_file(tmp_path, ",size,size, b\n1,2,3,4\n"), OF_PANDAS)] == ["Unnamed: 0", "size", "size.1", " b"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "table.csv is empty."),
        (" \n\n", "table.csv is empty."),
        ("a,b\n", "table.csv has a header and no rows."),
        ("a,b\n1\n", "the row that ends in line 2 has 1 cell, and the header 2; so has every row: the first line must"),
        ("a,b\n1,2,3\n1,2\n", r"the row that ends in line 2 has 3 cells, and the header 2\."),
        ("a,b\n1,2,3\n,,\n1,2,3\n", "the row that ends in line 2 has 3 cells, and the header 2; so has every row"),
        (",\n1,2\n", "The first line of .*table.csv names no column; it must name each."),
        ('a,b\n"1\n2",3\n1,2,3\n', "the row that ends in line 4 has 3 cells, and the header 2."),
        ("sep=,\na,b\n1\n", "the row that ends in line 3 has 1 cell, and the header 2; so"),
        ('a,b\n"1"2,3\n', "table.csv: What comes after line 1 is not CSV; look for unbalanced quotes."),
        ('a,b\n"1,3\n', "table.csv: What comes after line 1 is not CSV; look for unbalanced quotes."),
        ("a,b,a\n1,2,3\n", "table.csv has more than one column with the name 'a'; rename all but one."),
        (",a,\n1,2,3\n", "Columns 1, 3 of .*table.csv have no name; give each one, or remove it."),
        ('""\n""\n', "The first line of .*table.csv names no column; it must name each."),
        ('[{"a": 1}]\n"b" c\n', "table.csv: What comes after line 1 is not CSV"),
        ('"a" b\n1\n', "table.csv: The first line is not CSV; look for unbalanced quotes."),
        ("a, a \n1,2\n", "table.csv has more than one column with the name 'a'; rename all but one."),
        ("sep=:\na:b\n1:2\n", "table.csv: The file's first line says that ':' parts its cells, which is not read."),
        (
            "a\x07,b\n1,2\n",
            "The name of column 1 of .*table.csv, '.*', must have at most 100 characters, all printable",
        ),
        ('"a ""b""",c\n1,2\n', "The name of column 1 .* neither a double quote nor a backslash."),
        (f"{'a' * 101}\n1\n", "The name of column 1 of .* must have at most 100 characters"),
        (b"a\n\x81\xff\n", "table.csv: The file is text neither in UTF-8 nor in cp1252; save it as UTF-8."),
        (b"\xff\xfea\x00\n", "table.csv: The file is not the UTF-16 text that its first bytes announce"),
        (b"\xef\xbb\xbfa\n\xff\n", "table.csv: The file is not the UTF-8 text that its first bytes announce"),
        (gzip.compress(b"a\n1\n" * 99, mtime=0)[:-9], "table.csv is packed by gzip, and damaged; pack it again."),
        (b"\x1f\x8bnonsense", "table.csv is packed by gzip, and damaged; pack it again."),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    with pytest.raises(InvalidTrainingData, match=sentence):
        _columns(_file(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidTrainingData, match=r"nothing\.csv cannot be opened: No such file or directory\."):
        _columns(tmp_path / "nothing.csv")


SIGNATURE = Signature(
    features=(
        Feature(name="size", title="Size", description="", example=1),
        Feature(name="code", title="Code", description="", type="string", example="1"),
        Feature(name="open", title="Open", description="", type="boolean", example=True),
    ),
    target=Target(name="grade", title="Grade", description="", classes=(1, 2)),
)


def test_a_signature_types_cell_by_cell_and_leaves_what_is_none_to_the_check(tmp_path: Path) -> None:
    file = _file(tmp_path, "code,open,size,more,grade\n1,True,1.5,1,2\n NA ,x,big,1,one\n,NA,NA,1,2\n1,true,2,1,NA\n")
    table = read_table(file, SIGNATURE)
    assert table.to_dict("list") == {
        "size": [1.5, "big", None],
        "code": ["1", "NA", None],
        "open": [True, "x", None],
        "grade": [2, "one", 2],
    }


def test_a_dialect_that_is_sealed_is_obeyed(tmp_path: Path) -> None:
    signature = Signature(
        features=SIGNATURE.features,
        target=Target(name="grade", title="Grade", description=""),
        dialect=LEARNED.replaced(delimiter=";", decimal=",", thousands=".", signs={"size": "€"}, missing=("?",)),
    )
    file = _file(tmp_path, "size;code;open;grade\n1.234,5 €;NA;no;1,5\n€7;?;?;2\n3.5;x;yes;?\n")
    assert read_table(file, signature).to_dict("list") == {
        "size": [1234.5, 7.0], "code": ["NA", "?"], "open": [False, None], "grade": [1.5, 2.0],
    }  # fmt: skip
    with pytest.raises(InvalidTrainingData, match="by commas, and those of this model's files by semicolons"):
        read_table(_file(tmp_path, "sep=,\nsize\n1\n"), signature)


def test_a_file_of_one_column_is_told_that_nothing_parts_it(tmp_path: Path) -> None:
    file = _file(tmp_path, "size:code:open:grade\n1:x:true:2\n")
    with pytest.raises(InvalidTrainingData, match="It has one column, 'size:code:open:grade', as none of commas, semi"):
        read_table(file, SIGNATURE)

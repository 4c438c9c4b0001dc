from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from picklejar.errors import InvalidTrainingData
from picklejar.signature import Feature, Signature, Target
from training.table import read_cells, read_sample, typed


def _file(folder: Path, content: str | bytes) -> Path:
    file = folder / "table.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ("a,b\n1,x\n", {"a": ["1"], "b": ["x"]}),
        (b"\xef\xbb\xbfa,b\r\n1,x\r\n", {"a": ["1"], "b": ["x"]}),
        ("a;b\n1,5;x,y\n", {"a": ["1.5"], "b": ["x,y"]}),
        ("a;b\n1.234;0.125\n1.5;2.250\n", {"a": ["1.234", "1.5"], "b": ["0.125", "2.250"]}),
        ("a;b\n1,5;0.125\n2;1.25\n", {"a": ["1.5", "2"], "b": ["0.125", "1.25"]}),
        ('a\tb\n1,5\t"x\ty"\n', {"a": ["1,5"], "b": ["x\ty"]}),
        ("a|b\n1|x\n", {"a": ["1"], "b": ["x"]}),
        ('"a, b;c", d\n 1 , " x "\n\n,\n', {"a, b;c": ["1", None], "d": ["x", None]}),
        (
            '"two\nlines",Größe in m²\n"two\nlines","say ""hi"""\n',
            {"two lines": ["two\nlines"], "Größe in m²": ['say "hi"']},
        ),
        ("one\n1\n", {"one": ["1"]}),
    ],
)
def test_cells_are_read_as_texts_whatever_separates_them(tmp_path: Path, content: str, cells: dict[str, Any]) -> None:
    assert read_cells(_file(tmp_path, content)).to_dict("list") == cells


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "table.csv is empty."),
        (" \n\n", "table.csv is empty."),
        ("a,b\n", "table.csv has a header and no rows."),
        ("a,b\n1\n", "the row that ends in line 2 has 1 cells, and the header 2."),
        ('a,b\n"1\n2",3\n1,2,3\n', "the row that ends in line 4 has 3 cells, and the header 2."),
        ('a,b\n"1"2,3\n', "table.csv is not a CSV file: what comes after line 1 cannot be read"),
        ('a,b\n"1,3\n', "table.csv is not a CSV file: what comes after line 1 cannot be read"),
        ("a,b,a\n1,2,3\n", "table.csv has more than one column with the name a; rename all but one."),
        ("a, a \n1,2\n", "table.csv has more than one column with the name a; rename all but one."),
        ("a;b\n1,5;2\n3; 1.234 \n", "a decimal comma and, in line 3, 1.234, which may be 1234 or a number with a"),
        (",a\n0,1\n", "Column 1 of .*table.csv has no name; give it one, or remove it."),
        (
            "a\x07,b\n1,2\n",
            "The name of column 1 of .*table.csv, '.*', must have at most 100 characters, all printable",
        ),
        ('"a ""b""",c\n1,2\n', "The name of column 1 .* neither a double quote nor a backslash."),
        (f"{'a' * 101}\n1\n", "The name of column 1 of .* must have at most 100 characters"),
        (b"\x89PNG\r\n\xff\xfe", "table.csv is not text in UTF-8; save it as such"),
        ("größe\n1\n".encode("latin-1"), "table.csv is not text in UTF-8; save it as such"),
        ("a\n1\n".encode("utf-16"), "table.csv is not text in UTF-8; save it as such"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    with pytest.raises(InvalidTrainingData, match=sentence):
        read_cells(_file(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidTrainingData, match=r"nothing\.csv cannot be opened: No such file or directory\."):
        read_cells(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "+3"], "Int64", [1, -2, 3]),
        (["1", None, "NA", "?", "n/a", "-"], "Int64", [1, None, None, None, None, None]),
        (["1", "2.0", ".5", "1e3"], "float64", [1, 2, 0.5, 1000]),
        (["9007199254740992", "12345678901234567890"], "float64", [2**53, 12345678901234567890.0]),
        (["TRUE", "False", "NA"], "boolean", [True, False, None]),
        (["yes", "no", "NA"], "object", ["yes", "no", "NA"]),
        (["02134", "90210"], "object", ["02134", "90210"]),
        (["1", "1e999"], "object", ["1", "1e999"]),
        (["1", "inf"], "object", ["1", "inf"]),
        (["1_000", "٣"], "object", ["1_000", "٣"]),
        ([None, None], "object", [None, None]),
    ],
)
def test_a_column_has_the_type_of_all_its_cells(
    tmp_path: Path, cells: list[str | None], kind: str, values: list[Any]
) -> None:
    content = "column,other\n" + "".join(f"{cell or ''},0\n" for cell in cells)
    with warnings.catch_warnings(action="error"):
        column = read_sample(_file(tmp_path, content))["column"]
    assert column.dtype == kind
    assert [None if pd.isna(value) else value for value in column] == values


def test_a_signature_types_cell_by_cell_and_leaves_what_is_none_to_the_check() -> None:
    signature = Signature(
        features=(
            Feature(name="size", title="Size", description="", example=1),
            Feature(name="code", title="Code", description="", type="string", example="1"),
            Feature(name="open", title="Open", description="", type="boolean", example=True),
        ),
        target=Target(name="grade", title="Grade", description="", classes=(1, 2)),
    )
    cells = pd.DataFrame(
        {"code": ["1", "NA", None], "open": ["True", "x", "NA"], "size": ["1.5", "big", "NA"], "more": ["1", "1", "1"]}
        | {"grade": ["2", "NA", "one"]},
        dtype=object,
    )
    assert typed(cells, signature).to_dict("list") == {
        "size": [1.5, "big", None],
        "code": ["1", "NA", None],
        "open": [True, "x", None],
        "grade": [2, None, "one"],
    }
    assert typed(cells[["code"]], signature).columns.tolist() == ["code"]

"""One table of cases, in tests/cells.json, holds this reader of cells and the page's, which tests/web asks the same."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from picklejar.cells.dialect import OF_PANDAS, Dialect
from picklejar.cells.meaning import UNREADABLE, reader
from picklejar.cells.names import names_of, places
from picklejar.cells.text import start_of
from picklejar.errors import FileRefused, InvalidDefinition
from picklejar.wording import cell_of, from_cell

CASES = json.loads((Path(__file__).parents[3] / "cells.json").read_text())


def _dialect(case: dict[str, Any]) -> Dialect:
    return msgspec.convert(case.get("dialect", {}), Dialect)


@pytest.mark.parametrize("case", CASES["cells"], ids=str)
def test_a_cell_means_what_the_table_says(case: dict[str, Any]) -> None:
    choices = tuple(case["choices"]) if "choices" in case else None
    read = reader(case["kind"], choices, _dialect(case), case.get("delimiter", ","), case.get("sign", ""))
    value = read(case["cell"])
    if case.get("unreadable"):
        assert (value, type(value)) == (UNREADABLE, str)
    else:
        assert value == case["value"]
        assert isinstance(value, bool) is isinstance(case["value"], bool)


@pytest.mark.parametrize("case", CASES["names"], ids=str)
def test_names_are_what_the_table_says(case: dict[str, Any]) -> None:
    assert names_of(case["header"], Dialect(names=case["names"])) == case["is"]


@pytest.mark.parametrize("case", CASES["starts"], ids=str)
def test_a_text_begins_as_the_table_says(case: dict[str, Any]) -> None:
    if case["delimiter"] is None:
        with pytest.raises(FileRefused, match="part"):
            start_of(case["text"], _dialect(case))
    else:
        assert start_of(case["text"], _dialect(case)) == (case["delimiter"], case["said"])


@given(st.lists(st.sampled_from(["", "a", "b", "a.1", "a.2", "Unnamed: 0", "Unnamed: 1", " "]), min_size=1, max_size=8))
def test_names_are_those_of_pandas(header: list[str]) -> None:
    text = ",".join(f'"{name}"' for name in header) + "\n" + ",".join("1" for _ in header) + "\n"
    assert names_of(header, OF_PANDAS) == pd.read_csv(io.StringIO(text)).columns.tolist()


@given(st.text(alphabet="'=+-@\t\r a", max_size=5))
def test_a_cell_that_begins_no_formula_gives_its_text_again(text: str) -> None:
    assert from_cell(cell_of(text)) == text
    assert cell_of(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


def test_a_name_that_was_written_with_a_quote_before_it_is_found() -> None:
    assert places("=x", "", [cell_of("=x"), "y"]) == [0]
    assert places("=x", "", [cell_of("=x"), "=x"]) == [1]
    assert places("x", "X y", ["a", "x Y"]) == [1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"thousands": ","}, "the decimal mark must be another, and known"),
        ({"thousands": ",", "decimal": ","}, "the decimal mark must be another, and known"),
        ({"signs": {"a": "kg"}}, "a sign is one of"),
        ({"missing": (" ",)}, "a word has no spaces around it"),
        ({"yes": ("Ja",)}, "words for yes and no are in lower case"),
        ({"yes": ("ja",), "no": ("ja",)}, "words for yes and no are in lower case, and others"),
    ],
)
def test_a_dialect_that_cannot_be_is_refused(words: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDefinition, match=sentence):
        Dialect(**words)

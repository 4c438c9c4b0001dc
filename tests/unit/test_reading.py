"""Files in every dialect mean the same to all five readers: training, adopt, score, the batch function and the page.

Score and the batch function take the same steps, which are asked here by bytes, as they read them.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from obstore.store import MemoryStore
from typer.testing import CliRunner

from picklejar.batch.files import Files
from picklejar.batch.job import Job
from picklejar.batch.layout import find_layout
from picklejar.batch.plan import Plan
from picklejar.batch.predict import ROWS_AT_ONCE
from picklejar.batch.rows import Block, rows_of
from picklejar.batch.source import Source
from picklejar.cells.dialect import LEARNED, OF_PANDAS, Dialect
from picklejar.cells.text import LONGEST_ROW
from picklejar.errors import InvalidTrainingData
from picklejar.signature import Signature, Target
from tests.numbered import version
from tests.written import Written, written
from training.cli import app
from training.dataset.describe import describe
from training.dataset.infer import infer_features
from training.new import create
from training.table import read_table
from training.train import train

ROOT = Path(__file__).parents[2]
TABLES = 2_000


def _signature(file: Path, like: Dialect) -> tuple[Signature, pd.DataFrame]:
    described = describe(file, like)
    features = infer_features(described.table.drop(columns="target"))
    target = Target(name="target", title="Target", description="")
    return Signature(features=features, target=target, dialect=described.dialect), described.table


def _values(table: pd.DataFrame, name: str) -> list[Any]:
    return [None if pd.isna(value) else value for value in table[name].tolist()]


def _planned(content: bytes, name: str, signature: Signature) -> tuple[Plan, Source]:
    store = MemoryStore()
    store.put(name, content)
    files = Files(store)
    source = Source.found(files, name)
    manifest = msgspec.structs.replace(version(1).manifest, signature=signature)
    job = Job(files, "place")
    plan = job.begin(source, manifest.name, lambda: manifest)
    return plan, job._text(plan, source)


def _by_batch(content: bytes, name: str, signature: Signature) -> list[dict[str, Any] | None]:
    plan, text = _planned(content, name, signature)
    assert plan.refusal is None
    rows = rows_of(find_layout(text, signature.dialect), signature)
    return [
        _instance(block, number, signature)
        for chunk in plan.chunks
        for block in rows.blocks(text.read(chunk.start, chunk.end), ROWS_AT_ONCE)
        for number in range(block.size)
    ]


def _instance(block: Block, number: int, signature: Signature) -> dict[str, Any] | None:
    """Return a row as it was read alone, or known at once."""
    row = block.rows.get(number)
    if row or block.known is None:
        return msgspec.json.decode(row.instance or b"null") if row else None
    values = zip(signature.features, block.known.columns, strict=True)
    return {
        feature.name: column[number] for feature, column in values if column[number] is not None or feature.nullable
    }


def _by_page(node: str, asked: list[tuple[bytes, Signature]]) -> Iterator[dict[str, Any]]:
    lines = "".join(
        json.dumps({"content": base64.b64encode(content).decode(), "signature": msgspec.to_builtins(signature)}) + "\n"
        for content, signature in asked
    )
    done = subprocess.run(
        [node, ROOT / "tests" / "page_reader.mjs"], input=lines, capture_output=True, text=True, check=True
    )
    yield from map(json.loads, done.stdout.removesuffix("\n").split("\n"))


def test_a_table_in_any_dialect_means_the_same_to_all(tmp_path: Path, tool: Callable[[str], str]) -> None:
    tables = [written(seed) for seed in range(TABLES)]
    asked = []
    for table in tables:
        file = tmp_path / table.name
        file.write_bytes(table.content)
        signature, found = _signature(file, LEARNED)
        trained = read_table(file, signature)
        for name, values in table.columns.items():
            assert _values(found, name) == values, (table.shown, name)
            assert _values(trained, name) == values, (table.shown, name)
        expected = _instances(table)
        batch = _by_batch(table.content, table.name, signature)
        assert batch.count(None) == table.empty, table.shown
        assert [row for row in batch if row is not None] == expected, table.shown
        asked.append((table.content, signature))
    for table, page in zip(tables, _by_page(tool("node"), asked), strict=True):
        assert (page["problem"], page["errors"]) == ("", []), table.shown
        assert [row for row in page["instances"] if row is not None] == _instances(table), table.shown


def _instances(table: Written) -> list[dict[str, Any]]:
    names = [name for name in table.columns if name != "target"]
    nullable = {name for name in names if None in table.columns[name]}
    return [
        {name: table.columns[name][row] for name in names if table.columns[name][row] is not None or name in nullable}
        for row in range(len(table.columns["target"]))
    ]


def test_a_sample_that_pandas_wrote_means_the_same_to_all(tmp_path: Path, tool: Callable[[str], str]) -> None:
    asked, expected = [], []
    for seed in range(200):
        columns = written(seed).columns
        file = tmp_path / "sample.csv"
        pd.DataFrame(columns).to_csv(file, index=bool(seed % 2))
        signature, found = _signature(file, OF_PANDAS)
        rows = found.drop(columns="target").astype(object).where(found.drop(columns="target").notna(), None)
        instances = rows.to_dict("records")
        assert _by_batch(file.read_bytes(), file.name, signature) == instances
        asked.append((file.read_bytes(), signature))
        expected.append(instances)
        theirs = pd.read_csv(file)
        assert found.columns.tolist() == theirs.columns.tolist()
        for name in theirs:
            assert _values(found, name) == pytest.approx(_values(theirs, name), nan_ok=True)
    for page, instances in zip(_by_page(tool("node"), asked), expected, strict=True):
        assert (page["problem"], page["errors"], page["instances"]) == ("", [], instances)


def _long_row(unit: str, size: int) -> str:
    """Return a row of so many bytes in UTF-8, quotes with them, whose second cell nothing is learned from."""
    count, rest = divmod(size - len('1,"",2'), len(unit.encode()))
    return f'1,"{unit * count}{"x" * rest}",2'


@pytest.mark.parametrize(
    ("unit", "newline"), [("y", "\n"), ("ä", "\r\n"), ("語", "\r"), ("🥒", ""), ("a\r\n", "\n"), ('""', "\r\n")]
)
def test_the_longest_row_is_read_by_all_and_one_of_a_byte_more_by_none(
    tmp_path: Path, tool: Callable[[str], str], unit: str, newline: str
) -> None:
    file = tmp_path / "file.csv"
    contents = [
        f"x,more,target\n1,z,2\n{_long_row(unit, size)}{newline}".encode() for size in (LONGEST_ROW, LONGEST_ROW + 1)
    ]
    file.write_bytes(contents[0])
    described = describe(file)
    target = Target(name="target", title="Target", description="")
    features = infer_features(described.table[["x"]])
    signature = Signature(features=features, target=target, dialect=described.dialect)
    assert read_table(file, signature)["x"].tolist() == [1, 1]
    assert _by_batch(contents[0], file.name, signature) == [{"x": 1}, {"x": 1}]

    said = "Row 2 has more than 1,048,576 bytes in UTF-8; close its quote, where one is left open, or shorten it."
    file.write_bytes(contents[1])
    with pytest.raises(InvalidTrainingData, match=said.replace("Row 2", "The row after line 2")):
        describe(file)
    assert _planned(contents[1], file.name, signature)[0].refusal == said
    taken, refused = _by_page(tool("node"), [(content, signature) for content in contents])
    assert (taken["problem"], taken["instances"]) == ("", [{"x": 1}, {"x": 1}])
    assert refused["problem"] == said


def test_a_long_header_and_long_cells_are_read_by_all(tmp_path: Path, tool: Callable[[str], str]) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"x,target\n1,2\n")
    signature, _ = _signature(file, LEARNED)
    names = ",".join(f"größe {number}" for number in range(8_000))
    wide = f"{names},x,target\n" + f"{',' * 8_000}7,2\n" * 2
    for content in (wide.encode(), f"more,x,target\n{'ä' * 70_000},7,1\n{'ä' * 200_000},7,1\n".encode("cp1252")):
        file.write_bytes(content)
        assert describe(file).table["x"].tolist() == [7, 7]
        assert _by_batch(content, file.name, signature) == [{"x": 7}, {"x": 7}]
        (page,) = _by_page(tool("node"), [(content, signature)])
        assert (page["problem"], page["instances"]) == ("", [{"x": 7}, {"x": 7}])


def test_a_header_of_too_many_bytes_is_refused_by_all(tmp_path: Path, tool: Callable[[str], str]) -> None:
    content = f"x,{'y' * LONGEST_ROW}\n1,2\n".encode()
    file = tmp_path / "file.csv"
    file.write_bytes(b"x,target\n1,2\n")
    signature, _ = _signature(file, LEARNED)
    file.write_bytes(content)
    with pytest.raises(InvalidTrainingData, match=r"file\.csv: The first line has more than 1,048,576 bytes in UTF-8"):
        describe(file)
    (page,) = _by_page(tool("node"), [(content, signature)])
    for refusal in (_planned(content, file.name, signature)[0].refusal, page["problem"]):
        assert str(refusal).startswith("The first line has more than 1,048,576 bytes in UTF-8")


# In each, the same two rows beside empty ones, at the ends and between.
EMPTY_ROWS = [
    b"x,y,target\n,,\n1,a,5\n,,\n,b,6\n,,\n,,",
    b'x;y;target\r\n"";"";""\r\n1;a;5\r\n ; ;\t\r\n;b;6\r\n\r\n;;\r\n;\r\n',
    '\ufeffx\ty\ttarget\n\t\t\t\t\t\n1\ta\t5\n \n\tb\t6\n\u00a0\t\t\n""\n'.encode("utf-16-le"),
]


@pytest.mark.parametrize("content", EMPTY_ROWS)
def test_a_row_of_empty_cells_means_nothing_to_all(tmp_path: Path, tool: Callable[[str], str], content: bytes) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    for like in (LEARNED, OF_PANDAS):
        assert describe(file, like).table.shape == (2, 3)
    signature, table = _signature(file, LEARNED)
    assert [feature.nullable for feature in signature.features] == [True, False]
    trained = read_table(file, signature)
    assert trained["y"].to_dict() == table["y"].to_dict() == {1: "a", 3: "b"}
    expected = [None, {"x": 1, "y": "a"}, None, {"x": None, "y": "b"}, None, None]
    read = _by_batch(content, file.name, signature)
    (page,) = _by_page(tool("node"), [(content, signature)])
    assert read[: len(expected)] == page["instances"][: len(expected)] == expected
    assert {*map(str, read[len(expected) :])} <= {"None"}
    assert (page["problem"], page["errors"], len(page["instances"])) == ("", [], len(read))


def test_an_empty_cell_that_is_all_of_a_file_of_one_column_is_a_missing_value(
    tmp_path: Path, tool: Callable[[str], str]
) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"x,target\n1,5\n,6\n")
    signature, _ = _signature(file, LEARNED)
    content = b'x\n1\n""\n\n2\n'
    expected = [{"x": 1}, {"x": None}, {"x": 2}]
    assert _by_batch(content, file.name, signature) == expected
    (page,) = _by_page(tool("node"), [(content, signature)])
    assert (page["errors"], page["instances"]) == ([], expected)


@pytest.mark.usefixtures("undrawn")
def test_the_file_a_model_was_begun_from_is_scored_without_a_refusal(
    empty_project: Path, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    # Of the rows without a target, some have a city and values missing that no other row has; some are empty.
    rows = [f"{row % 7},{'Ulm' if row % 2 else 'Bonn'},{row % 5},{row % 7 + row % 2}" for row in range(60)]
    file = tmp_path / "file.csv"
    file.write_text("\n".join(["size,city,floor,price", *rows, "3,Jena,,", ",,,", "4,Jena,2,", ",,1,NA", ",,,"]))
    said = CliRunner().invoke(app, ["new", "thing", "--csv", str(file), "--target", "price"]).stdout
    assert "Skipped: 2 empty rows." in said
    assert "60 rows; 3 more rows do not have it, and nothing is learned from them." in said
    assert "city is Jena only in rows without a price; such rows are predicted from the others." in said
    definition = create._run("thing", (empty_project / "training/models/thing.py").read_text())
    assert [feature.nullable for feature in definition.signature.features] == [True, True, True]
    train(definition, file, tmp_path / "thing", lambda _: None)
    words = ["score", "thing", str(file), str(tmp_path / "out.csv"), "--build", str(tmp_path)]
    said = CliRunner().invoke(app, words).stdout
    assert re.search(r"out\.csv has 63 predictions by thing \w+\. 2 rows are empty\.\n", said)
    assert (tmp_path / "out.csv.errors.csv").read_text() == "row,field,rule,message\n"
    scored = (tmp_path / "out.csv").read_text().splitlines()
    assert [len(line.split(",")[-1]) > 0 for line in scored[61:]] == [True, False, True, True, False]
    (page,) = _by_page(tool("node"), [(file.read_bytes(), definition.signature)])
    assert (page["problem"], page["errors"]) == ("", [])


# What begins like no text that is read, and what is said of it by all.
NO_TEXT = [
    ("x;y;target\n1;a;2\n".encode("utf-16-le"), "looks like UTF-16 text without a byte order mark, which is not read"),
    ("größe;y;target\n1;a;2\n".encode("utf-16-be"), "looks like UTF-16 text without a byte order mark"),
    (
        gzip.compress("Цена;y;target\n1;a;2\n".encode("utf-16-le"), mtime=0),
        "looks like UTF-16 text without a byte order mark",
    ),
    ("x;y;target\n1;a;2\n".encode("utf-32"), "is UTF-32 text, which is not read; save it as UTF-8."),
    ("\ufeffx;y;target\n1;a;2\n".encode("utf-32-be"), "is UTF-32 text, which is not read; save it as UTF-8."),
    (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + bytes(range(256)), "has zero bytes, which no text has"),
    (b"x;y;target\n1;a\x00;2\n", "has zero bytes, which no text has; it may be a spreadsheet or an archive."),
]


@pytest.mark.parametrize(("content", "sentence"), NO_TEXT)
def test_what_is_no_text_that_is_read_is_refused_by_all(
    tmp_path: Path, tool: Callable[[str], str], content: bytes, sentence: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"x;y;target\n1;a;2\n")
    signature, _ = _signature(file, LEARNED)
    file.write_bytes(content)
    with pytest.raises(InvalidTrainingData, match=re.escape(f"{file}: The file {sentence}")):
        describe(file)
    (page,) = _by_page(tool("node"), [(content, signature)])
    for refusal in (_planned(content, file.name, signature)[0].refusal, page["problem"]):
        assert str(refusal).startswith(f"The file {sentence}")

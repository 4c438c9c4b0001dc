"""The job: every row with its prediction or its errors, in the file's order and layout, whatever it was cut into."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from obstore.store import MemoryStore

from local.serving import bound
from picklejar.batch import plan, text
from picklejar.batch.files import Files
from picklejar.batch.job import Job, Summary
from picklejar.batch.source import Source
from picklejar.bucket import s3_store
from picklejar.cells.dialect import LEARNED, UNDESCRIBED
from picklejar.cells.text import start_of
from picklejar.errors import FilesUnreachable
from picklejar.manifest import MODEL_FILE
from picklejar.opening import open_version
from picklejar.predictor import Predictor
from tests.churn import LEAVES, STAYS
from tests.numbered import version
from training.score_file import predictor_of

NUMBERED = open_version(version(1).manifest, version(1).files[MODEL_FILE])
ERRORS = "row,field,rule,message\n"


def _scored(content: str | bytes, predictor: Predictor = NUMBERED, key: str = "file.csv") -> tuple[str, str]:
    """Return the result and the errors."""
    store = MemoryStore()
    store.put(key, content.encode() if isinstance(content, str) else content)
    files = Files(store)
    source = Source.found(files, key)
    job = Job(files, "place")
    made = job.begin(source, "any", lambda: predictor.manifest)
    for number in range(len(made.chunks)):
        job.score(made, number, source, predictor)
    summary = job.join(made, source, predictor.manifest, "result")
    assert summary.refusal is None
    assert summary.rows == summary.refused_rows + summary.empty_rows + _predicted(files.read("result"), key)
    assert msgspec.json.decode(files.read("result.summary.json"), type=Summary) == summary
    errors = files.read("result.errors.csv").decode()
    assert len({row["row"] for row in csv.DictReader(io.StringIO(errors))}) == summary.refused_rows
    return files.read("result").decode(), errors


def _predicted(result: bytes, key: str) -> int:
    if "jsonl" in key:
        return sum(json.loads(line)["prediction"] is not None for line in result.splitlines())
    text = result.decode("utf-8-sig")
    said, delimiter = start_of(text, UNDESCRIBED)[::-1]
    header, *rows = csv.reader(io.StringIO(text[len(said) :], newline=""), delimiter=delimiter)
    place = max(at for at, name in enumerate(header) if name.startswith("prediction"))
    return sum(row[place] != "" for row in rows)


@pytest.fixture
def churn(churn_bundle: Path) -> Predictor:
    return predictor_of(churn_bundle)


@pytest.fixture
def rent(rent_bundle: Path) -> Predictor:
    return predictor_of(rent_bundle)


def test_the_columns_stay_and_the_prediction_comes_after_them() -> None:
    assert _scored("id,x\na,1\nb,-2\n") == ("id,x,prediction\na,1,1001.0\nb,-2,998.0\n", ERRORS)


def test_rows_with_errors_stop_no_others_and_are_named_by_row_and_field() -> None:
    result, errors = _scored("x\n1\nabc\n\n3\n\n1,2\n1e999\n")
    assert result == "x,prediction\n1,1001.0\nabc,\n3,1003.0\n1,,2\n1e999,\n"
    assert errors == ERRORS + (
        '2,x,type,"x must be a number, written like 0."\n'
        '4,,cells,"This row has 2 cells, the first line has 1."\n'
        '5,x,type,"x must be a number, written like 0."\n'
    )


def test_an_empty_row_stays_without_a_prediction_and_is_no_error() -> None:
    result, errors = _scored("id,x\na,1\n,\n\n, \n,,,\nb,\n")
    assert result == "id,x,prediction\na,1,1001.0\n,,\n, ,\n,,,,\nb,,\n"
    assert errors == ERRORS + "5,x,required,x is missing.\n"


def test_delimiter_line_ends_and_byte_order_mark_stay() -> None:
    result, _ = _scored('\ufeffsep=;\r\n"a b";x\r\n"y;\nz";1,5\r\nMüller;2\r\n')
    assert result == '\ufeffsep=;\r\na b;x;prediction\r\n"y;\nz";1,5;1001.5\r\nMüller;2;1002.0\r\n'


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"])
def test_a_file_in_another_encoding_comes_out_as_unicode_with_a_mark(encoding: str, packed: bool) -> None:
    rows = "".join(f"Müller {number};{number % 90}\r\n" for number in range(3_000))
    content = ("\ufeff" if encoding == "utf-16-be" else "") + f"größe;x\r\n{rows}"
    data = content.encode(encoding)
    result, errors = _scored(gzip.compress(data) if packed else data, key="File.CSV.gz" if packed else "file.csv")
    assert errors == ERRORS
    assert result.startswith("\ufeff") is (encoding != "utf-8")
    lines = result.removeprefix("\ufeff").split("\r\n")
    assert lines[:2] == ["größe;x;prediction", "Müller 0;0;1000.0"]
    assert lines[-2:] == ["Müller 2999;29;1029.0", ""]


def test_what_unpacks_to_more_than_can_be_looked_through_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MOST_UNPACKED_BYTES", 1_000)
    _scored(gzip.compress(b"x\n" + b"1\n" * 499), key="file.csv.gz")
    with pytest.raises(AssertionError, match="more than 1,000 bytes unpacked; split it"):
        _scored(gzip.compress(b"x\n" + b"1\n" * 500), key="file.csv.gz")


def test_packed_lines_of_json_are_read() -> None:
    result, _ = _scored(gzip.compress(b'{"x": 1}\n'), key="file.jsonl.gz")
    assert result == '{"instance":{"x": 1},"prediction":1001.0}\n'


def test_the_dialect_of_the_model_is_obeyed_and_predictions_are_written_by_it() -> None:
    signature = NUMBERED.manifest.signature
    dialect = LEARNED.replaced(delimiter=";", decimal=",", thousands=".", signs={"x": "€"})
    sealed = msgspec.structs.replace(NUMBERED.manifest, signature=msgspec.structs.replace(signature, dialect=dialect))
    predictor = open_version(sealed, version(1).files[MODEL_FILE])
    result, errors = _scored("a,b; X \n1;1.234,5 €\n2;NA\n3;1.5\n", predictor)
    assert result == "a,b; X ;prediction\n1;1.234,5 €;2234,5\n2;NA;\n3;1.5;\n"
    assert errors == ERRORS + "2,x,required,x is missing.\n" + '3,x,type,"x must be a number, written like 0."\n'


def test_a_column_that_is_there_already_keeps_its_name() -> None:
    assert _scored("prediction,x\n7,1\n")[0] == "prediction,x,prediction_2\n7,1,1001.0\n"


def test_a_first_line_alone_is_a_result_without_rows() -> None:
    assert _scored("x\n") == ("x,prediction\n", ERRORS)


def test_json_lines_come_beside_their_predictions() -> None:
    lines = ['{"x": 1}', '{"x":2 }\r', "", "[1]", '{"x": NaN}', '{"x": "1"}', '{"x": 1, "z": 2}', "{", '{"x": 3}']
    result, errors = _scored("\n".join(lines), key="file.jsonl")
    assert result.splitlines() == [
        '{"instance":{"x": 1},"prediction":1001.0}',
        '{"instance":{"x":2 },"prediction":1002.0}',
        '{"instance":[1],"prediction":null}',
        '{"instance":null,"prediction":null}',
        '{"instance":{"x": "1"},"prediction":null}',
        '{"instance":{"x": 1, "z": 2},"prediction":null}',
        '{"instance":null,"prediction":null}',
        '{"instance":{"x": 3},"prediction":1003.0}',
    ]
    assert errors == ERRORS + (
        "3,,type,The line must be an object with a value for each feature.\n"
        '4,x,finite,"x must be finite, not NaN or infinite."\n'
        '5,x,type,"x must be a number, not text (send it without quotes)."\n'
        "6,z,unknown,z is not a feature of this model; its features are x.\n"
        "7,,json,The line is not JSON in UTF-8.\n"
    )


@pytest.mark.parametrize("key", ["=HYPERLINK(1)", "+1", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_errors_begins_a_formula(key: str) -> None:
    _, errors = _scored(json.dumps({"x": 1, key: 2}), key="file.jsonl")
    (_, row) = csv.reader(io.StringIO(errors, newline=""))
    assert row == ["1", f"'{key}", "unknown", f"'{key} is not a feature of this model; its features are x."]


def test_files_put_one_behind_another_are_read_on_at_their_byte_order_marks() -> None:
    lines = ['\ufeff{"x": 1}', '\ufeff{"x": 2}', '\ufeff\ufeff{"x": 3}', "\ufeff", '{"x": 4}']
    result, errors = _scored("\n".join(lines), key="file.jsonl")
    assert result.splitlines() == [
        '{"instance":{"x": 1},"prediction":1001.0}',
        '{"instance":{"x": 2},"prediction":1002.0}',
        '{"instance":null,"prediction":null}',
        '{"instance":null,"prediction":null}',
        '{"instance":{"x": 4},"prediction":1004.0}',
    ]
    assert errors == ERRORS + "3,,json,The line is not JSON in UTF-8.\n4,,json,The line is not JSON in UTF-8.\n"


@pytest.mark.parametrize("line", ['{"x": 1}], "output": "predict", "instances": [{"x": 2}', '{"x": 1}, {"x": 2}'])
def test_a_line_is_one_instance_and_nothing_of_a_request_around_it(line: str) -> None:
    result, errors = _scored(line, key="FILE.JSONL")
    assert result == '{"instance":null,"prediction":null}\n'
    assert ",json," in errors


def test_a_line_nested_deeper_than_a_request_may_be_is_told_of_and_ends_nothing() -> None:
    depths = [10, *range(9_980, 10_020)]
    result, errors = _scored("\n".join(f"{'[' * depth}{']' * depth}" for depth in depths), key="file.jsonl")
    assert result.count('"prediction":null') == len(depths)
    assert len(errors.splitlines()) == 1 + len(depths)


def test_a_label_comes_with_the_probability_of_each_class(churn: Predictor) -> None:
    answer = churn.predict(msgspec.json.encode({"instances": [STAYS, LEAVES], "output": "predict_proba"}))
    (stays, leaves) = answer.predictions
    result, errors = _scored("months,calls,contract,plan\n60,0,yes,plus\n2,9,no,basic\n3,1,perhaps,gold\n", churn)
    rows = list(csv.reader(io.StringIO(result)))
    assert rows[0] == ["months", "calls", "contract", "plan", "prediction", "probability_no", "probability_yes"]
    assert rows[1][4:] == ["no", *map(repr, stays)]
    assert rows[2][4:] == ["yes", *map(repr, leaves)]
    assert rows[3][4:] == ["", "", ""]
    assert errors == ERRORS + (
        '3,contract,type,contract must be yes or no.\n3,plan,enum,"plan must be one of basic, plus."\n'
    )
    lines, _ = _scored(msgspec.json.encode(LEAVES), churn, "file.jsonl")
    assert json.loads(lines)["probabilities"] == dict(zip(["no", "yes"], leaves, strict=True))


def test_rows_without_a_finite_answer_have_none_and_the_others_have_theirs() -> None:
    class Overflowing:
        def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.exp(X[:, 0])

    result, errors = _scored("x\n0\n1000\n0\n", Predictor(NUMBERED.manifest, Overflowing()))
    assert result == "x,prediction\n0,1.0\n1000,\n0,1.0\n"
    assert errors == f"{ERRORS}2,,finite,The model has no finite answer for these values.\n"


def test_every_rule_of_very_many_is_told_although_a_request_would_list_a_thousand() -> None:
    result, errors = _scored("x\n" + "a\n" * 2_500 + "1\n")
    assert result.endswith("1,1001.0\n")
    assert [row["row"] for row in csv.DictReader(io.StringIO(errors))] == [str(row) for row in range(1, 2_501)]


TRICKY = (
    '\ufeffid,x\r\n"a\r\n""b""",1\r\n\r\nc,x\r\n"d,\n",4\r\nü,5,6\r\n7\r\n,\r\n' + "e,8\r\n" * 30 + "f,x\r\n,,\r\nf,9"
)


@pytest.mark.parametrize("at_once", [1, 3, 2_000])
@pytest.mark.parametrize("size", [1, 7, 20, 50, 10_000])
def test_the_result_is_the_same_to_the_byte_whatever_the_file_is_cut_into(
    size: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _scored(TRICKY)
    monkeypatch.setattr(plan, "CHUNK_BYTES", size)
    monkeypatch.setattr("picklejar.batch.job.ROWS_AT_ONCE", at_once)
    assert _scored(TRICKY) == whole
    assert [line.split(",")[0] for line in whole[1].splitlines()[1:]] == ["2", "4", "5", "37"]


def test_whoever_plans_first_says_which_version_predicts_and_a_step_taken_again_changes_nothing() -> None:
    store = MemoryStore()
    store.put("file.csv", b"x\n1\n")
    files = Files(store)
    source = Source.found(files, "file.csv")
    job = Job(files, "place")
    other = open_version(version(2).manifest, version(2).files[MODEL_FILE])
    first = job.begin(source, "numbered", lambda: version(1).manifest)
    assert job.begin(source, "numbered", lambda: version(2).manifest) == first
    job.score(first, 0, source, NUMBERED)
    job.score(first, 0, source, other)
    job.join(first, source, NUMBERED.manifest, "result")
    assert files.read("result") == b"x,prediction\n1,1001.0\n"


def test_a_chunk_that_was_ended_between_its_files_is_scored_again() -> None:
    store = MemoryStore()
    store.put("file.csv", b"x\n1\n")
    source = Source.found(Files(store), "file.csv")
    job = Job(Files(store), "place")
    made = job.begin(source, "numbered", lambda: NUMBERED.manifest)
    job.score(made, 0, source, NUMBERED)
    for missing in ("place/00000.json", "place/00000.errors"):
        store.delete(missing)
    with pytest.raises(FileNotFoundError):
        job.join(made, source, NUMBERED.manifest, "result")
    job.score(made, 0, source, NUMBERED)
    assert job.join(made, source, NUMBERED.manifest, "result").rows == 1


def test_a_file_that_is_refused_leaves_its_sentence_and_no_result() -> None:
    store = MemoryStore()
    store.put("file.csv", b"y\n1\n")
    files = Files(store)
    source = Source.found(files, "file.csv")
    job = Job(files, "place")
    made = job.begin(source, "numbered", lambda: NUMBERED.manifest)
    summary = job.join(made, source, None, "result")
    assert str(summary.refusal).startswith("The file has no column x.")
    assert files.read("result.errors.csv").decode().startswith(f'{ERRORS},,file,"The file has no column x. ')
    assert not files.has("result")


def test_what_a_store_refuses_is_told_in_a_sentence() -> None:
    with bound(0) as free:
        port = free.getsockname()[1]
    files = Files(s3_store("nowhere", region="here", endpoint=f"http://127.0.0.1:{port}"))
    with pytest.raises(FilesUnreachable, match="try again"):
        files.read("file.csv")

"""`picklejar predict NAME -`: rows through a pipe get what `picklejar score` writes."""

from __future__ import annotations

import gzip
import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from picklejar.cells.dialect import Dialect
from picklejar.errors import FileRefused, PicklejarError
from picklejar.predictor import Predictor
from tests.rent import jar_of
from tests.served import api_of
from training import piped
from training.client import EndpointError, ModelEndpoint
from training.piped import predict_piped
from training.score_file import predictor_of, score

CSV = b"district,furnished,area,floor,agent\n"
Piped = Callable[[bytes], tuple[bytes, list[str]]]


@pytest.fixture(scope="module")
def rent(rent_bundle: Path) -> Iterator[ModelEndpoint]:
    """The endpoint of a model with every type of feature."""
    with api_of(jar_of(rent_bundle)) as address:
        yield ModelEndpoint(address, "rent")


@pytest.fixture(scope="module")
def churn(churn_bundle: Path) -> Iterator[ModelEndpoint]:
    """The endpoint of a classifier with probabilities."""
    with api_of(jar_of(churn_bundle)) as address:
        yield ModelEndpoint(address, "churn")


def _pipe(content: bytes, endpoint: ModelEndpoint) -> tuple[bytes, list[str]]:
    """Return what is written, and what is said of rows."""
    target, said = io.BytesIO(), []
    refused = predict_piped(io.BufferedReader(io.BytesIO(content)), target, endpoint, said.append)  # type: ignore[arg-type]
    of_rows = [sentence for sentence in said if sentence.startswith("Row ")]
    assert refused == len({sentence.partition(":")[0] for sentence in of_rows})
    return target.getvalue(), of_rows


def _score(name: str, content: bytes, predictor: Predictor, folder: Path) -> bytes:
    (folder / name).write_bytes(content)
    score(folder / name, folder / f"out-{name}", predictor, lambda *_: None)
    return (folder / f"out-{name}").read_bytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV + b"Harbour,yes,50,3,Smith\nHills,,,,\n"),
        ("a.csv", b"\n\r\n" + CSV + b"\nHills,no,1e2,3,x\n\n,,,,\nNowhere,maybe,0,1.5,x\nHills,no\nHills,no,1,1,x,y\n"),
        ("a.csv", b"\xef\xbb\xbfsep=;\r\ndistrict;area;note\r\nHarbour;50,5;\"a\r\nb;\"\r\nHills;7;\xc3\xbc"),
        ("a.csv", b'district\tarea "x\tarea\nHills\t1"\t5\nHills\t2"\t6\n'),
        ("a.csv", b'"district","no\nte"\nHills,1\n'),
        ("a.csv", b"district,floor\rHills,1\rHarbour,2\r"),
        ("a.csv", "agent,district\n\ufffd,Hills\nÜmlaut,Hills\n".encode()),
        ("a.csv", CSV),
        ("a.csv", b"floor,area,furnished,district\n3,1.5,yes,Hills\n2,1e2,no,Harbour\n" * 2),
        ("a.csv", b"floor,area,district\n" + b"3,1.5,Hills\n2,7,Harbour\n" * 3_000 + b"2,-7,Harbour\n1,1,\n"),
        ("a.jsonl", b'\xef\xbb\xbf\n{"district": "Hills"}\r\n\n{"district": "Hills", "area": NaN}\n[1]\nx\n{"x": 1e9}'),
        ("a.jsonl", b'{"district": "Hills", "agent": "\xff"}\n{"district":"Hills","agent":"\xef\xbf\xbd"}\n'),
        ("a.jsonl", b'{"district": "Hills"}\n' * 4_321 + b'{"district": "Nowhere"}\n'),
    ],
)  # fmt: skip
def test_rows_get_what_score_writes(
    rent: ModelEndpoint, rent_bundle: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    result, said = _pipe(content, rent)
    assert result == _score(name, content, predictor_of(rent_bundle), tmp_path)
    broken = (tmp_path / f"out-{name}.errors.csv").read_text().splitlines()[1:]
    assert len(broken) == len(said)
    assert all(
        line.startswith(sentence[4:].partition(":")[0] + ",") for line, sentence in zip(broken, said, strict=True)
    )


def test_features_without_a_column_are_named(rent: ModelEndpoint) -> None:
    said: list[str] = []
    for header in (b"district,Furnisht,area,floor,agent\n", CSV):
        source = io.BufferedReader(io.BytesIO(header + b"Harbour,yes,50,3,Smith\n"))  # type: ignore[arg-type]
        predict_piped(source, io.BytesIO(), rent, said.append)
    assert said == ["No column gave furnished."]


def test_labels_have_their_probabilities(churn: ModelEndpoint, churn_bundle: Path, tmp_path: Path) -> None:
    rows = b"months,calls,contract,plan\n" + b"2,9,no,basic\n30,,yes,basic\n" * 2_500
    result, said = _pipe(rows, churn)
    assert result.startswith(b"months,calls,contract,plan,prediction,probability_no,probability_yes\n2,9,no,basic,yes,")
    assert result == _score("a.csv", rows, predictor_of(churn_bundle), tmp_path)
    assert said == []


def test_a_part_is_answered_before_the_next_is_sent(rent: ModelEndpoint) -> None:
    (read, write), (answers, target) = os.pipe(), os.pipe()

    def run() -> None:
        with os.fdopen(read, "rb") as source, os.fdopen(target, "wb") as sink:
            predict_piped(source, sink, rent, lambda _: None)

    thread = threading.Thread(target=run)
    thread.start()
    with os.fdopen(write, "wb", buffering=0) as sent, os.fdopen(answers, "rb") as came:
        sent.write(b"district,floor\n")
        assert came.readline() == b"district,floor,prediction\n"
        sent.write(b"Hills,1\n" * 2_001)
        assert len({came.readline() for _ in range(2_000)}) == 1
        sent.write(b"Harbour,2\n")
        sent.close()
        assert [line.partition(b",")[0] for line in came] == [b"Hills", b"Harbour"]
    thread.join()


def test_long_rows_are_kept_no_longer_than_a_few(rent: ModelEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    take = piped._Kept.take

    def taken(kept: piped._Kept, end: int) -> bytes:
        sizes.append(len(kept._kept))
        return take(kept, end)

    monkeypatch.setattr(piped._Kept, "take", taken)
    row = b"Hills," + b"x" * 900_000 + b"\n"
    result, said = _pipe(b"district,note\n" + row * 12, rent)
    assert (result.count(b"\n"), said) == (13, [])
    assert len(sizes) == 3
    assert max(sizes) < 6 * 1024 * 1024


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "The file is empty."),
        (b"floor\n1\n", "The file has no column district."),
        (gzip.compress(CSV, mtime=0), "packed by gzip; unpack it before, as by gunzip -c."),
        ("district\nHills\n".encode("utf-16"), "UTF-16 text, and UTF-8 is read here. Give the file to picklejar score"),
        (b"di\0strict\0\n", "zero bytes"),
        (b"district,agent\nHills,Andr\xe9\n", "What comes is not UTF-8 text. Give the file to picklejar score"),
        (b"district,Stra\xdfe\nHills,1\n", "What comes is not UTF-8 text"),
        (b"\xef\xbb\xbfdistrict,agent\nHills,Andr\xe9\n", "is not the UTF-8 text that its first bytes announce"),
        (b'district,agent\nHills,"open\n', "A quote that opens in Row 1 is never closed."),
        (b"district," + b"x" * 2_000_000, "The first line has more than 1,048,576 bytes"),
    ],
)
def test_what_cannot_be_read_is_said(rent: ModelEndpoint, content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused) as raised:
        _pipe(content, rent)
    assert sentence.casefold() in str(raised.value).casefold()


def test_what_score_cannot_tell_the_encoding_of_is_not_guessed(
    rent: ModelEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_cp1252 = msgspec.structs.replace(rent.signature, dialect=Dialect(encoding="cp1252"))
    monkeypatch.setattr(rent, "signature", of_cp1252)
    assert _pipe(b"district\nHills\n", rent)[1] == []
    with pytest.raises(FileRefused, match="nothing tells which"):
        _pipe("district,agent\nHills,é\n".encode(), rent)


def test_an_endpoint_that_says_more_than_this_release_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    described = {"signature": {"features": [], "target": {}, "colour": "red"}}
    monkeypatch.setattr("picklejar_client.Model.describe", lambda _: described)
    with pytest.raises(EndpointError, match="describes sales in words unknown to this release"):
        ModelEndpoint("http://127.0.0.1:9", "sales")


def test_a_refusal_of_all_rows_ends_it(rent_bundle: Path) -> None:
    with api_of(jar_of(rent_bundle)) as address:
        endpoint = ModelEndpoint(address, "rent")
        endpoint._model = endpoint._client.model("rent", version="0" * 12)
        with pytest.raises(PicklejarError, match="There is no such model"):
            _pipe(b"district\nHills\n", endpoint)

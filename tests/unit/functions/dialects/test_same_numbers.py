"""All dialects give the same numbers for the same rows, and refuse the same rows."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.every_kind import FLAT, MIXED, SIGNATURES, Answered, Call, every_kind

JSON, BINARY = "application/json", "application/octet-stream"
DATATYPES = {"string": "BYTES", "boolean": "BOOL", "number": "FP64", "integer": "INT64"}
# Of texts and switches a few break a rule, and of numbers some are beyond a limit.
VALUES: dict[str, Any] = {
    "district": st.sampled_from(["Harbour", "Hills", "Hills", "Moon"]),
    "furnished": st.none() | st.booleans(),
    "new": st.booleans(),
    "area": st.none() | st.floats(1, 1_000) | st.floats(0.9, 1_000.1) | st.integers(1, 1_000),
    "floor": st.integers(-4, 2**53),
    "agent": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
}
FLATS = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=4)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
CALL = every_kind()
# A busy machine may take longer for one.
EXAMPLES = settings(deadline=None)


def _tensors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": feature.name,
            "shape": [len(rows), 1],
            "datatype": DATATYPES[feature.type],
            "data": [row[feature.name] for row in rows],
        }
        for feature in MIXED
    ]


def _every_dialect(call: Call, model: str, rows: list[dict[str, Any]]) -> dict[str, Answered]:
    names = list(rows[0])
    columns = {name: [row[name] for row in rows] for name in names}
    bodies = {
        "split": {"dataframe_split": {"columns": names, "data": [[row[name] for name in names] for row in rows]}},
        "records": {"dataframe_records": rows},
        "columns": {"inputs": columns},
        "matrix": {"instances": [[row[name] for name in SIGNATURES[model].names] for row in rows]},
    }
    return {
        "native": call("POST", f"/models/{model}/predict", {"instances": rows}, JSON),
        "v1": call("POST", f"/v1/models/{model}:predict", {"instances": rows}, JSON),
        **{name: call("POST", f"/models/{model}/invocations", body, JSON) for name, body in bodies.items()},
    }


def _predictions(answer: Answered) -> Any:
    if answer.status != 200:
        return [(rule["row"], rule["field"]) for rule in answer.json["errors"]]
    return answer.json["predictions"] if "predictions" in answer.json else answer.json["outputs"][0]["data"]


@EXAMPLES
@given(rows=FLATS)
def test_the_same_rows_are_answered_or_refused_alike(rows: list[dict[str, Any]]) -> None:
    answers = _every_dialect(CALL, "flats", rows)
    answers["v2"] = CALL("POST", "/v2/models/flats/infer", {"inputs": _tensors(rows)})
    expected = _predictions(answers["native"])
    assert {name: _predictions(answer) for name, answer in answers.items()} == dict.fromkeys(answers, expected)


@EXAMPLES
@given(rows=st.lists(st.fixed_dictionaries({"width": NUMBERS, "height": NUMBERS}), min_size=1, max_size=4))
def test_numbers_are_the_same_to_the_last_bit_in_json_in_bytes_and_in_cells(rows: list[dict[str, Any]]) -> None:
    answers = _every_dialect(CALL, "numbers", rows)
    matrix = np.array([[row["width"], row["height"]] for row in rows], dtype="<f8")
    tensor = {"name": "X", "shape": [len(rows), 2], "datatype": "FP64"}
    answers["v2"] = CALL("POST", "/v2/models/numbers/infer", {"inputs": [tensor | {"data": matrix.tolist()}]})
    head = json.dumps({"inputs": [tensor | {"parameters": {"binary_data_size": matrix.nbytes}}]}).encode()
    sent = {"Inference_Header_Content_Length": str(len(head))}
    answers["bytes"] = CALL("POST", "/v2/models/numbers/infer", head + matrix.tobytes(), BINARY, **sent)
    cells = "width,height\n" + "".join(f"{row['width']!r},{row['height']!r}\n" for row in rows)
    answers["csv"] = CALL("POST", "/models/numbers/invocations", cells.encode(), "text/csv")
    expected = _predictions(answers["native"])
    assert {name: _predictions(answer) for name, answer in answers.items()} == dict.fromkeys(answers, expected)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
JUNK = st.recursive(
    SCALARS | st.sampled_from([-1, 10**18, 10**400]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FLAT, "name", "data"]), inner, max_size=3)
    ),
    max_leaves=8,
)
TENSOR = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([*FLAT, "X"]) | JUNK,
        "shape": st.lists(st.integers(-1, 7), max_size=3) | JUNK,
        "datatype": st.sampled_from(["FP64", "INT8", "BOOL", "BYTES", "FP16"]) | JUNK,
        "data": st.lists(JUNK, max_size=7) | JUNK,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(-1, 40)}) | JUNK,
    },
)
V2 = st.fixed_dictionaries({"inputs": st.lists(TENSOR, max_size=3) | JUNK}, optional={"outputs": JUNK, "id": JUNK})
SPLIT = st.fixed_dictionaries(
    {}, optional={"columns": st.lists(st.sampled_from([*FLAT]), max_size=4) | JUNK, "data": JUNK}
)
INVOCATION = st.dictionaries(
    st.sampled_from(["dataframe_split", "dataframe_records", "instances", "inputs", "params"]), SPLIT | JUNK, max_size=2
)


def _is_refused_or_answered(answer: Answered) -> bool:
    return answer.status in {200, 400, 413} and (answer.status == 200 or bool(answer.json["error"]))


@EXAMPLES
@given(body=V2, tail=st.binary(max_size=40), is_binary=st.booleans())
def test_whatever_comes_to_v2_is_answered_or_refused(body: Any, tail: bytes, is_binary: bool) -> None:
    head = json.dumps(body).encode()
    sent = {"Inference_Header_Content_Length": str(len(head))} if is_binary else {}
    content, media_type = (head + tail, BINARY) if is_binary else (head, JSON)
    assert _is_refused_or_answered(CALL("POST", "/v2/models/flats/infer", content, media_type, **sent))


@EXAMPLES
@given(body=INVOCATION | JUNK)
def test_whatever_is_invoked_is_answered_or_refused(body: Any) -> None:
    assert _is_refused_or_answered(CALL("POST", "/models/flats/invocations", json.dumps(body).encode(), JSON))


CELLS = st.lists(st.sampled_from([*'dn,;\n\r"\0é0.-', "district", "new", "Hills", "yes", "\n"]), max_size=30).map(
    "".join
)


@EXAMPLES
@given(text=CELLS)
def test_whatever_cells_come_are_answered_or_refused(text: str) -> None:
    assert _is_refused_or_answered(CALL("POST", "/models/flats/invocations", text.encode(), "text/csv"))


@EXAMPLES
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
def test_texts_are_the_same_in_bytes(words: list[str]) -> None:
    raw = b"".join(struct.pack("<I", len(word.encode())) + word.encode() for word in words)
    parameters = {"binary_data_size": len(raw)}
    tensor = {"name": "message", "shape": [len(words)], "datatype": "BYTES", "parameters": parameters}
    head = json.dumps({"inputs": [tensor]}).encode()
    sent = {"Inference_Header_Content_Length": str(len(head))}
    answer = CALL("POST", "/v2/models/messages/infer", head + raw, BINARY, **sent)
    native = CALL("POST", "/models/messages/predict", {"instances": [{"message": word} for word in words]}, JSON)
    assert _predictions(answer) == _predictions(native)


@pytest.mark.parametrize("model", ["flats", "numbers"])
def test_the_largest_request_is_answered_alike(model: str) -> None:
    row = FLAT if model == "flats" else {"width": 1.5, "height": -2.25}
    answers = _every_dialect(CALL, model, [row] * 10_000)
    expected = _predictions(answers["native"])
    assert len(expected) == 10_000
    assert {name: _predictions(answer) for name, answer in answers.items()} == dict.fromkeys(answers, expected)

"""The Open Inference Protocol: what its clients send, and what they are told of what cannot be answered."""

from __future__ import annotations

import json
import struct
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.predict.dialects.tensors import DAMAGED
from picklejar.signature import Feature
from tests.every_kind import (
    BARE,
    FLAT,
    SIGNATURES,
    VERSION,
    Answered,
    Call,
    Jar,
    calling,
    every_kind,
    predictor,
    signature,
)

ROOT = Path(__file__).parents[4]
TENSORS = {"district": "BYTES", "furnished": "BOOL", "new": "BOOL", "area": "FP64", "floor": "INT64", "agent": "BYTES"}
BINARY = "application/octet-stream"
OK = 200


@pytest.fixture(scope="module")
def call() -> Call:
    return every_kind()


def _input(name: str, datatype: str, data: list[Any], shape: Any = None) -> dict[str, Any]:
    return {"name": name, "shape": [len(data)] if shape is None else shape, "datatype": datatype, "data": data}


def _flats(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [_input(name, TENSORS[name], [row.get(name) for row in rows]) for name in rows[0]]


PAIR = [_input("width", "FP64", [1, 2.5]), _input("height", "FP64", [3, 4])]
ROWS = [{"width": 1, "height": 3}, {"width": 2.5, "height": 4}]


def _infer(call: Call, model: str, inputs: Any, **words: Any) -> Answered:
    # As tritonclient sends it, which knows no media type.
    return call("POST", f"/v2/models/{model}/infer", {"inputs": inputs} | words)


def _outputs(call: Call, model: str, inputs: Any, *names: str) -> Any:
    answer = _infer(call, model, inputs, **({"outputs": [{"name": name} for name in names]} if names else {}))
    assert answer.status == OK, answer.json
    return answer.json["outputs"]


def _native(call: Call, model: str, rows: list[dict[str, Any]], output: str = "predict") -> Any:
    body = {"instances": rows, "output": output}
    return call("POST", f"/models/{model}/predict", body, "application/json").json["predictions"]


def _refusal(answer: Answered, status: int = 400) -> str:
    """Return the sentence of a refusal, after what must hold for every one."""
    assert answer.status == status, answer.json
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["error"] == answer.json["message"]
    assert answer.json["status"] == status
    assert "Traceback" not in json.dumps(answer.json)
    sentence: str = answer.json["error"]
    return sentence


def test_the_server_describes_itself(call: Call) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for path in ("/v2", "/v2/"):
        assert call("GET", path).json == {"name": "picklejar", "version": version, "extensions": []}
    assert call("GET", "/v2/health/live").json == {"live": True}
    assert call("GET", "/v2/health/ready").json == {"ready": True, "live": True}


DESCRIBED = [
    ("numbers", ["FP64", "FP64"], [{"name": "predict", "datatype": "FP64", "shape": [-1]}]),
    ("flats", list(TENSORS.values()), [{"name": "predict", "datatype": "FP64", "shape": [-1]}]),
    ("messages", ["BYTES"], [
        {"name": "predict", "datatype": "BYTES", "shape": [-1]},
        {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
    ]),
    ("counts", ["FP64"] * 2, [
        {"name": "predict", "datatype": "INT64", "shape": [-1]},
        {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 3]},
    ]),
    ("flags", ["FP64"] * 2, [
        {"name": "predict", "datatype": "BOOL", "shape": [-1]},
        {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
    ]),
    ("outliers", ["FP64"] * 2, [
        {"name": "predict", "datatype": "INT64", "shape": [-1]},
        {"name": "score_samples", "datatype": "FP64", "shape": [-1]},
    ]),
    ("both", ["FP64"] * 2, [{"name": name, "datatype": "FP64", "shape": [-1]} for name in ("price", "rent")]),
    ("labels", ["FP64"] * 2, [{"name": name, "datatype": "BYTES", "shape": [-1]} for name in ("warm", "old")]),
]  # fmt: skip


@pytest.mark.parametrize(("model", "datatypes", "outputs"), DESCRIBED)
@pytest.mark.parametrize("version", ["", f"/versions/{VERSION}", "/versions/champion", "/versions/next"])
def test_a_model_is_described(call: Call, model: str, datatypes: Any, outputs: Any, version: str) -> None:
    described = call("GET", f"/v2/models/{model}{version}").json
    names = [feature.name for feature in SIGNATURES[model].features]
    assert described["inputs"] == [
        {"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in zip(names, datatypes, strict=True)
    ]
    assert described["outputs"] == outputs
    assert (described["name"], described["versions"], described["platform"]) == (model, [VERSION], "sklearn_pickle")
    assert call("GET", f"/v2/models/{model}{version}/ready").json == {"name": model, "ready": True}


def test_classes_are_told_where_there_are_probabilities_of_them(call: Call) -> None:
    classes = {model: call("GET", f"/v2/models/{model}").json.get("parameters") for model in SIGNATURES}
    expected = {"messages": '["no","yes"]', "counts": "[3,1,2]", "flags": "[false,true]"}
    assert classes == {model: {"classes": expected[model]} if model in expected else None for model in SIGNATURES}


def test_what_is_answered_is_echoed_or_named(call: Call, lines: list[dict[str, Any]]) -> None:
    answer = _infer(call, "numbers", PAIR, id="mine", parameters={"binary_data_output": True}, model_name="numbers")
    assert {name: answer.json[name] for name in ("model_name", "model_version", "id")} == {
        "model_name": "numbers", "model_version": VERSION, "id": "mine",
    }  # fmt: skip
    assert _infer(call, "numbers", PAIR).json["id"] == lines[-1]["request_id"]
    assert [(line["dialect"], line["rows"], line["model"]) for line in lines] == [("v2", 2, "numbers")] * 2


def test_predictions_are_flat(call: Call) -> None:
    assert _outputs(call, "numbers", PAIR) == [
        {"name": "predict", "shape": [2], "datatype": "FP64", "data": _native(call, "numbers", ROWS)}
    ]


@pytest.mark.parametrize(
    "inputs",
    [
        PAIR[::-1],
        [_input("width", "FP32", [1, 2.5], [2, 1]), _input("height", "INT8", [3, 4])],
        [_input("width", "FP64", [[1], [2.5]], [2, 1]), _input("height", "UINT64", [3, 4], [2])],
        [_input("width", "FP64", [1, 2.5]), _input("height", "INT64", [3.0, 4.0])],
        [_input("input-0", "FP64", [1, 3, 2.5, 4], [2, 2])],
        [_input("input-0", "FP32", [[1, 3], [2.5, 4]], [2, 2])],
    ],
    ids=["order", "a column each", "nested", "whole", "matrix", "nested matrix"],
)
def test_the_same_rows_are_sent_in_many_shapes(call: Call, inputs: Any) -> None:
    assert _outputs(call, "numbers", inputs)[0]["data"] == _native(call, "numbers", ROWS)


def test_every_type_of_feature_is_an_input_and_what_may_be_missing_is_null_or_nan_or_left_out(call: Call) -> None:
    given = FLAT | {"area": None, "furnished": None, "agent": None}
    expected = _native(call, "flats", [FLAT, given])
    assert _outputs(call, "flats", _flats(FLAT, given))[0]["data"] == expected
    not_there = json.dumps({"inputs": _flats(FLAT, given)}).replace("null", "NaN").encode()
    assert call("POST", "/v2/models/flats/infer", not_there).json["outputs"][0]["data"] == expected
    assert _outputs(call, "flats", _flats(BARE))[0]["data"] == _native(call, "flats", [BARE])


def test_a_whole_float_is_an_integer_and_a_matrix_says_true_by_1(call: Call) -> None:
    floor = [_input(name, "FP64" if name == "floor" else TENSORS[name], [value]) for name, value in FLAT.items()]
    assert _outputs(call, "flats", floor)[0]["data"] == _native(call, "flats", [FLAT])
    switches = _native(call, "switches", [{"on": True, "hot": False}])
    for datatype, data in (("FP64", [1.0, 0]), ("UINT8", [1, 0]), ("BOOL", [True, False])):
        assert _outputs(call, "switches", [_input("X", datatype, data, [1, 2])])[0]["data"] == switches


@pytest.mark.parametrize(("model", "datatype"), [("messages", "BYTES"), ("counts", "INT64"), ("flags", "BOOL")])
def test_labels_and_their_probabilities_are_outputs(call: Call, model: str, datatype: str) -> None:
    inputs = [_input("message", "BYTES", ["Hello", "Ümlaut 🥒"])] if model == "messages" else PAIR
    rows = [{"message": "Hello"}, {"message": "Ümlaut 🥒"}] if model == "messages" else ROWS
    labels, shares = _native(call, model, rows), _native(call, model, rows, "predict_proba")
    probabilities, predictions = _outputs(call, model, inputs, "predict_proba", "predict")
    assert predictions == {"name": "predict", "shape": [2], "datatype": datatype, "data": labels}
    assert _outputs(call, model, inputs) == [predictions]
    classes = json.loads(probabilities["parameters"]["classes"])
    assert probabilities["shape"] == [2, len(classes)]
    assert probabilities["data"] == [share for row in shares for share in row]


def test_scores_of_outliers_are_an_output(call: Call) -> None:
    (scores,) = _outputs(call, "outliers", PAIR, "score_samples")
    data = _native(call, "outliers", ROWS, "score_samples")
    assert scores == {"name": "score_samples", "shape": [2], "datatype": "FP64", "data": data}


@pytest.mark.parametrize(("model", "names"), [("both", ("price", "rent")), ("labels", ("warm", "old"))])
def test_each_of_several_targets_is_an_output(call: Call, model: str, names: tuple[str, ...]) -> None:
    rows = _native(call, model, ROWS)
    expected = {name: [row[name] for row in rows] for name in names}
    for asked in ((), names, names[::-1], names[1:]):
        outputs = _outputs(call, model, PAIR, *asked)
        assert [(output["name"], output["data"]) for output in outputs] == [
            (name, expected[name]) for name in asked or names
        ]
    assert "its outputs are" in _refusal(_infer(call, model, PAIR, outputs=[{"name": "predict"}]))


def _binary(*tensors: tuple[str, str, list[int], bytes]) -> tuple[bytes, int]:
    """Return a body with raw tensors, and the length of its JSON."""
    inputs = [
        {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(raw)}}
        for name, datatype, shape, raw in tensors
    ]
    head = json.dumps({"inputs": inputs}).encode()
    return head + b"".join(raw for *_, raw in tensors), len(head)


def _send(call: Call, model: str, body: bytes, length: Any, media_type: str = BINARY) -> Answered:
    return call("POST", f"/v2/models/{model}/infer", body, media_type, Inference_Header_Content_Length=str(length))


def _text(*words: str) -> bytes:
    return b"".join(struct.pack("<I", len(word.encode())) + word.encode() for word in words)


NUMPY = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8",
         "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8"}  # fmt: skip


@pytest.mark.parametrize("datatype", NUMPY)
def test_raw_numbers_are_read(call: Call, datatype: str) -> None:
    raw = np.array([1, 2.5, 3, 4]).astype(NUMPY[datatype])
    (width, height) = raw[:2], raw[2:]
    tensors = [("width", datatype, [2], width.tobytes()), ("height", datatype, [2, 1], height.tobytes())]
    answer = _send(call, "numbers", *_binary(*tensors))
    assert answer.status == OK, answer.json
    rows = [{"width": float(wide), "height": float(high)} for wide, high in zip(width, height, strict=True)]
    assert answer.json["outputs"][0]["data"] == _native(call, "numbers", rows)


def test_raw_texts_and_booleans_are_read_beside_json(call: Call) -> None:
    rows = [FLAT, FLAT | {"agent": "🥒", "furnished": False, "district": "Hills"}]
    tensors = [
        ("district", "BYTES", [2], _text("Harbour", "Hills")),
        ("furnished", "BOOL", [2], b"\1\0"),
        ("new", "BOOL", [2], b"\0\0"),
        ("area", "FP64", [2], np.array([50.5, 50.5]).tobytes()),
        ("floor", "INT64", [2], np.array([3, 3]).tobytes()),
        ("agent", "BYTES", [2], _text("Ümlaut", "🥒")),
    ]
    assert _send(call, "flats", *_binary(*tensors)).json["outputs"][0]["data"] == _native(call, "flats", rows)


def test_what_survives_as_text_needs_no_media_type_and_the_rest_is_refused_with_a_way_out(call: Call) -> None:
    for value, is_whole in ((0.0, True), (0.1, False)):
        body, length = _binary(("X", "FP64", [1, 2], np.array([value, value]).tobytes()))
        for media_type in ("application/json", ""):
            answer = _send(call, "numbers", body, length, media_type)
            if is_whole:
                assert answer.json["outputs"][0]["data"] == [0.0]
            else:
                assert "binary_data=False" in _refusal(answer)


def _missing_bytes(**changes: Any) -> tuple[bytes, Any]:
    body, length = _binary(("X", "FP64", [1, 2], np.array([1.0, 2.0]).tobytes()))
    head = json.loads(body[:length])
    head["inputs"][0] |= changes
    text = json.dumps(head).encode()
    return text + body[length:], len(text)


DAMAGES = [
    ((b"{}", 3), "Inference-Header-Content-Length is 3, and the body has 2 bytes."),
    ((b"{}", -1), "Inference-Header-Content-Length is -1"),
    ((b"{}", "²"), "Inference-Header-Content-Length is ²"),
    ((b"{}", "9" * 5_000), "Inference-Header-Content-Length is 999"),
    ((b"{}", "1e1"), "Inference-Header-Content-Length is 1e1"),
    (
        _missing_bytes(parameters={"binary_data_size": 17}),
        "The input X has the binary_data_size 17, and 16 bytes are left.",
    ),
    (_missing_bytes(parameters={"binary_data_size": -1}), "The input X has the binary_data_size -1"),
    (_missing_bytes(parameters={"binary_data_size": True}), "The input X has the binary_data_size True"),
    (_missing_bytes(parameters={"binary_data_size": "16"}), "The input X has the binary_data_size 16"),
    (_missing_bytes(parameters={"binary_data_size": [[]]}), "The input X has the binary_data_size an array"),
    (_missing_bytes(parameters={"binary_data_size": 8}), "The input X has the shape [1, 2], and 1 values of data."),
    (_missing_bytes(parameters={"binary_data_size": 7}), "The input X has 7 bytes, and FP64 takes 8 a value."),
    (_missing_bytes(parameters={"binary_data_size": 0}), "The input X has the shape [1, 2], and 0 values of data."),
    (_missing_bytes(data=[1, 2]), "The input X has both data and a binary_data_size; send one of them."),
    (_missing_bytes(shape=[10**18, 2]), "The input X has the shape [1000000000000000000, 2], and 2 values of data."),
    (_binary(("message", "BYTES", [1], b"\1\0\0")), "Row 0: The input message ends within a text."),
    (_binary(("message", "BYTES", [1], b"\2\0\0\0x")), "Row 0: The input message ends within a text."),
    (
        _binary(("message", "BYTES", [2], _text("x") + b"\xff\xff\xff\xff")),
        "Row 1: The input message ends within a text.",
    ),
    (
        _binary(("message", "BYTES", [1], b"\1\0\0\0\xff")),
        "Row 0: The input message has bytes that are not UTF-8 text.",
    ),
    (_binary(("message", "BYTES", [1], _text("x", "y"))), "The input message has more texts than its shape [1] says."),
    (_binary(("message", "BYTES", [2], _text("x"))), "The input message has the shape [2], and 1 values of data."),
]


@pytest.mark.parametrize(("sent", "sentence"), DAMAGES, ids=[sentence for _, sentence in DAMAGES])
def test_damaged_bytes_are_refused_with_what_is_wrong(call: Call, sent: tuple[bytes, Any], sentence: str) -> None:
    refusal = _refusal(_send(call, "messages" if b"message" in sent[0] else "numbers", *sent))
    assert refusal.startswith(sentence)


def test_bytes_behind_the_last_tensor_are_refused_with_the_way_out(call: Call) -> None:
    body, length = _missing_bytes()
    assert (
        _refusal(_send(call, "numbers", body + b"\0", length))
        == f"1 bytes behind the tensors belong to none. {DAMAGED}"
    )


WIDTH, HEIGHT = PAIR
REFUSED = [
    ("numbers", None, "inputs must be an array of one tensor or more."),
    ("numbers", [], "inputs must be an array of one tensor or more."),
    ("numbers", {}, "inputs must be an array of one tensor or more."),
    ("numbers", [5], "Input 0 must be an object with name, shape, datatype and data."),
    ("numbers", [WIDTH, {"name": 5}], "Input 1 must be an object with name, shape, datatype and data."),
    ("numbers", [WIDTH], "The input height is missing; the model has the features width, height."),
    ("numbers", [WIDTH, HEIGHT, WIDTH], "The input width is sent twice."),
    (
        "numbers",
        [WIDTH, HEIGHT, _input("depth", "FP64", [1, 2])],
        "depth is not an input of this model; its inputs are width, height.",
    ),
    ("numbers", [WIDTH, _input("height", "FP64", [3])], "The input height has 1 rows, and width has 2."),
    (
        "numbers",
        [WIDTH, _input("height", "FP64", [3], [2])],
        "The input height has the shape [2], and 1 values of data.",
    ),
    ("numbers", [WIDTH, _input("height", "FP64", [[3], [4]], [2])], "Row 0: height must be a number, not an array."),
    (
        "numbers",
        [WIDTH, _input("height", "FP64", [1, 2, 3, 4], [2, 2])],
        "The input height must have a shape of [rows] or [rows, 1].",
    ),
    ("numbers", [WIDTH, _input("height", "FP64", ["1", 2])], "Row 0: height must be a number, not text"),
    ("numbers", [WIDTH, _input("height", "FP64", [1, None])], "Row 1: height must be a number, not null."),
    ("numbers", [WIDTH, _input("height", "FP64", [1, True])], "Row 1: height must be a number, not a boolean."),
    ("numbers", [WIDTH, _input("height", "FP64", [1, 10**400])], "Row 1: height must be finite, not NaN or infinite."),
    (
        "numbers",
        [WIDTH, _input("height", "INT64", [1, 2.5])],
        "Row 1: The input height is of INT64, and 2.5 is no whole number; send FP64.",
    ),
    (
        "numbers",
        [_input("X", "INT64", [1, 2, 2.5, 4], [2, 2])],
        "Row 1: The input X is of INT64, and 2.5 is no whole number; send FP64.",
    ),
    (
        "numbers",
        [WIDTH, _input("height", "FP16", [1, 2])],
        "The input height is of FP16, which JSON cannot say; send FP64.",
    ),
    ("numbers", [WIDTH, _input("height", "BYTES", ["1", "2"])], "The input height is of BYTES; send FP64."),
    ("numbers", [WIDTH, _input("height", "BOOL", [True, False])], "The input height is of BOOL; send FP64."),
    (
        "numbers",
        [WIDTH, _input("height", "FP128", [1, 2])],
        "The input height has the datatype FP128; send one of BOOL, BYTES, FP16,",
    ),
    ("numbers", [WIDTH, _input("height", [[1]], [1, 2])], "The input height has the datatype an array; send one of"),  # type: ignore[arg-type]
    (
        "numbers",
        [WIDTH, {"name": "height", "datatype": "FP64", "shape": [2]}],
        "The input height has no data; send an array.",
    ),
    ("numbers", [WIDTH, _input("height", "FP64", {"0": 1}, [1])], "The input height has no data; send an array."),  # type: ignore[arg-type]
    *(
        ("numbers", [_input("width", "FP64", [1], shape)], "The input width must have a shape of [rows]")
        for shape in ([], [1, 1, 1], {}, "1", 1)
    ),
    *(
        (
            "numbers",
            [_input("width", "FP64", [1], shape)],
            "The input width must have a shape of whole numbers from 1 on.",
        )
        for shape in ([0], [-1], [-1, -1], [True], [1.0], ["1"], [[1]], [10**19], [1, 10**300])
    ),
    (
        "numbers",
        [_input("X", "FP64", [1, 2, 3], [1, 3])],
        "Row 0: The input X has 3 values, and there are 2 names: width, height.",
    ),
    (
        "numbers",
        [_input("X", "FP64", [[1, 2], [3]], [2, 2])],
        "The input X has the shape [2, 2], and 2 values of data.",
    ),
    ("numbers", [_input("X", "FP64", [1, 2], [2])], "X is not an input of this model; its inputs are width, height."),
    (
        "flats",
        [_input("X", "FP64", [1] * 6, [1, 6])],
        "The input X is of FP64; district is BYTES: send a tensor for each feature.",
    ),
    (
        "flats",
        [_input("X", "BYTES", ["1"] * 6, [1, 6])],
        "The input X is of BYTES; furnished is BOOL: send a tensor for each feature.",
    ),
    ("flats", _flats(FLAT | {"district": "Moon"}), "Row 0: district must be one of Harbour, Hills."),
    (
        "flats",
        _flats(FLAT | {"floor": 3.5}),
        "Row 0: The input floor is of INT64, and 3.5 is no whole number; send FP64.",
    ),
    ("flats", _flats(FLAT, FLAT | {"area": 0}), "Row 1: area must be at least 1."),
    (
        "flats",
        _flats(FLAT, FLAT | {"new": None, "area": 0}),
        "Row 1: new must be true or false, not null. 1 more rule is broken.",
    ),
    ("flats", _flats({"new": True, "floor": 1}), "The input district is missing; the model has the features"),
    ("switches", [_input("on", "UINT8", [1]), _input("hot", "BOOL", [True])], "The input on is of UINT8; send BOOL."),
    ("switches", [_input("X", "FP64", [1, 2], [1, 2])], "Row 0: hot must be true or false, not a number."),
    ("messages", [_input("message", "INT64", [1])], "The input message is of INT64; send BYTES."),
    ("messages", [_input("message", "BYTES", [1])], "Row 0: message must be text, not a number (send it in quotes)."),
]


@pytest.mark.parametrize(("model", "inputs", "sentence"), REFUSED)
def test_bad_input_is_refused_by_name(call: Call, model: str, inputs: Any, sentence: str) -> None:
    assert _refusal(_infer(call, model, inputs)).startswith(sentence)


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        ("predict", "outputs must be an array of objects with a name each, or be left out."),
        ({"name": "predict"}, "outputs must be an array of objects with a name each, or be left out."),
        ([{}], "outputs must be an array of objects with a name each, or be left out."),
        ([{"name": []}], "outputs must be an array of objects with a name each, or be left out."),
        ([{"name": "predict"}] * 2, "outputs must name each output once."),
        ([{"name": "predict_proba"}], "predict_proba is not an output of this model; its outputs are predict."),
        ([{"name": "read_rows"}], "read_rows is not an output of this model; its outputs are predict."),
    ],
)
def test_an_output_that_there_is_not_is_refused(call: Call, outputs: Any, sentence: str) -> None:
    assert _refusal(_infer(call, "numbers", PAIR, outputs=outputs)) == sentence


def test_what_asks_for_no_output_gets_the_usual_one(call: Call) -> None:
    assert [_infer(call, "numbers", PAIR, outputs=none).status for none in ([], None)] == [OK, OK]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"inputs": "\\ud800"}', b"\xef\xbf\xbd"])
def test_what_is_not_json_is_refused(call: Call, body: bytes) -> None:
    _refusal(call("POST", "/v2/models/numbers/infer", body))


def test_other_types_of_a_body_and_other_methods_are_refused(call: Call) -> None:
    sentence = _refusal(call("POST", "/v2/models/numbers/infer", b"{}", "text/csv"), 415)
    assert "Content-Type: application/json" in sentence
    _refusal(call("POST", "/v2/models/numbers/infer", b"[]"))
    _refusal(call("GET", "/v2/models/numbers/infer"), 405)
    _refusal(call("GET", "/v2/models/numbers/statistics"), 404)
    _refusal(call("POST", "/v2/models/nothing/infer", {"inputs": PAIR}), 404)
    _refusal(call("POST", "/v2/models/numbers/versions/ffffffffffff/infer", {"inputs": PAIR}), 404)
    for path in ("", "/ready", "/versions/nothing", "/versions/nothing/ready"):
        _refusal(call("GET", f"/v2/models/nothing{path}"), 404)


@pytest.mark.parametrize("version", [VERSION, "champion", "next"])
def test_a_version_answers_by_its_name_or_an_alias(call: Call, version: str) -> None:
    answer = call("POST", f"/v2/models/numbers/versions/{version}/infer", {"inputs": PAIR})
    assert answer.json["model_version"] == VERSION


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [(10_000, None), (10_001, "10,001 instances were sent; one request takes at most 10,000.")],
)
def test_a_request_has_so_many_rows(call: Call, rows: int, sentence: str | None) -> None:
    pair = [_input(name, "INT64", [1] * rows) for name in ("width", "height")]
    answer = _infer(call, "numbers", pair)
    if sentence is None:
        assert len(answer.json["outputs"][0]["data"]) == rows
    else:
        assert _refusal(answer, 413).startswith(sentence)


def test_values_are_limited_before_they_are_expanded(call: Call) -> None:
    body, length = _binary(("X", "BOOL", [10_000, 101], bytes(1_010_000)))
    assert _refusal(_send(call, "numbers", body, length), 413).startswith("10,000 rows of 101 values were sent")
    tensors = [(f"x{place}", "UINT8", [10_000], bytes(10_000)) for place in range(101)]
    assert _refusal(_send(call, "numbers", *_binary(*tensors)), 413).startswith("10,000 rows of 101 values were sent")
    # Texts of no length: four bytes each.
    body, length = _binary(("message", "BYTES", [10_000, 101], bytes(4 * 1_010_000)))
    assert _refusal(_send(call, "messages", body, length), 413).startswith("10,000 rows of 101 values were sent")


@pytest.mark.parametrize("rows", [1, 10_000])
def test_features_that_are_left_out_are_counted(rows: int) -> None:
    wide = tuple(Feature(name=f"x{place}", title="", description="", nullable=True, example=1) for place in range(101))
    call = calling(Jar({"wide": predictor("wide", signature(wide))}))
    answer = _infer(call, "wide", [_input("x0", "INT64", [1] * rows)])
    assert answer.status == (OK if rows == 1 else 413)


def test_a_body_has_at_most_five_million_bytes(call: Call) -> None:
    body = json.dumps({"inputs": PAIR}).encode()
    assert call("POST", "/v2/models/numbers/infer", body + b" " * (5_000_000 - len(body))).status == OK
    _refusal(call("POST", "/v2/models/numbers/infer", body + b" " * (5_000_001 - len(body))), 413)

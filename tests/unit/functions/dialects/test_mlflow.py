"""MLflow's invocations, which are SageMaker's, too, and KServe's v1: good and bad requests of every kind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from picklejar.cells.dialect import LEARNED
from tests.every_kind import BARE, FLAT, MIXED, NUMBERS, SIGNATURES, Answered, Call, Jar, calling, every_kind, predictor
from tests.every_kind import signature as signature_of

JSON = "application/json"
OK = 200
ROWS = [{"width": 1, "height": 3}, {"width": 2.5, "height": 4}]
MATRIX = [[1, 3], [2.5, 4]]
COLUMNS = {"width": [1, 2.5], "height": [3, 4]}
SPLIT = {"columns": ["height", "width"], "data": [[3, 1], [4, 2.5]], "index": [7, 8]}


@pytest.fixture(scope="module")
def call() -> Call:
    return every_kind()


def _invoke(call: Call, model: str, body: Any, media_type: str | None = JSON) -> Answered:
    return call("POST", f"/models/{model}/invocations", body, media_type)


def _native(call: Call, model: str, rows: list[dict[str, Any]], output: str = "predict") -> Any:
    return call("POST", f"/models/{model}/predict", {"instances": rows, "output": output}, JSON).json["predictions"]


def _refusal(answer: Answered, status: int = 400) -> str:
    """Return the sentence of a refusal, after what must hold for every one."""
    assert answer.status == status, answer.json
    assert answer.headers["Content-Type"] == JSON
    assert answer.json["error_code"]
    assert "Traceback" not in json.dumps(answer.json)
    sentence: str = answer.json["message"]
    return sentence


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": SPLIT},
        {"dataframe_split": SPLIT | {"columns": ["height", "width", "x"], "data": [[3, 1, None], [4, 2.5, "?"]]}},
        {"dataframe_records": ROWS},
        {"dataframe_records": [row | {"depth": None} for row in ROWS]},
        {"instances": ROWS},
        {"instances": MATRIX},
        {"inputs": COLUMNS},
        {"inputs": COLUMNS | {"depth": 5}},
        {"inputs": {name: [[value] for value in values] for name, values in COLUMNS.items()}},
        {"inputs": ROWS},
        {"inputs": MATRIX},
        {"inputs": MATRIX, "params": None, "signature_name": "serving_default"},
        {"inputs": MATRIX, "params": {"output": "predict", "temperature": 1}},
    ],
    ids=lambda body: "+".join(f"{key} {type(value).__name__}" for key, value in body.items()),
)
def test_the_same_rows_are_sent_in_every_form(call: Call, body: Any, lines: list[dict[str, Any]]) -> None:
    assert _invoke(call, "numbers", body).json == {"predictions": _native(call, "numbers", ROWS)}
    assert [line["dialect"] for line in lines] == ["mlflow", "native"]


def test_what_may_be_missing_is_null_or_nan_or_left_out_of_texts_too(call: Call) -> None:
    given = FLAT | {"area": None, "furnished": None, "agent": None}
    expected = _native(call, "flats", [FLAT, given])
    bodies: list[Any] = [
        {"dataframe_records": [FLAT, given]},
        {"dataframe_split": {"columns": [*FLAT], "data": [[*FLAT.values()], [*given.values()]]}},
        {"inputs": {name: [FLAT[name], given[name]] for name in FLAT}},
        {"instances": [[*FLAT.values()], [*given.values()]]},
    ]
    for body in bodies:
        assert _invoke(call, "flats", body).json["predictions"] == expected
        not_there = json.dumps(body).replace("null", "NaN").encode()
        assert _invoke(call, "flats", not_there).json["predictions"] == expected
    bare = {"dataframe_records": [BARE, FLAT]}
    assert _invoke(call, "flats", bare).json["predictions"] == _native(call, "flats", [BARE, FLAT])


def test_whole_floats_are_integers_and_a_matrix_of_numbers_has_booleans(call: Call) -> None:
    floats = [value if name != "floor" else 3.0 for name, value in FLAT.items()]
    for body in ({"instances": [floats]}, {"dataframe_records": [FLAT | {"floor": 3.0}]}):
        assert _invoke(call, "flats", body).json["predictions"] == _native(call, "flats", [FLAT])
    switches = _native(call, "switches", [{"on": True, "hot": False}])
    assert _invoke(call, "switches", {"inputs": [[1.0, 0]]}).json["predictions"] == switches


@pytest.mark.parametrize("model", ["messages", "counts", "flags", "outliers", "both", "labels"])
def test_whatever_a_model_predicts_is_answered_as_by_our_own(call: Call, model: str) -> None:
    rows: list[dict[str, Any]] = [{"message": "Hello"}, {"message": "🥒"}] if model == "messages" else ROWS
    for output in SIGNATURES[model].outputs:
        answer = _invoke(call, model, {"dataframe_records": rows, "params": {"output": output}})
        assert answer.json == {"predictions": _native(call, model, rows, output)}


CSV = "agent,new,floor,area,district,x\nÜmlaut,no,3,50.5,Harbour,5\n,yes,,,Hills,\n"
CSV_ROWS = [
    {"agent": "Ümlaut", "new": False, "floor": 3, "area": 50.5, "district": "Harbour"},
    {"new": True, "district": "Hills"},
]


@pytest.mark.parametrize("media_type", ["text/csv", "application/csv", "text/csv; charset=utf-8", "Text/CSV"])
@pytest.mark.parametrize("change", [str, lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_a_csv_is_read_by_its_header(call: Call, media_type: str, change: Any) -> None:
    answer = _invoke(call, "flats", change(CSV).encode(), media_type)
    assert answer.json == {"predictions": _native(call, "flats", CSV_ROWS)}


def test_the_cells_of_a_csv_mean_what_they_mean_in_the_models_files() -> None:
    dialect = LEARNED.replaced(encoding="cp1252", delimiter=";", decimal=",", thousands=".", yes=("ja",), no=("nein",))
    call = calling(Jar({"flats": predictor("flats", signature_of(MIXED, dialect=dialect))}))
    rows = [{"district": "Hills", "new": True, "area": 990.5, "agent": "Ümlaut, Söhne"}]
    answer = _invoke(call, "flats", "district;new;area;agent\nHills;Ja;990,5;Ümlaut, Söhne\n".encode(), "text/csv")
    assert answer.json == {"predictions": _native(call, "flats", rows)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file has no column district, new. Its first line must name the columns"),
        ("district\nHills\n", "The file has no column new. It has one column, 'district'"),
        ("district,new\n", "There must be one row or more."),
        ("district,new,area,area\nHills,no,1,2\n", "Two columns are called area; keep one of them."),
        ("district,new\nHills,no\nHills\n", "Row 1: The row has 1 cells, and the first line has 2."),
        ("district,new,area\nHills,no,x\n", "Row 0: area must be a number, written like 50."),
        ("district,new,area\nHills,no,0\n", "Row 0: area must be at least 1."),
        ("district,new,furnished\nHills,no,?\n", "Row 0: furnished must be yes or no."),
        ("district,new\nHills,\n", "Row 0: new is missing."),
        ("district,new\nMoon,no\n", "Row 0: district must be one of Harbour, Hills."),
        ('district,new\n"Hills,no\n', "A quote that opens in row 1 is never closed."),
        ("sep=#\ndistrict,new\n", "The file's first line says that '#' parts its cells, which is not read."),
        ("district,new\nHi\0lls,no\n", "The file has zero bytes"),
    ],
)
def test_a_bad_csv_is_refused_by_row_and_column(call: Call, text: str, sentence: str) -> None:
    assert _refusal(_invoke(call, "flats", text.encode(), "text/csv")).startswith(sentence)


def test_a_csv_that_is_not_utf_8_or_too_long_is_refused(call: Call) -> None:
    assert "UTF-8" in _refusal(_invoke(call, "flats", "agent\nÜ".encode("cp1252"), "text/csv"))
    short = "width,height\n" + "1,2\n" * 10_000
    assert len(_invoke(call, "numbers", short.encode(), "text/csv").json["predictions"]) == 10_000
    assert _refusal(_invoke(call, "numbers", f"{short}1,2\n".encode(), "text/csv"), 413).startswith("10,001 instances")


EXACTLY = "The body must have exactly one of dataframe_split, dataframe_records, instances, inputs; it has "
OF_SPLIT = "dataframe_split must be an object with columns, an array of names, and data, an array of rows."
REFUSED: list[tuple[str, Any, str]] = [
    ("numbers", {}, f"{EXACTLY}none of them."),
    ("numbers", {"rows": ROWS}, f"{EXACTLY}none of them."),
    ("numbers", {"instances": ROWS, "inputs": ROWS}, f"{EXACTLY}inputs, instances."),
    ("numbers", ROWS, "The body must be a JSON object."),
    ("numbers", {"dataframe_split": ROWS}, OF_SPLIT),
    ("numbers", {"dataframe_split": {"columns": ["width"]}}, OF_SPLIT),
    ("numbers", {"dataframe_split": {"data": MATRIX}}, OF_SPLIT),
    ("numbers", {"dataframe_split": {"columns": [1, 2], "data": MATRIX}}, OF_SPLIT),
    ("numbers", {"dataframe_split": {"columns": {"width": 1}, "data": MATRIX}}, OF_SPLIT),
    (
        "numbers",
        {"dataframe_split": {"columns": ["width", "height", "width"], "data": [[1, 2, 3]]}},
        "dataframe_split has two columns called width; keep one of them.",
    ),
    (
        "numbers",
        {"dataframe_split": {"columns": ["width", "depth"], "data": MATRIX}},
        "The column height is missing; the model has the features width, height.",
    ),
    (
        "numbers",
        {"dataframe_split": {"columns": ["width", "height"], "data": [[1, 2], [1]]}},
        "Row 1: The row has 1 values, and there are 2 names: width, height.",
    ),
    (
        "numbers",
        {"dataframe_split": {"columns": ["width", "height"], "data": [[1, 2], ROWS[0]]}},
        "Row 1: The row has no array of values, and there are 2 names",
    ),
    ("numbers", {"dataframe_split": {"columns": ["width", "height"], "data": []}}, "There must be one row or more."),
    ("numbers", {"dataframe_records": {}}, "dataframe_records must be an array of objects."),
    ("numbers", {"dataframe_records": []}, "There must be one row or more."),
    (
        "numbers",
        {"dataframe_records": [ROWS[0], 5]},
        "Row 1: Instance 1 must be an object with a value for each feature.",
    ),
    ("numbers", {"dataframe_records": [ROWS[0], {"width": 1}]}, "Row 1: height is missing."),
    ("numbers", {"dataframe_records": [ROWS[0] | {"width": "1"}]}, "Row 0: width must be a number, not text"),
    ("numbers", {"dataframe_records": [ROWS[0] | {"width": [[]]}]}, "Row 0: width must be a number, not an array."),
    ("numbers", {"instances": 5}, "instances and inputs are an array of objects, or of arrays"),
    ("numbers", {"instances": {}}, "instances and inputs are an array of objects, or of arrays"),
    ("numbers", {"instances": [1, 2]}, "Row 0: Instance 0 must be an object with a value for each feature. 1 more"),
    ("numbers", {"instances": [[1, 2, 3]]}, "Row 0: The row has 3 values, and there are 2 names: width, height."),
    ("numbers", {"instances": [[1, 2], {"width": 1}]}, "Row 1: The row has no array of values"),
    ("numbers", {"instances": [[1, None]]}, "Row 0: height must be a number, not null."),
    ("numbers", {"inputs": "x"}, "instances and inputs are an array of objects, or of arrays"),
    ("numbers", {"inputs": {}}, "The column width is missing; the model has the features width, height. 1 more"),
    ("numbers", {"inputs": {"width": 1, "height": 2}}, "The column width must be an array of values."),
    ("numbers", {"inputs": {"width": [1], "height": [1, 2]}}, "The column height has 2 values, and another has 1."),
    ("numbers", {"inputs": {"width": [], "height": []}}, "There must be one row or more."),
    ("numbers", {"inputs": {"width": [[1, 2]], "height": [1]}}, "Row 0: width must be a number, not an array."),
    ("numbers", {"instances": ROWS, "params": []}, 'params must be an object like {"output": "predict_proba"}'),
    ("numbers", {"instances": ROWS, "params": {"output": "predict_proba"}}, 'output must be "predict", or be left out'),
    ("numbers", {"instances": ROWS, "params": {"output": ["predict"]}}, 'output must be "predict", or be left out'),
    ("flats", {"dataframe_records": [FLAT | {"district": "Moon"}]}, "Row 0: district must be one of Harbour, Hills."),
    ("flats", {"dataframe_records": [FLAT | {"floor": 3.5}]}, "Row 0: floor must be an integer"),
    ("flats", {"dataframe_records": [FLAT | {"new": 1}]}, "Row 0: new must be true or false, not a number."),
]


@pytest.mark.parametrize(("model", "body", "sentence"), REFUSED, ids=[sentence for *_, sentence in REFUSED])
def test_bad_input_is_refused_by_name(call: Call, model: str, body: Any, sentence: str) -> None:
    assert _refusal(_invoke(call, model, body)).startswith(sentence)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"instances": "\\ud800"}', b"[NaN]"])
def test_what_is_not_a_json_object_is_refused(call: Call, body: bytes) -> None:
    _refusal(_invoke(call, "numbers", body))


@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/json-seq"]
)
def test_other_types_of_a_body_are_refused(call: Call, media_type: str | None) -> None:
    assert "application/json" in _refusal(_invoke(call, "numbers", {"instances": ROWS}, media_type), 415)


@pytest.mark.parametrize("form", ["dataframe_records", "instances", "inputs", "dataframe_split"])
def test_a_request_has_so_many_rows(call: Call, form: str) -> None:
    rows: Any = {"columns": [*COLUMNS], "data": [MATRIX[0]] * 10_001} if "split" in form else [ROWS[0]] * 10_001
    assert _refusal(_invoke(call, "numbers", {form: rows}), 413).startswith("10,001 instances were sent")


def test_a_split_has_so_many_values_before_they_are_turned(call: Call) -> None:
    split = {"columns": ["width", "height", *map(str, range(99))], "data": [[1] * 101] * 10_000}
    assert _refusal(_invoke(call, "numbers", {"dataframe_split": split}), 413).startswith("10,000 rows of 101 values")


def test_a_model_pings_by_its_name(call: Call, lines: list[dict[str, Any]]) -> None:
    for path in ("ping", "health"):
        assert call("GET", f"/models/flats/{path}").json == {"name": "flats", "ready": True}
        assert _refusal(call("GET", f"/models/nothing/{path}"), 404)
        assert _refusal(call("POST", f"/models/flats/{path}"), 405)
    assert {line.get("dialect") for line in lines} == {"mlflow", None}


def test_an_endpoint_of_several_models_is_told_which_by_sagemakers_header(call: Call) -> None:
    named = {"X_Amzn_SageMaker_Target_Model": "numbers"}
    answer = call("POST", "/invocations", {"instances": ROWS}, JSON, **named)
    assert answer.json == {"predictions": _native(call, "numbers", ROWS)}
    assert call("GET", "/ping", **named).json == {"name": "numbers", "ready": True}
    for method, path in (("POST", "/invocations"), ("GET", "/ping")):
        assert _refusal(call(method, path, {"instances": ROWS}, JSON), 404) == (
            "There are several models: both, counts, flags, flats, labels, messages, numbers, outliers, switches; name "
            "one in the header X-Amzn-SageMaker-Target-Model."
        )
        named["X_Amzn_SageMaker_Target_Model"] = "../flats"
        assert "'../flats'" in _refusal(call(method, path, {"instances": ROWS}, JSON, **named), 404)


def test_an_endpoint_of_one_model_needs_no_name() -> None:
    one = calling(Jar({"numbers": predictor("numbers", signature_of(NUMBERS))}))
    assert one("POST", "/invocations", {"instances": ROWS}, JSON).json == {"predictions": _native(one, "numbers", ROWS)}
    assert one("GET", "/ping").json == {"name": "numbers", "ready": True}
    assert _refusal(calling(Jar({}))("GET", "/ping"), 404).startswith("There is no model;")


def test_v1_is_our_own_with_predictions_alone(call: Call, lines: list[dict[str, Any]]) -> None:
    assert call("POST", "/v1/models/numbers:predict", {"instances": ROWS}, JSON).json == {
        "predictions": _native(call, "numbers", ROWS)
    }
    assert call("GET", "/v1/models/numbers").json == {"name": "numbers", "ready": True}
    assert [line["dialect"] for line in lines] == ["v1", "native", "v1"]
    matrix = {"instances": MATRIX}
    assert call("POST", "/v1/models/numbers:predict", matrix, JSON).json["predictions"] == _native(
        call, "numbers", ROWS
    )
    asked = {"instances": ROWS, "output": "predict_proba"}
    shares = _native(call, "counts", ROWS, "predict_proba")
    assert call("POST", "/v1/models/counts:predict", asked, JSON).json == {"predictions": shares}


@pytest.mark.parametrize(
    ("model", "body", "status", "sentence"),
    [
        ("numbers", {"instances": [{"width": 1}]}, 400, "Row 0: height is missing."),
        ("numbers", {"instances": [ROWS[0] | {"depth": 1}]}, 400, "Row 0: depth is not a feature of this model;"),
        (
            "numbers",
            {"instances": [[1]]},
            400,
            "Row 0: The instance has 1 values, and there are 2 names: width, height.",
        ),
        ("numbers", {"instances": MATRIX, "output": "x"}, 400, 'output must be "predict"'),
        ("numbers", {"instances": [ROWS[0], MATRIX[0]]}, 400, "Row 1: Instance 1 must be an object"),
        ("numbers", {"rows": []}, 400, 'The body must be an object with the key "instances".'),
        ("numbers", {"instances": ROWS * 5_001}, 413, "10,002 instances were sent"),
        ("numbers", b"{", 400, "The body is not JSON: line 1, column 2."),
        ("nothing", {"instances": ROWS}, 404, "There is no model named 'nothing'."),
    ],
)
def test_v1_refuses_in_plain_json(call: Call, model: str, body: Any, status: int, sentence: str) -> None:
    answer = call("POST", f"/v1/models/{model}:predict", body, JSON)
    assert _refusal(answer, status).startswith(sentence)
    assert answer.json["error"] == answer.json["message"]

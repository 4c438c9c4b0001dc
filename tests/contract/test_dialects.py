"""What clients of other protocols get, whatever the models are: KServe's and Triton's, MLflow's and SageMaker's."""

from __future__ import annotations

import csv
import io
import json
import struct
from typing import Any

import httpx
import pytest

from tests.contract.asked import Asked, Instance

DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "string": "BYTES"}
PACKED = {"FP64": "<d", "INT64": "<q", "BOOL": "<?"}
BINARY = "application/octet-stream"
SPLIT = ("dataframe_split", "dataframe_records", "instances", "inputs")


def _datatype(feature: dict[str, Any]) -> str:
    return DATATYPES[feature.get("type", "number")]


def _tensors(asked: Asked, *rows: Instance) -> list[dict[str, Any]]:
    """Return the features that all these rows have as inputs."""
    return [
        {
            "name": feature["name"],
            "shape": [len(rows)],
            "datatype": _datatype(feature),
            "data": [row[feature["name"]] for row in rows],
        }
        for feature in asked.features
        if all(feature["name"] in row for row in rows)
    ]


def _infer(api: httpx.Client, asked: Asked, inputs: Any, name: str = "", **words: Any) -> httpx.Response:
    # As bytes, so that no client adds a media type: tritonclient does not.
    body = json.dumps({"inputs": inputs} | words).encode()
    return api.post(f"/v2/models/{name or asked.name}/infer", content=body)


def _invoke(api: httpx.Client, asked: Asked, body: Any) -> httpx.Response:
    return api.post(f"/models/{asked.name}/invocations", json=body)


def _refusal(response: httpx.Response, status: int) -> str:
    """Return the sentence of a refusal as these clients find it, after what must hold for every one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    assert document["error"] == document["message"]
    assert document["error_code"]
    assert "Traceback" not in response.text
    sentence: str = document["error"]
    return sentence


def _predicted(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    answer = response.json()
    if "predictions" in answer:
        return answer["predictions"]
    columns = {output["name"]: output["data"] for output in answer["outputs"]}
    if [*columns] == ["predict"]:
        return columns["predict"]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _full(asked: Asked) -> list[Instance]:
    """Return rows that all have the same features."""
    names = set.intersection(*map(set, asked.instances))
    return [{name: row[name] for name in names} for row in asked.instances]


def test_the_server_is_alive_and_ready(api: httpx.Client, asked: Asked) -> None:
    assert api.get("/v2").json()["name"] == "picklejar"
    assert api.get("/v2/health/live").json() == {"live": True}
    assert api.get("/v2/health/ready").json() == {"ready": True, "live": True}
    version = asked.described["version"]
    for part in ("", f"/versions/{version}", "/versions/champion"):
        described = api.get(f"/v2/models/{asked.name}{part}").json()
        assert (described["name"], described["versions"]) == (asked.name, [version])
        assert [entry["name"] for entry in described["inputs"]] == [feature["name"] for feature in asked.features]
        assert api.get(f"/v2/models/{asked.name}{part}/ready").json() == {"name": asked.name, "ready": True}
    for path in (f"/v1/models/{asked.name}", f"/models/{asked.name}/ping", f"/models/{asked.name}/health"):
        assert api.get(path).json() == {"name": asked.name, "ready": True}


def test_tensors_are_answered_like_instances(api: httpx.Client, asked: Asked) -> None:
    rows = _full(asked)
    expected = asked.predict(api, *rows)
    response = _infer(api, asked, _tensors(asked, *rows), id="7", parameters={"binary_data_output": True})
    assert _predicted(response) == expected
    answer = response.json()
    assert (answer["model_name"], answer["id"]) == (asked.name, "7")
    version = asked.described["version"]
    assert answer["model_version"] == version
    for part in (version, "champion"):
        body = json.dumps({"inputs": _tensors(asked, *rows)}).encode()
        assert _predicted(api.post(f"/v2/models/{asked.name}/versions/{part}/infer", content=body)) == expected


@pytest.mark.parametrize("form", SPLIT)
def test_every_form_of_an_invocation_is_answered_like_instances(api: httpx.Client, asked: Asked, form: str) -> None:
    rows = _full(asked)
    names = [feature["name"] for feature in asked.features if feature["name"] in rows[0]]
    given: dict[str, Any] = {
        "dataframe_split": {"columns": names, "data": [[row[name] for name in names] for row in rows]},
        "dataframe_records": [row | {"no feature of it": 1} for row in rows],
        "instances": rows,
        "inputs": {name: [row[name] for row in rows] for name in names},
    }
    assert _predicted(_invoke(api, asked, {form: given[form]})) == asked.predict(api, *rows)


def test_a_matrix_is_answered_like_instances(api: httpx.Client, asked: Asked) -> None:
    rows = [[row.get(feature["name"]) for feature in asked.features] for row in asked.instances]
    instances = [dict(zip([feature["name"] for feature in asked.features], row, strict=True)) for row in rows]
    expected = asked.predict(api, *instances)
    assert _predicted(_invoke(api, asked, {"instances": rows})) == expected
    if {_datatype(feature) for feature in asked.features} == {"FP64"}:
        tensor = {"name": "input-0", "shape": [len(rows), len(rows[0])], "datatype": "FP64", "data": rows}
        assert _predicted(_infer(api, asked, [tensor])) == expected


def test_cells_are_answered_like_instances(api: httpx.Client, asked: Asked) -> None:
    rows = _full(asked)
    if any(character in str(rows) for character in ",;") and "dialect" in asked.described["signature"]:
        pytest.skip("the cells of this model's files are written otherwise")
    text = io.StringIO()
    writer = csv.DictWriter(text, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    headers = {"content-type": "text/csv; charset=utf-8"}
    response = api.post(f"/models/{asked.name}/invocations", content=text.getvalue().encode(), headers=headers)
    assert _predicted(response) == asked.predict(api, *rows)


def test_v1_is_answered_like_instances(api: httpx.Client, asked: Asked) -> None:
    response = api.post(f"/v1/models/{asked.name}:predict", json={"instances": asked.instances})
    assert response.json() == {"predictions": asked.predict(api, *asked.instances)}


def test_sagemakers_header_names_the_model(api: httpx.Client, asked: Asked) -> None:
    headers = {"X-Amzn-SageMaker-Target-Model": asked.name}
    response = api.post("/invocations", json={"instances": asked.instances}, headers=headers)
    assert response.json() == {"predictions": asked.predict(api, *asked.instances)}
    assert api.get("/ping", headers=headers).status_code == 200


def _raw(tensors: list[dict[str, Any]]) -> tuple[bytes, int]:
    """Return a body with the data of tensors behind its JSON, and the JSON's length."""
    parts, inputs = [], []
    for tensor in tensors:
        if tensor["datatype"] == "BYTES":
            words = [word.encode() for word in tensor["data"]]
            parts.append(b"".join(struct.pack("<I", len(word)) + word for word in words))
        else:
            parts.append(b"".join(struct.pack(PACKED[tensor["datatype"]], value) for value in tensor["data"]))
        words_of = {name: value for name, value in tensor.items() if name != "data"}
        inputs.append(words_of | {"parameters": {"binary_data_size": len(parts[-1])}})
    head = json.dumps({"inputs": inputs}).encode()
    return head + b"".join(parts), len(head)


def _send_raw(api: httpx.Client, asked: Asked, media_type: str | None) -> httpx.Response:
    rows = [{name: value for name, value in row.items() if value is not None} for row in asked.instances[:2]]
    body, length = _raw(_tensors(asked, *rows))
    headers = {"inference-header-content-length": str(length)} | ({"content-type": media_type} if media_type else {})
    return api.post(f"/v2/models/{asked.name}/infer", content=body, headers=headers)


def test_raw_bytes_are_answered_like_instances(api: httpx.Client, asked: Asked) -> None:
    rows = [{name: value for name, value in row.items() if value is not None} for row in asked.instances[:2]]
    assert _predicted(_send_raw(api, asked, BINARY)) == asked.predict(api, *_shared(rows))


def _shared(rows: list[Instance]) -> list[Instance]:
    names = set.intersection(*map(set, rows))
    return [{name: row[name] for name in names} for row in rows]


# Which breaks off by itself where a text is none.
@pytest.mark.unlike_sam
def test_raw_bytes_that_arrived_damaged_are_refused_with_the_way_out(api: httpx.Client, asked: Asked) -> None:
    if "FP64" not in {_datatype(feature) for feature in asked.features}:
        pytest.skip("no number is sent that is no text")
    response = _send_raw(api, asked, None)
    assert "binary_data=False" in _refusal(response, 400)


def test_probabilities_are_an_output_where_there_are_any(api: httpx.Client, asked: Asked) -> None:
    response = _infer(api, asked, _tensors(asked, *_full(asked)), outputs=[{"name": "predict_proba"}])
    if "predict_proba" in asked.described["signature"].get("outputs", []):
        (output,) = response.json()["outputs"]
        assert output["shape"] == [len(asked.instances), len(json.loads(output["parameters"]["classes"]))]
    else:
        assert _refusal(response, 400).startswith("predict_proba is not an output of this model")


def test_a_bad_value_is_named_by_row_and_field(api: httpx.Client, asked: Asked) -> None:
    if asked.number is None:
        pytest.skip("no feature is a number")
    bad = asked.instance | {asked.number: []}
    sentence = f"Row 1: {asked.number} must be a number, not an array."
    assert _refusal(_infer(api, asked, _tensors(asked, asked.instance, bad)), 400) == sentence
    assert _refusal(_invoke(api, asked, {"instances": [asked.instance, bad]}), 400) == sentence
    response = api.post(f"/v1/models/{asked.name}:predict", json={"instances": [asked.instance, bad]})
    assert _refusal(response, 400) == sentence


def test_missing_unknown_and_doubled_columns_are_named(api: httpx.Client, asked: Asked) -> None:
    tensors = _tensors(asked, asked.instance)
    first = tensors[0]["name"]
    assert _refusal(_infer(api, asked, [*tensors, tensors[0]]), 400) == f"The input {first} is sent twice."
    unknown = tensors[0] | {"name": "no feature of it"}
    assert _refusal(_infer(api, asked, [*tensors, unknown]), 400).startswith("no feature of it is not an input")
    doubled = {"columns": [first, first], "data": [[1, 2]]}
    assert first in _refusal(_invoke(api, asked, {"dataframe_split": doubled}), 400)
    if asked.required:
        name = asked.required[-1]
        without = [tensor for tensor in tensors if tensor["name"] != name] or [unknown | {"shape": [1]}]
        refusal = _refusal(_infer(api, asked, without), 400)
        assert refusal.startswith(f"The input {name} is missing") or len(tensors) == 1
        row = {other: value for other, value in asked.instance.items() if other != name}
        assert _refusal(_invoke(api, asked, {"dataframe_records": [row]}), 400) == f"Row 0: {name} is missing."


@pytest.mark.parametrize("path", ["/v2/models/{}/infer", "/models/{}/invocations", "/v1/models/{}:predict"])
def test_what_cannot_be_read_is_refused_in_plain_json(api: httpx.Client, asked: Asked, unknown: str, path: str) -> None:
    json_type = {"content-type": "application/json"}
    for body in (b"{", b"{}"):
        assert _refusal(api.post(path.format(asked.name), content=body, headers=json_type), 400)
    assert _refusal(api.post(path.format(asked.name), content=b"x", headers={"content-type": "text/plain"}), 415)
    body = {"inputs": _tensors(asked, asked.instance)} if "v2" in path else {"instances": [asked.instance]}
    assert unknown in _refusal(api.post(path.format(unknown), json=body), 404)
    assert _refusal(api.get(path.format(asked.name)), 404 if "v1" in path else 405)


def test_too_many_rows_are_refused_in_plain_json(api: httpx.Client, asked: Asked) -> None:
    tensors = [
        tensor | {"shape": [10_001], "data": tensor["data"] * 10_001} for tensor in _tensors(asked, asked.instance)
    ]
    rows = [asked.instance] * 10_001
    for response in (_infer(api, asked, tensors), _invoke(api, asked, {"instances": rows})):
        assert "10,001 instances were sent" in _refusal(response, 413)


def test_a_model_that_there_is_not_is_not_ready(api: httpx.Client, unknown: str) -> None:
    for path in (
        f"/v2/models/{unknown}",
        f"/v2/models/{unknown}/ready",
        f"/v1/models/{unknown}",
        f"/models/{unknown}/ping",
    ):
        assert unknown in _refusal(api.get(path), 404)
    assert _refusal(api.get("/v2/nothing/there"), 404)

"""The API's description, as every server hands it out."""

from __future__ import annotations

import httpx
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.contract.asked import Asked


def test_it_is_openapi_3_1_and_has_an_address_of_each_model_that_is_ready(api: httpx.Client, asked: Asked) -> None:
    answer = api.get("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    document = answer.json()
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    ready = {f"/models/{model['name']}/predict" for model in api.get("/models").json()["models"] if model["ready"]}
    assert {path for path in document["paths"] if path.endswith("/predict")} == ready


def test_its_example_of_a_request_is_answered(api: httpx.Client, asked: Asked) -> None:
    document = api.get("/openapi.json").json()
    path = f"/models/{asked.name}/predict"
    request = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    for example in document["components"]["schemas"][request.rpartition("/")[2]]["examples"]:
        answer = api.post(path, json=example)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["predictions"]) == len(example["instances"])


def test_who_has_it_is_told_that_it_is_the_same(api: httpx.Client) -> None:
    answer = api.get("/openapi.json")
    again = api.get("/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])

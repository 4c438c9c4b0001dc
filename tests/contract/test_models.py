"""What the API says of its models."""

from __future__ import annotations

import httpx

from tests.contract.asked import Asked


def test_models_are_listed_with_what_people_call_them(api: httpx.Client) -> None:
    answer = api.get("/models")
    assert answer.status_code == 200
    for model in answer.json()["models"]:
        assert {"name", "title", "ready"} <= model.keys()


def test_a_model_is_described_by_its_manifest(api: httpx.Client, asked: Asked) -> None:
    listed = {model["name"]: model for model in api.get("/models").json()["models"]}
    assert asked.described["version"] == listed[asked.name]["version"]
    assert {"signature", "evaluations", "statistics", "packages", "files", "verdict"} <= asked.described.keys()


def test_a_model_describes_its_requests_in_json_schema(asked: Asked) -> None:
    instance = asked.described["request_schema"]["properties"]["instances"]["items"]
    assert instance["required"] == asked.required
    assert [*instance["properties"]] == [feature["name"] for feature in asked.features]


def test_what_can_be_fetched_can_be_asked_for_by_head_without_a_body(api: httpx.Client, asked: Asked) -> None:
    for path in ("/models", f"/models/{asked.name}", "/models/no-model"):
        fetched, response = api.get(path), api.head(path)
        assert (response.status_code, response.content) == (fetched.status_code, b"")
        assert response.headers["content-type"] == fetched.headers["content-type"]

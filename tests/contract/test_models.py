"""What the API says of its models."""

from __future__ import annotations

import httpx
import pytest


def test_both_models_are_listed_with_what_people_call_them(api: httpx.Client) -> None:
    listed = {model["name"]: model for model in api.get("/models").json()["models"]}
    assert {"housing", "sales"} <= listed.keys()
    assert listed["housing"]["title"] == "House price"
    assert all(model["ready"] for model in listed.values())


@pytest.mark.parametrize("name", ["housing", "sales"])
def test_a_model_is_described_by_its_manifest(api: httpx.Client, name: str) -> None:
    described = api.get(f"/models/{name}").json()
    listed = {model["name"]: model for model in api.get("/models").json()["models"]}
    assert described["version"] == listed[name]["version"]
    assert {"signature", "evaluations", "statistics", "packages", "files", "verdict"} <= described.keys()


def test_a_model_describes_its_requests_in_json_schema(api: httpx.Client) -> None:
    schema = api.get("/models/sales").json()["request_schema"]
    instance = schema["properties"]["instances"]["items"]
    assert instance["required"] == ["sales_in_second_month"]
    assert instance["properties"]["rate"]["type"] == ["number", "null"]
    assert instance["properties"]["rate"]["x-unit"] == "%"


def test_a_bad_model_says_so(api: httpx.Client) -> None:
    assert api.get("/models/sales").json()["verdict"].startswith("Worse than guessing the average")

"""What the API refuses, and how it says so."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.contract.asked import Asked


def _post(api: httpx.Client, asked: Asked, body: str | bytes, media_type: str = "application/json") -> httpx.Response:
    return api.post(f"/models/{asked.name}/predict", content=body, headers={"content-type": media_type})


def _problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document, after what must hold for every one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:problem-type:picklejar:")
    assert all(problem[word] for word in ("title", "detail", "request_id"))
    assert "Traceback" not in response.text
    return problem


@pytest.mark.parametrize("body", ["", "{", "instances", '{"instances": [}', "[" * 100_000, "'", '{"instances": [01]}'])
def test_what_is_not_json_is_refused(api: httpx.Client, asked: Asked, body: str) -> None:
    _problem(_post(api, asked, body), 400)


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", "null", "4", '"text"', '{"instances": []}', '{"instances": {}}', '{"instances": [{}], "other": 1}'],
)
def test_json_of_another_shape_is_refused(api: httpx.Client, asked: Asked, body: str) -> None:
    (rule,) = _problem(_post(api, asked, body), 422)["errors"]
    assert (rule["row"], rule["field"], rule["rule"]) == (None, None, "body")


@pytest.mark.parametrize(
    ("value", "rule"),
    [('"4"', "type"), ("true", "type"), ("[4]", "type"), ("{}", "type"), ("NaN", "finite"), ("Infinity", "finite"),
     ("-Infinity", "finite"), ("1e999", "finite"), ("9" * 5_000, "finite")],
)  # fmt: skip
def test_a_broken_rule_is_named_with_row_and_field(api: httpx.Client, asked: Asked, value: str, rule: str) -> None:
    if asked.number is None:
        pytest.skip(f"{asked.name} takes no numbers")
    good = json.dumps(asked.instance)
    bad = json.dumps(asked.instance | {asked.number: "VALUE"}).replace('"VALUE"', value)
    problem = _problem(_post(api, asked, f'{{"instances": [{good}, {bad}]}}'), 422)
    (error,) = problem["errors"]
    assert (error["row"], error["field"], error["rule"]) == (1, asked.number, rule)
    assert error["message"].startswith(f"{asked.number} must be ")


def test_every_broken_rule_of_every_row_is_listed(api: httpx.Client, asked: Asked) -> None:
    instances = [{}, asked.instance, asked.instance | {"no feature": 1}, 5]
    problem = _problem(_post(api, asked, json.dumps({"instances": instances})), 422)
    expected = [*((0, name, "required") for name in asked.required), (2, "no feature", "unknown"), (3, None, "type")]
    assert [(rule["row"], rule["field"], rule["rule"]) for rule in problem["errors"]] == expected
    assert problem["error_count"] == len(expected)


def test_a_list_of_broken_rules_is_cut_and_says_so(api: httpx.Client, asked: Asked) -> None:
    problem = _problem(_post(api, asked, json.dumps({"instances": [{"no feature": 1, "none": 2}] * 10_000})), 422)
    broken = 10_000 * (2 + len(asked.required))
    assert (len(problem["errors"]), problem["error_count"]) == (1_000, broken)
    assert "The first 1000 are listed." in problem["detail"]


def test_no_value_is_repeated_but_a_cut_name(api: httpx.Client, asked: Asked) -> None:
    body = json.dumps({"instances": [asked.instance | {"x" * 1_000: "secret"}]})
    response = _post(api, asked, body)
    (rule,) = _problem(response, 422)["errors"]
    assert len(rule["field"]) == 101
    assert "secret" not in response.text


def test_more_than_ten_thousand_instances_are_too_many(api: httpx.Client, asked: Asked) -> None:
    assert "10,001" in _problem(_post(api, asked, json.dumps({"instances": [asked.instance] * 10_001})), 413)["detail"]


def test_more_than_five_million_bytes_are_too_many(api: httpx.Client, asked: Asked) -> None:
    body = json.dumps({"instances": [asked.instance]}) + " " * 5_000_000
    assert "5,000,000" in _problem(_post(api, asked, body), 413)["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_only_json_is_taken(api: httpx.Client, asked: Asked, media_type: str) -> None:
    problem = _problem(_post(api, asked, json.dumps({"instances": [asked.instance]}), media_type), 415)
    assert "Content-Type: application/json" in problem["detail"]


def test_json_with_a_charset_is_taken(api: httpx.Client, asked: Asked) -> None:
    body = json.dumps({"instances": [asked.instance]})
    assert _post(api, asked, body, "application/json; charset=utf-8").status_code == 200


def test_an_unknown_model_is_not_found(api: httpx.Client, unknown: str) -> None:
    assert unknown in _problem(api.get(f"/models/{unknown}"), 404)["detail"]
    _problem(api.post(f"/models/{unknown}/predict", json={"instances": [{}]}), 404)


@pytest.mark.parametrize(
    "name",
    [
        *("Sales", "sales.json", "s" * 100, "ä"),
        pytest.param("%2e%2e", marks=pytest.mark.traversal),
        pytest.param("..%2f..%2fsecret", marks=pytest.mark.traversal),
    ],
)
def test_what_cannot_be_a_name_is_not_found(api: httpx.Client, name: str) -> None:
    _problem(api.get(f"/models/{name}"), 404)


@pytest.mark.parametrize("path", ["/", "/model", "/models/any/predictions", "/models/any/predict/1"])
def test_an_unknown_address_is_not_found(api: httpx.Client, path: str) -> None:
    assert "/models" in _problem(api.get(path), 404)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/models", "GET"), ("DELETE", "/models/any", "GET"), ("GET", "/models/any/predict", "POST")],
)
def test_another_method_is_refused_and_the_right_one_named(
    api: httpx.Client, method: str, path: str, allowed: str
) -> None:
    response = api.request(method, path)
    _problem(response, 405)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("media_type", ["application/vnd.api+json", "application/ld+json; charset=utf-8"])
def test_a_media_type_that_is_json_by_its_suffix_is_taken(api: httpx.Client, asked: Asked, media_type: str) -> None:
    assert _post(api, asked, json.dumps({"instances": [asked.instance]}), media_type).status_code == 200

"""What the API refuses, and how it says so."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

SALE = {"rate": 4, "sales_in_first_month": 300, "sales_in_second_month": 500}


def _post(api: httpx.Client, body: str | bytes, media_type: str = "application/json") -> httpx.Response:
    return api.post("/models/sales/predict", content=body, headers={"content-type": media_type})


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
def test_what_is_not_json_is_refused(api: httpx.Client, body: str) -> None:
    _problem(_post(api, body), 400)


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", "null", "4", '"text"', '{"instances": []}', '{"instances": {}}', '{"instances": [{}], "other": 1}'],
)
def test_json_of_another_shape_is_refused(api: httpx.Client, body: str) -> None:
    (rule,) = _problem(_post(api, body), 422)["errors"]
    assert (rule["row"], rule["field"], rule["rule"]) == (None, None, "body")


@pytest.mark.parametrize(
    ("value", "rule", "message"),
    [
        ('"4"', "type", "rate must be a number, not text (send it without quotes)."),
        ("true", "type", "rate must be a number, not a boolean."),
        ("[4]", "type", "rate must be a number, not an array."),
        ("{}", "type", "rate must be a number, not an object."),
        ("NaN", "finite", "rate must be finite, not NaN or infinite."),
        ("Infinity", "finite", "rate must be finite, not NaN or infinite."),
        ("-Infinity", "finite", "rate must be finite, not NaN or infinite."),
        ("1e999", "finite", "rate must be finite, not NaN or infinite."),
        ("9" * 5_000, "finite", "rate must be finite, not NaN or infinite."),
        ("-0.001", "minimum", "rate must be at least 0."),
        ("100.001", "maximum", "rate must be at most 100."),
        ("9" * 300, "maximum", "rate must be at most 100."),
    ],
)
def test_a_broken_rule_is_named_with_row_and_field(api: httpx.Client, value: str, rule: str, message: str) -> None:
    body = f'{{"instances": [{{"sales_in_second_month": 1}}, {{"sales_in_second_month": 1, "rate": {value}}}]}}'
    problem = _problem(_post(api, body), 422)
    assert problem["errors"] == [{"row": 1, "field": "rate", "rule": rule, "message": message}]


def test_every_broken_rule_of_every_row_is_listed(api: httpx.Client) -> None:
    instances = [{"rate": "4"}, SALE, {"rate": 101, "sales_in_second_month": None, "first": 1}, 5]
    problem = _problem(_post(api, json.dumps({"instances": instances})), 422)
    assert [(rule["row"], rule["field"], rule["rule"]) for rule in problem["errors"]] == [
        (0, "rate", "type"),
        (0, "sales_in_second_month", "required"),
        (2, "rate", "maximum"),
        (2, "sales_in_second_month", "type"),
        (2, "first", "unknown"),
        (3, None, "type"),
    ]
    assert problem["error_count"] == 6


def test_a_list_of_broken_rules_is_cut_and_says_so(api: httpx.Client) -> None:
    problem = _problem(_post(api, json.dumps({"instances": [{"a": 1, "b": 2}] * 10_000})), 422)
    assert (len(problem["errors"]), problem["error_count"]) == (1_000, 30_000)
    assert "The first 1000 are listed." in problem["detail"]


def test_no_value_is_repeated_but_a_cut_name(api: httpx.Client) -> None:
    body = json.dumps({"instances": [SALE | {"x" * 1_000: "secret"}]})
    response = _post(api, body)
    (rule,) = _problem(response, 422)["errors"]
    assert len(rule["field"]) == 101
    assert "secret" not in response.text


def test_more_than_ten_thousand_instances_are_too_many(api: httpx.Client) -> None:
    assert "10,001" in _problem(_post(api, json.dumps({"instances": [SALE] * 10_001})), 413)["detail"]


def test_more_than_five_million_bytes_are_too_many(api: httpx.Client) -> None:
    body = json.dumps({"instances": [SALE]}) + " " * 5_000_000
    assert "5,000,000" in _problem(_post(api, body), 413)["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_only_json_is_taken(api: httpx.Client, media_type: str) -> None:
    problem = _problem(_post(api, json.dumps({"instances": [SALE]}), media_type), 415)
    assert "Content-Type: application/json" in problem["detail"]


def test_json_with_a_charset_is_taken(api: httpx.Client) -> None:
    body = json.dumps({"instances": [SALE]})
    assert _post(api, body, "application/json; charset=utf-8").status_code == 200


def test_an_unknown_model_is_not_found(api: httpx.Client, unknown: str) -> None:
    assert unknown in _problem(api.get(f"/models/{unknown}"), 404)["detail"]
    _problem(api.post(f"/models/{unknown}/predict", json={"instances": [SALE]}), 404)


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


@pytest.mark.parametrize("path", ["/", "/model", "/models/sales/predictions", "/models/sales/predict/1"])
def test_an_unknown_address_is_not_found(api: httpx.Client, path: str) -> None:
    assert "/models" in _problem(api.get(path), 404)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/models", "GET"), ("DELETE", "/models/sales", "GET"), ("GET", "/models/sales/predict", "POST")],
)
def test_another_method_is_refused_and_the_right_one_named(
    api: httpx.Client, method: str, path: str, allowed: str
) -> None:
    response = api.request(method, path)
    _problem(response, 405)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("media_type", ["application/vnd.api+json", "application/ld+json; charset=utf-8"])
def test_a_media_type_that_is_json_by_its_suffix_is_taken(api: httpx.Client, media_type: str) -> None:
    assert _post(api, json.dumps({"instances": [SALE]}), media_type).status_code == 200

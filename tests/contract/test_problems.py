"""What the API refuses, and how it says so."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from tests.contract.asked import Asked, post, problem_of


@pytest.mark.parametrize("body", ["", "{", "instances", '{"instances": [}', "[" * 100_000, "'", '{"instances": [01]}'])
def test_what_is_not_json_is_refused(api: httpx.Client, asked: Asked, body: str) -> None:
    problem_of(post(api, asked.name, body), 400)


# It answers 500 by itself, before it asks the function.
@pytest.mark.unlike_sam
@pytest.mark.parametrize("body", [b"\xff\xfe", '{"instances": [{"Zürich": 1}]}'.encode("latin-1")])
def test_what_is_not_utf_8_is_refused(api: httpx.Client, asked: Asked, body: bytes) -> None:
    assert "UTF-8" in problem_of(post(api, asked.name, body), 400)["detail"]


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", "null", "4", '"text"', '{"instances": []}', '{"instances": {}}', '{"instances": [{}], "other": 1}'],
)
def test_json_of_another_shape_is_refused(api: httpx.Client, asked: Asked, body: str) -> None:
    (rule,) = problem_of(post(api, asked.name, body), 422)["errors"]
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
    problem = problem_of(post(api, asked.name, f'{{"instances": [{good}, {bad}]}}'), 422)
    (error,) = problem["errors"]
    assert (error["row"], error["field"], error["rule"]) == (1, asked.number, rule)
    assert error["message"].startswith(f"{asked.number} must be ")


def test_every_broken_rule_of_every_row_is_listed(api: httpx.Client, asked: Asked) -> None:
    instances = [{}, asked.instance, asked.instance | {"no feature": 1}, 5]
    problem = problem_of(post(api, asked.name, json.dumps({"instances": instances})), 422)
    expected = [*((0, name, "required") for name in asked.required), (2, "no feature", "unknown"), (3, None, "type")]
    assert [(rule["row"], rule["field"], rule["rule"]) for rule in problem["errors"]] == expected
    assert problem["error_count"] == len(expected)


def test_a_list_of_broken_rules_is_cut_and_says_so(api: httpx.Client, asked: Asked) -> None:
    problem = problem_of(post(api, asked.name, json.dumps({"instances": [{"no feature": 1, "none": 2}] * 10_000})), 422)
    broken = 10_000 * (2 + len(asked.required))
    assert (len(problem["errors"]), problem["error_count"]) == (1_000, broken)
    assert "The first 1000 are listed." in problem["detail"]


def test_no_value_is_repeated_but_a_cut_name(api: httpx.Client, asked: Asked) -> None:
    body = json.dumps({"instances": [asked.instance | {"x" * 1_000: "secret"}]})
    response = post(api, asked.name, body)
    (rule,) = problem_of(response, 422)["errors"]
    assert len(rule["field"]) == 101
    assert "secret" not in response.text


def test_more_than_ten_thousand_instances_are_too_many(api: httpx.Client, asked: Asked) -> None:
    body = json.dumps({"instances": [asked.instance] * 10_001})
    assert "10,001" in problem_of(post(api, asked.name, body), 413)["detail"]


def test_more_than_five_million_bytes_are_too_many(api: httpx.Client, asked: Asked) -> None:
    body = json.dumps({"instances": [asked.instance]}) + " " * 5_000_000
    assert "5,000,000" in problem_of(post(api, asked.name, body), 413)["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_only_json_is_taken(api: httpx.Client, asked: Asked, media_type: str) -> None:
    problem = problem_of(post(api, asked.name, json.dumps({"instances": [asked.instance]}), media_type), 415)
    assert "Content-Type: application/json" in problem["detail"]


def test_json_with_a_charset_is_taken(api: httpx.Client, asked: Asked) -> None:
    body = json.dumps({"instances": [asked.instance]})
    assert post(api, asked.name, body, "application/json; charset=utf-8").status_code == 200


def test_an_unknown_model_is_not_found(api: httpx.Client, unknown: str) -> None:
    assert unknown in problem_of(api.get(f"/models/{unknown}"), 404)["detail"]
    problem_of(api.post(f"/models/{unknown}/predict", json={"instances": [{}]}), 404)


@pytest.mark.parametrize(
    "name",
    [
        *("Sales", "sales.json", "s" * 100, "ä", "what%3F", "%23", "%22", "%F0%9F%A5%92"),
        pytest.param("%2e%2e", marks=pytest.mark.traversal),
        pytest.param("..%2f..%2fsecret", marks=pytest.mark.traversal),
    ],
)
def test_what_cannot_be_a_name_is_not_found(api: httpx.Client, name: str) -> None:
    problem_of(api.get(f"/models/{name}"), 404)


@pytest.mark.parametrize("path", ["/", "/model", "/models/any/predictions", "/models/any/predict/1"])
def test_an_unknown_address_is_not_found(api: httpx.Client, path: str) -> None:
    assert "/models" in problem_of(api.get(path), 404)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/models", "GET"), ("DELETE", "/models/any", "GET"), ("GET", "/models/any/predict", "POST")],
)
def test_another_method_is_refused_and_the_right_one_named(
    api: httpx.Client, method: str, path: str, allowed: str
) -> None:
    response = api.request(method, path)
    problem_of(response, 405)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("media_type", ["application/vnd.api+json", "application/ld+json; charset=utf-8"])
def test_a_media_type_that_is_json_by_its_suffix_is_taken(api: httpx.Client, asked: Asked, media_type: str) -> None:
    assert post(api, asked.name, json.dumps({"instances": [asked.instance]}), media_type).status_code == 200


def _post_packed(api: httpx.Client, asked: Asked, body: bytes, encoding: str) -> httpx.Response:
    headers = {"content-type": "application/json", "content-encoding": encoding}
    return api.post(f"/models/{asked.name}/predict", content=body, headers=headers)


# SAM's emulator answers 500 to bytes that are not UTF-8.
@pytest.mark.unlike_sam
def test_the_limit_of_bytes_holds_for_what_is_unpacked(api: httpx.Client, asked: Asked) -> None:
    body = gzip.compress(json.dumps({"instances": [asked.instance]}).encode() + b" " * 5_000_000)
    assert len(body) < 10_000
    assert "5,000,000" in problem_of(_post_packed(api, asked, body, "gzip"), 413)["detail"]


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_a_body_that_is_packed_otherwise_is_refused_with_what_is_taken(
    api: httpx.Client, asked: Asked, encoding: str
) -> None:
    response = _post_packed(api, asked, json.dumps({"instances": [asked.instance]}).encode(), encoding)
    assert problem_of(response, 415)["type"].endswith(":unsupported-encoding")
    assert response.headers["accept-encoding"] == "gzip"

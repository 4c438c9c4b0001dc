"""What the API lets pages of other origins do."""

from __future__ import annotations

import httpx

PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


def test_a_preflight_of_an_allowed_origin_is_answered(api: httpx.Client, origin: str) -> None:
    response = api.options("/models/any/predict", headers={"origin": origin} | PREFLIGHT)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == origin
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "content-type" in response.headers["access-control-allow-headers"].lower()


def test_a_page_may_send_a_canarys_key_in_any_header(api: httpx.Client, origin: str) -> None:
    asked = PREFLIGHT | {"origin": origin, "access-control-request-headers": "content-type,customer-id"}
    response = api.options("/models/any/predict", headers=asked)
    assert "*" in response.headers["access-control-allow-headers"].split(",")


def test_a_preflight_of_another_origin_gets_no_permission(api: httpx.Client) -> None:
    response = api.options("/models/any/predict", headers={"origin": "https://other.example"} | PREFLIGHT)
    assert "access-control-allow-origin" not in response.headers


def test_answers_and_problems_alike_may_be_read_by_an_allowed_origin(api: httpx.Client, origin: str) -> None:
    for path, status in (
        ("/models", 200),
        ("/models/no-model", 404),
        ("/nowhere", 404),
        ("/models/any/predict", 405),
    ):
        response = api.get(path, headers={"origin": origin})
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-expose-headers"] == "Retry-After"
        assert response.headers["vary"] == "Origin"


def test_no_answer_may_be_read_by_another_origin(api: httpx.Client) -> None:
    response = api.get("/models", headers={"origin": "https://other.example"})
    assert "access-control-allow-origin" not in response.headers

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.gateway import Gateway, content, rest_event
from local.refusals import MOST_BYTES
from local.serving import HOST, bound, serving
from local.site import api_alone


def test_a_text_body_is_passed_as_text() -> None:
    event = rest_event("POST", "/models", {}, "{ä}".encode())
    assert (event["body"], event["isBase64Encoded"]) == ("{ä}", False)


def test_bytes_of_a_body_that_are_not_utf_8_are_lost() -> None:
    event = rest_event("POST", "/models", {"content-type": "application/json"}, b"M\xfcnchen")
    assert (event["body"], event["isBase64Encoded"]) == ("M\ufffdnchen", False)


@pytest.mark.parametrize("media_type", ["image/png", "application/octet-stream", "Application/Octet-Stream; x=y"])
def test_a_body_of_a_binary_type_is_passed_in_base64(media_type: str) -> None:
    event = rest_event("POST", "/models", {"content-type": media_type}, b"\xff")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff", True)


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("image/png", b"\xff"),
        ("Image/PNG;q=0.5, */*", b"\xff"),
        ("application/octet-stream", b"\xff"),
        ("*/*", b"/w=="),
        ("text/html,image/png", b"/w=="),
        ("", b"/w=="),
    ],
)
def test_base64_becomes_bytes_for_who_asks_for_them_first(accept: str, sent: bytes) -> None:
    assert content({"body": "/w==", "isBase64Encoded": True}, accept) == sent


def test_text_stays_text_for_who_asks_for_bytes() -> None:
    assert content({"body": "/w==", "isBase64Encoded": False}, "image/png") == b"/w=="


def test_no_body_is_null() -> None:
    assert rest_event("GET", "/models", {}, b"")["body"] is None


def test_paths_arrive_decoded() -> None:
    assert rest_event("GET", "/models/a%20b", {}, b"")["path"] == "/models/a b"


KEY = "a key of this test's"


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    """A client of an API's own address, which asks for a key and answers everything."""

    yield from _client_of("path")


@pytest.fixture(scope="module")
def echo() -> Iterator[httpx.Client]:
    """A client of the same, which answers with the body."""
    yield from _client_of("body")


def _client_of(part: str) -> Iterator[httpx.Client]:
    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        return {"statusCode": 200, "body": event[part], "isBase64Encoded": False, "multiValueHeaders": {}}

    with bound(0) as socket, serving(api_alone(Gateway(handler, KEY)), socket):
        address = f"http://{HOST}:{socket.getsockname()[1]}/api"
        with httpx.Client(base_url=address) as client:
            yield client


def test_a_request_with_the_key_reaches_the_function(api: httpx.Client) -> None:
    assert api.get("/models", headers={"x-api-key": KEY}).text == "/models"


def test_a_preflight_needs_no_key(api: httpx.Client) -> None:
    assert api.options("/models").text == "/models"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "another"}])
def test_another_is_refused_in_the_words_of_the_template(api: httpx.Client, headers: dict[str, str]) -> None:
    for path in ("/models", "/nowhere"):
        response = api.get(path, headers=headers)
        assert response.status_code == 403
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["access-control-allow-origin"] == "*"
        problem = response.json()
        assert problem["type"] == "urn:problem-type:picklejar:invalid-key"
        assert len(problem["request_id"]) == 36


PACKED = {"x-api-key": KEY, "content-encoding": "gzip"}


def test_a_body_that_is_packed_by_gzip_is_unpacked_for_the_function(echo: httpx.Client) -> None:
    assert echo.post("/models", content=gzip.compress(b"{") + gzip.compress(b"}"), headers=PACKED).text == "{}"
    assert echo.post("/models", content=b"{}", headers=PACKED | {"content-encoding": "identity"}).text == "{}"


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"{}", "gzip"), (gzip.compress(b"{}", mtime=0)[:-1], "gzip"), (b"{}", "br")]
)
def test_a_body_that_cannot_be_unpacked_is_refused_in_the_words_of_the_template(
    api: httpx.Client, body: bytes, encoding: str
) -> None:
    response = api.post("/models", content=body, headers=PACKED | {"content-encoding": encoding})
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "gzip")
    assert response.json()["type"] == "urn:problem-type:picklejar:unsupported-encoding"


def test_a_body_that_gets_too_large_when_it_is_unpacked_is_refused(api: httpx.Client) -> None:
    response = api.post("/models", content=gzip.compress(b" " * (MOST_BYTES + 1)), headers=PACKED)
    assert (response.status_code, response.json()["type"]) == (413, "urn:problem-type:picklejar:too-large")


def test_a_body_of_more_than_ten_megabytes_is_refused_in_the_words_of_the_template(api: httpx.Client) -> None:
    full = api.post("/models", content=b" " * MOST_BYTES, headers={"x-api-key": KEY})
    assert full.status_code == 200
    response = api.post("/models", content=b" " * (MOST_BYTES + 1), headers={"x-api-key": KEY})
    assert (response.status_code, response.json()["type"]) == (413, "urn:problem-type:picklejar:too-large")
    assert "5,000,000" in response.json()["detail"]

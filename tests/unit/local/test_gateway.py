from __future__ import annotations

import base64

from local.gateway import rest_event


def test_a_text_body_is_passed_as_text() -> None:
    event = rest_event("POST", "/models", {}, "{ä}".encode())
    assert (event["body"], event["isBase64Encoded"]) == ("{ä}", False)


def test_a_body_that_is_no_text_is_passed_in_base64() -> None:
    event = rest_event("POST", "/models", {}, b"\xff")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff", True)


def test_no_body_is_null() -> None:
    assert rest_event("GET", "/models", {}, b"")["body"] is None


def test_paths_arrive_decoded() -> None:
    assert rest_event("GET", "/models/a%20b", {}, b"")["path"] == "/models/a b"

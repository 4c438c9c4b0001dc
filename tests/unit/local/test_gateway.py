from __future__ import annotations

import base64

import pytest

from local.gateway import content, rest_event


def test_a_text_body_is_passed_as_text() -> None:
    event = rest_event("POST", "/models", {}, "{ä}".encode())
    assert (event["body"], event["isBase64Encoded"]) == ("{ä}", False)


def test_bytes_of_a_body_that_are_not_utf_8_are_lost() -> None:
    event = rest_event("POST", "/models", {"content-type": "application/json"}, b"M\xfcnchen")
    assert (event["body"], event["isBase64Encoded"]) == ("M\ufffdnchen", False)


def test_a_body_of_a_binary_type_is_passed_in_base64() -> None:
    event = rest_event("POST", "/models", {"content-type": "image/png"}, b"\xff")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff", True)


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("image/png", b"\xff"),
        ("Image/PNG;q=0.5, */*", b"\xff"),
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

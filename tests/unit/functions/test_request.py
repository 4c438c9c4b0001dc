from __future__ import annotations

from typing import Any

import pytest

from functions.predict.observation import Observer
from functions.predict.problems import NotJsonMediaType, UnknownEncoding
from functions.predict.request import MOST_BYTES, Request, is_request
from picklejar.errors import NotJson, TooLarge

EVENT = {"httpMethod": "POST", "path": "/models", "headers": {"Content-Type": "application/json"}, "body": "{}"}


def _request(**changes: Any) -> Request:
    event = EVENT | changes
    return Request(event, Observer().begin(event, "id-1"))


def _sent(**headers: str) -> Request:
    return _request(headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("changes", [{}, {"headers": None, "body": None}, {"isBase64Encoded": True}])
def test_a_rest_event_is_a_request(changes: dict[str, Any]) -> None:
    assert is_request(EVENT | changes)
    assert is_request({"httpMethod": "GET", "path": "/"})


@pytest.mark.parametrize(
    "event",
    [
        *(None, "", "warm", 5, [], {}, [EVENT]),
        {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}},
        {"version": "2.0", "rawPath": "/models", "requestContext": {"http": {"method": "GET", "path": "/models"}}},
        {"Records": [{"eventSource": "aws:sqs", "body": "{}"}]},
        EVENT | {"httpMethod": None},
        EVENT | {"path": 5},
        EVENT | {"headers": []},
        EVENT | {"body": {"instances": []}},
    ],
)
def test_any_other_event_is_none(event: Any) -> None:
    assert not is_request(event)


def test_a_header_is_found_however_it_is_written() -> None:
    request = _request(headers={"X-Key": "1", "ORIGIN": "https://a.example"})
    assert [request.header(name) for name in ("x-key", "origin", "host")] == ["1", "https://a.example", ""]
    assert _request(headers=None).header("origin") == ""


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"])
@pytest.mark.parametrize("encoding", ["", "identity", "gzip", " GZIP "])
def test_a_body_of_json_is_read_and_was_unpacked_before(media_type: str, encoding: str) -> None:
    assert _sent(Content_Type=media_type, content_encoding=encoding).body() == b"{}"


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/jsonlines", "json"])
def test_a_body_of_another_type_is_refused(media_type: str) -> None:
    with pytest.raises(NotJsonMediaType, match="Content-Type: application/json"):
        _sent(content_type=media_type).body()


@pytest.mark.parametrize("encoding", ["br", "deflate", "compress", "gzip, br", "gzip;q=1"])
def test_a_body_of_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UnknownEncoding, match="Content-Encoding: gzip"):
        _sent(content_type="application/json", content_encoding=encoding).body()


def test_base64_is_decoded() -> None:
    assert _request(body="e30=", isBase64Encoded=True).body() == b"{}"


@pytest.mark.parametrize(
    "changes", [{"body": "\ufffd"}, {"body": "?", "isBase64Encoded": True}, {"body": "ä", "isBase64Encoded": True}]
)
def test_what_cannot_be_decoded_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotJson):
        _request(**changes).body()


def test_a_body_has_at_most_five_million_bytes() -> None:
    assert len(_request(body=" " * MOST_BYTES).body()) == MOST_BYTES
    with pytest.raises(TooLarge, match="5,000,001"):
        _request(body=" " * (MOST_BYTES + 1)).body()
    with pytest.raises(TooLarge):
        _request(body="ä" * (MOST_BYTES // 2 + 1)).body()

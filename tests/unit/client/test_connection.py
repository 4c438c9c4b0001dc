"""What a client does where an API is busy, gone, slow, or none."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from picklejar_client import Client, ClientError, NoAnswer, NotAnApi, QuotaUsedUp, Refused, Unavailable
from picklejar_client.retry import retry_after_seconds
from tests.unit.client.conftest import Api, Clock, Reply

ROWS = [{"a": 1, "b": 2}]
BUSY = {
    "type": "urn:problem-type:picklejar:too-many-requests",
    "title": "Too many requests",
    "status": 429,
    "detail": "Send fewer requests at once, and this one again in a second.",
    "request_id": "r1",
}
QUOTA = {
    "type": "urn:problem-type:picklejar:quota-exceeded",
    "title": "The day's requests are used up",
    "status": 429,
    "detail": "Try again tomorrow.",
}
LATER = {"Retry-After": "5"}


@pytest.mark.parametrize(
    "passing",
    [
        Reply(429, BUSY, LATER),
        Reply(503, {"title": "The models cannot be reached", "detail": "Again."}, LATER),
        Reply(503, b"<html>unavailable</html>", LATER),
        Reply(429, b"", LATER),
    ],
)
def test_what_passes_is_asked_again_when_the_api_wants_to_be_and_not_before(
    api: Api, clock: Clock, passing: Reply
) -> None:
    api.replies = [passing, passing]
    assert Client(api.url).model("sums").predict(ROWS).predictions == [3]
    assert len(api.asked) == 3
    assert all(5 <= pause <= 7.5 for pause in clock.pauses)
    assert clock.pauses[0] != clock.pauses[1], "all clients come back at once"


def test_without_a_word_on_when_the_pauses_grow(api: Api, clock: Clock) -> None:
    api.replies = [
        Reply(503, {}, {"Retry-After": word} if word else {}) for word in ("", "0", "soon", "-1", "", "", "", "")
    ]
    Client(api.url, retry_for=1_000).models()
    least = [0.25, 0.5, 1, 2, 4, 8, 8, 8]
    assert all(low <= pause <= low * 1.5 for low, pause in zip(least, clock.pauses, strict=True))


def test_it_is_asked_no_longer_than_it_may_be(api: Api, clock: Clock) -> None:
    api.replies = [Reply(503, {"title": "Full", "detail": "No memory."}, LATER)] * 99
    with pytest.raises(Unavailable, match=r"Full: No memory\.") as raised:
        Client(api.url, retry_for=20).models()
    assert (raised.value.status, raised.value.retry_after) == (503, 5)
    assert clock.now < 20
    assert 3 <= len(api.asked) <= 4


def test_a_time_that_is_too_late_is_not_waited_for(api: Api, clock: Clock) -> None:
    api.replies = [Reply(503, {}, {"Retry-After": "3600"})]
    with pytest.raises(Unavailable):
        Client(api.url).models()
    assert clock.pauses == []


def test_a_quota_that_is_used_up_is_never_asked_again(api: Api, clock: Clock) -> None:
    # Also where it said to come back in a second: it is used up until tomorrow.
    api.replies = [Reply(429, QUOTA, {"Retry-After": "1"})]
    with pytest.raises(QuotaUsedUp, match="used up: Try again tomorrow") as raised:
        Client(api.url).model("sums").predict(ROWS)
    assert isinstance(raised.value, Refused)
    assert (len(api.asked), clock.pauses) == (1, [])


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_failed_on_its_side_is_said_with_the_requests_id_and_not_repeated(
    api: Api, clock: Clock, status: int
) -> None:
    api.replies = [Reply(status, {"title": "It broke off", "detail": "Later.", "request_id": "r7"}, LATER)]
    with pytest.raises(Unavailable, match=r"It broke off: Later\. The owner finds it by the request_id r7\."):
        Client(api.url).models()
    assert (len(api.asked), clock.pauses) == (1, [])


@pytest.mark.parametrize("way", ["never", "cut"])
def test_a_connection_that_breaks_is_made_again(api: Api, clock: Clock, way: str) -> None:
    api.replies = [Reply(200, {"some": "content"}, way=way)] * 2
    assert Client(api.url).model("sums").predict(ROWS).predictions == [3]
    assert len(api.asked) == 3
    assert len(clock.pauses) == 2


@pytest.mark.parametrize("way", ["never", "cut"])
def test_one_that_always_breaks_is_given_up(api: Api, clock: Clock, way: str) -> None:
    api.replies = [Reply(200, {"some": "content"}, way=way)] * 9
    with pytest.raises(NoAnswer, match="Is it running, and is the address right"):
        Client(api.url).models()
    assert len(api.asked) == 3


def test_an_answer_of_unknown_length_is_read(api: Api) -> None:
    api.replies = [Reply(200, {"models": []}, way="chunked")]
    assert Client(api.url).models() == []


def test_an_answer_by_drops_is_not_waited_for(api: Api, clock: Clock) -> None:
    api.replies = [Reply(200, {"models": ["x"] * 99}, way="by drops")]
    with pytest.raises(NoAnswer, match="in time"):
        Client(api.url, timeout=0.1, retry_for=0).models()


def test_silence_is_not_waited_for(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(NoAnswer, match=f"No answer from {url} in time"):
            Client(url, timeout=0.1, retry_for=0).models()


def test_a_port_without_a_listener_is_tried_three_times(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NoAnswer, match="Is it running"):
        Client(f"http://127.0.0.1:{port}").models()
    assert len(clock.pauses) == 2


def test_a_host_that_is_unknown_is_not_asked_again(clock: Clock) -> None:
    with pytest.raises(NoAnswer, match=r"No answer from http://nowhere\.invalid"):
        Client("http://nowhere.invalid").models()
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(200, b"<!doctype html>"), "answered 200 with something else than JSON. Is the address right?"),
        (Reply(404, b"<h1>Not found</h1>"), "answered 404 with something else than JSON"),
        (Reply(200, b"\xff"), "something else than JSON"),
        (Reply(200, b"[" * 100_000), "something else than JSON"),
        (Reply(200, b"[]"), "does not answer as an API of models. Is the address right?"),
        (Reply(200, {}), "does not answer as an API of models"),
        (Reply(200, {"models": [1]}), "does not answer as an API of models"),
        (Reply(301, b"", {"Location": "https://other.example/api/models"}), "redirects to https://other.example/api"),
        (Reply(307, b"", {"Location": "/elsewhere"}), "redirects to /elsewhere"),
        (Reply(302, b""), "redirects to another address"),
    ],
)
def test_what_is_no_such_api_is_named(api: Api, reply: Reply, sentence: str) -> None:
    api.replies = [reply]
    with pytest.raises(NotAnApi) as raised:
        Client(api.url, "secret").models()
    assert sentence in str(raised.value)
    assert len(api.asked) == 1, "the key went where it was redirected to"


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "ftp://a/api", "http://", "file:///etc/passwd", "http://a b", "http://a/\n", "http://a:0", "http://[:]",
     "http://a:99999", "http://a/api?x=1", "http://a/#x", "http://me:word@a", "http://ä"],
)  # fmt: skip
def test_what_is_no_address_is_said_before_anything_is_asked(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address; write it like http://127\.0\.0\.1:8000/api"):
        Client(url)


@pytest.mark.parametrize("key", ["two\nlines", "café", "a\x00"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="x-api-key has characters that no header has") as raised:
        Client("http://127.0.0.1", key)
    assert key not in str(raised.value)


def test_the_key_goes_with_each_request_and_is_in_no_text(api: Api) -> None:
    client = Client(f"{api.url}/", "secret")
    client.models()
    client.model("sums").predict(ROWS)
    assert [asked.headers["x-api-key"] for asked in api.asked] == ["secret"] * 2
    assert "secret" not in repr(client) + repr(client.model("sums"))
    api.replies = [Reply(403, {"title": "The key is missing or unknown", "detail": "Send your key."})]
    with pytest.raises(Refused, match=r"The key is missing or unknown: Send your key\.") as raised:
        client.models()
    assert raised.value.status == 403


def test_every_error_is_the_clients(api: Api) -> None:
    for error in (Refused, QuotaUsedUp, Unavailable, NoAnswer, NotAnApi):
        assert issubclass(error, ClientError)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7),
        (" 7 ", 7),
        ("1.5", None),
        ("never", None),
        ("-3", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +99999999999", None),
    ],
)
def test_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_retry_after_may_be_a_time() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert 25 < (retry_after_seconds(format_datetime(soon, usegmt=True)) or 0) <= 30
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 -0000") == 0

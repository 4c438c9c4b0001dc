"""Sends one request to the API, again where that helps, and returns the object that it answers."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, Request, build_opener

from picklejar_client.errors import ClientError, NoAnswer, NotAnApi
from picklejar_client.problems import problem
from picklejar_client.retry import Retries, retry_after_seconds
from picklejar_client.version import __version__

IS_IT_RIGHT = "Is the address right? That of `make start` ends in /api, as does one below SiteUrl."
PIECE_BYTES = 65_536


class _AsItIs(HTTPErrorProcessor):
    """Hands on every answer: a redirect would take the key to another address, and a POST with it to a GET."""

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002  its base class hands it
        return response

    https_response = http_response


class Reply(NamedTuple):
    """What came back, whatever it is."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Connection:
    """The way to an API: its address, the key, and how long to try."""

    def __init__(self, url: str, key: str | None, timeout: float, retry_for: float) -> None:
        _check_address(url)
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": f"picklejar-client/{__version__}"}
        if key:
            check_header("x-api-key", key)
            self._headers["x-api-key"] = key
        self._timeout, self._retry_for = timeout, retry_for
        # Takes the proxies of the environment, as Python's programs do.
        self._opener = build_opener(_AsItIs)

    def ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the object that the API answers, to a POST where there is a body.

        Nothing that is asked changes anything there, so that each may be sent again.

        Raises:
            Refused, Unavailable, NoAnswer, NotAnApi
        """
        content_type = {} if body is None else {"Content-Type": "application/json"}
        request = Request(self.url + path, body, {**self._headers, **content_type, **(headers or {})})  # noqa: S310
        retries = Retries(self._retry_for)
        while isinstance(outcome := self._outcome(request, retries.seconds_for(self._timeout)), ClientError):
            if not retries.wait(outcome):
                raise outcome
        return outcome

    def another(self) -> NotAnApi:
        """Return the error of an answer that Picklejar's API does not give."""
        return NotAnApi(f"{self.url} does not answer as an API of models. {IS_IT_RIGHT}")

    def _outcome(self, request: Request, seconds: float) -> dict[str, Any] | ClientError:
        try:
            return self._content(self._reply(request, seconds))
        except ClientError as error:
            return error

    def _reply(self, request: Request, seconds: float) -> Reply:
        until = time.monotonic() + seconds
        try:
            with self._opener.open(request, timeout=seconds) as response:
                return Reply(response.status, response.headers, _read(response, until))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._no_answer(error) from error

    def _no_answer(self, error: Exception) -> NoAnswer:
        cause = error.reason if isinstance(error, URLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NoAnswer(f"The certificate of {self.url} is not trusted: {cause.verify_message}.", is_passing=False)
        # In Python 3.9 the one is not the other.
        if isinstance(cause, (socket.timeout, TimeoutError)):
            return NoAnswer(f"No answer from {self.url} in time.")
        is_passing = not isinstance(cause, (socket.gaierror, http.client.InvalidURL, ValueError))
        return NoAnswer(f"No answer from {self.url}. Is it running, and is the address right?", is_passing=is_passing)

    def _content(self, reply: Reply) -> dict[str, Any]:
        status = reply.status
        if 300 <= status < 400:
            elsewhere = reply.headers.get("Location", "another address")
            raise NotAnApi(f"{self.url} redirects to {elsewhere}, and is not followed there. {IS_IT_RIGHT}")
        try:
            content = json.loads(reply.content)
        except (ValueError, RecursionError):
            content = None
            if status < 500 and status != 429:
                raise NotAnApi(f"{self.url} answered {status} with something else than JSON. {IS_IT_RIGHT}") from None
        if status >= 400:
            raise problem(status, content, retry_after_seconds(reply.headers.get("Retry-After")))
        if not isinstance(content, dict):
            raise self.another()
        return content


def check_header(name: str, value: str) -> None:
    """Raise ValueError where a header cannot be sent."""
    if not (name.replace("-", "").replace("_", "").isalnum() and name.isascii()):
        raise ValueError(f"{name!r} cannot name a header; it has letters, digits and hyphens.")
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"The value of the header {name} has characters that no header has.")


def _check_address(url: str) -> None:
    try:
        address = urlsplit(url)
        # A user and a password in it would be sent as a part of the host's name.
        is_plain = not (address.username or address.query or address.fragment)
        is_address = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0 and is_plain
    except ValueError:  # a port above 65535, or brackets around what is no IPv6 address
        is_address = False
    # Only what is written like an address can be asked: a space or line end in it would end the request's first line.
    if not is_address or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{url!r} is not an address; write it like http://127.0.0.1:8000/api.")


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    """Return all that comes; one that comes by drops is not waited for for ever."""
    pieces: list[bytes] = []
    left = response.length
    while left != 0:
        piece = response.read1(PIECE_BYTES if left is None else min(PIECE_BYTES, left))
        if not piece and left is None:
            break
        if not piece:
            raise http.client.IncompleteRead(b"", left)
        pieces.append(piece)
        left = None if left is None else left - len(piece)
        if time.monotonic() > until:
            raise socket.timeout
    return b"".join(pieces)

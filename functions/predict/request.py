"""A request, as API Gateway's REST event has it."""

from __future__ import annotations

import base64
from typing import Any

from picklejar.errors import NotJson, TooLarge

from .observation import Observation
from .problems import NotJsonMediaType, UnknownEncoding

MOST_BYTES = 5_000_000
JSON = "application/json"
REPLACEMENT = "\ufffd"
# API Gateway has unpacked the body; the header may still be there.
ENCODINGS = {"", "identity", "gzip"}

NONE = type(None)

Event = dict[str, Any]


def is_request(event: Any) -> bool:
    """Say whether an event is a request, and not one of a schedule, a queue or an HTTP API, or a warm-up's."""
    return (
        isinstance(event, dict)
        and isinstance(event.get("httpMethod"), str)
        and isinstance(event.get("path"), str)
        and isinstance(event.get("headers"), (dict, NONE))
        and isinstance(event.get("body"), (str, NONE))
    )


class Request:
    """What a route takes apart, and the observation in which it notes what it learns."""

    __slots__ = ("_event", "_headers", "method", "observation", "path")

    def __init__(self, event: Event, observation: Observation) -> None:
        self._event = event
        self._headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        self.method: str = event["httpMethod"]
        self.path: str = event["path"]
        self.observation = observation

    def header(self, name: str) -> str:
        """Return a header by its name in small letters, empty if it was not sent."""
        return str(self._headers.get(name, ""))

    @property
    def media_type(self) -> str:
        """The body's, in small letters and without parameters; empty if none was sent."""
        return self.header("content-type").split(";")[0].strip().lower()

    def body(self) -> bytes:
        """Return the JSON that was sent; raises NotJsonMediaType, and whatever `content` does."""
        # Nearly everybody writes it so, and then it need not be taken apart.
        if self.header("content-type") != JSON and self.media_type != JSON and not self.media_type.endswith("+json"):
            raise NotJsonMediaType("Send the body as JSON, with the header Content-Type: application/json.")
        return self.content()

    def content(self) -> bytes:
        """Return what was sent, whatever its type; raises UnknownEncoding, NotJson and TooLarge."""
        encoding = self.header("content-encoding")
        if encoding and encoding.strip().lower() not in ENCODINGS:
            raise UnknownEncoding(
                "Send the body as it is, or packed by gzip with the header Content-Encoding: gzip; nothing else is "
                "unpacked."
            )
        body = _decoded(self._event.get("body") or "", bool(self._event.get("isBase64Encoded")))
        if len(body) > MOST_BYTES:
            raise TooLarge(
                f"The body has {len(body):,} bytes; one request takes at most {MOST_BYTES:,}. "
                "Send it in several requests."
            )
        return body


def _decoded(body: str, is_base64: bool) -> bytes:
    if not is_base64:
        # API Gateway has put it in the place of every byte that was not UTF-8: what was sent, nobody knows any more.
        if REPLACEMENT in body:
            raise NotJson("The body is not UTF-8 text, or has U+FFFD in it, which stands for such; send UTF-8.")
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        raise NotJson("The body cannot be decoded.") from None

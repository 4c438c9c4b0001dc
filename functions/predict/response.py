"""A response, as API Gateway takes it from a function."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import msgspec

from .request import JSON

# What is answered depends on who asks, as long as more than one origin may.
HEADERS = {"Vary": "Origin", "X-Content-Type-Options": "nosniff"}


class Response(NamedTuple):
    """Status, headers and body; bytes travel as base64, which API Gateway turns back for its binary types alone."""

    status: int
    headers: dict[str, str]
    body: str | bytes

    def result(self, more: dict[str, str], *, has_body: bool = True) -> dict[str, Any]:
        """Return what the handler returns, with more headers, and the body unless it was not asked for."""
        body = self.body if has_body else ""
        is_base64 = isinstance(body, bytes)
        headers = self.headers | more if more else self.headers
        return {
            "statusCode": self.status,
            "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
            "isBase64Encoded": is_base64,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
        }


def json_response(
    content: Any, status: int = 200, media_type: str = JSON, headers: dict[str, str] | None = None
) -> Response:
    """Return `content` as JSON."""
    more = {**HEADERS, **headers, "Content-Type": media_type} if headers else {**HEADERS, "Content-Type": media_type}
    return Response(status, more, msgspec.json.encode(content).decode())

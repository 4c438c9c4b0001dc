"""API Gateway on a laptop: turns HTTP into the REST event that the real handler answers."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """What the handler reads of Lambda's context."""

    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Gateway:
    """An ASGI endpoint in front of a handler; one request at a time, as in a container."""

    # One for all gateways: Powertools keeps the request it answers on a class, not on its resolver.
    _one_at_a_time = threading.Lock()

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, request: Request) -> Response:
        body = await request.body()
        event = rest_event(request.method, f"/{request.path_params['path']}", dict(request.headers), body)
        answer = await run_in_threadpool(self.invoke, event)
        return Response(content(answer), answer["statusCode"], _headers(answer))

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        with self._one_at_a_time:
            return self._handler(event, Context())


def rest_event(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return API Gateway's REST event for a request."""
    try:
        text, is_base64 = body.decode(), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    return {
        "httpMethod": method,
        "path": unquote(path),
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.removeprefix("/")},
        "requestContext": {"stage": "api"},
        "body": text or None,
        "isBase64Encoded": is_base64,
    }


def content(answer: dict[str, Any]) -> bytes:
    """Return the bytes of a handler's answer, as API Gateway sends them."""
    body: str = answer["body"]
    return base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    return {name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()}

"""API Gateway on a laptop: turns HTTP into the REST event that the real handler answers, by template.yaml's rules."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from local.refusals import Refused, accepted_body, refusal
from local.template import read_template

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """What the handler reads of Lambda's context."""

    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Gateway:
    """An ASGI endpoint in front of a handler; one request at a time, as in a container.

    With a `key` it answers only who sends that as x-api-key.
    """

    def __init__(self, handler: Handler, key: str | None = None) -> None:
        self._handler = handler
        self._one_at_a_time = threading.Lock()
        self.key = key

    async def __call__(self, request: Request) -> Response:
        try:
            body = accepted_body(request.method, request.headers, await request.body(), self.key)
        except Refused as refused:
            return refusal(refused.kind, str(uuid.uuid4()))
        event = rest_event(request.method, f"/{request.path_params['path']}", dict(request.headers), body)
        answer = await run_in_threadpool(self.invoke, event)
        sent = content(answer, request.headers.get("accept", ""))
        return Response(sent, answer["statusCode"], _headers(answer))

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        with self._one_at_a_time:
            return self._handler(event, Context())


def rest_event(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return API Gateway's REST event for a request; a body is text unless its type is one of BinaryMediaTypes."""
    is_base64 = bool(body) and _first_type(headers.get("content-type", "")) in binary_media_types()
    # What is not UTF-8 is lost here, as it is on AWS.
    text = base64.b64encode(body).decode() if is_base64 else body.decode(errors="replace")
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


def content(answer: dict[str, Any], accept: str) -> bytes:
    """Return what API Gateway sends of a handler's answer to a request with this header `Accept`.

    Base64 becomes bytes only where the header's first type is one of BinaryMediaTypes.
    """
    body: str = answer["body"]
    if answer["isBase64Encoded"] and _first_type(accept) in binary_media_types():
        return base64.b64decode(body)
    return body.encode()


@cache
def binary_media_types() -> frozenset[str]:
    """Return the Api's BinaryMediaTypes, in which SAM wants ~1 for a slash."""
    types: list[str] = read_template()["Resources"]["Api"]["Properties"]["BinaryMediaTypes"]
    return frozenset(name.replace("~1", "/") for name in types)


def _first_type(header: str) -> str:
    return header.split(",")[0].split(";")[0].strip().lower()


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    return {name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()}

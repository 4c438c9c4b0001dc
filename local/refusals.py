"""What API Gateway refuses by itself, in the words of template.yaml's GatewayResponses."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from local.template import read_template

# AWS's own limit (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
MOST_BYTES = 10 * 1024 * 1024


class Refused(Exception):
    """API Gateway answers by itself, with the GatewayResponse of this `kind`."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def accepted_body(method: str, headers: Mapping[str, str], body: bytes, key: str | None) -> bytes:
    """Return the body as the function gets it, unpacked; raises Refused.

    With `key` every method but the preflight's needs it. There is no unknown address: the function has all.
    """
    body = _unpacked(body, headers.get("content-encoding", "").strip().lower())
    if len(body) > MOST_BYTES:
        raise Refused("REQUEST_TOO_LARGE")
    if key and headers.get("x-api-key") != key and method != "OPTIONS":
        raise Refused("INVALID_API_KEY")
    return body


def _unpacked(body: bytes, encoding: str) -> bytes:
    """Return a body without its Content-Encoding; of one that is too large only the beginning."""
    if encoding in ("", "identity") or len(body) > MOST_BYTES:
        return body
    if encoding != "gzip":
        raise Refused("UNSUPPORTED_MEDIA_TYPE")
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(body)).read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise Refused("UNSUPPORTED_MEDIA_TYPE") from None


def refusal(kind: str, request_id: str) -> Response:
    """Return the answer that template.yaml has for this kind."""
    said: dict[str, Any] = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"][kind]
    # A static value is in quotes, unlike one that is taken from the request.
    headers = {name: value.strip("'") for name, value in said["ResponseParameters"]["Headers"].items()}
    (template,) = said["ResponseTemplates"].values()
    return Response(template.replace("$context.requestId", request_id), int(said["StatusCode"]), headers)

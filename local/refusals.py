"""What API Gateway refuses by itself, in the words of template.yaml's GatewayResponses."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from local.template import read_template

# AWS's own limit (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
MOST_BYTES = 10 * 1024 * 1024


def kind_of_refusal(method: str, key: str | None, accepted: str | None, body: bytes) -> str | None:
    """Return which of the GatewayResponses answers a request that came with `key`, or None if the function does.

    With `accepted` every method but the preflight's needs this key. There is no unknown address: the function has all.
    """
    if len(body) > MOST_BYTES:
        return "REQUEST_TOO_LARGE"
    if accepted and key != accepted and method != "OPTIONS":
        return "INVALID_API_KEY"
    return None


def refusal(kind: str, request_id: str) -> Response:
    """Return the answer that template.yaml has for this kind."""
    said: dict[str, Any] = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"][kind]
    # A static value is in quotes, unlike one that is taken from the request.
    headers = {name: value.strip("'") for name, value in said["ResponseParameters"]["Headers"].items()}
    (template,) = said["ResponseTemplates"].values()
    return Response(template.replace("$context.requestId", request_id), int(said["StatusCode"]), headers)

"""Asks an endpoint for predictions, as any program could."""

from __future__ import annotations

from typing import Any

import httpx

from picklejar.errors import PicklejarError
from picklejar.signature import Output

TIMEOUT_SECONDS = 30.0
NOT_AN_API = "Is the address right? That of `make start` ends in /api, as does one below SiteUrl."


class EndpointError(PicklejarError):
    """The endpoint cannot be reached, or refused the request; says why in its words."""


def describe(url: str, name: str) -> dict[str, Any]:
    """Return the endpoint's description of the model; raises EndpointError."""
    described = _call("GET", f"{url.rstrip('/')}/models/{name}")
    if "signature" not in described:
        raise EndpointError(f"{url} does not answer as an API of models. {NOT_AN_API}")
    return described


def predict(
    url: str, name: str, instances: list[dict[str, float | bool | str | None]], output: Output = "predict"
) -> dict[str, Any]:
    """Return the endpoint's answer, predictions in the order of the instances; raises EndpointError."""
    return _call("POST", f"{url.rstrip('/')}/models/{name}/predict", {"instances": instances, "output": output})


def _call(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        response = httpx.request(method, url, json=body, timeout=TIMEOUT_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EndpointError(f"No answer from {url}. Is it running, and is the address right?") from error
    try:
        content = response.json()
    except ValueError:
        raise EndpointError(
            f"{url} answered {response.status_code} with something else than JSON. {NOT_AN_API}"
        ) from None
    if response.is_error:
        raise EndpointError(_said(content, response.status_code))
    if not isinstance(content, dict):
        raise EndpointError(f"{url} answered with something else than an object. {NOT_AN_API}")
    return content


def _said(problem: Any, status: int) -> str:
    if not isinstance(problem, dict) or "title" not in problem:
        return f"The endpoint answered {status}."
    rules = [f"  {rule['message']}" for rule in problem.get("errors", [])]
    return "\n".join([f"{problem['title']}: {problem.get('detail', '')}", *rules])

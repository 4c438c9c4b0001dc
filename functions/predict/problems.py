"""Problem documents (RFC 9457): the one place where errors become status codes and bodies."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from picklejar import errors

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


class RouteNotFound(errors.InvalidRequest):
    """No route has this path."""


class MethodNotAllowed(errors.InvalidRequest):
    """The path exists with another method, `allowed`."""

    def __init__(self, method: str, path: str, allowed: str) -> None:
        self.allowed = allowed
        super().__init__(f"{path} does not answer {method}; use {allowed}.")


class NotJsonMediaType(errors.InvalidRequest):
    """The body's media type is not JSON."""


# The last part of the problem's type, and its status. An error takes the entry of its nearest ancestor here.
PROBLEMS: dict[type[BaseException], tuple[str, HTTPStatus]] = {
    errors.NotJson: ("not-json", HTTPStatus.BAD_REQUEST),
    errors.ModelNotFound: ("model-not-found", HTTPStatus.NOT_FOUND),
    errors.NoSuchFile: ("file-not-found", HTTPStatus.NOT_FOUND),
    RouteNotFound: ("route-not-found", HTTPStatus.NOT_FOUND),
    MethodNotAllowed: ("method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED),
    errors.TooLarge: ("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    NotJsonMediaType: ("unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    errors.InvalidInstances: ("invalid-instances", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.JarUnreachable: ("jar-unreachable", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.BundleDamaged: ("bundle-damaged", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.MemoryTooSmall: ("memory-too-small", HTTPStatus.SERVICE_UNAVAILABLE),
    MemoryError: ("memory-too-small", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.PackagesDiffer: ("packages-differ", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.LiveNotAllowed: ("live-not-allowed", HTTPStatus.SERVICE_UNAVAILABLE),
    Exception: ("internal-error", HTTPStatus.INTERNAL_SERVER_ERROR),
}
TITLES = {
    "not-json": "The body is not JSON",
    "model-not-found": "There is no such model",
    "file-not-found": "There is no such file",
    "route-not-found": "There is no such address",
    "method-not-allowed": "This address does not answer this method",
    "too-large": "The request is too large",
    "unsupported-media-type": "The body must be sent as JSON",
    "invalid-instances": "Some values cannot be predicted from",
    "jar-unreachable": "The models cannot be reached",
    "bundle-damaged": "The model is damaged",
    "memory-too-small": "There is not enough memory",
    "packages-differ": "The model does not fit this deployment",
    "live-not-allowed": "The model may not be run here",
    "internal-error": "Something went wrong on our side",
}


def problem(error: Exception, request_id: str) -> tuple[HTTPStatus, dict[str, str], dict[str, Any]]:
    """Return the status, headers and document that tell a caller of `error`.

    An unexpected error says nothing of itself: its text is in the log, under the request's id.
    """
    name, status = next(PROBLEMS[ancestor] for ancestor in type(error).__mro__ if ancestor in PROBLEMS)
    ours = isinstance(error, errors.PicklejarError) and name != "internal-error"
    document = {
        "type": f"urn:problem-type:picklejar:{name}",
        "title": TITLES[name],
        "status": int(status),
        "detail": str(error) if ours else "The request was understood and could not be answered. Try again later.",
        "request_id": request_id,
    }
    if isinstance(error, errors.InvalidInstances):
        document |= {"errors": error.broken, "error_count": error.total}
    return status, _headers(error, status), document


def kind(document: dict[str, Any]) -> str:
    """Return the last part of a problem's type."""
    return str(document["type"]).rpartition(":")[2]


def _headers(error: Exception, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allowed}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}

"""Problem documents (RFC 9457): the one place where errors become status codes and bodies."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

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


class UnknownEncoding(errors.InvalidRequest):
    """The body is packed, and not by gzip."""


class NotRestEvent(errors.InvalidRequest):
    """The event is not a request as API Gateway's REST API sends it."""


class Problem(NamedTuple):
    """The last part of a problem's type, its title, and its status."""

    kind: str
    title: str
    status: HTTPStatus


# An error takes the entry of its nearest ancestor here.
PROBLEMS: dict[type[BaseException], Problem] = {
    errors.NotJson: Problem("not-json", "The body is not JSON", HTTPStatus.BAD_REQUEST),
    errors.ModelNotFound: Problem("model-not-found", "There is no such model", HTTPStatus.NOT_FOUND),
    errors.NoSuchFile: Problem("file-not-found", "There is no such file", HTTPStatus.NOT_FOUND),
    RouteNotFound: Problem("route-not-found", "There is no such address", HTTPStatus.NOT_FOUND),
    MethodNotAllowed: Problem(
        "method-not-allowed", "This address does not answer this method", HTTPStatus.METHOD_NOT_ALLOWED
    ),
    errors.TooLarge: Problem("too-large", "The request is too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    NotJsonMediaType: Problem(
        "unsupported-media-type", "The body must be sent as JSON", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    ),
    UnknownEncoding: Problem(
        "unsupported-encoding", "The body must be packed by gzip, or not at all", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    ),
    NotRestEvent: Problem("unsupported-event", "The function does not take such events", HTTPStatus.BAD_REQUEST),
    errors.InvalidInstances: Problem(
        "invalid-instances", "Some values cannot be predicted from", HTTPStatus.UNPROCESSABLE_ENTITY
    ),
    errors.JarUnreachable: Problem("jar-unreachable", "The models cannot be reached", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.BundleDamaged: Problem("bundle-damaged", "The model is damaged", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.NotRepeated: Problem("bundle-damaged", "The model is damaged", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.MemoryTooSmall: Problem("memory-too-small", "There is not enough memory", HTTPStatus.SERVICE_UNAVAILABLE),
    MemoryError: Problem("memory-too-small", "There is not enough memory", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.PackagesDiffer: Problem(
        "packages-differ", "The model does not fit this deployment", HTTPStatus.SERVICE_UNAVAILABLE
    ),
    errors.LiveNotAllowed: Problem("live-not-allowed", "The model may not be run here", HTTPStatus.SERVICE_UNAVAILABLE),
    Exception: Problem("internal-error", "Something went wrong on our side", HTTPStatus.INTERNAL_SERVER_ERROR),
}


def problem(error: Exception, request_id: str) -> tuple[HTTPStatus, dict[str, str], dict[str, Any]]:
    """Return the status, headers and document that tell a caller of `error`.

    An unexpected error says nothing of itself: its text is in the log, under the request's id.
    """
    kind, title, status = next(PROBLEMS[ancestor] for ancestor in type(error).__mro__ if ancestor in PROBLEMS)
    ours = isinstance(error, errors.PicklejarError) and kind != "internal-error"
    document = {
        "type": f"urn:problem-type:picklejar:{kind}",
        "title": title,
        "status": int(status),
        "detail": str(error) if ours else "The request was understood and could not be answered. Try again later.",
        "request_id": request_id,
    }
    if isinstance(error, errors.InvalidInstances):
        document |= {"errors": error.broken, "error_count": error.total}
    return status, _headers(error, status), document


def kind_of(document: dict[str, Any]) -> str:
    """Return the last part of a problem's type."""
    return str(document["type"]).rpartition(":")[2]


def _headers(error: Exception, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allowed}
    if isinstance(error, UnknownEncoding):
        # https://www.rfc-editor.org/rfc/rfc7694
        return {"Accept-Encoding": "gzip"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}

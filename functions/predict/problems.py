"""Problem documents (RFC 9457): the one place where errors become status codes and bodies."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

from picklejar import errors

MEDIA_TYPE = "application/problem+json"
# What MLflow calls these statuses, for its clients; of all others it is a bad request.
ERROR_CODES = {
    HTTPStatus.NOT_FOUND: "RESOURCE_DOES_NOT_EXIST",
    HTTPStatus.METHOD_NOT_ALLOWED: "ENDPOINT_NOT_FOUND",
    HTTPStatus.UNPROCESSABLE_ENTITY: "INVALID_PARAMETER_VALUE",
    HTTPStatus.INTERNAL_SERVER_ERROR: "INTERNAL_ERROR",
    HTTPStatus.SERVICE_UNAVAILABLE: "TEMPORARILY_UNAVAILABLE",
}
BAD_REQUEST = "BAD_REQUEST"
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


def problem(
    error: Exception, request_id: str, *, is_native: bool = True
) -> tuple[HTTPStatus, dict[str, str], dict[str, Any]]:
    """Return the status, headers and document that tell a caller of `error`.

    An unexpected error says nothing of itself: its text is in the log, under the request's id. Other dialects know no
    422, and of the document only `error`, or `error_code` and `message`.
    """
    kind, title, status = next(PROBLEMS[ancestor] for ancestor in type(error).__mro__ if ancestor in PROBLEMS)
    code = ERROR_CODES.get(status, BAD_REQUEST)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and not is_native:
        status = HTTPStatus.BAD_REQUEST
    ours = isinstance(error, errors.PicklejarError) and kind != "internal-error"
    detail = str(error) if ours else "The request was understood and could not be answered. Try again later."
    sentence = _first_rule(error) if isinstance(error, errors.InvalidInstances) and error.broken else detail
    document = {
        "type": f"urn:problem-type:picklejar:{kind}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "request_id": request_id,
        "error": sentence,
        "error_code": code,
        "message": sentence,
    }
    if isinstance(error, errors.InvalidInstances):
        document |= {"errors": error.broken, "error_count": error.total}
    return status, _headers(error, status), document


def kind_of(document: dict[str, Any]) -> str:
    """Return the last part of a problem's type."""
    return str(document["type"]).rpartition(":")[2]


def _first_rule(error: errors.InvalidInstances) -> str:
    """Return what is said where there is one sentence for all: the first broken rule, and how many more there are."""
    first, more = error.broken[0], error.total - 1
    place = "" if first.row is None else f"Row {first.row}: "
    others = f" {more:,} more {'rule is' if more == 1 else 'rules are'} broken." if more else ""
    return f"{place}{first.message}{others}"


def _headers(error: Exception, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allowed}
    if isinstance(error, UnknownEncoding):
        # https://www.rfc-editor.org/rfc/rfc7694
        return {"Accept-Encoding": "gzip"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}

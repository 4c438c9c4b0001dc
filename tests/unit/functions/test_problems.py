from __future__ import annotations

import pytest

from functions.predict.problems import (
    PROBLEMS,
    MethodNotAllowed,
    NotJsonMediaType,
    NotRestEvent,
    Problem,
    RouteNotFound,
    UnknownEncoding,
    problem,
)
from picklejar import errors


def _of_request() -> list[type[Exception]]:
    """The errors that can happen while a request is answered; the tree's leaves below these roots."""
    found = [errors.InvalidRequest, errors.ModelNotFound, errors.ModelNotReady]
    leaves = []
    while found:
        error = found.pop()
        found += error.__subclasses__()
        leaves += [error] if not error.__subclasses__() else []
    return leaves


@pytest.mark.parametrize("error", _of_request(), ids=lambda error: error.__name__)
def test_every_error_of_a_request_has_a_status_of_its_own(error: type[Exception]) -> None:
    assert error in PROBLEMS


def test_a_problem_of_one_kind_has_one_title_and_one_status() -> None:
    kinds: dict[str, Problem] = {}
    for entry in PROBLEMS.values():
        assert kinds.setdefault(entry.kind, entry) == entry
        assert entry.title


TYPES: list[tuple[Exception, str]] = [
    (errors.NotJson("x"), "urn:problem-type:picklejar:not-json"),
    (errors.ModelNotFound("x"), "urn:problem-type:picklejar:model-not-found"),
    (errors.NoSuchFile("x"), "urn:problem-type:picklejar:file-not-found"),
    (RouteNotFound("x"), "urn:problem-type:picklejar:route-not-found"),
    (MethodNotAllowed("PUT", "/models", "GET"), "urn:problem-type:picklejar:method-not-allowed"),
    (errors.TooLarge("x"), "urn:problem-type:picklejar:too-large"),
    (NotJsonMediaType("x"), "urn:problem-type:picklejar:unsupported-media-type"),
    (UnknownEncoding("x"), "urn:problem-type:picklejar:unsupported-encoding"),
    (NotRestEvent("x"), "urn:problem-type:picklejar:unsupported-event"),
    (errors.InvalidInstances([]), "urn:problem-type:picklejar:invalid-instances"),
    (errors.JarUnreachable("x"), "urn:problem-type:picklejar:jar-unreachable"),
    (errors.BundleDamaged("x"), "urn:problem-type:picklejar:bundle-damaged"),
    (errors.MemoryTooSmall("x"), "urn:problem-type:picklejar:memory-too-small"),
    (MemoryError(), "urn:problem-type:picklejar:memory-too-small"),
    (errors.PackagesDiffer("x"), "urn:problem-type:picklejar:packages-differ"),
    (errors.LiveNotAllowed("x"), "urn:problem-type:picklejar:live-not-allowed"),
    (ValueError("x"), "urn:problem-type:picklejar:internal-error"),
]


@pytest.mark.parametrize(("error", "kind"), TYPES, ids=[kind for _, kind in TYPES])
def test_the_type_of_a_problem_is_public_and_stays(error: Exception, kind: str) -> None:
    assert problem(error, "id-1")[2]["type"] == kind


def test_no_type_is_left_out() -> None:
    assert {kind.rpartition(":")[2] for _, kind in TYPES} == {entry.kind for entry in PROBLEMS.values()}


def test_an_error_of_ours_speaks_for_itself() -> None:
    status, headers, document = problem(errors.JarUnreachable("S3 is away."), "id-1")
    assert (status, headers) == (503, {"Retry-After": "5"})
    assert document == {
        "type": "urn:problem-type:picklejar:jar-unreachable",
        "title": "The models cannot be reached",
        "status": 503,
        "detail": "S3 is away.",
        "request_id": "id-1",
        "error": "S3 is away.",
        "error_code": "TEMPORARILY_UNAVAILABLE",
        "message": "S3 is away.",
    }


BROKEN = [
    errors.BrokenRule(row=2, field="rate", rule="maximum", message="rate must be at most 100."),
    errors.BrokenRule(row=None, field=None, rule="body", message="The body must be an object."),
]


@pytest.mark.parametrize(
    ("broken", "total", "sentence"),
    [
        (BROKEN[:1], 1, "Row 2: rate must be at most 100."),
        (BROKEN, 2, "Row 2: rate must be at most 100. 1 more rule is broken."),
        (BROKEN, 1_001, "Row 2: rate must be at most 100. 1,000 more rules are broken."),
        (BROKEN[1:], 1, "The body must be an object."),
    ],
)
def test_the_one_sentence_of_broken_rules_is_the_first_one(
    broken: list[errors.BrokenRule], total: int, sentence: str
) -> None:
    document = problem(errors.InvalidInstances(broken, total), "id-1")[2]
    assert document["error"] == document["message"] == sentence


@pytest.mark.parametrize(("is_native", "status"), [(True, 422), (False, 400)])
def test_other_dialects_know_no_422(is_native: bool, status: int) -> None:
    found, _, document = problem(errors.InvalidInstances(BROKEN), "id-1", is_native=is_native)
    assert (found, document["status"], document["error_code"]) == (status, status, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotJson("x"), "BAD_REQUEST"),
        (errors.TooLarge("x"), "BAD_REQUEST"),
        (NotJsonMediaType("x"), "BAD_REQUEST"),
        (errors.ModelNotFound("x"), "RESOURCE_DOES_NOT_EXIST"),
        (MethodNotAllowed("PUT", "/models", "GET"), "ENDPOINT_NOT_FOUND"),
        (ValueError("x"), "INTERNAL_ERROR"),
        (errors.BundleDamaged("x"), "TEMPORARILY_UNAVAILABLE"),
    ],
)
def test_the_code_is_what_mlflow_calls_the_status(error: Exception, code: str) -> None:
    assert problem(error, "id-1")[2]["error_code"] == code


@pytest.mark.parametrize("error", [ValueError("secret"), errors.InvalidConfiguration("secret"), KeyError("secret")])
def test_any_other_error_says_nothing_of_itself(error: Exception) -> None:
    status, _, document = problem(error, "id-1")
    assert status == 500
    assert "secret" not in str(document)


def test_a_request_for_which_there_is_no_memory_may_be_sent_again() -> None:
    status, headers, document = problem(MemoryError("secret"), "id-1")
    assert (status, headers) == (503, {"Retry-After": "5"})
    assert "secret" not in str(document)


def test_a_refused_method_names_the_allowed_one() -> None:
    assert problem(MethodNotAllowed("PUT", "/models", "GET"), "id-1")[1] == {"Allow": "GET"}


def test_an_encoding_that_is_not_unpacked_is_refused_with_the_one_that_is() -> None:
    assert problem(UnknownEncoding("x"), "id-1")[:2] == (415, {"Accept-Encoding": "gzip"})

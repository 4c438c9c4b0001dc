"""The evaluator itself, by what AWS documents of each element."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.evaluator import ANYBODY, Decision, Principal, Request, decide

ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::jar/*"}
GET = Request("s3:GetObject", "arn:aws:s3:::jar/models/x")
DELETE = Request("s3:DeleteObject", "arn:aws:s3:::jar/models/x")


def _decided(request: Request, *statements: dict[str, Any]) -> Decision:
    return decide(request, [{"Statement": list(statements)}])


def test_an_explicit_deny_is_stronger_than_any_allow_in_whatever_policy_and_order() -> None:
    assert _decided(DELETE, ALLOW, DENY) is Decision.DENIED
    assert _decided(DELETE, DENY, ALLOW) is Decision.DENIED
    resource = [{"Statement": [DENY | {"Principal": "*"}]}]
    assert decide(DELETE, [{"Statement": [ALLOW]}], resource) is Decision.DENIED


def test_what_nothing_allows_is_not_allowed() -> None:
    assert _decided(GET) is Decision.NOT_ALLOWED
    assert _decided(GET, DENY) is Decision.NOT_ALLOWED


def test_an_allow_of_the_identity_or_of_the_resource_is_enough() -> None:
    assert _decided(GET, ALLOW) is Decision.ALLOWED
    assert decide(GET, [], [{"Statement": [ALLOW | {"Principal": "*"}]}]) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("statement", "about_it"),
    [
        ({"Action": "S3:getobject"}, True),
        ({"Action": "s3:Get?bject"}, True),
        ({"Action": "s3:Get"}, False),
        ({"Action": ["s3:PutObject", "s3:Get*"]}, True),
        ({"Action": "*"}, True),
        ({"Resource": "arn:aws:s3:::jar"}, False),
        ({"Resource": "arn:aws:s3:::jar/*"}, True),
        ({"Resource": "arn:aws:s3:::JAR/*"}, False),
        ({"Resource": "arn:aws:s3:::jar/models/[x]"}, False),
        ({"Action": None, "NotAction": "s3:GetObject"}, False),
        ({"Action": None, "NotAction": ["iam:*", "s3:PutObject"]}, True),
        ({"Resource": None, "NotResource": "arn:aws:s3:::jar/*"}, False),
        ({"Resource": None, "NotResource": "arn:aws:s3:::other/*"}, True),
    ],
)
def test_actions_and_resources_are_matched_by_wildcards(statement: dict[str, Any], about_it: bool) -> None:
    written = {name: value for name, value in (ALLOW | statement).items() if value is not None}
    assert (_decided(GET, written) is Decision.ALLOWED) == about_it


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "true"}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
        ({"StringEquals": {"key": ["a", "b"]}}, {"key": "b"}, True),
        ({"StringEquals": {"key": "a*"}}, {"key": "ab"}, False),
        ({"StringEquals": {"key": "a", "other": "b"}}, {"key": "a", "other": "c"}, False),
        ({"StringLike": {"key": "a*"}}, {"key": "ab"}, True),
        ({"StringLike": {"key": "a*"}}, {}, False),
        ({"StringLikeIfExists": {"key": "a*"}}, {}, True),
        ({"StringLikeIfExists": {"key": "a*"}}, {"key": "b"}, False),
        ({"ArnLike": {"key": "arn:aws:s3:::ja*"}}, {"key": "arn:aws:s3:::jar"}, True),
        ({"ArnLike": {"key": "arn:aws:*:jar"}}, {"key": "arn:aws:s3:::jar"}, False),
        ({"Null": {"key": "true"}}, {}, True),
        ({"Null": {"key": "true"}}, {"key": "a"}, False),
        ({"Null": {"key": "false"}}, {"key": "a"}, True),
        ({"Null": {"key": "true"}, "Bool": {"other": "true"}}, {}, False),
    ],
)
def test_conditions_hold_all_together_and_each_by_any_of_its_values(
    condition: dict[str, Any], context: dict[str, str], holds: bool
) -> None:
    request = Request(GET.action, GET.resource, context)
    assert (_decided(request, ALLOW | {"Condition": condition}) is Decision.ALLOWED) == holds


@pytest.mark.parametrize(
    ("principal", "who", "is_meant"),
    [
        ("*", ANYBODY, True),
        ({"AWS": "*"}, ANYBODY, True),
        ({"Service": "lambda.amazonaws.com"}, Principal("Service", "lambda.amazonaws.com"), True),
        ({"Service": "lambda.amazonaws.com"}, Principal("AWS", "lambda.amazonaws.com"), False),
        ({"AWS": ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"]}, Principal("AWS", "arn:aws:iam::1:role/b"), True),
        ({"AWS": "arn:aws:iam::1:role/a"}, ANYBODY, False),
    ],
)
def test_a_resources_policy_is_for_whom_it_names(principal: Any, who: Principal, is_meant: bool) -> None:
    request = Request(GET.action, GET.resource, principal=who)
    allowed = decide(request, [], [{"Statement": [ALLOW | {"Principal": principal}]}]) is Decision.ALLOWED
    assert allowed == is_meant


@pytest.mark.parametrize(
    "statement",
    [{"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026"}}}, {"Resource": "arn:aws:s3:::${aws:username}"}],
)
def test_what_is_not_known_here_is_no_guess(statement: dict[str, Any]) -> None:
    with pytest.raises(LookupError):
        _decided(Request(GET.action, GET.resource, {"aws:CurrentTime": "2027"}), ALLOW | statement)

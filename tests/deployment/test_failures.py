"""Why a deployment failed: CloudFormation's reasons, those of nested stacks, too, and the way out where known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from deployment.failures import NOT_VERIFIED, explain
from deployment.sam import SamFailed
from training.aws.account import Account

NESTED = "AWS::CloudFormation::Stack"
PAGE = "arn:aws:cloudformation:eu-central-1:1:stack/picklejar-PageStack-1/1"
FAILURE = SamFailed("`sam deploy` failed.")
UNVERIFIED = (
    f'Access denied for operation "AWS::CloudFront::Distribution: {NOT_VERIFIED}. To verify your account, ...".'
)


def _event(stack: str, name: str, status: str, reason: str = "", kind: str = "AWS::Thing", physical: str = "") -> Any:
    return {
        "StackId": stack,
        "LogicalResourceId": name,
        "PhysicalResourceId": physical,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def _itself(stack: str, status: str) -> Any:
    return _event(stack, stack, status, kind=NESTED, physical=stack)


@dataclass(frozen=True)
class CloudFormation:
    """The events of stacks, the newest first, as AWS tells them."""

    events: dict[str, list[Any]]

    def get_paginator(self, _: str) -> CloudFormation:
        return self

    def paginate(self, *, StackName: str) -> Iterator[Any]:  # boto3's own
        if StackName not in self.events:
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStackEvents"
            )
        yield {"StackEvents": self.events[StackName]}


@dataclass(frozen=True)
class Told(Account):
    """An account whose CloudFormation tells this."""

    session: boto3.Session = field(default_factory=boto3.Session)
    region: str = "eu-central-1"
    events: dict[str, list[Any]] = field(default_factory=dict)

    def client(self, service: Any) -> Any:
        assert service == "cloudformation"
        return CloudFormation(self.events)


@pytest.fixture
def unverified() -> Told:
    """An account that AWS has not verified for CloudFront, whose stack failed before, for another reason."""
    root = [
        _event("picklejar", "PageStack", "CREATE_FAILED", f"Embedded stack {PAGE} was not made", NESTED, PAGE),
        _event("picklejar", "WatchStack", "CREATE_FAILED", "Resource creation cancelled", NESTED, ""),
        _itself("picklejar", "CREATE_IN_PROGRESS"),
        _event("picklejar", "Api", "UPDATE_FAILED", "an older failure"),
    ]
    page = [
        _event(PAGE, "SiteCaching", "CREATE_FAILED", "Resource creation cancelled"),
        _event(PAGE, "Distribution", "CREATE_FAILED", UNVERIFIED),
        _itself(PAGE, "CREATE_IN_PROGRESS"),
    ]
    return Told(events={"picklejar": root, PAGE: page})


def test_an_account_that_is_not_verified_for_cloudfront_is_told_how_to_deploy_without_it(unverified: Told) -> None:
    said = str(explain(unverified, "picklejar", FAILURE))
    assert f"Distribution: {UNVERIFIED}" in said
    assert 'parameter_overrides = "Page=false" in samconfig.toml' in said
    assert "cancelled" not in said
    assert "Embedded stack" not in said
    assert "an older failure" not in said


def test_any_other_reason_is_told_with_what_to_do_in_general(unverified: Told) -> None:
    unverified.events[PAGE][1]["ResourceStatusReason"] = "The name is taken."
    said = str(explain(unverified, "picklejar", FAILURE))
    assert "Distribution: The name is taken." in said
    assert said.endswith(str(FAILURE))
    assert "Page=false" not in said


def test_a_nested_stack_that_tells_nothing_is_told_of_itself(unverified: Told) -> None:
    del unverified.events[PAGE][:2]
    assert "PageStack: Embedded stack" in str(explain(unverified, "picklejar", FAILURE))


def test_where_there_is_no_stack_sam_has_said_all(unverified: Told) -> None:
    assert explain(unverified, "other", FAILURE) is FAILURE
    unverified.events["picklejar"] = [_itself("picklejar", "UPDATE_IN_PROGRESS")]
    assert explain(unverified, "picklejar", FAILURE) is FAILURE

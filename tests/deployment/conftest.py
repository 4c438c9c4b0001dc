"""AWS as far as moto is it, over HTTP, where commands, boto3 and sam find it by AWS_ENDPOINT_URL."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import boto3
import pytest
from moto.apigateway import urls
from moto.awslambda import urls as lambda_urls
from moto.server import ThreadedMotoServer

from training.aws.account import Account, open_account

REGION = "eu-central-1"
MANAGED = "aws-sam-cli-managed-default"


def _usage(request: Any, url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    """What moto does not have: how often a key was used. Here each was 7 times, whenever that is asked for today."""
    today = date.today().isoformat()
    asked = request.args
    days = [[7, 93]] if (asked["startDate"], asked["endDate"]) == (today, today) else []
    return 200, {}, json.dumps({"usagePlanId": "plan", "values": {asked["keyId"]: days}})


# What Lambda says of the account: executions at one time, and those that nothing reserves; None where it refuses to.
LIMITS: dict[str, int] | None = {}


def _account_settings(request: Any, url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    """What moto does not have either: the account's limits."""
    if LIMITS is None:
        message = "User: me is not authorized to perform: lambda:GetAccountSettings"
        return 403, {"x-amzn-ErrorType": "AccessDeniedException"}, json.dumps({"Message": message})
    limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000, **LIMITS}
    return 200, {}, json.dumps({"AccountLimit": limits, "AccountUsage": {}})


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Sets the account's limits: containers at one time, and those that nothing reserves."""
    return lambda total, unreserved: monkeypatch.setitem(
        globals(), "LIMITS", {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}
    )


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses to tell the account's limits."""
    monkeypatch.setitem(globals(), "LIMITS", None)


@pytest.fixture(scope="session")
def aws_address() -> Iterator[str]:
    """The address of an AWS on this machine."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    urls.url_paths["{0}/usageplans/(?P<usage_plan_id>[^/]+)/usage$"] = _usage
    lambda_urls.url_paths["{0}/(?P<api_version>[^/]+)/account-settings/?$"] = _account_settings
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    # By this name moto finds the bucket in a template's address, as sam writes it.
    yield f"http://localhost:{server.get_host_and_port()[1]}"
    server.stop()


@pytest.fixture
def aws(aws_address: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account that every command of the test is about."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_address)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("SAM_CLI_TELEMETRY", "0")
    # The stacks of moto are made at once.
    monkeypatch.setenv("SAM_CLI_POLL_DELAY", "0.1")
    return open_account(None, None)


@pytest.fixture
def sams_bucket(aws: Account) -> None:
    """The bucket that sam makes for itself; moto would make it without the tag by which sam knows it again."""
    client = boto3.client("cloudformation")
    if MANAGED in {one["StackName"] for one in client.list_stacks()["StackSummaries"]}:
        return
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"SourceBucket": {"Value": {"Ref": "Bucket"}}},
    }
    client.create_stack(
        StackName=MANAGED,
        TemplateBody=json.dumps(template),
        Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
    )


@pytest.fixture
def name() -> str:
    """A name that nothing else has: what moto keeps is kept for all tests."""
    return f"picklejar-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def api_id(aws: Account, name: str) -> str:
    """The id of an API with the stage that a stack's has."""
    gateway = boto3.client("apigateway")
    api = gateway.create_rest_api(name=name)["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE", apiKeyRequired=True)
    gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
    gateway.put_integration_response(restApiId=api, resourceId=root, httpMethod="GET", statusCode="200")
    gateway.create_deployment(restApiId=api, stageName="api")
    return str(api)


@pytest.fixture
def distribution(aws: Account) -> str:
    """The id of a distribution."""
    origin = {"Id": "site", "DomainName": "site.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    made = boto3.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": uuid.uuid4().hex,
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https"},
        }
    )
    return str(made["Distribution"]["Id"])

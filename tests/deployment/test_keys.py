"""Keys of the API, from the command to API Gateway and back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError

from training.aws.account import Account, AwsRefused, aws_errors
from training.aws.keys import InvalidLimits, KeyNotFound, Keys, KeyTaken, Limits
from training.cli import app

Run = Callable[..., str]


def _keys_in(said: str) -> list[str]:
    return re.findall(r"\b[A-Za-z0-9]{40}\b", said)


def test_a_key_is_shown_once_with_how_to_use_it(run: Run, api_id: str) -> None:
    said = run(app, "keys", "create", "alice", "--api-id", api_id, "--rate", "5", "--quota", "200")
    assert "alice may ask 5 times a second, 20 at once, 200 times a day." in said
    (value, in_curl) = _keys_in(said)
    assert value == in_curl
    assert f"curl https://{api_id}.execute-api.eu-central-1.amazonaws.com/api/models -H 'x-api-key: {value}'" in said
    listed = run(app, "keys", "list", "--api-id", api_id)
    assert re.search(r"alice .* ago .* yes .* 5 times a second, 20 at once, 200 times a day .* 7 ", listed)
    assert value not in listed


def test_a_client_has_a_plan_of_its_own_on_the_stage(aws: Account, api_id: str) -> None:
    value = Keys(aws, api_id).create("alice", Limits(3, 6, 50))
    gateway = boto3.client("apigateway")
    (key,) = gateway.get_api_keys(nameQuery="alice", includeValues=True)["items"][-1:]
    (plan,) = gateway.get_usage_plans(keyId=key["id"])["items"]
    assert key["value"] == value
    assert plan["apiStages"] == [{"apiId": api_id, "stage": "api"}]
    assert plan["throttle"] == {"rateLimit": 3, "burstLimit": 6}
    assert (plan["quota"]["limit"], plan["quota"]["period"]) == (50, "DAY")


def test_a_revoked_key_and_its_plan_are_gone_and_the_name_is_free(aws: Account, run: Run, api_id: str) -> None:
    keys = Keys(aws, api_id)
    first = keys.create("alice", Limits())
    assert "The key alice and its plan are deleted" in run(app, "keys", "revoke", "alice", "--api-id", api_id)
    assert keys.clients() == []
    assert keys.create("alice", Limits()) != first


def test_keys_of_other_apis_and_of_the_page_are_left_alone(aws: Account, api_id: str) -> None:
    gateway = boto3.client("apigateway")
    page = gateway.create_usage_plan(name="page", apiStages=[{"apiId": api_id, "stage": "api"}])["id"]
    Keys(aws, "another").create("alice", Limits())
    ours = Keys(aws, api_id)
    ours.create("alice", Limits())
    ours.create("bob", Limits())
    assert ours.names() == ["alice", "bob"]
    for name in ours.names():
        ours.revoke(name)
    assert ours.names() == []
    assert [client.name for client in Keys(aws, "another").clients()] == ["alice"]
    assert gateway.get_usage_plan(usagePlanId=page)["name"] == "page"


def test_what_a_broken_creation_left_is_named_as_taken_and_revoked(aws: Account, api_id: str) -> None:
    boto3.client("apigateway").create_usage_plan(name="alice", tags={"picklejar:api": api_id})
    keys = Keys(aws, api_id)
    with pytest.raises(KeyTaken):
        keys.create("alice", Limits())
    keys.revoke("alice")
    with pytest.raises(KeyNotFound):
        keys.revoke("alice")


@pytest.mark.parametrize("limits", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (float("nan"), 1, 1)])
def test_limits_by_which_nobody_may_ask_are_refused(limits: tuple[float, int, int]) -> None:
    with pytest.raises(InvalidLimits, match="above 0"):
        Limits(*limits)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create", "alice", "--stack", "nowhere"], "There is no stack nowhere in eu-central-1; deploy it with"),
        (["create", "al ice", "--api-id", "API"], "'al ice' cannot name a key"),
        (["create", "taken", "--api-id", "API"], "There is a key taken already; revoke it first"),
        (["create", "bob", "--rate", "0", "--api-id", "API"], "The rate must be above 0"),
        (["revoke", "nobody", "--api-id", "API"], "There is no key nobody; `picklejar keys list` shows"),
        (["list", "--profile", "none"], "The AWS profile cannot be used"),
        (["list", "--api-id", "API", "--endpoint-url", "http://127.0.0.1:9"], "AWS could not be asked when listing"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    aws: Account, run: Run, api_id: str, words: list[str], sentence: str
) -> None:
    Keys(aws, api_id).create("taken", Limits())
    assert sentence in run(app, "keys", *[api_id if word == "API" else word for word in words], status=1)


def test_no_credentials_and_no_region_are_said_to_be_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert "There is no AWS region" in run(app, "keys", "list", status=1)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "There are no AWS credentials; run `aws configure`" in run(app, "keys", "list", status=1)


def test_a_stack_without_an_api_is_told_to_be_deployed_again(aws: Account, run: Run, name: str) -> None:
    boto3.client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    )
    said = run(app, "keys", "list", "--stack", name, status=1)
    assert f"The stack {name} in eu-central-1 has no output ApiId" in said


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        (
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/a is not authorized to perform: apigateway:POST on resource: arn:aws:x because",
            "These credentials lack the right apigateway:POST on arn:aws:x;",
        ),
        ("AccessDenied", "Access Denied", "These credentials lack the right for CreateApiKey;"),
        ("ExpiredTokenException", "The security token is expired", "have expired; sign in again."),
        ("LimitExceededException", "Too many plans.", "It says: Too many plans."),
    ],
)
def test_a_refusal_of_aws_says_what_to_do(code: str, message: str, sentence: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "CreateApiKey")
    with pytest.raises(AwsRefused) as refused, aws_errors("making the key alice"):
        raise error
    assert str(refused.value).startswith("AWS refused making the key alice. ")
    assert sentence in str(refused.value)
    assert os.linesep not in str(refused.value)

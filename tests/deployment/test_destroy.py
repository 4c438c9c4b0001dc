"""Destroying a stack: what is asked, what goes, what stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from deployment import destroy as destruction
from deployment.__main__ import app
from deployment.destroy import StackNotDeletable
from training.aws.account import Account, AwsRefused
from training.aws.keys import Keys, Limits
from training.aws.stack import Stack, find_stack

Run = Callable[..., str]
BUCKET: dict[str, Any] = {"Type": "AWS::S3::Bucket"}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "ModelsBucket": BUCKET | {"DeletionPolicy": "Retain"},
        # The logs' bucket is kept by the template, because it fills itself; the site's goes with the stack.
        "LogsBucket": BUCKET | {"DeletionPolicy": "Retain"},
        "SiteBucket": BUCKET,
        "Topic": {"Type": "AWS::SNS::Topic"},
    },
    "Outputs": {
        "ModelsBucket": {"Value": {"Ref": "ModelsBucket"}},
        "LogsBucket": {"Value": {"Ref": "LogsBucket"}},
        "SiteBucket": {"Value": {"Ref": "SiteBucket"}},
    },
}


@pytest.fixture
def buckets(aws: Account, name: str) -> dict[str, str]:
    """The buckets of a stack of that name, by their outputs, each with an overwritten object in it."""
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    found = {one["OutputKey"]: one["OutputValue"] for one in outputs}
    for bucket in found.values():
        # moto's CloudFormation would not.
        boto3.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for content in (b"1", b"2"):
            boto3.client("s3").put_object(Bucket=bucket, Key="object", Body=content)
    return found


def _there() -> set[str]:
    return {one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]}


def _stacks() -> set[str]:
    summaries = boto3.client("cloudformation").list_stacks()["StackSummaries"]
    return {one["StackName"] for one in summaries if one["StackStatus"] != "DELETE_COMPLETE"}


def test_all_but_the_models_goes_once_the_name_is_typed(run: Run, name: str, buckets: dict[str, str]) -> None:
    said = run(app, "destroy", "--stack", name, typed=f"{name}\n\n")
    assert name not in _stacks()
    assert _there() & set(buckets.values()) == {buckets["ModelsBucket"]}
    versions = boto3.client("s3").list_object_versions(Bucket=buckets["ModelsBucket"])["Versions"]
    assert len(versions) == 2
    for expected in (
        "Topic",
        "AWS::SNS::Topic",
        buckets["SiteBucket"],
        f"The models stay in {buckets['ModelsBucket']}",
    ):
        assert expected in said.partition("Type the stack's name")[0]
    assert "DELETE_COMPLETE" in said
    assert f"Left: the models' bucket {buckets['ModelsBucket']}." in said
    assert "python -m deployment delete-bucket BUCKET" in said


def test_the_models_go_only_where_their_bucket_is_named(run: Run, name: str, buckets: dict[str, str]) -> None:
    said = run(app, "destroy", "--stack", name, typed=f"{name}\n{buckets['ModelsBucket']}\n")
    assert not _there() & set(buckets.values())
    assert "Left" not in said


def test_in_ci_the_name_is_an_argument_and_models_are_not_asked_for(
    run: Run, name: str, buckets: dict[str, str]
) -> None:
    run(app, "destroy", "--stack", name, "--yes", name)
    assert buckets["ModelsBucket"] in _there()
    assert name not in _stacks()


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        ([], "\n", "'' is not"),
        ([], "y\n", "'y' is not"),
        (["--yes", "picklejar"], "", "'picklejar' is not"),
        ([], "NAME\nall\n", "'all' is not the models' bucket"),
        (["--yes", "NAME", "--models", "all"], "", "'all' is not the models' bucket"),
    ],
)
def test_without_the_right_name_nothing_goes(
    run: Run, name: str, buckets: dict[str, str], words: list[str], typed: str, sentence: str
) -> None:
    words = [name if word == "NAME" else word for word in words]
    said = run(app, "destroy", "--stack", name, *words, typed=typed.replace("NAME", name), status=1)
    assert sentence in said
    assert "nothing was deleted." in said
    assert name in _stacks()
    for bucket in buckets.values():
        assert len(boto3.client("s3").list_object_versions(Bucket=bucket)["Versions"]) == 2


def test_a_bucket_that_is_written_to_without_end_is_left_and_named_and_the_others_go(
    aws: Account, name: str, buckets: dict[str, str]
) -> None:
    logs = buckets["LogsBucket"]

    def counting(bucket: str) -> Callable[[int], None]:
        def write(_: int) -> None:
            if bucket == logs:
                boto3.client("s3").put_object(Bucket=logs, Key="line", Body=b"")

        return write

    plan = destruction.plan(aws, find_stack(aws, name))
    left = destruction.destroy(aws, plan, models=True, say=lambda _: None, counting=counting)
    assert left == [
        f"the bucket {logs}. Somebody goes on writing to {logs}. Stop that, or wait for it to end, and delete it then."
    ]
    assert _there() & set(buckets.values()) == {logs}
    assert name not in _stacks()


@pytest.mark.parametrize(
    ("status", "protected", "sentence"),
    [
        ("UPDATE_IN_PROGRESS", False, "is UPDATE_IN_PROGRESS: somebody changes it; nothing was deleted. Wait"),
        ("CREATE_IN_PROGRESS", False, "is CREATE_IN_PROGRESS"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", False, "is UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", False, "is UPDATE_ROLLBACK_IN_PROGRESS"),
        ("CREATE_COMPLETE", True, "--no-enable-termination-protection --stack-name picklejar"),
    ],
)
def test_what_cloudformation_would_not_delete_is_refused_before_anything_is_emptied(
    aws: Account, status: str, protected: bool, sentence: str
) -> None:
    with pytest.raises(StackNotDeletable, match=sentence):
        destruction.plan(aws, Stack("id", "picklejar", "eu-central-1", status, {}, {}, protected))


def test_a_stack_that_is_protected_says_so(aws: Account, run: Run, name: str) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), EnableTerminationProtection=True)
    assert "is protected from deletion" in run(app, "destroy", "--stack", name, "--yes", name, status=1)
    assert name in _stacks()


def test_a_deletion_that_was_interrupted_is_gone_on_with(aws: Account, name: str, buckets: dict[str, str]) -> None:
    found = find_stack(aws, name)
    deleting = Stack(found.id, found.name, found.region, "DELETE_IN_PROGRESS", {}, {})
    assert set(destruction.plan(aws, deleting).others) == {buckets["LogsBucket"], buckets["SiteBucket"]}


@pytest.mark.parametrize("interruption", [AwsRefused("The credentials have expired."), KeyboardInterrupt()], ids=repr)
def test_whoever_is_interrupted_is_told_which_buckets_will_be_left(
    aws: Account, name: str, buckets: dict[str, str], monkeypatch: pytest.MonkeyPatch, interruption: BaseException
) -> None:
    def interrupted(*_: Any) -> list[Any]:
        raise interruption

    monkeypatch.setattr(destruction, "_deleted", interrupted)
    said: list[str] = []
    plan = destruction.plan(aws, find_stack(aws, name))
    with pytest.raises(type(interruption)):
        destruction.destroy(aws, plan, models=False, say=said.append, counting=lambda _: lambda _: None)
    told = "\n".join(said)
    assert f"delete-bucket {buckets['SiteBucket']}" in told
    assert f"delete-bucket {buckets['LogsBucket']}" in told
    assert buckets["ModelsBucket"] not in told


def test_clients_keys_end_with_their_api(aws: Account, run: Run, name: str, api_id: str) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"ApiId": {"Value": api_id}}}
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    keys = Keys(aws, api_id)
    keys.create("alice", Limits())
    said = run(app, "destroy", "--stack", name, "--yes", name)
    assert "Refused from then on, with their keys: alice" in said
    assert keys.names() == []


def test_an_unknown_stack_is_named(aws: Account, run: Run) -> None:
    said = run(app, "destroy", "--stack", "nowhere", status=1)
    assert "There is no stack nowhere in eu-central-1" in said


@pytest.fixture
def nested(aws: Account, name: str) -> dict[str, str]:
    """The buckets of a stack with another in it, which has a bucket that its template keeps, by their logical names."""
    s3, cloudformation = boto3.client("s3"), boto3.client("cloudformation")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    page = {"Resources": {"SiteBucket": BUCKET | {"DeletionPolicy": "Retain"}, "Topic": {"Type": "AWS::SNS::Topic"}}}
    s3.put_object(Bucket=name, Key="page", Body=json.dumps(page))
    url = f"{s3.meta.endpoint_url}/{name}/page"
    root = {
        "ModelsBucket": BUCKET | {"DeletionPolicy": "Retain"},
        "PageStack": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}},
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": root}))
    found = {one.logical: one.physical for one in destruction.plan(aws, find_stack(aws, name)).resources}
    s3.put_object(Bucket=found["SiteBucket"], Key="index.html", Body=b"")
    return found


def test_what_a_nested_stack_has_goes_too_and_its_bucket_is_found_and_deleted(
    run: Run, name: str, nested: dict[str, str]
) -> None:
    assert nested.keys() == {"ModelsBucket", "PageStack", "SiteBucket", "Topic"}
    said = run(app, "destroy", "--stack", name, "--yes", name)
    assert f"Emptied before, with every version of what is in it: {nested['SiteBucket']}" in said
    assert f"Deleted the bucket {nested['SiteBucket']}." in said
    assert nested["SiteBucket"] not in _there()
    assert nested["ModelsBucket"] in _there()
    assert not {name, nested["PageStack"]} & _stacks()

"""Deploying, with sam, to an AWS that makes buckets; page and API are served from these as CloudFront would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployment import deploy as deployment
from deployment import verify as asking
from deployment.__main__ import _addresses, app
from deployment.deploy import deploy
from deployment.publish import publish_models
from deployment.sam import SamFailed, StackNotUpdatable, require_updatable, sam_deploy
from deployment.samconfig import ROOT, Target, target
from deployment.verify import Address, ContractBroken, NoAnswer, await_answer
from functions.predict.api import make_handler
from local.gateway import Gateway
from local.serving import HOST, bound, serving
from local.site import METHODS
from picklejar.bucket import alias_key
from picklejar.errors import InvalidConfiguration
from picklejar.serving.jar import Jar
from training.aws.account import Account
from training.aws.keys import Keys, Limits
from training.aws.stack import NoPage, OutputMissing, Stack, find_stack
from training.registry import aliases
from training.registry.store import open_store

Run = Callable[..., str]


@pytest.fixture
def site(aws: Account, name: str) -> Iterator[str]:
    """The address of what CloudFront would be: the stack's page, and below /api the handler with its models."""

    def output(key: str) -> str:
        return find_stack(aws, name).output(key)

    def page(request: Request) -> Response:
        found = boto3.client("s3").get_object(Bucket=output("SiteBucket"), Key="index.html")
        return Response(found["Body"].read(), media_type=found["ContentType"])

    gateways: list[Gateway] = []

    async def api(request: Request) -> Response:
        if not gateways:
            store = open_store(output("ModelsBucket"), None, aws.region, aws.s3_endpoint)
            gateways.append(Gateway(make_handler(Jar(store), ("https://page.example",))))
        return await gateways[0](request)

    routes = [Route("/", page), Route("/api/{path:path}", api, methods=METHODS)]
    with bound(0) as listening, serving(Starlette(routes=routes), listening):
        yield f"http://{HOST}:{listening.getsockname()[1]}"


@pytest.fixture
def template(site: str, distribution: str, tmp_path: Path) -> Path:
    """A template with what a deployment needs of a stack, as far as moto makes it."""
    content: dict[str, Any] = {
        "Parameters": {"AllowedOrigins": {"Type": "String", "Default": "https://page.example"}},
        "Resources": {
            "ModelsBucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
            "SiteBucket": {"Type": "AWS::S3::Bucket"},
        },
        "Outputs": {
            "ModelsBucket": {"Value": {"Ref": "ModelsBucket"}},
            "SiteBucket": {"Value": {"Ref": "SiteBucket"}},
            "SiteUrl": {"Value": site},
            "DistributionId": {"Value": distribution},
        },
    }
    file = tmp_path / "template.json"
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def meant(name: str) -> Target:
    """The stack that the test deploys."""
    return target(name, None, None, "default")


def _buckets(stack: str) -> set[str]:
    listed = boto3.client("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
    return {one["PhysicalResourceId"] for one in listed}


def test_sam_makes_a_stack_and_leaves_one_that_is_up_to_date(
    aws: Account, sams_bucket: None, template: Path, meant: Target, capfd: pytest.CaptureFixture[str]
) -> None:
    sam_deploy(meant, aws.region, template)
    assert find_stack(aws, meant.stack).status == "CREATE_COMPLETE"
    said = capfd.readouterr().out
    assert "CloudFormation stack changeset" in said
    assert "+ Add                    SiteBucket" in said
    made = _buckets(meant.stack)
    sam_deploy(meant, aws.region, template)
    assert _buckets(meant.stack) == made


def test_a_deployment_ends_in_an_address_that_keeps_the_contract_and_a_second_changes_nothing(
    aws: Account, sams_bucket: None, template: Path, site: str, meant: Target
) -> None:
    # moto forgets the outputs of what it makes of a changeset, and sam finds this to be up to date.
    boto3.client("cloudformation").create_stack(StackName=meant.stack, TemplateBody=template.read_text())
    steps: list[str] = []
    said: list[str] = []
    stack = deploy(aws, meant, steps.append, said.append, template)
    assert [step.split()[0] for step in steps] == ["making", "uploading", "waiting", "asking"]
    assert len(steps) == deployment.STEPS
    assert stack.output("SiteUrl") == site
    said.clear()
    deploy(aws, meant, steps.append, said.append, template)
    assert said[0] == "0 files written, 0 of an older version deleted."


WITHOUT_PAGE = {"Page": "false"}


def test_a_stack_without_a_page_is_asked_at_the_apis_own_address_with_a_key_that_ends_with_that(
    aws: Account, api_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys(aws, api_id)
    keys.create(asking.CLIENT, Limits())  # what an interrupted deployment left
    asked: list[tuple[str, str | None]] = []

    def models(request: Request) -> Response:
        asked.append((request.url.path, request.headers.get("x-api-key")))
        return Response(b'{"models": []}')

    with bound(0) as listening, serving(Starlette(routes=[Route("/api/models", models)]), listening):
        outputs = {"ApiUrl": f"http://{HOST}:{listening.getsockname()[1]}/api", "ApiId": api_id}
        stack = Stack("id", "picklejar", "eu-central-1", "CREATE_COMPLETE", WITHOUT_PAGE, outputs)
        with asking.reached(aws, stack) as address:
            await_answer(address, lambda _: None, 0.1)
            (client,) = keys.clients()
            commands: list[Any] = []
            monkeypatch.setattr(subprocess, "run", lambda *told, **more: commands.append((told, more)) or _done(0))
            asking.ask_contract(stack, address)
    assert (client.name, keys.names()) == (asking.CLIENT, [])
    assert asked == [("/api/models", address.key)]
    (((command,), more),) = commands
    assert command[command.index("--base-url") + 1] == outputs["ApiUrl"]
    assert more["env"][asking.KEY_VARIABLE] == address.key
    assert address.key not in " ".join(command)
    assert address.key not in repr(address)


def _done(status: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.CompletedProcess([], status)


def test_the_contract_sends_the_key_that_it_is_told(tmp_path: Path) -> None:
    said: list[str | None] = []

    def answered(request: Request) -> Response:
        said.append(request.headers.get("x-api-key"))
        return Response(b'{"models": []}', media_type="application/json")

    with bound(0) as listening, serving(Starlette(routes=[Route("/{path:path}", answered)]), listening):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contract/test_models.py"]
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        environment = os.environ | {asking.KEY_VARIABLE: "secret"}
        subprocess.run([*command, "--base-url", address], cwd=ROOT, check=False, env=environment, capture_output=True)
    assert set(said) == {"secret"}


def test_a_stack_without_a_page_is_made_and_nothing_is_uploaded(
    aws: Account, sams_bucket: None, meant: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "template.json"
    file.write_text(
        json.dumps(
            {
                "Parameters": {"Page": {"Type": "String", "Default": "false"}},
                "Resources": {"ModelsBucket": {"Type": "AWS::S3::Bucket"}},
                "Outputs": {"ModelsBucket": {"Value": {"Ref": "ModelsBucket"}}},
            }
        )
    )
    boto3.client("cloudformation").create_stack(StackName=meant.stack, TemplateBody=file.read_text())

    @contextmanager
    def reached(_: Account, stack: Stack) -> Iterator[Address]:
        yield Address("http://api", page=False, key="key")

    asked: list[Address] = []
    monkeypatch.setattr(deployment, "reached", reached)
    monkeypatch.setattr(deployment, "await_answer", lambda address, _: asked.append(address))
    monkeypatch.setattr(deployment, "ask_contract", lambda _, address: asked.append(address))
    said: list[str] = []
    deploy(aws, meant, lambda _: None, said.append, file)
    assert said == ["There is no page (Page=false)."]
    assert [address.api for address in asked] == ["http://api"] * 2


def test_commands_about_a_page_say_that_there_is_none() -> None:
    stack = Stack("id", "picklejar", "eu-central-1", "CREATE_COMPLETE", WITHOUT_PAGE, {"ApiUrl": "https://x/api"})
    for name in ("SiteUrl", "SiteBucket", "DistributionId"):
        with pytest.raises(NoPage, match="has no page, because it was deployed with Page=false"):
            stack.output(name)
    assert "there is none (Page=false)" in _addresses(stack)
    assert "https://x/api/models" in _addresses(stack)


def test_models_are_published_once_and_the_demonstrations_only_where_they_are_asked_for(
    aws: Account, name: str, bundles: Path
) -> None:
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    said: list[str] = []
    assert publish_models(aws, name, said.append, bundles) == []
    assert said[0].startswith("There is no model of your own in ")
    assert publish_models(aws, name, said.append, bundles, demos=True) == ["housing", "sales"]
    assert any("sales" in one and "is published, and serves" in one for one in said)
    said.clear()
    publish_models(aws, name, said.append, bundles, demos=True)
    assert sum("has served already" in one for one in said) == 2


def test_a_version_that_was_rolled_back_does_not_come_back(aws: Account, name: str, bundles: Path) -> None:
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    assert publish_models(aws, name, lambda _: None, bundles, demos=True) == ["housing", "sales"]
    store = open_store(name, None, aws.region, aws.s3_endpoint)
    found = aliases.read(store, "housing", "champion")
    assert found is not None
    store.put(alias_key("housing"), msgspec.json.encode(found.alias.moved(aliases.now("0123456789ab", back=True))))
    said: list[str] = []
    publish_models(aws, name, said.append, bundles, demos=True)
    assert "housing" in said[0]
    assert "has served already; 0123456789ab serves." in said[0]


def test_a_deployment_that_cannot_begin_says_why(aws: Account, run: Run, name: str, tmp_path: Path) -> None:
    assert "There is no such stack yet; it will be made." in run(app, "check", "--stack", name)
    with pytest.raises(SamFailed, match="`make build` makes it"):
        sam_deploy(target(name, None, None, "default"), aws.region, tmp_path / "nothing.yaml")


def test_without_credentials_it_says_how_to_get_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for command in ("check", "deploy", "destroy"):
        said = run(app, command, "--region", "eu-central-1", status=1)
        assert said == "There are no AWS credentials; run `aws configure`, or name a profile (--profile).\n"


def test_what_sam_refuses_ends_the_deployment(
    aws: Account, sams_bucket: None, meant: Target, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "template.json"
    broken.write_text("[]")
    with pytest.raises(SamFailed, match="it goes on from there"):
        sam_deploy(meant, aws.region, broken)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("ROLLBACK_COMPLETE", "its first deployment failed, and what is left of it can only be deleted."),
        ("ROLLBACK_FAILED", "`make destroy`, and then `make deploy` again."),
        ("CREATE_FAILED", "`make destroy`, and then `make deploy` again."),
        ("DELETE_FAILED", "is half deleted."),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name picklejar"),
        ("UPDATE_IN_PROGRESS", "somebody changes it. Wait"),
        ("DELETE_IN_PROGRESS", "somebody changes it. Wait"),
    ],
)
def test_a_stack_that_takes_no_update_says_what_to_do(status: str, sentence: str) -> None:
    with pytest.raises(StackNotUpdatable, match=r"The stack picklejar is ") as refused:
        require_updatable(Stack("id", "picklejar", "eu-central-1", status, {}, {}))
    assert status in str(refused.value)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_is_whole_is_updated(status: str) -> None:
    require_updatable(Stack("id", "picklejar", "eu-central-1", status, {}, {}))


def test_an_output_that_is_missing_is_named() -> None:
    with pytest.raises(OutputMissing, match="The stack picklejar in eu-central-1 has no output SiteBucket"):
        Stack("id", "picklejar", "eu-central-1", "CREATE_COMPLETE", {}, {}).output("SiteBucket")


def test_an_address_that_does_not_answer_is_waited_for_and_then_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.01)
    said: list[str] = []
    with pytest.raises(NoAnswer, match="All is deployed; `make deploy` looks again"):
        await_answer(Address("http://127.0.0.1:9"), said.append, 0.1)
    assert len(said) == 1
    assert said[0].startswith("Not yet: nothing answers (")


@pytest.mark.parametrize(
    ("page", "api", "status", "trouble"),
    [
        (b"", b'{"models": []}', 403, "the page is answered with 403"),
        (b"<html>", b"<html>", 200, "with no list of models"),
        (b"<html>", b'{"models": {}}', 200, "with no list of models"),
    ],
)
def test_what_is_not_yet_so_is_said(
    monkeypatch: pytest.MonkeyPatch, page: bytes, api: bytes, status: int, trouble: str
) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.01)
    routes = [
        Route("/", lambda _: Response(page, status)),
        Route("/api/models", lambda _: Response(api)),
    ]
    with bound(0) as listening, serving(Starlette(routes=routes), listening), pytest.raises(NoAnswer, match=trouble):
        await_answer(Address(f"http://{HOST}:{listening.getsockname()[1]}"), lambda _: None, 0.1)


def test_an_address_that_breaks_the_contract_ends_the_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def failing(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", failing)
    stack = Stack(
        "id", "picklejar", "eu-central-1", "CREATE_COMPLETE", {"AllowedOrigins": ""}, {"SiteUrl": "https://x"}
    )
    with pytest.raises(ContractBroken, match="`make deploy` asks again"):
        asking.ask_contract(stack, Address("https://x"))
    assert commands[0][-4:] == ["--base-url", "https://x/api", "--ignore", "tests/contract/test_cors.py"]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, None),
        ({"DomainName": "", "HostedZoneId": ""}, None),
        ({"DomainName": "models.example.com", "HostedZoneId": "Z1"}, None),
        (
            {"DomainName": "models.example.com", "HostedZoneId": ""},
            "Where the DNS of models.example.com is, it must point to d1.cloudfront.net.",
        ),
    ],
    ids=str,
)
def test_a_domain_whose_dns_is_elsewhere_must_be_pointed_there(
    parameters: dict[str, str], sentence: str | None
) -> None:
    outputs = {"DistributionDomain": "d1.cloudfront.net"}
    assert deployment.dns(Stack("id", "picklejar", "eu-central-1", "CREATE_COMPLETE", parameters, outputs)) == sentence


@pytest.mark.parametrize(
    ("parameters", "left_out"),
    [
        ({"Firewall": "false", "WebAclArn": ""}, False),
        ({"Firewall": "true", "WebAclArn": ""}, True),
        ({"Firewall": "false", "WebAclArn": "arn:aws:wafv2:us-east-1:1:global/webacl/ours/1"}, True),
    ],
    ids=str,
)
def test_a_firewall_is_not_asked_what_it_answers_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str], left_out: bool
) -> None:
    commands: list[list[str]] = []

    def asked(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        # What pytest would ask by this command, and nothing asked.
        commands.append([*command, "--collect-only"])
        return subprocess.CompletedProcess(command, 0)

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "run", asked)
        asking.ask_contract(
            Stack("id", "picklejar", "us-east-1", "CREATE_COMPLETE", parameters, {}), Address("https://x")
        )
    collected = subprocess.run(commands[0], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert ("champion.json" in collected) is not left_out
    assert "model.pkl" in collected


def test_samconfig_says_which_stack_where_and_an_option_says_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text(
        'version = 0.1\n[default.global.parameters]\nstack_name = "one"\n'
        '[test.deploy.parameters]\nstack_name = "two"\nregion = "eu-west-1"\n'
        "[empty.build.parameters]\ncached = true\n"
    )
    assert target(None, None, None, "default", file) == Target("one", None, None, "default")
    assert target(None, None, "me", "test", file) == Target("two", "eu-west-1", "me", "test")
    assert target("three", "us-east-1", None, "test", file) == Target("three", "us-east-1", None, "test")
    for environment, sentence in (("nowhere", "has no environment 'nowhere'; it has default"), ("empty", "no stack")):
        with pytest.raises(InvalidConfiguration, match=sentence):
            target(None, None, None, environment, file)
    file.write_text("nonsense")
    with pytest.raises(InvalidConfiguration, match="cannot be read"):
        target(None, None, None, "default", file)

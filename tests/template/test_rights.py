"""What the command and the function really ask of S3 is what they may ask, to the last right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from functions.predict.api import make_handler
from local.gateway import Gateway, rest_event
from local.s3 import LocalS3, running_s3
from picklejar.serving.jar import Jar
from tests.numbered import BODY, NAME, version
from tests.template.evaluator import Decision, Policy, Request, decide, listed
from tests.template.recording import Exchange, asked, recorded
from tests.template.rendering import Document, Stack
from training import cli
from training.registry.publish import deliver

ONE, TWO, THREE = (version(number).manifest.version for number in (1, 2, 3))
COMMANDS = [
    f"versions {NAME}",
    f"promote {NAME} {ONE}",
    f"promote {NAME} {TWO}",
    f"canary {NAME} {ONE} --percent 10",
    f"rollback {NAME}",
    f"rollback {NAME}",
    f"alias {NAME} next {TWO}",
    f"alias {NAME} next {ONE}",
    f"retire {NAME} {TWO}",
]


@pytest.fixture
def jar() -> Iterator[LocalS3]:
    """An S3 with three versions of a model, of which the last serves."""
    with running_s3(bucket=f"models-{uuid4()}") as s3:
        for number in (1, 2, 3):
            deliver(version(number), s3.store(), lambda _: None)
        yield s3


@pytest.fixture
def stack(cloudformation: Document) -> Stack:
    return Stack(cloudformation, {})


def test_the_command_asks_for_no_more_and_no_less_than_a_publisher_may(
    jar: LocalS3, bundles: Path, stack: Stack
) -> None:
    publishing = f"publish sales --build {bundles} --promote-anyway tried"
    with recorded() as exchanges:
        # Again, because it then compares what is there.
        for command in [publishing, publishing, *COMMANDS]:
            words = [*command.split(), "--bucket", jar.bucket, "--endpoint-url", jar.endpoint]
            done = CliRunner().invoke(cli.app, words)
            assert done.exit_code == 0, done.output
    policy = stack.resources("AWS::IAM::ManagedPolicy")["PublishPolicy"]["PolicyDocument"]
    _hold(stack, policy, exchanges)


def test_the_function_asks_for_no_more_and_no_less_of_s3_than_it_may(jar: LocalS3, stack: Stack) -> None:
    gateway = Gateway(make_handler(Jar(jar.store(), ttl=0), ()))
    ways = ["", "/aliases/champion", f"/versions/{ONE}", f"/versions/{'0' * 12}", "/aliases/none"]
    requests = [("GET", "/models"), ("GET", f"/models/{NAME}"), ("GET", "/models/none")]
    requests += [("GET", f"/models/{NAME}/versions/{ONE}/files/golden.json")]
    requests += [("POST", f"/models/{NAME}{way}/predict") for way in [*ways, ""]]
    with recorded() as exchanges:
        answers = [
            gateway.invoke(rest_event(method, path, {"content-type": "application/json"}, BODY))
            for method, path in requests
        ]
    assert {answer["statusCode"] for answer in answers} == {200, 404}
    of_models = stack.resources("AWS::IAM::ManagedPolicy")["ReadModelsPolicy"]["PolicyDocument"]
    _hold(stack, of_models, exchanges)


def _hold(stack: Stack, policy: Policy, exchanges: list[Exchange]) -> None:
    """Hold that the policy lets all of it through, and nothing was allowed that was not asked for."""
    bucket = stack.arn("ModelsBucket")
    requests = list(itertools.chain.from_iterable(asked(exchange, bucket) for exchange in exchanges))
    of_bucket = stack.resources("AWS::S3::BucketPolicy")["ModelsBucketPolicy"]["PolicyDocument"]
    refused = [one for one in requests if decide(one, [policy], [of_bucket]) is not Decision.ALLOWED]
    assert refused == []
    assert [right for right in _rights(policy) if not _is_used(right, requests)] == []


def _rights(policy: Policy) -> list[Document]:
    """Return the policy's statements cut to one action and one resource each."""
    return [
        statement | {"Action": action, "Resource": resource}
        for statement in policy["Statement"]
        for action, resource in itertools.product(listed(statement["Action"]), listed(statement["Resource"]))
    ]


def _is_used(right: Document, requests: list[Request]) -> bool:
    return any(decide(request, [{"Statement": [right]}]) is Decision.ALLOWED for request in requests)

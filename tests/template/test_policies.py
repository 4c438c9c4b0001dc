"""What the template's policies let through, decided request by request: the few that are needed, and no other."""

from __future__ import annotations

import importlib.resources
import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.template.evaluator import ANYBODY, Decision, Policy, Principal, Request, decide, listed
from tests.template.rendering import ACCOUNT, REGION, Stack

Document = dict[str, Any]

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
MODELS, LOGS = "arn:aws:s3:::picklejar-modelsbucket", "arn:aws:s3:::picklejar-logsbucket"
VERSION = f"{MODELS}/models/sales/versions/0123456789ab/model.pkl"
ALIAS = f"{MODELS}/models/sales/aliases/champion.json"
OTHER_OBJECT = f"{MODELS}/other/sales/versions/0123456789ab/model.pkl"
LOG_STREAM = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:picklejar-predictloggroup:log-stream:one"
BATCH = "arn:aws:s3:::picklejar-batchbucket"
INCOMING, PART, RESULT = (f"{BATCH}/{folder}/sales/one" for folder in ("incoming", "parts", "results"))
BATCH_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:picklejar-batchfunction:1"
BATCH_STREAM = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:picklejar-batchloggroup:log-stream:one"
MACHINE_STREAM = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:picklejar-batchstatemachineloggroup:log-stream:one"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:picklejar-predictfunction"
FUNCTION_AND_ALIAS = {FUNCTION, f"{FUNCTION}:live"}
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:one"
STATE_MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:picklejar-batchstatemachine"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:picklejar-batchstatemachine:one"
CHUNKS = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:picklejar-batchstatemachine/Score:one"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/picklejar-predictrole"
RESOURCES = {
    *(MODELS, VERSION, ALIAS, OTHER_OBJECT, LOGS, f"{LOGS}/models/one", LOG_STREAM, ROLE, KEY),
    *(BATCH, INCOMING, PART, RESULT, BATCH_FUNCTION, BATCH_STREAM, MACHINE_STREAM, STATE_MACHINE, EXECUTION, CHUNKS),
    # Our own others.
    *("arn:aws:s3:::picklejar-sitebucket", "arn:aws:s3:::picklejar-sitebucket/index.html"),
    # Folders beside ours, as a pattern without its last slash would have them.
    f"{MODELS}/models-2/sales/versions/0123456789ab/model.pkl",
    *(f"{BATCH}/{folder}-2/sales/one" for folder in ("incoming", "parts", "results")),
    f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:picklejar-batchstatemachine-2",
    f"arn:aws:iam::{ACCOUNT}:policy/picklejar-publishpolicy",
    *(*FUNCTION_AND_ALIAS, ALARM),
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:picklejar",
    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:picklejar-predictloggroup",
    f"arn:aws:apigateway:{REGION}::/restapis/one/stages/api",
    # Other people's.
    *("arn:aws:s3:::other", "arn:aws:s3:::other/models/sales/versions/0123456789ab/model.pkl"),
    *("arn:aws:s3:::picklejar-modelsbucket-2", "arn:aws:s3:::picklejar-modelsbucket-2/models/x/versions/1/model.pkl"),
    f"arn:aws:cloudfront::{ACCOUNT}:distribution/OTHER",
    f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/other",
    f"arn:aws:iam::{ACCOUNT}:role/admin",
    f"arn:aws:iam::{ACCOUNT}:user/other",
    f"arn:aws:kms:{REGION}:{ACCOUNT}:key/99999999-2222-3333-4444-555555555555",
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other",
    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:other:log-stream:one",
    f"arn:aws:logs:{REGION}:999999999999:log-group:picklejar-predictloggroup:log-stream:one",
    f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:other",
    f"arn:aws:sns:{REGION}:{ACCOUNT}:other",
    f"arn:aws:sqs:{REGION}:{ACCOUNT}:other",
    f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/other",
    f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:other",
    "*",
}
SERVICES = (
    "apigateway cloudformation cloudfront cloudwatch dynamodb ec2 events execute-api iam kms lambda logs s3 "
    "secretsmanager sns sqs ssm states sts xray"
).split()

# All that each identity may do, action by action. Whoever adds a role or a policy adds what it needs.
EVERYWHERE = RESOURCES
ALLOWED: dict[str, dict[str, set[str]]] = {
    "PredictRole": {
        "s3:GetObject": {VERSION, ALIAS},
        "s3:ListBucket": {MODELS},
        "logs:CreateLogStream": {LOG_STREAM},
        "logs:PutLogEvents": {LOG_STREAM},
        "xray:PutTraceSegments": EVERYWHERE,
        "xray:PutTelemetryRecords": EVERYWHERE,
    },
    "PublishPolicy": {
        "s3:GetObject": {VERSION, ALIAS},
        "s3:PutObject": {VERSION, ALIAS},
        "s3:DeleteObject": {VERSION},
        "s3:ListBucket": {MODELS},
    },
    "BatchRole": {
        "s3:GetObject": {VERSION, ALIAS, INCOMING, PART},
        "s3:GetObjectVersion": {INCOMING},
        "s3:PutObject": {PART, RESULT},
        "s3:AbortMultipartUpload": {PART, RESULT},
        "s3:ListBucket": {MODELS, BATCH},
        "logs:CreateLogStream": {BATCH_STREAM},
        "logs:PutLogEvents": {BATCH_STREAM},
        "xray:PutTraceSegments": EVERYWHERE,
        "xray:PutTelemetryRecords": EVERYWHERE,
    },
    "BatchStateMachineRole": {
        "lambda:InvokeFunction": {BATCH_FUNCTION},
        "states:StartExecution": {STATE_MACHINE},
        "states:DescribeExecution": {EXECUTION, CHUNKS},
        "states:StopExecution": {EXECUTION, CHUNKS},
        "states:RedriveExecution": {EXECUTION, CHUNKS},
        **dict.fromkeys(
            (
                "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery "
                "logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups "
                "xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets"
            ).split(),
            EVERYWHERE,
        ),
        "logs:CreateLogStream": {MACHINE_STREAM},
        "logs:PutLogEvents": {MACHINE_STREAM},
    },
    "BatchStateMachineFileCameRole": {"states:StartExecution": {STATE_MACHINE}},
    "DeployRole": {
        "lambda:GetAlias": FUNCTION_AND_ALIAS,
        "lambda:UpdateAlias": FUNCTION_AND_ALIAS,
        "lambda:GetProvisionedConcurrencyConfig": FUNCTION_AND_ALIAS,
        "cloudwatch:DescribeAlarms": EVERYWHERE,
    },
    # AWS's own policy for this, and nothing of ours.
    "ApiLogsRole": {},
}
ALLOWED_WITH_A_KEY: dict[str, dict[str, set[str]]] = {
    "BatchRole": {"kms:Decrypt": {KEY}, "kms:GenerateDataKey": {KEY}},
    "PredictRole": {"kms:Decrypt": {KEY}},
    "PublishPolicy": {"kms:Decrypt": {KEY}, "kms:GenerateDataKey": {KEY}},
}

ADMINISTRATOR: Policy = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ADMIN = Principal("AWS", f"arn:aws:iam::{ACCOUNT}:role/admin")
TLS = {"aws:SecureTransport": "true"}
S3_LOGGING = Principal("Service", "logging.s3.amazonaws.com")


@pytest.fixture(scope="module")
def actions() -> list[str]:
    """Every action that AWS lists for these services, from the list by which cfn-lint checks policies."""
    file = importlib.resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json")
    known = json.loads(file.read_text())
    return [f"{service}:{action}" for service in SERVICES for action in known[service]["Actions"]]


@pytest.fixture
def made(cloudformation: Document) -> Callable[..., Stack]:
    """Makes the stack of the template with these parameters."""
    return lambda **parameters: Stack(cloudformation, parameters)


@pytest.fixture
def stack(made: Callable[..., Stack]) -> Stack:
    return made()


@pytest.fixture
def bucket_policies(stack: Stack) -> dict[str, Policy]:
    """The policy of each bucket, by the bucket's ARN."""
    found = stack.resources("AWS::S3::BucketPolicy").values()
    return {f"arn:aws:s3:::{one['Bucket']}": one["PolicyDocument"] for one in found}


@pytest.mark.parametrize(
    "key", [pytest.param("", id="without a key"), pytest.param(KEY, id="with a key", marks=pytest.mark.slow)]
)
def test_each_identity_may_do_what_the_table_says_and_nothing_else(
    made: Callable[..., Stack], actions: list[str], key: str
) -> None:
    identities = _identities(made(KmsKeyArn=key))
    assert identities.keys() == ALLOWED.keys()
    assert len(actions) * len(RESOURCES) > 1_000
    context = TLS | {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    for name, policies in identities.items():
        table = ALLOWED[name] | (ALLOWED_WITH_A_KEY.get(name, {}) if key else {})
        assert {one.lower() for one in table} <= set(actions)
        let_through = {
            (action, resource)
            for action, resource in itertools.product(actions, RESOURCES)
            if decide(Request(action, resource, context), policies) is Decision.ALLOWED
        }
        assert let_through == {(action.lower(), one) for action, resources in table.items() for one in resources}


def test_the_docs_have_the_same_table(root: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([\w:]+)` \|", (root / "docs" / "security.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(
        (name, action) for name in ALLOWED for action in [*ALLOWED[name], *ALLOWED_WITH_A_KEY.get(name, {})]
    )


SUBJECT, AUDIENCE = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"
PRODUCTION = {SUBJECT: "repo:OWNER/REPOSITORY:environment:production", AUDIENCE: "sts.amazonaws.com"}


@pytest.mark.parametrize(
    ("token", "decision"),
    [
        (PRODUCTION, Decision.ALLOWED),
        (PRODUCTION | {SUBJECT: "repo:OWNER/REPOSITORY:ref:refs/heads/main"}, Decision.NOT_ALLOWED),
        (PRODUCTION | {SUBJECT: "repo:OTHER/REPOSITORY:environment:production"}, Decision.NOT_ALLOWED),
        (PRODUCTION | {AUDIENCE: "other"}, Decision.NOT_ALLOWED),
        ({}, Decision.NOT_ALLOWED),
    ],
)
def test_the_role_that_the_docs_give_ci_is_taken_by_one_environment_of_one_repository(
    root: Path, token: dict[str, str], decision: Decision
) -> None:
    _of_the_key, trust = _documented(root)
    github = Principal("Federated", "arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com")
    request = Request("sts:AssumeRoleWithWebIdentity", "arn:aws:iam::ACCOUNT:role/picklejar-publish", token, github)
    assert decide(request, [], [trust]) is decision


def test_the_statement_that_the_docs_give_a_key_is_for_every_log_group_of_the_stack_and_no_other(
    root: Path, made: Callable[..., Stack]
) -> None:
    of_the_key, _trust = _documented(root)
    stack = made(KmsKeyArn=KEY)
    # AWS names a group that the template does not name after the stack.
    names = {
        one.get("LogGroupName", f"picklejar-{name}") for name, one in stack.resources("AWS::Logs::LogGroup").items()
    }
    logs = Principal("Service", "logs.REGION.amazonaws.com")

    def decision(action: str, name: str) -> Decision:
        context = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:REGION:ACCOUNT:log-group:{name}"}
        return decide(Request(action, KEY, context, logs), [], [{"Statement": [of_the_key]}])

    for action in ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey"):
        assert [name for name in names if decision(action, name) is not Decision.ALLOWED] == []
        assert decision(action, "other") is Decision.NOT_ALLOWED


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_a_publisher_has_the_key_only_for_what_is_in_s3(made: Callable[..., Stack], action: str) -> None:
    policies = _identities(made(KmsKeyArn=KEY))["PublishPolicy"]
    for context in ({}, {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}):
        assert decide(Request(action, KEY, context), policies) is Decision.NOT_ALLOWED


def test_no_other_condition_gives_anybody_more(cloudformation: Document) -> None:
    usual = _identities(Stack(cloudformation, {}))
    conditions = cloudformation["Conditions"]
    for name in conditions.keys() - {"HasOwnKey"}:
        turned = conditions | {name: {"Fn::Not": [conditions[name]]}}
        identities = _identities(Stack(cloudformation | {"Conditions": turned}, {}))
        assert [one for one in identities if identities[one] != usual.get(one)] == [], name


# What gives rights, and where each is held to those that are needed.
GIVES_RIGHTS = {
    "AWS::IAM::ManagedPolicy": "here",
    "AWS::IAM::Policy": "here",
    "AWS::IAM::Role": "here",
    "AWS::KMS::Key": "test_alarms.py",
    "AWS::Lambda::Permission": "test_deploys.py",
    "AWS::S3::BucketPolicy": "here",
    "AWS::SNS::TopicPolicy": "test_alarms.py",
}


def test_nothing_gives_rights_but_what_these_tests_look_at(resources: Document) -> None:
    giving = {
        one["Type"]
        for one in resources.values()
        # Every policy, also one that is written as text, has the one or the other.
        if one["Type"].startswith("AWS::IAM::") or re.search("Effect|Principal", json.dumps(one["Properties"]))
    }
    assert giving == GIVES_RIGHTS.keys()


def test_a_policy_is_attached_only_to_the_roles_that_it_names(stack: Stack) -> None:
    for policy in stack.resources("AWS::IAM::Policy").values():
        assert not {"Users", "Groups"} & policy.keys()
    for policy in stack.resources("AWS::IAM::ManagedPolicy").values():
        assert not {"Users", "Groups", "Roles"} & policy.keys()


def test_no_role_of_ours_has_a_policy_that_aws_may_change(stack: Stack) -> None:
    own = {stack.arn(name) for name in stack.resources("AWS::IAM::ManagedPolicy")}
    roles = stack.resources("AWS::IAM::Role")
    # That one is API Gateway's, for the whole account.
    assert [name for name, role in roles.items() if {*role.get("ManagedPolicyArns", [])} - own] == ["ApiLogsRole"]


@pytest.mark.parametrize(
    ("who", "decision"),
    [
        (Principal("Service", "lambda.amazonaws.com"), Decision.ALLOWED),
        (Principal("Service", "apigateway.amazonaws.com"), Decision.NOT_ALLOWED),
        (Principal("Service", "edgelambda.amazonaws.com"), Decision.NOT_ALLOWED),
        (Principal("Service", "states.amazonaws.com"), Decision.NOT_ALLOWED),
        (Principal("AWS", f"arn:aws:iam::{ACCOUNT}:root"), Decision.NOT_ALLOWED),
        (Principal("AWS", "arn:aws:iam::999999999999:root"), Decision.NOT_ALLOWED),
        (ANYBODY, Decision.NOT_ALLOWED),
    ],
    ids=str,
)
def test_lambda_alone_takes_the_functions_role(stack: Stack, who: Principal, decision: Decision) -> None:
    trust = stack.resources("AWS::IAM::Role")["PredictRole"]["AssumeRolePolicyDocument"]
    assert decide(Request("sts:AssumeRole", ROLE, TLS, who), [], [trust]) is decision
    # A service that takes a role needs no policy of its own; this holds that the trust says no more than that.
    for action in ("sts:TagSession", "sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"):
        assert decide(Request(action, ROLE, TLS, who), [], [trust]) is Decision.NOT_ALLOWED


TAKEN_BY = {
    "ApiLogsRole": "apigateway.amazonaws.com",
    "BatchRole": "lambda.amazonaws.com",
    "BatchStateMachineFileCameRole": "events.amazonaws.com",
    "BatchStateMachineRole": "states.amazonaws.com",
    "DeployRole": "codedeploy.amazonaws.com",
    "PredictRole": "lambda.amazonaws.com",
}


def test_each_role_is_taken_by_one_service_and_nobody_else(stack: Stack) -> None:
    roles = stack.resources("AWS::IAM::Role")
    assert roles.keys() == TAKEN_BY.keys()
    strangers = [ANYBODY, *(Principal("AWS", f"arn:aws:iam::{one}:root") for one in (ACCOUNT, "999999999999"))]
    for name, role in roles.items():
        taking = {
            who
            for who in [*strangers, *(Principal("Service", one) for one in (*TAKEN_BY.values(), "ec2.amazonaws.com"))]
            if decide(
                Request("sts:AssumeRole", stack.arn(name), TLS | {"aws:SourceAccount": ACCOUNT}, who),
                [],
                [role["AssumeRolePolicyDocument"]],
            )
            is Decision.ALLOWED
        }
        assert taking == {Principal("Service", TAKEN_BY[name])}


def test_every_bucket_has_a_policy(stack: Stack, bucket_policies: dict[str, Policy]) -> None:
    assert {stack.arn(name) for name in stack.resources("AWS::S3::Bucket")} == bucket_policies.keys()


def test_a_stranger_may_do_nothing_with_any_bucket(bucket_policies: dict[str, Policy], actions: list[str]) -> None:
    for request, policy in _every_request(bucket_policies, actions, TLS, ANYBODY):
        assert decide(request, [], [policy]) is Decision.NOT_ALLOWED


def test_without_tls_not_even_an_administrator_gets_at_a_bucket(
    bucket_policies: dict[str, Policy], actions: list[str]
) -> None:
    for request, policy in _every_request(bucket_policies, actions, {"aws:SecureTransport": "false"}, ADMIN):
        assert decide(request, [ADMINISTRATOR], [policy]) is Decision.DENIED


WHOLE = TLS | {"s3:ObjectCreationOperation": "true"}


@pytest.mark.parametrize(
    ("key", "conditions", "decision"),
    [
        (VERSION, {}, Decision.DENIED),
        (VERSION, {"s3:if-match": '"etag"'}, Decision.DENIED),
        (VERSION, {"s3:if-none-match": "*"}, Decision.ALLOWED),
        (ALIAS, {}, Decision.DENIED),
        (ALIAS, {"s3:if-match": '"etag"'}, Decision.ALLOWED),
        (ALIAS, {"s3:if-none-match": "*"}, Decision.ALLOWED),
        (OTHER_OBJECT, {}, Decision.ALLOWED),
    ],
)
def test_not_even_an_administrator_writes_over_a_version_or_over_what_another_moved(
    bucket_policies: dict[str, Policy], key: str, conditions: dict[str, str], decision: Decision
) -> None:
    request = Request("s3:PutObject", key, WHOLE | conditions, ADMIN)
    assert decide(request, [ADMINISTRATOR], [bucket_policies[MODELS]]) is decision


def test_a_part_of_an_upload_takes_no_condition(bucket_policies: dict[str, Policy]) -> None:
    request = Request("s3:PutObject", VERSION, TLS | {"s3:ObjectCreationOperation": "false"}, ADMIN)
    assert decide(request, [ADMINISTRATOR], [bucket_policies[MODELS]]) is Decision.ALLOWED


OURS = {"aws:SourceArn": MODELS, "aws:SourceAccount": ACCOUNT}


@pytest.mark.parametrize(
    ("who", "action", "source", "decision"),
    [
        (S3_LOGGING, "s3:PutObject", OURS, Decision.ALLOWED),
        (S3_LOGGING, "s3:PutObject", OURS | {"aws:SourceArn": "arn:aws:s3:::other"}, Decision.NOT_ALLOWED),
        (S3_LOGGING, "s3:PutObject", OURS | {"aws:SourceAccount": "999999999999"}, Decision.NOT_ALLOWED),
        (S3_LOGGING, "s3:PutObject", {}, Decision.NOT_ALLOWED),
        (S3_LOGGING, "s3:GetObject", OURS, Decision.NOT_ALLOWED),
        (S3_LOGGING, "s3:DeleteObject", OURS, Decision.NOT_ALLOWED),
        (Principal("Service", "config.amazonaws.com"), "s3:PutObject", OURS, Decision.NOT_ALLOWED),
        (ANYBODY, "s3:PutObject", OURS, Decision.NOT_ALLOWED),
    ],
)
def test_s3_alone_writes_logs_and_only_those_of_our_buckets(
    bucket_policies: dict[str, Policy], who: Principal, action: str, source: dict[str, str], decision: Decision
) -> None:
    request = Request(action, f"{LOGS}/models/one", TLS | source, who)
    assert decide(request, [], [bucket_policies[LOGS]]) is decision


def _documented(root: Path) -> list[Document]:
    """Return the policies in docs/security.md: what a key of one's own allows the log, and whom CI's role trusts."""
    blocks = re.findall(r"^```json\n(.*?)^```", (root / "docs" / "security.md").read_text(), re.MULTILINE | re.DOTALL)
    return [json.loads(block) for block in blocks]


def _identities(stack: Stack) -> dict[str, list[Policy]]:
    """Return the policies of every role, and every policy that no role of ours has, by their names."""
    roles = {name: list(role.get("Policies", [])) for name, role in stack.resources("AWS::IAM::Role").items()}
    for policy in stack.resources("AWS::IAM::Policy").values():
        for name in roles:
            if stack.render({"Ref": name}) in policy["Roles"]:
                roles[name].append(policy)
    given: set[str] = set()
    managed = stack.resources("AWS::IAM::ManagedPolicy")
    for name, role in stack.resources("AWS::IAM::Role").items():
        attached = [one for one in managed if stack.arn(one) in role.get("ManagedPolicyArns", [])]
        roles[name] += [managed[one] for one in attached]
        given.update(attached)
    return {name: [one["PolicyDocument"] for one in policies] for name, policies in roles.items()} | {
        name: [policy["PolicyDocument"]] for name, policy in managed.items() if name not in given
    }


def _every_request(
    policies: dict[str, Policy], actions: list[str], context: dict[str, str], who: Principal
) -> Iterator[tuple[Request, Policy]]:
    """Every action of S3 on each of the buckets and on an object in it, with the bucket's policy."""
    of_s3 = [action for action in actions if action.startswith("s3:")]
    for bucket, policy in policies.items():
        for action, resource in itertools.product(of_s3, [bucket, f"{bucket}/models/one"]):
            yield Request(action, resource, context, who), policy


@pytest.mark.parametrize("key", ["", KEY], ids=["without a key", "with a key"])
def test_statements_name_the_actions_of_the_table_and_no_other_of_any_service(
    made: Callable[..., Stack], key: str
) -> None:
    """A * would let through what AWS is yet to invent, and a service of which no other test here asks would pass."""
    for name, policies in _identities(made(KmsKeyArn=key)).items():
        statements = itertools.chain.from_iterable(policy["Statement"] for policy in policies)
        named = {action for statement in statements for action in listed(statement["Action"])}
        assert named == {*ALLOWED[name], *(ALLOWED_WITH_A_KEY.get(name, {}) if key else {})}

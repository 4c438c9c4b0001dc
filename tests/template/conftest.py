"""The template and its parts as written, as CloudFormation receives them in one, and as a stack made of it."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.template.parts import joined
from tests.template.rendering import REGION, Stack

CODE_BUCKET, CODE_KEY = "code", "code.zip"
# moto's CloudFormation does not know these, and finds no methods in an API that is described by a document.
# What they say is asserted on the translated template; where another names one, its name stands in.
UNKNOWN_TO_MOTO = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::Budgets::Budget",
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Version",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SecretsManager::Secret",
    "AWS::WAFv2::WebACL",
}
ALIAS = "PredictFunctionAliaslive"

Document = dict[str, Any]


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("SAM_CLI_TELEMETRY", "0")


@pytest.fixture(scope="session")
def parsed(root: Path) -> Document:
    """What each test has a copy of: parsing takes longer than most tests."""
    return _parsed(root / "template.yaml")


@pytest.fixture(scope="session")
def parts(root: Path, parsed: Document) -> dict[str, Document]:
    """The nested stacks by their names in the template."""
    return {
        name: _parsed(root / one["Properties"]["Location"])
        for name, one in parsed["Resources"].items()
        if one["Type"] == "AWS::Serverless::Application"
    }


def _parsed(file: Path) -> Document:
    # What is written once and used twice is a copy each in what SAM hands to CloudFormation, as here.
    parsed: Document = json.loads(json.dumps(yaml_parse(file.read_text())))
    return parsed


@pytest.fixture
def template(parsed: Document) -> Document:
    """The template as written, intrinsic functions in their long form."""
    return copy.deepcopy(parsed)


@pytest.fixture(scope="session")
def translate() -> Callable[..., Document]:
    """Makes what SAM knows into what AWS knows, with these parameters."""

    def run(template: Document, **parameters: str) -> Document:
        properties = [one.get("Properties", {}) for one in template["Resources"].values()]
        for one in [template["Globals"]["Function"], *properties]:
            # Only what `sam package` has uploaded can be translated.
            one |= dict.fromkeys(
                {"CodeUri", "ContentUri", "DefinitionUri"} & one.keys(), f"s3://{CODE_BUCKET}/{CODE_KEY}"
            )
        translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
        translated: Document = translator.translate(template, parameters)
        return translated

    return run


@pytest.fixture(scope="session")
def translated(parsed: Document, parts: dict[str, Document], translate: Callable[..., Document]) -> Document:
    """What each test has a copy of."""
    return joined(translate(copy.deepcopy(parsed)), parts)


@pytest.fixture
def cloudformation(translated: Document) -> Document:
    """The template as CloudFormation receives it, with its nested stacks in one."""
    return copy.deepcopy(translated)


@pytest.fixture
def resources(cloudformation: Document) -> Document:
    """The resources that CloudFormation is asked for."""
    asked: Document = cloudformation["Resources"]
    return asked


@pytest.fixture
def make_stack(cloudformation: Document) -> Iterator[Callable[..., dict[str, str]]]:
    """Has moto's CloudFormation make a stack; returns its outputs. Its clients answer as long as this is in use."""
    unknown = {name for name, one in cloudformation["Resources"].items() if one["Type"] in UNKNOWN_TO_MOTO}
    made = {name: one for name, one in cloudformation["Resources"].items() if name not in unknown}
    known = _with_stand_ins(cloudformation | {"Resources": made}, unknown - {ALIAS})
    # moto knows no alias of a function; whoever would ask that gets the function.
    known = json.loads(json.dumps(known).replace(ALIAS, "PredictFunction"))

    def make(**parameters: str) -> dict[str, str]:
        # moto leaves a null in a list where a condition leaves nothing.
        settled = Stack(known, parameters).settled
        client = boto3.client("cloudformation")
        client.create_stack(
            StackName="picklejar",
            TemplateBody=json.dumps(settled),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        stack = client.describe_stacks(StackName="picklejar")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    with mock_aws():
        _upload_code()
        yield make


@pytest.fixture
def make_nested(
    parsed: Document, parts: dict[str, Document], translate: Callable[..., Document]
) -> Iterator[Callable[..., dict[str, set[str]]]]:
    """Has moto make the stack and those nested in it; returns what each has, "template" being the stack's own."""
    templates = {"template": translate(copy.deepcopy(parsed))} | copy.deepcopy(parts)

    def known(template: Document, parameters: dict[str, str]) -> Document:
        unknown = {name for name, one in template["Resources"].items() if one["Type"] in UNKNOWN_TO_MOTO}
        made = {name: one for name, one in template["Resources"].items() if name not in unknown}
        whole = _with_stand_ins(template | {"Resources": made}, unknown - {ALIAS})
        return Stack(json.loads(json.dumps(whole).replace(ALIAS, "PredictFunction")), parameters).settled

    def make(**parameters: str) -> dict[str, set[str]]:
        s3, client = boto3.client("s3"), boto3.client("cloudformation")
        root = known(templates["template"], parameters)
        nested = {name: one for name, one in root["Resources"].items() if name in parts}
        for name, one in nested.items():
            # What only the stack itself has, as the API's id, decides no condition.
            given = {
                key: parameters.get(value["Ref"], str(parsed["Parameters"].get(value["Ref"], {}).get("Default", "")))
                for key, value in one["Properties"]["Parameters"].items()
                if isinstance(value, dict)
            }
            s3.put_object(Bucket=CODE_BUCKET, Key=name, Body=json.dumps(known(templates[name], given)))
            one["Properties"]["TemplateURL"] = f"https://s3.amazonaws.com/{CODE_BUCKET}/{name}"
        client.create_stack(
            StackName="picklejar",
            TemplateBody=json.dumps(root),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        summaries = client.list_stack_resources(StackName="picklejar")["StackResourceSummaries"]
        stacks = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in summaries}
        return {"template": set(stacks)} | {
            name: {
                one["LogicalResourceId"]
                for one in client.list_stack_resources(StackName=stacks[name])["StackResourceSummaries"]
            }
            for name in nested
        }

    with mock_aws():
        _upload_code()
        yield make


@pytest.fixture
def outputs(make_stack: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The outputs of a stack with every parameter's default."""
    return make_stack()


def _with_stand_ins(part: Any, unknown: set[str]) -> Any:
    """Return a part of a template, each reference to what is unknown replaced by its name."""
    match part:
        case {"Ref": str(name)} if name in unknown:
            return name
        case {"Fn::GetAtt": [name, attribute]} if name in unknown:
            return f"{name}.{attribute}"
        case dict():
            return {key: _with_stand_ins(one, unknown) for key, one in part.items()}
        case list():
            return [_with_stand_ins(one, unknown) for one in part]
    return part


def _upload_code() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("empty.py", "")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=CODE_BUCKET, Key=CODE_KEY, Body=content.getvalue())

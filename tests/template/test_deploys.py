"""Deploys: how requests move to new code, what takes them back, and what makes a version at all."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from samtranslator.model.preferences.deployment_preference_collection import CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST

from deployment import onward
from tests.template.rendering import Stack

Document = dict[str, Any]
Translate = Callable[..., Document]
ALIAS = "PredictFunctionAliaslive"
# What a version does not keep: it is the function's, whichever version runs.
NOT_OF_A_VERSION = {"ReservedConcurrentExecutions", "Tags"}
# Of a version's description, by Lambda.
MOST_CHARACTERS = 256


def test_api_gateway_may_call_the_alias_and_nothing_else_of_the_function(resources: Document) -> None:
    permissions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Permission"]
    assert permissions
    assert all(one["FunctionName"] == {"Ref": ALIAS} for one in permissions)


def test_a_deployment_moves_a_part_of_the_requests_first_and_is_taken_back_by_alarms(cloudformation: Document) -> None:
    group = _group(cloudformation)
    assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "Canary10Percent5Minutes"}
    watched = {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]}
    assert watched == {"NewCodeFailsAlarm", "NewCodeAnswers5xxAlarm"}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    policy = cloudformation["Resources"][ALIAS]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert policy["DeploymentGroupName"] == {"Ref": "PredictFunctionDeploymentGroup"}


def test_code_that_must_be_out_at_once_waits_for_no_alarm(made: Translate) -> None:
    group = _group(made(Rollout="AllAtOnce"), Rollout="AllAtOnce")
    assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "AllAtOnce"}
    assert group["AlarmConfiguration"] == {}


def test_every_way_to_roll_out_is_one_that_codedeploy_has(template: Document) -> None:
    assert set(template["Parameters"]["Rollout"]["AllowedValues"]) <= set(CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST)


def test_the_alarms_of_a_deployment_look_at_the_version_that_it_publishes(resources: Document) -> None:
    version = {"Fn::GetAtt": [_version(resources), "Version"]}
    assert resources[ALIAS]["Properties"]["FunctionVersion"] == version
    crashes = resources["NewCodeFailsAlarm"]["Properties"]["Dimensions"]
    assert {"Name": "ExecutedVersion", "Value": version} in crashes
    answers = resources["NewCodeAnswers5xxAlarm"]["Properties"]["Dimensions"]
    assert answers == [{"Name": "function_version", "Value": version}]
    (counted,) = resources["NewCodeAnswers5xxFilter"]["Properties"]["MetricTransformations"]
    assert counted["Dimensions"] == [{"Key": "function_version", "Value": "$.function_version"}]


def test_codedeploy_may_move_the_alias_and_look_at_alarms_and_nothing_else(resources: Document) -> None:
    assert "CodeDeployServiceRole" not in resources
    role = resources["DeployRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    (policy,) = role["Policies"]
    move, look = policy["PolicyDocument"]["Statement"]
    assert move["Action"] == ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"]
    assert move["Resource"] == [
        {"Fn::GetAtt": ["PredictFunction", "Arn"]},
        {"Fn::Sub": "${PredictFunction.Arn}:*"},
    ]
    assert look["Action"] == "cloudwatch:DescribeAlarms"
    assert "ManagedPolicyArns" not in role


@pytest.mark.parametrize("function", ["PredictFunction", "BatchFunction"])
def test_a_change_of_any_parameter_of_a_function_or_of_a_layer_is_another_version(
    cloudformation: Document, function: str
) -> None:
    resources = cloudformation["Resources"]
    of_function = {name: one for name, one in resources[function]["Properties"].items() if name not in NOT_OF_A_VERSION}
    description = resources[_version(resources, function)]["Properties"]["Description"]
    parameters = set(cloudformation["Parameters"])
    named = set(_named(description, cloudformation))
    assert set(_named(of_function, cloudformation)) & parameters <= named
    assert {name for name in resources if "Layer" in name} <= named


def test_a_version_is_described_in_as_many_characters_as_lambda_takes(cloudformation: Document) -> None:
    resources = cloudformation["Resources"]
    text, layers = resources[_version(resources)]["Properties"]["Description"]["Fn::Sub"]
    longest = (
        {name: _longest(one) for name, one in cloudformation["Parameters"].items()}
        | dict.fromkeys(layers, 5)
        | {"Key": 36}
    )
    assert len(re.sub(r"\$\{(\w+)\}", lambda found: "x" * longest[found[1]], text)) <= MOST_CHARACTERS


def test_a_change_of_the_template_is_another_version(template: Document, made: Translate) -> None:
    before = _version(made()["Resources"])
    template["Resources"]["PredictFunction"]["Properties"]["Timeout"] = 19
    assert _version(made()["Resources"]) != before


def test_the_version_that_served_before_stays_for_a_rollback(resources: Document) -> None:
    version = resources[_version(resources)]
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")
    # By these names deployment/onward.py finds what CloudFormation has made.
    assert _version(resources).startswith(onward.VERSION)
    assert onward.ALIAS == ALIAS


def test_even_all_at_once_goes_through_codedeploy_which_refuses_an_alias_that_was_moved(made: Translate) -> None:
    assert "CodeDeployLambdaAliasUpdate" in made(Rollout="AllAtOnce")["Resources"][ALIAS]["UpdatePolicy"]


@pytest.mark.parametrize(("snap_start", "apply_on"), [("false", "None"), ("true", "PublishedVersions")])
def test_containers_start_from_snapshots_only_if_asked(
    cloudformation: Document, snap_start: str, apply_on: str
) -> None:
    stack = Stack(cloudformation, {"SnapStart": snap_start})
    assert stack.resources("AWS::Lambda::Function")["PredictFunction"]["SnapStart"] == {"ApplyOn": apply_on}


@pytest.fixture
def made(template: Document, translate: Callable[..., Document]) -> Translate:
    """Makes the template, as it is when this is called, into what CloudFormation receives with these parameters."""
    return lambda **parameters: translate(copy.deepcopy(template), **parameters)


def _group(cloudformation: Document, **parameters: str) -> Document:
    (group,) = (Stack(cloudformation, parameters).settled["Resources"]["PredictFunctionDeploymentGroup"]["Properties"],)
    return group


def _version(resources: Document, function: str = "PredictFunction") -> str:
    (version,) = (
        name
        for name, one in resources.items()
        if one["Type"] == "AWS::Lambda::Version" and one["Properties"]["FunctionName"] == {"Ref": function}
    )
    return version


def _named(node: Any, cloudformation: Document) -> Iterator[str]:
    """All that a part of the template refers to, also by its conditions."""
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{(\w+)", text)
        case {"Fn::Sub": [str(text), words]}:
            yield from re.findall(r"\$\{(\w+)", text)
            yield from _named(words, cloudformation)
        case {"Fn::If": [str(condition), *both]}:
            yield from _named(cloudformation["Conditions"][condition], cloudformation)
            yield from _named(both, cloudformation)
        case dict():
            for one in node.values():
                yield from _named(one, cloudformation)
        case list():
            for one in node:
                yield from _named(one, cloudformation)


def _longest(parameter: Document) -> int:
    lengths = [len(str(value)) for value in parameter.get("AllowedValues", [parameter.get("MaxValue", "")])]
    return int(parameter.get("MaxLength", max(lengths)))

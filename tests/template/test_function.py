"""The function: what it runs on, with what, and all that it may do."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.template.rendering import Stack

Document = dict[str, Any]
API_GATEWAY_SECONDS = 29
LIVE = "ServesLiveModels"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
READING = {"PredictRole", "BatchRole"}
LAYERS = ["PicklejarLayer", "RuntimeLayer", "SklearnLayer"]


def test_the_handler_runs_on_the_python_it_was_tested_with(resources: Document) -> None:
    function = resources["PredictFunction"]["Properties"]
    assert (function["Runtime"], function["Handler"]) == ("python3.13", "predict.app.lambda_handler")


def test_function_and_layers_are_of_the_architecture_that_was_asked_for(resources: Document) -> None:
    asked = [{"Ref": "Architecture"}]
    assert resources["PredictFunction"]["Properties"]["Architectures"] == asked
    assert [layer["Properties"]["CompatibleArchitectures"] for layer in _layers(resources)] == [asked] * len(LAYERS)


def test_layers_are_built_for_the_architecture_that_the_function_has(template: Document) -> None:
    for name in LAYERS:
        metadata = template["Resources"][name]["Metadata"]
        assert (
            metadata.items()
            >= {
                "BuildMethod": "makefile",
                "BuildArchitecture": {"Ref": "Architecture"},
                "ContextPath": {"Fn::Sub": "layers/${Architecture}"},
            }.items()
        )


def test_scikit_learn_is_built_and_made_only_for_live_models(template: Document, resources: Document) -> None:
    assert template["Resources"]["SklearnLayer"]["Metadata"]["SkipBuild"] == {"Fn::If": [LIVE, False, True]}
    conditions = {name: layer.get("Condition") for name, layer in resources.items() if "Layer" in name}
    assert {name.rstrip("0123456789abcdef"): one for name, one in conditions.items()} == {
        "PicklejarLayer": None,
        "RuntimeLayer": None,
        "SklearnLayer": LIVE,
    }


def test_the_function_has_the_layers_and_no_other(resources: Document) -> None:
    *used, of_live_models = resources["PredictFunction"]["Properties"]["Layers"]
    condition, scikit_learn, otherwise = of_live_models["Fn::If"]
    assert (condition, otherwise) == (LIVE, {"Ref": "AWS::NoValue"})
    # SAM adds a hash to a layer's logical id, so that new content makes a new version.
    references = [layer["Ref"] for layer in [*used, scikit_learn]]
    assert [next(name for name in LAYERS if layer.startswith(name)) for layer in references] == LAYERS


@pytest.mark.parametrize(("live", "layers"), [("false", LAYERS[:2]), ("true", LAYERS)])
def test_a_stack_has_scikit_learn_only_if_asked(make_stack: Callable[..., None], live: str, layers: list[str]) -> None:
    function = make_stack(LiveModels=live)["PredictFunction"]
    client = boto3.client("lambda")
    made = client.list_layers()["Layers"]
    assert [next(name for name in LAYERS if name in layer["LayerName"]) for layer in made] == layers
    variables = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    assert variables["LIVE_MODELS"] == live


def test_layers_that_no_function_uses_any_more_are_deleted(resources: Document) -> None:
    assert [layer["DeletionPolicy"] for layer in _layers(resources)] == ["Delete"] * len(LAYERS)


def test_the_function_gives_up_before_api_gateway_does(resources: Document) -> None:
    assert resources["PredictFunction"]["Properties"]["Timeout"] < API_GATEWAY_SECONDS


def test_the_function_has_one_processor_unless_asked_otherwise(outputs: dict[str, str]) -> None:
    function = boto3.client("lambda").get_function_configuration(FunctionName=outputs["PredictFunction"])
    assert function["MemorySize"] == 1769


@pytest.mark.parametrize("key", ["", KEY], ids=["by AWS's own keys", "by a key of KMS"])
def test_settings_and_log_lines_are_encrypted(cloudformation: Document, key: str) -> None:
    stack = Stack(cloudformation, {"KmsKeyArn": key})
    assert stack.resources("AWS::Lambda::Function")["PredictFunction"].get("KmsKeyArn", "") == key
    assert stack.resources("AWS::Logs::LogGroup")["PredictLogGroup"].get("KmsKeyId", "") == key


def test_lambda_traces_and_logs_json_by_itself(resources: Document) -> None:
    function = resources["PredictFunction"]["Properties"]
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": {"Ref": "PredictLogGroup"}}


def test_the_function_is_told_what_its_settings_read(outputs: dict[str, str]) -> None:
    function = boto3.client("lambda").get_function_configuration(FunctionName=outputs["PredictFunction"])
    assert function["Environment"]["Variables"] == {
        "MODELS_BUCKET": outputs["ModelsBucket"],
        "ALLOWED_ORIGINS": "",
        "POWERTOOLS_SERVICE_NAME": "picklejar",
        "S3_ENDPOINT": "",
        "LIVE_MODELS": "false",
        "ALIAS_TTL_SECONDS": "30",
        "OPENBLAS_NUM_THREADS": "1",
    }


def test_the_function_may_read_models_write_its_logs_and_trace_and_nothing_else(outputs: dict[str, str]) -> None:
    function = boto3.client("lambda").get_function_configuration(FunctionName=outputs["PredictFunction"])
    role = function["Role"].rpartition("/")[2]
    bucket = f"arn:aws:s3:::{outputs['ModelsBucket']}"
    group = _log_group()["logGroupArn"]
    assert _permissions(role) == {
        ("s3:GetObject", f"{bucket}/models/*"),
        ("s3:ListBucket", bucket),
        ("logs:CreateLogStream", group),
        ("logs:PutLogEvents", group),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    }


def test_both_functions_read_models_by_one_policy(resources: Document) -> None:
    attached = {name: one["Properties"]["ManagedPolicyArns"] for name, one in resources.items() if name in READING}
    assert attached == {name: [{"Ref": "ReadModelsPolicy"}] for name in READING}


def test_listing_has_no_condition_because_a_missing_key_would_answer_403(resources: Document) -> None:
    policy = resources["ReadModelsPolicy"]["Properties"]["PolicyDocument"]
    assert all("Condition" not in one for one in policy["Statement"])


def test_log_lines_are_kept_as_long_as_asked(outputs: dict[str, str]) -> None:
    assert _log_group()["retentionInDays"] == 30


def _log_group() -> Document:
    found = boto3.client("logs").describe_log_groups(logGroupNamePrefix="picklejar-PredictLogGroup")
    (group,) = found["logGroups"]
    return dict(group)


def _layers(resources: Document) -> list[Document]:
    return [one for one in resources.values() if one["Type"] == "AWS::Lambda::LayerVersion"]


def _permissions(role: str) -> set[tuple[str, str]]:
    """What a role may do by its own policies, and by that of reading models, which moto makes and does not attach."""
    iam = boto3.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    (reading,) = (one for one in iam.list_policies(Scope="Local")["Policies"] if "ReadModels" in one["PolicyName"])
    version = iam.get_policy_version(PolicyArn=reading["Arn"], VersionId=reading["DefaultVersionId"])
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return {
        (action, resource)
        # moto hands back the text of the dict that it was given, which is not quite JSON.
        for document in map(ast.literal_eval, map(str, [*documents, version["PolicyVersion"]["Document"]]))
        for statement in document["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else one_or_more

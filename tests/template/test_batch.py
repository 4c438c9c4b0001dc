"""The batch: what starts it, the states it goes through, what its two roles may do, and what its bucket keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.template.rendering import Stack

Document = dict[str, Any]
BUCKET = "${BatchBucket.Arn}"
ACCOUNT = "${AWS::Region}:${AWS::AccountId}"


@pytest.fixture
def resources(cloudformation: Document) -> Document:
    """Those of a stack with every parameter's default."""
    made: Document = Stack(cloudformation, {}).settled["Resources"]
    return made


@pytest.fixture
def states(root: Path) -> Document:
    """The state machine's states by their names, those of the map among them."""
    written = (root / "functions" / "batch" / "batch.asl.json").read_text()
    definition: Document = json.loads(written.replace("${BatchConcurrency}", "5"))
    own: Document = definition["States"]
    return own | own["Score"]["ItemProcessor"]["States"]


def test_the_batch_function_is_as_the_api_s_but_for_its_task(resources: Document) -> None:
    ours, theirs = (resources[name]["Properties"] for name in ("BatchFunction", "PredictFunction"))
    for word in ("Runtime", "Architectures", "Layers", "MemorySize", "TracingConfig"):
        assert ours[word] == theirs[word]
    assert (ours["Handler"], ours["Timeout"]) == ("batch.app.lambda_handler", 900)
    assert ours["Environment"]["Variables"] == {
        "MODELS_BUCKET": {"Ref": "ModelsBucket"},
        "BATCH_BUCKET": {"Ref": "BatchBucket"},
        "S3_ENDPOINT": "",
        "LIVE_MODELS": {"Ref": "LiveModels"},
        "OPENBLAS_NUM_THREADS": "1",
    }


def test_the_function_reads_models_and_files_and_writes_nothing_but_parts_and_results(resources: Document) -> None:
    group = "BatchLogGroup.Arn"
    role = resources["BatchRole"]["Properties"]
    assert role["ManagedPolicyArns"] == [{"Ref": "ReadModelsPolicy"}]
    assert set(_permissions(role["Policies"])) == {
        ("s3:ListBucket", "BatchBucket.Arn"),
        ("s3:GetObject", f"{BUCKET}/incoming/*"),
        ("s3:GetObjectVersion", f"{BUCKET}/incoming/*"),
        ("s3:GetObject", f"{BUCKET}/parts/*"),
        ("s3:PutObject", f"{BUCKET}/parts/*"),
        ("s3:PutObject", f"{BUCKET}/results/*"),
        ("s3:AbortMultipartUpload", f"{BUCKET}/parts/*"),
        ("s3:AbortMultipartUpload", f"{BUCKET}/results/*"),
        ("logs:CreateLogStream", group),
        ("logs:PutLogEvents", group),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    }


def test_the_state_machine_calls_the_function_and_itself_and_reads_no_file(resources: Document) -> None:
    role = resources["BatchStateMachineRole"]["Properties"]
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "states.amazonaws.com"}
    asked = {one for one in _permissions(role["Policies"]) if one[1] != "*"}
    assert asked == {
        ("lambda:InvokeFunction", "${BatchFunction.Arn}:*"),
        ("logs:CreateLogStream", "BatchStateMachineLogGroup.Arn"),
        ("logs:PutLogEvents", "BatchStateMachineLogGroup.Arn"),
    }
    anywhere = {action for action, resource in _permissions(role["Policies"]) if resource == "*"}
    assert {action.partition(":")[0] for action in anywhere} == {"logs", "xray"}
    policy = resources["BatchMapPolicy"]["Properties"]
    assert policy["Roles"] == [{"Ref": "BatchStateMachineRole"}]
    execution = f"arn:${{AWS::Partition}}:states:{ACCOUNT}:execution:${{BatchStateMachine.Name}}"
    actions = ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution")
    assert set(_permissions([policy])) == {
        ("states:StartExecution", "BatchStateMachine"),
        *((action, f"{execution}{children}") for action in actions for children in (":*", "/Score:*")),
    }


def test_a_file_is_planned_and_scored_by_one_version_which_stays(resources: Document) -> None:
    machine = resources["BatchStateMachine"]["Properties"]
    named = machine["DefinitionSubstitutions"]["BatchFunctionArn"]["Ref"]
    version = resources[named]
    assert version["Type"] == "AWS::Lambda::Version"
    assert version["Properties"]["FunctionName"] == {"Ref": "BatchFunction"}
    # Replaced under the same name where a parameter alone is new.
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_label_of_the_map_is_the_one_that_may_be_redriven(states: Document) -> None:
    assert states["Score"]["Label"] == "Score"


def test_a_file_that_comes_starts_an_execution_and_a_folder_that_is_made_does_not(resources: Document) -> None:
    (rule,) = (one["Properties"] for one in resources.values() if one["Type"] == "AWS::Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "BatchBucket"}]},
            "object": {"key": [{"prefix": "incoming/"}], "size": [{"numeric": [">", 0]}]},
        },
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "BatchStateMachine"}
    assert resources["BatchBucket"]["Properties"]["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }


def test_every_step_is_tried_again_later_and_later_and_at_random(states: Document) -> None:
    for name in ("Plan", "Chunk", "Join"):
        *_, throttled, retry = states[name]["Retry"]
        # A file waits for its turn, as long as other functions, or MaxConcurrency, leave it none.
        assert throttled["ErrorEquals"] == ["Lambda.TooManyRequestsException"], name
        assert throttled["MaxAttempts"] * throttled["MaxDelaySeconds"] / 2 > 4 * 3600, name
        assert retry["ErrorEquals"] == ["States.ALL"], name
        assert (retry["BackoffRate"], retry["JitterStrategy"]) == (2, "FULL"), name
        assert states[name]["TimeoutSeconds"] == 900, name


def test_nothing_is_caught_so_that_a_redrive_goes_on_where_it_failed(states: Document) -> None:
    assert [name for name, state in states.items() if "Catch" in state or state["Type"] == "Fail"] == []


def test_chunks_are_executions_of_their_own_and_a_redrive_takes_those_that_failed(states: Document) -> None:
    assert states["Score"]["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert states["Score"].keys().isdisjoint({"ToleratedFailureCount", "ToleratedFailurePercentage"})


def test_the_state_machine_traces_and_logs_its_errors_without_what_is_in_them(resources: Document) -> None:
    machine = resources["BatchStateMachine"]["Properties"]
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)


def test_parts_go_when_nothing_can_be_redriven_any_more(resources: Document) -> None:
    parts, everything = resources["BatchBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (parts["Prefix"], parts["ExpirationInDays"]) == ("parts/", 14)
    assert "Prefix" not in everything
    assert "ExpirationInDays" not in everything
    assert everything["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize("name", ["Bucket", "BucketPolicy"])
def test_the_files_bucket_is_kept_as_the_models_is(resources: Document, name: str) -> None:
    for word in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert resources[f"Batch{name}"][word] == resources[f"Models{name}"][word]


def test_the_files_bucket_is_guarded_as_the_models_is(resources: Document) -> None:
    ours, theirs = (resources[name]["Properties"] for name in ("BatchBucket", "ModelsBucket"))
    for word in ours.keys() - {"NotificationConfiguration", "LifecycleConfiguration", "LoggingConfiguration"}:
        assert ours[word] == theirs[word], word


def test_the_files_bucket_is_asked_through_tls_alone(resources: Document) -> None:
    (ours,), theirs = (
        resources[name]["Properties"]["PolicyDocument"]["Statement"]
        for name in ("BatchBucketPolicy", "ModelsBucketPolicy")
    )
    assert json.loads(json.dumps(ours).replace("BatchBucket", "ModelsBucket")) in theirs


def _permissions(policies: list[Document]) -> Iterator[tuple[str, str]]:
    for policy in policies:
        for statement in policy["PolicyDocument"]["Statement"]:
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield action, _plain(resource)


def _listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def _plain(resource: Any) -> str:
    """Return a resource's text, or what its one intrinsic function names."""
    if isinstance(resource, str):
        return resource
    (named,) = resource.values()
    return named if isinstance(named, str) else ".".join(named)

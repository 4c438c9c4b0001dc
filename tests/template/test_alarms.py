"""The alarms: what each reads, whom it tells, and that somebody wrote down what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.template.rendering import ACCOUNT, Stack

Document = dict[str, Any]
EMAIL = {"AlarmEmail": "operator@example.com"}
# Where nobody asks there is nothing to count, and nothing wrong.
SILENT = "notBreaching"


@pytest.fixture
def alarms(resources: Document) -> Document:
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}


def test_there_is_an_alarm_for_each_kind_of_trouble(alarms: Document) -> None:
    assert {
        (one["Namespace"] if isinstance(one["Namespace"], str) else "ours", one["MetricName"])
        for one in _metrics(alarms)
    } == {
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/ApiGateway", "5XXError"),
        ("AWS/ApiGateway", "Latency"),
        ("ours", "NewCodeAnswers5xx"),
        ("ours", "SwitchErrors"),
        ("ours", "NotReady"),
        ("ours", "QuotaUsedUp"),
        ("AWS/States", "ExecutionsFailed"),
        ("AWS/States", "ExecutionsTimedOut"),
    }


def _metrics(alarms: Document) -> list[Document]:
    """Return the metrics that alarms read, or compute with."""
    return [
        metric
        for one in alarms.values()
        for metric in (
            [query["MetricStat"]["Metric"] for query in one["Metrics"] if "MetricStat" in query]
            if "Metrics" in one
            else [one]
        )
    ]


def test_an_alarm_on_what_is_counted_from_the_log_reads_what_a_filter_counts(
    alarms: Document, resources: Document
) -> None:
    filters = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Logs::MetricFilter"]
    counted = [(one["MetricNamespace"], one["MetricName"]) for each in filters for one in each["MetricTransformations"]]
    read = [(one["Namespace"], one["MetricName"]) for one in _metrics(alarms) if isinstance(one["Namespace"], dict)]
    assert sorted(map(str, read)) == sorted(map(str, counted))
    groups = {one["MetricTransformations"][0]["MetricName"]: one["LogGroupName"]["Ref"] for one in filters}
    assert groups == dict.fromkeys(groups, "PredictLogGroup") | {"QuotaUsedUp": "ApiLogGroup"}


def test_a_quota_is_told_by_what_the_access_log_says(resources: Document) -> None:
    (stage,) = (one for one in resources.values() if one["Type"] == "AWS::ApiGateway::Stage")
    written = stage["Properties"]["AccessLogSetting"]["Format"]
    assert '"refused": "$context.error.responseType"' in written
    assert resources["QuotaFilter"]["Properties"]["FilterPattern"] == '{ $.refused = "QUOTA_EXCEEDED" }'


def test_a_batch_rings_once_a_file_is_given_up(alarms: Document) -> None:
    ended, *counted = alarms["BatchFailsAlarm"]["Metrics"]
    assert ended["Expression"] == " + ".join(f"FILL({one['Id']}, 0)" for one in counted)
    assert [one.get("ReturnData", True) for one in (ended, *counted)] == [True, False, False]
    machines = [one["MetricStat"]["Metric"]["Dimensions"] for one in counted]
    assert machines == [[{"Name": "StateMachineArn", "Value": {"Ref": "BatchStateMachine"}}]] * 2


def test_silence_is_no_alarm_and_no_sign_that_requests_are_fast_again(alarms: Document) -> None:
    decided = {name: one["TreatMissingData"] for name, one in alarms.items()}
    assert decided == dict.fromkeys(alarms, SILENT) | {"LatencyAlarm": "ignore"}


def test_whoever_gave_an_address_is_told_of_every_alarm(cloudformation: Document) -> None:
    stack = Stack(cloudformation, EMAIL)
    told = {name: one.get("AlarmActions", []) for name, one in stack.resources("AWS::CloudWatch::Alarm").items()}
    assert not {name for name, actions in told.items() if not actions}
    assert {action for actions in told.values() for action in actions} == {"picklejar-alarmtopic"}
    (topic,) = stack.resources("AWS::SNS::Topic").values()
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": "operator@example.com"}]


def test_without_an_address_there_is_no_topic_and_no_key_to_pay_for(cloudformation: Document) -> None:
    stack = Stack(cloudformation, {})
    for kind in ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::KMS::Key"):
        assert not {name for name in stack.resources(kind) if name.startswith("Alarm")}
    assert all(not one.get("AlarmActions") for one in stack.resources("AWS::CloudWatch::Alarm").values())


def test_only_alarms_of_the_account_may_publish_and_they_may_use_the_key(cloudformation: Document) -> None:
    stack = Stack(cloudformation, EMAIL)
    (policy,) = stack.resources("AWS::SNS::TopicPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    (topic,) = stack.resources("AWS::SNS::Topic").values()
    assert topic["KmsMasterKeyId"] == "picklejar-alarmkey"
    key = stack.resources("AWS::KMS::Key")["AlarmKey"]
    assert key["EnableKeyRotation"]
    of_service = [one for one in key["KeyPolicy"]["Statement"] if "Service" in one["Principal"]]
    assert [one["Principal"]["Service"] for one in of_service] == ["cloudwatch.amazonaws.com"]
    others = [one["Principal"] for one in key["KeyPolicy"]["Statement"] if one not in of_service]
    assert others == [{"AWS": f"arn:aws:iam::{ACCOUNT}:root"}]
    assert of_service[0]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


@pytest.mark.parametrize("address", ["", "operator@example.com"])
def test_an_address_is_one_or_none(template: Document, address: str) -> None:
    assert re.fullmatch(template["Parameters"]["AlarmEmail"]["AllowedPattern"], address)


@pytest.mark.parametrize("address", ["operator", "a@b c", "a@b, c@d"])
def test_what_is_no_address_is_refused(template: Document, address: str) -> None:
    assert not re.fullmatch(template["Parameters"]["AlarmEmail"]["AllowedPattern"], address)


def test_for_every_alarm_it_is_written_what_to_do(alarms: Document, root: Path) -> None:
    headings = re.findall(r"^### (\w+)$", (root / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert [name for name in headings if name.endswith("Alarm")] == list(alarms)

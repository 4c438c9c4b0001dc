"""What parameters add to a stack: a domain, a firewall, a budget, a limit; and which of them belong together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.template.rendering import CERTIFICATE, DOMAIN, Stack

Document = dict[str, Any]
WEB_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mine/12345678-1234-1234-1234-123456789012"
US_EAST_1 = {"AWS::Region": "us-east-1"}
BUDGET = {"BudgetUsd": "10", "BudgetEmail": "owner@example.com"}
OPTIONAL = {"WebAcl", "DomainRecords", "Budget", "ApiLogsRole", "ApiLogsAccount"}
LOGS = {"ApiLogsRole", "ApiLogsAccount"}
# What a Sub has words of its own for, or CloudFormation.
EXPLAINED_BY_SUB = {
    "AWS",
    "Picklejar",
    "Runtime",
    "Sklearn",
    "Key",
    "Id",
    "Name",
    "ConfigName",
    "__ApiId__",
    "__Stage__",
}


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ({}, LOGS),
        (DOMAIN, LOGS),
        (DOMAIN | {"HostedZoneId": "Z1"}, LOGS | {"DomainRecords"}),
        (US_EAST_1 | {"Firewall": "true"}, LOGS | {"WebAcl"}),
        ({"WebAclArn": WEB_ACL}, LOGS),
        (BUDGET, LOGS | {"Budget"}),
        ({"MakeApiLogsRole": "false"}, set()),
        (US_EAST_1 | DOMAIN | BUDGET | {"HostedZoneId": "Z1", "Firewall": "true"}, OPTIONAL),
    ],
    ids=lambda names: ", ".join(sorted(names)),
)
def test_a_stack_has_what_is_asked_for(cloudformation: Document, given: dict[str, str], added: set[str]) -> None:
    stack = Stack(cloudformation, given)
    made = stack.settled["Resources"]
    assert stack.refusals() == []
    assert made.keys() & OPTIONAL == added
    assert set(_references(made["Distribution"])) <= made.keys()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"DomainName": "models.example.com"}, "DomainName and CertificateArn go together"),
        ({"CertificateArn": CERTIFICATE}, "DomainName and CertificateArn go together"),
        ({"HostedZoneId": "Z1"}, "HostedZoneId is for the records of DomainName"),
        ({"Firewall": "true"}, "in us-east-1 only"),
        (US_EAST_1 | {"Firewall": "true", "WebAclArn": WEB_ACL}, "give one of them"),
        ({"BudgetUsd": "10"}, "give BudgetEmail"),
        (DOMAIN | {"Page": "false"}, "Page=false leaves nothing for DomainName"),
        (US_EAST_1 | {"Page": "false", "Firewall": "true"}, "Page=false leaves nothing for DomainName"),
        ({"Page": "false", "WebAclArn": WEB_ACL}, "Page=false leaves nothing for DomainName"),
        ({"Watch": "false", "AlarmEmail": "operator@example.com"}, "Watch=false leaves nothing that tells"),
        ({"Watch": "false"} | BUDGET, "Watch=false leaves nothing that tells"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    cloudformation: Document, given: dict[str, str], why: str
) -> None:
    (said,) = Stack(cloudformation, given).refusals()
    assert why in said


@pytest.mark.parametrize(("parameter", "part"), [("Page", "PageStack"), ("Watch", "WatchStack")])
def test_a_part_that_is_not_wanted_leaves_nothing_behind(
    cloudformation: Document, parts: dict[str, Document], parameter: str, part: str
) -> None:
    stack = Stack(cloudformation, {parameter: "false"})
    assert stack.refusals() == []
    assert parts[part]["Resources"].keys() & stack.settled["Resources"].keys() == set()
    # Nothing that is left names what is not there.
    assert {*_references(stack.settled), *re.findall(r"\$\{(\w+)", json.dumps(stack.settled["Resources"]))} <= {
        *stack.settled["Resources"],
        *cloudformation["Parameters"],
        *EXPLAINED_BY_SUB,
    }


def test_without_a_page_there_is_no_cloudfront_no_firewall_no_secret_and_no_key(cloudformation: Document) -> None:
    kinds = {one["Type"] for one in Stack(cloudformation, {"Page": "false"}).settled["Resources"].values()}
    assert not {kind for kind in kinds if re.search("CloudFront|WAFv2|Route53|SecretsManager|ApiKey|UsagePlan", kind)}
    outputs = Stack(cloudformation, {"Page": "false"}).settled["Outputs"]
    assert {"ApiUrl", "ApiId", "ModelsBucket"} <= outputs.keys()
    assert not {"SiteUrl", "SiteBucket", "DistributionId", "DistributionDomain"} & outputs.keys()


def test_a_domain_of_ones_own_has_its_certificate_and_tls_1_2(cloudformation: Document) -> None:
    distribution = _distribution(Stack(cloudformation, DOMAIN))
    assert distribution["Aliases"] == ["models.example.com"]
    assert distribution["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }


def test_without_a_domain_the_certificate_is_cloudfronts_and_so_is_its_tls(cloudformation: Document) -> None:
    distribution = _distribution(Stack(cloudformation, {}))
    assert "Aliases" not in distribution
    # CloudFront passes over the second.
    assert distribution["ViewerCertificate"] == {
        "CloudFrontDefaultCertificate": True,
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ""),
        ({"WebAclArn": WEB_ACL}, WEB_ACL),
        (US_EAST_1 | {"Firewall": "true"}, "arn:aws:wafv2:us-east-1:111122223333:global/webacl/picklejar-webacl/id"),
    ],
)
def test_the_distribution_stands_behind_the_firewall_that_was_named(
    cloudformation: Document, given: dict[str, str], found: str
) -> None:
    assert _distribution(Stack(cloudformation, given))["WebACLId"] == found


def test_the_firewall_lets_large_requests_through_and_turns_away_who_sends_too_many(resources: Document) -> None:
    acl = resources["WebAcl"]["Properties"]
    assert (acl["Scope"], acl["DefaultAction"]) == ("CLOUDFRONT", {"Allow": {}})
    limit, *managed = acl["Rules"]
    statements = [rule["Statement"]["ManagedRuleGroupStatement"] for rule in managed]
    assert [statement["Name"] for statement in statements] == [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]
    counted = [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    assert [statement.get("RuleActionOverrides", []) for statement in statements] == [[], [], counted]
    assert limit["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    assert limit["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
    assert [rule["Priority"] for rule in acl["Rules"]] == [0, 1, 2, 3]


def test_whom_the_firewall_turns_away_reads_a_problem_document_and_when_to_come_again(resources: Document) -> None:
    acl = resources["WebAcl"]["Properties"]
    answer = acl["Rules"][0]["Action"]["Block"]["CustomResponse"]
    document = json.loads(acl["CustomResponseBodies"][answer["CustomResponseBodyKey"]]["Content"])
    assert document["type"] == "urn:problem-type:picklejar:too-many-requests"
    assert document["status"] == answer["ResponseCode"]
    assert answer["ResponseHeaders"] == [{"Name": "Retry-After", "Value": "300"}]


def test_a_budget_tells_its_owner_before_and_when_it_is_spent(cloudformation: Document) -> None:
    budget = Stack(cloudformation, BUDGET).resources("AWS::Budgets::Budget")["Budget"]
    assert budget["Budget"]["BudgetLimit"] == {"Amount": "10", "Unit": "USD"}
    told = budget["NotificationsWithSubscribers"]
    assert [(one["Notification"]["NotificationType"], one["Notification"]["Threshold"]) for one in told] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]
    assert {one["Subscribers"][0]["Address"] for one in told} == {"owner@example.com"}


def test_a_hosted_zone_gets_both_records(make_stack: Callable[..., dict[str, str]]) -> None:
    route53 = boto3.client("route53")
    made = route53.create_hosted_zone(Name="example.com", CallerReference="once")
    zone = made["HostedZone"]["Id"].rpartition("/")[2]
    outputs = make_stack(**DOMAIN, HostedZoneId=zone)
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    aliases = {record["Type"]: record for record in records if "AliasTarget" in record}
    assert aliases.keys() == {"A", "AAAA"}
    for record in aliases.values():
        assert record["Name"].rstrip(".") == "models.example.com"
        assert record["AliasTarget"]["DNSName"].startswith("Distribution.DomainName")
    assert outputs["SiteUrl"] == "https://models.example.com"


@pytest.mark.parametrize(("limit", "reserved"), [("0", None), ("5", 5)])
def test_containers_are_reserved_only_where_a_number_is_given(
    make_stack: Callable[..., dict[str, str]], limit: str, reserved: int | None
) -> None:
    function = make_stack(MaxConcurrency=limit)["PredictFunction"]
    found = boto3.client("lambda").get_function_concurrency(FunctionName=function)
    assert found.get("ReservedConcurrentExecutions") == reserved


def test_api_gateways_role_is_made_unless_the_account_has_one(make_stack: Callable[..., dict[str, str]]) -> None:
    make_stack(MakeApiLogsRole="false")
    names = [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
    assert not any("ApiLogsRole" in name for name in names)


def _distribution(stack: Stack) -> Document:
    config: Document = stack.resources("AWS::CloudFront::Distribution")["Distribution"]["DistributionConfig"]
    return config


def _references(part: Any) -> list[str]:
    """The names of what a part of a template refers to by an attribute."""
    match part:
        case {"Fn::GetAtt": [name, _]}:
            return [name]
        case dict():
            return [name for one in part.values() for name in _references(one)]
        case list():
            return [name for one in part for name in _references(one)]
    return []

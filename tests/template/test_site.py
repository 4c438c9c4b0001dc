"""The one origin: the page from a private bucket, the API beside it, and nothing kept that may change."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from deployment.site import site_files
from functions.predict.problems import PROBLEMS

Document = dict[str, Any]
# Managed policies, by the ids that CloudFront gives them in every account.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
# Those of which CloudFront keeps the answers for a while, unless told otherwise.
KEPT_ERRORS = {400, 403, 404, 405, 414, 500, 501, 502, 503, 504}
ASK_FOR_FILE = "console.log(JSON.stringify(handler(JSON.parse(process.argv[1]))))"
ASK = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map((uri) => handler({ request: { uri } }))))"


@pytest.fixture
def distribution(resources: Document) -> Document:
    """How CloudFront is set up."""
    config: Document = resources["Distribution"]["Properties"]["DistributionConfig"]
    return config


@pytest.fixture
def answers(resources: Document, tool: Callable[[str], str]) -> Callable[[list[str]], list[Document]]:
    """Runs the function at the edge on addresses: what it returns is a request, or an answer with a status."""
    code = resources["SitePaths"]["Properties"]["FunctionCode"]

    def run(addresses: list[str]) -> list[Document]:
        command = [tool("node"), "--eval", code + ASK, json.dumps(addresses)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found: list[Document] = json.loads(said)
        return found

    return run


def test_the_page_comes_from_the_bucket_over_https_compressed(distribution: Document) -> None:
    behaviour = distribution["DefaultCacheBehavior"]
    assert (behaviour["TargetOriginId"], behaviour["Compress"]) == ("site", True)
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    assert distribution["DefaultRootObject"] == "index.html"
    assert (distribution["HttpVersion"], distribution["IPV6Enabled"]) == ("http2and3", True)


def test_the_api_is_beside_it_with_every_method_and_nothing_kept(distribution: Document) -> None:
    *_, behaviour = distribution["CacheBehaviors"]
    assert behaviour == {
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST_HEADER,
        "ResponseHeadersPolicyId": SECURITY_HEADERS,
    }


def test_files_of_versions_are_kept_by_cloudfront_as_all_else_of_the_api_is_not(
    resources: Document, distribution: Document
) -> None:
    files, api = distribution["CacheBehaviors"]
    assert files["PathPattern"] == "/api/models/*/versions/*/files/*"
    assert files["CachePolicyId"] == {"Ref": "FileCaching"}
    own = {"PathPattern", "CachePolicyId", "FunctionAssociations"}
    assert {name: one for name, one in files.items() if name not in own} == {
        name: one for name, one in api.items() if name not in own
    }
    config = resources["FileCaching"]["Properties"]["CachePolicyConfig"]
    assert (config["MinTTL"], config["DefaultTTL"], config["MaxTTL"]) == (0, 0, 31_536_000)
    # By it the API says which pages may read the answer.
    headers = config["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]
    assert headers == {"HeaderBehavior": "whitelist", "Headers": ["Origin"]}


@pytest.mark.parametrize(("file", "accept"), [("fit.png", "image/png"), ("golden.json", "*/*"), ("card.md", "*/*")])
def test_a_picture_is_asked_for_as_one_whatever_the_caller_accepts(
    resources: Document, tool: Callable[[str], str], file: str, accept: str
) -> None:
    uri = f"/api/models/sales/versions/0123456789ab/files/{file}"
    event = {"request": {"uri": uri, "headers": {"accept": {"value": "*/*"}}}}
    code = resources["FileTypes"]["Properties"]["FunctionCode"]
    command = [tool("node"), "--eval", code + ASK_FOR_FILE, json.dumps(event)]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answer == {"uri": uri, "headers": {"accept": {"value": accept}}}


def test_another_generation_is_another_secret_and_key_which_cloudfront_sends_once_they_are_known(
    resources: Document,
) -> None:
    # A secret of another name is another one, and a key of another value another key: CloudFormation makes the new
    # before, and deletes the old after the distribution has changed.
    assert "${PageKeyGeneration}" in resources["PageKeySecret"]["Properties"]["Name"]["Fn::Sub"][0]
    assert "Name" not in resources["PageKey"]["Properties"]
    assert resources["Distribution"]["DependsOn"] == "PageUsagePlanKey"


def test_the_apis_origin_is_its_stage_by_the_pages_own_path(distribution: Document) -> None:
    (api,) = (origin for origin in distribution["Origins"] if origin["Id"] == "api")
    assert api["DomainName"] == {"Fn::Sub": "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}
    assert "OriginPath" not in api
    assert api["CustomOriginConfig"] == {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]}


def test_no_error_is_kept_and_none_of_the_apis_is_replaced_by_a_page(distribution: Document) -> None:
    errors = distribution["CustomErrorResponses"]
    assert all(error.keys() == {"ErrorCode", "ErrorCachingMinTTL"} for error in errors)
    assert {error["ErrorCode"]: error["ErrorCachingMinTTL"] for error in errors} == dict.fromkeys(KEPT_ERRORS, 0)
    # 413, 415 and 422, which CloudFront does not keep, cannot be listed.
    assert {int(entry.status) for entry in PROBLEMS.values()} <= KEPT_ERRORS | {413, 415, 422}


def test_a_file_says_how_long_it_is_kept_and_what_says_nothing_is_not(resources: Document) -> None:
    config = resources["SiteCaching"]["Properties"]["CachePolicyConfig"]
    assert (config["MinTTL"], config["DefaultTTL"], config["MaxTTL"]) == (0, 0, 31_536_000)
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["EnableAcceptEncodingBrotli"]
    assert key["EnableAcceptEncodingGzip"]
    assert [key[part].popitem()[1] for part in ("HeadersConfig", "CookiesConfig", "QueryStringsConfig")] == ["none"] * 3


def test_only_this_distribution_reads_the_bucket(resources: Document, distribution: Document) -> None:
    (site,) = (origin for origin in distribution["Origins"] if origin["Id"] == "site")
    assert site["OriginAccessControlId"] == {"Fn::GetAtt": ["SiteAccess", "Id"]}
    allowed, denied = resources["SiteBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    own = {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
    assert allowed == {
        "Sid": "OnlyThisDistribution",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "${SiteBucket.Arn}/*"},
        "Condition": {"StringEquals": {"aws:SourceArn": own}},
    }
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_bucket_is_private_encrypted_and_kept(resources: Document, outputs: dict[str, str]) -> None:
    s3 = boto3.client("s3")
    bucket = outputs["SiteBucket"]
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    site = resources["SiteBucket"]
    assert set(site["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert (site["DeletionPolicy"], site["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_every_file_that_is_uploaded_is_let_through(answers: Callable[[list[str]], list[Document]], root: Path) -> None:
    addresses = ["/", *(f"/{file.key}" for file in site_files(root / "web", {"api": "/api"}))]
    assert [answer.get("uri") for answer in answers(addresses)] == addresses


@pytest.mark.parametrize("address", ["/nothing", "/api", "/index.html/", "/main.js", "/0123456789abcdef/", "//"])
def test_another_address_gets_a_page_and_a_404(answers: Callable[[list[str]], list[Document]], address: str) -> None:
    (answer,) = answers([address])
    assert answer["statusCode"] == 404
    assert answer["headers"]["content-type"]["value"].startswith("text/html")
    assert "default-src 'none'" in answer["headers"]["content-security-policy"]["value"]
    assert '<a href="/">' in answer["body"]


def test_names_that_are_the_whole_accounts_are_this_stacks_own(resources: Document) -> None:
    stack_id = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    own = {"Fn::Sub": ["picklejar-${Id}", {"Id": stack_id}]}
    assert resources["SitePaths"]["Properties"]["Name"] == own
    names = [json.dumps(resources[name]["Properties"]) for name in ("FileTypes", "FileCaching", "PageKeySecret")]
    assert all(json.dumps(stack_id) in name for name in names)
    for name, config in (
        ("SiteAccess", "OriginAccessControlConfig"),
        ("SiteCaching", "CachePolicyConfig"),
        ("SiteHeaders", "ResponseHeadersPolicyConfig"),
    ):
        assert resources[name]["Properties"][config]["Name"] == own


def test_the_page_is_where_the_stack_says(outputs: dict[str, str]) -> None:
    assert outputs["SiteUrl"] == "https://Distribution.DomainName"
    assert {"SiteBucket", "DistributionId"} <= outputs.keys()


def test_a_domain_whose_dns_is_elsewhere_is_told_where_to_point(make_stack: Callable[..., dict[str, str]]) -> None:
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    outputs = make_stack(DomainName="models.example.com", CertificateArn=certificate)
    assert outputs["SiteUrl"] == "https://models.example.com"
    assert outputs["DistributionDomain"] == "Distribution.DomainName"

"""The API: one stage, every request to the handler, keys, limits, and readable answers where it never gets there."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest

from functions.predict.problems import PROBLEMS

Document = dict[str, Any]
# The kinds of refusal, and their status. What is not here takes that of its default: a request that cannot be parsed,
# an API that is set up wrongly; or cannot be: there is no authorizer, and no firewall before the API
# (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html).
REFUSALS = {
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 502,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,  # 403 there; it is what happens where there is no such address
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "THROTTLED": 429,
    "UNSUPPORTED_MEDIA_TYPE": 415,  # of a body's encoding alone: every type of a body is handed on
}
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@pytest.fixture
def body(resources: Document) -> Document:
    """The API's own description."""
    described: Document = resources["Api"]["Properties"]["Body"]
    return described


@pytest.fixture
def stage(resources: Document) -> Document:
    """What the one stage is like."""
    (one,) = (one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGateway::Stage")
    return dict(one)


def test_the_one_stage_is_called_api(stage: Document) -> None:
    assert stage["StageName"] == "api"


def test_every_path_and_method_reaches_the_version_that_the_alias_stands_for(body: Document) -> None:
    assert set(body["paths"]) == {"/", "/{proxy+}"}
    for methods in body["paths"].values():
        assert set(methods) == {"x-amazon-apigateway-any-method", "options"}
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            assert integration["type"] == "aws_proxy"
            assert "${PredictFunctionAliaslive}" in integration["uri"]["Fn::Sub"]


def test_every_method_needs_a_key_but_the_preflight_which_a_browser_sends_without(body: Document) -> None:
    assert body["components"]["securitySchemes"] == {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    for methods in body["paths"].values():
        assert methods["x-amazon-apigateway-any-method"]["security"] == [{"api_key": []}]
        assert methods["options"]["security"] == []


def test_the_pages_key_is_one_secret_for_cloudfront_and_for_api_gateway(resources: Document) -> None:
    secret = {"Fn::Sub": "{{resolve:secretsmanager:${PageKeySecret}:SecretString}}"}
    origins = resources["Distribution"]["Properties"]["DistributionConfig"]["Origins"]
    headers = [header for origin in origins for header in origin.get("OriginCustomHeaders", [])]
    assert headers == [{"HeaderName": "x-api-key", "HeaderValue": secret}]
    assert resources["PageKey"]["Properties"]["Value"] == secret
    assert resources["PageUsagePlanKey"]["Properties"] == {
        "KeyId": {"Ref": "PageKey"},
        "KeyType": "API_KEY",
        "UsagePlanId": {"Ref": "PageUsagePlan"},
    }


def test_the_secret_is_a_key_that_api_gateway_takes(resources: Document) -> None:
    asked = resources["PageKeySecret"]["Properties"]["GenerateSecretString"]
    assert asked["ExcludePunctuation"]
    assert 20 <= asked["PasswordLength"] <= 128


def test_the_pages_plan_limits_the_second_and_the_day(resources: Document) -> None:
    limits = resources["PageUsagePlan"]["Properties"]
    assert limits["ApiStages"] == [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "ApiapiStage"}}]
    assert limits["Throttle"] == {"RateLimit": {"Ref": "RequestsPerSecond"}, "BurstLimit": {"Ref": "RequestsBurst"}}
    assert limits["Quota"] == {"Limit": {"Ref": "PageRequestsPerDay"}, "Period": "DAY"}


def test_the_stage_limits_all_callers_together(stage: Document) -> None:
    assert stage["MethodSettings"] == [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingRateLimit": {"Ref": "RequestsPerSecond"},
            "ThrottlingBurstLimit": {"Ref": "RequestsBurst"},
        }
    ]


def test_a_line_of_the_access_log_is_json_and_holds_no_address(stage: Document) -> None:
    setting = stage["AccessLogSetting"]
    assert setting["DestinationArn"] == {"Fn::GetAtt": ["ApiLogGroup", "Arn"]}
    line = json.loads(setting["Format"])
    assert {"request_id", "path", "status", "refused", "key"} <= line.keys()
    assert all(re.fullmatch(r"\$context(\.\w+)+", one) for one in line.values())
    assert "sourceIp" not in setting["Format"]


def test_the_log_group_and_so_the_stage_waits_for_the_accounts_role(resources: Document) -> None:
    tag = {"Key": "written-by", "Value": {"Fn::If": ["MakesApiLogsRole", {"Ref": "ApiLogsAccount"}, "account"]}}
    assert resources["ApiLogGroup"]["Properties"]["Tags"] == [tag]
    for name in ("ApiLogsAccount", "ApiLogsRole"):
        assert (resources[name]["Condition"], resources[name]["DeletionPolicy"]) == (
            "MakesApiLogsRole",
            "RetainExceptOnCreate",
        )


def test_access_lines_are_kept_as_long_as_asked(outputs: dict[str, str]) -> None:
    found = boto3.client("logs").describe_log_groups(logGroupNamePrefix="picklejar-ApiLogGroup")
    assert [group["retentionInDays"] for group in found["logGroups"]] == [30]


def test_pictures_and_tensors_alone_are_binary_for_a_requests_json_would_come_as_base64(body: Document) -> None:
    assert body["x-amazon-apigateway-binary-media-types"] == ["image/png", "application/octet-stream"]


def test_what_is_packed_by_gzip_is_unpacked_before_the_function_and_large_answers_are_packed(
    resources: Document,
) -> None:
    assert resources["Api"]["Properties"]["MinimumCompressionSize"] == 1000


def test_a_body_that_cannot_be_unpacked_is_refused_with_what_can_be(body: Document) -> None:
    headers = _headers(body["x-amazon-apigateway-gateway-responses"]["UNSUPPORTED_MEDIA_TYPE"])
    assert headers["Accept-Encoding"] == "gzip"


def test_whatever_api_gateway_refuses_is_said_in_our_words(body: Document) -> None:
    responses = body["x-amazon-apigateway-gateway-responses"]
    assert {kind: int(response["statusCode"]) for kind, response in responses.items()} == REFUSALS


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_api_gateway_refuses_is_a_problem_document_that_pages_may_read(body: Document, kind: str) -> None:
    response = body["x-amazon-apigateway-gateway-responses"][kind]
    document = json.loads(_rendered(response["responseTemplates"]["application/json"]))
    assert [*document] == ["type", "title", "status", "detail", "request_id", "error", "error_code", "message"]
    # Clients of other dialects find a sentence under the name that they know.
    assert document["error"] == document["message"] == document["detail"]
    assert re.fullmatch(r"[A-Z_]+", document["error_code"])
    assert document["status"] == REFUSALS[kind]
    assert document["request_id"] == REQUEST_ID
    assert re.fullmatch(r"[A-Z].{20,}\.", document["detail"])
    problem = document["type"].removeprefix("urn:problem-type:picklejar:")
    assert problem != document["type"]
    # A problem that the handler has, too, is called the same.
    titles = {entry.kind: entry.title for entry in PROBLEMS.values()}
    assert document["title"] == titles.get(problem, document["title"])
    headers = _headers(response)
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("kind", [kind for kind, status in REFUSALS.items() if status == 429 or status >= 500])
def test_what_may_be_tried_again_says_when_and_lets_a_page_read_it(body: Document, kind: str) -> None:
    headers = _headers(body["x-amazon-apigateway-gateway-responses"][kind])
    assert int(headers["Retry-After"]) > 0
    assert headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_the_api_ends_where_it_is_told_to_be(outputs: dict[str, str]) -> None:
    assert outputs["ApiUrl"].startswith(f"https://{outputs['ApiId']}.")
    assert outputs["ApiUrl"].endswith(".execute-api.eu-central-1.amazonaws.com/api")


def _rendered(template: str) -> str:
    """A gateway response's template as API Gateway fills it, which knows these variables and no language."""
    filled = template.replace("$context.requestId", REQUEST_ID)
    assert "$" not in filled
    return filled


def _headers(response: Document) -> dict[str, str]:
    """A gateway response's headers; API Gateway takes a text in single quotes for itself."""
    parameters = response["responseParameters"].items()
    assert all(re.fullmatch(r"'[^']+'", value) for _, value in parameters)
    return {name.removeprefix("gatewayresponse.header."): value.strip("'") for name, value in parameters}

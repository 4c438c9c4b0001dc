"""The API: one stage, every request to the handler, and readable answers where it never gets there."""

from __future__ import annotations

import json
from typing import Any

import pytest

Document = dict[str, Any]


def test_the_one_stage_is_called_api(resources: Document) -> None:
    stages = [one["Properties"]["StageName"] for one in resources.values() if one["Type"] == "AWS::ApiGateway::Stage"]
    assert stages == ["api"]


def test_every_path_and_method_reaches_the_handler(resources: Document) -> None:
    paths = resources["Api"]["Properties"]["Body"]["paths"]
    assert set(paths) == {"/", "/{proxy+}"}
    for methods in paths.values():
        (method,) = methods
        assert method == "x-amazon-apigateway-any-method"
        integration = methods[method]["x-amazon-apigateway-integration"]
        assert integration["type"] == "aws_proxy"
        assert "${PredictFunction.Arn}" in integration["uri"]["Fn::Sub"]


def test_pictures_alone_are_binary_for_a_requests_json_would_come_as_base64(resources: Document) -> None:
    assert resources["Api"]["Properties"]["Body"]["x-amazon-apigateway-binary-media-types"] == ["image/png"]


@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_what_api_gateway_refuses_itself_is_a_problem_document_that_pages_may_read(
    resources: Document, kind: str
) -> None:
    response = resources["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"][kind]
    assert response["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    # API Gateway's variable for a text in quotes.
    written = response["responseTemplates"]["application/json"].replace("$context.error.messageString", '"text"')
    assert json.loads(written).keys() == {"type", "title", "detail", "request_id"}


def test_the_api_ends_where_it_is_told_to_be(outputs: dict[str, str]) -> None:
    assert outputs["ApiUrl"].startswith("https://")
    assert outputs["ApiUrl"].endswith(".execute-api.eu-central-1.amazonaws.com/api")

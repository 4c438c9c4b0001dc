"""What docs/stack.md says of the template: its names are there, and its lines do what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Document = dict[str, Any]
PREFLIGHTS = ["RootPreflight", "Preflight"]
REFUSALS = {"UNAUTHORIZED": 401, "ACCESS_DENIED": 403, "EXPIRED_TOKEN": 403, "INVALID_SIGNATURE": 403}


@pytest.fixture
def documented(root: Path) -> str:
    return (root / "docs" / "stack.md").read_text(encoding="utf-8")


@pytest.fixture
def lines(documented: str) -> list[Any]:
    """The page's lines for a template: two ways of telling who calls, what these refuse, and what is open to all."""
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", documented, re.DOTALL)]


@pytest.fixture
def authorized(
    lines: list[Any], template: Document, translate: Callable[[Document], Document]
) -> Callable[[int], Document]:
    """The API with the page's lines in their places, by one of the ways."""
    *ways, refusals, open_to_all = lines

    def api(way: int) -> Document:
        properties = template["Resources"]["Api"]["Properties"]
        properties |= ways[way]
        properties["GatewayResponses"] |= refusals["GatewayResponses"]
        for name in PREFLIGHTS:
            template["Resources"]["PredictFunction"]["Properties"]["Events"][name]["Properties"] |= open_to_all
        body: Document = translate(template)["Resources"]["Api"]["Properties"]["Body"]
        return body

    return api


@pytest.mark.parametrize(("way", "scheme"), [(0, "People"), (1, "AWS_IAM")])
def test_the_lines_for_telling_who_calls_ask_all_but_the_preflight(
    authorized: Callable[[int], Document], way: int, scheme: str
) -> None:
    methods = authorized(way)["paths"]["/{proxy+}"]
    asked = [name for one in methods["x-amazon-apigateway-any-method"]["security"] for name in one]
    assert set(asked) == {scheme, "api_key"}
    assert not {name for one in methods["options"]["security"] for name in one} & {scheme, "api_key"}


def test_what_an_authorizer_refuses_is_a_problem_document_as_all_else_is(
    authorized: Callable[[int], Document],
) -> None:
    responses = authorized(0)["x-amazon-apigateway-gateway-responses"]
    for kind, status in REFUSALS.items():
        document = json.loads(responses[kind]["responseTemplates"]["application/json"])
        assert [*document] == ["type", "title", "status", "detail", "request_id", "error", "error_code", "message"]
        assert document["error"] == document["message"] == document["detail"]
        assert document["status"] == int(responses[kind]["statusCode"]) == status
        assert responses[kind]["responseParameters"] == responses["DEFAULT_4XX"]["responseParameters"]


def test_every_name_of_the_template_is_there(documented: str, template: Document, resources: Document) -> None:
    named = {found for found in re.findall(r"`([A-Z][A-Za-z]+)[=`]", documented) if not found.isupper()}
    known = {*template["Parameters"], *resources, *template["Resources"], *template["Outputs"]}
    assert len(named) > 10
    assert named <= known

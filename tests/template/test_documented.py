"""What docs/stack.md says of the template: its names are there, and its lines do what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Document = dict[str, Any]
PREFLIGHTS = ["RootPreflight", "Preflight"]


@pytest.fixture
def documented(root: Path) -> str:
    return (root / "docs" / "stack.md").read_text(encoding="utf-8")


@pytest.fixture
def authorized(documented: str, template: Document, translate: Callable[[Document], Document]) -> Callable[[int], Any]:
    """The API's methods with the page's lines in their places: those of one way of telling who calls, and the open."""
    *ways, open_to_all = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", documented, re.DOTALL))

    def methods(way: int) -> Any:
        template["Resources"]["Api"]["Properties"] |= ways[way]
        for name in PREFLIGHTS:
            template["Resources"]["PredictFunction"]["Properties"]["Events"][name]["Properties"] |= open_to_all
        return translate(template)["Resources"]["Api"]["Properties"]["Body"]["paths"]["/{proxy+}"]

    return methods


@pytest.mark.parametrize(("way", "scheme"), [(0, "People"), (1, "AWS_IAM")])
def test_the_lines_for_telling_who_calls_ask_all_but_the_preflight(
    authorized: Callable[[int], Any], way: int, scheme: str
) -> None:
    methods = authorized(way)
    asked = [name for one in methods["x-amazon-apigateway-any-method"]["security"] for name in one]
    assert set(asked) == {scheme, "api_key"}
    assert not {name for one in methods["options"]["security"] for name in one} & {scheme, "api_key"}


def test_every_name_of_the_template_is_there(documented: str, template: Document) -> None:
    named = {found for found in re.findall(r"`([A-Z][A-Za-z]+)[=`]", documented) if not found.isupper()}
    known = {*template["Parameters"], *template["Resources"], *template["Outputs"]}
    assert len(named) > 10
    assert named <= known

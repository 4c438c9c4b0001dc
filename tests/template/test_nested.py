"""The stack with its nested stacks, as moto makes them from templates in S3, and as `sam build` builds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.template.rendering import DOMAIN, Stack

Document = dict[str, Any]
EVERYTHING = DOMAIN | {
    "WebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mine/12345678-1234-1234-1234-123456789012",
    "KmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/mrk-11111111222233334444",
    "BudgetUsd": "10",
    "BudgetEmail": "owner@example.com",
    "AlarmEmail": "operator@example.com",
    "MaxConcurrency": "5",
    "LiveModels": "true",
    "SnapStart": "true",
    "AllowedOrigins": "https://page.example",
}
EXTREMES = {
    "nothing optional": {"Page": "false", "Watch": "false", "MakeApiLogsRole": "false"},
    "everything optional": EVERYTHING,
    "no page": {"Page": "false"},
    "Graviton": {"Architecture": "arm64"},
}
# A tenth of the first are the answers that API Gateway gives itself, each for clients of several protocols.
MOST_LINES = {"template.yaml": 1050, "stack/page.yaml": 400, "stack/watch.yaml": 400}


@pytest.mark.parametrize("parameters", EXTREMES.values(), ids=EXTREMES)
def test_the_extremes_are_made_with_their_nested_stacks(
    make_nested: Callable[..., dict[str, set[str]]],
    cloudformation: Document,
    parts: dict[str, Document],
    parameters: dict[str, str],
) -> None:
    made = make_nested(**parameters)
    wanted = Stack(cloudformation, parameters)
    assert wanted.refusals() == []
    there = {name for name in parts if parts[name]["Resources"].keys() & wanted.settled["Resources"].keys()}
    assert made.keys() == there | {"template"}
    assert ("SiteBucket" in made.get("PageStack", set())) is ("PageStack" in there)
    assert ("AlarmTopic" in made.get("WatchStack", set())) is ("AlarmEmail" in parameters)


@pytest.mark.slow
@pytest.mark.parametrize("parameters", EXTREMES.values(), ids=EXTREMES)
def test_the_extremes_are_built_with_their_nested_stacks(
    sam_build: Callable[..., None], parts: dict[str, Document], tmp_path: Path, parameters: dict[str, str]
) -> None:
    sam_build(tmp_path, **parameters)
    # SAM builds whatever the conditions say, and leaves it to CloudFormation what is made.
    for name, part in parts.items():
        built = (tmp_path / name / "template.yaml").read_text()
        assert all(f"{resource}:" in built for resource in part["Resources"])
    layers = {place.name for place in tmp_path.glob("*Layer")}
    assert ("SklearnLayer" in layers) is (parameters.get("LiveModels") == "true")


def test_a_template_can_be_read(root: Path) -> None:
    lines = {name: len((root / name).read_text().splitlines()) for name in MOST_LINES}
    assert {name: count for name, count in lines.items() if count > MOST_LINES[name]} == {}


def test_what_a_local_run_needs_waits_for_no_nested_stack(template: Document) -> None:
    """SAM's emulator makes no nested stack, and so none of their outputs."""
    local = [
        *(template["Resources"][name] for name in ("PredictFunction", "BatchFunction", "Api")),
        template["Globals"],
    ]
    assert "Outputs." not in json.dumps(local)


def test_each_parameter_of_a_nested_stack_is_given_and_used(template: Document, parts: dict[str, Document]) -> None:
    for name, part in parts.items():
        given = template["Resources"][name]["Properties"]["Parameters"]
        assert given.keys() == part["Parameters"].keys()
        used = json.dumps([part["Resources"], part["Conditions"], part["Outputs"]])
        unused = [one for one in given if f'"Ref": "{one}"' not in used and f"${{{one}}}" not in used]
        assert unused == [], name
        # A nested stack has a name of its own, by which nobody knows the stack.
        assert "AWS::StackName" not in used


def test_cloudformation_lets_nested_stacks_be_made(root: Path) -> None:
    assert "CAPABILITY_AUTO_EXPAND" in (root / "samconfig.toml").read_text()

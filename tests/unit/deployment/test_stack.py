"""The picture of the stack in docs/stack.md shows what template.yaml and its parts make, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.template import TEMPLATE, read_template

PAGE = Path(__file__).parents[3] / "docs" / "stack.md"
# What belongs to a node of the picture: resources and, where all of a kind do, types.
BELONGS = {
    "AlarmTopic": {"AlarmTopicPolicy", "AlarmKey"},
    "Api": {"PageKey", "PageUsagePlan", "PageUsagePlanKey"} | {"ApiLogGroup", "ApiLogsAccount", "ApiLogsRole"},
    "BatchBucket": {"BatchBucketPolicy"},
    "BatchFunction": {"BatchRole", "BatchLogGroup"},
    "BatchStateMachine": {"BatchStateMachineRole", "BatchMapPolicy", "BatchStateMachineLogGroup"},
    "Distribution": {"SiteAccess", "SiteCaching", "SiteHeaders", "SitePaths", "FileCaching", "FileTypes"},
    "ModelsBucket": {"ModelsBucketPolicy", "PublishPolicy", "ReadModelsPolicy"},
    "PredictFunction": {"PredictRole", "DeployRole"},
    "PredictLogGroup": {"AWS::Logs::QueryDefinition"},
    "ServerErrorsAlarm": {"AWS::CloudWatch::Alarm", "AWS::Logs::MetricFilter"},
    "SiteBucket": {"SiteBucketPolicy"},
}
# The buckets' own log, which all of them name.
NOT_SHOWN = {"LogsBucketPolicy"}
# Such a policy says who may come, which the arrow from there shows.
SAY_WHO_MAY = {"AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"}
Arrow = tuple[str, str]


@pytest.fixture(scope="module")
def picture() -> tuple[dict[str, str], set[Arrow]]:
    """Return the nodes of the picture with their texts, and its arrows."""
    (drawn,) = re.findall(r"```mermaid\nflowchart LR\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    nodes = dict(re.findall(r"(\w+)[\[(]+\"([^\"]+)\"", drawn))
    arrows = re.findall(r"^  (\w+)\S*(?:[^\n]*\")?[\])]*\s*--> (\w+)", drawn, re.MULTILINE)
    return nodes | {name: nodes.get(name, name) for arrow in arrows for name in arrow}, set(arrows)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """Return the resources of template and parts, with the rules that SAM makes of events."""
    made = _joined(read_template()["Resources"])
    rules = {
        name + event: {"Type": "AWS::Events::Rule", "Properties": {"Targets": {"!Ref": name}, **said["Properties"]}}
        for name, one in made.items()
        for event, said in one.get("Properties", {}).get("Events", {}).items()
        if said["Type"] == "EventBridgeRule"
    }
    return {**made, **rules}


def test_every_resource_belongs_to_one_node(picture: Any, resources: dict[str, Any]) -> None:
    nodes, _ = picture
    assert nodes.keys() <= resources.keys()
    assert BELONGS.keys() <= nodes.keys()
    types = {one["Type"] for one in resources.values()}
    assert set().union(*BELONGS.values()) <= resources.keys() | types, "of what the template no longer has"
    assert {name for name in resources if not _nodes_of(name, resources, nodes)} <= NOT_SHOWN | {"LogsBucket"}
    assert all(len(_nodes_of(name, resources, nodes)) <= 1 for name in resources)


def test_every_reference_of_the_template_is_an_arrow_and_every_arrow_a_reference(
    picture: Any, resources: dict[str, Any]
) -> None:
    nodes, arrows = picture
    where = {name: of[0] for name in resources if (of := _nodes_of(name, resources, nodes))}
    said = {(where.get(one), where.get(other)) for one, other in _references(resources)}
    assert arrows == {(one, other) for one, other in said if one and other and one != other}


def test_what_is_optional_is_said_to_be(picture: Any, resources: dict[str, Any]) -> None:
    nodes, _ = picture
    assert {name for name, text in nodes.items() if "(optional)" in text} == {
        name for name in nodes if "Condition" in resources[name]
    }


def _joined(root: dict[str, Any]) -> dict[str, Any]:
    """Return the resources with those of nested stacks, in which each parameter is what it is given."""
    nested = {name: one for name, one in root.items() if one["Type"] == "AWS::Serverless::Application"}
    whole = {name: one for name, one in root.items() if name not in nested}
    parts = {name: read_template(TEMPLATE.parent / one["Properties"]["Location"]) for name, one in nested.items()}
    outputs = {
        f"{name}.{key}": next(_named(said["Value"]))
        for name, part in parts.items()
        for key, said in part["Outputs"].items()
    }
    for name, one in nested.items():
        part = parts[name]
        given = outputs | {key: value["!Ref"] for key, value in one["Properties"]["Parameters"].items()}
        # All of a nested stack is optional where the stack is.
        own = {key: {"Condition": one["Condition"], **said} for key, said in part["Resources"].items()}
        whole = {key: _given(said, given) for key, said in {**whole, **own}.items()}
    return whole


def _given(value: Any, given: dict[str, str]) -> Any:
    """Return a value in which what is handed from stack to stack has the name of what it is."""
    if isinstance(value, list):
        return [_given(one, given) for one in value]
    if not isinstance(value, dict):
        return re.sub(r"\$\{(\w+)\}", lambda found: f"${{{given.get(found[1], found[1])}}}", str(value))
    (key, named), *_ = [*value.items(), ("", "")]
    if key == "!GetAtt" and ".Outputs." in named:
        return {"!Ref": given[named.replace(".Outputs.", ".")]}
    if key == "!Ref":
        return {key: given.get(named, named)}
    return {one: _given(other, given) for one, other in value.items()}


def _nodes_of(name: str, resources: dict[str, Any], nodes: dict[str, str]) -> list[str]:
    if name in nodes:
        return [name]
    return [node for node, held in BELONGS.items() if held & {name, resources[name]["Type"]}]


def _references(resources: dict[str, Any]) -> Iterator[Arrow]:
    """Yield what names what, an event's source before what it starts."""
    for name, one in resources.items():
        if one["Type"] in SAY_WHO_MAY:
            continue
        said = dict(one.get("Properties", {}))
        events = said.pop("Events", {}).values()
        sources = [said.pop("Pattern", {}), *(event for event in events if event["Type"] != "EventBridgeRule")]
        yield from ((source, name) for source in _named(sources))
        yield from ((name, other) for other in _named(said))


def _named(value: Any) -> Iterator[str]:
    """Yield every name that Ref, GetAtt and Sub have in a value."""
    if isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in ("!Ref", "!GetAtt"):
                yield one.split(".")[0]
            elif key == "!Sub":
                text, *rest = one if isinstance(one, list) else [one]
                yield from re.findall(r"\$\{(\w+)", text)
                yield from _named(rest)
            else:
                yield from _named(one)

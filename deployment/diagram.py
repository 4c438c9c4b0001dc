"""What the picture of the stack shows: template.yaml's resources in boxes, and arrows for what names what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from picklejar.errors import PicklejarError

Template = dict[str, Any]
# From what asks, reads, writes or starts, to what is asked, read, written or started; by their names in the template.
Arrow = tuple[str, str]

# Such a policy says who may come, which the arrow from there shows already.
SAY_WHO_MAY = {"AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"}
RULE_EVENT = "EventBridgeRule"


class NotInThePicture(PicklejarError):
    """The template and the table of what is drawn disagree; says on what."""


@dataclass(frozen=True)
class Box:
    """One thing to be seen: a resource, those that belong to it, and where it stands.

    `holds` has logical ids and, where all of a kind belong to it, types. `within` is a start and a width in the column.
    """

    id: str
    name: str
    says: str
    column: int
    row: int
    holds: tuple[str, ...] = ()
    within: tuple[int, int] | None = None


@dataclass(frozen=True)
class Mark:
    """What so many boxes name that a mark on them says it, instead of arrows."""

    id: str
    says: str
    holds: tuple[str, ...] = ()


BOXES = (
    Box("Dashboard", "Dashboard", "CloudWatch", 2, 0),
    Box("Budget", "Budget", "", 3, 0),
    Box("DomainRecords", "Domain records", "", 0, 1),
    Box("WebAcl", "Web ACL", "", 1, 1),
    Box("PredictLogGroup", "Log", "and queries", 2, 1, ("AWS::Logs::QueryDefinition",), (30, 112)),
    Box(
        *("ServerErrorsAlarm", "Alarms", "CloudWatch", 2, 1),
        holds=("AWS::CloudWatch::Alarm", "AWS::Logs::MetricFilter"),
        within=(176, 120),
    ),
    Box("AlarmTopic", "SNS topic", "", 3, 1, ("AlarmTopicPolicy", "AlarmKey")),
    Box("Distribution", "CloudFront", "one origin", 0, 2, ("SiteAccess", "SiteCaching", "SiteHeaders", "SitePaths")),
    Box(
        *("Api", "API Gateway", "keys and limits", 1, 2),
        holds=(
            *("PageKey", "PageUsagePlan", "PageUsagePlanKey", "ClientsUsagePlan"),
            *("ApiLogGroup", "ApiLogsAccount", "ApiLogsRole"),
        ),
    ),
    Box("PredictFunction", "Predict function", "Lambda", 2, 2, ("PredictRole", "DeployRole")),
    Box("ModelsBucket", "Models bucket", "versions, aliases", 3, 2, ("ModelsBucketPolicy", "PublishPolicy")),
    Box("SiteBucket", "Site bucket", "the page", 0, 3, ("SiteBucketPolicy",)),
    Box("PageKeySecret", "Secret", "the page's key", 1, 3),
    Box("PicklejarLayer", "Picklejar", "layer", 2, 3, within=(0, 88)),
    Box("RuntimeLayer", "Runtime", "layer", 2, 3, within=(96, 88)),
    Box("SklearnLayer", "scikit-learn", "layer", 2, 3, within=(192, 104)),
    Box(
        *("BatchStateMachine", "State machine", "plan, score, join", 1, 4),
        holds=("BatchStateMachineRole", "BatchMapPolicy", "BatchStateMachineLogGroup"),
    ),
    Box("BatchFunction", "Batch function", "Lambda", 2, 4, ("BatchRole", "BatchLogGroup")),
    Box("BatchBucket", "Batch bucket", "files and results", 3, 4, ("BatchBucketPolicy",)),
    Box("BatchStateMachineFileCame", "EventBridge rule", "a file came", 2, 5),
)
MARKS = (
    Mark("KmsKeyArn", "encrypts what it keeps by KmsKeyArn, if given"),
    Mark("LogsBucket", "tells the bucket of logs who asked it", ("LogsBucketPolicy",)),
)
# What a mark may stand for without being a resource.
PARAMETERS = {"KmsKeyArn"}


@dataclass(frozen=True)
class Diagram:
    """The boxes by their ids, the parameters that optional ones depend on, functions' aliases, arrows, and marks."""

    boxes: dict[str, Box]
    parameters: dict[str, str]
    aliases: dict[str, str]
    arrows: frozenset[Arrow]
    marks: frozenset[Arrow]


def diagram(template: Template) -> Diagram:
    """Return what there is to draw of the template; raises NotInThePicture."""
    resources = with_rules(template["Resources"])
    where = places(resources) | {parameter: parameter for parameter in PARAMETERS}
    boxes = {box.id: box for box in BOXES}
    found = {(where[one], where[other]) for one, other in references(resources) if other in where}
    arrows = {(one, other) for one, other in found if one in boxes and one != other}
    return Diagram(
        boxes,
        {name: _parameter(template, resources[name]["Condition"]) for name in boxes if "Condition" in resources[name]},
        {name: alias for name in boxes if (alias := resources[name].get("Properties", {}).get("AutoPublishAlias"))},
        frozenset(arrow for arrow in arrows if arrow[1] in boxes),
        frozenset(arrow for arrow in arrows if arrow[1] not in boxes),
    )


def with_rules(resources: Template) -> Template:
    """Return the resources with the rules that SAM makes of functions' and state machines' events, named as by SAM."""
    rules = {
        name + event: {"Type": "AWS::Events::Rule", "Properties": {"Targets": {"!Ref": name}, **said["Properties"]}}
        for name, one in resources.items()
        for event, said in one.get("Properties", {}).get("Events", {}).items()
        if said["Type"] == RULE_EVENT
    }
    return resources | rules


def places(resources: Template) -> dict[str, str]:
    """Return in which box or mark each resource is; raises NotInThePicture where it is in none."""
    holder = {held: one.id for one in (*BOXES, *MARKS) for held in (one.id, *one.holds)}
    unknown = [name for name, one in resources.items() if name not in holder and one["Type"] not in holder]
    if unknown:
        raise NotInThePicture(
            f"The picture of the stack does not know {', '.join(unknown)}; give each a box of its own, or let one hold "
            "it, in BOXES of deployment/diagram.py."
        )
    types = {one["Type"] for one in resources.values()}
    gone = holder.keys() - resources.keys() - types - PARAMETERS
    if gone:
        raise NotInThePicture(f"The template has no {', '.join(sorted(gone))}; delete it in deployment/diagram.py.")
    return {name: holder.get(name) or holder[one["Type"]] for name, one in resources.items()}


def references(resources: Template) -> Iterator[Arrow]:
    """Yield what names what, an event's source before what it starts."""
    for name, one in resources.items():
        if one["Type"] in SAY_WHO_MAY:
            continue
        said = dict(one.get("Properties", {}))
        events = said.pop("Events", {}).values()
        sources = [said.pop("Pattern", {}), *(event for event in events if event["Type"] != RULE_EVENT)]
        yield from ((source, name) for source in named(sources))
        yield from ((name, other) for other in named(said))


def named(value: Any) -> Iterator[str]:
    """Yield every name that Ref, GetAtt and Sub have in a value."""
    if isinstance(value, list):
        for one in value:
            yield from named(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in ("!Ref", "!GetAtt"):
                yield one.split(".")[0]
            elif key == "!Sub":
                text, *rest = one if isinstance(one, list) else [one]
                yield from re.findall(r"\$\{(\w+)", text)
                yield from named(rest)
            else:
                yield from named(one)


def _parameter(template: Template, condition: str) -> str:
    return next(named(template["Conditions"][condition]))

"""Goes back to a version of the code that has served, and lets the next deployment move on from there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deployment.sam import SamFailed, sam_deploy
from deployment.samconfig import Target
from deployment.versions import Versions, forget_served, mark_served, read_versions, serve
from picklejar.errors import PicklejarError
from training.aws.account import Account, aws_errors
from training.aws.stack import Stack, find_stack

# SAM's names of what it makes of PredictFunction.
VERSION = "PredictFunctionVersion"
ALIAS = "PredictFunctionAliaslive"

Say = Callable[[str], None]


class NotRolledBack(PicklejarError):
    """The code cannot go back; says why. Nothing was moved."""


@dataclass(frozen=True)
class Plan:
    """Where a rollback goes, among the versions that there are."""

    versions: Versions
    to: int


def plan(account: Account, stack: Stack, to: int | None) -> Plan:
    """Return where to go: `to`, or the version that served before; raises NotRolledBack, AwsRefused."""
    if stack.status.endswith("_IN_PROGRESS"):
        raise NotRolledBack(f"The stack {stack.name} is {stack.status}; nothing was moved. {_what_ends(stack)}")
    versions = read_versions(account, stack)
    if versions.moving_to is not None:
        raise NotRolledBack(
            f"A deployment moves requests from version {versions.live} to {versions.moving_to}; nothing was moved. "
            "Wait for its end, or stop it in CodeDeploy, which goes back by itself."
        )
    if to is None:
        return Plan(versions, _before(versions, stack))
    if to == versions.live:
        raise NotRolledBack(f"Version {to} serves already; nothing was moved.")
    if to not in versions.published:
        there = ", ".join(map(str, sorted(versions.published)))
        raise NotRolledBack(f"There is no version {to}; nothing was moved. There are {there}.")
    return Plan(versions, to)


def _what_ends(stack: Stack) -> str:
    if stack.status == "UPDATE_IN_PROGRESS":
        return (
            f"`aws cloudformation cancel-update-stack --stack-name {stack.name} --region {stack.region}` stops the "
            "deployment and goes back to what was before it."
        )
    return "Wait for its end."


def _before(versions: Versions, stack: Stack) -> int:
    if versions.before is not None:
        return versions.before
    others = ", ".join(str(number) for number in sorted(versions.published) if number != versions.live)
    if others:
        ends = f"There are {others}, of which nothing tells whether they served; TO= names one."
    elif stack.parameters.get("SnapStart") == "true":
        ends = "With SnapStart=true only the one that serves is kept; deploy the commit before."
    else:
        ends = "`make deploy` keeps what served before it."
    raise NotRolledBack(
        f"No version before {versions.live}, which serves, is known to have served; nothing was moved. {ends}"
    )


def go_back(account: Account, plan: Plan) -> None:
    """Let the version serve; no rollback goes by itself to what is newer and was left for it."""
    serve(account, plan.versions, plan.to)
    mark_served(account, plan.versions, plan.to)
    for number in sorted(plan.versions.served):
        if plan.to < number <= plan.versions.live:
            forget_served(account, plan.versions, number)


def rolled_back(account: Account, stack: Stack) -> Versions | None:
    """Return the versions if another serves than CloudFormation has made last, as after a rollback."""
    versions, made = read_versions(account, stack), _made(account, stack)
    return versions if made is not None and made != versions.live and versions.moving_to is None else None


def _made(account: Account, stack: Stack) -> int | None:
    with aws_errors(f"listing the resources of {stack.name}"):
        pages = account.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
        for resource in (one for page in pages for one in page["StackResourceSummaries"]):
            # The ARN of a version ends in its number.
            number = resource.get("PhysicalResourceId", "").rpartition(":")[2]
            if _is_version(resource) and number.isdecimal():
                return int(number)
    return None


def deploy_onward(
    account: Account,
    target: Target,
    stack: Stack,
    versions: Versions,
    say: Say,
    template: Path,
    changes: dict[str, str],
) -> None:
    """Deploy where the code was rolled back, so that requests move from the version that serves; raises SamFailed.

    CloudFormation would have CodeDeploy move them from the version that it made last, and CodeDeploy refuses because
    the alias names another. So CloudFormation is told first of the version that serves, by its own template with that
    number in the alias, and without CodeDeploy. Code that has not changed stays rolled back.
    """
    try:
        if _publishes(account, target, stack, template, changes):
            say(f"CloudFormation is told that version {versions.live} serves, so that requests move on from it.")
            _tell(account, target, stack, versions.live)
        else:
            say(f"The function's code is the one that was rolled back: version {versions.live} goes on serving.")
        sam_deploy(target, account.region, template, changes)
    except SamFailed:
        _hold(account, stack, versions.live, say)
        raise


def _publishes(account: Account, target: Target, stack: Stack, template: Path, changes: dict[str, str]) -> bool:
    """Whether a deployment would publish a version, by a change set that is not executed."""
    client = account.client("cloudformation")
    with aws_errors(f"listing the change sets of {stack.name}"):
        before = {one["ChangeSetId"] for one in _change_sets(client, stack)}
    sam_deploy(target, account.region, template, changes, execute=False)
    with aws_errors(f"reading the change sets of {stack.name}"):
        new = [one["ChangeSetId"] for one in _change_sets(client, stack) if one["ChangeSetId"] not in before]
        changed = [change for change_set in new for change in _changes(client, change_set)]
        for change_set in new:
            client.delete_change_set(ChangeSetName=change_set)
    return any(
        _is_version(change) and (change["Action"] == "Add" or change.get("Replacement") == "True") for change in changed
    )


def _tell(account: Account, target: Target, stack: Stack, live: int) -> None:
    with aws_errors(f"reading the template of {stack.name}"):
        answer = account.client("cloudformation").get_template(StackName=stack.name, TemplateStage="Processed")
    template: dict[str, Any] = json.loads(json.dumps(answer["TemplateBody"]))
    alias = template["Resources"][ALIAS]
    alias["Properties"]["FunctionVersion"] = str(live)
    alias.pop("UpdatePolicy", None)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps(template), encoding="utf-8")
        # The deployed parameters: those of samconfig.toml are for the deployment that follows.
        sam_deploy(replace(target, parameters={}), account.region, file, stack.parameters)


def _hold(account: Account, stack: Stack, live: int, say: Say) -> None:
    """Let the version serve again from which CloudFormation went back to what it made last."""
    found = find_stack(account, stack.name)
    if found.status.endswith("_IN_PROGRESS"):
        return
    versions = read_versions(account, found)
    if versions.live != live and versions.moving_to is None:
        serve(account, versions, live)
        say(f"CloudFormation went back to version {versions.live}, which was rolled back; {live} serves again.")


def _is_version(resource: dict[str, Any]) -> bool:
    kind, name = resource["ResourceType"], resource["LogicalResourceId"]
    return bool(kind == "AWS::Lambda::Version" and name.startswith(VERSION))


def _change_sets(client: Any, stack: Stack) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator("list_change_sets").paginate(StackName=stack.name):
        yield from page["Summaries"]


def _changes(client: Any, change_set: str) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set):
        yield from (one["ResourceChange"] for one in page.get("Changes", []) if "ResourceChange" in one)

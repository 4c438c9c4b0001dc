"""Deploys where the code was rolled back, so that requests move on from the version that serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deployment.sam import SamFailed, sam_deploy
from deployment.samconfig import Target
from deployment.versions import Versions, read_versions, serve
from training.aws.account import Account, aws_errors
from training.aws.stack import Stack, find_stack, resources_of

# SAM's names of what it makes of PredictFunction.
VERSION = "PredictFunctionVersion"
ALIAS = "PredictFunctionAliaslive"

Say = Callable[[str], None]


def rolled_back(account: Account, stack: Stack, versions: Versions) -> bool:
    """Whether another version serves than CloudFormation has made last, as after a rollback."""
    made = _made(account, stack)
    return made is not None and made != versions.live and versions.moving_to is None


def _made(account: Account, stack: Stack) -> int | None:
    with aws_errors(f"listing the resources of {stack.name}"):
        for resource in resources_of(account.client("cloudformation"), stack.name):
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
        say(f"CloudFormation goes on by itself; once it ends, `make rollback TO={live}` makes sure that {live} serves.")
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

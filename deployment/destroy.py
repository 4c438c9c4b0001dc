"""Destroys a stack with all that it holds; the models stay unless their bucket is named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deployment.buckets import Deleted, delete_bucket, empty
from picklejar.errors import PicklejarError
from training.aws.account import Account, AwsRefused, aws_errors, code
from training.aws.keys import Keys
from training.aws.stack import NESTED, Stack, events_of, is_of_itself, resources_of

MODELS = "ModelsBucket"
BUCKET_TYPE = "AWS::S3::Bucket"
# Deleting the function deletes its versions, whatever the template says of them.
GO_WITH_ANOTHER = {"AWS::Lambda::Version"}
TRIES = 3
PAUSE_SECONDS = 5.0

Say = Callable[[str], None]
Counting = Callable[[str], Deleted]


class StackNotDeletable(PicklejarError):
    """CloudFormation would refuse to delete the stack; nothing was done."""


class StackStuck(PicklejarError):
    """CloudFormation could not delete some resources; says which and why."""


@dataclass(frozen=True)
class Resource:
    """A resource's name in the template, its type, and its name in the account."""

    logical: str
    type: str
    physical: str


@dataclass(frozen=True)
class Plan:
    """What would be destroyed: the stack, its resources and those of nested stacks, and its clients' keys."""

    stack: Stack
    resources: tuple[Resource, ...]
    clients: tuple[str, ...]

    @property
    def models(self) -> str | None:
        return next((item.physical for item in self._buckets if item.logical == MODELS), None)

    @property
    def others(self) -> list[str]:
        return [item.physical for item in self._buckets if item.logical != MODELS]

    @property
    def stacks(self) -> list[str]:
        """The stack, and those nested in it."""
        return [self.stack.id, *(item.physical for item in self.resources if item.type == NESTED and item.physical)]

    @property
    def _buckets(self) -> list[Resource]:
        return [item for item in self.resources if item.type == BUCKET_TYPE and item.physical]


def plan(account: Account, stack: Stack) -> Plan:
    """Return what would be destroyed; raises StackNotDeletable, AwsRefused."""
    _require_deletable(stack)
    with aws_errors(f"listing the resources of {stack.name}"):
        resources = tuple(_resources(account.client("cloudformation"), stack.name))
    api = stack.outputs.get("ApiId")
    return Plan(stack, resources, tuple(Keys(account, api).names()) if api else ())


def _resources(client: Any, stack: str) -> Iterator[Resource]:
    """Yield what a stack and those nested in it have."""
    for item in resources_of(client, stack):
        if item["ResourceStatus"] != "DELETE_COMPLETE":
            found = Resource(item["LogicalResourceId"], item["ResourceType"], item.get("PhysicalResourceId", ""))
            yield found
            if found.type == NESTED and found.physical:
                yield from _resources(client, found.physical)


def _require_deletable(stack: Stack) -> None:
    if stack.protected:
        raise StackNotDeletable(
            f"The stack {stack.name} is protected from deletion; nothing was deleted. `aws cloudformation "
            f"update-termination-protection --no-enable-termination-protection --stack-name {stack.name}` ends that."
        )
    # A deletion that was interrupted here goes on there, and is waited for.
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "DELETE_IN_PROGRESS":
        raise StackNotDeletable(
            f"The stack {stack.name} is {stack.status}: somebody changes it; nothing was deleted. Wait for that to end."
        )


def destroy(account: Account, plan: Plan, *, models: bool, say: Say, counting: Counting) -> list[str]:
    """Delete everything, the models only if `models`; return what is left, in words.

    Raises StackStuck, NotDeleted and AwsRefused.
    """
    if plan.clients:
        keys = Keys(account, plan.stack.output("ApiId"))
        for name in plan.clients:
            keys.revoke(name)
        say(f"Revoked the keys of {', '.join(plan.clients)}.")
    try:
        left = _delete_stack(account, plan, say, counting)
    except (AwsRefused, KeyboardInterrupt):
        # CloudFormation may go on alone; once the stack is gone, nothing tells any more which buckets were its.
        say(
            "Not all is deleted. Say this again; where the stack is gone by then, `delete-bucket` deletes what it left:"
        )
        for bucket in plan.others:
            say(f"  .venv/bin/python -m deployment delete-bucket {bucket}")
        raise
    for bucket in [*plan.others, *([plan.models] if models and plan.models else [])]:
        # The stack is gone, so that nobody could say this again: what cannot be deleted now is told of.
        try:
            delete_bucket(account, bucket, counting(bucket))
        except PicklejarError as error:
            left[bucket] = f"the bucket {bucket}. {error}"
        else:
            left.pop(bucket, None)
            say(f"Deleted the bucket {bucket}.")
    if plan.models and not models:
        left[plan.models] = f"the models' bucket {plan.models}."
    return list(left.values())


def _delete_stack(account: Account, plan: Plan, say: Say, counting: Counting) -> dict[str, str]:
    for _ in range(TRIES):
        for bucket in plan.others:
            empty(account, bucket, counting(bucket))
        with aws_errors(f"deleting the stack {plan.stack.name}"):
            events = _deleted(account.client("cloudformation"), plan, say)
        failed = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
        if not failed:
            return _kept(events)
        # Anything but a bucket fails again.
        if {event["ResourceType"] for event in failed} - {BUCKET_TYPE, NESTED}:
            break
    reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]
    raise StackStuck(
        f"CloudFormation could not delete all of {plan.stack.name}. Say this again once what it names is mended:\n  "
        + "\n  ".join(reasons)
    )


def _deleted(client: Any, plan: Plan, say: Say) -> list[dict[str, Any]]:
    stack = plan.stack.id
    before = {event["EventId"] for event in _events(client, plan.stacks)}
    client.delete_stack(StackName=stack)
    seen: dict[str, dict[str, Any]] = {}
    while True:
        status = client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        for event in _events(client, plan.stacks):
            if event["EventId"] not in before and event["EventId"] not in seen:
                seen[event["EventId"]] = event
                say(f"  {event['ResourceStatus']:<18} {event['LogicalResourceId']}")
        if status in ("DELETE_COMPLETE", "DELETE_FAILED"):
            return list(seen.values())
        time.sleep(PAUSE_SECONDS)


def _events(client: Any, stacks: list[str]) -> list[dict[str, Any]]:
    """Return what happened to the stacks, of each the oldest first; those nested tell of their own resources alone."""
    return [
        event
        for stack in stacks
        for event in _events_of(client, stack)
        if stack == stacks[0] or not is_of_itself(event)
    ]


def _events_of(client: Any, stack: str) -> list[dict[str, Any]]:
    try:
        return list(events_of(client, stack))[::-1]
    except ClientError as error:
        # A nested stack that is gone tells nothing any more where it was not named by its id.
        if code(error) != "ValidationError":
            raise
        return []


def _kept(events: list[dict[str, Any]]) -> dict[str, str]:
    return {
        event["PhysicalResourceId"]: f"{event['LogicalResourceId']}, {event['PhysicalResourceId']}."
        for event in events
        if event["ResourceStatus"] == "DELETE_SKIPPED" and event["ResourceType"] not in GO_WITH_ANOTHER
    }

"""Goes back to a version of the code that has served."""

from __future__ import annotations

from dataclasses import dataclass

from deployment.versions import Versions, forget_served, mark_served, read_versions, serve
from picklejar.errors import PicklejarError
from training.aws.account import Account
from training.aws.stack import Stack


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

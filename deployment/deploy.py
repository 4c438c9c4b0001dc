"""Deploys everything, step after step; each finds what was done, so that running it again goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deployment.account import fit
from deployment.failures import explain
from deployment.onward import deploy_onward, rolled_back
from deployment.sam import BUILT, SamFailed, require_updatable, sam_deploy
from deployment.samconfig import Target
from deployment.upload import upload
from deployment.verify import ask_contract, await_answer, reached
from deployment.versions import KEPT, AliasMissing, Versions, delete_old, mark_served, read_versions
from training.aws.account import Account, AwsRefused
from training.aws.stack import Stack, StackNotFound, find_stack

STEPS = 4

Say = Callable[[str], None]
Step = Callable[[str], None]


def existing(account: Account, name: str) -> Stack | None:
    """Return the stack if it exists and can be updated; raises StackNotUpdatable, AwsRefused."""
    try:
        stack = find_stack(account, name)
    except StackNotFound:
        return None
    require_updatable(stack)
    return stack


def dns(stack: Stack) -> str | None:
    """Return what to do for a domain whose records the stack does not make, or None."""
    domain = stack.parameters.get("DomainName")
    if not domain or stack.parameters.get("HostedZoneId"):
        return None
    return f"Where the DNS of {domain} is, it must point to {stack.output('DistributionDomain')}."


def deploy(
    account: Account,
    target: Target,
    step: Step,
    say: Say,
    template: Path = BUILT,
) -> Stack:
    """Deploy what was built; return the stack once its address keeps the contract, whatever models it has.

    Every error says what to do.
    """
    before = existing(account, target.stack)
    changes = fit(account, target, before).changes
    step("making the stack, which takes minutes the first time")
    try:
        if before and (versions := _keep_live(account, before, say)):
            deploy_onward(account, target, before, versions, say, template, changes)
        else:
            sam_deploy(target, account.region, template, changes)
    except SamFailed as failure:
        raise explain(account, target.stack, failure) from None
    stack = find_stack(account, target.stack)
    step("uploading the page")
    _upload(account, stack, say)
    with reached(account, stack) as address:
        step(f"waiting for {address.url}")
        if pointing := dns(stack):
            say(pointing)
        await_answer(address, say)
        step("asking it all that the contract says")
        ask_contract(stack, address)
    _keep_served(account, stack, say)
    return stack


def _upload(account: Account, stack: Stack, say: Say) -> None:
    if not stack.has_page:
        say("There is no page (Page=false).")
        return
    page = upload(account, stack.output("SiteBucket"), stack.output("DistributionId"))
    say(f"{len(page.written)} files written, {len(page.deleted)} of an older version deleted.")


def _keep_live(account: Account, stack: Stack, say: Say) -> Versions | None:
    """Mark what serves, for a rollback to go to; return the versions where CloudFormation has another than serves."""
    if "PredictFunction" not in stack.outputs:
        return None
    try:
        versions = read_versions(account, stack)
        if versions.moving_to is None:
            mark_served(account, versions, versions.live)
        return versions if rolled_back(account, stack, versions) else None
    except (AwsRefused, AliasMissing) as error:
        say(f"What serves is not kept for `make rollback`, and a rollback is not looked for. {error}")
        return None


def _keep_served(account: Account, stack: Stack, say: Say) -> None:
    """Mark what serves now, and delete what is too old to go back to; with SnapStart every version costs."""
    if "PredictFunction" not in stack.outputs:
        return
    try:
        versions = read_versions(account, stack)
        mark_served(account, versions, versions.live)
        old = delete_old(account, versions, 0 if stack.parameters.get("SnapStart") == "true" else KEPT)
    except (AwsRefused, AliasMissing) as error:
        say(f"Versions of the function are not tidied up. {error}")
        return
    if old:
        say(f"Deleted version {', '.join(map(str, old))} of the function, too old to go back to.")

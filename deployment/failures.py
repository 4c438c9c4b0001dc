"""Why CloudFormation could not make a stack, from the events of the stack and of those nested in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deployment.sam import SamFailed
from training.aws.account import Account, AwsRefused, aws_errors
from training.aws.stack import NESTED, events_of, is_of_itself

# What a stack that is made or updated says of itself first.
BEGINNINGS = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
# What failed only because another did.
CONSEQUENCE = "cancelled"
NOT_VERIFIED = "Your account must be verified before you can add new CloudFront resources"
WITHOUT_PAGE = (
    "AWS has not verified this account for CloudFront, as it must new ones. Ask AWS Support for that, with the message "
    'above; until then deploy without the page: parameter_overrides = "Page=false" in samconfig.toml, after `make '
    "destroy` where the stack was never made."
)


def explain(account: Account, stack: str, failure: SamFailed) -> SamFailed:
    """Return the failure with CloudFormation's own reasons, those of nested stacks, too, and a way out where known."""
    try:
        with aws_errors(f"asking why {stack} failed"):
            reasons = list(dict.fromkeys(_reasons(account.client("cloudformation"), stack)))
    except AwsRefused:
        # Where there is no stack, it failed before that, and sam has said why.
        return failure
    if not reasons:
        return failure
    told = "\n  ".join(reasons)
    way_out = WITHOUT_PAGE if any(NOT_VERIFIED in reason for reason in reasons) else str(failure)
    return SamFailed(f"CloudFormation could not make all of {stack}:\n  {told}\n{way_out}")


def _reasons(client: Any, stack: str) -> Iterator[str]:
    """Yield what failed first when the stack was last made or updated."""
    for event in _of_last_time(client, stack):
        reason = event.get("ResourceStatusReason", "")
        if is_of_itself(event) or not event["ResourceStatus"].endswith("_FAILED") or CONSEQUENCE in reason:
            continue
        within = event["ResourceType"] == NESTED and event["PhysicalResourceId"]
        found = list(_reasons(client, event["PhysicalResourceId"])) if within else []
        yield from found or [f"{event['LogicalResourceId']}: {reason}"]


def _of_last_time(client: Any, stack: str) -> list[dict[str, Any]]:
    """Return the events since the stack itself last began to be made or updated, the oldest first."""
    events: list[dict[str, Any]] = []
    for event in events_of(client, stack):
        events.append(event)
        if is_of_itself(event) and event["ResourceStatus"] in BEGINNINGS:
            break
    return events[::-1]

"""A deployed stack: its status, parameters and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from picklejar.errors import PicklejarError
from training.aws.account import Account, aws_errors, code


class StackNotFound(PicklejarError):
    """No stack of that name exists in the account and region."""


class OutputMissing(PicklejarError):
    """The stack lacks an output; it was made from another template."""


class NoPage(PicklejarError):
    """The stack was deployed without a page."""


NESTED = "AWS::CloudFormation::Stack"
OF_THE_PAGE = {"SiteUrl", "SiteBucket", "DistributionId", "DistributionDomain"}


@dataclass(frozen=True)
class Stack:
    """A CloudFormation stack; a `protected` one cannot be deleted."""

    id: str
    name: str
    region: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]
    protected: bool = False

    @property
    def has_page(self) -> bool:
        return self.parameters.get("Page") != "false"

    def output(self, name: str) -> str:
        try:
            return self.outputs[name]
        except KeyError:
            if name in OF_THE_PAGE and not self.has_page:
                raise NoPage(
                    f"The stack {self.name} in {self.region} has no page, because it was deployed with Page=false. "
                    "Leave that out of parameter_overrides in samconfig.toml, and deploy it again with `make deploy`."
                ) from None
            raise OutputMissing(
                f"The stack {self.name} in {self.region} has no output {name}: it was made from another template, or "
                "by an older release. Deploy it again with `make deploy`."
            ) from None


def find_stack(account: Account, name: str) -> Stack:
    """Return the stack; raises StackNotFound or AwsRefused."""
    with aws_errors(f"describing the stack {name}"):
        try:
            match = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if code(error) == "ValidationError":
                raise _unknown(name, account.region) from error
            raise
    if match["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        raise _unknown(name, account.region)
    return Stack(
        match["StackId"],
        match["StackName"],
        account.region,
        match["StackStatus"],
        {item["ParameterKey"]: item["ParameterValue"] for item in match.get("Parameters", [])},
        {item["OutputKey"]: item["OutputValue"] for item in match.get("Outputs", [])},
        match.get("EnableTerminationProtection", False),
    )


def _unknown(name: str, region: str) -> StackNotFound:
    return StackNotFound(
        f"There is no stack {name} in {region}; deploy it with `make deploy`, or name another stack or region."
    )


def resources_of(client: Any, stack: str) -> Iterator[dict[str, Any]]:
    """Yield the resources of a stack by its name or id, as CloudFormation summarizes them; not those of nested ones."""
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        yield from page["StackResourceSummaries"]


def events_of(client: Any, stack: str) -> Iterator[dict[str, Any]]:
    """Yield what happened to a stack by its name or id and to its resources, the newest first."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack):
        yield from page["StackEvents"]


def is_of_itself(event: dict[str, Any]) -> bool:
    """Whether an event is of the stack, not of one of its resources."""
    return bool(event["PhysicalResourceId"] == event["StackId"])

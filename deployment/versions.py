"""The function's versions: which one serves, which have served, and which are old enough to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from picklejar.errors import PicklejarError
from training.aws.account import Account, aws_errors, code
from training.aws.stack import Stack

# The template's AutoPublishAlias, which the API calls.
LIVE = "live"
# An alias of its own marks each version that has served, as in served-7. One that failed in its deployment has none,
# and is never what a rollback goes to.
SERVED = "served-"
# How many versions that have served are kept beside the one that serves.
KEPT = 5


class AliasMissing(PicklejarError):
    """The function has lost the alias that the API calls."""


class AliasMoved(PicklejarError):
    """Somebody else moved the alias meanwhile."""


@dataclass(frozen=True)
class Versions:
    """A function's versions, by their numbers: when each was published, and what the aliases name."""

    function: str
    published: dict[int, str]
    live: int
    """The version that serves."""
    moving_to: int | None
    """The version that gets a part of the requests, while a deployment moves them."""
    served: frozenset[int]
    others: frozenset[int]
    """What aliases of others name."""
    revision: str

    @property
    def before(self) -> int | None:
        """The version that served before, if it is kept."""
        return max((number for number in self.served if number < self.live), default=None)


def read_versions(account: Account, stack: Stack) -> Versions:
    """Return the versions of the stack's predicting function; raises AliasMissing, AwsRefused, OutputMissing."""
    function = stack.output("PredictFunction")
    with aws_errors(f"listing the versions of {function}"):
        published = {
            int(version["Version"]): str(version["LastModified"])
            for version in _listed(account, "list_versions_by_function", "Versions", function)
            if version["Version"] != "$LATEST"
        }
        aliases = {alias["Name"]: alias for alias in _listed(account, "list_aliases", "Aliases", function)}
    if LIVE not in aliases:
        raise AliasMissing(f"{function} has no alias {LIVE!r}, which the API calls; make it again, or the stack.")
    live = aliases.pop(LIVE)
    parts = (live.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Versions(
        function,
        published,
        int(live["FunctionVersion"]),
        next((int(number) for number, weight in parts.items() if weight), None),
        frozenset(int(alias["FunctionVersion"]) for name, alias in aliases.items() if name.startswith(SERVED)),
        frozenset(int(alias["FunctionVersion"]) for name, alias in aliases.items() if not name.startswith(SERVED)),
        live["RevisionId"],
    )


def serve(account: Account, versions: Versions, number: int) -> None:
    """Move the alias, which takes effect at the next request; raises AliasMoved, AwsRefused."""
    with aws_errors(f"moving {versions.function} to version {number}"):
        try:
            account.client("lambda").update_alias(
                FunctionName=versions.function,
                Name=LIVE,
                FunctionVersion=str(number),
                RevisionId=versions.revision,
            )
        except ClientError as error:
            if code(error) != "PreconditionFailedException":
                raise
            raise AliasMoved(
                f"Somebody else moved {versions.function} meanwhile, so that nothing was moved here. Look again."
            ) from error


def mark_served(account: Account, versions: Versions, number: int) -> None:
    """Mark a version as one that has served, and keep it."""
    if number in versions.served:
        return
    with aws_errors(f"marking version {number} of {versions.function}"):
        account.client("lambda").create_alias(
            FunctionName=versions.function, Name=f"{SERVED}{number}", FunctionVersion=str(number)
        )


def forget_served(account: Account, versions: Versions, number: int) -> None:
    """Take the mark from a version, so that no rollback goes to it by itself."""
    with aws_errors(f"taking the mark from version {number} of {versions.function}"):
        account.client("lambda").delete_alias(FunctionName=versions.function, Name=f"{SERVED}{number}")


def delete_old(account: Account, versions: Versions, kept: int = KEPT) -> list[int]:
    """Delete the versions before the one that serves, but for the last `kept` that served and what others name.

    What is newer stays: CloudFormation may still hold it after a rollback.
    """
    before = {number for number in versions.published if number < versions.live}
    keep = set(sorted(before & versions.served)[-kept:] if kept else ())
    old = sorted(before - keep - versions.others)
    for number in old:
        if number in versions.served:
            forget_served(account, versions, number)
        with aws_errors(f"deleting version {number} of {versions.function}"):
            account.client("lambda").delete_function(FunctionName=versions.function, Qualifier=str(number))
    return old


def _listed(account: Account, operation: str, what: str, function: str) -> Iterator[dict[str, Any]]:
    for page in account.client("lambda").get_paginator(operation).paginate(FunctionName=function):
        yield from page[what]

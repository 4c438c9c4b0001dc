"""Asks what the account takes before anything is made, and fits the template's parameters to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import ClientError

from deployment.samconfig import Target
from local.template import read_template
from picklejar.errors import InvalidConfiguration, PicklejarError
from training.aws.account import REFUSALS, Account, aws_errors, code
from training.aws.stack import Stack

# MaxConcurrency is reserved for each of them.
FUNCTIONS = 2
# What Lambda keeps for functions that reserve nothing.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
LEAST_UNRESERVED = 100
# Of a new account. AWS raises both with use, tells the first (GetAccountSettings), and nowhere the second.
NEW_ACCOUNT_EXECUTIONS = 10
NEW_ACCOUNT_MEMORY = 3008
LOGS_ROLE = "MakeApiLogsRole"


class AccountTooSmall(PicklejarError):
    """The account does not take what the parameters ask for; says what works. Nothing was made."""


@dataclass(frozen=True)
class Fitted:
    """What to tell before a deployment, and the parameters that it changes by itself."""

    told: tuple[str, ...]
    changes: dict[str, str]


def fit(account: Account, target: Target, stack: Stack | None) -> Fitted:
    """Ask the account's limits and roles; raises AccountTooSmall, InvalidConfiguration, AwsRefused.

    A parameter of samconfig.toml is never changed. What these credentials may not ask is told of, and not checked.
    """
    fitting = _Fitting(account, target, stack)
    fitting.fit_functions()
    fitting.fit_logs_role()
    return Fitted(tuple(fitting.told), fitting.changes)


class _Fitting:
    def __init__(self, account: Account, target: Target, stack: Stack | None) -> None:
        self._account = account
        self._given = target.parameters
        # sam keeps the deployed value of what samconfig.toml does not name.
        self._deployed = stack.parameters if stack else {}
        self.told: list[str] = []
        self.changes: dict[str, str] = {}

    def fit_functions(self) -> None:
        limit: dict[str, int] = {}
        with self._asked("lambda:GetAccountSettings", "how much Lambda runs here at one time"):
            limit = self._account.client("lambda").get_account_settings()["AccountLimit"]
        if limit:
            total, unreserved = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
            self.told.append(f"Lambda runs {total:,} containers here at one time, {unreserved:,} of them unreserved.")
            # What the stack has reserved is its own to give back.
            self._fit_concurrency(unreserved + FUNCTIONS * _number(self._deployed, "MaxConcurrency", "0"))
        self._fit_memory(limit.get("ConcurrentExecutions"))

    def _fit_concurrency(self, free: int) -> None:
        wanted = self._value("MaxConcurrency")
        if wanted > _number(self._deployed, "MaxConcurrency", "0"):
            self._require_reservable(wanted, free)
        if not wanted:
            self._fit_batch(free)

    def _require_reservable(self, wanted: int, free: int) -> None:
        most = max(0, (free - LEAST_UNRESERVED) // FUNCTIONS)
        if wanted > most:
            works = f"MaxConcurrency={most} is the most that works" if most else "only MaxConcurrency=0 works"
            raise AccountTooSmall(
                f"MaxConcurrency={wanted} reserves {FUNCTIONS * wanted:,} containers, {wanted:,} for each of two "
                f"functions, and Lambda must keep {LEAST_UNRESERVED} of the {free:,} that are free here unreserved: "
                f"{works}. Nothing was made. Service Quotas raises the account's limit."
            )

    def _fit_batch(self, free: int) -> None:
        """Leave half of what is free to the API: a file's chunks would take all there is for as long as it lasts."""
        chunks, half = self._value("BatchConcurrency"), max(1, free // 2)
        if chunks <= half:
            return
        if "BatchConcurrency" not in self._given:
            self.changes["BatchConcurrency"] = str(half)
            self.told.append(f"BatchConcurrency is {half}, not {chunks}, so that a file leaves half to the API.")
        elif chunks >= free:
            raise AccountTooSmall(
                f"BatchConcurrency={chunks} would let one file take all {free:,} containers that are free here, and "
                f"the API would refuse requests meanwhile; BatchConcurrency={half} leaves it half. Nothing was made."
            )
        else:
            self.told.append(
                f"A file may take {chunks} of the {free:,} containers that are free here (BatchConcurrency), which "
                f"leaves {free - chunks} to the API."
            )

    def _fit_memory(self, executions: int | None) -> None:
        memory = self._value("MemorySize")
        # What the stack has already, the account takes.
        if memory <= max(NEW_ACCOUNT_MEMORY, _number(self._deployed, "MemorySize", "0")):
            return
        if executions is not None and executions <= NEW_ACCOUNT_EXECUTIONS:
            raise AccountTooSmall(
                f"MemorySize={memory} is more than a new account takes, and this is one by its {executions} containers "
                f"at one time: MemorySize={NEW_ACCOUNT_MEMORY} is the most that works. Nothing was made. AWS raises "
                "both with use; its support does on request."
            )
        self.told.append(
            f"Not checked: whether this account takes MemorySize={memory}. New ones take {NEW_ACCOUNT_MEMORY} at most, "
            "and AWS has no API that tells."
        )

    def fit_logs_role(self) -> None:
        """Leave the account's role as it is where others have set one: every API of the region logs by it."""
        role: str | None = None
        with self._asked("apigateway:GET on /account", "by which role API Gateway writes logs"):
            role = self._account.client("apigateway").get_account().get("cloudwatchRoleArn") or ""
        if role is None:
            return
        gone = bool(role) and not self._exists(role)
        there = bool(role) and not gone
        made, given = self._deployed.get(LOGS_ROLE) == "true", self._given.get(LOGS_ROLE)
        if gone:
            self.told.append(f"API Gateway writes this account's logs by {role}, and there is no such role any more.")
        if given is not None:
            self._require_logs_role(given, role, there=there, made=made)
        elif made:
            # It stays the stack's; CloudFormation does not touch it unless the template's part of it changes.
            if gone:
                self.told.append(
                    f"CloudFormation makes it again if you deploy once with {LOGS_ROLE}=false in samconfig.toml, and "
                    "once without."
                )
        elif there:
            self.changes[LOGS_ROLE] = "false"
            self.told.append(f"API Gateway still writes logs by {role}; the stack makes no other ({LOGS_ROLE}=false).")
        elif self._deployed.get(LOGS_ROLE) == "false":
            self.changes[LOGS_ROLE] = "true"
            self.told.append(f"The stack makes the role by which API Gateway writes logs ({LOGS_ROLE}=true).")

    def _require_logs_role(self, given: str, role: str, *, there: bool, made: bool) -> None:
        if given == "false" and not there:
            raise AccountTooSmall(
                f"{LOGS_ROLE}=false, and API Gateway has no role here to write logs by; without the parameter the "
                "stack makes one. Nothing was made."
            )
        if given == "true" and there and not made:
            self.told.append(
                f"{LOGS_ROLE}=true takes the place of {role}, by which every API of this account and region logs."
            )

    def _exists(self, role: str) -> bool:
        with self._asked("iam:GetRole", f"whether there is a role {role}"):
            try:
                self._account.client("iam").get_role(RoleName=role.rpartition("/")[2])
            except ClientError as error:
                if code(error) != "NoSuchEntity":
                    raise
                return False
        return True

    def _value(self, name: str) -> int:
        default = str(read_template()["Parameters"][name]["Default"])
        return _number({**self._deployed, **self._given}, name, default)

    @contextmanager
    def _asked(self, right: str, what: str) -> Iterator[None]:
        """Go on without an answer where these credentials may not ask."""
        with aws_errors(f"asking {what}"):
            try:
                yield
            except ClientError as error:
                if code(error) not in REFUSALS:
                    raise
                self.told.append(f"Not checked: {what}; these credentials lack the right {right}.")


def _number(values: dict[str, str], name: str, default: str) -> int:
    try:
        return int(values.get(name, default))
    except ValueError:
        raise InvalidConfiguration(f"{name} is {values[name]!r}, and must be a whole number.") from None

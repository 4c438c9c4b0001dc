"""What is asked of an account before a deployment, and what becomes of the template's parameters by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from botocore.exceptions import ClientError

from local.template import read_template
from picklejar.errors import InvalidConfiguration, PicklejarError
from training.aws.account import REFUSALS, Account, aws_errors, code


class AccountTooSmall(PicklejarError):
    """The account does not take what the parameters ask for; says what works. Nothing was made."""


@dataclass
class Fitting:
    """The parameters, from samconfig.toml (`given`) and as they are deployed, and what the account makes of them.

    `told` is what to say before the deployment, `changes` the parameters that it sets by itself; never a given one.
    """

    account: Account
    given: dict[str, str]
    deployed: dict[str, str]
    told: list[str] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Return a parameter as sam would set it, which keeps the deployed value of what is not given."""
        return _number(name, self.given.get(name) or self.deployed.get(name) or _defaults()[name])

    def deployed_number(self, name: str) -> int:
        """Return a parameter of the stack; 0 without."""
        return _number(name, self.deployed.get(name, "0"))

    @contextmanager
    def asking(self, what: str, right: str) -> Iterator[None]:
        """Go on without an answer, and say so, where these credentials may not ask; raises AwsRefused otherwise."""
        with aws_errors(f"asking {what}"):
            try:
                yield
            except ClientError as error:
                if code(error) not in REFUSALS:
                    raise
                self.told.append(f"Not checked: {what}; these credentials lack the right {right}.")


@cache
def _defaults() -> dict[str, str]:
    """The template's, which takes a second to read."""
    return {name: str(one.get("Default", "")) for name, one in read_template()["Parameters"].items()}


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidConfiguration(f"{name} is {text!r}, and must be a whole number.") from None

"""Tests the deployed address: until it answers, then by the API's contract."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from deployment.samconfig import ROOT
from picklejar.errors import PicklejarError
from training.aws.account import Account
from training.aws.keys import Keys, Limits
from training.aws.stack import Stack

# A new address of CloudFront takes minutes to be known everywhere.
PATIENCE_SECONDS = 900.0
PAUSE_SECONDS = 5.0
# The client as which the API's own address is asked, for as long as that lasts.
CLIENT = "make-deploy"
KEY_VARIABLE = "PICKLEJAR_API_KEY"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Address:
    """Where a stack answers: its page with the API below /api or, without a page, the API, which wants a key."""

    url: str
    page: bool = True
    key: str = field(default="", repr=False)

    @property
    def api(self) -> str:
        return f"{self.url}/api" if self.page else self.url


class NoAnswer(PicklejarError):
    """The address did not answer in time; says what it did."""


class ContractBroken(PicklejarError):
    """The address breaks the contract; pytest's own words are above."""


@contextmanager
def reached(account: Account, stack: Stack) -> Iterator[Address]:
    """Yield the stack's address; where that is the API's own, with a key that ends with this. Raises AwsRefused."""
    if stack.has_page:
        yield Address(stack.output("SiteUrl"))
        return
    keys = Keys(account, stack.output("ApiId"))
    if CLIENT in keys.names():
        keys.revoke(CLIENT)  # left by a deployment that was interrupted
    try:
        yield Address(stack.output("ApiUrl"), page=False, key=keys.create(CLIENT, Limits()))
    finally:
        keys.revoke(CLIENT)


def await_answer(address: Address, say: Say, patience: float = PATIENCE_SECONDS) -> None:
    """Return once page and API answer; raises NoAnswer after `patience` seconds."""
    until = time.monotonic() + patience
    last = ""
    while trouble := _trouble(address):
        if trouble != last:
            say(f"Not yet: {trouble}")
        if time.monotonic() > until:
            raise NoAnswer(
                f"{address.url} does not answer as it should after {patience / 60:.0f} minutes: {trouble} All is "
                "deployed; `make deploy` looks again."
            )
        last = trouble
        time.sleep(PAUSE_SECONDS)


def ask_contract(stack: Stack, address: Address) -> None:
    """Run the contract's tests against the deployed API; raises ContractBroken."""
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/contract"]
    command += ["--base-url", address.api, *_origin(stack), *_firewall(stack)]
    # Not on the command line, where every process of the machine could read it.
    environment = os.environ | {KEY_VARIABLE: address.key}
    if subprocess.run(command, cwd=ROOT, check=False, env=environment).returncode:
        raise ContractBroken(
            f"{address.url} answers, and not as the contract says; what differs is above. All is deployed; "
            "`make deploy` asks again, and `make rollback` goes back to the code before."
        )


def _origin(stack: Stack) -> list[str]:
    first = stack.parameters.get("AllowedOrigins", "").split(",")[0].strip()
    return ["--ignore", "tests/contract/test_cors.py"] if first in ("", "*") else ["--origin", first]


def _firewall(stack: Stack) -> list[str]:
    behind = stack.parameters.get("Firewall") == "true" or stack.parameters.get("WebAclArn")
    return ["-m", "not traversal"] if behind else []


def _trouble(address: Address) -> str:
    path = f"{httpx.URL(address.api).path}/models"
    try:
        page = httpx.get(address.url, timeout=30, follow_redirects=True) if address.page else None
        api = httpx.get(f"{address.api}/models", timeout=30, headers={"x-api-key": address.key} if address.key else {})
    except httpx.HTTPError as error:
        return f"nothing answers ({error or type(error).__name__})."
    if page is not None and page.status_code != httpx.codes.OK:
        return f"the page is answered with {page.status_code}."
    if api.status_code != httpx.codes.OK:
        return f"{path} is answered with {api.status_code}."
    return "" if _lists_models(api) else f"{path} is answered with no list of models."


def _lists_models(answer: httpx.Response) -> bool:
    try:
        return isinstance(answer.json()["models"], list)
    except (ValueError, KeyError, TypeError):
        return False

"""Tests the deployed address: until it answers, then by the API's contract."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import httpx

from deployment.samconfig import ROOT
from picklejar.errors import PicklejarError
from training.aws.stack import Stack

# A new address of CloudFront takes minutes to be known everywhere.
PATIENCE_SECONDS = 900.0
PAUSE_SECONDS = 5.0

Say = Callable[[str], None]


class NoAnswer(PicklejarError):
    """The address did not answer in time; says what it did."""


class ContractBroken(PicklejarError):
    """The address breaks the contract; pytest's own words are above."""


def await_answer(site: str, say: Say, patience: float = PATIENCE_SECONDS) -> None:
    """Return once page and API answer; raises NoAnswer after `patience` seconds."""
    until = time.monotonic() + patience
    last = ""
    while trouble := _trouble(site):
        if trouble != last:
            say(f"Not yet: {trouble}")
        if time.monotonic() > until:
            raise NoAnswer(
                f"{site} does not answer as it should after {patience / 60:.0f} minutes: {trouble} All is deployed; "
                "`make deploy` looks again."
            )
        last = trouble
        time.sleep(PAUSE_SECONDS)


def ask_contract(stack: Stack) -> None:
    """Run the contract's tests against the deployed API; raises ContractBroken."""
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/contract"]
    command += ["--base-url", f"{stack.output('SiteUrl')}/api", *_origin(stack), *_firewall(stack)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise ContractBroken(
            f"{stack.output('SiteUrl')} answers, and not as the contract says; what differs is above. All is deployed; "
            "`make deploy` asks again, and `make rollback` goes back to the code before."
        )


def _origin(stack: Stack) -> list[str]:
    first = stack.parameters.get("AllowedOrigins", "").split(",")[0].strip()
    return ["--ignore", "tests/contract/test_cors.py"] if first in ("", "*") else ["--origin", first]


def _firewall(stack: Stack) -> list[str]:
    behind = stack.parameters.get("Firewall") == "true" or stack.parameters.get("WebAclArn")
    return ["-m", "not traversal"] if behind else []


def _trouble(site: str) -> str:
    try:
        page = httpx.get(site, timeout=30, follow_redirects=True)
        api = httpx.get(f"{site}/api/models", timeout=30)
    except httpx.HTTPError as error:
        return f"nothing answers ({error or type(error).__name__})."
    if page.status_code != httpx.codes.OK:
        return f"the page is answered with {page.status_code}."
    if api.status_code != httpx.codes.OK:
        return f"/api/models is answered with {api.status_code}."
    return "" if _lists_models(api) else "/api/models is answered with no list of models."


def _lists_models(answer: httpx.Response) -> bool:
    try:
        return isinstance(answer.json()["models"], list)
    except (ValueError, KeyError, TypeError):
        return False

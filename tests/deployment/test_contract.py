"""The contract asks whichever model a server has: a stack need not serve the two that come with Picklejar."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from functions.predict.api import make_handler
from local.gateway import Gateway
from local.serving import HOST, bound, serving
from local.site import page_with_api
from picklejar.serving.jar import Jar
from tests.rent import jar_of

ROOT = Path(__file__).parents[2]


def _asked(jar: Jar) -> str:
    """Return what pytest says of the contract at a server with the models of a jar; raises where it is broken."""
    gateway = Gateway(make_handler(jar, ("https://page.example",)))
    with bound(0) as socket, serving(page_with_api(gateway), socket):
        address = f"http://{HOST}:{socket.getsockname()[1]}/api"
        command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/contract"]
        done = subprocess.run([*command, "--base-url", address], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rent_bundle", "churn_bundle"])
def test_a_stack_without_the_demonstrations_keeps_the_contract(model: str, request: pytest.FixtureRequest) -> None:
    said = _asked(jar_of(request.getfixturevalue(model)))
    assert "sales and housing are not served here" in said
    assert "picklejar publish" not in said


def test_a_stack_without_any_model_says_how_to_publish_one() -> None:
    said = _asked(Jar(MemoryStore()))
    assert "no model is served here: picklejar publish" in said

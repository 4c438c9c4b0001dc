"""The contract asks whichever model a server has: a stack need not serve the two that come with Picklejar."""

from __future__ import annotations

import pytest
from obstore.store import MemoryStore

from deployment.verify import Address, ask_contract
from functions.predict.api import make_handler
from local.gateway import Gateway
from local.serving import HOST, bound, serving
from local.site import page_with_api
from picklejar.serving.jar import Jar
from tests.rent import jar_of
from training.aws.stack import Stack

PAGE = "https://page.example"


def _asked(jar: Jar, capfd: pytest.CaptureFixture[str]) -> str:
    """Return what pytest says of the contract at a stack with the models of a jar; raises where it is broken."""
    gateway = Gateway(make_handler(jar, (PAGE,)))
    with bound(0) as socket, serving(page_with_api(gateway), socket):
        stack = Stack("id", "picklejar", "eu-central-1", "CREATE_COMPLETE", {"AllowedOrigins": PAGE}, {})
        ask_contract(stack, Address(f"http://{HOST}:{socket.getsockname()[1]}"))
    return capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rent_bundle", "churn_bundle"])
def test_a_stack_without_the_demonstrations_keeps_the_contract(
    model: str, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    said = _asked(jar_of(request.getfixturevalue(model)), capfd)
    assert "sales and housing are not served here" in said
    assert "picklejar publish" not in said


def test_a_stack_without_any_model_says_how_to_publish_one(capfd: pytest.CaptureFixture[str]) -> None:
    said = _asked(Jar(MemoryStore()), capfd)
    assert "no model is served here: picklejar publish" in said

"""The contract's three servers (the handler itself, the local server, sam local) and any other by its address."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.contract.asked import Asked, asked_of

# `make deploy` asks a stack all that the contract says, and needs no server of ours for that.
if TYPE_CHECKING:
    from local.gateway import Gateway
    from local.s3 import LocalS3

SERVERS = ["in process", "local server", "sam local"]


class InProcess(httpx.BaseTransport):
    """Sends requests to a handler without any network."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        from local.gateway import content, rest_event
        from local.refusals import Refused, accepted_body

        try:
            body = accepted_body(request.method, request.headers, request.read(), None)
        except Refused:
            # The function says the same by itself.
            body = request.read()
        event = rest_event(request.method, request.url.path, request.headers, body)
        answer = self._gateway.invoke(event)
        headers = [(name, value) for name, values in answer["multiValueHeaders"].items() for value in values]
        return httpx.Response(
            answer["statusCode"], headers=headers, content=content(answer, request.headers.get("accept", ""))
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "api" in metafunc.fixturenames:
        servers = ["deployed"] if metafunc.config.getoption("--base-url") else SERVERS
        if metafunc.definition.get_closest_marker("unlike_sam"):
            servers = [server for server in servers if server != "sam local"]
        metafunc.parametrize("api", servers, indirect=True, scope="session")


@pytest.fixture(scope="session")
def origin(pytestconfig: pytest.Config) -> str:
    """The origin whose pages may call."""
    found: str = pytestconfig.getoption("--origin")
    return found


@pytest.fixture(scope="session")
def api(request: pytest.FixtureRequest, origin: str) -> Iterator[httpx.Client]:
    """A client of one server of the contract; addresses are relative to the API's own."""
    with ExitStack() as running:
        yield running.enter_context(_client(request, origin, running))


def _client(request: pytest.FixtureRequest, origin: str, running: ExitStack) -> httpx.Client:
    if request.param == "deployed":
        # The API's own address wants a key; a page's brings its own.
        key = os.environ.get("PICKLEJAR_API_KEY")
        headers = {"x-api-key": key} if key else {}
        return httpx.Client(base_url=request.config.getoption("--base-url"), timeout=30, headers=headers)
    if request.param == "sam local":
        return httpx.Client(base_url=request.getfixturevalue("sam_local"), timeout=60)
    return _client_of_ours(request, origin, running)


def _client_of_ours(request: pytest.FixtureRequest, origin: str, running: ExitStack) -> httpx.Client:
    from functions.predict.api import make_handler
    from local.gateway import Gateway
    from local.serving import bound, serving
    from local.site import page_with_api
    from picklejar.serving.jar import Jar

    s3: LocalS3 = request.getfixturevalue("s3")
    gateway = Gateway(make_handler(Jar(s3.store()), (origin,)))
    if request.param == "in process":
        return httpx.Client(base_url="http://in.process", transport=InProcess(gateway))
    listening = running.enter_context(bound(0))
    running.enter_context(serving(page_with_api(gateway), listening))
    return httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}/api", timeout=30)


@pytest.fixture(scope="session")
def asked(api: httpx.Client) -> Asked:
    """A model of the server, whichever it has."""
    found = asked_of(api)
    if found is None:
        pytest.skip("no model is served here: picklejar publish")
    return found


@pytest.fixture
def unknown() -> str:
    """A name that no model has."""
    return f"no-model-{uuid.uuid4()}"

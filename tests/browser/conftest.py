"""The page in a real Chromium, with the real handler and the real S3 protocol behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect

from functions.predict.api import make_handler
from local.gateway import Gateway, Handler
from local.s3 import LocalS3
from local.serving import HOST, bound, serving
from local.site import page_for, page_with_api
from picklejar.serving.jar import Jar

WATCH = """
  self.watched = { violations: [], shifts: 0, longest: 0 };
  document.addEventListener("securitypolicyviolation", (event) =>
    watched.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
  new PerformanceObserver((list) => list.getEntries().forEach((shift) => (watched.shifts += shift.value)))
    .observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) =>
    list.getEntries().forEach((task) => (watched.longest = Math.max(watched.longest, task.duration))))
    .observe({ type: "longtask", buffered: true });
"""

SITE_TIMEOUT_MILLISECONDS = 15_000


@dataclass
class Silence:
    """What the console said; at a test's end all of it must have been expected."""

    said: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, *patterns: str) -> None:
        """Allow what matches: a browser itself logs every request that fails."""
        self.expected += patterns

    def hear(self, message: ConsoleMessage) -> None:
        self.said.append(f"{message.type}: {message.text}")

    @property
    def broken(self) -> list[str]:
        return [line for line in self.said if not any(re.search(pattern, line) for pattern in self.expected)]


@pytest.fixture
def silence() -> Silence:
    return Silence()


@pytest.fixture
def context_options() -> dict[str, Any]:
    """What a module overrides: the size of the screen, the colour scheme."""
    return {}


@pytest.fixture
def context(chromium: Browser, context_options: dict[str, Any]) -> Iterator[BrowserContext]:
    options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US"} | context_options
    context = chromium.new_context(**options)
    context.set_default_timeout(SITE_TIMEOUT_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, silence: Silence) -> Iterator[Page]:
    """A page whose console must stay empty, and whose Content-Security-Policy must have nothing to report."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.on("console", silence.hear)
    page.on("pageerror", lambda error: silence.said.append(f"pageerror: {error}"))
    yield page
    assert page.evaluate("self.watched?.violations ?? []") == []
    assert silence.broken == []


@pytest.fixture(scope="session")
def site(s3: LocalS3) -> Iterator[str]:
    """The address of the page, with the API at the same origin and every model that ships."""
    with running_site(make_handler(Jar(s3.store()), ())) as address:
        yield address


@pytest.fixture
def housing(page: Page, site: str) -> Page:
    """The page of the housing model, ready."""
    return opened(page, f"{site}/#/housing", "House price")


@pytest.fixture
def sales(page: Page, site: str) -> Page:
    """The page of the sales model, ready."""
    return opened(page, f"{site}/#/sales", "Sales in the third month")


def opened(page: Page, address: str, title: str) -> Page:
    """Open the page; the first answer has come by itself, or will not come."""
    page.goto(address)
    page.get_by_role("heading", level=1, name=title).wait_for()
    page.get_by_role("button", name="Predict", exact=True).wait_for()
    page.locator("#answer[aria-busy=false]").wait_for()
    return page


def opened_unanswered(page: Page, address: str, title: str) -> Page:
    """Open the page, whose first request for an answer gets nowhere, so that it loads no model."""
    page.route("**/predict", lambda route: route.abort())
    opened(page, address, title)
    page.unroute("**/predict")
    expect(page.locator("#answer output data")).to_have_count(0)
    return page


class Held:
    """The next request to an address, held until it is let go."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(address, self._hold, times=1)

    def _hold(self, route: Route) -> None:
        self._routes.append(route)

    def release(self, **answer: Any) -> None:
        """Let it go on its way, or give it this answer."""
        for _ in range(100):
            if not self._routes:
                self._page.wait_for_timeout(50)
        (route,) = self._routes
        if answer:
            route.fulfill(**answer)
        else:
            route.continue_()


def predict(page: Page) -> str:
    """Press the button and return the answer."""
    page.get_by_role("button", name="Predict", exact=True).click()
    return answer(page)


def answer(page: Page) -> str:
    page.locator("#answer[aria-busy=false] output data").wait_for()
    return page.locator("#answer output").inner_text()


def await_picture(image: Locator) -> None:
    """Wait until a picture is there to be seen."""
    expect(image).not_to_have_js_property("naturalWidth", 0)


def told(page: Page, container: str) -> str:
    """What a notice says, once it says something."""
    alert = page.locator(f"{container} [role=alert]")
    alert.filter(has_text=re.compile(".")).wait_for()
    return alert.inner_text()


@contextmanager
def running_site(handler: Handler, port: int = 0) -> Iterator[str]:
    """The page and, at the same origin, the API."""
    with bound(port) as socket, serving(page_with_api(Gateway(handler)), socket):
        yield f"http://{HOST}:{socket.getsockname()[1]}"


@contextmanager
def running_page(api: str) -> Iterator[str]:
    """The page alone, told of an API at another origin."""
    with bound(0) as socket, serving(page_for(api), socket):
        yield f"http://{HOST}:{socket.getsockname()[1]}"

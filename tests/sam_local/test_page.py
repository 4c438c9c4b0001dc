"""The page in a real browser, calling the real runtime from another origin."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from local.serving import HOST, serving
from local.site import page_for


@pytest.fixture(scope="module")
def site(sam_local: str, page_socket: socket.socket) -> Iterator[str]:
    """The address of the page, which is told that the API is in SAM's emulator."""
    address = f"http://{HOST}:{page_socket.getsockname()[1]}"
    with serving(page_for(sam_local), page_socket):
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """The page of sales, open."""
    with chromium.new_context() as context:
        context.set_default_timeout(120_000)  # milliseconds; containers start before they answer
        opened = context.new_page()
        opened.goto(f"{site}/#/sales")
        yield opened


def test_a_sale_is_predicted_across_origins(page: Page) -> None:
    page.get_by_label("Interest rate").first.fill("4")
    page.get_by_label("Sales in the first month").first.fill("300")
    page.get_by_label("Sales in the second month").first.fill("500")
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("status").filter(has_text="143.31")).to_be_visible()


def test_a_problem_is_readable_across_origins(page: Page) -> None:
    page.get_by_label("Interest rate").first.fill("400")
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_text("Must be at most 100.")).to_be_visible()

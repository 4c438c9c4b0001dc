"""Use from code: what the page hands out runs, and answers what the page answers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import predict

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("curl", ["sh", "-c"]),
        ("Python", ["python3", "-c"]),
        ("Python client", ["python3", "-c"]),
        ("JavaScript", ["node", "--input-type=module", "--eval"]),
    ],
)
def test_the_request_runs_as_it_is(sales: Page, tool: Callable[[str], str], language: str, command: list[str]) -> None:
    tool("curl" if language == "curl" else command[0])
    predict(sales)
    shown = sales.locator("#answer output data").get_attribute("value") or ""
    sales.locator("#snippets summary").click()
    sales.get_by_text(language, exact=True).click()
    program = sales.locator("#snippets code").inner_text()
    finished = subprocess.run(
        [tool(command[0]), *command[1:], program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "client" / "src")},
    )
    assert shown in finished.stdout


def test_it_follows_the_values(sales: Page) -> None:
    sales.locator("#snippets summary").click()
    sales.get_by_label("Interest rate", exact=True).fill("7.25")
    expect(sales.locator("#snippets code")).to_contain_text('"rate":7.25')
    sales.get_by_label("Interest rate", exact=True).fill("")
    expect(sales.locator("#snippets code")).to_contain_text('"rate":null')
    sales.get_by_role("button", name="Try another example").click()
    # No row of the training data has the example's first month.
    expect(sales.locator("#snippets code")).not_to_contain_text('"sales_in_first_month":300')


def test_it_is_copied_and_says_so(sales: Page) -> None:
    sales.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sales.locator("#snippets summary").click()
    sales.get_by_role("button", name="Copy").click()
    expect(sales.locator("#snippets [role=status]")).to_have_text("Copied.")
    assert sales.evaluate("navigator.clipboard.readText()") == sales.locator("#snippets code").inner_text()


def test_without_a_clipboard_it_is_selected_and_says_so(sales: Page) -> None:
    sales.evaluate("() => void (navigator.clipboard.writeText = () => Promise.reject(new Error()))")
    sales.locator("#snippets summary").click()
    sales.get_by_role("button", name="Copy").click()
    expect(sales.locator("#snippets [role=status]")).to_contain_text("Selected")
    assert sales.evaluate("getSelection().toString()").startswith("curl")

"""Everybody gets through: axe-core finds nothing, the keyboard is enough, nothing jumps, little is loaded."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Silence, await_picture, opened_unanswered, predict, told

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".npm-tools"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="session")
def axe(tool: Callable[[str], str]) -> str:
    """The source of axe-core, which is fetched when it is needed, and never part of the project."""
    source = TOOLS / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        npm = tool("npm")
        options = ["--prefix", str(TOOLS), "--no-save", "--no-audit", "--no-fund", "--no-update-notifier"]
        finished = subprocess.run(
            [npm, "install", *options, "axe-core"], capture_output=True, text=True, check=False, env=dict(os.environ)
        )
        if finished.returncode:
            pytest.skip(f"npm cannot fetch axe-core: {finished.stderr.strip().splitlines()[-1:]}")
    return source.read_text(encoding="utf-8")


@pytest.fixture(
    params=[
        pytest.param({"color_scheme": "light"}, id="light"),
        pytest.param({"color_scheme": "dark"}, id="dark", marks=pytest.mark.slow),
        pytest.param(
            {"color_scheme": "light", "viewport": {"width": 320, "height": 640}}, id="narrow", marks=pytest.mark.slow
        ),
    ],
)
def context_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = request.param
    return options


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("(rules) => axe.run(document, rules)", RULES)
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found["violations"]]


def test_the_answer_moves_nothing_and_axe_finds_nothing(page: Page, site: str, axe: str, silence: Silence) -> None:
    silence.expect("Failed to load resource")
    housing = opened_unanswered(page, f"{site}/#/housing", "House price")
    assert violations(housing, axe) == []
    housing.evaluate("watched.shifts = 0")
    predict(housing)
    housing.locator("#whatif path.curve").wait_for()
    # Two frames later a shift would have been told of.
    housing.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    assert housing.evaluate("watched.shifts") == 0
    housing.get_by_label("Average income", exact=True).fill("500000")
    expect(housing.locator("#answer .notes li")).to_have_count(2)
    assert violations(housing, axe) == []


def test_axe_finds_nothing_in_the_parts_that_open_and_none_is_wider_than_the_screen(housing: Page, axe: str) -> None:
    for part in ("batch", "snippets", "card"):
        housing.locator(f"#{part} summary").click()
    await_picture(housing.get_by_role("img", name="Heatmap"))
    housing.locator("#batch input[type=file]").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": BROKEN.encode()}
    )
    housing.locator("#batch td.broken").first.wait_for()
    assert violations(housing, axe) == []
    assert housing.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    housing.get_by_role("button", name="Predict 1 row").click()
    housing.get_by_role("link", name="Download a-predicted.csv").wait_for()
    assert violations(housing, axe) == []


def test_axe_finds_nothing_in_trouble(sales: Page, axe: str, silence: Silence) -> None:
    silence.expect("Failed to load resource")
    sales.get_by_label("Interest rate", exact=True).fill("101")
    sales.get_by_role("button", name="Predict", exact=True).click()
    sales.get_by_text("Must be at most 100.").wait_for()
    assert violations(sales, axe) == []
    sales.goto(sales.url.replace("sales", "castles"))
    sales.get_by_role("heading", name="No such model").wait_for()
    assert violations(sales, axe) == []
    sales.route("**/config.json", lambda route: route.fulfill(json={}))
    sales.reload()
    told(sales, "#notice")
    assert violations(sales, axe) == []


BROKEN = """avg_area_income,avg_area_house_age,avg_area_rooms,avg_area_bedrooms,area_population
68583.11,5.98,6.99,3.98,36163.52
abc,5,,3,-1
1,2
"""

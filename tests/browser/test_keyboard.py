"""The keyboard is enough: from the top of the page to a prediction, a curve, a copied request and a file."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called `name`; every stop on the way must show that it has it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        label, outlined = page.evaluate(FOCUSED)
        assert outlined, label
        if re.search(name, label):
            return
    raise AssertionError(f"Tab never comes to {name}")


# What a reader would call the focused element, and whether it, or what frames it, has a visible outline.
FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.ariaLabel || one.labels?.[0]?.textContent || one.textContent;
  const frames = [one, one.closest(".entry, label, .drop-zone")].filter(Boolean);
  return [label.trim(), frames.some((frame) => getComputedStyle(frame).outlineStyle !== "none")];
}"""


def test_one_gets_through_without_a_mouse(page: Page, site: str) -> None:
    page.goto(f"{site}/#/housing")
    page.get_by_role("heading", level=1, name="House price").wait_for()
    tab_to(page, "^Sales in the third month")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sales in the third month")
    tab_to(page, "^Interest rate$")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("5")
    tab_to(page, "^Interest rate, slider")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Interest rate", exact=True)).to_have_value("5")
    tab_to(page, "^Predict$")
    page.keyboard.press("Enter")
    before = page.locator("#answer output data").inner_text()
    page.locator("#whatif path.curve").wait_for()
    tab_to(page, "^changes, everything else stays")
    tab_to(page, "^Sales in the third month by Interest rate")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator("#answer output")).not_to_have_text(before)
    expect(page.get_by_label("Interest rate", exact=True)).to_have_value("9")
    tab_to(page, "^Predict a CSV")
    page.keyboard.press("Enter")
    page.get_by_text("Choose a CSV").wait_for()
    tab_to(page, "^Choose a CSV")
    tab_to(page, "^Download a template")
    tab_to(page, "^Use from code")
    page.keyboard.press("Enter")
    expect(page.locator("#snippets code")).to_contain_text("curl")
    tab_to(page, "^curl$")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#snippets code")).to_contain_text("import json")
    tab_to(page, "^Copy$")
    tab_to(page, "^About this model")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How good it is")).to_be_visible()


def test_the_link_at_the_top_skips_to_the_model_and_leaves_the_address(page: Page, site: str) -> None:
    page.goto(f"{site}/#/housing")
    page.get_by_role("heading", level=1, name="House price").wait_for()
    tab_to(page, "^Skip to the model")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    expect(page).to_have_url(f"{site}/#/housing")

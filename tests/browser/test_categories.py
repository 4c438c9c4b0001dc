"""Categories: a form of selects and texts, a CSV that says yes and no, and the card of a model with both."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from functions.predict.api import make_handler
from picklejar.signature import LONGEST_TEXT
from tests.browser.conftest import Silence, opened, predict, running_site
from tests.browser.test_access import axe, violations
from tests.browser.test_batch import choose, run
from tests.rent import DISTRICTS, jar_of

__all__ = ["axe"]


@pytest.fixture(scope="module")
def rent_site(rent_bundle: Path) -> Iterator[str]:
    with running_site(make_handler(jar_of(rent_bundle), ())) as address:
        yield address


@pytest.fixture
def rent(page: Page, rent_site: str) -> Page:
    """The page of the model with every type of feature, ready."""
    return opened(page, f"{rent_site}/#/rent", "Rent")


def test_each_type_has_its_field_and_the_example_is_in_it(rent: Page, axe: str) -> None:
    district, furnished = (rent.get_by_role("combobox", name=name) for name in ("District", "Furnished"))
    expect(district).to_have_value("Harbour")
    expect(district.get_by_role("option")).to_have_text(list(DISTRICTS))
    expect(furnished).to_have_value("true")
    expect(furnished.get_by_role("option")).to_have_text(["Unknown", "yes", "no"])
    expect(rent.get_by_label("Agent")).to_have_value("Smith & Sons")
    expect(rent.get_by_label("Agent")).to_have_attribute("maxlength", str(LONGEST_TEXT))
    # Only numbers have a range to slide over, and to be drawn along.
    expect(rent.get_by_role("slider", name="slider")).to_have_count(2)
    expect(rent.locator("#whatif option")).to_have_text(["Area", "Floor"])
    assert violations(rent, axe) == []


def test_every_choice_has_its_answer(rent: Page) -> None:
    answers = set()
    for furnished in ("yes", "no", "Unknown"):
        rent.get_by_role("combobox", name="Furnished").select_option(furnished)
        answers.add(predict(rent))
    rent.get_by_role("combobox", name="District").select_option("West | End")
    answers.add(predict(rent))
    rent.get_by_label("Agent").fill("")
    answers.add(predict(rent))
    # What is not known counts as no, which is as frequent as yes.
    assert len(answers) == 4
    expect(rent.locator("#whatif path.curve")).to_be_visible()


def test_another_example_fills_every_field(rent: Page) -> None:
    rent.get_by_label("Agent").fill("nobody")
    rent.get_by_role("button", name="Try another example").click()
    expect(rent.get_by_label("Agent")).not_to_have_value("nobody")
    assert predict(rent).startswith("€")


def test_what_the_endpoint_refuses_is_said_at_the_field(rent: Page, silence: Silence) -> None:
    silence.expect("Failed to load resource")
    rent.get_by_role("combobox", name="District").evaluate("(select) => select.options[0].value = 'Moon'")
    rent.get_by_role("combobox", name="District").select_option("Old Town")
    rent.get_by_role("button", name="Predict", exact=True).click()
    expect(rent.locator("#feature-0-error")).to_have_text("Must be one of Old Town, Harbour, West | End, Hills.")


def test_the_request_to_take_away_has_text_in_quotes_and_booleans_without(rent: Page) -> None:
    rent.locator("#snippets summary").click()
    rent.get_by_label("Agent").fill('it\'s "Quick" $HOME')
    code = rent.locator("#snippets code")
    expect(code).to_contain_text(""""furnished":true,"area":50,"floor":3,"agent":"it'\\''s \\"Quick\\" $HOME"}""")
    rent.get_by_role("combobox", name="Furnished").select_option("Unknown")
    rent.get_by_text("Python", exact=True).click()
    expect(code).to_contain_text('"furnished": None')
    expect(code).to_contain_text('"district": "Harbour"')


def test_a_file_of_categories_goes_through_and_its_errors_are_marked(rent: Page) -> None:
    rent.locator("#batch summary").click()
    rows = [
        ["district", "furnished", "area", "agent"],
        ["Old Town", "YES", "50", "Smith & Sons"],
        ["Old Town", "1", "50", "Smith & Sons"],
        ["Old Town", "", "50", "unheard of"],
        ["Moon", "maybe", "50", "x" * (LONGEST_TEXT + 1)],
    ]
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    choose(rent, file.getvalue().encode())
    status = "4 rows. 1 row with errors will be left without a prediction. floor is in no column: it counts as 1."
    expect(rent.locator("#batch [role=status]")).to_have_text(status)
    out = list(csv.reader(io.StringIO(run(rent).decode(), newline="")))
    assert out[1][4] == out[2][4] != ""
    assert out[3][4] not in {"", out[1][4]}
    assert out[4][5] == (
        "district must be one of Old Town, Harbour, West | End, Hills. furnished must be yes or no. "
        "agent must have at most 1000 characters."
    )


def test_the_template_goes_through_as_it_is(rent: Page) -> None:
    rent.locator("#batch summary").click()
    with rent.expect_download() as downloading:
        rent.get_by_role("link", name="Download a template").click()
    choose(rent, Path(downloading.value.path()).read_bytes())
    assert b",prediction\r\n" in run(rent)


def test_the_card_counts_the_categories(rent: Page, rent_bundle: Path) -> None:
    rent.locator("#card summary").click()
    card = rent.locator("#card")
    expect(card.get_by_role("row", name="Furnished")).to_have_text("Furnished402no: 40, yes: 40")
    expect(card.get_by_role("row", name="Agent")).to_contain_text('Smith & Sons: 48, "Quick", Ltd $1 $2: 24')
    pictures = json.loads((rent_bundle / "manifest.json").read_bytes())["pictures"]
    expect(card.locator("img")).to_have_count(len(pictures))
    expect(card.get_by_role("img", name="Box plots of Rent")).to_be_visible()

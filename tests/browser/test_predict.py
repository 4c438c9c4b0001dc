"""One prediction: the form from the signature, the answer, the models beside each other."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from functions.predict.api import make_handler
from local.s3 import LocalS3
from picklejar.serving.jar import Jar
from tests.browser.conftest import answer, await_picture, opened, predict, running_page, running_site


def test_one_click_answers_for_housing(housing: Page, site: str) -> None:
    expect(housing.locator("#verdict")).to_contain_text(re.compile(r"Typically within \$\d\d,000"))
    expect(housing.locator("#version")).to_contain_text(re.compile(r"Version [0-9a-f]{12}, trained "))
    shown = predict(housing)
    assert re.fullmatch(r"\$1,\d{3},\d{3}", shown)
    expect(housing.locator("#answer .timing")).to_contain_text(re.compile(r"Answered in \d"))


def test_one_click_answers_for_sales_with_the_number_of_the_notebook(sales: Page) -> None:
    expect(sales.locator("#verdict")).to_contain_text("Worse than guessing the average")
    expect(sales.locator("#limit")).to_contain_text("A teaching example")
    assert predict(sales) == "143.31\N{NO-BREAK SPACE}units"
    assert float(sales.locator("#answer output data").get_attribute("value")) == pytest.approx(143.30725879781107)


def test_the_page_speaks_to_an_api_of_another_origin(page: Page, s3: LocalS3) -> None:
    # The API's port is known only once it runs, and the page's origin must be allowed before: any origin is.
    with running_site(make_handler(Jar(s3.store()), ("*",))) as api, running_page(f"{api}/api") as site:
        opened(page, f"{site}/#/housing", "House price")
        assert predict(page).startswith("$1,")
        page.get_by_role("button", name="Try another example").click()
        page.locator("#card summary").click()
        await_picture(page.get_by_role("img", name="Heatmap"))


def test_the_address_carries_the_model(page: Page, site: str) -> None:
    opened(page, f"{site}/#/sales", "Sales in the third month")
    page.get_by_role("link", name="House price").click()
    expect(page).to_have_url(f"{site}/#/housing")
    expect(page.get_by_role("heading", level=1)).to_have_text("House price")
    expect(page.get_by_role("link", name="House price")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sales in the third month")
    expect(page).to_have_title("Sales in the third month · Picklejar")


def test_an_empty_field_counts_as_what_it_says(sales: Page, site: str) -> None:
    expect(sales.locator("#fields")).to_contain_text("Left empty: counts as 0.")
    expect(sales.locator("#fields")).to_contain_text("Left empty: counts as the average, 368.")
    sales.get_by_label("Interest rate", exact=True).fill("")
    with_nothing = predict(sales)
    sales.get_by_label("Interest rate", exact=True).fill("0")
    assert predict(sales) == with_nothing


def test_slider_and_input_are_one(housing: Page) -> None:
    slider = housing.get_by_role("slider", name="Average income, slider")
    number = housing.get_by_label("Average income", exact=True)
    number.fill("50000")
    expect(slider).to_have_value("50000")
    slider.focus()
    slider.press("ArrowRight")
    assert float(number.input_value()) > 50_000


def test_the_answer_follows_the_values_once_there_is_one(housing: Page) -> None:
    before = predict(housing)
    housing.get_by_label("Average income", exact=True).fill("50000")
    expect(housing.locator("#answer output")).not_to_have_text(before)
    after = answer(housing)
    assert predict(housing) == after


def test_a_value_outside_the_training_range_is_warned_of_and_answered(housing: Page) -> None:
    housing.get_by_label("Average income", exact=True).fill("500000")
    warning = housing.locator("#feature-0-range")
    expect(warning).to_contain_text(re.compile("Outside the range it was trained on, 32,.* to 105,"))
    assert predict(housing).startswith("$10,")
    expect(housing.locator("#answer .notes")).to_contain_text("Average income: outside the range it was trained on.")
    expect(housing.locator("#answer .notes")).to_contain_text("Higher than any seen in training")


def test_a_negative_price_says_what_it_means(housing: Page) -> None:
    for label in ("Average income", "Average house age", "Average number of rooms", "Population"):
        housing.get_by_label(label, exact=True).fill("0")
    assert predict(housing).startswith("-$2,")
    expect(housing.locator("#answer .notes")).to_contain_text(
        "No real price is negative. What the house sells for; below 0 where the values are far from any seen"
    )


def test_another_example_is_a_row_of_the_training_data(housing: Page, site: str) -> None:
    before = housing.get_by_label("Average income", exact=True).input_value()
    housing.get_by_role("button", name="Try another example").click()
    number = housing.get_by_label("Average income", exact=True)
    expect(number).not_to_have_value(before)
    version = httpx.get(f"{site}/api/models/housing").json()["version"]
    golden = httpx.get(f"{site}/api/models/housing/versions/{version}/files/golden.json").json()
    incomes = [instance["avg_area_income"] for instance in golden["instances"]]
    assert min(abs(float(number.input_value()) - income) for income in incomes) < 1


def test_another_version_that_answers_is_told_of(page: Page, site: str) -> None:
    def of_yesterday(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"version": "0" * 12})

    page.route("**/models/sales", of_yesterday, times=1)
    opened(page, f"{site}/#/sales", "Sales in the third month")
    page.get_by_role("button", name="Show that version").click()
    expect(page.locator("#version")).not_to_contain_text("Version 000000000000")
    expect(page.locator("#form-notice [role=alert]")).to_be_empty()

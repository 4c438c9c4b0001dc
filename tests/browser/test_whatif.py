"""What if: the curve, what it marks, and how it is read by keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Silence, answer, predict


def test_the_curve_comes_with_the_answer_in_one_request(housing: Page) -> None:
    asked: list[int] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            asked.append(len((request.post_data_json or {})["instances"]))

    housing.on("request", note)
    predict(housing)
    expect(housing.locator("#whatif path.curve")).to_be_visible()
    assert asked[0] == 1
    assert len(asked) == 2
    assert asked[1] > 50
    expect(housing.locator("#whatif circle.current")).to_have_count(1)
    expect(housing.locator("#whatif .name")).to_have_text(["Price (USD)", "Average income (USD)"])


def test_an_answer_stays_when_its_curve_fails(housing: Page, silence: Silence) -> None:
    silence.expect("Failed to load resource")

    def only_single(route: Route) -> None:
        instances = (route.request.post_data_json or {})["instances"]
        if len(instances) > 1:
            route.abort()
        else:
            route.continue_()

    housing.route("**/predict", only_single)
    shown = predict(housing)
    expect(housing.locator("#whatif .readout")).to_have_text("There is no curve. The connection broke off. Try again.")
    assert answer(housing) == shown


def test_a_model_without_an_answer_along_the_way_still_has_one_here(housing: Page, silence: Silence) -> None:
    silence.expect("Failed to load resource")

    def beyond(route: Route) -> None:
        instances = (route.request.post_data_json or {})["instances"]
        if len(instances) == 1:
            return route.continue_()
        errors = [{"row": 7, "field": None, "rule": "finite", "message": "The model has no finite answer."}]
        problem = {"title": "Some values cannot be predicted from", "detail": "1 rule is broken", "errors": errors}
        return route.fulfill(status=422, json=problem)

    predict(housing)
    housing.route("**/predict", beyond)
    before = answer(housing)
    housing.get_by_label("Average income", exact=True).fill("50000")
    expect(housing.locator("#answer output")).not_to_have_text(before)
    expect(housing.locator("#whatif .readout")).to_contain_text("There is no curve: for some of these values")


def test_another_feature_draws_another_curve(housing: Page) -> None:
    predict(housing)
    before = housing.locator("#whatif path.curve").get_attribute("d")
    housing.get_by_role("combobox").select_option("Average number of bedrooms")
    expect(housing.locator("#whatif .name").last).to_have_text("Average number of bedrooms (bedrooms)")
    assert housing.locator("#whatif path.curve").get_attribute("d") != before


def test_the_curve_is_read_by_keyboard_and_a_value_taken_over(housing: Page) -> None:
    before = predict(housing)
    curve = housing.get_by_role("slider", name=re.compile("Price by Average income"))
    expect(curve).to_have_attribute("aria-valuetext", re.compile(rf"^\$68,583: {re.escape(before)}$"))
    curve.focus()
    curve.press("End")
    expect(housing.locator("#whatif .readout")).to_contain_text(re.compile(r"Average income \$105,\d{3}: \$2,"))
    curve.press("Enter")
    expect(housing.locator("#answer output")).not_to_have_text(before)
    assert float(housing.get_by_label("Average income", exact=True).input_value()) > 105_000
    assert answer(housing).startswith("$2,")


def test_a_feature_left_empty_has_no_point_on_its_curve(sales: Page) -> None:
    sales.get_by_label("Interest rate", exact=True).fill("")
    predict(sales)
    expect(sales.locator("#whatif path.curve")).to_be_visible()
    expect(sales.locator("#whatif circle.current")).to_have_count(0)


def test_the_curve_goes_on_to_a_value_beyond_the_training_range(housing: Page) -> None:
    housing.get_by_label("Average income", exact=True).fill("200000")
    predict(housing)
    expect(housing.locator("#whatif rect.seen")).to_have_count(1)

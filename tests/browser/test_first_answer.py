"""The first answer: it comes without a click, by the example, soon, and where it does not come nobody is told off."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Held, Silence, opened, predict

ALL_ANSWERS = """
  self.answers = [];
  new MutationObserver(() => {
    const shown = document.querySelector("#answer output data")?.value;
    if (shown !== undefined && shown !== answers.at(-1)) answers.push(shown);
  }).observe(document, { childList: true, subtree: true });
"""


def _example(site: str, name: str) -> dict[str, Any]:
    features = httpx.get(f"{site}/api/models/{name}").json()["signature"]["features"]
    return {feature["name"]: feature["example"] for feature in features}


def _prediction(site: str, name: str, instance: dict[str, Any]) -> float:
    answer = httpx.post(f"{site}/api/models/{name}/predict", json={"instances": [instance]}).json()
    return float(answer["predictions"][0])


def test_a_view_has_its_answer_and_curve_by_three_requests(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    opened(page, f"{site}/#/housing", "House price")
    shown = page.locator("#answer output data").get_attribute("value") or ""
    assert float(shown) == pytest.approx(_prediction(site, "housing", _example(site, "housing")), rel=1e-12)
    expect(page.locator("#answer .timing")).to_have_text(
        re.compile(r"^Answered in [\d,]+ ms. The values are an example.$")
    )
    expect(page.locator("#whatif path.curve")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")
    requests = [request for request in asked if " /api/" in request]
    assert sorted(requests[:2]) == ["GET /api/models", "GET /api/models/housing"]
    assert requests[2:] == ["POST /api/models/housing/predict"]
    assert asked.count("GET /config.json") == 1


def test_another_model_answers_as_well(housing: Page, site: str) -> None:
    housing.get_by_role("link", name="Sales in the third month").click()
    housing.get_by_role("heading", level=1, name="Sales in the third month").wait_for()
    shown = housing.locator("#answer[aria-busy=false] output data").get_attribute("value") or ""
    assert float(shown) == pytest.approx(_prediction(site, "sales", _example(site, "sales")), rel=1e-12)


def test_the_model_is_asked_for_beside_the_list(page: Page, site: str) -> None:
    held = Held(page, "**/api/models")
    with page.expect_request("**/api/models/housing"):
        page.goto(f"{site}/#/housing")
    held.release()
    expect(page.get_by_role("link", name="House price")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("heading", level=1)).to_have_text("House price")


def test_the_address_of_the_api_is_asked_for_beside_the_modules(page: Page, site: str) -> None:
    held = Held(page, "**/main.js")
    with page.expect_request("**/config.json"):
        page.goto(f"{site}/#/housing", wait_until="commit")
    held.release()
    expect(page.get_by_role("heading", level=1)).to_have_text("House price")


REFUSED = {"errors": [{"row": 0, "field": "rate", "rule": "maximum", "message": "rate must be at most 3"}]}


@pytest.mark.parametrize("status", [403, 422, 429, 500, 503, 504])
def test_what_nobody_asked_for_fails_quietly(page: Page, site: str, silence: Silence, status: int) -> None:
    silence.expect("Failed to load resource")
    problem = {"title": "No", "detail": "Not now."} | (REFUSED if status == 422 else {})
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
    page.route("**/predict", lambda route: route.fulfill(status=status, json=problem))
    opened(page, f"{site}/#/sales", "Sales in the third month")
    expect(page.locator("#answer .timing")).to_have_text("Press Predict for an answer.")
    expect(page.locator("#answer output data")).to_have_count(0)
    expect(page.locator("#whatif .readout")).to_have_text("The curve comes with the answer.")
    for alert in page.locator("[role=alert], .error").all():
        expect(alert).to_be_empty()
    # It is not tried again, nor by what is typed: the day's requests may be used up.
    page.get_by_label("Interest rate", exact=True).fill("4")
    page.wait_for_timeout(300)
    assert len(asked) == 1
    page.unroute("**/predict")
    assert predict(page).startswith("143.31")


def test_a_fault_of_the_page_is_not_kept_quiet(page: Page, site: str, silence: Silence) -> None:
    silence.expect("pageerror: ")
    page.route("**/predict", lambda route: route.fulfill(json={}))
    opened(page, f"{site}/#/sales", "Sales in the third month")
    expect(page.locator("#form-notice [role=alert]")).to_have_text("This page has a fault. Load it again.")


def test_where_an_example_is_missing_none_is_asked_for(page: Page, site: str) -> None:
    asked: list[Request] = []

    def without_examples(route: Route) -> None:
        manifest = route.fetch().json()
        for feature in manifest["signature"]["features"]:
            del feature["example"]
        route.fulfill(json=manifest)

    page.route("**/api/models/housing", without_examples)
    page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
    opened(page, f"{site}/#/housing", "House price")
    expect(page.locator("#answer .timing")).to_have_text("Enter the missing values, then press Predict.")
    expect(page.get_by_label("Average income", exact=True)).to_have_value("")
    for alert in page.locator("[role=alert], .error").all():
        expect(alert).to_be_empty()
    assert asked == []
    for name, value in _example(site, "housing").items():
        page.locator(f"[name={name}]").fill(str(value))
    assert predict(page).startswith("$1,")


def test_what_is_typed_before_the_first_answer_stays_and_is_answered(page: Page, site: str) -> None:
    page.add_init_script(ALL_ANSWERS)
    held = Held(page, "**/predict")
    page.goto(f"{site}/#/housing")
    page.locator("#answer[aria-busy=true]").wait_for()
    expect(page.locator("#answer .timing")).to_have_text("Predicting the example")
    page.get_by_label("Average income", exact=True).fill("50000")
    held.release(json={"version": "0" * 12, "predictions": [1.0] * 100})
    _only_answer_is_of(page, site, {"avg_area_income": 50_000.0})
    expect(page.get_by_label("Average income", exact=True)).to_have_value("50000")


def test_an_answer_that_waits_for_its_curve_is_not_shown_for_other_values(page: Page, site: str) -> None:
    page.add_init_script(ALL_ANSWERS)
    held = Held(page, "**/whatif/curve.js")
    with page.expect_response("**/predict"):
        page.goto(f"{site}/#/housing", wait_until="commit")
    page.get_by_label("Average income", exact=True).fill("50000")
    held.release()
    _only_answer_is_of(page, site, {"avg_area_income": 50_000.0})


def _only_answer_is_of(page: Page, site: str, changed: dict[str, float]) -> None:
    page.locator("#answer[aria-busy=false] output data").wait_for()
    expected = _prediction(site, "housing", _example(site, "housing") | changed)
    assert [float(answer) for answer in page.evaluate("answers")] == [pytest.approx(expected, rel=1e-12)]
    expect(page.locator("#answer .timing")).not_to_contain_text("example")

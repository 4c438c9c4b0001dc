"""The API page: each model's request can be tried against the live API, and copied; everybody gets through."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from functions.predict.api import make_handler
from picklejar.serving.jar import Jar
from tests.browser.conftest import Silence, running_site, told
from tests.browser.test_access import axe, violations
from tests.kinds import kinds, store_of

__all__ = ["axe"]

MOST_BYTES = 50_000


@pytest.fixture(scope="module")
def kinds_site() -> Iterator[str]:
    """The address of a page with a model of each kind."""
    with running_site(make_handler(Jar(store_of(*kinds().values())), ())) as address:
        yield address


def opened(page: Page, site: str, name: str, title: str) -> Page:
    page.goto(f"{site}/api.html#/{name}")
    page.get_by_role("heading", level=1, name=title).wait_for()
    return page


def send(page: Page) -> Any:
    """Send the request, and return the answer's body."""
    with page.expect_response("**/predict") as sent:
        page.get_by_role("button", name="Send").click()
    expect(page.locator("#outcome")).to_contain_text(f"{sent.value.status} ")
    return json.loads(page.locator("#reply").inner_text())


def test_the_page_leads_to_it_and_its_request_is_answered(page: Page, site: str, axe: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="API", exact=True).click()
    page.get_by_role("heading", level=1, name="House price").wait_for()
    expect(page.locator("#address")).to_have_text(f"{site}/api/models/housing/predict")
    answer = send(page)
    assert answer["model"] == "housing"
    assert answer["predictions"] == [pytest.approx(1_231_331, rel=0.2)]
    expect(page.locator("#outcome")).to_contain_text("200 OK, after ")
    assert violations(page, axe) == []


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page: Page, kinds_site: str, axe: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, kinds_site, "spam", "Of spam")
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("name", kinds())
def test_every_example_is_answered(page: Page, kinds_site: str, name: str) -> None:
    opened(page, kinds_site, name, f"Of {name}")
    outputs = kinds()[name].manifest.signature.outputs
    choices = page.locator("#examples label")
    expect(choices).to_have_count(len(outputs) if len(outputs) > 1 else 0)
    for position, output in enumerate(outputs):
        if len(outputs) > 1:
            choices.nth(position).click()
        body = json.loads(page.locator("#body").input_value())
        assert body.get("output", "predict") == output
        answer = send(page)
        assert len(answer["predictions"]) == 1
        assert ("classes" in answer) == (output == "predict_proba")


def test_it_says_what_each_value_is_and_what_may_be_refused(page: Page, kinds_site: str) -> None:
    opened(page, kinds_site, "flat", "Of flat")
    area = page.get_by_role("table", name="An instance").get_by_role("row").filter(has_text="area")
    expect(area).to_contain_text("number (m²)")
    expect(area).to_contain_text("at least 1, at most 1000")
    floor = page.get_by_role("table", name="An instance").get_by_role("row").filter(has_text="floor")
    expect(floor).to_contain_text("integer or null")
    expect(floor).to_contain_text("may be left out")
    expect(page.get_by_role("table", name="Each of the predictions").get_by_role("row")).to_have_count(3)
    refusals = page.get_by_role("table", name="What a request may be refused with")
    expect(refusals.get_by_role("row").filter(has_text="422")).to_contain_text("every broken rule")


@pytest.mark.parametrize(
    ("body", "status", "said"), [("{", 400, "not JSON"), ('{"instances": [{"area": 0}]}', 422, "at least 1")]
)
def test_a_refusal_is_shown_as_it_came(
    page: Page, kinds_site: str, silence: Silence, body: str, status: int, said: str
) -> None:
    silence.expect("Failed to load resource")
    opened(page, kinds_site, "price", "Of price").locator("#body").fill(body)
    problem = send(page)
    assert problem["status"] == status
    assert said in json.dumps(problem)
    expect(page.locator("#outcome")).to_have_class("quiet refused")


def test_the_request_is_copied_as_a_command_that_runs(page: Page, kinds_site: str, tool: Callable[[str], str]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, kinds_site, "spam", "Of spam")
    page.locator("#body").fill('{"instances": [{"message": "it\'s free\\nprize", "town": "Bath"}]}')
    page.locator("#copy-request").get_by_role("button", name="Copy").click()
    expect(page.locator("#copy-request [role=status]")).to_have_text("Copied.")
    tool("curl")
    copied = page.evaluate("navigator.clipboard.readText()")
    finished = subprocess.run(["sh", "-c", copied], capture_output=True, text=True, check=True)
    assert json.loads(finished.stdout) == send(page)
    page.locator("#copy-answer").get_by_role("button", name="Copy").click()
    expect(page.locator("#copy-answer [role=status]")).to_have_text("Copied.")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == json.loads(finished.stdout)


def test_another_model_is_chosen_by_the_address_and_leads_back_to_its_page(page: Page, kinds_site: str) -> None:
    opened(page, kinds_site, "flat", "Of flat")
    page.get_by_role("navigation", name="Models").get_by_role("link", name="Of price").click()
    page.get_by_role("heading", level=1, name="Of price").wait_for()
    expect(page.locator("#address")).to_have_text(f"{kinds_site}/api/models/price/predict")
    page.get_by_role("link", name="Picklejar").click()
    page.get_by_role("button", name="Predict", exact=True).wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_text("Of price")


def test_an_unknown_model_and_an_empty_jar_say_so(page: Page, kinds_site: str) -> None:
    opened(page, kinds_site, "castles", "No such model")
    expect(page.locator("#description")).to_contain_text("“castles”")
    expect(page.locator("#model")).to_be_hidden()
    with running_site(make_handler(Jar(store_of()), ())) as empty:
        page.goto(f"{empty}/api.html")
        page.get_by_role("heading", level=1, name="The jar is empty").wait_for()


def test_it_says_when_nothing_answers_and_can_be_told_to_try_again(
    page: Page, kinds_site: str, silence: Silence
) -> None:
    silence.expect("Failed to load resource")
    page.route("**/openapi.json", lambda route: route.abort())
    page.goto(f"{kinds_site}/api.html")
    assert "broke off" in told(page, "#notice")
    page.unroute("**/openapi.json")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#model")).to_be_visible()
    page.route("**/predict", lambda route: route.abort())
    page.get_by_role("button", name="Send").click()
    assert "Nothing came back" in told(page, "#answer-notice")


def test_it_is_light_and_asks_no_other_host(page: Page, kinds_site: str) -> None:
    loaded: dict[str, int] = {}

    def weigh(response: Response) -> None:
        assert response.url.startswith(kinds_site)
        if "/api/" not in response.url:
            loaded[response.url] = len(response.body())

    page.on("response", weigh)
    opened(page, kinds_site, "price", "Of price")
    page.wait_for_load_state("networkidle")
    assert len(loaded) > 10
    assert sum(loaded.values()) < MOST_BYTES

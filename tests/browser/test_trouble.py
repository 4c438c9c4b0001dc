"""Trouble, provoked for real: each kind has a sentence that a person understands, where it happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from playwright.sync_api import Page, expect

from functions.predict import request as predict_request
from functions.predict.api import make_handler
from local.s3 import KEY, REGION, LocalS3, running_s3
from local.serving import HOST
from picklejar.bucket import s3_store
from picklejar.serving.jar import Jar
from tests.browser.conftest import Silence, opened, opened_unanswered, predict, running_page, running_site, told

# A browser itself logs every answer that is not a success; no page can keep it from that.
LOGGED_BY_THE_BROWSER = "Failed to load resource"


@pytest.fixture(autouse=True)
def _refusals_are_logged(silence: Silence) -> None:
    silence.expect(LOGGED_BY_THE_BROWSER)


class RestartableS3:
    """An S3 that can be stopped; moto keeps what it holds in memory, so started again it has it still."""

    def __init__(self, local: LocalS3) -> None:
        self.local = local
        self.start()

    def start(self) -> None:
        self._server = ThreadedMotoServer(HOST, port=self.local.port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def restartable_s3(bundles: Path) -> Iterator[RestartableS3]:
    with running_s3() as s3:
        s3.publish_all(bundles)
    restartable = RestartableS3(s3)
    yield restartable
    restartable.stop()


def test_entries_of_a_problem_land_at_their_fields(sales: Page) -> None:
    sales.get_by_label("Interest rate", exact=True).fill("101")
    sales.get_by_label("Sales in the second month", exact=True).fill("")
    sales.get_by_role("button", name="Predict", exact=True).click()
    rate = sales.get_by_label("Interest rate", exact=True)
    expect(rate).to_have_attribute("aria-invalid", "true")
    expect(rate).to_be_focused()
    expect(sales.locator("#feature-0-error")).to_have_text("Must be at most 100.")
    expect(sales.locator("#feature-2-error")).to_have_text("Enter a value.")
    expect(sales.locator("#answer output data")).to_have_count(0)
    rate.fill("4")
    expect(rate).to_have_attribute("aria-invalid", "false")


def test_what_is_no_number_is_told_at_its_field(sales: Page) -> None:
    rate = sales.get_by_label("Interest rate", exact=True)
    for text in ("abc", "1,5", "1e999", "0x10", "=1+1"):
        rate.fill(text)
        expect(sales.locator("#feature-0-error")).to_be_empty()
        sales.get_by_role("button", name="Predict", exact=True).click()
        expect(sales.locator("#feature-0-error")).to_have_text("Must be a number, written like 4.")
        expect(rate).to_be_focused()


def test_markup_is_shown_as_the_text_it_is(page: Page, site: str) -> None:
    opened(page, f"{site}/#/sales", "Sales in the third month")
    page.evaluate("location.hash = '#/<img src=x onerror=alert(1)>'")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such model")
    expect(page.locator("#description")).to_contain_text("<img src=x onerror=alert(1)>")


def test_an_unknown_model_is_said_to_be_one(page: Page, site: str) -> None:
    page.goto(f"{site}/#/castles")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such model")
    expect(page.locator("#description")).to_have_text(
        "There is no model named “castles” here. Choose one of those above."
    )
    page.get_by_role("link", name="House price").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("House price")


def test_an_empty_jar_says_how_to_fill_it(page: Page, s3: LocalS3) -> None:
    client = boto3.client(
        "s3", endpoint_url=s3.endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=KEY
    )
    client.create_bucket(Bucket="empty")
    credentials: Any = lambda: {"access_key_id": KEY, "secret_access_key": KEY, "expires_at": None}  # noqa: E731
    store = s3_store("empty", region=REGION, endpoint=s3.endpoint, credentials=credentials)
    with running_site(make_handler(Jar(store), ())) as site:
        page.goto(site)
        expect(page.get_by_role("heading", level=1)).to_have_text("The jar is empty")
        expect(page.locator("#description")).to_contain_text("picklejar publish")


def test_a_stopped_api_is_named_and_can_be_tried_again(page: Page, s3: LocalS3) -> None:
    handler = make_handler(Jar(s3.store()), ())
    with ExitStack() as running:
        site = running.enter_context(running_site(handler))
        port = int(site.rpartition(":")[2])
        opened(page, f"{site}/#/housing", "House price")
        running.close()
        page.get_by_role("button", name="Predict", exact=True).click()
        assert f"Nothing answers at {site}/api. Check that the API is running" in told(page, "#form-notice")
        running.enter_context(running_site(handler, port))
        assert predict(page).startswith("$1,")
        expect(page.locator("#form-notice [role=alert]")).to_be_empty()


def test_the_answer_stays_without_a_curve_that_does_not_load(page: Page, site: str) -> None:
    page.route("**/curve.js", lambda route: route.abort())
    opened(page, f"{site}/#/housing", "House price")
    assert predict(page).startswith("$1,")
    expect(page.locator("#whatif .readout")).to_have_text("There is no curve. The connection broke off.")
    expect(page.locator("#form-notice [role=alert]")).to_be_empty()
    page.unroute("**/curve.js")
    predict(page)
    expect(page.locator("#whatif svg")).to_be_visible()


@pytest.mark.parametrize("file", ["**/snippets/panel.js", "**/stylesheet.js", "**/panels.css"])
def test_a_part_that_does_not_load_says_so_where_it_belongs(page: Page, site: str, file: str) -> None:
    page.route(file, lambda route: route.abort())
    opened(page, f"{site}/#/housing", "House price")
    page.locator("#snippets summary").click()
    expect(page.locator("#snippets .error")).to_have_text("This part could not be loaded. The connection broke off.")


def test_an_api_that_never_answered_is_named_and_can_be_tried_again(page: Page, s3: LocalS3, silence: Silence) -> None:
    handler = make_handler(Jar(s3.store()), ("*",))
    with ExitStack() as running:
        api = running.enter_context(running_site(handler))
        running.close()
        with running_page(f"{api}/api") as site:
            page.goto(site)
            assert f"Nothing answers at {api}/api" in told(page, "#notice")
            with running_site(handler, int(api.rpartition(":")[2])):
                page.get_by_role("button", name="Try again").click()
                expect(page.get_by_role("heading", level=1)).to_have_text("House price")


def test_an_api_that_does_not_allow_the_page_is_told_from_one_that_is_down(
    page: Page, s3: LocalS3, silence: Silence
) -> None:
    silence.expect("blocked by CORS policy")
    with (
        running_site(make_handler(Jar(s3.store()), ("https://other.example",))) as api,
        running_page(f"{api}/api") as site,
    ):
        page.goto(site)
        assert f"The API answers, but does not allow pages from {site} to read it." in told(page, "#notice")


def test_a_page_that_does_not_know_its_api_says_so(page: Page, site: str) -> None:
    page.route("**/config.json", lambda route: route.fulfill(json={}))
    page.goto(site)
    assert "config.json must name its address" in told(page, "#notice")


def test_what_is_not_the_api_is_said_not_to_be(page: Page, site: str) -> None:
    page.route("**/config.json", lambda route: route.fulfill(json={"api": "/main.js?"}))
    page.goto(site)
    assert "is not what this API says" in told(page, "#notice")


def test_a_request_that_is_too_large_has_its_sentence(housing: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict_request, "MOST_BYTES", 100)
    housing.get_by_role("button", name="Predict", exact=True).click()
    assert told(housing, "#form-notice").startswith("This is more than one request may carry. The body has ")


def test_a_fault_on_the_other_side_names_the_line_of_the_log(page: Page, s3: LocalS3) -> None:
    jar = Jar(s3.store())
    with running_site(make_handler(jar, ())) as site:
        opened_unanswered(page, f"{site}/#/housing", "House price")
        jar.open = None  # type: ignore[assignment,method-assign]
        page.get_by_role("button", name="Predict", exact=True).click()
        assert "Its owner finds it in the log as " in told(page, "#form-notice")


def test_a_503_counts_down_and_is_tried_again(page: Page, restartable_s3: RestartableS3) -> None:
    page.clock.install()
    with running_site(make_handler(Jar(restartable_s3.local.store()), ())) as site:
        opened_unanswered(page, f"{site}/#/housing", "House price")
        restartable_s3.stop()
        page.get_by_role("button", name="Predict", exact=True).click()
        assert "cannot be reached" in told(page, "#form-notice")
        expect(page.locator("#form-notice .ticks")).to_have_text("Trying again in 5 s")
        page.clock.run_for(2000)
        expect(page.locator("#form-notice .ticks")).to_have_text("Trying again in 3 s")
        restartable_s3.start()
        page.clock.run_for(4000)
        page.locator("#answer output data").wait_for()
        expect(page.locator("#form-notice [role=alert]")).to_be_empty()


def test_the_wait_can_be_cut_short_or_cancelled(page: Page, restartable_s3: RestartableS3) -> None:
    page.clock.install()
    restartable_s3.stop()
    with running_site(make_handler(Jar(restartable_s3.local.store()), ())) as site:
        page.goto(site)
        assert "cannot be reached" in told(page, "#notice")
        page.get_by_role("button", name="Cancel").click()
        assert told(page, "#notice") == "The wait was cancelled."
        page.get_by_role("button", name="Try again").click()
        assert "cannot be reached" in told(page, "#notice")
        restartable_s3.start()
        page.get_by_role("button", name="Try now").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("House price")

"""A model of texts: a field of several lines, an answer to what is written there, no curve along words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from functions.predict.api import make_handler
from local.s3 import LocalS3, running_s3
from picklejar.serving.jar import Jar
from tests.browser.conftest import answer, opened, predict, running_site
from tests.browser.test_access import axe, violations
from tests.messages import MESSAGES
from training.registry.publish import publish
from training.train import train

__all__ = ["axe"]


@pytest.fixture(scope="module")
def messages_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalS3]:
    bundle = tmp_path_factory.mktemp("messages") / "messages"
    with running_s3(bucket="models-of-messages") as running:
        train(MESSAGES, MESSAGES.data, bundle, lambda _: None)
        publish(bundle, running.store(), lambda _: None, "It is for this test.")
        yield running


@pytest.fixture(scope="module")
def messages_site(messages_s3: LocalS3) -> Iterator[str]:
    with running_site(make_handler(Jar(messages_s3.store()), ())) as address:
        yield address


@pytest.fixture(name="desk")
def answering(page: Page, messages_site: str) -> Page:
    """The page of the model, ready."""
    return opened(page, f"{messages_site}/#/messages", "Messages")


def test_a_text_has_a_field_of_several_lines_and_an_answer(desk: Page, axe: str) -> None:
    field = desk.get_by_label("Message", exact=True)
    assert field.evaluate("field => field.tagName") == "TEXTAREA"
    expect(field).to_have_value("Where is my parcel?\nIt was to come on Monday.")
    assert predict(desk).startswith("delivery")
    field.fill("The refund is 5 euros too low.\nI was charged twice, please send an invoice.")
    assert "billing" in predict(desk)
    assert violations(desk, axe) == []


def test_an_empty_text_is_one_without_words(desk: Page) -> None:
    desk.get_by_label("Message", exact=True).fill("")
    assert predict(desk).split()[0] in {"account", "billing", "delivery"}


def test_the_curve_is_along_numbers_alone(desk: Page) -> None:
    predict(desk)
    assert desk.locator("#whatif-feature option").all_inner_texts() == ["Orders"]


def test_another_example_has_its_lines(desk: Page) -> None:
    before = desk.get_by_label("Message", exact=True).input_value()
    desk.get_by_role("button", name="Try another example").click()
    expect(desk.get_by_label("Message", exact=True)).not_to_have_value(before)


def test_where_no_rows_are_handed_out_no_other_example_is_offered(page: Page, tmp_path: Path) -> None:
    bundle = tmp_path / "messages"
    with running_s3(bucket="models-of-private-messages") as running:
        train(MESSAGES, MESSAGES.data, bundle, lambda _: None, withholds_texts=True)
        publish(bundle, running.store(), lambda _: None, "It is for this test.")
        with running_site(make_handler(Jar(running.store()), ())) as address:
            desk = opened(page, f"{address}/#/messages", "Messages")
            expect(desk.get_by_label("Message", exact=True)).to_have_value("A text of your own.")
            expect(desk.get_by_role("button", name="Try another example")).to_be_hidden()
            assert answer(desk)
            expect(desk.locator("[role=alert]").filter(has_text=re.compile("."))).to_have_count(0)
            assert predict(desk)

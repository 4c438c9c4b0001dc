"""A classifier: its label with a bar for each class, the curve of a probability, a CSV of labels, and its card."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from functions.predict.api import make_handler
from local.s3 import LocalS3, running_s3
from picklejar.jar import Jar
from tests.browser.conftest import opened, predict, running_site
from tests.browser.test_access import axe, violations
from tests.browser.test_batch import choose, run
from tests.churn import LEAVES, STAYS
from training.publish import publish

__all__ = ["axe"]


@pytest.fixture(scope="module")
def churn_s3(churn_bundle: Path) -> Iterator[LocalS3]:
    with running_s3(bucket="models-of-churn") as running:
        publish(churn_bundle, running.store(), lambda _: None)
        yield running


@pytest.fixture(scope="module")
def churn_site(churn_s3: LocalS3) -> Iterator[str]:
    with running_site(make_handler(Jar(churn_s3.store()), ())) as address:
        yield address


@pytest.fixture
def churn(page: Page, churn_site: str) -> Page:
    """The page of the classifier, ready."""
    return opened(page, f"{churn_site}/#/churn", "Churn")


def _fill(page: Page, months: int, calls: int) -> None:
    page.get_by_label("Months", exact=True).fill(str(months))
    page.get_by_label("Calls", exact=True).fill(str(calls))


def test_the_label_stands_above_a_bar_for_each_class(churn: Page, axe: str) -> None:
    bars = churn.locator("#answer .bars li")
    expect(bars).to_have_text(["no", "yes"])
    _fill(churn, 2, 9)
    churn.get_by_label("Plan").select_option("basic")
    assert predict(churn) == "yes"
    shares = [float(text.rstrip("%").lstrip("noyes")) for text in bars.all_text_contents()]
    assert shares[1] > 50
    assert sum(shares) == pytest.approx(100, abs=0.11)
    _fill(churn, 60, 0)
    expect(churn.locator("#answer output")).to_have_text("no")
    assert violations(churn, axe) == []


def test_the_bars_have_their_room_before_the_answer(churn: Page) -> None:
    expect(churn.locator("#answer .bars li")).to_have_count(2)
    before = churn.locator("#whatif").bounding_box()
    predict(churn)
    assert before is not None
    assert churn.locator("#whatif").bounding_box()["y"] == pytest.approx(before["y"], abs=1)  # type: ignore[index]


def test_the_curve_is_the_probability_of_the_second_class(churn: Page) -> None:
    expect(churn.locator("#whatif option")).to_have_text(["Months", "Calls"])
    predict(churn)
    expect(churn.locator("#whatif path.curve")).to_be_visible()
    expect(churn.locator("#whatif text.name").first).to_have_text("Probability of yes (%)")
    expect(churn.locator("#whatif .readout strong")).to_contain_text("%")
    expect(churn.get_by_role("combobox", name="Class whose probability is drawn")).to_have_count(0)


def test_a_file_comes_back_with_labels_and_probabilities(churn: Page) -> None:
    churn.locator("#batch summary").click()
    rows = [list(STAYS), STAYS.values(), LEAVES.values(), [-1, 0, True, "plus"]]
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    choose(churn, file.getvalue().encode())
    header, stays, leaves, refused = csv.reader(io.StringIO(run(churn).decode(), newline=""))
    assert header[4:] == ["prediction", "probability_no", "probability_yes", "error"]
    assert (stays[4], leaves[4], refused[4:7]) == ("no", "yes", ["", "", ""])
    assert float(leaves[5]) + float(leaves[6]) == pytest.approx(1)
    assert refused[7] == "months: Must be at least 0."


def test_the_request_to_take_away_asks_for_labels_or_probabilities(churn: Page) -> None:
    churn.locator("#takeaway summary").click()
    code = churn.locator("#takeaway code")
    expect(code).to_contain_text('"plan":"plus"}]}')
    churn.get_by_text("Probabilities", exact=True).click()
    expect(code).to_contain_text('"plan":"plus"}],"output":"predict_proba"}')
    churn.get_by_text("Python", exact=True).click()
    expect(code).to_contain_text('"output": "predict_proba"')


def test_the_card_tells_how_often_it_is_right(churn: Page, churn_bundle: Path) -> None:
    churn.locator("#card summary").click()
    card = churn.locator("#card")
    expect(card.get_by_role("columnheader")).to_contain_text(["Scored on", "Rows", "Right (accuracy)", "guessing"])
    expect(card.get_by_role("row", name="Leaves")).to_contain_text("no: 1")
    pictures = json.loads((churn_bundle / "manifest.json").read_bytes())["pictures"]
    expect(card.locator("img")).to_have_count(len(pictures))
    expect(card.get_by_role("img", name="How many rows of each Leaves")).to_be_visible()

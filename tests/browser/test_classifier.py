"""A classifier: its label with a bar for each class, the curve of a probability, a CSV of labels, and its card."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from functions.predict.api import make_handler
from local.s3 import LocalS3, running_s3
from picklejar.alias import Canary
from picklejar.serving.jar import Jar
from tests.browser.conftest import Held, Silence, opened, opened_unanswered, predict, running_site
from tests.browser.test_access import axe, violations
from tests.browser.test_batch import choose, run
from tests.churn import LEAVES, STAYS, churn, write_rows
from training.registry.canary import begin
from training.registry.publish import publish
from training.train import train

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


@pytest.fixture(name="desk")
def churning(page: Page, churn_site: str) -> Page:
    """The page of the classifier, ready."""
    return opened(page, f"{churn_site}/#/churn", "Churn")


def _fill(page: Page, months: int, calls: int) -> None:
    page.get_by_label("Months", exact=True).fill(str(months))
    page.get_by_label("Calls", exact=True).fill(str(calls))


def _shares(page: Page) -> list[float]:
    """What the bars say."""
    bars = page.locator("#answer .bars li").all_text_contents()
    return [float(text.lstrip("noyes").rstrip("%")) / 100 for text in bars]


def test_the_label_stands_above_a_bar_for_each_class(desk: Page, axe: str) -> None:
    _fill(desk, 2, 9)
    desk.get_by_label("Plan").select_option("basic")
    assert predict(desk) == "yes"
    no, yes = _shares(desk)
    assert yes > 0.5
    assert no + yes == pytest.approx(1, abs=0.0011)
    _fill(desk, 60, 0)
    expect(desk.locator("#answer output")).to_have_text("no")
    assert violations(desk, axe) == []


def test_the_label_stands_without_bars_that_do_not_load(page: Page, churn_site: str, silence: Silence) -> None:
    silence.expect("Failed to load resource")
    page.route("**/bars.js", lambda route: route.abort())
    opened(page, f"{churn_site}/#/churn", "Churn")
    assert predict(page) in {"yes", "no"}
    expect(page.locator("#answer .bars li")).to_have_text("There are no bars. The connection broke off.")


def test_bars_that_load_after_the_answer_are_its(page: Page, churn_site: str) -> None:
    held = Held(page, "**/bars.js")
    opened(page, f"{churn_site}/#/churn", "Churn")
    page.locator("#answer output data").wait_for()
    held.release()
    expect(page.locator("#answer .bars li")).to_have_text([re.compile("^no.*%$"), re.compile("^yes.*%$")])


def test_the_bars_have_their_room_before_the_answer(page: Page, churn_site: str, silence: Silence) -> None:
    silence.expect("Failed to load resource")
    desk = opened_unanswered(page, f"{churn_site}/#/churn", "Churn")
    expect(desk.locator("#answer .bars li")).to_have_text(["no", "yes"])
    before = desk.locator("#whatif").bounding_box()
    predict(desk)
    assert before is not None
    assert desk.locator("#whatif").bounding_box()["y"] == pytest.approx(before["y"], abs=1)  # type: ignore[index]


def test_the_curve_is_the_probability_of_the_second_class(desk: Page) -> None:
    expect(desk.locator("#whatif option")).to_have_text(["Months", "Calls"])
    predict(desk)
    expect(desk.locator("#whatif path.curve")).to_be_visible()
    expect(desk.locator("#whatif text.name").first).to_have_text("Probability of yes (%)")
    expect(desk.locator("#whatif .readout strong")).to_contain_text("%")
    expect(desk.get_by_role("combobox", name="Class whose probability is drawn")).to_have_count(0)


def test_a_file_comes_back_with_labels_and_probabilities(desk: Page) -> None:
    desk.locator("#batch summary").click()
    rows = [list(STAYS), STAYS.values(), LEAVES.values(), [-1, 0, True, "plus"]]
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    choose(desk, file.getvalue().encode())
    header, stays, leaves, refused = csv.reader(io.StringIO(run(desk).decode(), newline=""))
    assert header[4:] == ["prediction", "probability_no", "probability_yes", "error"]
    assert (stays[4], leaves[4], refused[4:7]) == ("no", "yes", ["", "", ""])
    assert float(leaves[5]) + float(leaves[6]) == pytest.approx(1)
    assert refused[7] == "months must be at least 0."


def test_the_request_to_take_away_asks_for_labels_or_probabilities(desk: Page) -> None:
    desk.locator("#snippets summary").click()
    code = desk.locator("#snippets code")
    expect(code).to_contain_text('"plan":"plus"}]}')
    desk.get_by_text("Probabilities", exact=True).click()
    expect(code).to_contain_text('"plan":"plus"}],"output":"predict_proba"}')
    desk.get_by_text("Python", exact=True).click()
    expect(code).to_contain_text('"output": "predict_proba"')


def test_the_card_tells_how_often_it_is_right(desk: Page, churn_bundle: Path) -> None:
    desk.locator("#card summary").click()
    card = desk.locator("#card")
    expect(card.get_by_role("columnheader")).to_contain_text(["Scored on", "Rows", "Right (accuracy)", "guessing"])
    expect(card.get_by_role("row", name="Leaves")).to_contain_text("no: 1")
    pictures = json.loads((churn_bundle / "manifest.json").read_bytes())["pictures"]
    expect(card.locator("img")).to_have_count(len(pictures))
    expect(card.get_by_role("img", name="How many rows of each Leaves")).to_be_visible()


@pytest.fixture(scope="module")
def parted(churn_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Canary]]:
    """A site where a canary answers half of the requests, chosen by their bodies."""
    folder = tmp_path_factory.mktemp("candidate")
    candidate = churn(folder, data=write_rows(folder / "fewer.csv", 60))
    train(candidate, candidate.data, folder / "churn", lambda _: None)
    with running_s3(bucket="models-of-churn-parted") as running:
        store = running.store()
        publish(churn_bundle, store, lambda _: None)
        tried = publish(folder / "churn", store, lambda _: None, promote=False)
        begin(store, "churn", canary := Canary(tried.manifest.version, 50))
        with pytest.MonkeyPatch.context() as patch, running_site(make_handler(Jar(store), ())) as address:
            # On a busy machine, too, the candidate is loaded before the champion answers in its place.
            patch.setattr("picklejar.serving.candidate.PATIENCE", 10.0)
            yield address, canary


def test_one_version_gives_the_label_and_the_bars_though_a_canary_parts_the_requests(
    page: Page, parted: tuple[str, Canary], silence: Silence
) -> None:
    silence.expect("Failed to load resource")
    site, canary = parted
    opened_unanswered(page, f"{site}/#/churn", "Churn")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or request.url))
    instance = {"months": 0, "calls": 1, "contract": False, "plan": "plus"}
    for instance["months"] in range(73):
        bodies = [_sent(instance), _sent(instance, output="predict_proba")]
        if [canary.takes("churn", body.encode()) for body in bodies] == [True, False]:
            break
    _fill(page, instance["months"], 1)
    predict(page)
    assert asked[:2] == bodies
    ask = {"instances": [instance], "output": "predict_proba"}
    answers = f"{site}/api/models/churn/versions/{canary.candidate}/predict"
    theirs = httpx.post(answers, json=ask).json()["predictions"][0]
    champions = httpx.post(f"{site}/api/models/churn/predict", json=ask).json()["predictions"][0]
    assert theirs[1] != pytest.approx(champions[1], abs=0.002)
    assert _shares(page) == pytest.approx(theirs, abs=0.00051)


def _sent(instance: dict[str, object], **words: str) -> str:
    return json.dumps({"instances": [instance]} | words, separators=(",", ":"))

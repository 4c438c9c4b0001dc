"""A model of several targets: each has its number, its column in a file, and its row on the card."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from sklearn.linear_model import LinearRegression

from functions.predict.api import make_handler
from tests.browser.conftest import opened, running_site
from tests.browser.test_access import axe, violations
from tests.browser.test_batch import choose, run
from tests.rent import jar_of
from training.adopt.adopt import Adoption, adopt

__all__ = ["axe"]

X = pd.DataFrame({"area": np.arange(40) + 10.0, "floor": np.arange(40) % 5})
Y = pd.DataFrame({"price": 1_000 * X["area"] + 100 * X["floor"], "__proto__": 2 * X["area"] - 20})


@pytest.fixture(scope="module")
def flats_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("flats")
    (folder / "model.pkl").write_bytes(pickle.dumps(LinearRegression().fit(X, Y)))
    X.join(Y).to_csv(folder / "rows.csv", index=False)
    adoption = Adoption(folder / "model.pkl", "flats", folder / "rows.csv", "price", further_targets=("__proto__",))
    adopt(adoption, folder / "flats", lambda _: None)
    with running_site(make_handler(jar_of(folder / "flats"), ())) as address:
        yield address


@pytest.fixture
def flats(page: Page, flats_site: str) -> Page:
    return opened(page, f"{flats_site}/#/flats", "Flats")


def test_every_target_is_answered_under_its_title(flats: Page, axe: str) -> None:
    flats.get_by_label("Area", exact=True).fill("5")
    flats.get_by_label("Floor", exact=True).fill("3")
    flats.get_by_role("button", name="Predict", exact=True).click()
    expect(flats.locator("#answer h2")).to_have_text("Predictions")
    expect(flats.locator("#answer dt")).to_have_text(["Price", "Proto"])
    expect(flats.locator("#answer dd")).to_have_text(["5,300", "-10"])
    notes = flats.locator("#answer .notes li")
    expect(notes.filter(has_text="Price: Lower than any seen in training")).to_have_count(1)
    expect(notes.filter(has_text="Proto: No real proto is negative")).to_have_count(1)
    expect(flats.locator("#whatif")).to_be_hidden()
    assert violations(flats, axe) == []


def test_a_file_has_a_column_for_every_target(flats: Page) -> None:
    flats.locator("#batch summary").click()
    choose(flats, b"area,floor\n20,1\n")
    header, row = run(flats).decode().splitlines()
    assert header == "area,floor,prediction_price,prediction___proto__"
    assert [float(cell) for cell in row.split(",")] == pytest.approx([20, 1, 20_100, 20])


def test_the_card_has_scores_of_every_target(flats: Page) -> None:
    flats.locator("#card summary").first.click()
    scores = flats.get_by_role("table", name="The model beside always guessing")
    expect(scores.get_by_role("row")).to_have_count(3)
    expect(scores).to_contain_text("Sample, maybe seen in training: Proto")

"""Names that every object of JavaScript has are names like others, from the form to the requests to copy."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from functions.predict.api import make_handler
from tests.browser.conftest import opened, predict, running_site
from tests.browser.test_batch import choose, run
from tests.rent import jar_of
from training.adopt.adopt import Adoption, adopt

NAME, TARGET = "constructor", "valueOf"
LONG = "Scuderia Toro Rosso of Faenza, in Emilia-Romagna"
ROWS = pd.DataFrame(
    {
        "constructor": ["Williams", "Ferrari", "McLaren", LONG] * 15,
        "__proto__": np.arange(60) % 20 + 0.5,
        "toString": np.arange(60) % 7,
    }
)


@pytest.fixture(scope="module")
def names_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("names")
    points = ROWS["__proto__"] + ROWS["constructor"].str.len()
    columns = make_column_transformer((OneHotEncoder(), ["constructor"]), remainder="passthrough")
    (folder / "model.pkl").write_bytes(pickle.dumps(make_pipeline(columns, Ridge(1e-9)).fit(ROWS, points)))
    ROWS.assign(**{TARGET: points}).to_csv(folder / "rows.csv", index=False)
    adopt(Adoption(folder / "model.pkl", NAME, folder / "rows.csv", TARGET), folder / NAME, lambda _: None)
    with running_site(make_handler(jar_of(folder / NAME), ())) as address:
        yield address


@pytest.fixture
def names(page: Page, names_site: str) -> Page:
    """The page of a model with such names, ready."""
    return opened(page, f"{names_site}/#/{NAME}", "Constructor")


def test_the_form_shows_and_is_answered(names: Page) -> None:
    names.get_by_role("combobox", name="Constructor", exact=True).select_option("McLaren")
    names.get_by_label("Proto", exact=True).fill("10")
    names.get_by_label("ToString", exact=True).fill("3")
    assert predict(names) == "17"
    expect(names.locator("#whatif option")).to_have_text(["Proto", "ToString"])
    expect(names.locator("#whatif path.curve")).to_be_visible()


def test_a_text_that_a_select_has_no_room_for_stands_under_it(names: Page) -> None:
    choice = names.get_by_role("combobox", name="Constructor", exact=True)
    choice.select_option(LONG)
    expect(names.locator(".field .range", has_text=LONG)).to_be_visible()
    choice.select_option("McLaren")
    expect(names.locator(".field .range", has_text=LONG)).to_have_count(0)


def test_the_requests_to_copy_say_the_values(names: Page) -> None:
    names.get_by_label("Proto", exact=True).fill("10")
    names.locator("#snippets summary").click()
    code = names.locator("#snippets code")
    expect(code).to_contain_text('"__proto__":10')
    names.get_by_text("JavaScript", exact=True).click()
    expect(code).to_contain_text('const instance = JSON.parse("{')


def test_a_file_goes_through_and_the_card_shows(names: Page) -> None:
    names.locator("#batch summary").click()
    choose(names, b"toString,__proto__,constructor\n3,10,McLaren\n")
    assert run(names).splitlines()[1].startswith(b"3,10,McLaren,1")
    names.locator("#card summary").click()
    expect(names.locator("#card").get_by_role("row", name="Proto")).to_contain_text("0.5")
    expect(names.locator("#card").get_by_role("row", name="Constructor")).to_contain_text("Ferrari: 15")

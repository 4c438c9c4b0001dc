"""Files in every dialect go from `new` to the page without an option: nothing is refused, and scikit-learn answers."""

from __future__ import annotations

import csv
import io
import pickle
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from functions.predict.api import make_handler
from picklejar.cells.text import start_of
from picklejar.manifest import MODEL_FILE
from tests.browser.conftest import opened, running_site
from tests.browser.test_batch import choose, run
from tests.rent import jar_of
from tests.written import PROGRAMS, of_program, written
from training.dataset.load import load
from training.definition import Definition
from training.new import create
from training.new.create import new
from training.score_file import predictor_of, score
from training.train import train

SEEDS = 30


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("made", [*PROGRAMS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(SEEDS))])
def test_a_file_goes_from_new_to_the_page(made: str | int, empty_project: Path, tmp_path: Path, page: Page) -> None:
    table = of_program(made) if isinstance(made, str) else written(made, rows=60)
    file = tmp_path / table.name
    file.write_bytes(table.content)
    begun = new("table", file, "target", lambda _: None)
    definition = create._run("table", (empty_project / begun.file).read_text())
    bundle = tmp_path / "bundle"
    train(definition, empty_project / begun.data, bundle, lambda _: None)
    answers = _estimators_own(definition, empty_project / begun.data, bundle)

    score(file, tmp_path / "scored.csv", predictor_of(bundle), lambda *_: None)
    assert (tmp_path / "scored.csv.errors.csv").read_text() == "row,field,rule,message\n"
    assert _predictions((tmp_path / "scored.csv").read_bytes(), definition) == pytest.approx(answers, rel=1e-12)

    with running_site(make_handler(jar_of(bundle), ())) as address:
        opened(page, f"{address}/#/table", definition.title).locator("#batch summary").click()
        choose(page, table.content, table.name)
        expect(page.locator("#batch [role=status]")).to_contain_text(f"{60 + table.empty} rows. No errors found.")
        assert _predictions(run(page), definition) == pytest.approx(answers, rel=1e-12)
    page.goto("about:blank")


def _estimators_own(definition: Definition, data: Path, bundle: Path) -> list[float]:
    estimator = pickle.loads((bundle / MODEL_FILE).read_bytes())
    answers: list[float] = estimator.predict(load(definition, data).rows.X).tolist()
    return answers


def _predictions(content: bytes, definition: Definition) -> list[float]:
    text = content.decode("utf-8-sig")
    dialect = definition.signature.dialect
    said = start_of(text, dialect).said
    rows = list(
        csv.reader(
            io.StringIO(text.removeprefix(said), newline=""), delimiter=str(dialect.delimiter), skipinitialspace=True
        )
    )
    place = rows[0].index("prediction")
    # An empty row has no prediction.
    return [float(row[place].replace(str(dialect.decimal), ".")) for row in rows[1:] if any(map(str.strip, row))]

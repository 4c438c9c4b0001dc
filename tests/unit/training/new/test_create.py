"""A model begun from a CSV file: what is written, and what cannot be."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from picklejar.cells.dialect import LEARNED
from picklejar.errors import InvalidDefinition
from picklejar.signature import Feature, Target
from tests.customers import write_rows
from training.cli import app
from training.new import create as making
from training.new.create import new
from training.new.recipes import recipes
from training.new.source import Draft, drafted
from training.train import train

pytestmark = pytest.mark.usefixtures("undrawn")

ROOT = Path(__file__).parents[4]
TABLE = "size,kind,price\n" + "".join(f"{row % 7},{'ab'[row % 2]},{row % 7 * 2.5 + row % 2}\n" for row in range(40))
WORDS = {"title": "T", "description": ""}
NUMBER = Feature(name="a number", example=1e20, nullable=True, **WORDS)
WHOLE = Feature(name="from", type="integer", example=-3, **WORDS)
FLAG = Feature(name="is {ok} $?", type="boolean", example=True, nullable=True, **WORDS)
MANY = Feature(
    name="it's",
    type="string",
    enum=tuple(f"the text number {n}" for n in range(20)),
    **WORDS,
    example="the text number 1",
)
ODD = Feature(
    name="Größe \N{EN DASH} 'x'", type="string", enum=('"a"', "'b'", "\\", "“c”", "d" * 150), example='"a"', **WORDS
)
FREE = Feature(name="x" * 100, type="string", example='two\nlines\t"', **WORDS)
LETTER = Feature(name="a letter", type="string", format="text", example="Dear\nall", default="", **WORDS)
LETTERS = "letter,orders,late\n" + "".join(
    f'"Dear team, parcel {row} is {("late", "not here")[row // 2 % 2] if row % 2 else "broken"}, please help",'
    f"{row % 5},{('no', 'yes')[row % 2]}\n"
    for row in range(60)
)
PRICE = Target(name="price", **WORDS)
SHAPES = {
    "numbers": ((NUMBER, WHOLE, FLAG), PRICE),
    "texts": ((MANY, ODD), Target(name="of three", classes=(1, 2, 3), **WORDS)),
    "both": ((NUMBER, FREE), Target(name="it's", classes=('a "yes"', "“no”"), **WORDS)),
    "letters": ((LETTER,), PRICE),
    "letters_and_numbers": ((LETTER, NUMBER), Target(name="flag", classes=(False, True), **WORDS)),
    "letters_and_texts": ((FREE, LETTER), PRICE),
    "letters_and_all": ((FREE, LETTER, NUMBER), PRICE),
    "label": ((WHOLE,), Target(name="flag", classes=(False, True), **WORDS)),
    "many_labels": ((WHOLE, MANY), Target(name="label", classes=MANY.enum or (), **WORDS)),
}


SIGNS = {NUMBER.name: "%", WHOLE.name: "€", FREE.name: "$"}
DIALECTS = [
    LEARNED.replaced(delimiter=",", decimal="."),
    LEARNED.replaced(encoding="cp1252", delimiter="\t", decimal=",", thousands="'", signs=SIGNS),
]


@pytest.fixture
def made(empty_project: Path, tmp_path: Path) -> Callable[..., Path]:
    """Begins a model called thing from a table, and returns its file."""

    def make(content: str | bytes, target: str, **words: bool) -> Path:
        csv = tmp_path / "table.csv"
        csv.write_bytes(content.encode() if isinstance(content, str) else content)
        return empty_project / new("thing", csv, target, lambda _: None, **words).file

    return make


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_drafts_are_formatted_linted_and_typed(tmp_path: Path) -> None:
    for name, (features, target) in SHAPES.items():
        columns, words = ([item for item in features if item.is_prose is prose] for prose in (False, True))
        for position, recipe in enumerate(recipes(columns, words, target)):
            data = Path("training/data/x.csv")
            draft = Draft(name, "the “file”.csv", target, DIALECTS[position % 2], data, 0.2)
            (tmp_path / f"{name}_{position}.py").write_text(drafted(draft, recipe, "Measured, at length. " * 9))
    for words in (["ruff", "format", "--check"], ["ruff", "check"], ["mypy"]):
        config = "--config-file" if words == ["mypy"] else "--config"
        command = [Path(sys.executable).with_name(words[0]), *words[1:], config, "pyproject.toml", tmp_path]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_regression_is_trained_from_the_file_as_it_is_written(
    empty_project: Path, made: Callable[..., Path], tmp_path: Path
) -> None:
    definition = making._run("thing", made(TABLE, "price").read_text())
    assert definition.signature.names == ("size", "kind")
    assert definition.signature.target == Target(name="price", title="Price", description="")
    assert definition.test_size is None
    manifest = train(
        definition, empty_project / "training" / "data" / "thing.csv", tmp_path / "build" / "thing", lambda _: None
    )
    assert manifest.kind == "inert"
    assert manifest.data.rows == 40


@pytest.mark.parametrize("columns", [["letter", "orders", "late"], ["letter", "late"]], ids=["both", "letters"])
def test_words_are_counted_where_that_helps(
    columns: list[str], empty_project: Path, made: Callable[..., Path], tmp_path: Path
) -> None:
    table = pd.read_csv(io.StringIO(LETTERS))[columns].to_csv(index=False)
    definition = making._run("thing", made(table, "late").read_text())
    assert definition.signature.names == tuple(columns[:-1])
    assert definition.signature.features[0].is_prose
    data = empty_project / "training" / "data" / "thing.csv"
    manifest = train(definition, data, tmp_path / "build" / "thing", lambda _: None)
    assert manifest.kind == "inert"
    assert manifest.frequencies["letter"].frequent == ()
    assert manifest.evaluations[-1].estimator.accuracy > 0.9
    private = train(definition, data, tmp_path / "build" / "private", lambda _: None, withholds_texts=True)
    assert private.withholds_texts
    assert "Dear team" not in private.encode().decode()
    assert "Dear team" not in (tmp_path / "build" / "private" / "card.md").read_text()


def test_words_that_tell_nothing_are_left_out(empty_project: Path, tmp_path: Path) -> None:
    rows = "".join(
        f'"please help, parcel {"abcdefg"[row % 7]}{row} came",{row % 9},{row % 9 * 2}\n' for row in range(90)
    )
    (tmp_path / "table.csv").write_text("letter,size,price\n" + rows)
    words = ["new", "thing", "--csv", str(tmp_path / "table.csv"), "--target", "price"]
    done = CliRunner().invoke(app, words)
    assert "The words of letter were counted, and that did not help." in " ".join(done.stdout.split())
    assert "Left out: letter has 90 different texts" in " ".join(done.stdout.split())
    assert "letter" not in (empty_project / "training" / "models" / "thing.py").read_text()


def test_a_data_set_from_elsewhere_is_copied_and_one_of_the_project_stays(
    empty_project: Path, made: Callable[..., Path]
) -> None:
    assert 'data=Path(__file__).parents[1] / "data" / "thing.csv"' in made(TABLE, "price").read_text()
    assert _files(empty_project) == {"training/models/thing.py", "training/data/thing.csv"}
    inside = empty_project / "some where" / "it's.csv"
    inside.parent.mkdir()
    inside.write_text(TABLE)
    done = new("other", inside, "kind", lambda _: None)
    assert (done.data, done.copied) == (Path("some where/it's.csv"), False)
    assert """data=Path(__file__).parents[2] / "some where" / "it's.csv",""" in (empty_project / done.file).read_text()
    assert "training/data/other.csv" not in _files(empty_project)


def test_what_is_measured_is_in_the_file_the_better_estimator_too(made: Callable[..., Path]) -> None:
    curved = "x,y\n" + "".join(f"{row % 50},{(row % 50 - 25) ** 2}\n" for row in range(400))
    text = " ".join(made(curved, "y").read_text().split())
    assert "return HistGradientBoostingRegressor(early_stopping=False, random_state=0)" in text
    assert "by 10-fold cross-validation of 400 rows, mean and deviation of the folds' RMSE: gradient boosting " in text
    assert ", ridge regression " in text
    assert ", guessing the average " in text
    assert "test_size=0.2," in text


def test_the_same_table_gives_the_same_file(made: Callable[..., Path]) -> None:
    first = made(TABLE, "kind").read_text()
    (making.MODELS / "thing.py").unlink()
    assert made(TABLE, "kind").read_text() == first


def test_whole_numbers_are_classes_where_one_says_so(empty_project: Path, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    words = ["new", "thing", "--csv", str(tmp_path / "table.csv"), "--target", "size", "--as", "classes"]
    done = CliRunner().invoke(app, words)
    assert "size is predicted as one of 0, 1, 2, 3, 4, 5, 6; --as number predicts a number." in done.stdout
    assert "training/data/thing.csv, to stay with the project" in done.stdout
    assert "classes=(0, 1, 2, 3, 4, 5, 6)" in (empty_project / "training" / "models" / "thing.py").read_text()


def test_a_rare_label_makes_fewer_folds_and_nothing_is_held_out(made: Callable[..., Path]) -> None:
    rare = "x,label\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(0, 600, 3)) + "1,c\n2,c\n"
    text = made(rare, "label").read_text()
    assert "by 2-fold cross-validation of 202 rows" in text
    assert "test_size=None" in text


def test_a_name_that_is_taken_is_never_written_over(empty_project: Path, made: Callable[..., Path]) -> None:
    kept = empty_project / "training" / "data" / "thing.csv"
    kept.write_text("mine")
    with pytest.raises(InvalidDefinition, match=r"thing\.csv is there already, and is another file than"):
        made(TABLE, "price")
    assert _files(empty_project) == {"training/data/thing.csv"}
    file = empty_project / "training" / "models" / "thing.py"
    file.write_text("mine")
    with pytest.raises(InvalidDefinition, match="There is a model 'thing' already"):
        made(TABLE, "price")
    assert (file.read_text(), kept.read_text()) == ("mine", "mine")


@pytest.mark.parametrize(
    ("content", "target", "sentence"),
    [
        (None, "a", "table.csv cannot be opened: No such file or directory."),
        ("", "a", "table.csv is empty."),
        ("a,b\n", "a", "table.csv has a header and no rows."),
        (b"\x89PNG\r\n\xff\xfe\x81", "a", "table.csv: The file is text neither in UTF-8 nor in cp1252"),
        ("a,a\n1,2\n", "a", "table.csv has more than one column with the name 'a'; rename all but one."),
        (TABLE, "prize", "has no column 'prize'; did you mean 'price'? There are size, kind, price."),
        (TABLE, "PRICE", "has no column 'PRICE'; did you mean 'price'? There are size, kind, price."),
        (TABLE, "zzz", "has no column 'zzz'; there are size, kind, price."),
        ("a,b\n" + "1,2\n" * 40, "b", "b has the value '2' alone; there is nothing to predict."),
        (
            "id,b\n" + "".join(f"{row},{row % 2}\n" for row in range(40)),
            "b",
            "No column is left to predict b from: id has",
        ),
        (
            TABLE[: TABLE.index("5,b,")],
            "kind",
            "table.csv has 5 rows with a kind; 20 are needed to tell estimators apart.",
        ),
        (TABLE + "1,once,1\n", "kind", "has fewer than 2 rows of kind once"),
        (TABLE.replace(",", ":"), "price", "It has one column, 'size:kind:price', as none of commas, semicolons, tabs"),
        (",price\n" + "".join(f"{row},{row}\n" for row in range(40)), "price", "There is no column beside price"),
    ],
)
def test_a_table_that_cannot_be_learned_from_is_refused_and_nothing_is_written(
    empty_project: Path, tmp_path: Path, content: str | bytes | None, target: str, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "table.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    _refused(["thing", "--csv", str(tmp_path / "table.csv"), "--target", target], sentence)
    assert _files(empty_project) == set()


@pytest.mark.parametrize("name", ["Thing", "1st", "two words", "with-dash", "class", "", "x" * 64, "../up", "ärger"])
def test_a_name_that_no_model_may_have_is_refused(empty_project: Path, name: str) -> None:
    _refused([name, "--csv", "table.csv", "--target", "a"], "cannot be a model's name")
    assert _files(empty_project) == set()


def test_a_model_that_ships_keeps_its_name(empty_project: Path) -> None:
    _refused(["sales", "--csv", "table.csv", "--target", "a"], "There is a model 'sales' already")


def _refused(words: list[str], sentence: str) -> None:
    done = CliRunner().invoke(app, ["new", *words])
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_example_is_what_its_generator_writes(tmp_path: Path) -> None:
    example = (ROOT / "docs" / "example" / "customers.csv").read_bytes()
    assert example == write_rows(tmp_path / "customers.csv").read_bytes()
    assert len(example) < 40_000

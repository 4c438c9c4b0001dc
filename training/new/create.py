"""Begins a model: a CSV file in, a file in training/models out, with the better of two estimators."""

from __future__ import annotations

import difflib
import keyword
import runpy
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from picklejar.batch.layout import PACKED
from picklejar.cells.dialect import LEARNED
from picklejar.cells.names import undivided
from picklejar.errors import InvalidDefinition, InvalidTrainingData
from picklejar.manifest import MODEL_NAME, Evaluation
from picklejar.signature import LONGEST_NAME, Target
from picklejar.wording import list_of, shorten
from training import data, models
from training.dataset.describe import Described, describe
from training.dataset.infer import Inferred, infer
from training.dataset.load import load
from training.dataset.marks import ALL_MARKS, Marks
from training.definition import Definition
from training.evaluation.evaluate import by_folds
from training.evaluation.loss import Loss, loss
from training.new.recipes import Recipe, recipes
from training.new.source import Draft, drafted

Step = Callable[[str], None]

MODELS, DATA = (Path(str(package.__file__)).resolve().parent for package in (models, data))
PROJECT = MODELS.parents[1]
# With fewer, ten folds have a row each, and no estimator can be told from another.
FEWEST_ROWS = 20
# From here on, the rows held out are enough to score by; below, every row is needed to learn from.
FEWEST_TO_HOLD_OUT, FEWEST_OF_A_LABEL_TO_HOLD_OUT = 200, 10
HELD_OUT = 0.2
# By how much counting words must be better than leaving texts out, as a share of the loss.
HELP = 0.01
SEED = 42


@dataclass(frozen=True)
class Tried:
    """An estimator, and how good it and the baseline are on unseen rows."""

    recipe: Recipe
    evaluation: Evaluation

    @property
    def losses(self) -> tuple[Loss, Loss, Loss]:
        scores = self.evaluation
        mean, spread, baseline = loss(scores.estimator, scores.spread or scores.estimator, scores.baseline)
        return mean, spread, baseline


@dataclass(frozen=True)
class New:
    """The model's file, its data set, `copied` or where it was, what it is taken for, and the estimators, best first.

    Both paths are relative to the project.
    """

    file: Path
    data: Path
    copied: bool
    described: Described
    inferred: Inferred
    tried: tuple[Tried, ...]


def new(
    name: str,
    csv: Path,
    target: str,
    step: Step,
    *,
    classes: bool | None = None,
    marks: tuple[Marks, ...] = ALL_MARKS,
) -> New:
    """Write training/models/NAME.py for a model that predicts a column of a CSV file from the others.

    A file from elsewhere is copied to training/data. Nothing is written if something is wrong. `step` is called with
    each stage's name; `classes` says whether whole numbers are classes, None decides by their count; `marks` are those
    that numbers may have.

    Raises:
        InvalidDefinition: the name is invalid or taken, or an estimator cannot be scored on the data.
        InvalidTrainingData: the file is not a table, or nothing can be learned from it.
    """
    file = _free(name)
    step(f"reading {csv.name}")
    described = describe(csv, allowed=marks)
    if described.undivided:
        needs = "a model predicts one column from others"
        raise InvalidTrainingData(f"{csv}: {needs}. {undivided(described.undivided, LEARNED)}")
    column = _told(described.table, target, csv)
    inferred = infer(described.table, target, classes=classes, signs=described.dialect.signs)
    kept = _kept(name, csv)
    draft = Draft(
        name=name,
        source=csv.name,
        target=inferred.target,
        dialect=described.dialect,
        data=kept.relative_to(PROJECT),
        test_size=_test_size(column, inferred.target),
    )
    tried = _tried(draft, recipes(inferred.features, inferred.prose, inferred.target), csv, step)
    step("writing the model's file")
    copied = kept != csv.resolve()
    if copied:
        shutil.copyfile(csv, kept)
    with file.open("x", encoding="utf-8") as writing:
        writing.write(drafted(draft, tried[0].recipe, measured(tried, inferred.target)))
    return New(file.relative_to(PROJECT), kept.relative_to(PROJECT), copied, described, inferred, tried)


def measured(tried: Sequence[Tried], target: Target) -> str:
    """Return the sentence on how good each estimator and guessing are."""
    mean, _, guess = tried[0].losses
    scores = tried[0].evaluation
    each = [f"{item.recipe.title} {figure(item.losses[0])} ± {figure(item.losses[1])}" for item in tried]
    folds = scores.title.partition(",")[0]
    return (
        f"Measured as this file was written, by {folds} of {scores.rows:,} rows, mean and deviation of the folds' "
        f"{mean.name}: {', '.join(each)}, {guessing(target)} {figure(guess)}."
    )


def guessing(target: Target) -> str:
    """Return what the baseline does."""
    return "guessing by how frequent each label is" if target.labels else "guessing the average"


def figure(loss: Loss) -> str:
    """Return a loss to four digits, a large one without decimals."""
    return f"{loss.value:,.0f}" if loss.value >= 1_000 else f"{loss.value:.4g}"


def _free(name: str) -> Path:
    if not MODEL_NAME.fullmatch(name) or not name.isidentifier() or keyword.iskeyword(name):
        raise InvalidDefinition(
            f"{shorten(name, LONGEST_NAME)!r} cannot be a model's name: that has lower-case letters, a letter first, "
            "digits and underscores, 63 at most, and is not a word of Python's."
        )
    file = MODELS / f"{name}.py"
    if name in models.names() or file.exists():
        raise InvalidDefinition(f"There is a model {name!r} already, in {file}; choose another name, or remove it.")
    return file


def _told(sample: pd.DataFrame, target: str, csv: Path) -> pd.Series[Any]:
    names = [str(name) for name in sample]
    if target not in names:
        folded = {name.casefold(): name for name in names}
        close = difflib.get_close_matches(target.casefold(), folded, n=1)
        meant = f"did you mean {folded[close[0]]!r}? There are" if close else "there are"
        raise InvalidTrainingData(f"{csv} has no column {shorten(target, LONGEST_NAME)!r}; {meant} {list_of(names)}.")
    column = sample[target].dropna()
    if len(column) < FEWEST_ROWS:
        raise InvalidTrainingData(
            f"{csv} has {len(column)} rows with a {target}; {FEWEST_ROWS} are needed to tell estimators apart."
        )
    return column


def _kept(name: str, csv: Path) -> Path:
    if csv.resolve().is_relative_to(PROJECT):
        return csv.resolve()
    copy = DATA / f"{name}.csv{PACKED if csv.name.lower().endswith(PACKED) else ''}"
    if copy.exists() and copy.read_bytes() != csv.read_bytes():
        raise InvalidDefinition(f"{copy} is there already, and is another file than {csv}; choose another name.")
    return copy


def _test_size(column: pd.Series[Any], target: Target) -> float | None:
    rarest = int(column.value_counts().min()) if target.labels else len(column)
    enough = len(column) >= FEWEST_TO_HOLD_OUT and rarest >= FEWEST_OF_A_LABEL_TO_HOLD_OUT
    return HELD_OUT if enough else None


def _tried(draft: Draft, to_try: Sequence[Recipe], csv: Path, step: Step) -> tuple[Tried, ...]:
    """Return the recipes with their scores, best first; one that counts words only where that clearly helps."""
    match = []
    for recipe in to_try:
        step(f"trying {recipe.title}")
        definition = _run(draft.name, drafted(draft, recipe, ""))
        rows = load(definition, csv).rows
        match.append(Tried(recipe, by_folds(definition.estimator(), rows, draft.target, SEED)))
    return tuple(sorted(match, key=lambda one: one.losses[0].value * (1 + HELP * one.recipe.counts_words)))


def _run(name: str, source: str) -> Definition:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.py"
        file.write_text(source, encoding="utf-8")
        definition: Definition = runpy.run_path(str(file))["MODEL"]
    return definition

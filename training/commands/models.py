"""Commands that make a model: new, train and adopt."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from picklejar.errors import PicklejarError
from picklejar.manifest import Manifest
from picklejar.signature import Feature, Target
from picklejar.wording import list_of, text_of
from training import models
from training.commands.options import Build, Decimal, Names, Thousands
from training.commands.progress import steps
from training.commands.read import marks_allowed, say_empty, show_file
from training.definition import Definition
from training.registry.gate import refusal
from training.report.score_table import score_table
from training.terminal import console, errors, reported, say

if TYPE_CHECKING:
    from training.adopt.adopt import Adopted
    from training.dataset.infer import Inferred
    from training.new.create import New

app = typer.Typer()

NEW_STEPS = 4
TRAINING_STEPS = 6
ADOPTING_STEPS = 6
# What of the baseline's is shown: the others say nothing more.
MAIN_SCORES = ("rmse", "accuracy", "log_loss")

Data = Annotated[Path | None, typer.Option("--data", help="Another data set than the model's own, a CSV file.")]


NoGoldenTexts = Annotated[
    bool,
    typer.Option(
        "--no-golden-texts",
        help="Hand out no training rows, whose texts may be private: the page has no examples, and the card no text.",
    ),
]


class Kind(enum.StrEnum):
    """What whole numbers are predicted as."""

    CLASSES = "classes"
    NUMBER = "number"


@app.command("new")
def begin(
    name: Annotated[str, typer.Argument(help="What the model is to be called.")],
    csv: Annotated[Path, typer.Option("--csv", help="The data set, a CSV file with a header.")],
    target: Annotated[str, typer.Option(help="The column to predict from the others.")],
    kind: Annotated[
        Kind | None,
        typer.Option("--as", help="Whole numbers as classes or as a number; by how many there are without."),
    ] = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
) -> None:
    """Write a model's file, training/models/NAME.py, from a CSV file: features, target and the best estimator tried.

    Example: picklejar new customers --csv docs/example/customers.csv --target left
    """
    from training.new.create import new

    with reported():
        marks = marks_allowed(decimal, thousands)
        with steps(name, NEW_STEPS) as step:
            result = new(name, csv, target, step, classes=None if kind is None else kind is Kind.CLASSES, marks=marks)
        show_file(csv, result.described)
        _say_inferred(result.inferred, result.tried[0].recipe.features)
        _say_tried(result)
        if result.copied:
            say(f"The data set is copied to {result.data}, to stay with the project; commit it unless it is secret.")
        say(f"{result.file} is written, and yours to edit: describe the features. Then: picklejar train {name}")


@app.command()
def train(
    names: Names, data: Data = None, no_golden_texts: NoGoldenTexts = False, build: Build = Path("build")
) -> None:
    """Fit models, score them beside a baseline, and write their bundles."""
    from training.train import train as train_one  # scikit-learn and matplotlib take seconds; only this needs both

    with reported():
        for name in names:
            definition = _definition(name)
            with steps(name, TRAINING_STEPS) as step:
                manifest = train_one(
                    definition, data or definition.data, build / name, step, withholds_texts=no_golden_texts
                )
            _show_scores(manifest)
            console.print(manifest.verdict)
            console.print(f"Served {manifest.kind}. {manifest.why_live or ''}".strip(), markup=False, soft_wrap=True)
            console.print(f"Version {manifest.version} is in {build / name}.\n", soft_wrap=True)


@app.command()
def adopt(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="The model: a file of pickle.dump or joblib.dump, or its parts in the order in which they are applied",
        ),
    ],
    name: Annotated[str, typer.Option(help="What the model is to be called.")],
    sample: Annotated[
        Path | None,
        typer.Option(help="A CSV file of rows as the model is asked about; up to 100 of them go with it."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="The sample's column of what is true, to score by; once for each of several targets."),
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="The model was not fitted on the sample, so that its scores count.")
    ] = False,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Run the file by the scikit-learn that wrote it, and compare the answers. Trust who made it.",
        ),
    ] = False,
    answers: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file of the notebook's own predictions for the sample's rows, to compare without a run."
        ),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="A part by its name, once for each, the model last, where a file has more than one."),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="The file of the LabelEncoder that y was encoded with.")] = None,
    no_golden_texts: NoGoldenTexts = False,
    decimal: Decimal = None,
    thousands: Thousands = None,
    build: Build = Path("build"),
) -> None:
    """Write the bundle of a fitted model from its pickle or joblib file, or from the files of its parts.

    Without --trust the files are read as data and never run.

    Example: picklejar adopt scaler.pkl model.pkl --name churn --sample customers.csv --labels le.pkl
    """
    from training.adopt.adopt import Adoption
    from training.adopt.adopt import adopt as adopt_one

    with reported():
        marks = marks_allowed(decimal, thousands)
        targets = target or []
        adoption = Adoption(
            files[0],
            name,
            sample,
            targets[0] if targets else None,
            held_out,
            trust,
            marks,
            tuple(files[1:]),
            tuple(part or ()),
            labels,
            answers,
            no_golden_texts,
            tuple(targets[1:]),
        )
        with steps(name, ADOPTING_STEPS) as step:
            adopted = adopt_one(adoption, build / name, step)
        _show_adopted(adopted, build / name)


def _say_inferred(inferred: Inferred, features: Sequence[Feature]) -> None:
    target = inferred.target
    count = len(features)
    report = f"{target.name} is predicted from {count} column{'s' * (count != 1)} of {inferred.rows:,} rows"
    say(
        f"{report}; {inferred.untold:,} more rows do not have it, and nothing is learned from them."
        if inferred.untold
        else f"{report}."
    )
    for name, texts in inferred.unlearned.items():
        say(
            f"{name} is {list_of(texts)} only in rows without a {target.name}; such rows are predicted from the others."
        )
    say(_decision(target))
    used = {feature.name for feature in features}
    for feature in inferred.prose:
        said = "are counted" if feature.name in used else "were counted, and that did not help"
        say(f"The words of {feature.name} {said}.")
    for name, reason in inferred.left_out.items():
        if name not in used:
            say(f"Left out: {name} {reason}.")


def _decision(target: Target) -> str:
    if not target.labels:
        return f"{target.name} is predicted as a number; --as classes makes classes of whole numbers."
    decision = f"{target.name} is predicted as one of {list_of(map(text_of, target.labels))}"
    if isinstance(target.labels[0], int) and not isinstance(target.labels[0], bool):
        return f"{decision}; --as number predicts a number."
    if len(target.labels) > 2:
        return f"{decision}."
    return f"{decision}; scores and curves are about {text_of(target.labels[1])}, the second class in the file."


def _say_tried(made: New) -> None:
    from training.new.create import figure, guessing

    best, _, baseline = made.tried[0].losses
    table = Table(title=made.tried[0].evaluation.title)
    for header in ("estimator", best.name, "spread"):
        table.add_column(header, justify="left" if header == "estimator" else "right")
    for item in made.tried:
        mean, spread, _ = item.losses
        table.add_row(item.recipe.title, figure(mean), figure(spread))
    table.add_row(guessing(made.inferred.target), figure(baseline), "")
    console.print(table)
    is_better = best.value < baseline.value
    worse = "" if is_better else "; neither is better than guessing, and what is not will not be promoted"
    say(f"The file has {made.tried[0].recipe.title}{worse}.")


def _definition(name: str) -> Definition:
    try:
        return models.find(name)
    except KeyError:
        raise PicklejarError(
            f"There is no model {name!r} in training/models; there are {', '.join(models.names())}."
        ) from None


def _show_adopted(adopted: Adopted, bundle: Path) -> None:
    manifest = adopted.manifest
    for sentence in adopted.said:
        say(sentence)
    console.print(_features_table(manifest))
    for target in manifest.signature.targets:
        one_of = f"one of {list_of(map(text_of, target.labels))}" if target.labels else "a number"
        say(f"Its answer, {target.name}, is {one_of}.")
    if adopted.left_out:
        say(f"Not among its features, and left out: {list_of(adopted.left_out)}.")
    say_empty(adopted.empty)
    if manifest.evaluations:
        _show_scores(manifest)
    say(" ".join([manifest.verdict, *(limit for limit in manifest.limits if limit != adopted.warning)]))
    if adopted.warning:
        errors.print(adopted.warning, style="yellow", markup=False, highlight=False, soft_wrap=True)
    say(f"Served {manifest.kind}. {manifest.why_live or ''}".strip())
    say(f"Version {manifest.version} is in {bundle}. Next: picklejar publish {manifest.name} --bucket BUCKET")
    if why := refusal(manifest, None):
        say(f"As it is, it will be published and not promoted. {why}")


def _features_table(manifest: Manifest) -> Table:
    table = Table(title=f"{manifest.title}: its features, as the sample has them")
    for header in ("feature", "type", "in the sample", "may be missing", "example"):
        table.add_column(header)
    for feature in manifest.signature.features:
        missing = "yes" if feature.nullable else "no"
        cells = (
            feature.name,
            feature.type,
            _seen(manifest, feature),
            missing,
            text_of(feature.example) if not isinstance(feature.example, float) else f"{feature.example:g}",
        )
        table.add_row(*map(escape, cells))
    return table


def _seen(manifest: Manifest, feature: Feature) -> str:
    if numbers := manifest.statistics.get(feature.name):
        return f"{numbers.minimum:,.6g} to {numbers.maximum:,.6g}"
    texts = manifest.frequencies[feature.name]
    if feature.is_prose:
        return f"{texts.different:,} different texts"
    shown = feature.enum or [text for text, _ in texts.frequent]
    return list_of(shown) + ("" if len(shown) == texts.different else f", {texts.different - len(shown):,} more")


def _show_scores(manifest: Manifest) -> None:
    unit = manifest.signature.target.unit
    table = Table(title=f"{manifest.title} (RMSE, MAE in {unit})" if unit else manifest.title)
    header, rows = score_table(manifest, beside=MAIN_SCORES)
    # The other way round than on the card: a classifier's scores side by side are wider than a terminal.
    evaluations, *scores = zip(header, *rows, strict=True)
    for column in evaluations:
        table.add_column(column, justify="left" if column == "on" else "right")
    for score in scores:
        table.add_row(*score)
    console.print(table)

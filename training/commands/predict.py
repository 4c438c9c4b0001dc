"""Commands that ask a model: predict and score."""

from __future__ import annotations

import sys
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.markup import escape

from picklejar.cells.dialect import UNDESCRIBED
from picklejar.cells.meaning import UNREADABLE, reader
from picklejar.errors import PicklejarError
from picklejar.signature import SCORES, Output, Target
from picklejar.wording import text_of
from picklejar_client import Answer
from training.client import ModelEndpoint
from training.commands.options import Build, Endpoint, Name, OptionalBucket, Profile, Region
from training.commands.progress import rows
from training.terminal import console, reported, say

app = typer.Typer()

NOT_A_NUMBER = "not a number that is finite; write digits, with a point for decimals"
LOCAL_URL = "http://127.0.0.1:8000/api"


@app.command()
def predict(
    name: Name,
    values: Annotated[
        list[str],
        typer.Argument(
            help="feature=value for each feature, without what is unknown; - reads rows from standard input."
        ),
    ],
    url: Annotated[str, typer.Option(help="The endpoint's address, up to and without /models.")] = LOCAL_URL,
    proba: Annotated[bool, typer.Option("--proba", help="Ask a classifier for the probability of each class.")] = False,
    score: Annotated[bool, typer.Option("--score", help="Ask what tells outliers how unusual it is.")] = False,
    key: Annotated[
        str | None, typer.Option(envvar="PICKLEJAR_KEY", help="The endpoint's key, if it wants one.")
    ] = None,
) -> None:
    """Ask an endpoint for one prediction, or for those of all rows that come through standard input.

    Example: picklejar predict sales rate=4 sales_in_first_month=300 sales_in_second_month=500

    With -, CSV or JSON Lines come and go out with their predictions, in parts of up to 2,000 rows.

    Example: picklejar predict housing - < houses.csv > predicted.csv
    """
    with reported():
        if values == ["-"]:
            _predict_piped(ModelEndpoint(url, name, key), has_output=proba or score)
            return
        endpoint = ModelEndpoint(url, name, key)
        signature = endpoint.signature
        instance = _instance(values, {feature.name: feature.type for feature in signature.features})
        output: Output = "predict_proba" if proba else (signature.score or SCORES[0]) if score else "predict"
        answer = endpoint.ask(instance, output)
        for target in signature.targets:
            shown = f"[bold]{escape(_prediction(answer, target))}[/bold]"
            console.print(f"{escape(target.title)}: {shown} ({name} {answer.version})", highlight=False)


@app.command("score")
def score_file(
    name: Name,
    source: Annotated[Path, typer.Argument(help="A CSV, its first line naming the columns, or JSON Lines.")],
    target: Annotated[Path, typer.Argument(help="Where the same rows go with their predictions.")],
    bucket: OptionalBucket = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    build: Build = Path("build"),
) -> None:
    """Predict every row of a file of any size on this machine; an interrupted run goes on where it stopped.

    Without a bucket, the bundle trained here predicts.
    """
    from training.registry.store import open_store
    from training.score_file import champion_of, predictor_of, score, work_of

    with reported():
        if bucket:
            predictor = champion_of(open_store(bucket, profile, region, endpoint), name)
        else:
            predictor = predictor_of(build / name)
        try:
            with rows(name) as progress:
                done = score(source, target, predictor, progress)
        except KeyboardInterrupt:
            say(f"Stopped. What is done is in {work_of(target)}; the same command goes on from there.")
            raise typer.Exit(130) from None
        absent = f" No column gave {', '.join(done.absent)}." if done.absent else ""
        refused = "1 row has none" if done.refused_rows == 1 else f"{done.refused_rows:,} rows have none"
        why = f" {refused}; {target}.errors.csv says why." if done.refused_rows else ""
        empty = "1 row is empty" if done.empty_rows == 1 else f"{done.empty_rows:,} rows are empty"
        nothing = f" {empty}." if done.empty_rows else ""
        count = done.rows - done.refused_rows - done.empty_rows
        given = "1 prediction" if count == 1 else f"{count:,} predictions"
        say(f"{target} has {given} by {name} {done.version}.{why}{nothing}{absent}")


def _predict_piped(endpoint: ModelEndpoint, *, has_output: bool) -> None:
    if has_output:
        raise PicklejarError("With - each row gets all that the model answers; leave out --proba and --score.")
    from training.piped import predict_piped

    if sys.stdin is None:
        raise PicklejarError("Standard input is closed; give rows through it, as picklejar predict NAME - < rows.csv.")
    source = cast("BufferedReader", typer.get_binary_stream("stdin"))
    refused = predict_piped(source, typer.get_binary_stream("stdout"), endpoint, partial(typer.echo, err=True))
    if refused:
        raise typer.Exit(1)


def _instance(values: list[str], types: dict[str, str]) -> dict[str, float | bool | str | None]:
    instance: dict[str, float | bool | str | None] = {}
    for text in values:
        name, value = _value(text, types)
        if name in instance:
            raise PicklejarError(f"{name} is given twice.")
        instance[name] = value
    return instance


def _value(text: str, types: dict[str, str]) -> tuple[str, float | bool | str | None]:
    name, equals, written = text.partition("=")
    if not equals or not name:
        raise PicklejarError(f"{text!r} is not feature=value.")
    kind = types.get(name, "string")
    if kind == "string" or written == "":
        return name, written or None
    if written == "null":
        return name, None
    value = reader("integer" if kind == "number" else kind, None, UNDESCRIBED, ",")(written)
    if value == UNREADABLE:
        sentence = "neither true nor false; write one of them" if kind == "boolean" else NOT_A_NUMBER
        raise PicklejarError(f"{name}: {written!r} is {sentence}.")
    return name, value


def _prediction(answer: Answer, target: Target) -> str:
    prediction = answer[0]
    if isinstance(prediction, dict):
        prediction = prediction[target.name]
    if answer.classes:
        each = zip(answer.classes, prediction, strict=True)
        return ", ".join(f"{text_of(label)} {probability:.4f}" for label, probability in each)
    if isinstance(prediction, float) and target.labels:
        return f"{prediction:.4f}"
    return text_of(prediction) if target.labels else f"{prediction:,.2f} {target.unit or ''}".strip()

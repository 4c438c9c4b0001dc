"""The `picklejar` command."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from picklejar.alias import Canary
from picklejar.bucket import CHAMPION
from picklejar.errors import PicklejarError
from picklejar.manifest import MANIFEST_FILE, Manifest
from picklejar.signature import Feature, Target, listed, said
from training import client, models, supported
from training.definition import Definition
from training.gate import loss, unseen
from training.keys import Limits
from training.score_table import score_table

if TYPE_CHECKING:
    from training.adopt import Adopted
    from training.infer import Inferred
    from training.keys import Client, Keys
    from training.new import New
    from training.publish import Published
    from training.reproduce import Figure
    from training.versions import Listed

app = typer.Typer(help="Train scikit-learn models, publish them to S3, and ask their endpoint.", no_args_is_help=True)
keys_app = typer.Typer(help="Keys of the deployed API, one a client, each with its own limits.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
console = Console()
errors = Console(stderr=True)

NEW_STEPS = 4
TRAINING_STEPS = 6
ADOPTING_STEPS = 6
PUBLISHING_STEPS = 3
BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# More of the baseline's have no room in a terminal.
MAIN_SCORES = ("rmse", "accuracy", "log_loss")
AGES = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
LOCAL_URL = "http://127.0.0.1:8000/api"

Names = Annotated[list[str], typer.Argument(help="The models' names, as their files in training/models.")]
Build = Annotated[Path, typer.Option("--build", help="Where the bundles are, a folder a model.")]
Bucket = Annotated[str, typer.Option(envvar="PICKLEJAR_BUCKET", help="The models' bucket.")]
Profile = Annotated[str | None, typer.Option(help="The AWS profile; the usual chain decides without.")]
Region = Annotated[str | None, typer.Option(help="The AWS region; the profile's without.")]
Endpoint = Annotated[str | None, typer.Option("--endpoint-url", help="Another S3 than AWS's, such as a laptop's.")]
Name = Annotated[str, typer.Argument(help="The model's name.")]
Version = Annotated[str, typer.Argument(help="A version of it, as the command versions lists them.")]
KeyName = Annotated[str, typer.Argument(metavar="NAME", help="The client's name.")]
StackName = Annotated[str, typer.Option("--stack", help="The stack whose API it is.")]
ApiId = Annotated[str | None, typer.Option(help="The API's id, where there is no stack to ask.")]
Data = Annotated[Path | None, typer.Option("--data", help="Another data set than the model's own, a CSV file.")]


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
) -> None:
    """Write a model's file, training/models/NAME.py, from a CSV file: features, target, and the better estimator.

    Example: picklejar new customers --csv docs/example/customers.csv --target left
    """
    from training.new import new

    with _reported():
        with _progress(name, NEW_STEPS) as step:
            made = new(name, csv, target, step, classes=None if kind is None else kind is Kind.CLASSES)
        _say_inferred(made.inferred)
        _say_tried(made)
        if made.copied:
            _say(f"The data set is copied to {made.data}, to stay with the project; commit it only if it is no secret.")
        _say(f"{made.file} is written, and yours to edit: describe the features. Then: picklejar train {name}")


@app.command()
def train(names: Names, data: Data = None, build: Build = Path("build")) -> None:
    """Fit models, score them beside a baseline, and write their bundles."""
    from training.train import train as train_one  # scikit-learn and matplotlib take seconds; only this needs both

    with _reported():
        for name in names:
            definition = _definition(name)
            with _progress(name, TRAINING_STEPS) as step:
                manifest = train_one(definition, data or definition.data, build / name, step)
            _show_scores(manifest)
            console.print(manifest.verdict)
            console.print(f"Served {manifest.kind}. {manifest.why_live or ''}".strip(), markup=False, soft_wrap=True)
            console.print(f"Version {manifest.version} is in {build / name}.\n", soft_wrap=True)


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(help="The model: a file of pickle.dump or joblib.dump.")],
    name: Annotated[str, typer.Option(help="What the model is to be called.")],
    sample: Annotated[
        Path, typer.Option(help="A CSV file of rows as the model is asked about; up to 100 of them go with it.")
    ],
    target: Annotated[str | None, typer.Option(help="The sample's column of what is true, to score by.")] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="The model was not fitted on the sample, so that its scores count.")
    ] = False,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Run the file, whatever it says, to compare with scikit-learn's own answers. Trust who made it.",
        ),
    ] = False,
    build: Build = Path("build"),
) -> None:
    """Write the bundle of a model that is fitted already, as a notebook dumped it.

    Without --trust the file is only read as data, and never run.
    """
    from training.adopt import Adoption
    from training.adopt import adopt as adopt_one

    with _reported():
        adoption = Adoption(file, name, sample, target, held_out, trust)
        with _progress(name, ADOPTING_STEPS) as step:
            adopted = adopt_one(adoption, build / name, step)
        _show_adopted(adopted, build / name)


@app.command()
def publish(
    names: Names,
    bucket: Bucket,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    build: Build = Path("build"),
    promote_anyway: Annotated[
        str | None, typer.Option(help="Why a version shall serve that the gate refuses; the alias keeps it.")
    ] = None,
    no_promote: Annotated[bool, typer.Option("--no-promote", help="Upload alone, as for a canary.")] = False,
) -> None:
    """Prove bundles, upload them as new versions, and make these the champions.

    A version that does not beat its baseline, or is worse than the champion on the same rows, is not promoted.
    """
    from training.publish import publish as publish_one
    from training.store import open_store

    with _reported():
        store = open_store(bucket, profile, region, endpoint)
        for name in names:
            with _progress(name, PUBLISHING_STEPS) as step:
                done = publish_one(_bundle(build, name), store, step, promote_anyway, promote=not no_promote)
            _say(_published(name, done))


@app.command("versions")
def show_versions(
    name: Name, bucket: Bucket, profile: Profile = None, region: Region = None, endpoint: Endpoint = None
) -> None:
    """List a model's versions, the youngest first, and which of them serves."""
    from training.store import open_store
    from training.versions import versions

    with _reported():
        console.print(_versions_table(name, versions(open_store(bucket, profile, region, endpoint), name)))


@app.command()
def promote(
    name: Name,
    version: Version,
    bucket: Bucket,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """Make a version that is published the champion."""
    alias(name, CHAMPION, version, bucket, profile, region, endpoint)


@app.command()
def alias(
    name: Name,
    alias: Annotated[str, typer.Argument(help="The alias, as in /models/NAME/aliases/ALIAS/predict.")],
    version: Version,
    bucket: Bucket,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """Let an alias stand for a version."""
    from training import aliases
    from training.store import open_store

    with _reported():
        moved = aliases.promote(open_store(bucket, profile, region, endpoint), name, version, alias)
        said = f"The {alias} of {name} is {moved.after}; before, it was {moved.before or 'none'}."
        _say(said + _ended(moved.ended))


@app.command()
def rollback(
    name: Name, bucket: Bucket, profile: Profile = None, region: Region = None, endpoint: Endpoint = None
) -> None:
    """End the canary or, where there is none, make the version the champion that was so before."""
    from training import aliases
    from training.store import open_store

    with _reported():
        moved = aliases.rollback(open_store(bucket, profile, region, endpoint), name)
        if moved.ended:
            _say(f"The {CHAMPION} of {name} stays {moved.after}.{_ended(moved.ended)}")
        else:
            _say(f"The {CHAMPION} of {name} is {moved.after} again; {moved.before} is still there.")


@app.command("canary")
def begin_canary(
    name: Name,
    version: Version,
    percent: Annotated[float, typer.Option(help="How many of a hundred requests the version gets.")],
    bucket: Bucket,
    key: Annotated[
        str | None,
        typer.Option(help="The header that says who asks, as customer-id: each is answered by one version."),
    ] = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="Compare its answers with the champion's alone.")] = False,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """Try a version on some of the champion's requests; promote or rollback ends it."""
    from training import canary
    from training.store import open_store

    with _reported():
        # As --key customer_id is: a proxy may drop a header with an underscore.
        tried = Canary(version, percent, key.lower().replace("_", "-") if key else None, shadow)
        moved = canary.begin(open_store(bucket, profile, region, endpoint), name, tried)
        split = f"the header {tried.key}, and by the body of those without it" if tried.key else "the body"
        what = f"is compared with the champion, {moved.after}, on" if shadow else f"answers, beside {moved.after},"
        _say(f"{name} {version} {what} {percent:g} % of the requests, chosen by {split}.")


@app.command("retire")
def retire_version(
    name: Name,
    version: Version,
    bucket: Bucket,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """Delete a version that no alias stands for or tries."""
    from training.store import open_store
    from training.versions import retire

    with _reported():
        retire(open_store(bucket, profile, region, endpoint), name, version)
        _say(f"{name} {version} is retired.")


@app.command()
def predict(
    name: Name,
    values: Annotated[list[str], typer.Argument(help="feature=value for each feature; leave out what is unknown.")],
    url: Annotated[str, typer.Option(help="The endpoint's address, up to and without /models.")] = LOCAL_URL,
    proba: Annotated[bool, typer.Option("--proba", help="Ask a classifier for the probability of each class.")] = False,
) -> None:
    """Ask an endpoint for one prediction.

    Example: picklejar predict sales rate=4 sales_in_first_month=300 sales_in_second_month=500
    """
    with _reported():
        signature = client.describe(url, name)["signature"]
        types = {feature["name"]: feature.get("type", "number") for feature in signature["features"]}
        instance = dict(_value(value, types) for value in values)
        target = signature["target"]
        answer = client.predict(url, name, [instance], "predict_proba" if proba else "predict")
        shown = f"[bold]{escape(_prediction(answer, target))}[/bold]"
        console.print(f"{escape(target['title'])}: {shown} ({name} {answer['version']})", highlight=False)


@app.command("score")
def score_file(
    name: Name,
    source: Annotated[Path, typer.Argument(help="A CSV, its first line naming the columns, or JSON Lines.")],
    target: Annotated[Path, typer.Argument(help="Where the same rows go with their predictions.")],
    bucket: Annotated[
        str | None, typer.Option(envvar="PICKLEJAR_BUCKET", help="Take the champion of this bucket.")
    ] = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    build: Build = Path("build"),
) -> None:
    """Predict every row of a file of any size on this machine; a run that was ended goes on where it was.

    Without a bucket the model is the bundle that was trained here.
    """
    from training.score import champion_of, predictor_of, score, work_of
    from training.store import open_store

    with _reported():
        if bucket:
            predictor = champion_of(open_store(bucket, profile, region, endpoint), name)
        else:
            predictor = predictor_of(build / name)
        try:
            with _rows_progress(name) as progress:
                done = score(source, target, predictor, progress)
        except KeyboardInterrupt:
            _say(f"Stopped. What is done is in {work_of(target)}; the same command goes on from there.")
            raise typer.Exit(130) from None
        absent = f" No column gave {', '.join(done.absent)}." if done.absent else ""
        why = f" {done.refused_rows:,} have none; {target}.errors.csv says why." if done.refused_rows else ""
        _say(f"{target} has {done.rows - done.refused_rows:,} predictions by {name} {done.version}.{why}{absent}")


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(help="Only housing has an article to reproduce.")],
    data: Annotated[Path, typer.Option("--data", help="The article's data set, USA_Housing.csv.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the measured figures as JSON.")] = False,
) -> None:
    """Apply the article's recipe to its data set and print its figures beside the measured ones."""
    from training import reproduce as article

    with _reported():
        if name != "housing":
            raise PicklejarError(f"{name} has no article to reproduce; housing has.")
        found = article.reproduce(data)
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(found), indent=2))
        else:
            console.print(_article_table(article.figures(found)))


@keys_app.command("create")
def create_key(
    name: KeyName,
    stack: StackName = "picklejar",
    api_id: ApiId = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    rate: Annotated[float, typer.Option(help="Requests a second.")] = Limits.rate,
    burst: Annotated[int, typer.Option(help="Requests at once, beyond the rate.")] = Limits.burst,
    quota: Annotated[int, typer.Option(help="Requests a day, by UTC.")] = Limits.quota,
) -> None:
    """Make a key for a client and print it, this once."""
    with _reported():
        keys, url = _keys(stack, api_id, profile, region, endpoint)
        value = keys.create(name, limits := Limits(rate, burst, quota))
        _say(f"{name} may ask {limits}. Its key, which is not shown again:\n\n  {value}\n")
        _say(f"In a minute it is known everywhere:\n\n  curl {url}/models -H 'x-api-key: {value}'")


@keys_app.command("list")
def list_keys(
    stack: StackName = "picklejar",
    api_id: ApiId = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """List the clients' keys, their limits, and what they used today; never a key itself."""
    with _reported():
        keys, _ = _keys(stack, api_id, profile, region, endpoint)
        clients = keys.clients()
        if clients:
            console.print(_keys_table(clients))
        else:
            _say("There are no keys; `picklejar keys create NAME` makes one.")


@keys_app.command("revoke")
def revoke_key(
    name: KeyName,
    stack: StackName = "picklejar",
    api_id: ApiId = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """Delete a client's key and its limits; it is refused from then on."""
    with _reported():
        keys, _ = _keys(stack, api_id, profile, region, endpoint)
        keys.revoke(name)
        _say(f"The key {name} and its plan are deleted; within a minute it is refused everywhere.")


@app.command("supported")
def show_supported() -> None:
    """List the classes of scikit-learn that the Lambda reads as data, as a table in Markdown."""
    typer.echo(supported.markdown())


def _say_inferred(inferred: Inferred) -> None:
    """Print what is predicted from how many columns, how to have it otherwise, and what is left out."""
    target = inferred.target
    count = len(inferred.features)
    told = f"{target.name} is predicted from {count} column{'s' * (count != 1)} of {inferred.rows:,} rows"
    _say(f"{told}; {inferred.untold:,} more rows do not have it, and are dropped." if inferred.untold else f"{told}.")
    _say(_decision(target))
    for name, reason in inferred.left_out.items():
        _say(f"Left out: {name} {reason}.")


def _decision(target: Target) -> str:
    """Return what the target is predicted as, and how to have it otherwise."""
    if not target.labels:
        return f"{target.name} is predicted as a number; --as classes makes classes of whole numbers."
    decision = f"{target.name} is predicted as one of {listed(map(said, target.labels))}"
    if isinstance(target.labels[0], int) and not isinstance(target.labels[0], bool):
        return f"{decision}; --as number predicts a number."
    if len(target.labels) > 2:
        return f"{decision}."
    return f"{decision}; scores and curves are about {said(target.labels[1])}, the second of the classes in the file."


def _say_tried(made: New) -> None:
    """Print how good each estimator is on rows that it has not seen, and whether any is better than guessing."""
    from training.new import figure, guessing

    best, _, baseline = made.tried[0].losses
    table = Table(title=made.tried[0].evaluation.title)
    for header in ("estimator", best.name, "spread"):
        table.add_column(header, justify="left" if header == "estimator" else "right")
    for one in made.tried:
        mean, spread, _ = one.losses
        table.add_row(one.recipe.title, figure(mean), figure(spread))
    table.add_row(guessing(made.inferred.target), figure(baseline), "")
    console.print(table)
    is_better = best.value < baseline.value
    worse = "" if is_better else "; neither is better than guessing, and what is not will not be promoted"
    _say(f"The file has {made.tried[0].recipe.title}{worse}.")


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _published(name: str, done: Published) -> str:
    said = f"{name} {done.manifest.version} is published, and"
    if done.serves:
        return f"{said} serves. {done.proof}{_ended(done.ended)}"
    if done.refusal is None:
        return f"{said} not promoted. {done.proof}"
    return (
        f"{said} not promoted. {done.refusal} "
        'Publish with --promote-anyway "the reason" if it shall serve all the same.'
    )


def _ended(canary: Canary | None) -> str:
    return f" The {canary} of {canary.candidate} ended." if canary else ""


def _keys(
    stack: str, api_id: str | None, profile: str | None, region: str | None, endpoint: str | None
) -> tuple[Keys, str]:
    """Return the keys of an API and its address, the stack's unless `api_id` names another."""
    from training.account import open_account
    from training.keys import STAGE, Keys
    from training.stack import find_stack

    account = open_account(profile, region, endpoint)
    if api_id:
        return Keys(account, api_id), f"https://{api_id}.execute-api.{account.region}.amazonaws.com/{STAGE}"
    found = find_stack(account, stack)
    return Keys(account, found.output("ApiId")), found.output("ApiUrl")


def _keys_table(clients: list[Client]) -> Table:
    table = Table(title="Clients and their keys")
    for header in ("name", "made", "serves", "limits", "used today"):
        table.add_column(header, no_wrap=header == "name", justify="right" if header == "used today" else "left")
    for one in clients:
        made = f"{_age(one.created.isoformat())} ago"
        table.add_row(one.name, made, "yes" if one.enabled else "no", str(one.limits), f"{one.used:,}")
    return table


def _versions_table(name: str, found: list[Listed]) -> Table:
    table = Table(title=f"{name}: a version that has an alias serves by it")
    for header in ("version", "aliases", "trained", "kind", "loss", "baseline", "on"):
        table.add_column(header, no_wrap=True, justify="right" if header == "baseline" else "left")
    for one in found:
        manifest = one.manifest
        age = f"{_age(manifest.trained_at)} ago"
        table.add_row(manifest.version, ", ".join(one.aliases), age, manifest.kind, *_compared(manifest))
    return table


def _compared(manifest: Manifest) -> tuple[str, str, str]:
    """Return what the gate compares: the version's loss, the baseline's, and on what; empty where it knows nothing."""
    score = unseen(manifest)
    if score is None:
        return "", "", ""
    ours, baseline = loss(score.estimator, score.baseline)
    return str(ours), f"{baseline.value:,.6g}", score.title


def _age(moment: str) -> str:
    """Return how long ago a time in ISO 8601 was, in its largest whole unit."""
    # Trained by a clock that is ahead of ours, or just now, is a second ago.
    seconds = max(1.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
    count, unit = next((int(seconds // size), unit) for size, unit in AGES if seconds >= size)
    return f"{count} {unit}" + ("s" if count != 1 else "")


def _bundle(build: Path, name: str) -> Path:
    if not (build / name / MANIFEST_FILE).exists():
        raise PicklejarError(f"There is no bundle in {build / name}; train or adopt {name} first.")
    return build / name


def _definition(name: str) -> Definition:
    try:
        return models.find(name)
    except KeyError:
        raise PicklejarError(
            f"There is no model {name!r} in training/models; there are {', '.join(models.names())}."
        ) from None


def _prediction(answer: dict[str, Any], target: dict[str, Any]) -> str:
    """Return the first prediction as people read it: a number with its unit, a label, or each class's probability."""
    prediction = answer["predictions"][0]
    if "classes" in answer:
        each = zip(answer["classes"], prediction, strict=True)
        return ", ".join(f"{said(label)} {probability:.4f}" for label, probability in each)
    return said(prediction) if "classes" in target else f"{prediction:,.2f} {target['x-unit'] or ''}".strip()


def _value(text: str, types: dict[str, str]) -> tuple[str, float | bool | str | None]:
    """Read feature=value by the feature's type; of a name that is none, the endpoint says so."""
    name, equals, written = text.partition("=")
    if not equals or not name:
        raise PicklejarError(f"{text!r} is not feature=value.")
    kind = types.get(name, "string")
    if written == "" or (written == "null" and kind != "string"):
        return name, None
    if kind == "string":
        return name, written
    return name, _boolean(name, written) if kind == "boolean" else _number(name, written)


def _boolean(name: str, written: str) -> bool:
    try:
        return BOOLEANS[written.lower()]
    except KeyError:
        raise PicklejarError(f"{name}: {written!r} is neither true nor false; write one of them.") from None


def _number(name: str, written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        raise PicklejarError(f"{name}: {written!r} is not a number; write digits, with a point for decimals.") from None
    if not math.isfinite(value):
        raise PicklejarError(f"{name}: {written!r} is not a finite number.")
    return int(value) if value.is_integer() else value


def _show_scores(manifest: Manifest) -> None:
    unit = manifest.signature.target.unit
    table = Table(title=f"{manifest.title} (RMSE, MAE in {unit})" if unit else manifest.title)
    header, rows = score_table(manifest, beside=MAIN_SCORES)
    for column in header:
        table.add_column(column, justify="left" if column == "on" else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _show_adopted(adopted: Adopted, bundle: Path) -> None:
    manifest = adopted.manifest
    console.print(_features_table(manifest))
    target = manifest.signature.target
    one_of = f"one of {listed(map(said, target.labels))}" if target.labels else "a number"
    _say(f"Its answer, {target.name}, is {one_of}.")
    if adopted.left_out:
        _say(f"Not among its features, and left out: {listed(adopted.left_out)}.")
    if manifest.evaluations:
        _show_scores(manifest)
    _say(" ".join([manifest.verdict, *(limit for limit in manifest.limits if limit != adopted.warning)]))
    if adopted.warning:
        errors.print(adopted.warning, style="yellow", markup=False, highlight=False, soft_wrap=True)
    _say(f"Served {manifest.kind}. {manifest.why_live or ''}".strip())
    _say(f"Version {manifest.version} is in {bundle}. Next: picklejar publish {manifest.name} --bucket BUCKET")


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
            said(feature.example) if not isinstance(feature.example, float) else f"{feature.example:g}",
        )
        table.add_row(*map(escape, cells))
    return table


def _seen(manifest: Manifest, feature: Feature) -> str:
    """Return what the data set has in a feature's column, as people read it."""
    if numbers := manifest.statistics.get(feature.name):
        return f"{numbers.minimum:,.6g} to {numbers.maximum:,.6g}"
    texts = manifest.frequencies[feature.name]
    shown = feature.enum or [text for text, _ in texts.frequent]
    return listed(shown) + ("" if len(shown) == texts.different else f", {texts.different - len(shown):,} more")


def _article_table(figures: list[Figure]) -> Table:
    notes = "\n".join(dict.fromkeys(figure.note for figure in figures if figure.note))
    table = Table(title="USA house prices by the article's recipe", caption=notes)
    table.add_column("figure", no_wrap=True)
    for header in ("article", "in its digits", "measured"):
        table.add_column(header, justify="right")
    for figure in figures:
        table.add_row(figure.name, figure.printed, figure.in_its_digits, f"{figure.measured:.8g}")
    return table


@contextmanager
def _progress(name: str, steps: int) -> Iterator[Callable[[str], None]]:
    """Show a bar that each call with the next step's name moves on."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=steps + 1)
        yield lambda step: progress.update(task, description=f"{name}: {step}", advance=1)


@contextmanager
def _rows_progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar that each call with the rows that are done, and those of the whole, moves on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"{name}: looking for the rows", total=None)
        yield lambda done, rows: progress.update(task, description=name, completed=done, total=rows)


class _Speed(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")


@contextmanager
def _reported() -> Iterator[None]:
    """End the command with an error's own sentence."""
    try:
        yield
    except PicklejarError as error:
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error

"""Commands for published versions: publish, versions, promote, alias, rollback, canary and retire."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from picklejar.alias import Canary
from picklejar.bucket import CHAMPION
from picklejar.errors import PicklejarError
from picklejar.manifest import MANIFEST_FILE, Manifest
from training.commands.options import Bucket, Build, Endpoint, Name, Names, Profile, Region
from training.commands.progress import steps
from training.evaluation.loss import loss, unseen
from training.terminal import ago, console, reported, say

if TYPE_CHECKING:
    from training.registry.aliases import Moved
    from training.registry.publish import Published
    from training.registry.versions import Listed

app = typer.Typer()

PUBLISHING_STEPS = 3
ANYWAY = '--promote-anyway "the reason"'

Version = Annotated[str, typer.Argument(help="A version of it, as the command versions lists them.")]
PromoteAnyway = Annotated[
    str | None,
    typer.Option(help="Reason for promoting a version that fails the gate; recorded in the alias's history."),
]


@app.command()
def publish(
    names: Names,
    bucket: Bucket,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    build: Build = Path("build"),
    promote_anyway: PromoteAnyway = None,
    no_promote: Annotated[bool, typer.Option("--no-promote", help="Upload alone, as for a canary.")] = False,
) -> None:
    """Prove bundles, upload them as new versions, and promote them to champion.

    A version that does not beat its baseline, or is worse than the champion on the same rows, is not promoted.
    """
    from training.registry.publish import publish as publish_one
    from training.registry.store import open_store

    with reported():
        store = open_store(bucket, profile, region, endpoint)
        for name in names:
            with steps(name, PUBLISHING_STEPS) as step:
                done = publish_one(_bundle(build, name), store, step, promote_anyway, promote=not no_promote)
            say(_published(name, done))


@app.command("versions")
def show_versions(
    name: Name, bucket: Bucket, profile: Profile = None, region: Region = None, endpoint: Endpoint = None
) -> None:
    """List a model's versions, the newest first, and which of them serves."""
    from training.registry.store import open_store
    from training.registry.versions import versions

    with reported():
        console.print(_versions_table(name, versions(open_store(bucket, profile, region, endpoint), name)))


@app.command()
def promote(
    name: Name,
    version: Version,
    bucket: Bucket,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    promote_anyway: PromoteAnyway = None,
) -> None:
    """Make a published version the champion.

    The gate decides as at publishing; to return to the previous champion, rollback asks for no reason.
    """
    from training.registry.promote import promote as promote_one
    from training.registry.store import open_store

    with reported():
        promotion = promote_one(open_store(bucket, profile, region, endpoint), name, version, promote_anyway)
        if promotion.moved is None:
            raise PicklejarError(
                f"{name} {version} is not promoted. {promotion.refusal} Promote with {ANYWAY} to promote it anyway."
            )
        say(_moved(name, CHAMPION, promotion.moved))


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
    """Point an alias at a version; the champion is moved as by promote."""
    from training.registry import aliases
    from training.registry.store import open_store

    if alias == CHAMPION:
        promote(name, version, bucket, profile, region, endpoint)
        return
    with reported():
        say(_moved(name, alias, aliases.promote(open_store(bucket, profile, region, endpoint), name, version, alias)))


@app.command()
def rollback(
    name: Name, bucket: Bucket, profile: Profile = None, region: Region = None, endpoint: Endpoint = None
) -> None:
    """End the canary or, without one, go back to the previous champion."""
    from training.registry import aliases
    from training.registry.store import open_store

    with reported():
        moved = aliases.rollback(open_store(bucket, profile, region, endpoint), name)
        if moved.ended:
            say(f"The {CHAMPION} of {name} stays {moved.after}.{_ended(moved.ended)}")
        else:
            say(f"The {CHAMPION} of {name} is {moved.after} again; {moved.before} is still there.")


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
    from training.registry import canary
    from training.registry.store import open_store

    with reported():
        # As --key customer_id is: a proxy may drop a header with an underscore.
        tried = Canary(version, percent, key.lower().replace("_", "-") if key else None, shadow)
        moved = canary.begin(open_store(bucket, profile, region, endpoint), name, tried)
        split = f"the header {tried.key}, and by the body of those without it" if tried.key else "the body"
        what = f"is compared with the champion, {moved.after}, on" if shadow else f"answers, beside {moved.after},"
        say(f"{name} {version} {what} {percent:g} % of the requests, chosen by {split}.")


@app.command("retire")
def retire_version(
    name: Name,
    version: Version,
    bucket: Bucket,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """Delete a version that no alias uses."""
    from training.registry.store import open_store
    from training.registry.versions import retire

    with reported():
        retire(open_store(bucket, profile, region, endpoint), name, version)
        say(f"{name} {version} is retired.")


def _bundle(build: Path, name: str) -> Path:
    if not (build / name / MANIFEST_FILE).exists():
        raise PicklejarError(f"There is no bundle in {build / name}; train or adopt {name} first.")
    return build / name


def _published(name: str, done: Published) -> str:
    text = f"{name} {done.manifest.version} is published, and"
    if done.serves:
        return f"{text} serves. {done.proof}{_ended(done.ended)}"
    if done.refusal is None:
        return f"{text} not promoted. {done.proof}"
    return f"{text} not promoted. {done.refusal} Publish with {ANYWAY} to promote it anyway."


def _moved(name: str, alias: str, moved: Moved) -> str:
    if moved.before == moved.after and not moved.ended:
        return f"The {alias} of {name} is {moved.after} already."
    return f"The {alias} of {name} is {moved.after}; before, it was {moved.before or 'none'}.{_ended(moved.ended)}"


def _ended(canary: Canary | None) -> str:
    return f" The {canary} of {canary.candidate} ended." if canary else ""


def _versions_table(name: str, found: list[Listed]) -> Table:
    table = Table(title=f"{name}: a version that has an alias serves by it")
    for header in ("version", "aliases", "trained", "kind", "loss"):
        # In a narrow terminal these two break into lines, so that nothing is cut off what is typed again.
        table.add_column(header, no_wrap=header not in ("aliases", "loss"), overflow="fold")
    for item in found:
        result = item.manifest
        table.add_row(result.version, ", ".join(item.aliases), ago(result.trained_at), result.kind, _compared(result))
    return table


def _compared(manifest: Manifest) -> str:
    scores = unseen(manifest)
    if not scores:
        return ""
    score = scores[-1]
    losses = loss(score.estimator, score.baseline)
    if not losses:
        return f"unknown, {score.title}"
    ours, baseline = losses
    return f"{ours} (baseline {baseline.value:,.6g}), {score.title}"

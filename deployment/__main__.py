"""`python -m deployment`: what `make deploy`, `make rollback`, `make destroy` and `make cost` run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from deployment import deploy as deployment
from deployment import destroy as destruction
from deployment import rollback as rolling
from deployment.account import fit
from deployment.buckets import Deleted, delete_bucket
from deployment.cost import bill, pricing
from deployment.cost.measure import measure
from deployment.publish import BUILD, publish_models
from deployment.samconfig import DEFAULT_ENVIRONMENT, Target, target
from deployment.verify import ask_contract, await_answer, reached
from picklejar.errors import PicklejarError
from picklejar.manifest import MANIFEST_FILE
from training.aws.account import Account, aws_errors, open_account
from training.aws.stack import Stack, find_stack
from training.terminal import console, reported, say

app = typer.Typer(help="Deploy Picklejar to an AWS account, destroy it, and tell what it costs.", no_args_is_help=True)

StackName = Annotated[str | None, typer.Option("--stack", help="The stack's name; samconfig.toml's without.")]
Region = Annotated[str | None, typer.Option(help="The AWS region; samconfig.toml's or the profile's without.")]
Profile = Annotated[str | None, typer.Option(help="The AWS profile; the usual chain decides without.")]
Environment = Annotated[str, typer.Option("--config-env", help="The environment in samconfig.toml.")]


class Architecture(StrEnum):
    """The processors that the function may have."""

    x86_64 = "x86_64"
    arm64 = "arm64"


# The template's own.
DEFAULT_MEMORY = 1769
DEFAULT_ARCHITECTURE = Architecture.x86_64


class NotConfirmed(PicklejarError):
    """What cannot be undone was not confirmed; nothing was done."""


@app.command()
def check(
    stack: StackName = None,
    region: Region = None,
    profile: Profile = None,
    environment: Environment = DEFAULT_ENVIRONMENT,
) -> None:
    """Check credentials, region, the stack's state and the account's limits before a deployment."""
    with reported():
        account, meant = _opened(stack, region, profile, environment)
        with aws_errors("asking who you are"):
            who = account.client("sts").get_caller_identity()
        there = deployment.existing(account, meant.stack)
        say(f"{meant.stack} in {account.region}, account {who['Account']}, as {who['Arn']}.")
        say(f"The stack is {there.status}." if there else "There is no such stack yet; it will be made.")
        for sentence in fit(account, meant, there).told:
            say(sentence)


@app.command()
def deploy(
    stack: StackName = None,
    region: Region = None,
    profile: Profile = None,
    environment: Environment = DEFAULT_ENVIRONMENT,
) -> None:
    """Make or update the stack, upload the page, and test the address by the contract."""
    with reported():
        account, meant = _opened(stack, region, profile, environment)
        result = deployment.deploy(account, meant, _steps(deployment.STEPS), say)
        say(_addresses(result))
        say(f"Publish with\n\n  picklejar publish NAME --bucket {result.output('ModelsBucket')}\n")


@app.command()
def rollback(
    stack: StackName = None,
    region: Region = None,
    profile: Profile = None,
    environment: Environment = DEFAULT_ENVIRONMENT,
    to: Annotated[int | None, typer.Option(help="The version to go to; the one that served before without.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Go without asking, as where nobody is at a terminal.")] = False,
) -> None:
    """Let a version of the code serve again that served before, in seconds."""
    with reported():
        account, meant = _opened(stack, region, profile, environment)
        found = find_stack(account, meant.stack)
        plan = rolling.plan(account, found, to)
        _show_versions(plan)
        if not yes and _at_terminal() and not typer.confirm(f"Let version {plan.to} serve?"):
            raise NotConfirmed("Nothing was moved.")
        rolling.go_back(account, plan)
        say(f"Version {plan.to} serves, and no longer {plan.versions.live}. The next `make deploy` moves on from it.")
        with reached(account, found) as address:
            await_answer(address, say)
            say(f"Asking all that this checkout's contract says; what is newer than version {plan.to} fails.")
            ask_contract(found, address)


@app.command()
def publish(
    stack: StackName = None,
    region: Region = None,
    profile: Profile = None,
    environment: Environment = DEFAULT_ENVIRONMENT,
    demos: Annotated[bool, typer.Option("--demos", help="Also the models that Picklejar comes with.")] = False,
) -> None:
    """Publish every model that is trained to the stack's bucket, as `picklejar publish` does."""
    with reported():
        account, meant = _opened(stack, region, profile, environment)
        made = find_stack(account, meant.stack)
        if publish_models(account, made.output("ModelsBucket"), say, demos=demos):
            say(_addresses(made))


@app.command()
def destroy(
    stack: StackName = None,
    region: Region = None,
    profile: Profile = None,
    environment: Environment = DEFAULT_ENVIRONMENT,
    yes: Annotated[str | None, typer.Option(help="The stack's name, instead of typing it.")] = None,
    models: Annotated[
        str | None, typer.Option(help="The models' bucket, to delete the models, too; with --yes nobody asks.")
    ] = None,
) -> None:
    """Delete the stack and its buckets; the models' bucket only if confirmed."""
    with reported():
        account, meant = _opened(stack, region, profile, environment)
        plan = destruction.plan(account, find_stack(account, meant.stack))
        _show(plan)
        _confirm(f"Type the stack's name to delete it from {account.region}", plan.stack.name, yes)
        with_models = _with_models(plan.models, models, asked=yes is None)
        with _counted() as counting:
            left = destruction.destroy(account, plan, models=with_models, say=say, counting=counting)
        say(f"The stack {plan.stack.name} is deleted.")
        for item in left:
            say(f"Left: {item}")
        if left:
            say("To delete a bucket that is left: .venv/bin/python -m deployment delete-bucket BUCKET")


@app.command()
def cost(
    build: Annotated[Path, typer.Option(help="Where the bundles are.")] = BUILD,
    model: Annotated[str, typer.Option(help="The model to measure with.")] = "housing",
    memory: Annotated[int, typer.Option(help="MemorySize of the stack, in megabytes.", min=128)] = DEFAULT_MEMORY,
    architecture: Annotated[Architecture, typer.Option(help="Architecture of the stack.")] = DEFAULT_ARCHITECTURE,
    cold: Annotated[float, typer.Option(help="Share of requests that start a container.", min=0, max=1)] = 0.01,
    per_second: Annotated[float, typer.Option(help="Requests a second, by which X-Ray traces fewer.", min=0)] = 10,
    billed: Annotated[
        float | None, typer.Option(help="Milliseconds that Lambda bills for one row, by its own log.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Measure the handler here, and price a million predictions and a million rows."""
    with reported():
        figures = measure(build, model)
        prices = pricing.read_prices()
        assumed = pricing.Assumptions(memory, architecture.value, cold, per_second, billed)
        lines = pricing.cost(figures, prices, assumed)
        month = pricing.a_month(figures, prices, len(list(build.glob(f"*/{MANIFEST_FILE}"))))
        if as_json:
            typer.echo(bill.as_json(figures, prices, assumed, lines, month))
        else:
            console.print(bill.table(figures, lines))
            say(bill.assumptions(figures, prices, assumed, month))


@app.command("delete-bucket")
def delete(
    bucket: Annotated[str, typer.Argument(help="The bucket that a destroyed stack left.")],
    region: Region = None,
    profile: Profile = None,
    yes: Annotated[str | None, typer.Option(help="The bucket's name, instead of typing it.")] = None,
) -> None:
    """Delete a bucket that a destroyed stack left, with every version in it."""
    with reported():
        account = open_account(profile, region)
        _confirm("Type the bucket's name to delete it with everything in it", bucket, yes)
        with _counted() as counting:
            delete_bucket(account, bucket, counting(bucket))
        say(f"The bucket {bucket} is deleted.")


def _opened(stack: str | None, region: str | None, profile: str | None, environment: str) -> tuple[Account, Target]:
    meant = target(stack, region, profile, environment)
    return open_account(meant.profile, meant.region), meant


def _addresses(stack: Stack) -> str:
    if stack.has_page:
        return f"\n  Page   {stack.output('SiteUrl')}/\n  API    {stack.output('SiteUrl')}/api/models\n"
    return (
        f"\n  Page   there is none (Page=false)\n  API    {stack.output('ApiUrl')}/models, by `picklejar keys create`\n"
    )


def _show(plan: destruction.Plan) -> None:
    table = Table(title=f"{plan.stack.name} in {plan.stack.region}, {plan.stack.status}: this will go")
    for header in ("what", "type", "name"):
        table.add_column(header)
    for item in plan.resources:
        if item.physical != plan.models:
            table.add_row(item.logical, item.type, item.physical)
    console.print(table)
    for bucket in plan.others:
        say(f"Emptied before, with every version of what is in it: {bucket}")
    if plan.clients:
        say(f"Refused from then on, with their keys: {', '.join(plan.clients)}")
    if plan.models:
        say(f"The models stay in {plan.models}, unless you say otherwise.")


def _show_versions(plan: rolling.Plan) -> None:
    table = Table(title=f"Versions of {plan.versions.function}")
    for header in ("version", "published", ""):
        table.add_column(header)
    for number, published in sorted(plan.versions.published.items(), reverse=True):
        table.add_row(str(number), published, _state(plan, number))
    console.print(table)


def _state(plan: rolling.Plan, number: int) -> str:
    if number == plan.versions.live:
        return "serves"
    served = "served" if number in plan.versions.served else ""
    return f"{served}, will serve".lstrip(", ") if number == plan.to else served


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _with_models(bucket: str | None, named: str | None, *, asked: bool) -> bool:
    if bucket is None:
        return False
    if asked and named is None:
        named = typer.prompt("Type the models' bucket to delete them, too; Enter keeps them", "", show_default=False)
    if named and named != bucket:
        raise NotConfirmed(f"{named!r} is not the models' bucket, {bucket}; nothing was deleted.")
    return bool(named)


def _confirm(question: str, name: str, given: str | None) -> None:
    typed = given if given is not None else typer.prompt(question, "", show_default=False)
    if typed != name:
        raise NotConfirmed(f"{typed!r} is not {name!r}; nothing was deleted.")


def _steps(count: int) -> Callable[[str], None]:
    numbers = iter(range(1, count + 1))
    return lambda name: console.print(f"[bold]{next(numbers)} of {count}[/bold] {name}", highlight=False)


@contextmanager
def _counted() -> Iterator[Callable[[str], Deleted]]:
    columns = (SpinnerColumn(), TextColumn("{task.description}: {task.completed:,.0f} deleted"))
    with Progress(*columns, console=console, transient=True) as progress:

        def counting(bucket: str) -> Deleted:
            task = progress.add_task(bucket, total=None)
            return lambda count: progress.advance(task, count)

        yield counting


if __name__ == "__main__":
    app()

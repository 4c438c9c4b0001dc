"""Commands for the deployed API's keys: create, list and revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from training.aws.keys import Limits
from training.commands.options import Endpoint, Profile, Region
from training.terminal import ago, console, reported, say

if TYPE_CHECKING:
    from training.aws.keys import Client, Keys

app = typer.Typer(help="Keys of the deployed API, one a client, each with its own limits.", no_args_is_help=True)

KeyName = Annotated[str, typer.Argument(metavar="NAME", help="The client's name.")]
StackName = Annotated[str, typer.Option("--stack", help="The stack whose API it is.")]
ApiId = Annotated[str | None, typer.Option(help="The API's id, where there is no stack to ask.")]


@app.command("create")
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
    """Make a key for a client and print it; it is never shown again."""
    with reported():
        keys, url = _keys(stack, api_id, profile, region, endpoint)
        value = keys.create(name, limits := Limits(rate, burst, quota))
        say(f"{name} may ask {limits}. Its key, which is not shown again:\n\n  {value}\n")
        say(f"In a minute it is known everywhere:\n\n  curl {url}/models -H 'x-api-key: {value}'")


@app.command("list")
def list_keys(
    stack: StackName = "picklejar",
    api_id: ApiId = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """List the clients' keys, their limits and today's use, but never a key itself."""
    with reported():
        keys, _ = _keys(stack, api_id, profile, region, endpoint)
        clients = keys.clients()
        if clients:
            console.print(_keys_table(clients))
        else:
            say("There are no keys; `picklejar keys create NAME` makes one.")


@app.command("revoke")
def revoke_key(
    name: KeyName,
    stack: StackName = "picklejar",
    api_id: ApiId = None,
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
) -> None:
    """Delete a client's key and its limits; it is refused from then on."""
    with reported():
        keys, _ = _keys(stack, api_id, profile, region, endpoint)
        keys.revoke(name)
        say(f"The key {name} and its plan are deleted; within a minute it is refused everywhere.")


def _keys(
    stack: str, api_id: str | None, profile: str | None, region: str | None, endpoint: str | None
) -> tuple[Keys, str]:
    from training.aws.account import open_account
    from training.aws.keys import STAGE, Keys
    from training.aws.stack import find_stack

    account = open_account(profile, region, endpoint)
    if api_id:
        return Keys(account, api_id), f"https://{api_id}.execute-api.{account.region}.amazonaws.com/{STAGE}"
    match = find_stack(account, stack)
    return Keys(account, match.output("ApiId")), match.output("ApiUrl")


def _keys_table(clients: list[Client]) -> Table:
    table = Table(title="Clients and their keys")
    for header in ("name", "made", "serves", "limits", "used today"):
        table.add_column(header, no_wrap=header == "name", justify="right" if header == "used today" else "left")
    for item in clients:
        result = ago(item.created.isoformat())
        table.add_row(item.name, result, "yes" if item.enabled else "no", str(item.limits), f"{item.used:,}")
    return table

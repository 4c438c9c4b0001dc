"""The command reproduce: an article's figures beside those measured."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from picklejar.errors import PicklejarError
from training.terminal import console, reported

if TYPE_CHECKING:
    from training.reproduce import Figure

app = typer.Typer()


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(help="Only housing has an article to reproduce.")],
    data: Annotated[Path, typer.Option("--data", help="The article's data set, USA_Housing.csv.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the measured figures as JSON.")] = False,
) -> None:
    """Apply the article's recipe to its data set and print its figures beside the measured ones."""
    from training import reproduce as article

    with reported():
        if name != "housing":
            raise PicklejarError(f"{name} has no article to reproduce; housing has.")
        match = article.reproduce(data)
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(match), indent=2))
        else:
            console.print(_article_table(article.figures(match)))


def _article_table(figures: list[Figure]) -> Table:
    notes = "\n".join(dict.fromkeys(figure.note for figure in figures if figure.note))
    table = Table(title="USA house prices by the article's recipe", caption=notes)
    table.add_column("figure", no_wrap=True)
    for header in ("article", "in its digits", "measured"):
        table.add_column(header, justify="right")
    for figure in figures:
        table.add_row(figure.name, figure.printed, figure.in_its_digits, f"{figure.measured:.8g}")
    return table

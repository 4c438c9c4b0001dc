"""The command supported: which estimators are read as data."""

from __future__ import annotations

import typer

from training import supported

app = typer.Typer()


@app.command("supported")
def show_supported() -> None:
    """List the classes of scikit-learn that the Lambda reads as data, as a table in Markdown."""
    typer.echo(supported.markdown())

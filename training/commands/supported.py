"""The command `supported`."""

from __future__ import annotations

from collections import defaultdict

import typer

from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.state import VERSIONS

app = typer.Typer()


@app.command("supported")
def show_supported() -> None:
    """List the classes that the Lambda reads as data, as a Markdown table."""
    typer.echo(markdown())
    typer.echo(
        f"\nFiles of pickle, joblib and skops are read, of scikit-learn {VERSIONS[0]} to {VERSIONS[-1]}, folders of "
        "MLflow's,"
    )
    typer.echo(
        "and JSON and UBJSON of XGBoost's; a model may be in several files, a dict or a list: picklejar adopt --help."
    )


def by_module() -> dict[str, list[str]]:
    """Return the classes' names by their public module, which of other libraries is the library itself."""
    modules = defaultdict(list)
    for full_name in READ:
        name = full_name.rpartition(".")[2]
        if not name.startswith("_"):
            depth = 2 if full_name.startswith("sklearn.") else 1
            modules[".".join(full_name.split(".")[:depth])].append(name)
    return {module: sorted(set(modules[module])) for module in sorted(modules)}


def markdown() -> str:
    """Return the table of docs/models.md."""
    rows = (f"| `{module}` | {', '.join(names)} |" for module, names in by_module().items())
    return "\n".join(["| module | classes |", "| --- | --- |", *rows])

"""The `picklejar` command, put together from training/commands in the order of its help."""

from __future__ import annotations

import typer

from training.commands import keys, models, openapi, read, registry, reproduce, supported
from training.commands import predict as asking

app = typer.Typer(help="Train scikit-learn models, publish them to S3, and ask their endpoint.", no_args_is_help=True)
for kind in (models, read, registry, asking, openapi, reproduce, supported):
    app.add_typer(kind.app)
app.add_typer(keys.app, name="keys")

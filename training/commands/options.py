"""The arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Names = Annotated[list[str], typer.Argument(help="The models' names, as their files in training/models.")]
Name = Annotated[str, typer.Argument(help="The model's name.")]
Build = Annotated[Path, typer.Option("--build", help="Where the bundles are, a folder a model.")]

# Whoever names a bucket may say how it is reached. Typer reads a command's options from its parameters alone, so that
# each such command has all four.
Bucket = Annotated[str, typer.Option(envvar="PICKLEJAR_BUCKET", help="The models' bucket.")]
Profile = Annotated[str | None, typer.Option(help="The AWS profile; the usual chain decides without.")]
Region = Annotated[str | None, typer.Option(help="The AWS region; the profile's without.")]
Endpoint = Annotated[str | None, typer.Option("--endpoint-url", help="Another S3 than AWS's, such as a laptop's.")]

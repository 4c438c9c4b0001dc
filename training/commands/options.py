"""Arguments and options that several commands share."""

from __future__ import annotations

import enum
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[\w.~/-]*)?", re.ASCII)


def bucket_name(value: str | None) -> str | None:
    """Return a valid bucket name; S3's client crashes on others."""
    if value is not None and not BUCKET_NAME.fullmatch(value):
        raise typer.BadParameter(
            f"{value!r} cannot name a bucket: that has letters, digits, dots and hyphens alone, without s3://."
        )
    return value


def address(value: str | None) -> str | None:
    """Return a valid endpoint address; the clients crash on others."""
    if value is not None and not _is_address(value):
        raise typer.BadParameter(f"{value!r} is not an address; write it like http://127.0.0.1:9000.")
    return value


def _is_address(value: str) -> bool:
    try:
        return bool(ADDRESS.fullmatch(value)) and urlsplit(value).port != 0
    except ValueError:  # a port above 65535, or brackets around what is no IPv6 address
        return False


Names = Annotated[list[str], typer.Argument(help="The models' names, as their files in training/models.")]
Name = Annotated[str, typer.Argument(help="The model's name.")]
Build = Annotated[Path, typer.Option("--build", help="Where the bundles are, a folder a model.")]


class DecimalMark(enum.StrEnum):
    """Marks of decimals."""

    POINT = "."
    COMMA = ","


class ThousandsMark(enum.StrEnum):
    """Marks of thousands, as they are given."""

    COMMA = ","
    POINT = "."
    APOSTROPHE = "'"
    SPACE = "space"
    NONE = "none"


Decimal = Annotated[
    DecimalMark | None, typer.Option("--decimal", help="The decimal mark of numbers; all together tell without.")
]
Thousands = Annotated[
    ThousandsMark | None, typer.Option("--thousands", help="What parts thousands; the numbers tell without.")
]

# Whoever names a bucket may say how it is reached. Typer reads a command's options from its parameters alone, so that
# each such command has all four.
Bucket = Annotated[str, typer.Option(envvar="PICKLEJAR_BUCKET", callback=bucket_name, help="The models' bucket.")]
OptionalBucket = Annotated[
    str | None,
    typer.Option("--bucket", envvar="PICKLEJAR_BUCKET", callback=bucket_name, help="Take what serves in this bucket."),
]
Profile = Annotated[str | None, typer.Option(help="The AWS profile; the usual chain decides without.")]
Region = Annotated[str | None, typer.Option(help="The AWS region; the profile's without.")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint-url", callback=address, help="An address other than AWS's, like a laptop's."),
]

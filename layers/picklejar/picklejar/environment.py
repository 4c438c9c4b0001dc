"""Reads a function's environment variables."""

from __future__ import annotations

from collections.abc import Mapping

from picklejar.errors import InvalidConfiguration


def required(environ: Mapping[str, str], name: str) -> str:
    """Return a variable's value; raises InvalidConfiguration where it is missing or empty."""
    if not environ.get(name):
        raise InvalidConfiguration(f"The environment variable {name} is missing; the function cannot start without.")
    return environ[name]

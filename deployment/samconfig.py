"""Reads a deployment's settings from samconfig.toml, as sam does."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click import BadParameter
from samcli.cli.types import CfnParameterOverridesType

from picklejar.errors import InvalidConfiguration

ROOT = Path(__file__).parents[1]
FILE = ROOT / "samconfig.toml"
DEFAULT_ENVIRONMENT = "default"


@dataclass(frozen=True)
class Target:
    """The stack, region, profile, environment and parameters of samconfig.toml."""

    stack: str
    region: str | None
    profile: str | None
    environment: str
    parameters: dict[str, str] = field(default_factory=dict)


def target(stack: str | None, region: str | None, profile: str | None, environment: str, file: Path = FILE) -> Target:
    """Return the named target, completed by the file; raises InvalidConfiguration."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InvalidConfiguration(f"{file} cannot be read: {error}.") from error
    if environment not in content:
        known = ", ".join(name for name, value in content.items() if isinstance(value, dict))
        raise InvalidConfiguration(f"{file.name} has no environment {environment!r}; it has {known}.")
    commands = content[environment]
    text = {
        **commands.get("global", {}).get("parameters", {}),
        **commands.get("deploy", {}).get("parameters", {}),
    }
    name = stack or text.get("stack_name")
    if not name:
        raise InvalidConfiguration(f"{file.name} names no stack for {environment!r}; name one, as in STACK=picklejar.")
    parameters = _parameters(text.get("parameter_overrides"), file)
    return Target(name, region or text.get("region"), profile or text.get("profile"), environment, parameters)


def _parameters(overrides: Any, file: Path) -> dict[str, str]:
    """Read the template's parameters by sam's own reader: one text, or a list, of names and values."""
    try:
        return dict(CfnParameterOverridesType().convert(overrides, None, None))
    except BadParameter as error:
        raise InvalidConfiguration(f"{file.name} has parameter_overrides that sam cannot read: {error}") from error

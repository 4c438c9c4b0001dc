"""template.yaml and its parts with CloudFormation's functions as objects: {"!Ref": "Api"}."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
PAGE = TEMPLATE.parent / "stack" / "page.yaml"


@cache
def read_template(file: Path = TEMPLATE) -> dict[str, Any]:
    """Return the template; a function is an object with its short form as key."""
    template: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # it is a SafeLoader
    return template


class _Loader(yaml.SafeLoader):
    pass


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {f"!{name}": loader.construct_sequence(node, deep=True)}
    return {f"!{name}": loader.construct_scalar(cast("yaml.ScalarNode", node))}


_Loader.add_multi_constructor("!", _function)

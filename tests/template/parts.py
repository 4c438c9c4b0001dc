"""The stack as one template: its own resources and those of its nested stacks, with what these are given in place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]
NESTED = "AWS::CloudFormation::Stack"
# What only a whole template has.
SECTIONS = ("Resources", "Conditions")


def joined(root: Document, parts: Mapping[str, Document]) -> Document:
    """Return the translated template with the nested stacks in `parts`, by their logical ids, put in their places.

    Names must be one stack's own. A resource of a nested stack is there where the stack and its own condition are.
    """
    whole = root | {section: dict(root[section]) for section in SECTIONS}
    outputs: Document = {}
    for name, part in parts.items():
        nested = whole["Resources"].pop(name)
        given = nested["Properties"].get("Parameters", {})
        assert given.keys() == part["Parameters"].keys(), name
        part = _with(part, given)
        _add(whole["Conditions"], part.get("Conditions", {}), same=True)
        _add(whole["Resources"], {key: _where(one, nested, whole) for key, one in part["Resources"].items()})
        outputs |= {(name, f"Outputs.{key}"): one["Value"] for key, one in part.get("Outputs", {}).items()}
    return dict(_with_outputs(whole, outputs))


def _where(resource: Document, nested: Document, whole: Document) -> Document:
    """Return a nested stack's resource under both conditions."""
    conditions = [one["Condition"] for one in (nested, resource) if "Condition" in one]
    if not conditions:
        return resource
    both = "And".join(dict.fromkeys(conditions))
    if both not in whole["Conditions"]:
        whole["Conditions"][both] = {"Fn::And": [{"Condition": one} for one in conditions]}
    return resource | {"Condition": both}


def _add(to: Document, more: Document, *, same: bool = False) -> None:
    for name, one in more.items():
        assert name not in to or (same and to[name] == one), f"{name} is there already"
        to[name] = one


def _with(node: Any, given: Document) -> Any:
    """Return a part of a nested template, each of its parameters replaced by what the stack hands over: a reference."""
    match node:
        case {"Ref": str(name)} if name in given:
            return given[name]
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _text_with(text, given)}
        case {"Fn::Sub": [str(text), words]}:
            return {"Fn::Sub": [_text_with(text, given), _with(words, given)]}
        case dict():
            return {key: _with(one, given) for key, one in node.items()}
        case list():
            return [_with(one, given) for one in node]
    return node


def _text_with(text: str, given: Document) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: f"${{{given.get(found[1], {'Ref': found[1]})['Ref']}}}", text)


def _with_outputs(node: Any, outputs: Document) -> Any:
    match node:
        case {"Fn::GetAtt": [str(name), str(attribute)]} if (name, attribute) in outputs:
            return outputs[name, attribute]
        case dict():
            return {key: _with_outputs(one, outputs) for key, one in node.items()}
        case list():
            return [_with_outputs(one, outputs) for one in node]
    return node

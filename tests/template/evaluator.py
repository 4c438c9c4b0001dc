"""Decides as AWS does whether policies let a request through, as far as the template's policies need it.

The logic of one account (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html): an
explicit deny in any policy decides; then an allow in any, of the identity or of the resource; without one it is denied.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Policy = Mapping[str, Any]
Statement = Mapping[str, Any]


class Decision(Enum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    DENIED = "denied by a statement"
    NOT_ALLOWED = "not allowed by any statement"


@dataclass(frozen=True)
class Principal:
    """Who asks: an identity of AWS by its ARN, a service by its name, or anybody at all."""

    kind: str
    name: str


ANYBODY = Principal("Anonymous", "")


@dataclass(frozen=True)
class Request:
    """One action on one resource, and what else AWS knows of it: condition keys and their values."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    principal: Principal = ANYBODY


def decide(request: Request, identity: Sequence[Policy], resource: Sequence[Policy] = ()) -> Decision:
    """Decide on a request by the policies of who asks and of what is asked for."""
    asked = [statement for policy in identity for statement in policy["Statement"] if _is_about(statement, request)]
    asked += [
        statement
        for policy in resource
        for statement in policy["Statement"]
        if _is_by(statement["Principal"], request.principal) and _is_about(statement, request)
    ]
    effects = {statement["Effect"] for statement in asked}
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def matches(pattern: str, value: str) -> bool:
    """Return whether a value is what a pattern with * and ? describes."""
    return bool(_regex(pattern).fullmatch(value))


def listed(one_or_more: Any) -> list[Any]:
    """Return a list, whether a policy has one there or a single value."""
    return list(one_or_more) if isinstance(one_or_more, list) else [one_or_more]


@functools.cache
def _regex(pattern: str) -> re.Pattern[str]:
    if "${" in pattern:
        raise LookupError(f"{pattern} has a variable, which is not known here.")
    return re.compile("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), re.DOTALL)


def _is_about(statement: Statement, request: Request) -> bool:
    return (
        _names(statement, "Action", request.action.lower(), str.lower)
        and _names(statement, "Resource", request.resource, str)
        and all(
            _holds(operator, key, listed(values), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _names(statement: Statement, element: str, value: str, fold: Callable[[str], str]) -> bool:
    """Return whether the element, or all that its negation leaves, has the value; actions are the same in any case."""
    if f"Not{element}" in statement:
        return not any(matches(fold(pattern), value) for pattern in listed(statement[f"Not{element}"]))
    # A role's trust policy names no resource: it is the role.
    return element not in statement or any(matches(fold(pattern), value) for pattern in listed(statement[element]))


def _is_by(principal: Any, who: Principal) -> bool:
    if principal in ("*", {"AWS": "*"}):
        return True
    return any(who == Principal(kind, name) for kind, names in principal.items() for name in listed(names))


def _holds(operator: str, key: str, values: list[Any], context: Mapping[str, str]) -> bool:
    """Return whether one key is as one operator wants it; a key that is missing is as none does, but for two."""
    if operator == "Null":
        return (key not in context) == (values == ["true"])
    if key not in context:
        return operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    return any(OPERATORS[operator](str(value), context[key]) for value in values)


def _arn_like(pattern: str, arn: str) -> bool:
    """Return whether each of the six parts of an ARN matches; a * does not reach over a colon."""
    parts, patterns = arn.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(matches, patterns, parts))


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda value, found: value.lower() == found.lower(),
    "StringEquals": lambda value, found: value == found,
    "StringLike": matches,
}

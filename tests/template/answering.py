"""What CloudFormation makes of a template's rules and conditions, once a stack's parameters are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True)
class Answers:
    """A translated template with a stack's parameters, the others by default."""

    template: Document
    given: dict[str, str]

    def refusals(self) -> list[str]:
        """Return what CloudFormation says against the parameters before it makes anything."""
        return [
            assertion["AssertDescription"]
            for rule in self.template["Rules"].values()
            if "RuleCondition" not in rule or self._holds(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self._holds(assertion["Assert"])
        ]

    def made(self) -> set[str]:
        """Return the logical names of what is made."""
        resources = self.template["Resources"].items()
        return {name for name, one in resources if "Condition" not in one or self._named(one["Condition"])}

    def resolved(self, part: Any) -> Any:
        """Return a part of the template with its choices made, and without what these leave out."""
        match part:
            case {"Fn::If": [name, then, otherwise]}:
                return self.resolved(then if self._named(name) else otherwise)
            case {"Ref": name} if name in self._parameters:
                return self._parameters[name]
            case dict():
                return {key: self.resolved(one) for key, one in part.items() if not self._is_nothing(one)}
            case list():
                return [self.resolved(one) for one in part if not self._is_nothing(one)]
        return part

    def _is_nothing(self, part: Any) -> bool:
        match part:
            case {"Fn::If": [name, then, otherwise]}:
                return self._is_nothing(then if self._named(name) else otherwise)
        return bool(part == {"Ref": "AWS::NoValue"})

    @property
    def _parameters(self) -> dict[str, str]:
        defaults = {name: str(one["Default"]) for name, one in self.template["Parameters"].items()}
        return {"AWS::Region": "eu-central-1"} | defaults | self.given

    def _named(self, condition: str) -> bool:
        return self._holds(self.template["Conditions"][condition])

    def _holds(self, condition: Document) -> bool:
        match condition:
            case {"Fn::Equals": [one, other]}:
                return str(self.resolved(one)) == str(self.resolved(other))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": inner}:
                return all(map(self._holds, inner))
            case {"Fn::Or": inner}:
                return any(map(self._holds, inner))
        raise AssertionError(f"The tests do not know {condition}.")

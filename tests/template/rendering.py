"""The template as one set of parameters makes it: what its conditions leave, and every reference what it will be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Document = dict[str, Any]

ACCOUNT, REGION = "111122223333", "eu-central-1"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "picklejar",
    "AWS::URLSuffix": "amazonaws.com",
}
NOTHING = {"Ref": "AWS::NoValue"}
# CloudFront takes certificates from us-east-1 alone.
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
# What a stack with a domain of its own is given.
DOMAIN = {"DomainName": "models.example.com", "CertificateArn": CERTIFICATE}
# AWS names a resource after its stack and its logical id; what is not here has never yet been asked for its ARN.
ARNS = {
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    # CloudFormation's attribute has these two characters at its end.
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
    # CloudFront's are all there, whatever the stack's region; AWS adds an id.
    "AWS::WAFv2::WebACL": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/{{}}/id",
}
# What a Ref makes of these is not a name.
REFERRED_TO_BY_ARN = {"AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine"}


@dataclass(frozen=True)
class Stack:
    """A stack of the translated template, with these parameters and the defaults of all others.

    Rules and conditions go by another `AWS::Region`, if one is given; ARNs are always of the one above.
    """

    template: Document
    parameters: dict[str, str]

    def refusals(self) -> list[str]:
        """What CloudFormation says against the parameters before it makes anything."""
        return [
            assertion["AssertDescription"]
            for rule in self.template["Rules"].values()
            if "RuleCondition" not in rule or self._holds(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self._holds(assertion["Assert"])
        ]

    @cached_property
    def settled(self) -> Document:
        """The template without what its conditions leave out."""
        sections = {name: self.template[name] for name in ("Resources", "Outputs") if name in self.template}
        return self.template | {
            section: {
                name: self._settle(one)
                for name, one in entries.items()
                if "Condition" not in one or self._holds(one["Condition"])
            }
            for section, entries in sections.items()
        }

    def resources(self, kind: str) -> dict[str, Document]:
        """The properties of the resources of a kind by their logical ids, every reference rendered."""
        found = {name: one for name, one in self.settled["Resources"].items() if one["Type"] == kind}
        return {name: self.render(one["Properties"]) for name, one in found.items()}

    def arn(self, name: str) -> str:
        """The ARN that the resource of this logical id will have."""
        return ARNS[self.template["Resources"][name]["Type"]].format(_named(name))

    def render(self, node: Any) -> Any:
        """Return a part of the template with every reference in it replaced by what it refers to."""
        match node:
            case {"Ref": str(name)}:
                return self._reference(name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.arn(name)
            case {"Fn::Sub": str(text)}:
                # What begins with ! is for whoever reads the text.
                return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._reference(found[1]), text).replace("${!", "${")
            case {"Fn::Sub": [str(text), dict(words)]}:
                known = {name: self.render(value) for name, value in words.items()}
                return re.sub(r"\$\{([\w:.]+)\}", lambda found: known.get(found[1]) or self._reference(found[1]), text)
            case dict():
                return {name: self.render(value) for name, value in node.items()}
            case list():
                return [self.render(one) for one in node]
        return node

    def _reference(self, text: str) -> str:
        name, _, attribute = text.partition(".")
        if name not in self.template["Resources"]:
            return self._parameter(name)
        kind = self.template["Resources"][name]["Type"]
        if attribute == "Arn" or (not attribute and kind in REFERRED_TO_BY_ARN):
            return self.arn(name)
        if attribute not in ("", "Name"):
            raise LookupError(f"{text} is nothing that was ever asked for here.")
        return _named(name)

    def _parameter(self, name: str) -> str:
        given = PSEUDO_PARAMETERS | self.parameters
        return given[name] if name in given else str(self.template["Parameters"][name]["Default"])

    def _settle(self, node: Any) -> Any:
        match node:
            case {"Fn::If": [str(condition), yes, no]}:
                return self._settle(yes if self._holds(condition) else no)
            case dict():
                settled = {name: self._settle(value) for name, value in node.items()}
                return {name: value for name, value in settled.items() if value != NOTHING}
            case list():
                return [one for one in map(self._settle, node) if one != NOTHING]
        return node

    def _holds(self, condition: Any) -> bool:
        match condition:
            case str() | {"Condition": str()}:
                name = condition if isinstance(condition, str) else condition["Condition"]
                return self._holds(self.template["Conditions"][name])
            case {"Fn::Not": [one]}:
                return not self._holds(one)
            case {"Fn::And": list(all_of)}:
                return all(map(self._holds, all_of))
            case {"Fn::Or": list(any_of)}:
                return any(map(self._holds, any_of))
            case {"Fn::Equals": [one, other]}:
                return str(self.render(one)) == str(self.render(other))
        raise LookupError(f"{condition} is not a condition that is known here.")


def _named(name: str) -> str:
    return f"{PSEUDO_PARAMETERS['AWS::StackName']}-{name.lower()}"

"""The template as a whole: its linters and its parameters."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.template.rendering import ACCOUNT, CERTIFICATE, DOMAIN

Document = dict[str, Any]
CONSTRAINTS = {"AllowedValues", "AllowedPattern", "MinValue"}


PARTS = ["template.yaml", "stack/page.yaml", "stack/watch.yaml"]
LINTERS = [["sam", "validate", "--lint"], ["cfn-lint", "--include-checks", "I", "--template", *PARTS]]
KEY = "arn:aws:kms:eu-central-1:111122223333:key/mrk-11111111222233334444"
# What each parameter adds or takes away, it does in a stack of any of the others.
CHOICES: dict[str, dict[str, str]] = {
    "firewall": {"Firewall": "true"},
    "domain": DOMAIN,
    "key": {"KmsKeyArn": KEY},
    "live": {"LiveModels": "true"},
    "snapshots": {"SnapStart": "true"},
    "Graviton": {"Architecture": "arm64"},
}
SHAPES = {
    ", ".join(chosen) or "as by default": {name: value for choice in chosen for name, value in CHOICES[choice].items()}
    for count in range(len(CHOICES) + 1)
    for chosen in itertools.combinations(CHOICES, count)
}

# Two to five choices at once are for `make test-all`.
EVERY_SHAPE = [
    pytest.param(shape, id=name, marks=() if name.count(",") in (0, len(CHOICES) - 1) else pytest.mark.slow)
    for name, shape in SHAPES.items()
]


@pytest.mark.parametrize("command", LINTERS, ids=" ".join)
def test_the_linters_have_nothing_to_say(command: list[str], root: Path) -> None:
    tool = shutil.which(command[0], path=Path(sys.executable).parent) or shutil.which(command[0])
    if tool is None:
        pytest.skip(f"{command[0]} is not installed")
    finished = subprocess.run([tool, *command[1:]], cwd=root, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_every_parameter_has_a_default_a_rule_and_a_sentence(template: Document) -> None:
    for name, parameter in template["Parameters"].items():
        assert "Default" in parameter, name
        assert parameter.keys() & CONSTRAINTS, name
        assert re.fullmatch(r"[A-Z].{20,}\.", parameter["Description"]), name


def test_every_parameter_is_used(template: Document, root: Path) -> None:
    text = (root / "template.yaml").read_text()
    assert [name for name in template["Parameters"] if f"!Ref {name}" not in text and f"${{{name}}}" not in text] == []


@pytest.mark.parametrize("parameters", EVERY_SHAPE)
def test_a_stack_is_made_in_every_shape(
    make_stack: Callable[..., dict[str, str]], template: Document, parameters: dict[str, str]
) -> None:
    assert make_stack(**parameters).keys() == template["Outputs"].keys()


def test_all_that_a_parameter_may_be_in_a_shape_is_allowed(template: Document) -> None:
    for name, value in [one for shape in SHAPES.values() for one in shape.items()]:
        rule = template["Parameters"][name]
        assert re.fullmatch(rule.get("AllowedPattern", ".*"), value), name
        assert value in map(str, rule.get("AllowedValues", [value])), name


@pytest.mark.parametrize(
    "key",
    [
        "alias/jar",
        "arn:aws:kms:eu-central-1:111122223333:alias/jar",
        "11111111-2222-3333-4444-555555555555",
        "arn:aws:kms:eu-central-1:111122223333:key/*",
        "*",
    ],
)
def test_a_key_is_named_by_its_arn_and_by_nothing_else(template: Document, key: str) -> None:
    assert not re.fullmatch(template["Parameters"]["KmsKeyArn"]["AllowedPattern"], key)


@pytest.mark.parametrize(
    "origins",
    ["", "*", "https://example.com", "http://localhost:8000,https://example.com", "https://a.test, https://b.test"],
)
def test_origins_as_a_browser_sends_them_are_allowed(template: Document, origins: str) -> None:
    assert re.fullmatch(template["Parameters"]["AllowedOrigins"]["AllowedPattern"], origins)


@pytest.mark.parametrize(
    "origins",
    [
        "example.com",
        "https://example.com/",
        "https://example.com/page",
        "https://*.example.com",
        "*,https://a.test",
        ",",
    ],
)
def test_origins_that_no_browser_sends_are_refused(template: Document, origins: str) -> None:
    assert not re.fullmatch(template["Parameters"]["AllowedOrigins"]["AllowedPattern"], origins)


UUID = "12345678-1234-1234-1234-123456789012"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DomainName", "models.example.com"),
        ("DomainName", "example.co"),
        ("CertificateArn", CERTIFICATE),
        ("HostedZoneId", "Z2FDTNDATAQYW2"),
        ("WebAclArn", f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/our-own_1/{UUID}"),
        ("BudgetEmail", "owner+aws@mail.example.com"),
    ],
)
def test_what_names_something_of_aws_is_allowed_and_so_is_nothing(template: Document, name: str, value: str) -> None:
    pattern = template["Parameters"][name]["AllowedPattern"]
    assert re.fullmatch(pattern, value)
    assert re.fullmatch(pattern, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DomainName", "https://models.example.com"),
        ("DomainName", "models.example.com/api"),
        ("DomainName", "Models.example.com"),
        ("DomainName", "*.example.com"),
        ("DomainName", "localhost"),
        # CloudFront looks in no other region.
        ("CertificateArn", f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/{UUID}"),
        ("CertificateArn", f"arn:aws:iam::{ACCOUNT}:server-certificate/ours"),
        ("HostedZoneId", "/hostedzone/Z2FDTNDATAQYW2"),
        ("HostedZoneId", "example.com"),
        # One for an API, not for CloudFront.
        ("WebAclArn", f"arn:aws:wafv2:eu-central-1:{ACCOUNT}:regional/webacl/ours/{UUID}"),
        ("BudgetEmail", "owner"),
        ("BudgetEmail", "owner@example.com, other@example.com"),
    ],
)
def test_what_aws_would_refuse_in_the_middle_of_a_deployment_is_refused_before(
    template: Document, name: str, value: str
) -> None:
    assert not re.fullmatch(template["Parameters"][name]["AllowedPattern"], value)

"""Checkov, by the one file that says what it is not asked to check, and why."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from tests.pinned import pinned_environment

pytestmark = pytest.mark.slow

Document = dict[str, Any]
MOST_SUPPRESSED = 5


@pytest.fixture(scope="module")
def checkov(tool: Callable[[str], str]) -> Callable[..., Document]:
    """Runs Checkov in a folder; returns its report. Its environment is kept from run to run, until its pins change."""
    programs = pinned_environment("checkov", tool)
    # With bytecode, which Python may have been told not to write, the second run takes a third of the time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run(where: Path, *options: str) -> Document:
        command = [programs / "checkov", "--output", "json", "--skip-download", *options]
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, env=environment)
        assert done.stdout.startswith("{"), done.stdout + done.stderr
        report: Document = json.loads(done.stdout)
        assert report["summary"]["parsing_errors"] == 0
        return report

    return run


@pytest.fixture(scope="module")
def reasons(root: Path) -> dict[str, str]:
    """The checks that are suppressed, and the comment above each."""
    found = re.findall(r"((?:^  # .*\n)+)^  - (CKV\w+)$", (root / ".checkov.yaml").read_text(), re.MULTILINE)
    return {check: " ".join(line.strip(" #") for line in comment.splitlines()) for comment, check in found}


def test_checkov_has_nothing_to_say_of_the_template(checkov: Callable[..., Document], root: Path) -> None:
    report = checkov(root)
    assert [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]] == []
    assert report["summary"]["passed"] > 20


def test_nor_of_what_cloudformation_gets_of_it_but_for_what_is_suppressed(
    checkov: Callable[..., Document], cloudformation: Document, reasons: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "template.json").write_text(json.dumps(cloudformation))
    # In a folder without our configuration everything is checked: what is suppressed in vain is found, too.
    report = checkov(tmp_path, "--file", "template.json", "--framework", "cloudformation")
    assert {one["check_id"] for one in report["results"]["failed_checks"]} == reasons.keys()


def test_little_is_suppressed_in_one_place_and_each_with_a_reason(root: Path, reasons: dict[str, str]) -> None:
    assert yaml_parse((root / ".checkov.yaml").read_text())["skip-check"] == list(reasons)
    assert len(reasons) <= MOST_SUPPRESSED
    assert all(len(reason) > 60 for reason in reasons.values())
    parts = yaml_parse((root / ".checkov.yaml").read_text())["file"]
    assert parts == ["template.yaml", *(f"stack/{file.name}" for file in sorted((root / "stack").iterdir()))]
    assert not any("checkov:" in (root / part).read_text() for part in parts)


def test_the_docs_tell_what_is_suppressed_and_why_in_the_same_words(root: Path, reasons: dict[str, str]) -> None:
    rows = re.findall(
        r"^\| `(CKV\w+)` \| [^|]+ \| ([^|]+) \|$", (root / "docs" / "security.md").read_text(), re.MULTILINE
    )
    assert dict(rows) == reasons

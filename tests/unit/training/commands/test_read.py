from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.cli import app


def _said(content: str, tmp_path: Path) -> str:
    file = tmp_path / "table.csv"
    file.write_text(content)
    done = CliRunner().invoke(app, ["read", str(file)])
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a;b\n1;2\n;\n2;3\n", "Skipped: 1 empty row.\n"),
        ("a;b\n;\n1;2\n;\n2;3\n", "Skipped: 2 empty rows.\n"),
        ("a;b;\n1;2;\n2;3;\n", "Skipped: 1 empty column without a name.\n"),
        ("a;b;;\n1;2;;\n2;3;;\n", "Skipped: 2 empty columns without a name.\n"),
        (
            "a^b\n1^2\n",
            "It has one column, 'a^b', as none of commas, semicolons, tabs, bars part its cells; save it with",
        ),
    ],
)
def test_what_a_file_has_too_much_or_too_little_of_is_said(content: str, sentence: str, tmp_path: Path) -> None:
    assert sentence in _said(content, tmp_path)


def test_nothing_is_said_of_what_is_not_there(tmp_path: Path) -> None:
    said = _said("a;b\n1;2\n2;3\n", tmp_path)
    assert "cells parted by semicolons" in said
    assert "Skipped" not in said
    assert "one column" not in said

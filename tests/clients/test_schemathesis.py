"""What schemathesis makes of the description, valid and not, is answered as that says, by models of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.environment import Clients

pytestmark = pytest.mark.slow

# An address takes other methods or none, 405; too many rows are 413. Nothing is to be kept from run to run.
CONFIGURATION = """
[generation]
database = "none"

[checks.negative_data_rejection]
expected-statuses = [400, 405, 413, 415, 422]
"""
# Between them they have every type of feature, label and answer.
ASKED = ("rent", "spam", "flat_size")


def test_what_schemathesis_asks_is_answered_as_described(url: str, clients: Clients, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    options = ["--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--seed", "1", "--no-color"]
    options += ["--include-path-regex", f"/models($|/[^/]*$|/({'|'.join(ASKED)})/)"]
    # It takes a relative server for one of the address's host.
    command = [clients.folder / "schemathesis", "run", f"{url}/openapi.json", "--url", url, *options]
    assert "No issues found" in clients.run(*command, folder=tmp_path)

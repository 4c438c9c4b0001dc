"""The clients that others wrote, in an environment of their own, and the programs here that ask by them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).with_name("programs")
LONGEST_SECONDS = 300


@dataclass(frozen=True)
class Clients:
    """The folder of the environment's own programs, Python among them."""

    folder: Path

    def run(self, *command: str | Path, typed: str = "", folder: Path | None = None, **variables: str) -> str:
        """Run a command beside others' packages, with nothing of ours to import, and return what it prints."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
        environment["PATH"] = os.pathsep.join([str(self.folder), environment["PATH"]])
        done = subprocess.run(
            command,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=folder,
            timeout=LONGEST_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, client: str, **question: Any) -> Any:
        """Return what the program of a client was answered to what it is to ask."""
        program = PROGRAMS / f"asking_{client}.py"
        return json.loads(self.run(self.folder / "python", program, typed=json.dumps(question)))

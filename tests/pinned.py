"""Environments of others' programs, made by uv of what is pinned, and kept from run to run until the pins change."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 600


def pinned_environment(name: str, tool: Callable[[str], str]) -> Path:
    """Return the folder of programs of the environment of requirements/<name>.txt; skips where it cannot be made."""
    folder, pins = ROOT / ".aws-sam" / "tests" / name, ROOT / "requirements" / f"{name}.txt"
    python, ready = folder / "bin" / "python", folder / "ready"
    folder.mkdir(parents=True, exist_ok=True)
    # Once for all processes that run tests side by side.
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != pins.read_text():
            _install(name, tool("uv"), "venv", "--quiet", "--clear", "--python", sys.executable, folder)
            options = ["--quiet", "--no-deps", "--require-hashes", "--python", python]
            _install(name, tool("uv"), "pip", "install", *options, "--requirements", pins)
            ready.write_text(pins.read_text())
    return python.parent


def _install(name: str, *command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS)
    if done.returncode:
        pytest.skip(f"What requirements/{name}.txt names cannot be installed: {done.stderr.strip()[-200:]}")

"""The handler in a process of its own, which lines on stdin ask, or let run out of disk or of memory."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

MEGABYTE = 1024 * 1024


def ask(event: dict[str, Any]) -> dict[str, Any]:
    """Return the handler's response to an event; the first imports the handler."""
    handler = importlib.import_module("functions.predict.app").lambda_handler
    response: dict[str, Any] = handler(event, SimpleNamespace(aws_request_id="request-1"))
    return response


def fill_disk() -> str:
    """Let every write to a file fail, and return how one did."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            file.write(b"1")
    except OSError as error:
        return type(error).__name__
    return "written"


def leave_memory(megabytes: int | None) -> None:
    """Let this process have so much more memory than it has, or all there is."""
    most = resource.RLIM_INFINITY if megabytes is None else _status("VmSize") + megabytes * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def memory() -> int:
    """Return the bytes of memory that this process has."""
    return _status("VmRSS")


def _status(name: str) -> int:
    return int(Path("/proc/self/status").read_text().partition(f"{name}:")[2].split()[0]) * 1024


ACTS: dict[str, Callable[..., Any]] = {act.__name__: act for act in (ask, fill_disk, leave_memory, memory)}

if __name__ == "__main__":
    for line in sys.stdin:
        act, *words = json.loads(line)
        # At once, because the handler's threads write their lines to the same stream.
        sys.stdout.write(json.dumps({"reply": ACTS[act](*words)}) + "\n")
        sys.stdout.flush()

"""Measured processes: fresh ones, and workers that run calls repeatedly."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.places import PYTHON, SIDES, WORK, Surroundings


def first_answer(side: Surroundings, module: str, **variables: str) -> dict[str, float]:
    """Start an interpreter and let the handler in `module` answer one request.

    Returns `cpu` and `wall`, seconds from the start to the answer, and `peak`, the most memory until then in MB.
    """
    started = time.time()
    finished = subprocess.run(
        [*PYTHON, str(SIDES / "first_answer.py"), module, str(WORK / "event.json")],
        env=side.environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(finished.stdout + finished.stderr)
    measured = json.loads(finished.stderr.splitlines()[-1])
    return {"cpu": measured["cpu"], "wall": measured["answered"] - started, "peak": measured["peak"] / 1e6}


class Worker:
    """A process of one side that times calls by name."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.calls = self._line().split()

    def seconds(self, call: str, count: int) -> float:
        """Return the processor time of one call in seconds, averaged over `count` calls."""
        assert self._process.stdin
        self._process.stdin.write(f"{call} {count}\n")
        self._process.stdin.flush()
        return float(self._line()) / count

    def enough(self, call: str, seconds: float) -> int:
        """Return how many calls take so long; the first is not counted, because it makes what later ones use."""
        self.seconds(call, 1)
        count, each = 1, self.seconds(call, 1)
        while each * count < seconds / 5:
            count *= 5
            each = self.seconds(call, count)
        return max(1, round(seconds / each))

    def _line(self) -> str:
        assert self._process.stderr
        line = self._process.stderr.readline()
        if not line or line.startswith("Traceback"):
            raise RuntimeError(line + self._process.stderr.read())
        return line


@contextmanager
def worker(side: Surroundings, module: str, **variables: str) -> Iterator[Worker]:
    """Run a worker with the calls in `module`; its log goes to a file."""
    with (WORK / f"{module}.log").open("w") as log:
        process = subprocess.Popen(
            [*PYTHON, str(SIDES / "calls.py"), module],
            env=side.environment(**variables),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Worker(process)
        finally:
            process.kill()
            process.wait()


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Pin this process and its new children to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[core % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its children in seconds."""
    total = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0]) / 1e9
        total += sum(cpu_seconds(int(child)) for child in (task / "children").read_text().split())
    return total

"""Makes small changes to a module and says which no test notices: `make mutate MODULE=picklejar.ranges`.

cosmic-ray changes a copy of the checkout in build/mutate, and runs the tests listed here against each change. Some
survivors are equivalent: the changed module does the same. Whoever reads the list tells them apart.
"""

from __future__ import annotations

import ast
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "mutate"
TOOL = ROOT / ".mutate" / "bin" / "cosmic-ray"
UNIT, INTEGRATION = "tests/unit", "tests/integration"
# The tests of modules that have others than their mirror in tests/unit, the quickest first.
TESTS = {
    **{f"picklejar.cells.{name}": ["picklejar/cells"] for name in ("dialect", "meaning", "names", "text")},
    "training.registry.gate": [f"{INTEGRATION}/test_gate.py"],
}  # fmt: skip
# The tests must pass before anything is changed.
STEPS = [("baseline", "cosmic-ray.toml")] + [(step, "cosmic-ray.toml", "session.sqlite") for step in ("init", "exec")]
LONGEST = 120.0  # seconds; a change may make a test wait without end


def main(module: Annotated[str, typer.Argument(help="As it is imported: picklejar.ranges.")]) -> None:
    """Change a module in every way, and print the changes that survive its tests."""
    path = _path(module)
    copy = WORK / module
    _copy(copy)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *_tests(module)]
    environment = os.environ | {"PYTHONPATH": f"{copy / 'layers' / 'picklejar'}:{copy}"}
    session = copy / "session.sqlite"
    (copy / "cosmic-ray.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "{path}"\ntimeout = {LONGEST}\nexcluded-modules = []\n'
        f'test-command = {json.dumps(shlex.join(command))}\n[cosmic-ray.distributor]\nname = "local"\n'
    )
    for step in STEPS:
        done = subprocess.run([TOOL, *step], cwd=copy, env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise typer.BadParameter(f"cosmic-ray {step[0]} of {module} fails:\n{done.stdout}{done.stderr}")
        if step[0] == "init":
            _leave_out_what_is_equivalent(session, copy / path)
    _report(module, session)


def _path(module: str) -> Path:
    parts = Path(*module.split(".")).with_suffix(".py")
    path = Path("layers/picklejar") / parts if module.startswith("picklejar.") else parts
    if not (ROOT / path).is_file():
        raise typer.BadParameter(f"There is no module {module}.")
    return path


def _tests(module: str) -> list[str]:
    *wings, name = module.replace("picklejar.inert.", "inert.").split(".")
    mirror = Path(*wings, f"test_{name}.py")
    return [path if path.startswith("tests/") else f"{UNIT}/{path}" for path in TESTS.get(module, [str(mirror)])]


def _copy(copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def _leave_out_what_is_equivalent(session: Path, module: Path) -> None:
    """Leave out changes of annotations, which nothing evaluates, and of == to `is`, the same for small numbers."""
    spans = [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in _annotations(ast.parse(module.read_text()))
    ]
    with sqlite3.connect(session) as database:
        places = database.execute("SELECT job_id, start_pos_row, start_pos_col FROM mutation_specs").fetchall()
        within = [(job,) for job, row, column in places if any(start <= (row, column) < end for start, end in spans)]
        within += database.execute(
            "SELECT job_id FROM mutation_specs WHERE operator_name LIKE '%Eq_Is' OR operator_name LIKE '%Eq_IsNot'"
        ).fetchall()
        database.executemany("DELETE FROM mutation_specs WHERE job_id = ?", within)
        database.executemany("DELETE FROM work_items WHERE job_id = ?", within)


def _annotations(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            annotation = getattr(node, name, None)
            if isinstance(annotation, ast.expr):
                yield annotation


def _report(module: str, session: Path) -> None:
    with sqlite3.connect(session) as database:
        rows = database.execute("SELECT test_outcome, diff FROM work_results").fetchall()
    survived = [diff for outcome, diff in rows if "SURVIVED" in str(outcome)]
    for diff in survived:
        lines = [line for line in diff.splitlines() if line[:1] in "+-@" and line[:3] not in ("+++", "---")]
        sys.stdout.write("\n".join(lines) + "\n\n")
    killed = len(rows) - len(survived)
    sys.stdout.write(f"{module}: {len(rows)} changes, {killed} noticed ({killed / max(1, len(rows)):.0%})\n")


if __name__ == "__main__":
    typer.run(main)

"""The client as a package of its own: what it imports, how it is built, and Python 3.9."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import picklejar_client
from tests.unit.client.conftest import Api, Reply

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "client"
OLDEST = "3.9"
# What each Python is to print of the API: predictions of two parts, a refused row, and an answer after a pause.
PROGRAM = """
import json, sys
from picklejar_client import Client, NotAnApi, Refused

model = Client(sys.argv[1]).model("sums")
said = [sys.version.split()[0], sum(model.predict({"a": n} for n in range(10_001)))]
for rows in ([[1, float("nan")]], [{"a": float("inf")}], [{"a": "x"}], [{"a": 1}], [{"a": 1}]):
    try:
        said.append([*model.predict(rows)])
    except (Refused, NotAnApi) as error:
        said.append(str(error))
print(json.dumps(said))
"""


def test_it_imports_the_standard_library_alone() -> None:
    for path in (CLIENT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 9))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | {"picklejar_client"}, path


@pytest.fixture
def oldest(tool: Callable[[str], str]) -> str:
    """The oldest Python that the client runs in; a test that needs it is skipped where it is missing."""
    # pyenv's python3.9 answers only where that version is chosen.
    environment = os.environ | {"PYENV_VERSION": OLDEST}
    command = [tool("uv"), "python", "find", "--no-project", "--no-python-downloads", OLDEST]
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if found.returncode:
        pytest.skip(f"Python {OLDEST} is not installed")
    return found.stdout.strip()


def test_it_answers_in_the_oldest_python_as_in_this_one(api: Api, oldest: str) -> None:
    said = []
    for python in (oldest, sys.executable):
        refusal = {"title": "Invalid", "errors": [{"row": 0, "field": "a", "rule": "type", "message": "Bad."}]}
        plain = [lambda _: None] * 4
        chunked = Reply(200, {"version": "v1", "predictions": [7]}, way="chunked")
        api.replies = [*plain, Reply(422, refusal), Reply(200, {}, way="cut"), chunked, Reply(200, b"<html>")]
        done = subprocess.run(
            [python, "-W", "error", "-c", PROGRAM, api.url],
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(CLIENT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == 0, done.stderr
        said.append(json.loads(done.stdout))
    assert said[0][0].startswith(OLDEST)
    assert said[0][1:] == said[1][1:]
    total, unnamed, infinite, refused, after_a_cut, html = said[0][1:]
    assert (total, unnamed, after_a_cut) == (sum(range(10_001)), [1], [7])
    assert infinite.endswith("Row 0: a must be finite, not infinite.")
    assert refused.endswith("Row 0: Bad.")
    assert "something else than JSON" in html


def test_it_is_built_without_the_network_and_says_that_it_is_typed(tool: Callable[[str], str], tmp_path: Path) -> None:
    # setuptools, which pyproject.toml names, is in the environment; and a build writes beside its sources.
    copy = tmp_path / "client"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "client"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    build = [tool("uv"), "build", "--offline", "--no-build-isolation", "--python", sys.executable]
    done = subprocess.run(
        [*build, "--out-dir", tmp_path, copy], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    named = f"picklejar_client-{picklejar_client.__version__}"
    wheel = zipfile.ZipFile(tmp_path / f"{named}-py3-none-any.whl")
    modules = {path.relative_to(CLIENT / "src").as_posix() for path in (CLIENT / "src/picklejar_client").glob("*.py")}
    assert modules | {"picklejar_client/py.typed"} <= {*wheel.namelist()}
    metadata = wheel.read(f"{named}.dist-info/METADATA").decode()
    assert f"Requires-Python: >={OLDEST}\n" in metadata
    assert "Requires-Dist" not in metadata
    assert wheel.read(f"{named}.dist-info/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    with tarfile.open(tmp_path / f"{named}.tar.gz") as source:
        assert f"{named}/src/picklejar_client/py.typed" in source.getnames()
    wheel.close()

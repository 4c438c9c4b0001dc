"""Who may import what: the architecture, held by reading the code."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STDLIB = set(sys.stdlib_module_names)
LAYER = ROOT / "layers" / "picklejar" / "picklejar"
# Each module may import those before it, and none after.
ORDER = [
    *["errors", "signature", "labels", "instances", "manifest", "alias", "ranges", "predictor", "live", "opening"],
    *["bucket", "background", "shadow", "shelf", "memory", "watch", "candidate", "jar"],
]

ALLOWED = {
    "layers/picklejar": {"picklejar", "numpy", "msgspec", "obstore"},
    "functions": {"picklejar", "aws_lambda_powertools", "msgspec", "snapshot_restore_py"},
    "training": {
        "picklejar",
        "training",
        "sklearn",
        "numpy",
        "pandas",
        "matplotlib",
        "seaborn",
        "msgspec",
        "obstore",
        "boto3",
        "botocore",
        "httpx",
        "typer",
        "rich",
    },
    "local": {
        "picklejar",
        "functions",
        "training",
        "local",
        "moto",
        "boto3",
        "obstore",
        "starlette",
        "uvicorn",
        "httpx",
        "playwright",
        "typer",
        "yaml",
    },
    "deployment": {
        "picklejar",
        "functions",
        "training",
        "local",
        "deployment",
        "boto3",
        "botocore",
        "httpx",
        "obstore",
        "rich",
        "typer",
    },
}
# What local may use of training is what the command offers: publishing, and a sentence where it goes wrong.
ALLOWED_OF_TRAINING_IN_LOCAL = {"training.publish", "training.terminal"}
# And deployment what the command does with an account, and how it says it.
ALLOWED_OF_TRAINING_IN_DEPLOYMENT = {
    *["training.account", "training.aliases", "training.keys", "training.publish", "training.stack", "training.store"],
    "training.terminal",
}
READERS_OF_THE_ENVIRONMENT = {"functions/predict/app.py", "functions/batch/app.py", "local/sam.py"}


def _modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _imported(path: Path) -> set[str]:
    """The full names of all that a file imports, wherever in the file, but relatively."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_imports_only_what_it_may(folder: str) -> None:
    for path in _modules(folder):
        top = {name.partition(".")[0] for name in _imported(path)}
        assert top <= STDLIB | ALLOWED[folder], path


def test_the_layer_knows_scikit_learn_only_by_name_and_only_in_live() -> None:
    naming = {path.name for path in _modules("layers/picklejar") if '"sklearn"' in path.read_text()}
    assert naming == {"live.py"}


def test_a_module_of_the_layer_imports_only_those_before_it() -> None:
    for position, name in enumerate(ORDER):
        path = LAYER / f"{name}.py"
        siblings = {one for other in _imported(path) if (one := other.removeprefix("picklejar.")) in ORDER}
        # errors names the type of what one of its errors lists, for the type checker alone.
        assert siblings - ({"instances"} if name == "errors" else set()) <= set(ORDER[:position]), path


INERT = LAYER / "inert"
# Of the inert reader, too, each module may import those before it; the families of estimators stand after them all.
INERT_ORDER = ["opcodes", "classes", "unsupported", "records", "arrays", "state", "estimator"]


def test_the_inert_reader_needs_nothing_but_numpy_and_the_errors() -> None:
    for path in INERT.glob("*.py"):
        ours = {name for name in _imported(path) if name.startswith("picklejar.")}
        assert {name for name in ours if not name.startswith(("picklejar.inert", "picklejar.errors"))} == set(), path
        assert "msgspec" not in path.read_text(), path


def test_a_module_of_the_inert_reader_imports_only_those_before_it() -> None:
    for position, name in enumerate(INERT_ORDER):
        found = {one for other in _imported(INERT / f"{name}.py") if (one := other.removeprefix("picklejar.inert."))}
        siblings = {one for one in found if (INERT / f"{one}.py").exists()}
        # state names the type of the estimators it makes, for the type checker alone.
        assert siblings - ({"estimator"} if name == "state" else set()) <= set(INERT_ORDER[:position]), name


BATCH = LAYER / "batch"
BATCH_ORDER = ["lines", "files", "source", "layout", "columns", "plan", "asking", "rows", "job"]


def test_a_module_of_the_batch_imports_only_those_before_it() -> None:
    for position, name in enumerate(BATCH_ORDER):
        siblings = {one for other in _imported(BATCH / f"{name}.py") if (one := other.removeprefix("picklejar.batch."))}
        assert siblings & set(BATCH_ORDER) <= set(BATCH_ORDER[:position]), name
    assert {path.stem for path in BATCH.glob("*.py")} == {*BATCH_ORDER, "__init__"}


def test_the_batch_is_handed_its_models_and_knows_no_jar() -> None:
    used = {name for path in BATCH.glob("*.py") for name in _imported(path)}
    assert used.isdisjoint({"picklejar.jar", "picklejar.shelf", "picklejar.watch"})


def test_every_module_of_the_layer_has_its_place() -> None:
    assert {path.stem for path in LAYER.glob("*.py")} == {*ORDER, "__init__"}


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("local", ALLOWED_OF_TRAINING_IN_LOCAL), ("deployment", ALLOWED_OF_TRAINING_IN_DEPLOYMENT)],
)
def test_of_training_only_what_the_command_offers_is_used(folder: str, allowed: set[str]) -> None:
    used = {name for path in _modules(folder) for name in _imported(path) if name.startswith("training.")}
    assert {".".join(name.split(".")[:2]) for name in used} == allowed


def test_the_environment_is_read_in_one_place_each() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for folder in ALLOWED
        for path in _modules(folder)
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    }
    assert readers == READERS_OF_THE_ENVIRONMENT

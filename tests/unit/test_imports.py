"""Who may import what: the architecture, held by reading the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STDLIB = set(sys.stdlib_module_names)
LAYER = ROOT / "layers" / "picklejar" / "picklejar"
# Each module or wing may import those before it, and none after.
ORDER = [
    *[
        "errors",
        "environment",
        "wording",
        "cells",
        "signature",
        "labels",
        "instances",
        "manifest",
        "alias",
        "ranges",
        "predictor",
        "openapi",
        "around",
        "live",
    ],
    *["opening", "bucket", "background", "registry", "serving"],
]
SERVING_ORDER = ["memory", "watch", "candidate", "shadow", "jar"]
CELLS_ORDER = ["dialect", "meaning", "names", "text"]
OPENAPI_ORDER = ["names", "refusals", "schemas", "document"]
BATCH_ORDER = ["lines", "files", "source", "layout", "text", "columns", "plan", "predict", "plain", "rows", "job"]
# The inert reader: a family of estimators knows no other one but those in its own wing.
INERT_ORDER = ["reading", "base", "models", "text", "transforms", "trees", "boosters", "meta", "restorer", "inspection"]
FAMILIES = {"models", "text", "transforms", "trees"}
READING_ORDER = ["storage", "opcodes", "allowlist", "unsupported", "records", "arrays", "releases", "state"]
# The wings of training and its modules; `models` and `data` are what people add to.
TRAINING_ORDER = [
    *["terminal", "definition", "table", "data", "models", "aws", "dataset", "evaluation", "report", "proof"],
    *["bundle", "adopt", "new", "registry", "client", "piped", "manifests", "score_file", "train", "reproduce"],
    *["commands", "cli"],
]

ALLOWED = {
    "client/src": {"picklejar_client"},
    "layers/picklejar": {"picklejar", "numpy", "msgspec", "obstore"},
    "functions": {"picklejar", "aws_lambda_powertools", "msgspec", "snapshot_restore_py"},
    "training": {
        "picklejar",
        "picklejar_client",
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
        "typer",
        "rich",
        "xgboost",  # an extra, which only what is run by it imports
        "yaml",
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
        "click",
        "httpx",
        "obstore",
        "rich",
        "samcli",
        "typer",
    },
}
# What local and deployment may use of training: publishing, the account and the terminal.
OF_TRAINING = {"local": {"registry", "terminal"}, "deployment": {"aws", "registry", "terminal"}}
READERS_OF_THE_ENVIRONMENT = {
    "functions/predict/app.py",
    "functions/batch/app.py",
    "deployment/verify.py",
    "local/sam.py",
    "training/proof/releases.py",
}


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


def _parts(path: Path, package: str) -> set[str]:
    """The modules and wings of a package that a file imports."""
    depth = package.count(".") + 1
    return {name.split(".")[depth] for name in _imported(path) if name.startswith(f"{package}.")}


def _is_ours(path: Path) -> bool:
    is_wing = (path / "__init__.py").exists()
    return is_wing or (path.suffix == ".py" and path.stem != "__init__")


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_imports_only_what_it_may(folder: str) -> None:
    for path in _modules(folder):
        top = {name.partition(".")[0] for name in _imported(path)}
        assert top <= STDLIB | ALLOWED[folder], path


def test_the_layer_knows_scikit_learn_only_by_name_and_only_in_live() -> None:
    naming = {path.name for path in _modules("layers/picklejar") if '"sklearn"' in path.read_text()}
    assert naming == {"live.py"}


@pytest.mark.parametrize(
    ("package", "folder", "order"),
    [
        ("picklejar", LAYER, [*ORDER, "inert", "batch"]),
        ("picklejar.serving", LAYER / "serving", SERVING_ORDER),
        ("picklejar.cells", LAYER / "cells", CELLS_ORDER),
        ("picklejar.openapi", LAYER / "openapi", OPENAPI_ORDER),
        ("picklejar.batch", LAYER / "batch", BATCH_ORDER),
        ("picklejar.inert", LAYER / "inert", INERT_ORDER),
        ("picklejar.inert.reading", LAYER / "inert" / "reading", READING_ORDER),
        ("training", ROOT / "training", TRAINING_ORDER),
    ],
)
def test_every_module_has_its_place_and_imports_only_those_before_it(
    package: str, folder: Path, order: list[str]
) -> None:
    assert {path.stem for path in folder.iterdir() if _is_ours(path)} == {*order}
    for position, name in enumerate(order):
        paths = [folder / f"{name}.py"] if (folder / f"{name}.py").exists() else _modules(str(folder / name))
        used = {part for path in paths for part in _parts(path, package)} & {*order} - {name}
        # The inert reader stands beside the rest of the layer: it is what live and opening read files by.
        assert used - ({"inert"} if package == "picklejar" else set()) <= {*order[:position]}, name


def test_the_inert_reader_needs_nothing_but_numpy_and_the_errors() -> None:
    for path in _modules("layers/picklejar/picklejar/inert"):
        assert _parts(path, "picklejar") <= {"inert", "errors"}, path
        assert "msgspec" not in path.read_text(), path


def test_a_family_of_inert_estimators_knows_no_other() -> None:
    for family in FAMILIES:
        for path in _modules(f"layers/picklejar/picklejar/inert/{family}"):
            assert _parts(path, "picklejar.inert") <= {"reading", "base", family}, path


def test_the_batch_is_handed_its_models_and_knows_no_jar() -> None:
    for path in _modules("layers/picklejar/picklejar/batch"):
        assert _parts(path, "picklejar").isdisjoint({"serving", "registry"}), path


def test_what_draws_nothing_imports_no_matplotlib() -> None:
    wings = ["adopt.model_file", "adopt.sample", "aws.stack", "dataset.load", "dataset.infer", "evaluation.evaluate"]
    wings += ["new.create", "proof.prove", "registry.publish", "score_file", "client", "piped"]
    code = "; ".join([*(f"import training.{wing}" for wing in wings), "import sys; print('matplotlib' in sys.modules)"])
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert finished.stdout.strip() == "False"


@pytest.mark.parametrize("folder", OF_TRAINING)
def test_of_training_only_what_the_command_offers_is_used(folder: str) -> None:
    assert {part for path in _modules(folder) for part in _parts(path, "training")} == OF_TRAINING[folder]


def test_the_environment_is_read_in_one_place_each() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for folder in ALLOWED
        for path in _modules(folder)
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    }
    assert readers == READERS_OF_THE_ENVIRONMENT


def test_what_answers_first_makes_no_dataclasses() -> None:
    """A frozen dataclass takes most of a millisecond to define, at every cold start; a Struct hundredths of one."""
    code = "import functions.predict.api, functions.predict.settings, sys; print(sys.modules.get('dataclasses'))"
    environment = {"PYTHONPATH": str(LAYER.parent), "PATH": ""}
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert finished.stdout.strip() == "None"


def test_only_our_own_dialect_is_imported_before_another_is_asked() -> None:
    """A cold start has no time for dialects that nobody may speak, or for the cells of files."""
    asked = """
import functions.predict.settings, sys
from functions.predict.api import make_handler
make_handler(None, ())
print(*sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("functions.predict.dialects.")))
print([name for name in ("csv", "picklejar.batch", "tests") if name in sys.modules])
"""
    environment = {"PYTHONPATH": str(LAYER.parent), "PATH": ""}
    finished = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert finished.stdout.split("\n") == ["native", "[]", ""]
    files = {path.stem for path in _modules("functions/predict/dialects")}
    assert files == {"__init__", "native", "v1", "v2", "mlflow", "routes", "rows", "tensors", "csv_rows"}


def test_what_only_a_type_check_needs_is_not_imported_by_the_layer() -> None:
    """`numpy.typing` is 1 ms of a cold start, and no annotation is ever evaluated."""
    modules = _modules("layers/picklejar/picklejar")
    assert [path for path in modules if re.search(r"^(from|import) numpy\.typing", path.read_text(), re.M)] == []


def test_a_cold_start_imports_nothing_of_the_apis_description() -> None:
    code = "import functions.predict.api, sys; print([name for name in sys.modules if 'openapi' in name])"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert finished.stdout.strip() == "[]"

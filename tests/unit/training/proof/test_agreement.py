from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import picklejar
from picklejar.errors import InvalidConfiguration
from picklejar.manifest import GOLDEN_FILE, PROOF_FILE, Manifest, decode_manifest
from training.proof import agreement as prove
from training.proof.agreement import NotInert, agreement

CLEAN = Path(prove.__file__).with_name("isolated.py")
HERE = {module.__name__: str(Path(str(module.__file__)).parent) for module in (picklejar, np, msgspec)}


@pytest.fixture
def bundle(bundles: Path, tmp_path: Path) -> Path:
    """A bundle of housing to do damage to."""
    shutil.copytree(bundles / "housing", tmp_path / "housing")
    return tmp_path / "housing"


@pytest.fixture
def manifest(bundle: Path) -> Manifest:
    return decode_manifest((bundle / "manifest.json").read_bytes())


def _edit(file: Path, change: Any) -> None:
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    change(lines[-1])
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_what_was_compared_is_told(bundle: Path, manifest: Manifest) -> None:
    told = agreement(bundle, manifest).sentence
    assert told.startswith("Inert and scikit-learn agree on 3,350 training rows and 100 golden rows; largest relative")
    assert float(told.rpartition(" ")[2].rstrip(".")) <= 1e-12


@pytest.mark.parametrize("file", [PROOF_FILE, GOLDEN_FILE])
def test_one_answer_that_differs_is_enough(bundle: Path, manifest: Manifest, file: str) -> None:
    _edit(bundle / file, lambda line: line["predictions"].append(line["predictions"].pop() + 1e-3))
    with pytest.raises(NotInert, match="does not answer as scikit-learn does"):
        agreement(bundle, manifest)


def test_an_answer_that_is_no_number_agrees_with_nothing(bundle: Path, manifest: Manifest) -> None:
    _edit(bundle / PROOF_FILE, lambda line: line["predictions"].pop())
    with pytest.raises(NotInert, match="does not have an answer for each row"):
        agreement(bundle, manifest)


def test_a_refused_row_is_told(bundle: Path, manifest: Manifest) -> None:
    _edit(bundle / PROOF_FILE, lambda line: line["instances"][0].update(avg_area_income=-1))
    with pytest.raises(NotInert, match=r"refuses rows that it was fitted on: avg_area_income must be at least 0\."):
        agreement(bundle, manifest)
    adopted = msgspec.structs.replace(manifest, adopted="run")
    with pytest.raises(NotInert, match="refuses rows of the sample that it was adopted with: avg_area_income must be"):
        agreement(bundle, adopted)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "^The file names 'os.system'"),
        (b"", "^The file "),
    ],
)
def test_a_file_that_is_not_read_says_why(bundle: Path, manifest: Manifest, content: bytes, sentence: str) -> None:
    (bundle / "model.pkl").write_bytes(content)
    with pytest.raises(NotInert, match=sentence):
        agreement(bundle, manifest)


def test_a_model_of_other_features_is_not_inert(bundles: Path, bundle: Path, manifest: Manifest) -> None:
    shutil.copy(bundles / "sales" / "model.pkl", bundle)
    with pytest.raises(NotInert, match="does not predict from the features"):
        agreement(bundle, manifest)


def test_any_other_failure_is_told_too(bundle: Path, manifest: Manifest) -> None:
    (bundle / "model.pkl").unlink()
    with pytest.raises(NotInert, match=r"cannot answer: FileNotFoundError: .*model\.pkl"):
        agreement(bundle, manifest)


@pytest.mark.parametrize("name", ["sklearn", "scipy", "pandas", "joblib", "training"])
def test_an_interpreter_that_finds_scikit_learn_or_the_training_code_proves_nothing(
    bundle: Path, manifest: Manifest, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = type(sys)(name)
    module.__file__ = str(tmp_path / "__init__.py")
    (tmp_path / "__init__.py").touch()
    monkeypatch.setattr(prove, "PACKAGES", (*prove.PACKAGES, module))
    with pytest.raises(InvalidConfiguration, match=f"{name} can be imported"):
        agreement(bundle, manifest)


def test_neither_variables_nor_folders_add_to_what_the_interpreter_finds(
    bundle: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = str(Path(np.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", site)
    monkeypatch.chdir(site)
    assert agreement(bundle, manifest)


def test_the_interpreters_answers_are_its_own(bundle: Path, manifest: Manifest) -> None:
    asked = json.dumps({"packages": HERE, "bundle": str(bundle), "files": [GOLDEN_FILE]})
    _edit(bundle / GOLDEN_FILE, lambda line: line.update(predictions=[0.0]))
    finished = subprocess.run(
        [sys.executable, "-I", "-S", str(CLEAN), asked], input=manifest.encode(), capture_output=True, check=True
    )
    (line,) = finished.stdout.splitlines()
    assert len(json.loads(line)["predictions"]) == 100

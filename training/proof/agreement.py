"""Proves that a model may be served inert: it answers like scikit-learn where scikit-learn is absent."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

import picklejar
from picklejar.errors import InvalidConfiguration, PicklejarError
from picklejar.manifest import GOLDEN_FILE, PROOF_FILE, Golden, Manifest
from picklejar.predictor import difference
from training.proof.libraries import named, with_releases

# What an inert model needs, and all that the interpreter it is proved in can import.
PACKAGES = (picklejar, np, msgspec)


class NotInert(PicklejarError):
    """The model cannot be read as data, or does not answer like scikit-learn; says why."""


class Agreement(NamedTuple):
    """What was compared and how far apart it was, as a sentence; and what the estimator's family tolerates."""

    sentence: str
    tolerance: float


def agreement(bundle: Path, manifest: Manifest) -> Agreement:
    """Return how an inert model agrees with scikit-learn.

    The rows are sent as requests to an interpreter without scikit-learn and training code.

    Raises:
        NotInert: the file is not read as data, a label differs, or a number or probability by more than
            the tolerance of the estimator's family.
        InvalidConfiguration: the interpreter cannot be started, or finds what it must not.
    """
    proof, golden = (_expected(bundle / file) for file in (PROOF_FILE, GOLDEN_FILE))
    answers, tolerance = _ask_isolated(bundle, manifest)
    expected = _concatenate([proof, golden])
    if len(answers.predictions) != len(expected.predictions):
        raise NotInert("Read as data, it does not have an answer for each row.")
    apart = difference(manifest, answers, expected)
    library = named(manifest.packages)
    as_it_should = "it did when it was adopted" if manifest.adopted in ("read", "answers") else f"{library} does"
    if math.isinf(apart):
        raise NotInert(f"Read as data, it does not answer as {as_it_should}: a row has another label.")
    if not apart <= tolerance:
        raise NotInert(f"Read as data, it does not answer as {as_it_should}: {apart:.1g} of the largest answer apart.")
    rows = (
        f"{len(proof.predictions):,} {'sample' if manifest.adopted else 'training'} rows and "
        f"{len(golden.predictions):,} golden rows; largest relative difference {apart:.1g}."
    )
    if manifest.adopted == "answers":
        sentence = (
            "It answered a sample as the notebook had, to the digits written there. It repeats its own answers to "
        )
        return Agreement(sentence + rows, tolerance)
    if manifest.adopted == "read":
        sentence = f"It is not proven against {library}: the file was never run. It repeats its own answers to "
        return Agreement(sentence + rows, tolerance)
    # An adopted file was run by the release that wrote it.
    library = with_releases(manifest.packages) if manifest.adopted else library
    return Agreement(f"Inert and {library} agree on {rows}", tolerance)


def _expected(file: Path) -> Golden:
    with file.open("rb") as lines:
        return _concatenate([msgspec.json.decode(line, type=Golden) for line in lines])


def _concatenate(parts: list[Golden]) -> Golden:
    return Golden(
        [],
        [item for part in parts for item in part.predictions],
        [item for part in parts for item in part.probabilities],
        [item for part in parts for item in part.scores],
    )


def _ask_isolated(bundle: Path, manifest: Manifest) -> tuple[Golden, float]:
    asked = {
        "packages": {module.__name__: str(Path(str(module.__file__)).parent) for module in PACKAGES},
        "bundle": str(bundle),
        "files": [PROOF_FILE, GOLDEN_FILE],
    }
    # -I and -S: no variable, no site-packages and no folder of ours adds to what can be imported.
    command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("isolated.py")), json.dumps(asked)]
    finished = subprocess.run(command, input=manifest.encode(), capture_output=True, check=False)  # noqa: S603
    if finished.returncode:
        complaint = finished.stderr.decode(errors="replace").strip()
        raise InvalidConfiguration(f"The model cannot be proved in an interpreter of its own: {complaint}")
    text = [json.loads(line) for line in finished.stdout.splitlines()]
    for line in text:
        if "refused" in line:
            raise NotInert(line["refused"])
    answers = _concatenate([Golden([], line["predictions"], line["probabilities"], line["scores"]) for line in text])
    return answers, max(line["tolerance"] for line in text)

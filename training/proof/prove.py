"""Proves a bundle before it is published."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import msgspec

from picklejar.errors import BundleDamaged
from picklejar.manifest import (
    GOLDEN_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    PROOF_FILE,
    File,
    Golden,
    Manifest,
    decode_manifest,
)
from picklejar.opening import open_version
from picklejar.registry import check_file
from training.proof.agreement import NotInert, agreement


@dataclass(frozen=True)
class Proven:
    """A proven bundle: its manifest, all that is uploaded, and sentences on what was proved."""

    manifest: Manifest
    files: dict[str, bytes]
    proof: str


def prove(bundle: Path) -> Proven:
    """Return a bundle's content once every hash holds and the model repeats its answers.

    The manifest is the last file. The Lambda's own code opens and asks the model; an inert one without scikit-learn.
    """
    try:
        manifest_file = (bundle / MANIFEST_FILE).read_bytes()
        manifest = decode_manifest(manifest_file)
        files = {file: (bundle / file).read_bytes() for file in manifest.files}
        rows = (bundle / PROOF_FILE).read_bytes()
    except OSError as error:
        raise BundleDamaged(f"{error.filename} cannot be read; train the model first, or again.") from error
    for file, content in files.items():
        check_file(manifest, file, content)
    if manifest.proof != File.of(rows):
        raise BundleDamaged(f"{PROOF_FILE} of {manifest.name} {manifest.version} is not the file of its training.")
    return Proven(manifest, files | {MANIFEST_FILE: manifest_file}, _proof(manifest, bundle, files))


def _proof(manifest: Manifest, bundle: Path, files: dict[str, bytes]) -> str:
    if manifest.kind == "inert":
        try:
            return f"It is served inert, its file read as data and never run. {agreement(bundle, manifest).sentence}"
        except NotInert as error:
            raise BundleDamaged(
                f"{manifest.name} {manifest.version} is not inert: {error} Train or adopt it again."
            ) from error
    golden = msgspec.json.decode(files[GOLDEN_FILE], type=Golden)
    predictor = open_version(manifest, files[MODEL_FILE])
    try:
        with warnings.catch_warnings():
            # Fitted on a data frame, it says of every array that it knows names.
            warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
            predictor.replay(golden)
    # Fitted on a data frame, it may find its columns by their names, and there is no pandas where it is served.
    except ValueError as error:
        raise BundleDamaged(
            f"{manifest.name} {manifest.version} cannot be served. {manifest.why_live} Nor does scikit-learn answer "
            f"from rows as they arrive, which are arrays: {error}"
        ) from error
    return (
        f"It is served live, its file run by scikit-learn, and only where the stack is deployed with LiveModels=true. "
        f"{manifest.why_live} It repeats its {len(golden.predictions)} golden predictions."
    )

"""Writes a bundle: the files of a version, the manifest last."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar import live
from picklejar.errors import BundleDamaged, InvalidDefinition, PicklejarError, UnreadablePickle
from picklejar.manifest import (
    FORMAT,
    GOLDEN_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    PROOF_FILE,
    Data,
    File,
    Manifest,
    decode_manifest,
)
from picklejar.opening import read_inert
from picklejar.signature import OUTPUTS, Feature, Signature
from training.dataset.infer import NO_EXAMPLE
from training.dataset.inputs import Rows, rows_of
from training.dataset.load import Dataset
from training.definition import Definition
from training.evaluation.evaluate import evaluate, unseen, verdict
from training.evaluation.predictions import ask, description_of, has_probabilities
from training.proof.agreement import NotInert, agreement
from training.proof.libraries import NAMES, beside_scikit_learn, named
from training.proof.rows import ProofRows, golden_rows, limit_by_ties, proof_lines, tied_rows
from training.report.card import CARD_FILE, card
from training.report.plots import draw_all
from training.report.statistics import columns
from training.report.style import Predicted

PICKLE_PROTOCOL = 5


@dataclass(frozen=True)
class Trained:
    """A fitted estimator with the rows of its fit and the rows held out, if any; whether no texts are handed out."""

    definition: Definition
    dataset: Dataset
    fitted_rows: Rows
    held_out_rows: Rows
    estimator: Any
    withholds_texts: bool = False


def write(trained: Trained, directory: Path, step: Callable[[str], None]) -> Manifest:
    """Score and draw the model, write its files to the directory, and return the manifest."""
    definition, dataset, estimator = trained.definition, trained.dataset, trained.estimator
    step("scoring beside a baseline")
    evaluations = evaluate(
        estimator, trained.fitted_rows, trained.held_out_rows, definition.signature.target, definition.seed
    )
    artifact = pickle.dumps(estimator, PICKLE_PROTOCOL)
    step("drawing the pictures")
    pictures = draw_all(dataset.frame, definition.signature, _groups(trained), directory)
    draft = draft_manifest(
        dataset.frame,
        name=definition.name,
        title=definition.title,
        description=definition.description,
        verdict=verdict(evaluations, definition.signature.target),
        limits=definition.limits,
        estimator=description_of(estimator),
        signature=_completed(trained),
        evaluations=evaluations,
        data=Data(dataset.sha256, len(dataset.rows), len(trained.fitted_rows)),
        packages=live.packages() | beside_scikit_learn(artifact),
        pictures=pictures,
        withholds_texts=trained.withholds_texts,
    )
    X = rows_of(trained.fitted_rows.X)
    answered = ProofRows(X, ask(estimator, trained.fitted_rows.X, definition.signature.target))
    return finish(draft, artifact, answered, directory, step)


def draft_manifest(frame: pd.DataFrame, **known: Any) -> Manifest:
    """Return the manifest of a version whose files are yet to be written; `known` are its other fields."""
    return Manifest(
        format=FORMAT,
        version="",
        kind="inert",
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        proof=File.of(b""),
        files={},
        **columns(frame, known["signature"]),
        **known,
    )


def finish(
    draft: Manifest, artifact: bytes, answered: ProofRows, directory: Path, step: Callable[[str], None]
) -> Manifest:
    """Write a version's files beside its pictures, find out its kind, and return its manifest.

    `draft` is the manifest without kind and files, `artifact` the estimator's pickle; the rows `answered` prove the
    version.
    """
    step("writing the bundle")
    draft, answered = _without_ties(draft, artifact, answered)
    (directory / MODEL_FILE).write_bytes(artifact)
    (directory / GOLDEN_FILE).write_bytes(msgspec.json.encode(golden_rows(draft.signature, answered)))
    proof = b"".join(proof_lines(draft.signature, answered))
    (directory / PROOF_FILE).write_bytes(proof)
    step("trying to read it as data")
    manifest = _of_its_kind(msgspec.structs.replace(draft, proof=File.of(proof)), directory)
    (directory / CARD_FILE).write_text(card(manifest), encoding="utf-8")
    manifest = msgspec.structs.replace(manifest, files=_files(directory)).sealed()
    (directory / MANIFEST_FILE).write_bytes(manifest.encode())
    return manifest


def _without_ties(draft: Manifest, artifact: bytes, answered: ProofRows) -> tuple[Manifest, ProofRows]:
    """Leave out rows that will be refused and prove nothing, and say so on the card; not where none would be left."""
    try:
        tied = tied_rows(read_inert(draft, artifact), answered.X, draft.signature)
    except UnreadablePickle:
        return draft, answered
    if not 0 < len(tied) < len(answered.X):
        return draft, answered
    kept = np.setdiff1d(np.arange(len(answered.X)), tied)
    draft = msgspec.structs.replace(draft, limits=(*draft.limits, limit_by_ties(len(tied))))
    return draft, ProofRows(answered.X[kept], answered.answers[kept])


def write_bundle(bundle: Path, write: Callable[[Path], Manifest]) -> Manifest:
    """Let `write` fill a new directory, then swap it in; an equal bundle is left alone. Return what `write` returns."""
    with _new(bundle) as new:
        manifest = write(new)
        if _version_in(bundle) != manifest.version:
            shutil.rmtree(bundle, ignore_errors=True)
            new.rename(bundle)
    return decode_manifest((bundle / MANIFEST_FILE).read_bytes())


@contextmanager
def _new(bundle: Path) -> Iterator[Path]:
    new = bundle.with_name(f".{bundle.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir(parents=True)
    except OSError as error:
        raise PicklejarError(f"{bundle} cannot be made: {error.strerror}. Name another folder (--build).") from error
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _version_in(bundle: Path) -> str | None:
    try:
        return decode_manifest((bundle / MANIFEST_FILE).read_bytes()).version
    except (FileNotFoundError, BundleDamaged):
        return None


def _completed(trained: Trained) -> Signature:
    signature = trained.definition.signature
    columns = rows_of(trained.fitted_rows.X).T
    features = (
        _completed_feature(feature, column, withholds_texts=trained.withholds_texts)
        for feature, column in zip(signature.features, columns, strict=True)
    )
    outputs = OUTPUTS if signature.target.labels and has_probabilities(trained.estimator) else signature.outputs
    return msgspec.structs.replace(signature, features=tuple(features), outputs=outputs)


def _completed_feature(feature: Feature, column: NDArray[Any], *, withholds_texts: bool) -> Feature:
    if feature.when_missing is not None and feature.is_number:
        return msgspec.structs.replace(feature, when_missing=_sentence(feature.when_missing, column))
    return msgspec.structs.replace(feature, example=NO_EXAMPLE) if feature.is_prose and withholds_texts else feature


def _sentence(template: str, column: NDArray[Any]) -> str:
    numbers = column.astype(np.float64)
    present = numbers[~np.isnan(numbers)]
    return template.format(mean=present.mean(), median=np.median(present)) if len(present) else template


def _of_its_kind(manifest: Manifest, directory: Path) -> Manifest:
    try:
        return msgspec.structs.replace(manifest, tolerance=agreement(directory, manifest).tolerance)
    except NotInert as error:
        # Other libraries are not there where live models are served.
        if named(manifest.packages) != NAMES["scikit-learn"]:
            raise InvalidDefinition(f"The model cannot be served. {error} It is served as data alone.") from error
        return msgspec.structs.replace(manifest, kind="live", why_live=str(error))


def _groups(trained: Trained) -> list[Predicted]:
    fitted, held_out, estimator = trained.fitted_rows, trained.held_out_rows, trained.estimator
    target = trained.definition.signature.target
    groups = [Predicted("Training rows", fitted.y, ask(estimator, fitted.X, target))]
    if len(held_out):
        return [*groups, Predicted("Held-out rows", held_out.y, ask(estimator, held_out.X, target))]
    title, answers = unseen(estimator, fitted, target, trained.definition.seed)
    return [*groups, Predicted(title, fitted.y, answers)]


def _files(directory: Path) -> dict[str, File]:
    return {
        path.relative_to(directory).as_posix(): File.of(path.read_bytes())
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != PROOF_FILE
    }

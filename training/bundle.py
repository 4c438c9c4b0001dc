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
from picklejar.errors import BundleDamaged, PicklejarError
from picklejar.manifest import (
    FORMAT,
    GOLDEN_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    PROOF_FILE,
    Data,
    File,
    Frequencies,
    Golden,
    Manifest,
    Statistics,
    decode_manifest,
)
from picklejar.signature import OUTPUTS, Feature, Signature
from training.answers import Answers, ask, has_probabilities
from training.card import CARD_FILE, card
from training.dataset import Dataset
from training.definition import Definition
from training.drawing import Predicted, categories
from training.evaluate import Rows, evaluate, unseen, verdict
from training.plots import draw_all
from training.prove import NotInert, agreement

PICKLE_PROTOCOL = 5
MOST_GOLDEN_ROWS = 100
# In a line of the file with all training rows.
ROWS_PER_LINE = 1_000
# What a draft of a manifest says of the files that are yet to be written.
NOT_WRITTEN: dict[str, Any] = {"proof": File.of(b""), "files": {}}


@dataclass(frozen=True)
class Trained:
    """An estimator fitted to some of a data set's rows; those held out may be none."""

    definition: Definition
    dataset: Dataset
    fitted_rows: Rows
    held_out_rows: Rows
    estimator: Any


@dataclass(frozen=True)
class Answered:
    """Rows as the instance reader makes them, shape (rows, features), and the answers that a version must repeat."""

    X: NDArray[Any]
    answers: Answers


def write(trained: Trained, directory: Path, step: Callable[[str], None]) -> Manifest:
    """Score and draw what was trained, write its files to the directory, and return the manifest."""
    definition, dataset, estimator = trained.definition, trained.dataset, trained.estimator
    step("scoring beside a baseline")
    evaluations = evaluate(
        estimator, trained.fitted_rows, trained.held_out_rows, definition.signature.target, definition.seed
    )
    step("drawing the pictures")
    pictures = draw_all(dataset.frame, definition.signature, _groups(trained), directory)
    draft = Manifest(
        format=FORMAT,
        version="",
        name=definition.name,
        title=definition.title,
        description=definition.description,
        verdict=verdict(evaluations, definition.signature.target),
        limits=definition.limits,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        estimator=described(estimator),
        kind="inert",
        signature=_completed(trained),
        evaluations=evaluations,
        data=Data(dataset.sha256, len(dataset.rows), len(trained.fitted_rows)),
        packages=live.packages(),
        pictures=pictures,
        **columns(dataset.frame),
        **NOT_WRITTEN,
    )
    X = np.asarray(trained.fitted_rows.X, dtype=object)
    answered = Answered(X, ask(estimator, trained.fitted_rows.X, definition.signature.target))
    return finish(draft, pickle.dumps(estimator, PICKLE_PROTOCOL), answered, directory, step)


def finish(
    draft: Manifest, artifact: bytes, answered: Answered, directory: Path, step: Callable[[str], None]
) -> Manifest:
    """Write a version's files beside its pictures, find out its kind, and return its manifest, the last of the files.

    Args:
        draft: all that is known of the version but its kind and its files.
        artifact: the pickle of the estimator.
        answered: the rows that the version is proved by.
        directory: the bundle's.
        step: is called with the name of each stage as it begins.
    """
    step("writing the bundle")
    (directory / MODEL_FILE).write_bytes(artifact)
    (directory / GOLDEN_FILE).write_bytes(msgspec.json.encode(_golden(draft.signature, answered)))
    proof = b"".join(_proof(draft.signature, answered))
    (directory / PROOF_FILE).write_bytes(proof)
    step("trying to read it as data")
    manifest = _of_its_kind(msgspec.structs.replace(draft, proof=File.of(proof)), directory)
    (directory / CARD_FILE).write_text(card(manifest), encoding="utf-8")
    manifest = msgspec.structs.replace(manifest, files=_files(directory)).sealed()
    (directory / MANIFEST_FILE).write_bytes(manifest.encode())
    return manifest


def replaced(bundle: Path, write: Callable[[Path], Manifest]) -> Manifest:
    """Let a bundle be written to a new directory, put that in the place of `bundle`, and return what it says.

    A bundle that was there is replaced only once the new one is whole, and left alone if the new one is the same.
    """
    with _new(bundle) as new:
        manifest = write(new)
        if _version_in(bundle) != manifest.version:
            shutil.rmtree(bundle, ignore_errors=True)
            new.rename(bundle)
    return decode_manifest((bundle / MANIFEST_FILE).read_bytes())


def described(estimator: Any) -> str:
    """Return scikit-learn's own description of an estimator, in one line."""
    return " ".join(repr(estimator).split())


def columns(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what a manifest says of a data set's columns, of the numbers among them and of the others."""
    numbers = frame.select_dtypes("number")
    return {
        "statistics": {str(name): _statistics(column) for name, column in numbers.items()},
        "frequencies": {
            str(name): _frequencies(column) for name, column in frame.drop(columns=numbers.columns).items()
        },
    }


@contextmanager
def _new(bundle: Path) -> Iterator[Path]:
    """Yield an empty directory beside `bundle`, and leave nothing of it behind."""
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
    """Return the signature with what it leaves to training: numbers in sentences on missing values, and outputs."""
    signature = trained.definition.signature
    columns = np.asarray(trained.fitted_rows.X, dtype=object).T
    features = (
        msgspec.structs.replace(feature, when_missing=_sentence(feature.when_missing, column))
        if feature.when_missing is not None and feature.is_number
        else feature
        for feature, column in zip(signature.features, columns, strict=True)
    )
    outputs = OUTPUTS if signature.target.labels and has_probabilities(trained.estimator) else signature.outputs
    return msgspec.structs.replace(signature, features=tuple(features), outputs=outputs)


def _sentence(template: str, column: NDArray[Any]) -> str:
    numbers = column.astype(np.float64)
    present = numbers[~np.isnan(numbers)]
    return template.format(mean=present.mean(), median=np.median(present)) if len(present) else template


def _of_its_kind(manifest: Manifest, directory: Path) -> Manifest:
    """Return the manifest of an inert model, or of a live one where the model cannot be inert, with the reason."""
    try:
        agreement(directory, manifest)
    except NotInert as error:
        return msgspec.structs.replace(manifest, kind="live", why_live=str(error))
    return manifest


def _golden(signature: Signature, answered: Answered) -> Golden:
    """Return rows spread evenly over those that there are."""
    count = len(answered.X)
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_GOLDEN_ROWS)).astype(np.intp))
    return _asked(signature, answered, chosen)


def _proof(signature: Signature, answered: Answered) -> Iterator[bytes]:
    """Yield all rows, a line for some of them."""
    count = len(answered.X)
    for start in range(0, count, ROWS_PER_LINE):
        chosen = np.arange(start, min(start + ROWS_PER_LINE, count))
        yield msgspec.json.encode(_asked(signature, answered, chosen)) + b"\n"


def _asked(signature: Signature, answered: Answered, rows: NDArray[np.intp]) -> Golden:
    """Return some rows as requests would carry them, and the answers to them."""
    instances = [
        {feature.name: _sent(feature, value) for feature, value in zip(signature.features, row, strict=True)}
        for row in answered.X[rows].tolist()
    ]
    answers = answered.answers[rows]
    return Golden(
        instances,
        answers.predicted.tolist(),
        [] if answers.probabilities is None else answers.probabilities.tolist(),
    )


def _sent(feature: Feature, value: float | str | None) -> float | bool | str | None:
    """Return a value of X as a request carries it."""
    kinds: dict[str, Callable[[Any], float | bool | str]] = {"integer": int, "boolean": bool}
    return None if pd.isna(value) else kinds[feature.type](value) if feature.type in kinds else value


def _groups(trained: Trained) -> list[Predicted]:
    fitted, held_out, estimator = trained.fitted_rows, trained.held_out_rows, trained.estimator
    target = trained.definition.signature.target
    groups = [Predicted("Training rows", fitted.y, ask(estimator, fitted.X, target))]
    if len(held_out):
        return [*groups, Predicted("Held-out rows", held_out.y, ask(estimator, held_out.X, target))]
    title, answers = unseen(estimator, fitted, target, trained.definition.seed)
    return [*groups, Predicted(title, fitted.y, answers)]


def _frequencies(column: pd.Series[Any]) -> Frequencies:
    frequent = categories(column)
    return Frequencies(int(column.isna().sum()), column.nunique(), tuple(frequent.items()))


def _statistics(column: pd.Series[float]) -> Statistics:
    lower, median, upper = (float(column.quantile(share)) for share in (0.25, 0.5, 0.75))
    return Statistics(
        missing=int(column.isna().sum()),
        mean=float(column.mean()),
        std=float(column.std()),
        minimum=float(column.min()),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        maximum=float(column.max()),
    )


def _files(directory: Path) -> dict[str, File]:
    """Return what is uploaded, which is all but the training rows."""
    return {
        path.relative_to(directory).as_posix(): File.of(path.read_bytes())
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != PROOF_FILE
    }

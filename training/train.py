"""Trains a model: data set in, bundle out, which is all that will ever be published of the version."""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from picklejar import live
from picklejar.errors import BundleDamaged, InvalidDefinition, InvalidInstances
from picklejar.manifest import (
    GOLDEN_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    Data,
    File,
    Golden,
    Manifest,
    Statistics,
    decode_manifest,
)
from picklejar.predictor import Predictor
from picklejar.signature import Signature
from training.card import CARD_FILE, card
from training.dataset import Dataset, load
from training.definition import Definition
from training.evaluate import Floats, Rows, evaluate, left_out, verdict
from training.plots import Predicted, draw_all

PICKLE_PROTOCOL = 5
MOST_GOLDEN_ROWS = 100

Step = Callable[[str], None]


def train(definition: Definition, data: Path, bundle: Path, step: Step) -> Manifest:
    """Train the model on the data set in the file `data` and write its bundle to the directory `bundle`.

    Each stage of the work is named to `step` as it begins. The same data and seed give the same bytes; a bundle
    that was there is replaced only once the new one is whole, and left alone if the new one is the same.

    Raises:
        InvalidTrainingData: the file cannot be read, or its rows break the signature.
        InvalidDefinition: the estimator cannot be fitted, or cannot answer what the signature allows.
    """
    step("reading the data set")
    dataset = load(definition, data)
    train_rows, test_rows = split(definition, dataset)
    step(f"fitting {len(train_rows):,} of {len(dataset.rows):,} rows")
    fitted = _fit(definition, train_rows)
    new = bundle.with_name(f".{bundle.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    manifest = _write(definition, dataset, train_rows, test_rows, fitted, new, step)
    _check_missing(definition, Predictor(manifest, fitted))
    if _version_in(bundle) == manifest.version:
        shutil.rmtree(new)
    else:
        shutil.rmtree(bundle, ignore_errors=True)
        new.rename(bundle)
    return decode_manifest((bundle / MANIFEST_FILE).read_bytes())


def _fit(definition: Definition, rows: Rows) -> Any:
    try:
        return definition.estimator().fit(rows.X, rows.y)
    except ValueError as error:
        raise InvalidDefinition(f"The estimator of {definition.name} cannot be fitted to its data: {error}") from error


def split(definition: Definition, dataset: Dataset) -> tuple[Rows, Rows]:
    """Return the rows to fit and the rows held out, which may be none."""
    if definition.test_size is None:
        return dataset.rows, dataset.rows[np.array([], dtype=np.intp)]
    numbers = np.arange(len(dataset.rows))
    fit, hold = train_test_split(numbers, test_size=definition.test_size, random_state=definition.seed)
    return dataset.rows[fit], dataset.rows[hold]


def _write(
    definition: Definition,
    dataset: Dataset,
    train_rows: Rows,
    test_rows: Rows,
    fitted: Any,
    directory: Path,
    step: Step,
) -> Manifest:
    step("scoring beside a baseline")
    evaluations = evaluate(fitted, train_rows, test_rows, definition.seed)
    step("drawing the pictures")
    titles = definition.signature.titles
    pictures = draw_all(dataset.frame, titles, _groups(fitted, train_rows, test_rows), directory)
    step("writing the bundle")
    (directory / MODEL_FILE).write_bytes(pickle.dumps(fitted, PICKLE_PROTOCOL))
    (directory / GOLDEN_FILE).write_bytes(msgspec.json.encode(golden(definition, train_rows, fitted)))
    manifest = Manifest(
        name=definition.name,
        title=definition.title,
        description=definition.description,
        verdict=verdict(evaluations, definition.signature.target.unit),
        limits=definition.limits,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        estimator=" ".join(repr(fitted).split()),
        signature=_with_numbers(definition, train_rows),
        evaluations=evaluations,
        statistics={str(name): _statistics(dataset.frame[name]) for name in dataset.frame},
        data=Data(dataset.sha256, len(dataset.rows), len(train_rows)),
        packages=live.packages(),
        pictures=pictures,
        files={},
    )
    (directory / CARD_FILE).write_text(card(manifest), encoding="utf-8")
    manifest = msgspec.structs.replace(manifest, files=_files(directory)).sealed()
    (directory / MANIFEST_FILE).write_bytes(manifest.encode())
    return manifest


def _with_numbers(definition: Definition, fitted_rows: Rows) -> Signature:
    """Return the signature with the numbers that its sentences on missing values leave to training."""
    features = (
        feature
        if feature.when_missing is None
        else msgspec.structs.replace(feature, when_missing=_sentence(feature.when_missing, fitted_rows.X[:, position]))
        for position, feature in enumerate(definition.signature.features)
    )
    return msgspec.structs.replace(definition.signature, features=tuple(features))


def _sentence(template: str, column: Floats) -> str:
    present = column[~np.isnan(column)]
    return template.format(mean=present.mean(), median=np.median(present)) if len(present) else template


def golden(definition: Definition, rows: Rows, fitted: Any) -> Golden:
    """Return rows spread evenly over `rows`, as requests would carry them, and the estimator's answers."""
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_GOLDEN_ROWS)).astype(np.intp))]
    instances = [
        {
            feature.name: None if np.isnan(value) else int(value) if feature.type == "integer" else value
            for feature, value in zip(definition.signature.features, row, strict=True)
        }
        for row in chosen.X.tolist()
    ]
    return Golden(instances, fitted.predict(chosen.X).tolist())


def _groups(fitted: Any, train_rows: Rows, test_rows: Rows) -> list[Predicted]:
    groups = [Predicted("Training rows", train_rows.y, fitted.predict(train_rows.X))]
    if len(test_rows):
        return [*groups, Predicted("Held-out rows", test_rows.y, fitted.predict(test_rows.X))]
    return [*groups, Predicted("Each row left out in turn", train_rows.y, left_out(fitted, train_rows))]


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
    return {
        path.relative_to(directory).as_posix(): File(hashlib.sha256(content).hexdigest(), len(content))
        for path in sorted(directory.rglob("*"))
        if path.is_file() and (content := path.read_bytes())
    }


def _check_missing(definition: Definition, predictor: Predictor) -> None:
    """Refuse a nullable feature whose null the estimator cannot take, before a caller finds out."""
    example = {feature.name: feature.example for feature in definition.signature.features}
    for feature in definition.signature.features:
        if feature.nullable:
            instance = example | {feature.name: None}
            try:
                predictor.predict(msgspec.json.encode({"instances": [instance]}))
            except (ValueError, InvalidInstances) as error:
                raise InvalidDefinition(
                    f"{feature.name} is nullable and the estimator cannot predict without it; put an imputer first."
                ) from error


def _version_in(bundle: Path) -> str | None:
    try:
        return decode_manifest((bundle / MANIFEST_FILE).read_bytes()).version
    except (FileNotFoundError, BundleDamaged):
        return None

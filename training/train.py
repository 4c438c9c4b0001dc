"""Trains a model: data set in, bundle out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split

from picklejar.errors import InvalidDefinition
from picklejar.instances import InstanceReader
from picklejar.manifest import Manifest
from picklejar.signature import Feature, Signature
from training.bundle import Trained, write, write_bundle
from training.dataset.inputs import Rows, inputs
from training.dataset.load import Dataset, load
from training.definition import Definition
from training.evaluation.predictions import ask
from training.models import without_extra

Step = Callable[[str], None]

# Stands for every text that a string without an enum may be.
UNHEARD_OF = "No row of any data set says this."


def train(definition: Definition, data: Path, bundle: Path, step: Step, *, withholds_texts: bool = False) -> Manifest:
    """Train the model on the data set and write its bundle. The same data and seed give the same bytes.

    A version that `withholds_texts` hands out no rows, and no text of the data set.

    Raises:
        InvalidTrainingData: the file cannot be read, or its rows break the signature.
        InvalidDefinition: the estimator cannot be fitted, cannot answer what the signature allows, or predicts
        labels for
            a number or the reverse.
    """
    _check_kind(definition)
    step("reading the data set")
    dataset = load(definition, data)
    train_rows, test_rows = split(definition, dataset)
    step(f"fitting {len(train_rows):,} of {len(dataset.rows):,} rows")
    trained = Trained(
        definition, dataset, train_rows, test_rows, _fit(definition, train_rows), withholds_texts=withholds_texts
    )
    _check_answers(definition.signature, trained.estimator)
    return write_bundle(bundle, lambda new: write(trained, new, step))


def _check_kind(definition: Definition) -> None:
    try:
        estimator = definition.estimator()
    except ModuleNotFoundError as error:
        raise without_extra(definition.name, error) from error
    kind = type(estimator).__name__
    if definition.signature.target.labels and not is_classifier(estimator):
        raise InvalidDefinition(f"The target of {definition.name} has classes, and its estimator, {kind}, does not.")
    if is_classifier(estimator) and not definition.signature.target.labels:
        raise InvalidDefinition(
            f"The estimator of {definition.name}, {kind}, is a classifier, and its target has no classes."
        )


def _fit(definition: Definition, rows: Rows) -> Any:
    try:
        return definition.estimator().fit(rows.X, rows.y)
    except ValueError as error:
        raise InvalidDefinition(f"The estimator of {definition.name} cannot be fitted to its data: {error}") from error


def split(definition: Definition, dataset: Dataset) -> tuple[Rows, Rows]:
    """Return the rows to fit and those held out, maybe none."""
    if definition.test_size is None:
        return dataset.rows, dataset.rows[np.array([], dtype=np.intp)]
    numbers = np.arange(len(dataset.rows))
    # So that either side has rows of every label.
    labels = dataset.rows.y if definition.signature.target.labels else None
    try:
        fit, hold = train_test_split(
            numbers, test_size=definition.test_size, random_state=definition.seed, stratify=labels
        )
    except ValueError as error:
        raise InvalidDefinition(f"The rows of {definition.name} cannot be held out so: {error}") from error
    return dataset.rows[fit], dataset.rows[hold]


def _check_answers(signature: Signature, estimator: Any) -> None:
    for feature in signature.features:
        if feature.nullable and (failure := _failure(signature, estimator, feature, [None])):
            raise InvalidDefinition(
                f"{feature.name} is nullable and the estimator cannot predict without it; put an imputer first."
            ) from failure
        texts = list(feature.enum or [UNHEARD_OF])
        if feature.type == "string" and (failure := _failure(signature, estimator, feature, texts)):
            raise InvalidDefinition(
                f"{feature.name} may be what no row says, and the estimator cannot predict from it: {failure}"
            ) from failure


def _failure(signature: Signature, estimator: Any, feature: Feature, values: Sequence[str | None]) -> Exception | None:
    example = {item.name: item.example for item in signature.features}
    X = InstanceReader(signature).check([example | {feature.name: value} for value in values])
    try:
        answers = ask(estimator, inputs(signature, X), signature.target)
    except ValueError as error:
        return error
    numbers = answers.probabilities if signature.target.labels else answers.predicted
    return None if numbers is None or np.isfinite(numbers).all() else ValueError("the answer is not finite")

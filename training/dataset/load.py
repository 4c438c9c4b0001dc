"""Loads a model's data set and checks it by the model's signature."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.errors import InvalidInstances, InvalidTrainingData
from picklejar.instances import InstanceReader
from picklejar.signature import LONGEST_NAME, Signature, Target
from picklejar.wording import list_of, shorten, text_of
from training.dataset.inputs import Floats, Rows, frame, inputs
from training.definition import Definition

MOST_BROKEN_RULES_SHOWN = 10
# With one left out, a deviation needs two.
FEWEST_ROWS = 3
# With one left out, or held out, another is there to learn from.
FEWEST_ROWS_OF_A_LABEL = 2
# The squares of larger numbers are soon infinite, and every score and deviation with them.
LARGEST = 1e100


@dataclass(frozen=True)
class Dataset:
    """A checked data set: for people, for estimators, and its file's hash.

    `frame` has the features and last the target: numbers with NaN, or objects: strings, booleans as yes and no, None or
    NaN where missing; labels are strings.
    """

    frame: pd.DataFrame
    rows: Rows
    sha256: str


def load(definition: Definition, path: Path) -> Dataset:
    """Read the data set and check every row like a request's instance.

    Raises:
        InvalidTrainingData: the file cannot be read, a column is missing, or a row breaks a rule.
    """
    signature = definition.signature
    columns = [*signature.names, signature.target.name]
    read = _read(definition, path)
    missing = [column for column in columns if column not in read]
    if missing:
        raise InvalidTrainingData(f"{path} has no column for {', '.join(missing)}, which {definition.name} needs.")
    if len(read) < FEWEST_ROWS:
        raise InvalidTrainingData(f"{path} has {len(read)} rows; at least {FEWEST_ROWS} are needed.")
    empty = [name for name in signature.names if read[name].isna().all()]
    if empty:
        raise InvalidTrainingData(f"{path} has no value at all for {', '.join(empty)}.")
    X = checked(signature, read[list(signature.names)], path)
    y = actual(signature.target, read[signature.target.name], path)
    return Dataset(readable(signature, X, y), Rows(inputs(signature, X), y), sha256(path))


def actual(target: Target, column: pd.Series[Any], path: Path) -> NDArray[Any]:
    """Return y of shape (rows,), numbers or labels; raises InvalidTrainingData."""
    return _labels(target, column, path) if target.labels else _numbers(column, path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(definition: Definition, path: Path) -> pd.DataFrame:
    try:
        return definition.read(path)
    except OSError as error:
        raise InvalidTrainingData(f"{path} cannot be opened: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidTrainingData(f"{path} cannot be read as a CSV file with a header.") from error


def checked(signature: Signature, features: pd.DataFrame, path: Path) -> NDArray[Any]:
    """Return X of the columns, None or NaN as missing; raises InvalidTrainingData."""
    for feature in signature.features:
        if feature.type in ("number", "integer"):
            column = features[feature.name]
            _check_sizes(pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan), column, path)
    optional = {feature.name for feature in signature.features if feature.default is not None}
    # What is missing and may be left out is.
    records = [
        {name: value for name, value in record.items() if value is not None or name not in optional}
        for record in features.astype(object).where(features.notna(), None).to_dict("records")
    ]
    try:
        return InstanceReader(signature).check(records)
    except InvalidInstances as error:
        rows = features.index
        shown = [f"row {rows[rule.row or 0]}: {rule.message}" for rule in error.broken[:MOST_BROKEN_RULES_SHOWN]]
        more = f"\n... and {error.total - len(shown)} more" if error.total > len(shown) else ""
        sentence = f"{path} breaks the model's signature (rows count from 0):\n"
        raise InvalidTrainingData(sentence + "\n".join(shown) + more) from error


def readable(signature: Signature, X: NDArray[Any], y: NDArray[Any] | None) -> pd.DataFrame:
    """Return a data set's `frame` and then the targets, unless these are unknown."""
    readable = frame(signature, X)
    for feature in signature.features:
        if feature.type == "boolean":
            readable[feature.name] = readable[feature.name].map({1.0: "yes", 0.0: "no"}).astype(object)
    if y is None:
        return readable
    for target, column in zip(signature.targets, y.reshape(len(y), -1).T, strict=True):
        readable[target.name] = (
            pd.Series([*map(text_of, column.tolist())], dtype=object) if target.labels else column.astype(np.float64)
        )
    return readable


def _labels(target: Target, column: pd.Series[Any], path: Path) -> NDArray[Any]:
    known = {label: label for label in target.labels}
    for row, label in zip(column.index, column.tolist(), strict=True):
        if not isinstance(label, Hashable) or label not in known:
            raise InvalidTrainingData(
                f"{path}, row {row} (counted from 0): {target.name} must be one of {list_of(map(text_of, known))}, "
                f"not {'missing' if pd.isna(label) else shorten(repr(label), LONGEST_NAME)}."
            )
    y = [known[label] for label in column.tolist()]
    rare = [text_of(label) for label in known if y.count(label) < FEWEST_ROWS_OF_A_LABEL]
    if rare:
        raise InvalidTrainingData(
            f"{path} has fewer than {FEWEST_ROWS_OF_A_LABEL} rows of {target.name} {list_of(rare)}, too few to learn "
            "from and to score by; add rows, or leave out those there are."
        )
    return np.array(y)


def _numbers(column: pd.Series[Any], path: Path) -> Floats:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    bad = [row for row, number in enumerate(numbers) if not math.isfinite(number)]
    if bad:
        row = column.index[bad[0]]
        raise InvalidTrainingData(f"{path}, row {row} (counted from 0): {column.name} must be a finite number.")
    _check_sizes(numbers, column, path)
    return numbers


def _check_sizes(numbers: Floats, column: pd.Series[Any], path: Path) -> None:
    # An infinite feature is the signature's to refuse.
    too_large = np.flatnonzero(np.isfinite(numbers) & (np.abs(numbers) > LARGEST))
    if len(too_large):
        raise InvalidTrainingData(
            f"{path}, row {column.index[too_large[0]]} (counted from 0): {column.name} is {numbers[too_large[0]]:g}, "
            "beyond what can be learned from; if that stands for a missing value, leave the cell empty."
        )

"""A notebook's own predictions for the rows of a sample, and whether a model read as data has the same."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.adopt.joblib_file import NotAdopted


def predictions(path: Path, count: int, features: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """Return the predictions of a CSV file as they are written, for each target one for each of the sample's rows.

    They are the columns `names` or, where this is one, the only column that is none of the features.

    Raises:
        NotAdopted: the file cannot be read, has another number of rows, or no such column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NotAdopted(f"{path} cannot be read: {error}.") from error
    except ValueError:
        raise NotAdopted(f"{path} is empty. It is to have the notebook's predictions, one in each row.") from None
    others = [name for name in header if name not in features]
    if len(names) == 1 and names[0] not in header and len(others) == 1:
        names = others
    for name in names:
        if name not in header:
            raise NotAdopted(
                f"{path} has no column {name!r}. Write the notebook's predictions for the sample's rows, as by "
                f"{_way(names)}."
            )
    if len(rows) != count:
        raise NotAdopted(
            f"{path} has {len(rows):,} rows, and the sample {count:,}; it is to have one for each, in order."
        )
    for name in names:
        short = [row for row, cells in enumerate(rows) if len(cells) <= header.index(name)]
        if short:
            raise NotAdopted(f"{path} has no {name} in row {short[0]} (counted from 0).")
    return [[cells[header.index(name)].strip() for cells in rows] for name in names]


def _way(names: Sequence[str]) -> str:
    if len(names) == 1:
        return 'frame.assign(prediction=model.predict(frame)).to_csv("notebook.csv", index=False)'
    return f'pd.DataFrame(model.predict(frame), columns=[{", ".join(map(repr, names))}]).to_csv("notebook.csv")'


def check(path: Path, name: str, expected: list[str], predicted: NDArray[Any], tolerance: float) -> None:
    """Raise NotAdopted unless each prediction is the notebook's, to the digits that are written.

    `predicted` has the shape (rows,): numbers or labels, as the column `name` of the file has them. `tolerance` is the
    estimator's, of the largest number.
    """
    ours = predicted.tolist()
    largest = max((abs(value) for value in ours if isinstance(value, float)), default=0.0)
    unlike = [
        row
        for row, (text, value) in enumerate(zip(expected, ours, strict=True))
        if not _same(text, value, tolerance * largest)
    ]
    if unlike:
        row = unlike[0]
        raise NotAdopted(
            f"Read as data, the model does not answer as {path} says: {len(unlike):,} of {len(ours):,} rows differ. "
            f"Row {row} (counted from 0) has the {name} {ours[row]} here and {expected[row]} there. See that the file "
            "has the predictions for these rows in this order; if it has, the model is not to be served."
        )


def _same(text: str, value: Any, tolerance: float) -> bool:
    if isinstance(value, str):
        return text == value
    if isinstance(value, bool | np.bool_):
        return text.lower() in ((("false", "0", "0.0"), ("true", "1", "1.0"))[bool(value)])
    try:
        number = float(text)
    except ValueError:
        return False
    if isinstance(value, int):
        return number == value
    return math.isfinite(number) and abs(number - value) <= tolerance + _half_a_digit(text)


def _half_a_digit(text: str) -> float:
    """Return half a unit of the last digit that is written, as rounding leaves it; nothing where all digits are."""
    digits, _, exponent = text.lower().partition("e")
    whole, _, fraction = digits.partition(".")
    if len((whole + fraction).lstrip("+-0")) >= 15:
        return 0.0
    return 0.5000001 * 10.0 ** (int(exponent or 0) - len(fraction))

"""Draws small tables with what breaks agreement: ties, duplicates, constants, extreme scales, missing values, text."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WORDS = ["a", "b", "", " a", "A", "north", "10", "é", "nan", "None"]


class Table(NamedTuple):
    """Features and targets for a fit, rows to ask about, and the kinds of value that were drawn."""

    X: Any
    y: NDArray[Any]
    asked: NDArray[Any]
    kinds: Counter[str]


def draw(rng: np.random.Generator, *, text: bool, missing: bool, numbers: str, target: str) -> Table:
    """Return a table of 1 to 60 rows and 1 to 6 columns.

    Args:
        rng: what everything is drawn from.
        text: whether columns may hold text.
        missing: whether values may be missing.
        numbers: "any", "positive" (at least 0) or "small" (whole numbers from 0 on, none of them large).
        target: "number", "count", "label", "labels" (several targets) or "numbers".
    """
    kinds: Counter[str] = Counter()
    rows, width = (
        int(rng.choice([1, 2, 3, 8, 20, 40, 60], p=[0.02, 0.02, 0.03, 0.1, 0.3, 0.3, 0.23])),
        int(rng.integers(1, 7)),
    )
    with_text = text and rng.random() < 0.5
    columns: list[NDArray[Any]] = []
    scale = 1.0 if numbers == "small" else float(rng.choice([1.0, 10.0 ** rng.integers(-12, 13)], p=[0.6, 0.4]))
    drawn = ["ties", "counts"] if numbers == "small" else list(NUMBERS)
    for _ in range(width):
        kind = str(rng.choice(["text", "yes"] if with_text and rng.random() < 0.6 else drawn))
        kinds[kind] += 1
        column = texts(rng, rows) if kind in ("text", "yes") else NUMBERS[kind](rng, rows) * scale
        if kind == "yes":
            column = np.array(rng.random(rows) < 0.5, dtype=object)
        if numbers == "positive" and column.dtype != object:
            column = np.abs(column)
        if missing and rng.random() < 0.4:
            kinds["missing"] += 1
            column = with_missing(rng, column)
        columns.append(column)
    if scale != 1:
        kinds[f"scale 1e{round(np.log10(scale))}"] += 1
    if rows > 1 and rng.random() < 0.3:
        kinds["duplicates"] += 1
        repeated = rng.integers(rows, size=rows)
        columns = [column[repeated] for column in columns]
    X: NDArray[Any] = np.empty((rows, width), dtype=object) if with_text else np.empty((rows, width))
    for place, column in enumerate(columns):
        X[:, place] = column
    is_mirrored = _may_be_mirrored(X, missing=missing, numbers=numbers) and rng.random() < 0.25
    kinds.update(["mirrored"] * is_mirrored)
    X = mirrored(rng, X) if is_mirrored else X
    y = targets(rng, X, target, kinds)
    y = opposite(rng, y) if is_mirrored and target == "label" else y
    fitted, asked = shaped(rng, X, kinds)
    if rows == 1:
        kinds["one row"] += 1
    return Table(fitted, y, around(rng, asked, positive=numbers != "any"), kinds)


def _normal(rng: np.random.Generator, rows: int) -> NDArray[np.float64]:
    return rng.normal(size=rows) + rng.choice([0.0, 0.0, 100.0])


def _ties(rng: np.random.Generator, rows: int) -> NDArray[np.float64]:
    return rng.integers(0, 5, rows).astype(float)


def _counts(rng: np.random.Generator, rows: int) -> NDArray[np.float64]:
    return rng.poisson(3, rows).astype(float)


def _constant(rng: np.random.Generator, rows: int) -> NDArray[np.float64]:
    return np.full(rows, float(rng.choice([0.0, 1.0, -2.5, 0.1])))


def _skewed(rng: np.random.Generator, rows: int) -> NDArray[np.float64]:
    return rng.lognormal(0, 2, rows)


def _outlier(rng: np.random.Generator, rows: int) -> NDArray[np.float64]:
    column = rng.normal(size=rows)
    column[rng.integers(rows)] *= 1e8
    return column


def _denormal(rng: np.random.Generator, rows: int) -> NDArray[np.float64]:
    return rng.integers(-9, 9, rows) * 5e-324


NUMBERS = {
    "normal": _normal,
    "ties": _ties,
    "counts": _counts,
    "constant": _constant,
    "skewed": _skewed,
    "outlier": _outlier,
    "denormal": _denormal,
}


def texts(rng: np.random.Generator, rows: int) -> NDArray[Any]:
    """Return a column of a few words."""
    words = rng.choice(np.array(WORDS, dtype=object), size=int(rng.integers(1, 6)), replace=False)
    column: NDArray[Any] = words[rng.integers(len(words), size=rows)]
    return column


def with_missing(rng: np.random.Generator, column: NDArray[Any]) -> NDArray[Any]:
    """Return a column without some of its values: NaN among numbers, NaN or None among texts."""
    column = column.copy()
    missing = np.flatnonzero(rng.random(len(column)) < 0.2)
    if column.dtype != object:
        column[missing] = np.nan
    else:
        holes = [[None], [np.nan], [None, np.nan]][int(rng.integers(3))]
        column[missing] = np.array(holes, dtype=object)[rng.integers(len(holes), size=len(missing))]
    return column


def _may_be_mirrored(X: NDArray[Any], *, missing: bool, numbers: str) -> bool:
    return X.dtype != object and not missing and numbers == "any"


def mirrored(rng: np.random.Generator, X: NDArray[Any]) -> NDArray[Any]:
    """Return numbers of a few digits and their mirror images: by row, or by column, whose halves are opposite.

    What is as near to one row as to another, or to one class as to another, is decided by rounding.
    """
    half = np.round(rng.normal(size=X.shape), int(rng.integers(0, 3)) if rng.random() < 0.7 else 16)
    half = half[: int(rng.integers(1, 4))] if rng.random() < 0.5 else half
    if rng.random() < 0.5:
        half = np.concatenate([half, -half], axis=1)
    return np.concatenate([half, -half])


def opposite(rng: np.random.Generator, y: NDArray[Any]) -> NDArray[Any]:
    """Return labels of mirrored rows, half of the time the first for a row and the last for its image."""
    if rng.random() < 0.5:
        return y
    labels, half = np.unique(y), len(y) // 2
    y = np.repeat([labels[0], labels[-1]], half)
    if half > 1:
        y[[0, half]] = labels[len(labels) // 2] if len(labels) > 2 else y[[0, half]]
    return y


def targets(rng: np.random.Generator, X: NDArray[Any], target: str, kinds: Counter[str]) -> NDArray[Any]:
    """Return targets that depend on X a little."""
    numbers = np.nan_to_num(X.astype(float)) if X.dtype != object else rng.normal(size=X.shape)
    size = np.abs(numbers).max(axis=0)
    score = (numbers / np.where(size == 0, 1, size)) @ rng.normal(size=X.shape[1]) + rng.normal(size=len(X)) * 0.2
    if target == "number":
        return score * float(rng.choice([1.0, 1.0, 1e-9, 1e9])) + float(rng.choice([0.0, 1e3]))
    if target == "count":
        return np.floor(np.exp(np.clip(score, -3, 3)))
    if target == "numbers":
        return np.c_[score, score**2]
    classes = int(rng.choice([1, 2, 2, 2, 3, 3, 4]))
    kinds[f"{classes} classes"] += 1
    places = np.searchsorted(np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]), score)
    if target == "labels":
        return np.c_[places, rng.integers(2, size=len(X))]
    names: list[NDArray[Any]] = [
        np.arange(4),
        np.array([3, -1, 7, 100]),
        np.array(["a", "b", "c", "d"]),
        np.array(["10", "9", " a", ""], dtype=object),
        np.array([0.5, 1.5, -2.0, 1e9]),
        np.array([False, True, True, True]),
    ]
    chosen = names[int(rng.integers(5 if classes > 2 else 6))]
    kinds[f"labels of {chosen.dtype.kind}"] += 1
    named: NDArray[Any] = chosen[places]
    return named


def shaped(rng: np.random.Generator, X: NDArray[Any], kinds: Counter[str]) -> tuple[Any, NDArray[Any]]:
    """Return X as somebody would hand it to fit, and the same values as a request brings them."""
    if X.dtype == object:
        form = str(rng.choice(["object", "frame"]))
    else:
        form = str(rng.choice(["float64", "float64", "float32", "int64", "frame"]))
    if form == "int64" and (not np.isfinite(X).all() or np.abs(X).max() > 2**53 or np.any(np.floor(X) != X)):
        form = "float64"
    kinds[form] += 1
    if form == "frame":
        frame = pd.DataFrame(X, columns=[f"c{place}" for place in range(X.shape[1])]).infer_objects()
        # pandas reads None as NaN, and so it is asked.
        return frame, frame.to_numpy(dtype=X.dtype)
    if form == "object":
        return X, X
    with np.errstate(all="ignore"):
        given = X.astype(form)
    return given, given.astype(np.float64)


def around(rng: np.random.Generator, X: NDArray[Any], *, positive: bool) -> NDArray[Any]:
    """Return X's rows, rows recombined from its values, rows between them, and values a little beside and outside."""
    mixed = np.stack([column[rng.integers(len(X), size=20)] for column in X.T], axis=1)
    if X.dtype == object:
        return np.concatenate([X, mixed])
    with np.errstate(all="ignore"):
        beside = np.nextafter(mixed, np.where(rng.random(mixed.shape) < 0.5, -np.inf, np.inf))
        outside = mixed * rng.choice([1.5, 10.0, 0.5], size=mixed.shape)
        middle = (mixed + mixed[::-1]) / 2
        between = (X[rng.integers(len(X), size=20)] + X[rng.integers(len(X), size=20)]) / 2
        # As far from a row as from its mirror image, where columns are mirrored.
        half = rng.normal(size=(20, (X.shape[1] + 1) // 2)) * rng.choice([1.0, 4.0, 10.0])
        alike = np.concatenate([half, half], axis=1)[:, : X.shape[1]]
    asked = np.concatenate([X, mixed, beside, outside, middle, between, alike])
    asked = np.abs(asked) if positive else asked
    return asked[~np.isinf(asked).any(axis=1)]

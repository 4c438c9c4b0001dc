"""Rows that a fitted model is asked about; its signature is inferred from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from picklejar.cells.dialect import OF_PANDAS
from picklejar.cells.names import undivided
from picklejar.errors import InvalidTrainingData
from picklejar.signature import Feature, Signature
from picklejar.wording import list_of
from training.adopt.dummies import raw_names, recognised, texts_of, with_dummies
from training.adopt.joblib_file import NotAdopted
from training.adopt.lightgbm_file import spaced
from training.adopt.model_file import Fitted
from training.adopt.targets import UNKNOWN, beside_each_other, called, count_of, not_so_many, outputs_of, targets_of
from training.dataset.describe import describe
from training.dataset.infer import are_a_list, infer_features, prose
from training.dataset.load import FEWEST_ROWS, actual, checked, sha256
from training.dataset.marks import ALL_MARKS, Marks

# Of columns that nobody has in a table.
FEWEST_OF_TEXTS = 1_000
NO_DUMMIES: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Sample:
    """A sample's rows.

    `X` is as requests have it; `asked` is as the notebook has it: a frame if the model was fitted on one, else an
    array. `y` are the true values, if known: (rows,), of several targets (rows, targets). `left_out` are columns that
    are not features; `empty` rows are left out, too. `fitted` is the model as one of the sample's own columns; `said`
    are sentences on what was found out of it.
    """

    signature: Signature
    X: NDArray[Any]
    asked: Any
    y: NDArray[Any] | None
    left_out: list[str]
    empty: int
    sha256: str
    fitted: Fitted
    said: tuple[str, ...] = ()


def load(
    path: Path,
    fitted: Fitted,
    targets: Sequence[str],
    marks: tuple[Marks, ...] = ALL_MARKS,
    *,
    withholds_texts: bool = False,
) -> Sample:
    """Read a CSV file of rows, whose columns `targets` have the true values, if there are any.

    They are in the order of y's columns. What predicts several and is told none answers `target_0`, `target_1`...

    Spaces, names and missing values are those of `pandas.read_csv`; `marks` are those that numbers may have. The
    example of a text whose words are counted is one of the sample's, unless it `withholds_texts`.

    Raises NotAdopted for a missing column, and InvalidTrainingData.
    """
    described = describe(path, OF_PANDAS, marks)
    needed = (fitted.count or len(fitted.names or ())) + len(targets)
    if described.undivided and needed > 1:
        raise NotAdopted(f"{path} needs {needed} columns. {undivided(described.undivided, OF_PANDAS)}")
    table = _without_index(described.table, fitted, targets)
    fitted = _as_named(fitted, [str(name) for name in table if name not in targets])
    if len(table) < FEWEST_ROWS:
        raise InvalidTrainingData(f"{path} has {len(table)} rows; at least {FEWEST_ROWS} are needed.")
    for target in targets:
        if target not in table:
            raise NotAdopted(f"{path} has no column {target!r} for the target{_nearest(target, table)}.")
    dummies = recognised(fitted, table, targets)
    everything = raw_names(fitted, dummies, table) if dummies else _names(fitted, table, targets, path)
    names = everything if dummies else [name for at, name in enumerate(everything) if at not in fitted.ignored]
    learned = _learned(fitted, names, texts_of(dummies, table)) if dummies else _learned(fitted, names)
    texts = {
        name: tuple(item for item in known if isinstance(item, str))
        for name, known in zip(names, learned, strict=True)
        if known and _are_texts(known)
    }
    prose_ = _prose(fitted, names)
    texts |= dict.fromkeys(prose_, ())
    told = targets_of(fitted.estimator, targets) if targets else ()
    texts |= {one.name: tuple(map(str, one.labels)) for one in told if one.labels and isinstance(one.labels[0], str)}
    if texts:
        # Whatever they look like; a category is one also where it is a word for missing.
        described = describe(path, OF_PANDAS, marks, texts)
        table = _without_index(described.table, fitted, targets)
    features = table[names].apply(_as_pandas)
    signs = described.dialect.signs
    inferred = tuple(
        prose(features[name], withheld=withholds_texts) if name in prose_ else _with_texts(feature, known)
        for name, feature, known in zip(
            names, infer_features(_without_prose(features, prose_).apply(_with_booleans), signs), learned, strict=True
        )
    )
    features = features.fillna(dict.fromkeys(prose_, ""))
    said: tuple[str, ...] = ()
    if dummies:
        fitted, inferred, said = with_dummies(fitted, dummies, inferred, table)
    has_strings = any(feature.type == "string" for feature in inferred)
    asked = _asked(fitted, table, everything, prose_)
    signature = Signature(
        features=inferred,
        target=UNKNOWN,
        missing_text="nan" if has_strings else "none",
        dialect=described.dialect.replaced(signs={name: signs[name] for name in names if name in signs}),
    )
    X = checked(signature, features, path)
    count = count_of(fitted, X, asked)
    if told and count not in (None, len(told)):
        raise not_so_many(count, targets)
    first, *further = told or targets_of(fitted.estimator, called(count))
    signature = msgspec.structs.replace(
        signature, target=first, further_targets=tuple(further), outputs=outputs_of(fitted.estimator, 1 + len(further))
    )
    columns = [actual(target, table[target.name], path) for target in told]
    left_out = [str(name) for name in table if name not in names and name not in targets]
    return Sample(
        signature,
        X,
        asked,
        beside_each_other(columns) if columns else None,
        left_out,
        described.empty_rows,
        sha256(path),
        fitted,
        said,
    )


def header(path: Path, targets: Sequence[str]) -> list[str]:
    """Return the names of a sample's columns without the targets; raises InvalidTrainingData."""
    return [str(name) for name in describe(path, OF_PANDAS, ALL_MARKS).table if name not in targets]


def _asked(fitted: Fitted, table: pd.DataFrame, everything: list[str], prose: list[str]) -> Any:
    asked = table[[name for name in everything if name in table]].apply(_as_pandas)
    asked = asked.fillna(dict.fromkeys(prose, ""))
    for at in fitted.categories:
        asked = asked.astype({everything[at]: "category"})
    return asked if fitted.names and fitted.takes_frames else _array(asked, fitted)


def _prose(fitted: Fitted, names: list[str]) -> list[str]:
    """Return the columns whose words are counted."""
    return [] if fitted.inert is None else [names[at] for at in sorted(fitted.inert.texts())]


def _without_prose(features: pd.DataFrame, prose: list[str]) -> pd.DataFrame:
    # Which are described otherwise, whatever they look like.
    return features.assign(**dict.fromkeys(prose, "text")) if prose else features


def _array(asked: pd.DataFrame, fitted: Fitted) -> NDArray[Any]:
    """Return the rows as the notebook had them in no frame: an array, or the texts alone."""
    is_of_texts = fitted.inert is not None and fitted.inert.is_of_texts
    return asked.iloc[:, 0].to_numpy(dtype=object) if is_of_texts else asked.to_numpy()


def _without_index(table: pd.DataFrame, fitted: Fitted, targets: Sequence[str]) -> pd.DataFrame:
    """Return the table without the unnamed column that counts its rows, if it is one too many for an array."""
    others = [name for name in table if name not in targets]
    index = str(table.columns[0])
    if fitted.names is not None or fitted.count != len(others) - 1 or not index.startswith("Unnamed: "):
        return table
    counts = any(table[index].tolist() == list(range(first, first + len(table))) for first in (0, 1))
    return table.drop(columns=index) if counts else table


def _as_pandas(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of the type that `pandas.read_csv` gives it."""
    if column.isna().all():
        return column.astype("float64")
    if column.dtype == "Int64":
        return column.astype("float64" if column.isna().any() else "int64")
    if column.dtype == "boolean":
        return column.astype(object).where(column.notna(), np.nan) if column.isna().any() else column.astype(bool)
    return column.where(column.notna(), np.nan)


def _with_booleans(column: pd.Series[Any]) -> pd.Series[Any]:
    is_boolean = column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "boolean"
    return column.astype("boolean") if is_boolean else column


def _learned(
    fitted: Fitted, names: list[str], of_dummies: Mapping[str, Sequence[str]] = NO_DUMMIES
) -> list[list[Any] | None]:
    """Return the categories that the model learned of each column, where it did."""
    if fitted.inert is None:
        return [[*of_dummies[name]] if name in of_dummies else None for name in names]
    kept = [name for at, name in enumerate(fitted.names or names) if at not in fitted.ignored]
    places = {name: at for at, name in enumerate(kept)}
    return [
        [*of_dummies[name]] if name in of_dummies else fitted.inert.categories(places[name]) if name in places else None
        for name in names
    ]


def _are_texts(learned: list[Any]) -> bool:
    return any(isinstance(item, str) for item in learned) and all(
        isinstance(item, str) or pd.isna(item) for item in learned
    )


def _with_texts(feature: Feature, learned: list[Any] | None) -> Feature:
    if feature.enum is None or learned is None:
        return feature
    texts = dict.fromkeys([*(item for item in learned if isinstance(item, str)), *feature.enum])
    return msgspec.structs.replace(feature, enum=tuple(texts) if are_a_list(texts) else None)


def _names(fitted: Fitted, table: pd.DataFrame, targets: Sequence[str], path: Path) -> list[str]:
    others = [str(name) for name in table if name not in targets]
    if fitted.names is None:
        if fitted.count not in (None, len(others)):
            beside = f" beside {list_of(targets)}" if targets else ""
            raise NotAdopted(
                f"The model was fitted on an array of {fitted.count} columns, and {path} has {len(others)}{beside}: "
                f"{list_of(others)}. Give the same columns in the same order, and name the target's with --target."
                f"{_way_of_parts(fitted.count, len(others))}"
            )
        return others
    for at, name in enumerate(fitted.names):
        if name not in others and at not in fitted.ignored:
            is_target = ", which is said to be the target" if name in targets else _nearest(name, table)
            raise NotAdopted(f"The model was fitted on a column {name!r}, and {path} has none{is_target}.")
    return fitted.names


def _as_named(fitted: Fitted, columns: list[str]) -> Fitted:
    """Return a model of LightGBM, which has an underscore for each space of a name, by the names of the columns."""
    if not fitted.lightgbm or fitted.names is None:
        return fitted
    return replace(fitted, names=spaced(fitted.names, columns))


def _way_of_parts(count: int | None, columns: int) -> str:
    """Return what to do where a model takes far more or fewer columns than there are, as those that a part made."""
    if count is None or count <= columns:
        return ""
    is_one = columns == 1 or count >= FEWEST_OF_TEXTS
    made = "a vectorizer of texts" if is_one else "an encoder or get_dummies"
    file = "vectorizer.pkl" if is_one else "columns.pkl"
    return f" If {made} made {count:,} columns of them, give its file, too: picklejar adopt {file} model.pkl."


def _nearest(name: str, table: pd.DataFrame) -> str:
    near = get_close_matches(name, map(str, table.columns), cutoff=0.5) or [str(item) for item in table]
    return f"; it has {list_of(repr(item) for item in near)}"

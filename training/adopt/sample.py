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
from picklejar.signature import OUTLIER_LABELS, OUTPUTS, Feature, Output, Signature, Target
from picklejar.wording import Label, list_of
from training.adopt.dummies import raw_names, recognised, texts_of, with_dummies
from training.adopt.joblib_file import NotAdopted
from training.adopt.lightgbm_file import spaced
from training.adopt.model_file import Fitted
from training.dataset.describe import describe
from training.dataset.infer import are_a_list, infer_features, infer_target, prose, title
from training.dataset.load import FEWEST_ROWS, actual, checked, sha256
from training.dataset.marks import ALL_MARKS, Marks
from training.evaluation.predictions import has_probabilities, score_of

# What an answer is called where the sample has no column of what is true.
PREDICTION = "prediction"
PREDICTED = "What the model predicts."
OUTLIERS = "1 for a row like those that the model was fitted on, -1 for an outlier."
# Of columns that nobody has in a table.
FEWEST_OF_TEXTS = 1_000
NO_DUMMIES: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Sample:
    """A sample's rows.

    `X` is as requests have it; `asked` is as the notebook has it: a frame if the model was fitted on one, else an
    array. `y` are the true values, if known. `left_out` are columns that are not features; `empty`
    rows are left out, too. `fitted` is the model as one of the sample's own columns; `said` are sentences on what was
    found out of it.
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
    target: str | None,
    marks: tuple[Marks, ...] = ALL_MARKS,
    *,
    withholds_texts: bool = False,
) -> Sample:
    """Read a CSV file of rows, whose column `target` has the true values, if there are any.

    Spaces, names and missing values are those of `pandas.read_csv`; `marks` are those that numbers may have. The
    example of a text whose words are counted is one of the sample's, unless it `withholds_texts`.

    Raises NotAdopted for a missing column, and InvalidTrainingData.
    """
    described = describe(path, OF_PANDAS, marks)
    needed = (fitted.count or len(fitted.names or ())) + (target is not None)
    if described.undivided and needed > 1:
        raise NotAdopted(f"{path} needs {needed} columns. {undivided(described.undivided, OF_PANDAS)}")
    table = _without_index(described.table, fitted, target)
    fitted = _as_named(fitted, [str(name) for name in table if name != target])
    if len(table) < FEWEST_ROWS:
        raise InvalidTrainingData(f"{path} has {len(table)} rows; at least {FEWEST_ROWS} are needed.")
    if target is not None and target not in table:
        raise NotAdopted(f"{path} has no column {target!r} for the target{_nearest(target, table)}.")
    dummies = recognised(fitted, table, target)
    everything = raw_names(fitted, dummies, table) if dummies else _names(fitted, table, target, path)
    names = everything if dummies else [name for at, name in enumerate(everything) if at not in fitted.ignored]
    learned = _learned(fitted, names, texts_of(dummies, table)) if dummies else _learned(fitted, names)
    texts = {
        name: tuple(item for item in known if isinstance(item, str))
        for name, known in zip(names, learned, strict=True)
        if known and _are_texts(known)
    }
    prose_ = _prose(fitted, names)
    texts |= dict.fromkeys(prose_, ())
    answer = _target(fitted, target or PREDICTION)
    if target is not None and answer.labels and isinstance(answer.labels[0], str):
        texts[target] = tuple(map(str, answer.labels))
    if texts:
        # Whatever they look like; a category is one also where it is a word for missing.
        described = describe(path, OF_PANDAS, marks, texts)
        table = _without_index(described.table, fitted, target)
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
    signature = Signature(
        features=inferred,
        target=answer,
        outputs=_outputs(fitted.estimator),
        missing_text="nan" if has_strings else "none",
        dialect=described.dialect.replaced(signs={name: signs[name] for name in names if name in signs}),
    )
    X = checked(signature, features, path)
    y = None if target is None else actual(answer, table[target], path)
    left_out = [str(name) for name in table if name not in names and name != target]
    asked = table[[name for name in everything if name in table]].apply(_as_pandas)
    asked = asked.fillna(dict.fromkeys(prose_, ""))
    for at in fitted.categories:
        asked = asked.astype({everything[at]: "category"})
    return Sample(
        signature,
        X,
        asked if fitted.names and fitted.takes_frames else _array(asked, fitted),
        y,
        left_out,
        described.empty_rows,
        sha256(path),
        fitted,
        said,
    )


def header(path: Path, target: str | None) -> list[str]:
    """Return the names of a sample's columns without the target; raises InvalidTrainingData."""
    return [str(name) for name in describe(path, OF_PANDAS, ALL_MARKS).table if name != target]


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


def _without_index(table: pd.DataFrame, fitted: Fitted, target: str | None) -> pd.DataFrame:
    """Return the table without the unnamed column that counts its rows, if it is one too many for an array."""
    others = [name for name in table if name != target]
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


def _names(fitted: Fitted, table: pd.DataFrame, target: str | None, path: Path) -> list[str]:
    others = [str(name) for name in table if name != target]
    if fitted.names is None:
        if fitted.count not in (None, len(others)):
            beside = f" beside {target}" if target else ""
            raise NotAdopted(
                f"The model was fitted on an array of {fitted.count} columns, and {path} has {len(others)}{beside}: "
                f"{list_of(others)}. Give the same columns in the same order, and name the target's with --target."
                f"{_way_of_parts(fitted.count, len(others))}"
            )
        return others
    for at, name in enumerate(fitted.names):
        if name not in others and at not in fitted.ignored:
            is_target = ", which is said to be the target" if name == target else _nearest(name, table)
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


def _target(fitted: Fitted, name: str) -> Target:
    classes = getattr(fitted.estimator, "classes_", None)
    if classes is None and score_of(fitted.estimator) is not None:
        return Target(name=name, title=title(name), description=OUTLIERS, classes=OUTLIER_LABELS)
    if classes is None:
        return Target(name=name, title=title(name), description=PREDICTED)
    inferred = infer_target(pd.Series(_labels(classes)), name, classes=True)
    return msgspec.structs.replace(inferred, description=PREDICTED)


def _outputs(estimator: Any) -> tuple[Output, ...]:
    if has_probabilities(estimator):
        return OUTPUTS
    score = score_of(estimator)
    return ("predict",) if score is None else ("predict", score)


def _labels(classes: Any) -> list[Label]:
    learned = np.asarray(classes).tolist() if not isinstance(classes, list) else []
    labels = [int(label) if isinstance(label, float) and label.is_integer() else label for label in learned]
    if not labels or not all(isinstance(label, str | int) for label in labels):
        raise NotAdopted(
            f"The classes of the model, {list_of(map(str, classes))}, are no labels of one target. Labels are texts, "
            "integers or booleans."
        )
    return labels

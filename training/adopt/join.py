"""Joins the parts of a model into one pipeline, written as one pickle; nothing of the files runs."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from picklejar.inert.reading import arrays
from picklejar.inert.reading.records import Record
from picklejar.wording import Label, list_of
from training.adopt import parts as parts_of_files
from training.adopt.joblib_file import NotAdopted
from training.adopt.parts import Part, columns_of, described, labels_of, mapping_of, names_of, predicts, widths
from training.adopt.tree import node, own_tree

# In which order transformers are usual, where a dict does not say it.
RANKS = [
    ("Imputer", "Indicator"),
    ("ColumnTransformer", "OneHotEncoder", "OrdinalEncoder", "TargetEncoder", "Pipeline", "FeatureUnion"),
    ("PolynomialFeatures", "SplineTransformer", "KBinsDiscretizer", "PowerTransformer", "QuantileTransformer"),
    ("Scaler", "Normalizer", "Binarizer", "FunctionTransformer"),
    ("Select", "RFE", "VarianceThreshold"),
    ("PCA", "SVD", "FactorAnalysis", "Discriminant"),
]
# Their orders are tried until one fits.
MOST_TRANSFORMERS = 6
ORDER = "Name the parts in the order in which they are applied, the model last: picklejar adopt scaler.pkl model.pkl."


@dataclass(frozen=True)
class Joined:
    """One pipeline of all parts, and what it does not hold: its columns' names and the labels of its classes."""

    value: Record
    names: list[str] | None
    labels: list[Label] | None
    said: list[str]


def join(given: list[Part], labels: Part | None, header: Callable[[], list[str]], *, in_order: bool) -> Joined:
    """Return one pipeline of the parts.

    `labels` are the target's; `header` returns the sample's columns, for parts that do not know theirs. Without
    `in_order` the order of transformers is found out.

    Raises NotAdopted where the parts do not fit; says what to do.
    """
    estimators = [item for item in given if item.kind == "estimator"]
    last = _last(estimators, in_order=in_order)
    transformers = [item for item in estimators if item is not last]
    for item in transformers:
        if not hasattr(parts_of_files.class_of(item.value.name), "transform"):
            raise NotAdopted(f"{item.shown}, transforms nothing, and is not the last part. {ORDER}")
    encoders = _one([item for item in given if item.kind == "encoders"], "dicts of encoders by column")
    if labels is None:
        labels = _one([item for item in given if item.kind == "label encoder"], "LabelEncoders")
    names = _names([item for item in given if item.kind == "names"], [*transformers, last], encoders, header)
    if encoders is not None:
        encoders, labels = _without_target(encoders, names, labels)
    if not in_order:
        transformers = _in_order(transformers, last, names)
    steps: list[tuple[str, Any]] = []
    if encoders is not None:
        steps += [("encoders", _encoded(encoders, names, last))]
    for item in transformers:
        steps += _step(item, names, last)
    steps.append((_step_name(last, steps), last.value))
    _check_widths(steps)
    learned = None if labels is None else _labels(labels, last)
    value = last.value if len(steps) == 1 else _pipeline(steps)
    order = [*([encoders] if encoders else []), *transformers, last, *([labels] if labels else [])]
    return Joined(value, names, learned, [f"Taken as: {', then '.join(item.shown for item in order)}."])


def _last(estimators: list[Part], *, in_order: bool) -> Part:
    models = [item for item in estimators if predicts(item.value)]
    if not models:
        shown = parts_of_files.listing(estimators) or "no estimator at all"
        raise NotAdopted(
            f"Nothing that is given predicts; there is {shown}. Give the model's file, too, as the last one: "
            "picklejar adopt scaler.pkl model.pkl."
        )
    if len(models) > 1:
        raise NotAdopted(
            f"More than one part predicts: {parts_of_files.listing(models)}. Say which parts are the model, in the "
            f"order in which they are applied: {' '.join(f'--part {item.name}' for item in [*estimators][:1])} …"
        )
    if in_order and estimators[-1] is not models[0]:
        right = [*(item for item in estimators if item is not models[0]), models[0]]
        raise NotAdopted(
            f"{models[0].shown}, predicts, and {estimators[-1].shown}, stands after it. Name the parts in the order in "
            f"which they are applied, the model last: {', '.join(item.name for item in right)}."
        )
    return models[0]


def _one(match: list[Part], what: str) -> Part | None:
    if len(match) > 1:
        raise NotAdopted(
            f"There are several {what}: {parts_of_files.listing(match)}. Say with --part which parts are the model's; "
            "the encoder of the target is named with --labels."
        )
    return match[0] if match else None


def _names(
    lists: list[Part], steps: list[Part], encoders: Part | None, header: Callable[[], list[str]]
) -> list[str] | None:
    """Return the names of the columns that the model as a whole takes, in order, if anything says them."""
    # What comes behind a transformer that makes other columns does not take the model's own.
    first = [item for item in steps if all(_keeps_columns(other.value) for other in steps[:-1] if other is not item)]
    takes = {width for item in first if (width := widths(item.value)[0]) is not None}
    learned = [names for item in first if (names := columns_of(item.value)) is not None]
    widest = max(learned, key=len, default=None)
    if widest is not None and len(widest) >= max(takes, default=0):
        return widest
    fitting = [item for item in lists if len(names_of(item.value) or ()) == max(takes, default=None)]
    if len(fitting) > 1:
        named = [item for item in fitting if any(word in item.name.lower() for word in ("feature", "column"))]
        fitting = named if len(named) == 1 else fitting
    if len(fitting) > 1:
        raise NotAdopted(
            f"Several lists of texts may be the names of the columns: {parts_of_files.listing(fitting)}. Say with "
            "--part which parts are the model's."
        )
    if fitting:
        names = names_of(fitting[0].value) or []
        if len(set(names)) < len(names):
            raise NotAdopted(f"{fitting[0].shown}, names a column twice.")
        return names
    if encoders is None or not takes:
        return widest
    columns = header()
    is_encoded = not {*(mapping_of(encoders.value) or {})}.isdisjoint(columns)
    return columns if is_encoded and max(takes) == len(columns) else widest


def _keeps_columns(value: Record) -> bool:
    """Return whether a transformer answers each of its columns with one, in their order."""
    width, answered = widths(value)
    transformer: Any = parts_of_files.restored(value)
    return width is not None and width == answered and all(transformer.source(at) == at for at in range(width))


def _without_target(encoders: Part, names: list[str] | None, labels: Part | None) -> tuple[Part | None, Part | None]:
    """Return the encoders of the columns alone, and that of the target if it is among them."""
    mapping = mapping_of(encoders.value) or {}
    if names is None:
        raise NotAdopted(
            f"{encoders.shown}, encodes {list_of(map(str, mapping))}, and no part says which of the model's columns "
            "these are. Give the list of its columns, too, as columns.pkl, in their order."
        )
    others = [name for name in mapping if name not in names]
    if labels is None and len(others) == 1 and mapping[others[0]].name == parts_of_files.LABEL_ENCODER:
        labels = parts_of_files.part(others[0], encoders.file, mapping[others[0]])
    kept = {name: value for name, value in mapping.items() if name in names}
    return (parts_of_files.part(encoders.name, encoders.file, kept) if kept else None), labels


def _in_order(transformers: list[Part], last: Part, names: list[str] | None) -> list[Part]:
    """Return transformers in the order that is usual, or in one that fits by the number of columns."""
    usual = sorted(transformers, key=lambda item: _rank(item.value))
    if len(usual) > MOST_TRANSFORMERS:
        return usual
    for order in permutations(usual):
        if all(_fit(first.value, second.value, names) for first, second in pairwise([*order, last])):
            return [*order]
    return usual


def _rank(value: Record) -> int:
    name = value.name.rpartition(".")[2]
    return next((at for at, words in enumerate(RANKS) if any(word in name for word in words)), len(RANKS) - 2)


def _fit(first: Record, second: Record, names: list[str] | None) -> bool:
    _, answered = widths(first)
    taken, _ = widths(second)
    return None in (answered, taken) or answered == taken or _is_of_some(first, names)


def _is_of_some(value: Record, names: list[str] | None) -> bool:
    """Return whether a transformer was fitted on some of the model's columns, and answers each with one."""
    own = columns_of(value)
    return own is not None and names is not None and set(own) < set(names) and widths(value) == (len(own), len(own))


def _step(item: Part, names: list[str] | None, last: Part) -> list[tuple[str, Any]]:
    name = item.name
    if names is None or not _is_of_some(item.value, names):
        return [(name, item.value)]
    own = columns_of(item.value) or []
    others = [other for other in names if other not in own]
    order = [*own, *others]
    release = parts_of_files.release_of(last.value)
    some = _by_columns([(name, item.value, own), ("others", "passthrough", others)], names, release)
    # The columns' transformer has its own columns first; the model has them where they were.
    back = _by_columns([("order", "passthrough", names)], order, release)
    return [(name, some), *([] if order == names else [(f"{name}_order", back)])]


def _encoded(encoders: Part, names: list[str] | None, last: Part) -> Record:
    """Return one transformer that encodes each column as its own encoder does, all in their places."""
    mapping = mapping_of(encoders.value) or {}
    release = parts_of_files.release_of(last.value)
    columns: list[tuple[str, Any, list[str]]] = []
    for at, name in enumerate(names or []):
        if name in mapping:
            columns.append((f"{at}", _ordinal(mapping[name], name, encoders), [name]))
        elif columns and columns[-1][1] == "passthrough":
            columns[-1][2].append(name)
        else:
            columns.append((f"{at}", "passthrough", [name]))
    return _by_columns(columns, names or [], release)


def _ordinal(encoder: Record, column: str, encoders: Part) -> Record:
    if encoder.name != parts_of_files.LABEL_ENCODER:
        return encoder
    try:
        classes = arrays.array(encoder.state["classes_"])
    except (KeyError, TypeError):
        raise NotAdopted(f"{encoders.shown}: the LabelEncoder of {column} was not fitted.") from None
    own = pd.DataFrame({column: pd.Series(classes.astype(object) if classes.dtype.kind == "U" else classes)})
    fitted = OrdinalEncoder().fit(own.astype(object) if classes.dtype.kind in "UO" else own)
    if fitted.categories_[0].tolist() != classes.tolist():
        raise NotAdopted(f"{encoders.shown}: the labels of {column} are not in their order; fit its encoder again.")
    return _ours(fitted, parts_of_files.release_of(encoder))


def _by_columns(columns: list[tuple[str, Any, list[str]]], names: list[str], release: str | None) -> Record:
    """Return a fitted ColumnTransformer of records, made as scikit-learn makes one here.

    It finds columns by their places, as it may stand behind what hands on arrays.
    """
    frame = pd.DataFrame(np.zeros((2, len(names))), columns=pd.Index(names, dtype=object))
    places = {name: at for at, name in enumerate(names)}
    transformers = [
        (name, item if item == "passthrough" else FunctionTransformer(), [places[column] for column in own])
        for name, item, own in columns
    ]
    made = _ours(ColumnTransformer(transformers).fit(frame), release)
    inner = {name: item for name, item, _ in columns if item != "passthrough"}
    for attribute in ("transformers", "transformers_"):
        made.state[attribute] = [(name, inner.get(name, item), own) for name, item, own in made.state[attribute]]
    return made


def _ours(estimator: Any, release: str | None) -> Record:
    """Return an estimator of our own as records, named as of the release that the others are of."""
    made: Record = own_tree(pickle.dumps(estimator, 4))
    if release is not None:
        for record in _estimators_in(made):
            record.state["_sklearn_version"] = release
    return made


def _estimators_in(record: Record) -> list[Record]:
    inner = [step for value in (record.state.get("transformers"), record.state.get("transformers_"))
             for _, step, _ in value or () if isinstance(step, Record)]  # fmt: skip
    return [record, *inner]


def _step_name(last: Part, steps: list[tuple[str, Any]]) -> str:
    return last.name if last.name not in {name for name, _ in steps} else f"{last.name}_model"


def _check_widths(steps: list[tuple[str, Any]]) -> None:
    for (first, given), (second, taking) in pairwise(steps):
        _, answered = widths(given)
        taken, _ = widths(taking)
        if answered is not None and taken is not None and answered != taken:
            raise NotAdopted(
                f"{first}, {described(given)}, hands on {answered} columns, and {second}, {described(taking)}, was "
                f"fitted on {taken}. A part is missing between them, or they belong to different models, or stand in "
                f"another order. {ORDER}"
            )


def _labels(labels: Part, last: Part) -> list[Label]:
    learned = labels_of(labels.value)
    if learned is None:
        raise NotAdopted(
            f"{labels.shown}, is no encoder of labels. Give the LabelEncoder that y was encoded with, or a list of the "
            "labels' texts in the order of their numbers."
        )
    estimator = parts_of_files.restored(last.value)
    classes = getattr(estimator, "classes_", None)
    if estimator is not None and classes is None:
        raise NotAdopted(f"{labels.shown}, encodes labels, and {last.shown}, predicts numbers. Leave it out.")
    if isinstance(classes, list):
        raise NotAdopted(f"{labels.shown}, encodes the labels of one target, and {last.shown}, predicts several.")
    known = np.asarray(classes).tolist() if classes is not None else [*range(len(learned))]
    if any(isinstance(label, str) for label in known):
        raise NotAdopted(
            f"{last.shown}, answers with texts already: {list_of(map(str, known))}. Leave {labels.name} out."
        )
    if [*known] != [*range(len(learned))]:
        raise NotAdopted(
            f"{labels.shown}, knows {len(learned)} labels, {list_of(map(str, learned))}, and the model {len(known)} "
            f"classes, {list_of(map(str, known))}. They do not belong together: give the encoder of the model's own y."
        )
    return learned


def _pipeline(steps: list[tuple[str, Any]]) -> Record:
    # Models of other libraries have no release of scikit-learn.
    release = next(filter(None, (parts_of_files.release_of(step) for _, step in reversed(steps))), None)
    state: dict[str, Any] = {"steps": _unique(steps)}
    if release is not None and _is_at_least(release, (1, 6)):
        state["transform_input"] = None
    state |= {"memory": None, "verbose": False}
    return node(
        "sklearn.pipeline", "Pipeline", state=state | ({} if release is None else {"_sklearn_version": release})
    )


def _unique(steps: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the steps by names as a pipeline may have them: each once, and without double underscores."""
    result: list[tuple[str, Any]] = []
    for name, step in steps:
        plain = name.replace(".", "_").replace("__", "_")
        taken = {other for other, _ in result}
        result.append((plain if plain not in taken else f"{plain}_{len(result)}", step))
    return result


def _is_at_least(release: str, wanted: tuple[int, int]) -> bool:
    numbers = [int(part) for part in release.split(".")[:2] if part.isdigit()]
    return len(numbers) == 2 and (numbers[0], numbers[1]) >= wanted

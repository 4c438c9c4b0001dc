"""The parts of a model: what each file, and each entry of a container, is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from picklejar import inert
from picklejar.errors import UnreadablePickle
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.reading import arrays
from picklejar.inert.reading.allowlist import READ, RECORDED
from picklejar.inert.reading.records import Contents, Record
from picklejar.inert.reading.state import OF_OTHERS
from picklejar.inert.reading.unsupported import UNSUPPORTED
from picklejar.wording import Label, shorten

LABEL_ENCODER = "sklearn.preprocessing._label.LabelEncoder"
ENCODERS = {LABEL_ENCODER, "sklearn.preprocessing._encoders.OrdinalEncoder"}
PIPELINES = {"sklearn.pipeline.Pipeline", "imblearn.pipeline.Pipeline"}
MAPPINGS = {"collections.OrderedDict", "collections.defaultdict", "sklearn.utils._bunch.Bunch"}
# A file that holds one of these as a whole is not a model, or not all of one.
MAPPINGS_AND_LABELS = MAPPINGS | {LABEL_ENCODER}
LONGEST_NAME = 50
# Of what is made of one part, to look at how wide it is; the file as a whole is read within its own budget later.
BUDGET = 2**32

Kind = Literal["estimator", "label encoder", "encoders", "names", "container", "other"]


@dataclass(frozen=True)
class Part:
    """A file, or an entry of a container: its name, its tree of records, and what it is."""

    name: str
    file: Path
    value: Any
    kind: Kind

    @property
    def shown(self) -> str:
        return f"{self.name}, {described(self.value)}"


def part(name: str, file: Path, value: Any) -> Part:
    """Return a part, its kind told from its value alone."""
    return Part(name, file, value, _kind(value))


def entries(container: Part) -> list[Part]:
    """Return the entries of a dict, list or tuple; those of a container within it by names like `parts.scaler`."""
    mapping = mapping_of(container.value)
    named = mapping.items() if mapping is not None else enumerate(container.value)
    result = []
    for name, value in named:
        entry = part(shorten(str(name), LONGEST_NAME), container.file, value)
        if entry.kind == "container":
            result += [part(f"{entry.name}.{inner.name}", inner.file, inner.value) for inner in entries(entry)]
        else:
            result.append(entry)
    return result


def mapping_of(value: Any) -> dict[Any, Any] | None:
    """Return a dict, or what is one in another class, as a dict; None for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Record) and value.name in MAPPINGS:
        return dict(value.items)
    return None


def names_of(value: Any) -> list[Any] | None:
    """Return the texts of a list, a tuple, an array or an Index of texts; None for anything else."""
    items = value
    if isinstance(value, Record):
        items = _texts_in(value)
    if not isinstance(items, list | tuple) or not items:
        return None
    texts = [arrays.scalar(item) if _is_scalar(item) else item for item in items]
    return texts if all(isinstance(text, str) for text in texts) else None


def labels_of(value: Any) -> list[Label] | None:
    """Return the labels that a LabelEncoder learned, or a list or a mapping from 0, 1, 2 has; None for others."""
    mapping = mapping_of(value)
    if mapping is not None and [*mapping] == [*range(len(mapping))]:
        return names_of([*mapping.values()])
    if not (isinstance(value, Record) and value.name == LABEL_ENCODER and isinstance(value.state, dict)):
        return names_of(value)
    try:
        return list(arrays.array(value.state.get("classes_")).tolist())
    except UnreadablePickle:
        return None


def described(value: Any) -> str:
    """Return what a part is, as "a StandardScaler of 5 columns"."""
    mapping = mapping_of(value)
    if mapping is not None:
        kinds = {short_name(item) for item in mapping.values()}
        return f"a dict of {len(mapping)} {kinds.pop()}s by column" if _are_encoders(mapping) else "a dict"
    if (names := names_of(value)) is not None:
        return f"a list of {len(names)} texts"
    if isinstance(value, Record) and value.name == LABEL_ENCODER:
        return f"a LabelEncoder of {len(labels_of(value) or [])} labels"
    if is_estimator(value):
        width = widths(value)[0]
        return _with_article(short_name(value)) + (f" of {width} column{'s' * (width != 1)}" if width else "")
    return _with_article("NoneType" if value is None else short_name(value))


def short_name(value: Any) -> str:
    """Return the name of a part's class."""
    if isinstance(value, Record):
        return str(value.name).rpartition(".")[2]
    return (
        value.name.rpartition(".")[2] if isinstance(value, type) and issubclass(value, Record) else type(value).__name__
    )


def is_estimator(value: Any) -> bool:
    """Return whether a part is an object of scikit-learn's that learns from columns, read here or not."""
    return isinstance(value, Record) and value.name != LABEL_ENCODER and _is_known(value.name)


def predicts(value: Any) -> bool:
    """Return whether an estimator's class, or a pipeline's last step, has `predict`."""
    while value.name in PIPELINES:
        steps = steps_of(value)
        if not steps or not isinstance(steps[-1], Record):
            return False
        value = steps[-1]
    # Other libraries need not be here.
    return value.name.startswith(OF_OTHERS) or hasattr(class_of(value.name), "predict")


def steps_of(pipeline: Record) -> list[Any]:
    """Return the steps of a pipeline without their names."""
    steps = pipeline.state.get("steps") if isinstance(pipeline.state, dict) else None
    return [step[1] for step in steps if isinstance(step, tuple) and len(step) == 2] if isinstance(steps, list) else []


def class_of(name: str) -> Any:
    """Return the class of scikit-learn that a known name is of, or None."""
    if name not in READ and name not in UNSUPPORTED:
        return None
    import importlib

    module, _, cls = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), cls, None)
    except ImportError:
        return None


def widths(value: Any) -> tuple[int | None, int | None]:
    """Return how many columns an estimator takes and hands on, None where that is not known."""
    estimator = restored(value)
    if estimator is None:
        count = value.state.get("n_features_in_") if isinstance(value.state, dict) else None
        return (count if isinstance(count, int) else None), None
    return estimator.n_features_in_, getattr(estimator, "n_features_out", None)


def columns_of(value: Any) -> list[str] | None:
    """Return the names of the columns that an estimator was fitted on, if it was fitted on a frame."""
    estimator = restored(value)
    names = None if estimator is None else estimator.feature_names_in_
    return None if names is None else [str(name) for name in names]


def release_of(value: Any) -> str | None:
    """Return the release of scikit-learn that wrote an estimator."""
    release = value.state.get("_sklearn_version") if isinstance(value.state, dict) else None
    return release if isinstance(release, str) else None


@cache
def restored(value: Record) -> InertEstimator | None:
    """Return a part as an inert estimator, or None where it is not read as data."""
    try:
        return inert.restore(lambda: Contents(value, BUDGET))
    except UnreadablePickle:
        return None


def _kind(value: Any) -> Kind:
    if isinstance(value, Record) and value.name == LABEL_ENCODER:
        return "label encoder"
    if is_estimator(value):
        return "estimator"
    if names_of(value) is not None:
        return "names"
    mapping = mapping_of(value)
    if mapping is not None and _are_encoders(mapping):
        return "encoders"
    items = mapping.values() if mapping is not None else value if isinstance(value, list | tuple) else ()
    return "container" if any(_kind(item) not in ("other", "names") for item in items) else "other"


def _are_encoders(mapping: dict[Any, Any]) -> bool:
    """Return whether a mapping has an encoder by each column; one by the name of a part is a part."""
    values = [*mapping.values()]
    return (
        bool(values)
        and all(isinstance(name, str) for name in mapping)
        and all(isinstance(value, Record) and value.name in ENCODERS for value in values)
    )


def _is_known(name: str) -> bool:
    return name in READ or name in PIPELINES or (name in UNSUPPORTED and name not in RECORDED)


def _texts_in(value: Record) -> list[Any] | None:
    """Return the items of an array of texts, or of the one within an Index of pandas."""
    try:
        return list(arrays.array(value).tolist()) if value.name in ARRAYS else _texts_of_index(value)
    except UnreadablePickle:
        return None


ARRAYS = {"numpy._core.multiarray._reconstruct", "numpy._core.numeric._frombuffer"}


def _texts_of_index(value: Record) -> list[Any] | None:
    if not value.name.startswith("pandas."):
        return None
    for inner in _records_in(value):
        if inner.name in ARRAYS and (texts := _texts_in(inner)):
            return texts
    return None


def _records_in(value: Any) -> Iterator[Record]:
    left: list[Any] = [value]
    while left:
        item = left.pop(0)
        if isinstance(item, Record):
            yield item
            left += [*item.args, item.state]
        elif isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list | tuple):
            left += item


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Record) and value.name == "numpy._core.multiarray.scalar"


def _with_article(name: str) -> str:
    return f"{'an' if name[:1] in 'AEIOUaeio' else 'a'} {name}"


def listing(parts: Iterable[Part]) -> str:
    """Return what parts there are, in one line."""
    return "; ".join(item.shown for item in parts)

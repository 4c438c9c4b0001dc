"""Opens what is given to adopt: a file, several files, a file of several parts, or a folder of MLflow's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from picklejar.errors import UnreadablePickle
from picklejar.inert.reading.records import Lenient, Record, read_leniently
from picklejar.manifest import Around
from picklejar.wording import list_of
from training.adopt import parts
from training.adopt.boosters import is_saved_model
from training.adopt.imblearn import IMBLEARN_PIPELINE, without_samplers
from training.adopt.joblib_file import NotAdopted, plain
from training.adopt.join import Joined, join
from training.adopt.model_file import WHAT_IS_READ, Fitted, Say, check_names, open_file
from training.adopt.parts import Part
from training.adopt.skops_file import is_skops, skops_tree
from training.adopt.tree import names_in, tree
from training.adopt.with_frames import with_around
from training.adopt.write_pickle import write_pickle


@dataclass(frozen=True)
class Given:
    """The files in the order in which their parts are applied, the entries that are meant, and the target's labels.

    `columns` are the names of a nameless model's columns, if they are known beside the files.
    """

    files: Sequence[Path]
    chosen: Sequence[str] = ()
    labels: Path | None = None
    columns: Sequence[str] | None = None


class Opened(NamedTuple):
    """The model that was given, sentences on what each part was taken for, and its records.

    The records are None where they are said to be all there is.
    """

    fitted: Fitted
    said: list[str]
    record: Record | None


def open_parts(given: Given, header: Callable[[], list[str]], *, trust: bool, say: Say) -> Opened:
    """Return the model that files hold, joined into one pipeline where there are several parts.

    `header` returns the columns of the sample, without the target. `say` is told what is fetched to run the files.

    Raises NotAdopted: the parts are not those of one model; says what to do.
    """
    if len(given.files) == 1 and not given.chosen and given.labels is None:
        (path,) = given.files
        content, lenient = _read(path)
        if lenient is not None and (_is_whole(lenient) or _part(path, []).kind in ("other", "names")):
            fitted = open_file(path, trust=trust, say=say, content=content, lenient=lenient)
            return Opened(_with_names(fitted, given.columns), [], lenient.value)
    saved = [path for path in given.files if path.is_file() and is_saved_model(path.read_bytes())]
    if saved and trust:
        raise NotAdopted(
            f"{saved[0]} is of XGBoost's save_model, which loads it alone, without the parts beside it. Leave out "
            "--trust, and prove the model by the notebook's predictions, --answers; or dump the model by pickle."
        )
    joined, said = _joined(given, header)
    check_names(names_in(joined.value), given.files[-1])
    content = write_pickle(joined.value)
    fitted = open_file(given.files[-1], trust=trust, say=say, content=content)
    fitted = _with_names(fitted, joined.names or given.columns)
    if joined.labels is not None:
        fitted = with_around(fitted, Around(labels=tuple(joined.labels)), ())
    return Opened(fitted, [*said, *joined.said], None if given.chosen else joined.value)


def _is_whole(lenient: Lenient) -> bool:
    """Return whether a file holds one estimator that needs nothing else, or what is refused by what it names."""
    is_joined = any(f"{module}.{name}" == IMBLEARN_PIPELINE for module, name in lenient.names)
    return isinstance(lenient.value, Record) and not is_joined and lenient.value.name not in parts.MAPPINGS_AND_LABELS


def _read(path: Path) -> tuple[bytes, Lenient | None]:
    try:
        content = plain(path)
        return content, None if is_skops(content) else read_leniently(content)
    except UnreadablePickle as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: UnreadablePickle) -> NotAdopted:
    return NotAdopted(f"{path} holds no fitted model that can be read. {error.reason} {WHAT_IS_READ}")


def _joined(given: Given, header: Callable[[], list[str]]) -> tuple[Joined, list[str]]:
    said: list[str] = []
    files = [_part(path, said) for path in given.files]
    found: list[Part] = []
    for file in files:
        if file.kind != "container":
            found.append(file)
            continue
        entries = parts.entries(file)
        said.append(f"{file.file.name} holds {parts.listing(entries)}.")
        found += entries
    has_container = len(found) > len(files) or any(file.kind == "container" for file in files)
    labels = None if given.labels is None else _labels(given.labels, found, said)
    chosen = _chosen(found, given.chosen) if given.chosen else found
    used = [item for item in chosen if item.kind != "other"]
    unusable = [item for item in chosen if item.kind == "other"]
    if unusable and (given.chosen or not has_container):
        raise NotAdopted(
            f"{unusable[0].shown}, is no part of a model. Parts are fitted estimators, encoders, and the list of the "
            f"columns' names; the files are to be those of pickle.dump or joblib.dump of these."
        )
    for item in used:
        check_names(names_in(item.value), item.file)
    joined = join(used, labels, header, in_order=bool(given.chosen) or not has_container)
    if has_container and not given.chosen:
        joined = replace(joined, said=[*joined.said, "--part says otherwise: once for each part, the model last."])
    return joined, said


def _part(path: Path, said: list[str]) -> Part:
    try:
        content = plain(path)
        value = skops_tree(content) if is_skops(content) else tree(content)
    except UnreadablePickle as error:
        raise _unreadable(path, error) from error
    value, samplers = without_samplers(value)
    if samplers:
        said.append(f"{path.name}: what resamples does nothing at prediction, and is left out: {list_of(samplers)}.")
    return parts.part(path.stem, path, value)


def _labels(path: Path, found: list[Part], said: list[str]) -> Part:
    named = [item for item in found if item.name == str(path)]
    return named[0] if named and not path.exists() else _part(path, said)


def _chosen(found: list[Part], names: Sequence[str]) -> list[Part]:
    by_name = {item.name: item for item in found}
    for name in names:
        if name not in by_name:
            raise NotAdopted(f"There is no part {name!r}; there is {parts.listing(found)}.")
    if len(set(names)) < len(names):
        raise NotAdopted(f"--part names a part twice: {list_of(names)}.")
    return [by_name[name] for name in names]


def _with_names(fitted: Fitted, names: Sequence[str] | None) -> Fitted:
    if fitted.names is not None or names is None or fitted.count != len(names):
        return fitted
    return replace(fitted, names=[*names], takes_frames=False)

"""Scores a file on this machine, by the steps that Lambda takes, one chunk after the other."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from obstore.store import LocalStore, ObjectStore

from picklejar.batch.files import Files
from picklejar.batch.job import ERRORS, SUMMARY, Job, Summary
from picklejar.batch.source import Source
from picklejar.errors import (
    BundleDamaged,
    FileRefused,
    FilesUnreachable,
    LiveNotAllowed,
)
from picklejar.manifest import GOLDEN_FILE, MODEL_FILE, Manifest
from picklejar.opening import check_golden, open_version
from picklejar.predictor import Predictor
from picklejar.registry import Registry, check_file
from training import manifests

# By what is added to the target's name. The result comes last: where it is, the rest is.
WRITTEN = (ERRORS, SUMMARY, "")

# Told the rows that are done, and those of the whole file.
Progress = Callable[[int, int], None]


def score(source: Path, target: Path, predictor: Predictor, progress: Progress) -> Summary:
    """Write `target`, the rows with predictions, and beside it the errors and the summary.

    An interrupted run goes on by the same call; another file or version begins anew. The target is there whole or not
    at all.

    Raises:
        FileRefused: no row can be read, the file changed meanwhile, or it is the target itself.
        FilesUnreachable: there is no room, or no right to write.
    """
    before = _state(source)
    if not source.name.isprintable():
        raise FileRefused(f"{source.name!r} has letters in it that cannot be shown; give the file another name.")
    for beside in WRITTEN:
        _refuse_place(Path(f"{target}{beside}"), source)
    digest, work = _digest(source), work_of(target)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FilesUnreachable(f"{work} cannot be made; name another place for the result.") from error
    manifest = predictor.manifest
    job = Job(Files(LocalStore(prefix=work)), f"{digest[:12]}-{manifest.name}-{manifest.version}")
    # Of a link, what it is called here: where it leads, the name may end otherwise.
    match = Source.found(Files(LocalStore(prefix=source.absolute().parent)), source.name)
    plan = job.begin(match, manifest.name, lambda: manifest)
    progress(0, plan.rows)
    for number, chunk in enumerate(plan.chunks):
        job.score(plan, number, match, predictor)
        progress(chunk.first - 1 + chunk.rows, plan.rows)
    summary = job.join(plan, match, manifest, "result")
    if _state(source) != before:
        # Some of it may be of the one state, some of the other, and the file may go back to the first.
        shutil.rmtree(work)
        raise FileRefused(f"{source.name} was changed while it was read. Run the command again.")
    if summary.refusal:
        shutil.rmtree(work)
        raise FileRefused(summary.refusal)
    for beside in WRITTEN:
        (work / f"result{beside}").replace(f"{target}{beside}")
    shutil.rmtree(work)
    return summary


def work_of(target: Path) -> Path:
    """Return the folder with a target's finished chunks."""
    return target.with_name(f"{target.name}.parts")


def predictor_of(bundle: Path) -> Predictor:
    """Return a bundle's predictor, with its golden predictions checked; raises BundleDamaged."""
    manifest = manifests.manifest_of(bundle)
    try:
        files = {file: (bundle / file).read_bytes() for file in (MODEL_FILE, GOLDEN_FILE)}
    except OSError as error:
        raise BundleDamaged(f"{error.filename} cannot be read; train the model first, or again.") from error
    for file, content in files.items():
        check_file(manifest, file, content)
    return _proven(manifest, files[MODEL_FILE], files[GOLDEN_FILE])


def champion_of(store: ObjectStore, name: str) -> Predictor:
    """Return the serving version's predictor; raises ModelNotFound, and ModelNotReady for a live model, too."""
    registry = Registry(store)
    manifest = manifests.champion_of(registry, name)
    if manifest.kind == "live":
        raise LiveNotAllowed(
            f"{name} {manifest.version} can only be served live, by running its file, and files of a bucket are not "
            "run here. Train it here, and leave the bucket out."
        )
    return _proven(manifest, registry.file(manifest, MODEL_FILE), registry.file(manifest, GOLDEN_FILE))


def _proven(manifest: Manifest, model: bytes, golden: bytes) -> Predictor:
    predictor = open_version(manifest, model)
    check_golden(predictor, golden)
    return predictor


def _refuse_place(place: Path, source: Path) -> None:
    if place.is_dir():
        raise FileRefused(f"{place} is a folder; name a file for the result.")
    if place.exists() and not place.is_file():
        raise FileRefused(f"{place} is a device or a pipe, and the result would take its place; name a file.")
    if place.exists() and place.samefile(source):
        raise FileRefused(f"{place} would take the place of the file that it is made from; name another result.")


def _state(source: Path) -> tuple[int, int]:
    try:
        match = source.stat()
    except OSError as error:
        raise FileRefused(f"{source} cannot be read; is it there?") from error
    if not source.is_file():
        raise FileRefused(f"{source} is a folder, a device or a pipe; name a CSV or JSON Lines file.")
    return match.st_size, match.st_mtime_ns


def _digest(source: Path) -> str:
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileRefused(f"{source} cannot be read: {error.strerror}.") from error

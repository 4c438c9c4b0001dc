"""Adopts a model that was fitted elsewhere: its file and a sample of rows in, a bundle out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import sklearn

from picklejar import live
from picklejar.errors import NotRepeated, RowsRefused
from picklejar.manifest import Data, Evaluation, Manifest, Picture, check_name
from training import models
from training.adopt import notebook, sample
from training.adopt.joblib_file import NotAdopted
from training.adopt.missing_parts import check_scales
from training.adopt.mlflow_folder import Folder, check_columns, read_folder, write_sample
from training.adopt.model_file import Fitted
from training.adopt.open_parts import Given, open_parts
from training.adopt.sample import Sample
from training.adopt.targets import PREDICTION
from training.bundle import draft_manifest, finish, write_bundle
from training.dataset.infer import title
from training.dataset.inputs import Rows
from training.dataset.load import readable
from training.dataset.marks import ALL_MARKS, Marks
from training.evaluation.evaluate import evaluate_sample, verdict_on_each
from training.evaluation.predictions import Predictions, ask_several
from training.proof.libraries import named, with_releases
from training.proof.prove import prove
from training.proof.rows import ProofRows, limit_by_ties, tied_rows
from training.report.plots import draw_all
from training.report.style import Predicted

Step = Callable[[str], None]

NOT_SCORED = "How good it is was not measured here."
UNKNOWN_TRAINING = "It was fitted elsewhere; on what, is not known here."
TEXTS_TO_NUMBERS = (
    "Give the part that made numbers of texts, too, before the model: picklejar adopt encoders.pkl model.pkl."
)
NEVER_RUN = "It is not proven against {library}: its file was never run."


@dataclass(frozen=True)
class Adoption:
    """What is adopted, under which name, with which sample; a folder of MLflow's may have one.

    `then` are further files, in the order in which their parts are applied; `parts` are the names of the parts that are
    meant, and `labels` is the file of the target's encoder. `target` is the sample's column of true values; of what
    predicts several it is the first, and `further_targets` are the others in the order of y's columns. `held_out` says
    that the model was not fitted on the sample. With `trust` the file is run; `answers` is a CSV file of a notebook's
    own predictions for the sample's rows. `marks` are those that the sample's numbers may have. A version that
    `withholds_texts` hands out no rows.
    """

    file: Path
    name: str
    sample: Path | None
    target: str | None = None
    held_out: bool = False
    trust: bool = False
    marks: tuple[Marks, ...] = ALL_MARKS
    then: tuple[Path, ...] = ()
    parts: tuple[str, ...] = ()
    labels: Path | None = None
    answers: Path | None = None
    withholds_texts: bool = False
    further_targets: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return () if self.target is None else (self.target, *self.further_targets)


@dataclass(frozen=True)
class Adopted:
    """The manifest, the sample's columns that are not features and its empty rows, and what the user should know.

    `said` are sentences on what each part was taken for.
    """

    manifest: Manifest
    left_out: list[str]
    empty: int
    warning: str | None
    said: tuple[str, ...] = ()


def adopt(adoption: Adoption, bundle: Path, step: Step) -> Adopted:
    """Write the bundle of a fitted model to `bundle`, for `publish` to prove and upload.

    The sample gives the signature. Its rows' answers prove the model: scikit-learn's if the file is run, else the inert
    model's own.

    Raises:
        NotAdopted: the model cannot be served, or the sample does not fit it; says what to do.
        InvalidTrainingData: the sample cannot be read.
        InvalidDefinition: the name cannot name a model.
    """
    _check(adoption)
    with TemporaryDirectory() as directory:
        return _adopt(*_of_folder(adoption, Path(directory)), bundle, step)


def _of_folder(adoption: Adoption, directory: Path) -> tuple[Adoption, Folder | None]:
    """Return the adoption of the file in a folder of MLflow's, whose example is the sample unless one is given."""
    if not adoption.file.is_dir():
        return adoption, None
    folder = read_folder(adoption.file)
    sample = write_sample(folder, adoption.file, directory) if adoption.sample is None else adoption.sample
    return replace(adoption, file=folder.file, sample=sample), folder


def _adopt(adoption: Adoption, folder: Folder | None, bundle: Path, step: Step) -> Adopted:
    if adoption.sample is None:
        raise NotAdopted("Rows as the model is asked about are needed: name a CSV file of them with --sample.")
    asked = adoption.sample
    step("reading the model")
    columns = None if folder is None else folder.columns
    given = Given((adoption.file, *adoption.then), adoption.parts, adoption.labels, columns)
    opened = open_parts(given, lambda: sample.header(asked, adoption.targets), trust=adoption.trust, say=step)
    fitted = opened.fitted
    if folder is not None:
        check_columns(folder, fitted.names, fitted.count)
    step("reading the sample")
    rows = sample.load(
        adoption.sample, fitted, adoption.targets, adoption.marks, withholds_texts=adoption.withholds_texts
    )
    fitted = rows.fitted
    if opened.record is not None and (fitted.around is None or not fitted.around.columns):
        check_scales(opened.record, rows.X, rows.signature.features)
    step(f"asking it about {len(rows.X):,} rows")
    told = None if adoption.answers is None else _told(adoption.answers, rows, asked)
    rows, limits, kept = _without_ties(fitted, rows)
    answers = _answers(fitted, rows, adoption)
    if adoption.answers is not None and told is not None:
        tolerance = 0.0 if fitted.inert is None else fitted.inert.tolerance
        for name, expected, of_one in zip(_columns(rows), told, answers.each(), strict=True):
            notebook.check(adoption.answers, name, [expected[at] for at in kept], of_one.predicted, tolerance)
    _check_truth_values(fitted, rows)
    manifest = write_bundle(bundle, lambda new: _written(adoption, fitted, rows, answers, limits, new, step))
    return Adopted(manifest, rows.left_out, rows.empty, _warning(fitted), (*opened.said, *rows.said))


def _check(adoption: Adoption) -> None:
    check_name(adoption.name)
    if adoption.name in models.names():
        raise NotAdopted(f"{adoption.name} is a model of training/models already; choose another name.")
    if adoption.trust and adoption.answers is not None:
        raise NotAdopted("A file that is run with --trust is asked itself: leave out --answers, or --trust.")
    for target in adoption.targets:
        if adoption.targets.count(target) > 1:
            raise NotAdopted(f"--target names {target} twice; name each of several targets once.")
    if adoption.held_out and adoption.target is None:
        raise NotAdopted("Rows held out say how good a model is only with what is true of them: name it with --target.")


def _told(path: Path, rows: Sample, asked: Path) -> list[list[str]]:
    if rows.empty:
        raise NotAdopted(f"{asked} has empty rows, so that its rows are not those of {path}; remove them.")
    return notebook.predictions(path, len(rows.X), rows.signature.names, _columns(rows))


def _columns(rows: Sample) -> list[str]:
    """Return what a notebook's file calls the predictions of each target."""
    targets = rows.signature.targets
    return [target.name for target in targets] if len(targets) > 1 else [PREDICTION]


def _without_ties(fitted: Fitted, rows: Sample) -> tuple[Sample, list[str], list[int]]:
    """Leave out rows that a model read as data refuses for a tie, and say so on the card; the last are those kept."""
    everything = [*range(len(rows.X))]
    if fitted.was_run or fitted.inert is None:
        return rows, [], everything
    tied = tied_rows(fitted.inert, rows.X, rows.signature)
    if not 0 < len(tied) < len(rows.X):
        return rows, [], everything
    kept = np.setdiff1d(np.arange(len(rows.X)), tied)
    asked = rows.asked.iloc[kept] if isinstance(rows.asked, pd.DataFrame) else rows.asked[kept]
    y = None if rows.y is None else rows.y[kept]
    return replace(rows, X=rows.X[kept], asked=asked, y=y), [limit_by_ties(len(tied))], kept.tolist()


def _answers(fitted: Fitted, rows: Sample, adoption: Adoption) -> Predictions:
    names = rows.signature.names
    try:
        with warnings.catch_warnings():
            # Of steps that the notebook fitted on frames, and a pipeline hands arrays to.
            warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
            answers = ask_several(fitted.estimator, rows.asked if fitted.was_run else rows.X, rows.signature.targets)
    except RowsRefused as error:
        sentence = error.sentence if error.column is None else f"{names[error.column]} {error.sentence}."
        encoders = f" {TEXTS_TO_NUMBERS}" if error.rule == "type" else ""
        raise NotAdopted(
            f"The model refuses row {error.rows[0]} (counted from 0) of {adoption.sample}: {sentence}{encoders}"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotAdopted(f"The model cannot answer the rows of {adoption.sample}: {error}") from error
    if rows.signature.further_targets and fitted.description == "Booster":
        raise NotAdopted(
            "The Booster answers several numbers to a row. If they are the probabilities of classes, write it by its "
            'save_model("model.ubj") and adopt that file, whose labels are 0, 1, 2.'
        )
    of_labels = answers.scores if answers.scores is not None else answers.probabilities
    numbers = of_labels if rows.signature.target.labels else answers.predicted
    if (
        numbers is not None
        and (bad := np.flatnonzero(~np.isfinite(numbers.reshape(len(numbers), -1)).all(axis=1))).size
    ):
        raise NotAdopted(f"The model has no finite answer to row {bad[0]} (counted from 0) of {adoption.sample}.")
    return answers


def _check_truth_values(fitted: Fitted, rows: Sample) -> None:
    """Refuse a model that answers truth values otherwise than the numbers as which requests send them.

    Of a frame's column of truth values numpy's functions compute in half precision: of True, log1p is 0.6934.
    """
    of_truth = [at for at, feature in enumerate(rows.signature.features) if feature.type == "boolean"]
    if fitted.inert is None or fitted.names is None or not of_truth:
        return
    X = rows.X.astype(object)
    X[:, of_truth] = np.vectorize(lambda value: value if pd.isna(value) else value == 1, [object])(X[:, of_truth])
    try:
        as_frame, as_numbers = (ask_several(fitted.inert, asked, rows.signature.targets) for asked in (X, rows.X))
        is_same = all(map(np.array_equal, astuple(as_frame), astuple(as_numbers)))
    except RowsRefused:
        is_same = False
    if not is_same:
        names = ", ".join(rows.signature.names[at] for at in of_truth)
        raise NotAdopted(
            f"The model takes a function of truth values, of {names}. numpy computes them in half precision, requests "
            "send them as numbers, and the answers would differ. Make the column one of numbers, as by "
            'frame["paid"].astype(float), and fit again; if it was fitted on numbers, have 1 and 0 in the sample.'
        )


def _written(
    adoption: Adoption,
    fitted: Fitted,
    rows: Sample,
    answers: Predictions,
    limits: list[str],
    directory: Path,
    step: Step,
) -> Manifest:
    signature = rows.signature
    frame = readable(signature, rows.X, rows.y)
    evaluations = _evaluations(rows, answers, adoption)
    packages = fitted.packages or (live.packages() if fitted.was_run else fitted.releases)
    never_run = NEVER_RUN.format(library=named(packages))
    step("drawing the pictures")
    draft = draft_manifest(
        frame,
        name=adoption.name,
        title=title(adoption.name.replace("-", " ")),
        description=_description(adoption, fitted),
        verdict=verdict_on_each(evaluations, signature.targets) if evaluations else NOT_SCORED,
        limits=tuple(
            filter(None, [None if _is_proven(adoption) else never_run, UNKNOWN_TRAINING, _warning(fitted), *limits])
        ),
        estimator=fitted.description,
        signature=signature,
        evaluations=evaluations,
        data=Data(rows.sha256, len(rows.X), 0),
        adopted="run" if fitted.was_run else "answers" if adoption.answers else "read",
        around=fitted.around,
        packages=packages,
        pictures=_pictures(frame, rows, answers, directory),
        withholds_texts=adoption.withholds_texts,
    )
    manifest = finish(draft, fitted.pickle, ProofRows(rows.X, answers), directory, step)
    _check_served(manifest, fitted, directory)
    return manifest


def _is_proven(adoption: Adoption) -> bool:
    return adoption.trust or adoption.answers is not None


def _description(adoption: Adoption, fitted: Fitted) -> str:
    return f"{fitted.description.partition('(')[0]}, adopted from {_files(adoption)}{_proof(adoption, fitted)}."


def _proof(adoption: Adoption, fitted: Fitted) -> str:
    if fitted.packages is not None:
        return f"; proven against {with_releases(fitted.packages)}"
    return "; proven by the predictions of a notebook" if adoption.answers is not None else ""


def _files(adoption: Adoption) -> str:
    return " and ".join(file.name for file in (adoption.file, *adoption.then, adoption.labels) if file is not None)


def _evaluations(rows: Sample, answers: Predictions, adoption: Adoption) -> tuple[Evaluation, ...]:
    if rows.y is None:
        return ()
    return evaluate_sample(Rows(rows.X, rows.y), answers, rows.signature.targets, held_out=adoption.held_out)


def _pictures(frame: pd.DataFrame, rows: Sample, answers: Predictions, directory: Path) -> tuple[Picture, ...]:
    groups = [] if rows.y is None else [Predicted("Sample rows", rows.y, answers)]
    return draw_all(frame, rows.signature, groups, directory)


def _check_served(manifest: Manifest, fitted: Fitted, directory: Path) -> None:
    if manifest.kind == "inert":
        return
    why: Any = manifest.why_live
    if not fitted.was_run:
        raise NotAdopted(f"The model cannot be served. {why}")
    if manifest.signature.has_strings or fitted.names_pandas:
        what = "live models of strings" if manifest.signature.has_strings else "live models whose files name pandas"
        raise NotAdopted(f"The model cannot be served. {why} It would be live, and {what} are not served.")
    try:
        prove(directory)
    except NotRepeated as error:
        raise NotAdopted(
            f"The model cannot be served. {why} Nor does scikit-learn repeat its own answers, where it is asked about "
            "more rows at once: large numbers cancel one another. Put a StandardScaler before the model and fit again."
        ) from error


def _warning(fitted: Fitted) -> str | None:
    if not fitted.was_run or fitted.packages is not None or fitted.release == sklearn.__version__:
        return None
    return (
        f"The file was written by scikit-learn {fitted.release} and run by {sklearn.__version__}, which may answer "
        f"otherwise than {fitted.release} did."
    )

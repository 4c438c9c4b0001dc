"""The predictor: one version of one model, ready to answer requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec
import numpy as np

from picklejar.errors import (
    BrokenRule,
    BundleDamaged,
    InvalidDefinition,
    InvalidInstances,
    NotRepeated,
    RowsRefused,
    TooLarge,
)
from picklejar.inert.base.work import at_most
from picklejar.instances import MOST_BROKEN_RULES_LISTED, InstanceReader, Request
from picklejar.labels import Labels, labels_of
from picklejar.manifest import Golden, Manifest
from picklejar.ranges import Ranges
from picklejar.signature import OUTLIER_LABELS, SCORES, Output, Signature
from picklejar.wording import Label

if TYPE_CHECKING:
    from numpy.typing import NDArray

# By which a probability may differ, at most, and one of several targets, of its largest.
MOST_OF_A_PROBABILITY = 1e-6
# Written out with up to 24 bytes each, they stay below the 6 MB that an answer of Lambda's may have.
MOST_PROBABILITIES = 200_000
# Numbers that training rows are compared by, 1.3 ns each: the function is stopped after 20 s.
MOST_COMPARED = 12e9


class Estimator(Protocol):
    """What the predictor needs of a model; a classifier also has `predict_proba` and `classes_`."""

    def predict(self, X: NDArray[Any], /) -> NDArray[Any]:
        """Return an answer for each row of X, shape (rows,)."""


class InertEstimator(Estimator, Protocol):
    """What a proof needs besides of a model that was read as data."""

    tolerance: float

    def largest_term(self, X: NDArray[Any], /) -> float:
        """Return the largest term that an answer to X is the sum of."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The predictions for one request, in the order of its instances.

    Each is a number in the target's unit, a label, a list of probabilities in the order of `classes`, or a score; of
    several targets, an object with each of them by its name.
    """

    model: str
    version: str
    classes: tuple[Label, ...] = ()
    predictions: list[Any]


class Predictor:
    """Answers request bodies with an estimator of any kind."""

    def __init__(self, manifest: Manifest, estimator: Estimator) -> None:
        self.manifest = manifest
        self._estimator = estimator
        self.ranges = Ranges(manifest)
        self._reader = InstanceReader(_signature(manifest))
        self._targets = manifest.signature.targets
        self._classes = manifest.signature.target.labels
        self._labels = _labels(manifest, estimator) if self._classes else []

    def predict(self, body: bytes) -> Answer:
        """Return the answer to a request's body; raises InvalidRequest."""
        return self.answer(self.read(body))

    def read(self, body: bytes) -> Request:
        return self._reader.read(body)

    def read_rows(self, rows: list[Any], output: str) -> Request:
        return self._reader.read_rows(rows, output)

    def stacked(self, columns: Sequence[Any]) -> NDArray[Any]:
        """Return X of columns of values that keep every rule, in the signature's order."""
        return self._reader.stacked(columns)

    def answer_in_time(self, requests: Sequence[Request]) -> list[Answer]:
        """Return an answer to each; raises TooLarge where they would take longer than the API waits."""
        with at_most(MOST_COMPARED):
            return [self.answer(request) for request in requests]

    def answer(self, request: Request) -> Answer:
        X, output = request
        if output == "predict_proba":
            self._refuse_too_many(len(X))
        # Values that pass every limit may still overflow inside the model; the rows are named below.
        with np.errstate(over="ignore", invalid="ignore"):
            answers = self._answers(X, output)
        name, version = self.manifest.name, self.manifest.version
        if output == "predict_proba":
            probabilities = _finite(self._labels[0].in_order(answers)).tolist()
            return Answer(model=name, version=version, classes=self._classes, predictions=probabilities)
        if not self._labels or output in SCORES:
            answers = _finite(answers)
        # Fitted on y of shape (rows, 1), an estimator answers with that.
        columns = np.asarray(answers).reshape(len(X), len(self._targets)).T
        if output in SCORES or not self._labels:
            each = columns.tolist()
        else:
            each = [labels.plain(column) for labels, column in zip(self._labels, columns, strict=True)]
        return Answer(model=name, version=version, predictions=self._by_name(each))

    def _by_name(self, each: list[list[Any]]) -> list[Any]:
        """Return a prediction a row, of a list for each target."""
        if len(each) == 1:
            return each[0]
        names = [target.name for target in self._targets]
        return [dict(zip(names, row, strict=True)) for row in zip(*each, strict=True)]

    def _refuse_too_many(self, rows: int) -> None:
        most = MOST_PROBABILITIES // len(self._classes)
        if rows > most:
            raise TooLarge(
                f"{rows:,} instances were sent; with {len(self._classes)} probabilities each, one request takes at "
                f"most {most:,}. Send them in several requests."
            )

    def _answers(self, X: NDArray[Any], output: Output) -> NDArray[Any]:
        try:
            answers: NDArray[Any] = getattr(self._estimator, output)(X)
        except RowsRefused as error:
            name = None if error.column is None else self.manifest.signature.names[error.column]
            message = error.sentence if name is None else f"{name} {error.sentence}."
            listed = [
                BrokenRule(row=row, field=name, rule=error.rule, message=message)
                for row in error.rows[:MOST_BROKEN_RULES_LISTED]
            ]
            raise InvalidInstances(listed, total=len(error.rows)) from error
        return answers

    def replay(self, golden: Golden) -> None:
        """Answer the golden rows and compare.

        Raises:
            NotRepeated: a label differs, or a number or probability by more than the manifest tolerates.
        """
        if not difference(self.manifest, self.rerun(golden), golden) <= self.manifest.tolerance:
            raise NotRepeated(f"{self.manifest.name} {self.manifest.version} does not repeat its golden predictions.")

    def tolerance(self, golden: Golden) -> float:
        """Return how far an inert estimator may be from the answers of `golden`, relative to the largest of them.

        Labels are never tolerated. A probability moves by less than the terms that it is made of, and by a millionth at
        most, however these cancel; so does each of several targets.
        """
        estimator = cast("InertEstimator", self._estimator)
        is_label = bool(self.manifest.signature.target.labels) and not golden.scores
        largest = 1.0 if is_label else _smallest_scale(golden)
        X, _ = self.read(msgspec.json.encode({"instances": golden.instances}))
        tolerance = estimator.tolerance * max(1.0, estimator.largest_term(X) / largest)
        # The terms are those of all targets: what is large in one excuses nothing in another.
        is_bounded = is_label or len(self._targets) > 1
        return min(tolerance, max(estimator.tolerance, MOST_OF_A_PROBABILITY)) if is_bounded else tolerance

    def rerun(self, golden: Golden) -> Golden:
        answers = {
            output: self.predict(msgspec.json.encode({"instances": golden.instances, "output": output})).predictions
            for output in self.manifest.signature.outputs
        }
        score = self.manifest.signature.score
        return Golden(
            golden.instances,
            answers["predict"],
            answers.get("predict_proba", []),
            answers[score] if score is not None else [],
        )


def difference(manifest: Manifest, answers: Golden, expected: Golden) -> float:
    """Return how far answers are apart, relative to the largest expected; infinite if a label or the shape differs.

    Of several targets, each is relative to its own largest.
    """
    if not manifest.signature.target.labels:
        both = _columns(answers.predictions), _columns(expected.predictions)
        if both[0].keys() != both[1].keys():
            return math.inf
        return max((_difference(both[0][name], column) for name, column in both[1].items()), default=0.0)
    if answers.predictions != expected.predictions:
        return math.inf
    return max(_difference(answers.probabilities, expected.probabilities), _difference(answers.scores, expected.scores))


def _columns(predictions: list[Any]) -> dict[str, list[Any]]:
    """Return predictions by the name of their target, which one alone does not say."""
    several = [row for row in predictions if isinstance(row, dict)]
    if not several:
        return {"": predictions}
    return {name: [row.get(name) for row in several] for name in several[0]}


def _smallest_scale(golden: Golden) -> float:
    """Return the largest answer of the target whose largest is the smallest, but for targets that are all 0."""
    columns = [golden.scores] if golden.scores else _columns(golden.predictions).values()
    scales = [float(np.abs(np.array(column)).max(initial=0)) for column in columns]
    return min((scale for scale in scales if scale), default=math.inf)


def _difference(answers: list[Any], expected: list[Any]) -> float:
    ours, theirs = np.array(answers, dtype=np.float64), np.array(expected, dtype=np.float64)
    if ours.shape != theirs.shape:
        return math.inf
    largest = float(np.abs(theirs).max(initial=0)) or 1.0
    return float(np.abs(ours - theirs).max(initial=0)) / largest


def _signature(manifest: Manifest) -> Signature:
    """Return the signature; those of early adopted models do not say that they learned NaN for a missing text."""
    if manifest.adopted and manifest.signature.has_strings:
        return msgspec.structs.replace(manifest.signature, missing_text="nan")
    return manifest.signature


def _labels(manifest: Manifest, estimator: Any) -> list[Labels]:
    try:
        unknown = np.array(OUTLIER_LABELS if manifest.signature.score else [])
        labels = labels_of(manifest.signature.targets, getattr(estimator, "classes_", unknown))
    except InvalidDefinition as error:
        raise BundleDamaged(f"The model of {manifest.name} is not of its manifest's labels. {error}") from error
    for output in manifest.signature.outputs:
        if not hasattr(estimator, output):
            raise BundleDamaged(f"The model of {manifest.name} has no {output}, which its manifest promises.")
    return labels


def _finite(answers: NDArray[Any]) -> NDArray[np.float64]:
    numbers = np.asarray(answers, dtype=np.float64)
    if not np.isfinite(numbers).all():
        rows = np.flatnonzero(~np.isfinite(numbers).reshape(len(numbers), -1).all(axis=1))
        raise InvalidInstances([_no_finite_answer(int(row)) for row in rows])
    return numbers


def _no_finite_answer(row: int) -> BrokenRule:
    message = "The model has no finite answer for these values."
    return BrokenRule(row=row, field=None, rule="finite", message=message)

"""The manifest: all that is known of one version, written last and never changed."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any, Literal

import msgspec

from picklejar.errors import BundleDamaged, InvalidDefinition
from picklejar.instances import MOST_INSTANCES
from picklejar.signature import Signature
from picklejar.wording import Label

FORMAT = 1
MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.pkl"
GOLDEN_FILE = "golden.json"
# Stays where it was trained: it holds every training row.
PROOF_FILE = "proof.jsonl"
# Also what keeps a name in a request's path from reaching any other place in the bucket.
MODEL_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
VERSION = re.compile(r"[0-9a-f]{12}")


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the bundle: its SHA-256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> File:
        return cls(hashlib.sha256(content).hexdigest(), len(content))


class Scores(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How good one set of predictions is.

    Of numbers: R2, and RMSE and MAE in the target's unit. Of labels: accuracy, balanced accuracy, F1 (of the second of
    two classes, else the mean) and, with probabilities, log loss and ROC AUC (of several classes each against the rest;
    None where a class has no rows).
    """

    r2: float | None = None
    rmse: float | None = None
    mae: float | None = None
    accuracy: float | None = None
    balanced_accuracy: float | None = None
    f1: float | None = None
    log_loss: float | None = None
    roc_auc: float | None = None

    @property
    def known(self) -> dict[str, float]:
        """The scores that are finite numbers; NaN and infinity become null in JSON."""
        scores = msgspec.structs.asdict(self).items()
        return {name: score for name, score in scores if score is not None and math.isfinite(score)}


class Evaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The scores of the estimator and the baseline on the same rows.

    The baseline predicts the training mean, or the most frequent label of all rows and the labels' frequencies there.
    `spread` is the standard deviation over the folds, where there are folds. `target` is the one of several that is
    scored.
    """

    name: str
    title: str
    rows: int
    estimator: Scores
    baseline: Scores
    spread: Scores | None = None
    target: str | None = None


class Statistics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One numeric column of the training rows, in its unit, without the `missing` nulls."""

    missing: int
    mean: float
    std: float
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float


class Frequencies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column of categories of the training rows; booleans are yes and no.

    `missing` counts nulls, `different` the categories; `frequent` maps the most frequent to their rows, in order.
    """

    missing: int
    different: int
    frequent: tuple[tuple[str, int], ...]


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data set: its file's SHA-256, its rows and those of the fit, 0 where an adopted sample leaves them open."""

    sha256: str
    rows: int
    fitted_rows: int


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One picture of the bundle: its file, a title, and a sentence for those who cannot see it."""

    file: str
    title: str
    alt: str


class Dummies(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The columns of 0 and 1 that the estimator has in place of one feature, as `pandas.get_dummies` makes them.

    `columns` has each known value as text, and the name of its column, or None for the one that was left out. `missing`
    is the column of missing values, if they have one.
    """

    columns: dict[str, str | None]
    missing: str | None = None


class Around(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is done before and after the estimator, as its file cannot say it.

    `columns` are the estimator's own, in order, each of them a feature or one of the `dummies`, which are by feature;
    empty where these are the features themselves. `labels` are the labels of classes 0, 1, 2 and so on.
    """

    columns: tuple[str, ...] = ()
    dummies: dict[str, Dummies] = {}
    labels: tuple[Label, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of one model.

    A numeric column has `statistics`, one of categories `frequencies`. `verdict` says how good the model is, `limits`
    what not to use it for; `trained_at` is a UTC time in ISO 8601. `why_live` says why a model is not inert; `proof` is
    the file that proves an inert one, and is not uploaded.

    `withholds_texts` says that golden rows, which have texts, are not handed out.

    `tolerance` is how far numbers may be from the golden predictions, relative to the largest of them: that of the
    estimator's family, as its proof found it.

    Of an `adopted` model the rows are a sample: "run" if scikit-learn's answers are known, "answers" if a notebook's
    predictions were compared, "read" if only the inert model's own answers are known. `around` is what is done before
    and after the estimator, if anything.

    `version` is the first 12 hexadecimal digits of the SHA-256 of all but `trained_at`.
    """

    format: int
    name: str
    version: str
    title: str
    description: str
    verdict: str
    limits: tuple[str, ...]
    trained_at: str
    estimator: str
    kind: Literal["inert", "live"]
    why_live: str | None = None
    signature: Signature
    evaluations: tuple[Evaluation, ...]
    statistics: dict[str, Statistics]
    frequencies: dict[str, Frequencies] = {}
    data: Data
    adopted: Literal["run", "read", "answers"] | None = None
    around: Around | None = None
    packages: dict[str, str]
    pictures: tuple[Picture, ...]
    proof: File
    tolerance: float = 1e-12
    withholds_texts: bool = False
    files: dict[str, File]

    def __post_init__(self) -> None:
        check_name(self.name)
        if (self.kind == "live") != (self.why_live is not None):
            raise InvalidDefinition(f"{self.name} says why it is live where it is inert, or does not where it is live.")

    def sealed(self) -> Manifest:
        unversioned = msgspec.json.encode(msgspec.structs.replace(self, version="", trained_at=""))
        # Once through JSON, so that a limit written 0 and the 0.0 it is read back as give the same digest.
        read_back = msgspec.json.decode(unversioned, type=Manifest)
        digest = hashlib.sha256(msgspec.json.encode(read_back, order="deterministic")).hexdigest()
        return msgspec.structs.replace(self, version=digest[:12])

    def encode(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"

    def public(self) -> dict[str, Any]:
        shown = {field: value for field, value in msgspec.structs.asdict(self).items() if field != "format"}
        return shown | {"request_schema": self.signature.json_schema(MOST_INSTANCES)}


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Golden predictions: training rows as a caller would send them, and the fitted estimator's answers.

    Of several targets, a prediction has each by its name. `probabilities` has a list for each row, in the order of the
    signature's classes; `scores` a number, of what tells outliers.
    """

    instances: list[dict[str, float | bool | str | None]]
    predictions: list[float | Label | dict[str, float | Label]]
    probabilities: list[list[float]] = []
    scores: list[float] = []


def check_name(name: str) -> None:
    """Raise InvalidDefinition unless `name` can stand in an address and a key."""
    if not MODEL_NAME.fullmatch(name):
        raise InvalidDefinition(
            f"{name!r} cannot name a model: use 1 to 63 lower-case letters, digits, - and _, a letter first."
        )


def decode_manifest(content: bytes) -> Manifest:
    """Return the manifest in `content`; raises BundleDamaged if it was changed since it was sealed."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, InvalidDefinition, UnicodeDecodeError, RecursionError) as error:
        raise BundleDamaged("The manifest cannot be read; publish the version again.") from error
    if not {MODEL_FILE, GOLDEN_FILE} <= manifest.files.keys():
        raise BundleDamaged(f"The manifest of {manifest.name} lacks {MODEL_FILE} or {GOLDEN_FILE}; train it again.")
    if manifest.sealed().version != manifest.version:
        raise BundleDamaged(f"The manifest of {manifest.name} was changed after it was published.")
    return manifest

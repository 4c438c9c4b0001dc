"""The manifest: all that is known of one version of one model, written last and never changed."""

from __future__ import annotations

import hashlib
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
        """Return what identifies a file of this content."""
        return cls(hashlib.sha256(content).hexdigest(), len(content))


class Scores(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How good one set of predictions is.

    Of numbers: R2 (no unit), RMSE and MAE (both in the target's unit). Of labels, all without unit: accuracy, balanced
    accuracy and F1 (of the second class or, of more than two, the mean) and, where there are probabilities, log loss
    and ROC AUC (of more than two classes the mean of each against the rest; None where rows of a class are missing,
    or were ranked by different fits).
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
        """The scores that there are, by their names."""
        return {name: score for name, score in msgspec.structs.asdict(self).items() if score is not None}


class Evaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the estimator and the baseline did on the same rows.

    The baseline always predicts the training mean or, of labels, the most frequent one and how frequent each is.
    `spread` is the standard deviation of the estimator's scores over the folds, where there are folds.
    """

    name: str
    title: str
    rows: int
    estimator: Scores
    baseline: Scores
    spread: Scores | None = None


class Statistics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column of the training rows, in its own unit; `missing` counts the nulls, the rest leaves them out."""

    missing: int
    mean: float
    std: float
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float


class Frequencies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column of the training rows that holds categories: strings, or booleans as yes and no.

    `missing` counts the nulls, `different` the categories; `frequent` has the most frequent of them and their
    rows, those of the most rows first.
    """

    missing: int
    different: int
    frequent: tuple[tuple[str, int], ...]


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data set: the SHA-256 of its file, its rows, and how many of them the estimator was fitted on.

    Of a sample that a model was adopted with, that is not known, and 0 stands for it.
    """

    sha256: str
    rows: int
    fitted_rows: int


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One picture of the bundle: its file, a title, and a sentence for those who cannot see it."""

    file: str
    title: str
    alt: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of one model.

    A column of the training rows is described by `statistics` if it holds numbers, by `frequencies` if categories.
    `verdict` says in one sentence how good the model is, `limits` what it must not be used for, `estimator` is
    scikit-learn's own description. `trained_at` is a UTC time in ISO 8601.

    A model is served inert, its file read as data and never run, or live, its file run by scikit-learn; `why_live`
    is the sentence on why it is not inert. `proof` is the file that publishing proves the kind by, and that is not
    uploaded.

    `adopted` is None of a model that was trained here. One that was fitted elsewhere came as a file, and its rows are a
    sample, whatever it was fitted on: the file was run, so that the answers to compare with are scikit-learn's, or it
    was only read, so that they are the inert model's own.

    `version` is the first 12 hexadecimal digits of the SHA-256 of all the rest but `trained_at`, so the same
    training gives the same version, and other content can never take its place.
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
    adopted: Literal["run", "read"] | None = None
    packages: dict[str, str]
    pictures: tuple[Picture, ...]
    proof: File
    files: dict[str, File]

    def __post_init__(self) -> None:
        """Refuse a name that cannot stand in an address, and a live model without its reason."""
        check_name(self.name)
        if (self.kind == "live") != (self.why_live is not None):
            raise InvalidDefinition(f"{self.name} says why it is live where it is inert, or does not where it is live.")

    def sealed(self) -> Manifest:
        """Return this manifest with the version its content gives it."""
        unversioned = msgspec.json.encode(msgspec.structs.replace(self, version="", trained_at=""))
        # Once through JSON, so that a limit written 0 and the 0.0 it is read back as give the same digest.
        read_back = msgspec.json.decode(unversioned, type=Manifest)
        digest = hashlib.sha256(msgspec.json.encode(read_back, order="deterministic")).hexdigest()
        return msgspec.structs.replace(self, version=digest[:12])

    def encode(self) -> bytes:
        """Return the manifest's file, indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"

    def public(self) -> dict[str, Any]:
        """Return the part a caller of the endpoint may see, with the JSON Schema of a request."""
        shown = {field: value for field, value in msgspec.structs.asdict(self).items() if field != "format"}
        return shown | {"request_schema": self.signature.json_schema(MOST_INSTANCES)}


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Training rows as a caller would send them, and the fitted estimator's own answers to them.

    `probabilities` has a list for each row, of one for each class of the signature, where it has any.
    """

    instances: list[dict[str, float | bool | str | None]]
    predictions: list[float | Label]
    probabilities: list[list[float]] = []


def check_name(name: str) -> None:
    """Raise InvalidDefinition unless `name` can stand in an address and in a key of the jar."""
    if not MODEL_NAME.fullmatch(name):
        raise InvalidDefinition(
            f"{name!r} cannot name a model: use 1 to 63 lower-case letters, digits, - and _, a letter first."
        )


def decode_manifest(content: bytes) -> Manifest:
    """Return the manifest in `content`; raises BundleDamaged where it is none, or was changed since it was sealed."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, InvalidDefinition, UnicodeDecodeError, RecursionError) as error:
        raise BundleDamaged("The manifest cannot be read; publish the version again.") from error
    if not {MODEL_FILE, GOLDEN_FILE} <= manifest.files.keys():
        raise BundleDamaged(f"The manifest of {manifest.name} lacks {MODEL_FILE} or {GOLDEN_FILE}; train it again.")
    if manifest.sealed().version != manifest.version:
        raise BundleDamaged(f"The manifest of {manifest.name} was changed after it was published.")
    return manifest

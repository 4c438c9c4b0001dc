"""Every error Picklejar raises on purpose, as one tree; each carries the sentence its reader sees.

PicklejarError
├── InvalidRequest
│   ├── NotJson
│   ├── TooLarge
│   └── InvalidInstances
├── FileRefused, FilesUnreachable
├── RowsRefused
├── UnreadablePickle
│   ├── UnsafePickle
│   ├── UnsupportedEstimator
│   └── DamagedPickle
├── ModelNotFound, NoSuchFile
├── ModelNotReady
│   ├── JarUnreachable
│   ├── BundleDamaged
│   ├── MemoryTooSmall
│   ├── PackagesDiffer
│   └── LiveNotAllowed
├── CandidateNotReady, CanaryRefused
├── AliasMoved, VersionTaken, VersionServes, NowhereToGo
└── InvalidDefinition, InvalidTrainingData, InvalidConfiguration
"""

from __future__ import annotations

import msgspec


class BrokenRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the signature that a row breaks; `row` counts from 0; row and field are null for the body itself."""

    row: int | None
    field: str | None
    rule: str
    message: str


class PicklejarError(Exception):
    """The root of the tree; `str(error)` is a whole sentence, fit to be shown."""


class InvalidRequest(PicklejarError):
    """The model cannot answer what the caller sent."""


class NotJson(InvalidRequest):
    """The body is not JSON."""


class TooLarge(InvalidRequest):
    """The body has too many bytes or instances."""


class InvalidInstances(InvalidRequest):
    """Rows or fields break the signature's rules.

    `broken` lists them in the order of the rows, cut where they are many; `total` counts all.
    """

    def __init__(self, broken: list[BrokenRule], total: int | None = None) -> None:
        self.broken = broken
        self.total = len(broken) if total is None else total
        rules = "1 rule is broken" if self.total == 1 else f"{self.total} rules are broken"
        listed = "" if self.total == len(broken) else f" The first {len(broken)} are listed."
        super().__init__(f"{rules}; each entry names the row, counted from 0, and the field.{listed}")


class FileRefused(PicklejarError):
    """A file cannot be read as rows of the model, so none is predicted."""


class FilesUnreachable(PicklejarError):
    """A file of rows or results cannot be read or written."""


class RowsRefused(PicklejarError):
    """The estimator has no answer for the value in `column` (from 0) of `rows` (from 0), by the rule.

    `sentence` ends one that begins with the field's name: "must be finite". A whole row is refused with None for
    `column` and a whole sentence.
    """

    def __init__(self, rows: list[int], column: int | None, rule: str, sentence: str) -> None:
        self.rows = rows
        self.column = column
        self.rule = rule
        self.sentence = sentence
        shown = ", ".join(map(str, rows[:10]))
        super().__init__(
            f"Row {shown}: {sentence}"
            if column is None
            else f"Column {column} of X {sentence}; it is not in row {shown}."
        )

    def moved(self, column: int | None, row: int = 0) -> RowsRefused:
        """Return the refusal as that of a whole which has the part's column as `column`, and its rows from `row` on."""
        rows = [row + refused for refused in self.rows]
        return RowsRefused(rows, None if self.column is None else column, self.rule, self.sentence)


class UnreadablePickle(PicklejarError):
    """A file is not an estimator that can be read as data."""

    @property
    def reason(self) -> str:
        return str(self)


class UnsafePickle(UnreadablePickle):
    """A file names something that is not on the allowlist, or reaches outside itself."""


class UnsupportedEstimator(UnreadablePickle):
    """A file holds an estimator, or parameters, that are not read; `instead` is a sentence on what would be."""

    def __init__(self, name: str, why: str = "", instead: str = "") -> None:
        self.name = name
        refused = f"{' '.join(filter(None, [name, why]))} is not read as data."
        self._reason = f"{refused} {instead}".strip()
        # Other libraries are not there where live models are served.
        live = " It can be served live, which runs the file with scikit-learn: deploy with LiveModels=true."
        super().__init__(self._reason + live * name.startswith("sklearn."))

    @property
    def reason(self) -> str:
        return self._reason


class DamagedPickle(UnreadablePickle):
    """A file is not a whole pickle, or contradicts itself."""


class ModelNotFound(PicklejarError):
    """No model of that name is served."""


class NoSuchFile(PicklejarError):
    """There is no such version, or it hands out no such file."""


class ModelNotReady(PicklejarError):
    """The model exists, but cannot answer now."""


class JarUnreachable(ModelNotReady):
    """S3 did not answer, or refused."""


class BundleDamaged(ModelNotReady):
    """S3 does not hold what was published."""


class NotRepeated(BundleDamaged):
    """A version does not repeat its golden predictions."""


class MemoryTooSmall(ModelNotReady):
    """There is not enough memory to load the model."""


class PackagesDiffer(ModelNotReady):
    """The packages here are not those that the model was trained with."""


class LiveNotAllowed(ModelNotReady):
    """The model needs its file to be run, which this deployment does not allow."""


class CandidateNotReady(PicklejarError):
    """A canary's candidate cannot answer, so the champion does."""


class CanaryRefused(PicklejarError):
    """The version cannot be tried, or there is no champion beside it."""


class AliasMoved(PicklejarError):
    """Somebody else moved the alias between our read and our write."""


class VersionTaken(PicklejarError):
    """The version exists with other content."""


class VersionServes(PicklejarError):
    """The version serves, so it cannot be retired."""


class NowhereToGo(PicklejarError):
    """There is no earlier version to roll back to."""


class InvalidDefinition(PicklejarError):
    """A model's definition contradicts itself."""


class InvalidTrainingData(PicklejarError):
    """The data set breaks the model's signature."""


class InvalidConfiguration(PicklejarError):
    """An environment variable is missing or unreadable."""

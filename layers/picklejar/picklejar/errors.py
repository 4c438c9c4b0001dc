"""Every error Picklejar raises on purpose, as one tree; each carries the sentence its reader sees.

PicklejarError
├── InvalidRequest          the caller sent something the model cannot answer
│   ├── NotJson             the body is not JSON at all
│   ├── TooLarge            the body has too many bytes or too many instances
│   └── InvalidInstances    some rows or fields break the signature's rules; lists every one
├── FileRefused             a file of many rows cannot be read as rows of the model at all
├── FilesUnreachable        a file of many rows, or what is made of it, cannot be read or written
├── RowsRefused             the estimator has no answer for some rows' values
├── UnreadablePickle        a file is no estimator that Picklejar can read as data
│   ├── UnsafePickle        it names something that is not on the list; it may be a program
│   ├── UnsupportedEstimator  it holds an estimator that is not read; it may be served live
│   └── DamagedPickle       it is no whole pickle, or describes what cannot be
├── ModelNotFound           no model of that name is served
├── NoSuchFile              no version has that file, or none that is handed out
├── ModelNotReady           the model exists, and cannot answer at the moment
│   ├── JarUnreachable      S3 did not answer, or refused us
│   ├── BundleDamaged       what S3 holds is not what was published
│   ├── MemoryTooSmall      there is not enough memory to load the model
│   ├── PackagesDiffer      the model was trained with other versions of its packages than these
│   └── LiveNotAllowed      the model can only be served live, which this deployment does not do
├── CandidateNotReady       a canary's candidate cannot answer, so the champion does
├── CanaryRefused           a version cannot be tried beside the champion
├── AliasMoved              somebody else moved the alias first
├── VersionTaken            the version exists with other content
├── VersionServes           the version serves by some alias, and cannot be retired
├── NowhereToGo             the alias stood for no other version that is still there
├── InvalidDefinition       a model's definition contradicts itself
├── InvalidTrainingData     the data set breaks the model's own signature
└── InvalidConfiguration    an environment variable is missing or unreadable
"""

from __future__ import annotations

import msgspec


class BrokenRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the signature that one row breaks; `row` counts from 0, both are null for the body itself."""

    row: int | None
    field: str | None
    rule: str
    message: str


class PicklejarError(Exception):
    """The root of the tree; `str(error)` is a whole sentence, fit to be shown."""


class InvalidRequest(PicklejarError):
    """The caller sent something the model cannot answer."""


class NotJson(InvalidRequest):
    """The body is not JSON at all."""


class TooLarge(InvalidRequest):
    """The body has too many bytes or too many instances."""


class InvalidInstances(InvalidRequest):
    """Some rows or fields break the signature's rules.

    `broken` lists the broken rules, in the order of the rows; `total` counts them all, also those
    left out where the list was cut.
    """

    def __init__(self, broken: list[BrokenRule], total: int | None = None) -> None:
        self.broken = broken
        self.total = len(broken) if total is None else total
        rules = "1 rule is broken" if self.total == 1 else f"{self.total} rules are broken"
        listed = "" if self.total == len(broken) else f" The first {len(broken)} are listed."
        super().__init__(f"{rules}; each entry names the row, counted from 0, and the field.{listed}")


class FileRefused(PicklejarError):
    """A file of many rows cannot be read as rows of the model at all, so that none of them is predicted."""


class FilesUnreachable(PicklejarError):
    """A file of many rows, or what is made of it, cannot be read or written where it is."""


class RowsRefused(PicklejarError):
    """The estimator has no answer for the value in `column` (from 0) of `rows` (from 0), by the rule.

    `sentence` ends one that begins with the field's name, as in "must be finite". Where the whole row is refused,
    `column` is None and `sentence` a whole one.
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
    """A file is no estimator that Picklejar can read as data; `reason` says why, without what could be done."""

    @property
    def reason(self) -> str:
        """The sentence on the file alone."""
        return str(self)


class UnsafePickle(UnreadablePickle):
    """A file names something that is not on the list, or reaches outside itself; it may be a program."""


class UnsupportedEstimator(UnreadablePickle):
    """A file holds an estimator, or parameters of one, that Picklejar does not read."""

    def __init__(self, name: str, why: str = "") -> None:
        self.name = name
        self._reason = f"{' '.join(filter(None, [name, why]))} is not read as data."
        super().__init__(
            f"{self._reason} It can be served live, which runs the file with scikit-learn: deploy with LiveModels=true."
        )

    @property
    def reason(self) -> str:
        """The sentence on the file alone."""
        return self._reason


class DamagedPickle(UnreadablePickle):
    """A file is no whole pickle, or describes what cannot be."""


class ModelNotFound(PicklejarError):
    """No model of that name is served."""


class NoSuchFile(PicklejarError):
    """There is no such version, or it has no such file, or the file is not handed out."""


class ModelNotReady(PicklejarError):
    """The model exists, and cannot answer at the moment."""


class JarUnreachable(ModelNotReady):
    """S3 did not answer, or refused us."""


class BundleDamaged(ModelNotReady):
    """What S3 holds is not what was published."""


class MemoryTooSmall(ModelNotReady):
    """There is not enough memory to load the model."""


class PackagesDiffer(ModelNotReady):
    """The model was trained with other versions of its packages than the ones that would read it."""


class LiveNotAllowed(ModelNotReady):
    """The model can only be served live, by running its file, which this deployment does not do."""


class CandidateNotReady(PicklejarError):
    """The candidate of a canary cannot answer; no caller sees it, because then the champion does."""


class CanaryRefused(PicklejarError):
    """The version cannot be tried beside the champion, or there is none beside which it could."""


class AliasMoved(PicklejarError):
    """Somebody else moved the alias between our reading it and our writing it."""


class VersionTaken(PicklejarError):
    """The version exists already, with other content."""


class VersionServes(PicklejarError):
    """The version serves by some alias, and cannot be retired."""


class NowhereToGo(PicklejarError):
    """The alias stood for no other version that is still there, so it cannot be rolled back."""


class InvalidDefinition(PicklejarError):
    """A model's definition contradicts itself."""


class InvalidTrainingData(PicklejarError):
    """The data set breaks the model's own signature."""


class InvalidConfiguration(PicklejarError):
    """An environment variable is missing or unreadable."""

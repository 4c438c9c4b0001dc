"""The loss that versions are compared by."""

from __future__ import annotations

from dataclasses import dataclass

from picklejar.manifest import Evaluation, Manifest, Scores

# Evaluations on rows that the estimator was fitted on, or may have been.
SEEN = {"train", "sample"}


@dataclass(frozen=True)
class Loss:
    """What the gate compares, less being better: RMSE in the target's unit or, for labels, without unit."""

    name: str
    value: float

    def __str__(self) -> str:
        return f"{self.name} {self.value:,.6g}"


def loss(*scores: Scores) -> list[Loss]:
    """Return one loss for all: RMSE; for labels log loss where all have it, else the error rate."""
    for name, shown in (("rmse", "RMSE"), ("log_loss", "log loss")):
        known = [score.known[name] for score in scores if name in score.known]
        if len(known) == len(scores):
            return [Loss(shown, value) for value in known]
    return [Loss("share of errors", 1 - score.known["accuracy"]) for score in scores]


def unseen(manifest: Manifest) -> list[Evaluation]:
    """Return the evaluations on unseen rows; that on folds, which has all rows, is the last."""
    return [item for item in manifest.evaluations if item.name not in SEEN]

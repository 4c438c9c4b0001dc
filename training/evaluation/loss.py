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
    """Return the loss that all have: RMSE; for labels log loss, else the share of errors. Empty if they share none."""
    known = [score.known for score in scores]
    if all("rmse" in each for each in known):
        return [Loss("RMSE", each["rmse"]) for each in known]
    if all("log_loss" in each for each in known):
        return [Loss("log loss", each["log_loss"]) for each in known]
    if all("accuracy" in each for each in known):
        return [Loss("share of errors", 1 - each["accuracy"]) for each in known]
    return []


def unseen(manifest: Manifest) -> list[Evaluation]:
    """Return the evaluations on unseen rows; that on folds, which has all rows, is the last."""
    return [item for item in manifest.evaluations if item.name not in SEEN]

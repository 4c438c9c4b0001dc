"""The gate: reasons not to promote a version, by its scores and the champion's."""

from __future__ import annotations

from picklejar.manifest import Evaluation, Manifest
from training.evaluation.loss import loss, unseen

# By so much, of the champion's loss, may a version be worse on the same rows: a seed or a package moves it as far.
MARGIN = 0.01


def refusal(manifest: Manifest, champion: Manifest | None) -> str | None:
    """Return the sentence on why a version should not serve, or None.

    It is compared with the baseline on held-out rows and on folds, and on the last of these with the champion, if that
    was scored on the same rows.
    """
    if manifest.adopted == "read":
        return (
            "It is not proven against scikit-learn: its file was never run. Adopt it again with --trust, if you trust "
            "who made it, or with the notebook's own predictions as --answers."
        )
    scores = unseen(manifest)
    if not scores:
        return (
            "Nothing is known of how good it is on rows that it has not seen. If the sample's rows were held out from "
            "its training, adopt it again with --target and --held-out."
        )
    for score in scores:
        ours, baseline = loss(score.estimator, score.baseline)
        if not ours.value < baseline.value:
            guess = "the average" if ours.name == "RMSE" else "by how frequent each label is"
            return f"It does not beat guessing {guess}: {ours} on {_rows(score)}, where that has {baseline.value:,.6g}."
    return None if champion is None or champion.data != manifest.data else _worse(scores[-1], champion)


def _worse(score: Evaluation, champion: Manifest) -> str | None:
    scores = unseen(champion)
    if not scores:
        return None
    before = scores[-1]
    ours, _ = loss(score.estimator, score.baseline)
    theirs, _ = loss(before.estimator, before.baseline)
    if (before.name, before.rows, theirs.name) != (score.name, score.rows, ours.name):
        return None
    if ours.value > theirs.value * (1 + MARGIN):
        return (
            f"It is worse than the champion, {champion.version}, on the same rows: {ours} on {_rows(score)}, where the "
            f"champion has {theirs.value:,.6g}."
        )
    return None


def _rows(score: Evaluation) -> str:
    return f"{score.rows:,} rows ({score.title.lower()})"

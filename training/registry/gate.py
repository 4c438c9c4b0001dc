"""The gate: reasons not to promote a version, by its scores and the champion's."""

from __future__ import annotations

import math

from picklejar.manifest import Evaluation, Manifest
from training.evaluation.loss import loss, unseen
from training.proof.libraries import named

# By so much, of the champion's loss, may a version be worse on the same rows: a seed or a package moves it as far.
MARGIN = 0.01
# Losses closer than this, relative to the larger, are equal: 1.01 times a loss is rarely the float that is written so.
ROUNDING = 1e-9
# Losses so small beside the baseline's are rounding themselves.
NOTHING = 1e-12


def refusal(manifest: Manifest, champion: Manifest | None) -> str | None:
    """Return the sentence on why a version should not serve, or None.

    It is compared with the baseline on held-out rows and on folds, and with the champion on the last of these that both
    were scored on.
    """
    if manifest.adopted == "read":
        return (
            f"It is not proven against {named(manifest.packages)}: its file was never run. Adopt it again with "
            "--trust, if you trust who made it, or with the notebook's own predictions as --answers."
        )
    scores = unseen(manifest)
    if not scores:
        return (
            "Nothing is known of how good it is on rows that it has not seen. If the sample's rows were held out from "
            "its training, adopt it again with --target and --held-out."
        )
    for score in scores:
        losses = loss(score.estimator, score.baseline)
        if not losses:
            return f"Its scores on {_rows(score)} cannot be compared with guessing: one is missing or not a number."
        ours, baseline = losses
        if not _is_less(ours.value, baseline.value):
            guess = "the average" if ours.name == "RMSE" else "by how frequent each label is"
            return f"It does not beat guessing {guess}: {ours} on {_rows(score)}, where that has {baseline.value:,.6g}."
    return None if champion is None or champion.data != manifest.data else _worse(scores, manifest, champion)


def _worse(scores: list[Evaluation], manifest: Manifest, champion: Manifest) -> str | None:
    """Compare on the last evaluation that both have and a loss of which both know, of several targets on each.

    Folds are the last. They have all rows, while held-out rows are few, and others where another seed chose them. So
    held-out rows decide only where the folds cannot.
    """
    theirs_on = {(item.name, _target(item, champion), item.rows): item.estimator for item in unseen(champion)}
    decided = None
    for score in reversed(scores):
        if decided not in (None, score.name):
            break
        before = theirs_on.get((score.name, _target(score, manifest), score.rows))
        losses = loss(score.estimator, before, score.baseline) if before else []
        if not losses:
            continue
        decided = score.name
        ours, theirs, baseline = losses
        if _is_less(theirs.value * (1 + MARGIN), ours.value, NOTHING * baseline.value):
            return (
                f"It is worse than the champion, {champion.version}, on the same rows: {ours} on {_rows(score)}, where "
                f"the champion has {theirs.value:,.6g}."
            )
    return None


def _target(score: Evaluation, manifest: Manifest) -> str:
    return score.target or manifest.signature.target.name


def _is_less(one: float, other: float, nothing: float = 0.0) -> bool:
    return one < other and not math.isclose(one, other, rel_tol=ROUNDING, abs_tol=nothing)


def _rows(score: Evaluation) -> str:
    return f"{score.rows:,} rows ({score.title.lower()})"

"""The gate: why a version should not be promoted, if there is a reason, by its own scores and the champion's."""

from __future__ import annotations

from picklejar.manifest import Evaluation, Manifest

# By so much, of the champion's RMSE, may a version be worse on the same rows: a seed or a package moves it as far.
MARGIN = 0.01


def refusal(manifest: Manifest, champion: Manifest | None) -> str | None:
    """Return the sentence on why a version should not serve, or None where nothing speaks against it.

    It is compared on rows that its estimator had not seen: with the baseline, and with the champion where that was
    scored on the same rows of the same data set.
    """
    score = unseen(manifest)
    if not score.estimator.rmse < score.baseline.rmse:
        return (
            f"It does not beat guessing the average: RMSE {score.estimator.rmse:,.6g} on {_rows(score)}, where the "
            f"average has {score.baseline.rmse:,.6g}."
        )
    if champion is None or champion.data != manifest.data:
        return None
    before = unseen(champion)
    if (before.name, before.rows) != (score.name, score.rows):
        return None
    if score.estimator.rmse > before.estimator.rmse * (1 + MARGIN):
        return (
            f"It is worse than the champion, {champion.version}, on the same rows: RMSE {score.estimator.rmse:,.6g} "
            f"on {_rows(score)}, where the champion has {before.estimator.rmse:,.6g}."
        )
    return None


def unseen(manifest: Manifest) -> Evaluation:
    """Return the evaluation on rows that the estimator had not seen, which is the last."""
    return manifest.evaluations[-1]


def _rows(score: Evaluation) -> str:
    return f"{score.rows:,} rows ({score.title.lower()})"

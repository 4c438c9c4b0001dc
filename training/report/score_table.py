"""The scores as a table of texts, for the card and the terminal."""

from __future__ import annotations

from collections.abc import Collection

from picklejar.manifest import Manifest

# What people call a score, and how it is written.
WORDS = {
    "r2": ("R2", ".5f"),
    "rmse": ("RMSE", ",.2f"),
    "mae": ("MAE", ",.2f"),
    "accuracy": ("accuracy", ".4f"),
    "balanced_accuracy": ("balanced accuracy", ".4f"),
    "f1": ("F1", ".4f"),
    "log_loss": ("log loss", ".4f"),
    "roc_auc": ("ROC AUC", ".4f"),
}


def score_table(manifest: Manifest, beside: Collection[str] = WORDS) -> tuple[list[str], list[list[str]]]:
    """Return the header, and a row for each evaluation: its rows, the model's scores, the baseline's.

    Scores that the model has nowhere get no column; the baseline has those of `beside`.
    """
    ours = [name for name in WORDS if any(name in item.estimator.known for item in manifest.evaluations)]
    theirs = [name for name in ours if name in beside]
    header = ["on", "rows", *(WORDS[name][0] for name in ours), *(f"baseline {WORDS[name][0]}" for name in theirs)]
    rows = [
        [
            evaluation.title,
            f"{evaluation.rows:,}",
            *(
                format(scores.known[name], WORDS[name][1]) if name in scores.known else ""
                for scores, names in ((evaluation.estimator, ours), (evaluation.baseline, theirs))
                for name in names
            ),
        ]
        for evaluation in manifest.evaluations
    ]
    return header, rows

"""The card: what to know of a model before trusting it, written from the manifest."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

from picklejar.manifest import Manifest
from picklejar.signature import Feature, Signature, Target
from picklejar.wording import list_of, text_of
from training.report.score_table import score_table

CARD_FILE = "card.md"


def card(manifest: Manifest) -> str:
    """Return the card as Markdown, without version and time: it is part of the version's hash."""
    sections = [
        f"# {manifest.title}\n\n{manifest.description}",
        f"**{manifest.verdict}**",
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in manifest.limits),
        _targets(manifest.signature.targets),
        "## Features\n\n" + _features(manifest),
        "## Scores\n\n" + _scores(manifest),
        f"## {'Sample' if manifest.adopted else 'Training data'}\n\n" + _data(manifest),
        "## Estimator\n\n```\n" + manifest.estimator + "\n```",
        "## Served\n\n" + _served(manifest),
        "## Packages\n\n" + _table(("package", "version"), manifest.packages.items()),
        "## Pictures\n\n" + "\n\n".join(f"![{picture.alt}]({picture.file})" for picture in manifest.pictures),
    ]
    return "\n\n".join(sections) + "\n"


def _targets(targets: Sequence[Target]) -> str:
    lines = [f"`{target.name}`{_in(target.unit)}{_one_of(target)}: {target.description}" for target in targets]
    if len(lines) == 1:
        return f"## Target\n\n{lines[0]}"
    return "## Targets\n\n" + "\n".join(f"- {line}" for line in lines)


def _features(manifest: Manifest) -> str:
    rows = (
        (f"`{feature.name}`", feature.unit or "", _range(feature), _missing(feature), feature.description)
        for feature in manifest.signature.features
    )
    return _table(("feature", "unit", "accepted", "when missing", "what it is"), rows)


def _range(feature: Feature) -> str:
    if feature.type == "boolean":
        return "true or false"
    if feature.type == "string":
        return list_of(feature.enum) if feature.enum else f"text of up to {feature.longest:,} characters"
    lower, upper = ("any" if math.isinf(bound) else f"{bound:,.10g}" for bound in feature.bounds)
    return f"{lower} to {upper}"


def _missing(feature: Feature) -> str:
    if feature.default is not None:
        value = f"{feature.default:g}" if feature.is_number else json.dumps(feature.default, ensure_ascii=False)
        return f"counts as {value}"
    return feature.when_missing or ("is allowed" if feature.nullable else "refused")


def _scores(manifest: Manifest) -> str:
    if not manifest.evaluations:
        return "None: it is not known what is true of the sample's rows."
    target = manifest.signature.target
    said_of = (
        f"Of labels{_f1(manifest.signature)}; the baseline always predicts the most frequent label, and how frequent "
        "each is."
        if target.labels
        else f"RMSE and MAE{_in(target.unit)}; the baseline always predicts the mean."
    )
    return f"{said_of}\n\n{_table(*score_table(manifest))}"


def _f1(signature: Signature) -> str:
    labels = signature.target.labels
    if signature.further_targets:
        return ", F1 of the second of two, of more the mean"
    return f", F1 of {text_of(labels[1])}" if len(labels) == 2 else ", F1 and ROC AUC the means of all"


def _data(manifest: Manifest) -> str:
    header = ("column", "missing", "minimum", "lower quartile", "median", "mean", "upper quartile", "maximum")
    rows = (
        (
            f"`{name}`",
            str(column.missing),
            *(
                f"{value:,.2f}"
                for value in (
                    column.minimum,
                    column.lower_quartile,
                    column.median,
                    column.mean,
                    column.upper_quartile,
                    column.maximum,
                )
            ),
        )
        for name, column in manifest.statistics.items()
    )
    data = manifest.data
    fitted = "what it was fitted on is not known here" if manifest.adopted else f"{data.fitted_rows:,} of them fitted"
    text = f"{data.rows:,} rows, {fitted}; SHA-256 of the file `{data.sha256}`."
    tables = [text, _table(header, rows)]
    if manifest.frequencies:
        tables.append(_categories(manifest))
    return "\n\n".join(tables)


def _categories(manifest: Manifest) -> str:
    rows = (
        (
            f"`{name}`",
            str(column.missing),
            str(column.different),
            list_of(f"{item}: {rows:,}" for item, rows in column.frequent),
        )
        for name, column in manifest.frequencies.items()
    )
    return _table(("column", "missing", "different", "rows of the most frequent"), rows)


def _served(manifest: Manifest) -> str:
    if manifest.kind == "inert":
        return "Inert: the file is read as data and never run, with neither scikit-learn nor its version in the way."
    return f"Live: the file is run by scikit-learn, in the versions below. {manifest.why_live}"


def _one_of(target: Target) -> str:
    return f" (one of {list_of(map(text_of, target.labels))})" if target.labels else ""


def _in(unit: str | None) -> str:
    return f" (in {unit})" if unit else ""


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(header), *([text.replace("|", "\\|") for text in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

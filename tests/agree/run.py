"""Runs the case of a seed, and counts what a run has drawn."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.frozen import FrozenEstimator

from tests.agree.comparison import Outcome, compare
from tests.agree.estimators import CLASSES, Draw
from tests.agree.tables import Table, draw
from tests.agree.texts import is_of_texts, text_estimator, text_table

# Fitted on numbers that are at least 0.
POSITIVE = {
    "MultinomialNB", "ComplementNB", "GammaRegressor", "PoissonRegressor", "TfidfTransformer", "TweedieRegressor",
}  # fmt: skip
SMALL = {"CategoricalNB"}
COUNTED = {"GammaRegressor", "PoissonRegressor", "TweedieRegressor"}
SEVERAL = {
    "MultiOutputRegressor",
    "RegressorChain",
    "MultiTaskElasticNet",
    "MultiTaskElasticNetCV",
    "MultiTaskLasso",
    "MultiTaskLassoCV",
}
SEVERAL_LABELS = {"ClassifierChain", "MultiOutputClassifier"}
WITH_TEXT = {
    "OneHotEncoder",
    "OrdinalEncoder",
    "TargetEncoder",
    "SimpleImputer",
    "MissingIndicator",
    "Pipeline",
    "ColumnTransformer",
    "FeatureUnion",
    "FunctionTransformer",
    "DummyClassifier",
    "DummyRegressor",
}
WITHOUT_MISSING = 0.8


@dataclass
class Case:
    """One comparison: what was drawn, and what came of it."""

    name: str
    shown: str
    outcome: Outcome | None
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def differences(self) -> list[str]:
        """The sentences of a difference; empty where there is none, or nothing was fitted."""
        return self.outcome.differences if self.outcome else []


def run_case(seed: int, only: str = "") -> Case:
    """Return what the case of a seed finds; every class has its turn as the seeds go on."""
    rng = np.random.default_rng(seed)
    names = [name for name in CLASSES if not only or name.endswith(f".{only}")]
    name = names[seed % len(names)]
    table = text_table(rng) if is_of_texts(name) else table_for(rng, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are on their way out
        drawing = Draw(rng, text=name.rpartition(".")[2] in WITH_TEXT)
        estimator = text_estimator(drawing, name) if is_of_texts(name) else drawing.of(name)
    protocol = int(rng.integers(2, 6))
    shown = f"protocol {protocol}, X {_shape(table)}, {estimator!r}".replace("\n", " ")
    fitted = fit(estimator, table)
    if fitted is None:
        return Case(name, shown, None)
    if drawing.flip(0.25) and (changed := drawing.change(fitted)):
        table.kinds["set after the fit"] += 1
        shown += f", then {changed[0]}={getattr(fitted, changed[0])!r}"
    return Case(name, shown, compare(fitted, table.asked, protocol), table.kinds)


def table_for(rng: np.random.Generator, name: str) -> Table:
    """Return a table that a class can be fitted on."""
    short = name.rpartition(".")[2]
    with_text = short in WITH_TEXT
    return draw(
        rng,
        text=with_text,
        missing=with_text or rng.random() > WITHOUT_MISSING,
        numbers="small" if short in SMALL else "positive" if short in POSITIVE or rng.random() < 0.1 else "any",
        target=_target(rng, short),
    )


def _target(rng: np.random.Generator, short: str) -> str:
    cls = next(cls for cls in CLASSES.values() if cls.__name__ == short)
    if short in SEVERAL_LABELS:
        return "labels"
    if short in SEVERAL:
        return "numbers"
    if short in COUNTED:
        return "count"
    if issubclass(cls, ClassifierMixin):
        return "label" if rng.random() < 0.95 else "labels"
    if issubclass(cls, RegressorMixin):
        return str(rng.choice(["number", "number", "count", "numbers"], p=[0.5, 0.3, 0.1, 0.1]))
    return str(rng.choice(["number", "label"]))


def _shape(table: Table) -> str:
    return f"{table.X.shape} {'+'.join(sorted(table.kinds))}"


def fit(estimator: Any, table: Table) -> Any:
    """Return the fitted estimator; None where scikit-learn cannot fit it on this table."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            if isinstance(estimator, FrozenEstimator):  # it holds one that was fitted
                estimator.estimator.fit(table.X, table.y)
            return estimator.fit(table.X, table.y)
        except Exception:
            return None


@dataclass
class Run:
    """What a run has drawn and found so far."""

    cases: int = 0
    fitted: int = 0
    differing: int = 0
    compared: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    differing_classes: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case) -> None:
        """Count a case."""
        self.cases += 1
        if case.outcome is None:
            return
        self.fitted += 1
        self.differing += bool(case.differences)
        if case.differences:
            self.differing_classes[case.name.rpartition(".")[2]] += 1
        self.compared += case.outcome.compared
        self.kinds.update(case.kinds.keys())
        if case.outcome.refused:
            self.refused[f"{case.name.rpartition('.')[2]}: {case.outcome.refused}"] += 1
        elif case.outcome.compared:
            self.classes.update(CLASSES.keys() & case.outcome.classes)

    def summary(self) -> str:
        """Return what was drawn, as a text."""
        rare = sorted((count, name) for name, count in ((name, self.classes[name]) for name in CLASSES))[:12]
        lines = [
            "",
            f"{self.cases:,} cases drawn, {self.fitted:,} fitted, {self.compared:,} rows compared, "
            f"{self.differing:,} cases differ",
            f"{sum(1 for name in CLASSES if self.classes[name])} of {len(CLASSES)} classes; the rarest: "
            + ", ".join(f"{name.rpartition('.')[2]} {count}" for count, name in rare),
            f"{len(self.kinds)} kinds of value: " + ", ".join(f"{kind} {n}" for kind, n in self.kinds.most_common()),
            "refused by name: " + "; ".join(f"{count}x {why}" for why, count in self.refused.most_common(40)),
            "differ: " + ", ".join(f"{name} {count}" for name, count in self.differing_classes.most_common()),
        ]
        return "\n".join(lines) + "\n"

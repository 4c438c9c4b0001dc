"""Selected columns: sklearn/feature_selection, which selects by scores anew at each transform."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from picklejar.inert.base.estimator import METHODS, InertEstimator, Matrix
from picklejar.inert.base.transformer import InertTransformer
from picklejar.inert.reading.allowlist import READ
from picklejar.inert.reading.state import EstimatorState, Floats, State
from picklejar.inert.reading.storage import AS_IT_IS
from picklejar.inert.transforms.importance import importances

if TYPE_CHECKING:
    from numpy.typing import NDArray

type Mask = NDArray[np.bool_]


class Selected(InertTransformer):
    """The columns that a subclass selects: `SelectorMixin.transform`."""

    reads_sparse = True

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        self._select(self.support(state), state)

    def _select(self, support: Mask, state: EstimatorState) -> None:
        self.answers, self.precision = state.given, state.precision
        self._columns = np.flatnonzero(support)
        self.n_features_out = len(self._columns)

    def support(self, state: EstimatorState) -> Mask:
        support: Mask = state.integers("support_", (self.n_features_in_,)) != 0
        return support

    def checked(self, given: Any) -> Matrix:
        """Return X as it is: it must be numbers, and what is selected keeps its type."""
        super().checked(given)
        return self.shaped(given)

    def transform(self, X: Matrix) -> Matrix:
        return X[:, self._columns]

    def source(self, column: int) -> int:
        return int(self._columns[column])


class Stepwise(Selected):
    """support_: `SequentialFeatureSelector`, which takes NaN where its estimator does, of which no fitted one is kept.

    Of trees it depends on their parameters, and who is made of others asks these; NaN is let through to both.
    """

    def __init__(self, state: EstimatorState) -> None:
        super().__init__(state)
        module, _, reader = READ.get(getattr(state.value("estimator"), "name", ""), "trees.").partition(":")
        self.takes_missing = module.startswith(("trees.", "meta."))
        if not self.takes_missing:
            kind = getattr(importlib.import_module(f"picklejar.inert.{module}"), reader)
            self.takes_missing = bool(getattr(kind, "takes_missing", False))


class ByVariance(Selected):
    """The columns that vary: `VarianceThreshold`."""

    takes_missing = True

    def support(self, state: EstimatorState) -> Mask:
        return state.floats("variances_", (self.n_features_in_,)) > state.number("threshold")


class ByScore(Selected):
    """The columns with the best test: sklearn/feature_selection/_univariate_selection.py."""

    def support(self, state: EstimatorState) -> Mask:
        name = state.class_name.rpartition(".")[2]
        parameter, by = RULES.get(name, ("param", None))
        by = by or MODES[state.choice("mode", *MODES)]
        if by is not _best and state.value(parameter) == "all":
            raise state.unsupported(f"{parameter}='all', which is for mode='k_best' alone,")
        return by(state, parameter, self.n_features_in_)


class ByImportance(Selected):
    """The important columns: `SelectFromModel._get_support_mask`."""

    def __init__(self, state: EstimatorState) -> None:
        name = "estimator_" if state.has("estimator_") else "estimator"
        if state.flag("prefit") and not state.part("estimator", *READ).has("n_features_in_"):
            raise state.changed()
        # Never asked, it may be one that takes no sparse X.
        estimator = state.estimator(name, AS_IT_IS)
        self.takes_missing = _takes_missing(state, name, estimator)
        self.n_features_in_, self.feature_names_in_ = estimator.n_features_in_, estimator.feature_names_in_
        self._select(self._support(state, state.part(name, *READ)), state)

    def _support(self, state: EstimatorState, estimator: State) -> Mask:
        getter = state.choice("importance_getter", "auto", "coef_", "feature_importances_")
        scores = importances(estimator, getter, self.n_features_in_)
        if scores.ndim == 1:
            scores = np.abs(scores)
        else:
            order = state.value("norm_order")
            if type(order) not in (int, float):
                raise state.unsupported("norm_order that is not a number")
            scores = np.linalg.norm(scores, axis=0, ord=order)
        selected = np.ones(len(scores), dtype=bool)
        if state.has("max_features"):
            name = "max_features_" if state.has("max_features_") else "max_features"
            most = state.integer(name, at_least=0, at_most=2**62)
            selected[:] = False
            selected[np.argsort(-scores, kind="mergesort")[:most]] = True
        selected[scores < _threshold(state, estimator, scores)] = False
        return selected


class ByElimination(Selected):
    """support_ and its estimator's methods: `RFE`."""

    def __init__(self, state: EstimatorState) -> None:
        self._estimator: InertEstimator = state.estimator("estimator_")
        self.takes_missing = _takes_missing(state, "estimator_", self._estimator)
        super().__init__(state)
        if self._estimator.n_features_in_ != self.n_features_out:
            raise state.damaged("selects other features than its estimator was fitted on")
        if hasattr(self._estimator, "classes_"):
            self.classes_ = self._estimator.classes_

    def largest_term(self, X: Matrix) -> float:
        return self._estimator.largest_term(self.transform(X))

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        if name in METHODS and hasattr(self._estimator, name):
            return lambda X: getattr(self._estimator, name)(self.transform(X))
        raise AttributeError(name)


def _takes_missing(state: EstimatorState, name: str, estimator: InertEstimator) -> bool:
    """Return what scikit-learn's tags say, by which dummies take no NaN, though they look at no X."""
    return estimator.takes_missing and not state.part(name, *READ).class_name.startswith("sklearn.dummy.")


def _threshold(state: EstimatorState, estimator: State, scores: Floats) -> float:
    given = state.value("threshold")
    if given is None:
        if _is_sparse(state, estimator):
            return 1e-5
        given = "mean"
    if type(given) is not str:
        return state.number("threshold")
    match = re.fullmatch(r"(?:(.+)\*)?\s*(mean|median)\s*", given)
    if not match:
        raise state.damaged("has a threshold that is none")
    reference = np.mean(scores) if match[2] == "mean" else np.median(scores)
    return float(match[1] or 1) * float(reference)


def _best(state: EstimatorState, name: str, n: int) -> Mask:
    scores = state.floats("scores_", (n,))
    if state.value(name) == "all":
        return np.ones(n, dtype=bool)
    most = state.integer(name, at_least=0, at_most=2**62)
    selected = np.zeros(n, dtype=bool)
    if most:
        selected[np.argsort(_clean(scores), kind="mergesort")[-most:]] = True
    return selected


def _percentile(state: EstimatorState, name: str, n: int) -> Mask:
    scores, percentile = _clean(state.floats("scores_", (n,))), state.number(name)
    if not 0 <= percentile <= 100:
        raise state.damaged("has a percentile that is none")
    if percentile in (0, 100):
        return np.full(n, percentile == 100)
    threshold = np.percentile(scores, 100 - percentile)
    if state.before("1.4"):
        # NumPy before 1.20 had another formula, after which a number between two equal ones may be neither.
        below, above = (np.percentile(scores, 100 - percentile, method=side) for side in ("lower", "higher"))
        rank = (n - 1) * (100 - percentile) / 100
        if (below == above and rank != int(rank)) or not np.isfinite([below, above]).all():
            raise state.unsupported("a percentile between equal scores")
    selected: Mask = scores > threshold
    ties = np.flatnonzero(scores == threshold)
    # Written as scikit-learn does, where a negative number leaves so many out.
    selected[ties[: int(n * percentile / 100) - selected.sum()]] = True
    return selected


def _false_positives(state: EstimatorState, name: str, n: int) -> Mask:
    return state.floats("pvalues_", (n,)) < state.number(name)


def _false_discoveries(state: EstimatorState, name: str, n: int) -> Mask:
    pvalues, alpha = state.floats("pvalues_", (n,)), state.number(name)
    ordered = np.sort(pvalues)
    chosen = ordered[ordered <= alpha / n * np.arange(1, n + 1)]
    return pvalues <= chosen.max() if chosen.size else np.zeros(n, dtype=bool)


def _family_wise(state: EstimatorState, name: str, n: int) -> Mask:
    return state.floats("pvalues_", (n,)) < state.number(name) / n


def _clean(scores: Floats) -> Floats:
    return np.where(np.isnan(scores), np.finfo(np.float64).min, scores)


def _is_sparse(state: EstimatorState, estimator: State) -> bool:
    name = estimator.class_name.rpartition(".")[2]
    if estimator.value("penalty", None) == "l1" or "Lasso" in name:
        return True
    # Those of several targets from 1.1 to 1.6 alone.
    is_elastic = "ElasticNet" in name if state.before("1.7") else name in ("ElasticNet", "ElasticNetCV")
    if is_elastic and not state.before("1.1"):
        ratios = [estimator.number("l1_ratio_" if name.endswith("CV") else "l1_ratio")]
    elif name in ("LogisticRegression", "LogisticRegressionCV") and not state.before("1.8"):
        ratios = _ratios(estimator, name)
    else:
        return False
    return all(math.isclose(ratio, 1.0, rel_tol=1e-5, abs_tol=1e-8) for ratio in ratios)


def _ratios(estimator: State, name: str) -> list[float]:
    if name == "LogisticRegression":
        return [estimator.number("l1_ratio") if estimator.has("l1_ratio") else 0.0]
    if isinstance(estimator.value("l1_ratio_", 0.0), float):
        return [estimator.number("l1_ratio_", 0.0)]
    return list(estimator.floats("l1_ratio_", (None,)))


Rule = Callable[[EstimatorState, str, int], Mask]
MODES: dict[str, Rule] = {
    "percentile": _percentile, "k_best": _best, "fpr": _false_positives, "fdr": _false_discoveries,
    "fwe": _family_wise,
}  # fmt: skip
# The parameter that a class of its own has for each rule.
RULES: dict[str, tuple[str, Rule | None]] = {
    "SelectPercentile": ("percentile", _percentile), "SelectKBest": ("k", _best),
    "SelectFpr": ("alpha", _false_positives), "SelectFdr": ("alpha", _false_discoveries),
    "SelectFwe": ("alpha", _family_wise),
}  # fmt: skip

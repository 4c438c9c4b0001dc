"""Draws estimators of a class with random parameters, from what scikit-learn itself says that they may be."""

from __future__ import annotations

import importlib
import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.gaussian_process import kernels
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils._param_validation import (
    Hidden,
    Interval,
    MissingValues,
    Options,
    StrOptions,
    _Booleans,
    _NoneConstraint,
    make_constraint,
)

from picklejar.inert.reading.allowlist import FUNCTIONS, READ

# A class that only others make.
MADE_BY_OTHERS = {
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.multiclass._ConstantPredictor",
}
CLASSES: dict[str, type[Any]] = {
    name: getattr(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2])
    for name in READ
    if name.startswith("sklearn.") and name not in MADE_BY_OTHERS
}
# Parameters that change no answer, that take long, or that fit wants other things beside.
KEPT = frozenset(
    """
    cache_size copy copy_X copy_X_train covariance_estimator cv decode_error encoding error_score input memory
    monotonic_cst n_jobs pre_dispatch random_state refit return_train_score scoring sparse_output sparse_threshold
    verbose vocabulary warm_start
    """.split()
)
# The most of something that takes long where there is much of it.
MOST = {
    "max_bins": 255,
    "max_depth": 6,
    "max_iter": 30,
    "max_subpopulation": 50,
    "max_trials": 20,
    "min_resources": 8,
    "n_estimators": 6,
    "n_iter_no_change": 5,
    "n_quantiles": 20,
}
CHANCE = 0.35  # that a parameter is other than its default
# What may answer with a sparse matrix, and what treats one otherwise than the same numbers in a dense one.
SPARSE = ["OneHotEncoder", "KBinsDiscretizer", "SplineTransformer", "ColumnTransformer", "FeatureUnion"]
OTHERWISE_OF_SPARSE = [
    "Binarizer",
    "FunctionTransformer",
    "MaxAbsScaler",
    "Normalizer",
    "QuantileTransformer",
    "QuantileTransformer",
    "SimpleImputer",
    "StandardScaler",
]
OF_TEXTS = {"CountVectorizer", "HashingVectorizer", "TfidfVectorizer"}
# How many composites may be within one another.
DEPTH = 3


class Draw:
    """Draws one estimator and what it is made of."""

    def __init__(self, rng: np.random.Generator, *, text: bool) -> None:
        self._rng = rng
        self._text = text

    def of(self, name: str, depth: int = 0) -> Any:
        """Return an unfitted estimator of the class of that name."""
        cls = CLASSES[name]
        special = SPECIAL.get(cls.__name__)
        parameters = special(self, depth) if special else {}
        constraints = getattr(cls, "_parameter_constraints", {})
        allowed = set(cls._get_param_names())
        for parameter, rules in constraints.items():
            if parameter in parameters or parameter in KEPT or parameter not in allowed or self.flip(1 - CHANCE):
                continue
            values = self._values(parameter, rules)
            if values:
                parameters[parameter] = self.choice(values)
        if "random_state" in allowed:
            parameters["random_state"] = int(self._rng.integers(100))
        return cls(**parameters)

    def change(self, fitted: Any) -> list[str]:
        """Set one parameter of a fitted estimator to another value; return its name."""
        constraints = getattr(fitted, "_parameter_constraints", {})
        names = sorted((constraints.keys() & fitted.get_params(deep=False).keys()) - KEPT)
        values = {name: self._values(name, constraints[name]) for name in names}
        changed = [name for name in names if values[name]]
        if not changed:
            return []
        name = self.choice(changed)
        fitted.set_params(**{name: self.choice(values[name])})
        return [name]

    def choice(self, values: list[Any]) -> Any:
        """Return one of the values, as it is."""
        return values[int(self._rng.integers(len(values)))]

    def any_of(self, kind: str, depth: int) -> Any:
        """Return an estimator that is a "classifier", a "regressor" or a "transformer"; simple where it is deep."""
        names = [name for name in KINDS[kind] if depth + 1 < DEPTH or CLASSES[name].__name__ not in SPECIAL]
        return self.of(self.choice(names), depth + 1)

    def any_of_named(self, names: list[str], depth: int) -> Any:
        """Return an estimator of one of the classes, by their short names."""
        name = self.choice(names)
        return self.of(next(full for full in CLASSES if full.endswith(f".{name}")), depth + 1)

    def named(self, kind: str, depth: int) -> list[tuple[str, Any]]:
        """Return one to three named estimators of a kind."""
        return [(f"e{place}", self.any_of(kind, depth)) for place in range(int(self._rng.integers(1, 4)))]

    def flip(self, chance: float = 0.5) -> bool:
        """Return True with that chance."""
        return bool(self._rng.random() < chance)

    def _values(self, parameter: str, rules: Any) -> list[Any]:
        """Return values that the rules of a parameter allow; none where they want an array, a function or a part."""
        values: list[Any] = []
        for rule in rules if isinstance(rules, list) else []:
            if isinstance(rule, Hidden):
                continue
            constraint = make_constraint(rule)
            if isinstance(constraint, _NoneConstraint):
                values.append(None)
            elif isinstance(constraint, _Booleans):
                values += [False, True]
            elif isinstance(constraint, StrOptions | Options):
                values += sorted(
                    constraint.options - getattr(constraint, "deprecated", set()) - {"precomputed", "warn"}, key=str
                )
            elif isinstance(constraint, Interval):
                values += [self._number(parameter, constraint) for _ in range(3)]
            elif isinstance(constraint, MissingValues):
                values.append(np.nan)
        return values

    def _number(self, parameter: str, interval: Interval) -> float:
        low = -math.inf if interval.left is None else interval.left
        high = math.inf if interval.right is None else interval.right
        if issubclass(interval.type, numbers.Integral):
            first = int(max(low, -3)) + (interval.closed in ("right", "neither") and math.isfinite(low))
            last = int(min(high, first + 8, MOST.get(parameter, first + 8)))
            return int(self._rng.integers(first, max(first, last) + 1))
        if math.isfinite(low) and math.isfinite(high):
            return float(low + (high - low) * self._rng.uniform(0.05, 0.95))
        return float(max(low, 0.0) + 10.0 ** self._rng.uniform(-3, 1.5))


def _choices(draw: Draw, depth: int) -> dict[str, Any]:
    column = draw.choice([slice(0, 1), slice(0, 2), slice(1, None), [0], [-1], [0, 0]])
    rest = draw.choice(["drop", "passthrough", draw.any_of("transformer", depth)])
    parts = [
        (
            f"e{place}",
            draw.choice(["drop", "passthrough", draw.any_of("transformer", depth)]),
            draw.choice([column, slice(0, 1), [0]]),
        )
        for place in range(int(draw.choice([1, 2, 3])))
    ]
    return {"transformers": parts, "remainder": rest, "sparse_threshold": draw.choice([0, 0, 0.3, 1.0])}


def _pipeline(draw: Draw, depth: int) -> dict[str, Any]:
    if draw.flip(0.3):
        steps = [draw.any_of_named(names, depth) for names in (SPARSE, OTHERWISE_OF_SPARSE, OTHERWISE_OF_SPARSE)]
        last = draw.choice(["passthrough", draw.any_of("classifier" if depth == 0 else "transformer", depth)])
        return {"steps": [(f"e{place}", step) for place, step in enumerate([*steps, last])]}
    steps = draw.named("transformer", depth)
    last = draw.choice(["classifier", "regressor", "transformer"]) if not depth else "transformer"
    return {"steps": [*steps, ("last", draw.any_of(last, depth))]}


def _with(kind: str, parameter: str = "estimator") -> Callable[[Draw, int], dict[str, Any]]:
    return lambda draw, depth: {parameter: draw.any_of(kind, depth)}


def _beginning(kind: str) -> Callable[[Draw, int], dict[str, Any]]:
    return lambda draw, depth: {"init": draw.choice([None, None, "zero", draw.any_of(kind, depth)])}


def _several(kind: str) -> Callable[[Draw, int], dict[str, Any]]:
    return lambda draw, depth: {"estimators": draw.named(kind, depth)}


def _stacking(kind: str) -> Callable[[Draw, int], dict[str, Any]]:
    return lambda draw, depth: {
        "estimators": draw.named(kind, depth),
        "cv": 2,
        "final_estimator": draw.choice([None, draw.any_of(kind, depth)]),
    }


def _search(parameter: str) -> Callable[[Draw, int], dict[str, Any]]:
    def parameters(draw: Draw, depth: int) -> dict[str, Any]:
        part = draw.any_of(draw.choice(["classifier", "regressor"]), depth)
        return {"estimator": part, parameter: {}, "cv": 2}

    return parameters


def _selection(draw: Draw, depth: int) -> dict[str, Any]:
    return {"estimator": draw.choice([LinearRegression(), LogisticRegression(max_iter=20)]), "cv": 2}


def _selection_once(draw: Draw, depth: int) -> dict[str, Any]:
    return {"estimator": draw.any_of(draw.choice(["classifier", "regressor"]), depth)}


def _function(draw: Draw, depth: int) -> dict[str, Any]:
    name = draw.choice(sorted(FUNCTIONS)).rpartition(".")[2]
    return {"func": draw.choice([None, getattr(np, name)]), "validate": draw.flip()}


def _layers(draw: Draw, depth: int) -> dict[str, Any]:
    return {"hidden_layer_sizes": draw.choice([(), (3,), (4, 2), 5]), "max_iter": 10}


def _machine(draw: Draw, depth: int) -> dict[str, Any]:
    return {
        "kernel": draw.choice(["rbf", "rbf", "linear", "poly", "sigmoid"]),
        "gamma": draw.choice(["scale", "auto", 1.0, 1e-3, 30.0]),
        # libsvm may never end on numbers of unlike sizes.
        "max_iter": 500,
    }


def _maybe_probable_machine(draw: Draw, depth: int) -> dict[str, Any]:
    return {**_machine(draw, depth), "probability": draw.flip()}


def _neighbors(draw: Draw, depth: int) -> dict[str, Any]:
    return {
        "n_neighbors": draw.choice([1, 2, 3, 5, 8]),
        "leaf_size": draw.choice([1, 2, 5, 30]),
        "metric": draw.choice(["minkowski", "euclidean", "manhattan", "chebyshev", "l1", "l2"]),
        "p": draw.choice([1, 1.5, 2, 3]),
        "algorithm": draw.choice(["auto", "ball_tree", "kd_tree", "brute"]),
        "weights": draw.choice(["uniform", "distance"]),
    }


def _radius(draw: Draw, depth: int) -> dict[str, Any]:
    rest = {name: value for name, value in _neighbors(draw, depth).items() if name != "n_neighbors"}
    return rest | {"radius": draw.choice([0.5, 1.0, 3.0, 1e3])}


def _novelty(draw: Draw, depth: int) -> dict[str, Any]:
    return {name: value for name, value in _neighbors(draw, depth).items() if name != "weights"} | {"novelty": True}


def _kernel(draw: Draw, depth: int) -> dict[str, Any]:
    kernels = ["linear", "rbf", "poly", "polynomial", "sigmoid", "laplacian", "cosine"]
    return {"kernel": draw.choice(kernels), "gamma": draw.choice([None, 1.0, 1e-3]), "degree": draw.choice([1, 2, 3])}


def _covariance(draw: Draw) -> Any:
    nu, exponent = draw.choice([0.5, 1.5, 2.5, math.inf]), draw.choice([1, 2])
    first = draw.choice(
        [
            kernels.RBF(draw.choice([1.0, 0.1, 30.0])),
            kernels.Matern(nu=nu),
            kernels.RationalQuadratic(),
            kernels.ExpSineSquared(),
            kernels.DotProduct() ** exponent,
        ]
    )
    return draw.choice([None, first, kernels.ConstantKernel(2.0) * first + kernels.WhiteKernel(0.1)])


def _process(draw: Draw, depth: int) -> dict[str, Any]:
    optimizer = draw.choice([None, None, "fmin_l_bfgs_b"])
    return {"kernel": _covariance(draw), "optimizer": optimizer, "n_restarts_optimizer": 0}


def _regression_process(draw: Draw, depth: int) -> dict[str, Any]:
    return {**_process(draw, depth), "alpha": draw.choice([1e-10, 1e-2, 1.0]), "n_targets": None}


def _imputer(draw: Draw, depth: int) -> dict[str, Any]:
    return {"fill_value": draw.choice([None, 0.0, "missing"])}


def _quantiles(draw: Draw, depth: int) -> dict[str, Any]:
    return {"output_distribution": draw.choice(["uniform", "normal"]), "ignore_implicit_zeros": draw.flip()}


def _splines(draw: Draw, depth: int) -> dict[str, Any]:
    return {"sparse_output": draw.flip()}


def _priors(parameter: str) -> Callable[[Draw, int], dict[str, Any]]:
    return lambda draw, _depth: {parameter: draw.choice([None, None, [0.3, 0.7], [0.2, 0.3, 0.5]])}


def _constant(draw: Draw, depth: int) -> dict[str, Any]:
    return {"constant": draw.choice([1, 0.5, 3])}


def _alphas(draw: Draw, depth: int) -> dict[str, Any]:
    return {"alphas": draw.choice([[0.1, 1.0, 10.0], 3]), "cv": 2}


def _terms(draw: Draw, depth: int) -> dict[str, Any]:
    first = draw.choice([1, 1, 2, 3])
    return {
        "ngram_range": (first, first + draw.choice([0, 0, 1, 2])),
        "token_pattern": draw.choice([r"(?u)\b\w\w+\b"] * 3 + [r"\w+", r"[a-z]+", r"\S+", r"\b(\w+)\b", r"\w+|[!?.,]"]),
        "stop_words": draw.choice([None, None, "english", ["the", "of"]]),
        "dtype": draw.choice([np.float64, np.float64, np.float32]),
    }


def _hashed_terms(draw: Draw, depth: int) -> dict[str, Any]:
    return {**_terms(draw, depth), "n_features": draw.choice([1, 7, 2**8, 2**12])}


def _encoding(draw: Draw, depth: int) -> dict[str, Any]:
    unknown = draw.choice([{}, {"handle_unknown": "use_encoded_value", "unknown_value": draw.choice([-1, np.nan])}])
    return {**unknown, "dtype": draw.choice([np.float64, np.float32, np.int64])}


def _one_hot(draw: Draw, depth: int) -> dict[str, Any]:
    return {
        "sparse_output": draw.flip(),
        "dtype": draw.choice([np.float64, np.float64, np.float32]),
        "handle_unknown": draw.choice(["error", "ignore", "infrequent_if_exist"]),
    }


SPECIAL: dict[str, Callable[[Draw, int], dict[str, Any]]] = {
    "AdaBoostClassifier": lambda draw, depth: {"estimator": draw.choice([None, draw.any_of("classifier", depth)])},
    "AdaBoostRegressor": lambda draw, depth: {"estimator": draw.choice([None, draw.any_of("regressor", depth)])},
    "BaggingClassifier": _with("classifier"),
    "BaggingRegressor": _with("regressor"),
    "CalibratedClassifierCV": lambda draw, depth: {"estimator": draw.any_of("classifier", depth), "cv": 2},
    "ClassifierChain": _with("classifier"),
    "ColumnTransformer": _choices,
    "CountVectorizer": lambda draw, depth: {
        **_terms(draw, depth),
        "dtype": draw.choice([np.int64, np.int64, np.float64]),
    },
    "DummyClassifier": _constant,
    "DummyRegressor": _constant,
    "FeatureUnion": lambda draw, depth: {"transformer_list": draw.named("transformer", depth)},
    "FixedThresholdClassifier": _with("classifier"),
    "FrozenEstimator": _with("classifier"),
    "FunctionTransformer": _function,
    "GaussianNB": _priors("priors"),
    "GaussianProcessClassifier": _process,
    "GaussianProcessRegressor": _regression_process,
    "GradientBoostingClassifier": _beginning("classifier"),
    "GradientBoostingRegressor": _beginning("regressor"),
    "GridSearchCV": _search("param_grid"),
    "HalvingGridSearchCV": _search("param_grid"),
    "HalvingRandomSearchCV": _search("param_distributions"),
    "HashingVectorizer": _hashed_terms,
    "KNeighborsClassifier": _neighbors,
    "KNeighborsRegressor": _neighbors,
    "KernelRidge": _kernel,
    "LocalOutlierFactor": _novelty,
    "MLPClassifier": _layers,
    "MLPRegressor": _layers,
    "MultiOutputClassifier": _with("classifier"),
    "MultiOutputRegressor": _with("regressor"),
    "NuSVC": _maybe_probable_machine,
    "NuSVR": _machine,
    "OneClassSVM": _machine,
    "OneHotEncoder": _one_hot,
    "OneVsOneClassifier": _with("classifier"),
    "OneVsRestClassifier": _with("classifier"),
    "OrdinalEncoder": _encoding,
    "Pipeline": _pipeline,
    "QuantileTransformer": _quantiles,
    "RANSACRegressor": lambda draw, depth: {"estimator": draw.choice([None, draw.any_of("regressor", depth)])},
    "RFE": _selection_once,
    "RFECV": _selection,
    "RadiusNeighborsClassifier": _radius,
    "RadiusNeighborsRegressor": _radius,
    "RandomizedSearchCV": _search("param_distributions"),
    "RegressorChain": _with("regressor"),
    "RidgeCV": _alphas,
    "SVC": _maybe_probable_machine,
    "SVR": _machine,
    "SelectFromModel": _selection_once,
    "SequentialFeatureSelector": _selection,
    "SimpleImputer": _imputer,
    "SplineTransformer": _splines,
    "StackingClassifier": _stacking("classifier"),
    "StackingRegressor": _stacking("regressor"),
    "TfidfVectorizer": _terms,
    "TransformedTargetRegressor": _with("regressor", "regressor"),
    "TunedThresholdClassifierCV": lambda draw, depth: {"estimator": draw.any_of("classifier", depth), "cv": 2},
    "VotingClassifier": lambda draw, depth: {
        "estimators": draw.named("classifier", depth),
        "voting": draw.choice(["hard", "soft"]),
    },
    "VotingRegressor": _several("regressor"),
}
MIXINS = {"classifier": ClassifierMixin, "regressor": RegressorMixin, "transformer": TransformerMixin}
# Without a target, without what composites ask for, or (CategoricalNB) as large as the largest number it is fitted on.
NOT_PARTS = {
    "CategoricalNB",
    "IsolationForest",
    "KMeans",
    "LocalOutlierFactor",
    "MiniBatchKMeans",
    "NearestCentroid",
    "OneClassSVM",
    "SGDOneClassSVM",
    *OF_TEXTS,
}


def _kinds() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {kind: [] for kind in MIXINS}
    for name, cls in CLASSES.items():
        if cls.__name__ in NOT_PARTS:
            continue
        for kind, mixin in MIXINS.items():
            if issubclass(cls, mixin):
                kinds[kind].append(name)
                break
    return kinds


KINDS = _kinds()

"""Fit what a release of scikit-learn has, and write each estimator with its answers: run in an environment apart.

`python draw.py FOLDER NAMES SEED EVERY`: the names of the classes that are read, parted by commas; the seed of the
data; and of how many fits one is made. It runs on Python 3.6, and on scikit-learn from 0.19 on.
"""

import contextlib
import importlib
import json
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn import (
    decomposition,
    dummy,
    ensemble,
    feature_selection,
    linear_model,
    multiclass,
    naive_bayes,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.feature_extraction import text
from sklearn.gaussian_process import kernels
from sklearn.model_selection import RandomizedSearchCV

try:
    from sklearn import compose, impute
except ImportError:  # until 0.19
    compose = impute = None
for experiment in ("enable_hist_gradient_boosting", "enable_halving_search_cv"):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            __import__(f"sklearn.experimental.{experiment}")
    except ImportError:
        pass
PUBLIC = """
calibration cluster compose cross_decomposition decomposition discriminant_analysis dummy ensemble feature_selection
gaussian_process impute isotonic kernel_ridge linear_model model_selection multiclass multioutput naive_bayes neighbors
neural_network pipeline preprocessing svm tree
""".split()


def all_estimators():
    """Return the names and classes of the public modules: until 0.21, where scikit-learn's own needs its test tools."""
    result = {}
    for name in PUBLIC:
        try:
            result.update(vars(importlib.import_module(f"sklearn.{name}")))
        except ImportError:
            continue  # not in this release
    return sorted((name, cls) for name, cls in result.items() if isinstance(cls, type) and hasattr(cls, "get_params"))


try:
    from sklearn.utils import all_estimators
except ImportError:  # until 0.23
    with contextlib.suppress(ImportError):
        from sklearn.utils._testing import all_estimators

METHODS = ("predict", "predict_proba", "decision_function", "transform")
# Of what tells outliers: others that have it are not asked for it.
SCORES, OUTLIERS = "score_samples", ("IsolationForest", "LocalOutlierFactor", "OneClassSVM", "SGDOneClassSVM")
FITTED, ASKED = 90, 60
LR, RIDGE, SCALER = linear_model.LogisticRegression, linear_model.Ridge, preprocessing.StandardScaler


def small_tree(kind):
    """Return a tree of three levels, for numbers or classes."""
    return kind(max_depth=3, random_state=0)


TREES = [("a", LR()), ("b", small_tree(tree.DecisionTreeClassifier))]
REGRESSORS = [("a", RIDGE()), ("b", small_tree(tree.DecisionTreeRegressor))]
DUMMY = dummy.DummyClassifier(strategy="prior")
CODES = preprocessing.OneHotEncoder(handle_unknown="ignore")
# What a class needs, and what keeps it small.
BASE = {
    "AdaBoostClassifier": {"n_estimators": 4},
    "AdaBoostRegressor": {"n_estimators": 4},
    "BaggingClassifier": {"n_estimators": 3},
    "BaggingRegressor": {"n_estimators": 3},
    "CalibratedClassifierCV": {"cv": 3},
    "ClassifierChain": {"base_estimator": LR()},
    "ColumnTransformer": {
        "transformers": [("a", SCALER(), [0, 1]), ("b", CODES, [3])],
        "remainder": "passthrough",
    },
    "ExtraTreesClassifier": {"n_estimators": 4},
    "ExtraTreesRegressor": {"n_estimators": 4},
    "FeatureUnion": {"transformer_list": [("a", SCALER()), ("b", decomposition.PCA(2))]},
    "GaussianProcessClassifier": {"max_iter_predict": 20},
    "GaussianProcessRegressor": {"alpha": 0.1},
    "GradientBoostingClassifier": {"n_estimators": 4},
    "GradientBoostingRegressor": {"n_estimators": 4},
    "GridSearchCV": {"estimator": LR(), "param_grid": {"C": [0.1, 1.0]}, "cv": 3},
    "HistGradientBoostingClassifier": {"max_iter": 4},
    "HistGradientBoostingRegressor": {"max_iter": 4},
    "IsolationForest": {"n_estimators": 8},
    "LocalOutlierFactor": {"novelty": True},
    "MLPClassifier": {"max_iter": 15},
    "MLPRegressor": {"max_iter": 15},
    "MultiOutputClassifier": {"estimator": LR()},
    "MultiOutputRegressor": {"estimator": RIDGE()},
    "OneVsOneClassifier": {"estimator": LR()},
    "OneVsRestClassifier": {"estimator": LR()},
    "Pipeline": {"steps": [("s", SCALER()), ("m", LR())]},
    "RFE": {"estimator": RIDGE(), "n_features_to_select": 2},
    "RFECV": {"estimator": RIDGE(), "cv": 3},
    "RadiusNeighborsClassifier": {"outlier_label": None, "radius": 2.5},
    "RadiusNeighborsRegressor": {"radius": 2.5},
    "RandomForestClassifier": {"n_estimators": 4},
    "RandomForestRegressor": {"n_estimators": 4},
    "RandomizedSearchCV": {"estimator": LR(), "param_distributions": {"C": [0.1, 1.0, 2.0]}, "n_iter": 2, "cv": 3},
    "RegressorChain": {"base_estimator": RIDGE(), "order": [0, 1]},
    "SelectFromModel": {"estimator": small_tree(tree.DecisionTreeRegressor)},
    "SequentialFeatureSelector": {"estimator": RIDGE(), "n_features_to_select": 2},
    "SplineTransformer": {"n_knots": 4},
    "StackingClassifier": {"estimators": TREES, "cv": 3},
    "StackingRegressor": {"estimators": REGRESSORS, "cv": 3},
    "TransformedTargetRegressor": {"regressor": RIDGE(), "transformer": SCALER()},
    "VotingClassifier": {"estimators": TREES, "voting": "soft"},
    "VotingRegressor": {"estimators": REGRESSORS},
}
# What else is set; a release that does not know it leaves it out.
CHANGES = {
    "AdaBoostClassifier": [{"algorithm": "SAMME"}, {"algorithm": "SAMME.R"}],
    "AdaBoostRegressor": [{"loss": "square"}],
    "BaggingClassifier": [{"max_features": 2}, {"bootstrap": False}],
    "BaggingRegressor": [{"max_features": 2}],
    "BernoulliNB": [{"binarize": 0.5}],
    "CalibratedClassifierCV": [{"method": "isotonic"}],
    "CategoricalNB": [{"alpha": 0.5}],
    "DecisionTreeClassifier": [{"max_depth": 3}, {"criterion": "entropy", "class_weight": "balanced"}],
    "DecisionTreeRegressor": [{"max_depth": 3}, {"ccp_alpha": 0.1}],
    "DummyClassifier": [{"strategy": "most_frequent"}],
    "DummyRegressor": [{"strategy": "median"}],
    "ExtraTreesClassifier": [{"max_depth": 3}],
    "FactorAnalysis": [{"n_components": 2}],
    "FunctionTransformer": [{"func": np.log1p}],
    "GaussianProcessRegressor": [
        {"normalize_y": True},
        {"kernel": kernels.Matern(nu=1.5) + kernels.WhiteKernel()},
        {"kernel": 2.0 * kernels.RationalQuadratic() + kernels.DotProduct() ** 2},
    ],
    "GradientBoostingClassifier": [{"init": "zero"}, {"loss": "exponential"}, {"subsample": 0.7}],
    "GradientBoostingRegressor": [{"loss": "huber"}, {"loss": "lad"}, {"loss": "quantile"}, {"init": "zero"}],
    "HistGradientBoostingClassifier": [{"max_leaf_nodes": 5}, {"categorical_features": [3]}],
    "HistGradientBoostingRegressor": [{"loss": "poisson"}, {"categorical_features": [3]}, {"max_bins": 10}],
    "KBinsDiscretizer": [{"encode": "ordinal"}, {"encode": "onehot-dense", "strategy": "kmeans"}],
    "KMeans": [{"n_clusters": 3}],
    "KNeighborsClassifier": [
        {"weights": "distance"},
        {"algorithm": "brute"},
        {"p": 1, "algorithm": "ball_tree"},
        {"p": 3, "algorithm": "kd_tree"},
    ],
    "KNeighborsRegressor": [{"weights": "distance"}, {"algorithm": "brute"}, {"n_neighbors": 1}],
    "IsolationForest": [{"contamination": 0.1}, {"max_features": 2}, {"max_samples": 1}, {"max_samples": 16}],
    "KernelRidge": [{"kernel": "rbf", "gamma": 0.1}, {"kernel": "poly"}, {"kernel": "laplacian"}, {"kernel": "cosine"}],
    "LinearDiscriminantAnalysis": [{"solver": "lsqr"}, {"n_components": 1}],
    "KNNImputer": [{"weights": "distance"}, {"n_neighbors": 1}, {"add_indicator": True}],
    "LocalOutlierFactor": [{"contamination": 0.1}, {"n_neighbors": 3}, {"algorithm": "brute"}],
    "LogisticRegression": [
        {"multi_class": "ovr"},
        {"penalty": "l1", "solver": "liblinear"},
        {"fit_intercept": False},
    ],
    "LogisticRegressionCV": [{"cv": 3}],
    "MLPClassifier": [{"activation": "tanh", "hidden_layer_sizes": (4, 3)}],
    "MLPRegressor": [{"activation": "logistic"}],
    "MinMaxScaler": [{"feature_range": (-1, 1)}],
    "MiniBatchKMeans": [{"n_clusters": 3}],
    "MissingIndicator": [{"features": "all"}],
    "MultinomialNB": [{"fit_prior": False}],
    "NearestCentroid": [{"metric": "manhattan"}],
    "Normalizer": [{"norm": "l1"}, {"norm": "max"}],
    "NuSVC": [{"probability": True}, {"nu": 0.3}],
    "OneHotEncoder": [{"drop": "first"}, {"handle_unknown": "ignore"}, {"drop": "if_binary"}],
    "OrdinalEncoder": [{"handle_unknown": "use_encoded_value", "unknown_value": -1}],
    "PCA": [{"n_components": 2}, {"whiten": True}],
    "PLSRegression": [{"n_components": 1}, {"scale": False}],
    "PolynomialFeatures": [{"interaction_only": True}, {"degree": 3, "include_bias": False}],
    "PowerTransformer": [{"standardize": False}, {"method": "box-cox"}],
    "QuantileTransformer": [{"output_distribution": "normal", "n_quantiles": 20}, {"n_quantiles": 30}],
    "RadiusNeighborsClassifier": [{"weights": "distance"}, {"algorithm": "brute", "p": 1}],
    "RadiusNeighborsRegressor": [{"weights": "distance"}, {"algorithm": "brute"}, {"radius": 1e9}],
    "RandomForestClassifier": [{"class_weight": "balanced"}, {"max_depth": 3, "bootstrap": False}],
    "RandomForestRegressor": [{"max_features": 2}],
    "RobustScaler": [{"with_centering": False}],
    "SGDClassifier": [{"loss": "log"}, {"loss": "log_loss"}, {"loss": "modified_huber"}],
    "SVC": [
        {"probability": True},
        {"kernel": "linear"},
        {"decision_function_shape": "ovo"},
        {"kernel": "poly", "gamma": "auto"},
    ],
    "SVR": [{"kernel": "linear"}, {"gamma": 0.5}],
    "SelectKBest": [{"k": 2}],
    "SelectPercentile": [{"percentile": 50}],
    "SimpleImputer": [{"strategy": "median"}, {"add_indicator": True}, {"strategy": "constant", "fill_value": 7.0}],
    "SplineTransformer": [{"extrapolation": "linear"}, {"knots": "quantile"}],
    "StackingClassifier": [{"passthrough": True}, {"estimators": [*TREES, ("d", DUMMY)]}],
    "StandardScaler": [{"with_mean": False}, {"with_std": False}],
    "TruncatedSVD": [{"n_components": 2}],
    "TweedieRegressor": [{"power": 1.5}, {"power": 0}],
    "TransformedTargetRegressor": [{"transformer": None, "func": np.arcsinh, "inverse_func": np.sinh}],
    "VotingClassifier": [{"voting": "hard"}, {"estimators": [("d", DUMMY), *TREES]}],
    "VotingRegressor": [{"estimators": [("d", dummy.DummyRegressor()), *REGRESSORS], "weights": [1, 2, 1]}],
}
WITH_TEXT = {"OneHotEncoder", "OrdinalEncoder", "TargetEncoder"}
WITH_MISSING = {
    "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor",
    "IsolationForest",
    "KNNImputer",
    "MaxAbsScaler",
    "MinMaxScaler",
    "MissingIndicator",
    "QuantileTransformer",
    "RobustScaler",
    "SimpleImputer",
    "StandardScaler",
}
# Of numbers of either sign.
WITH_NEGATIVE = {"KBinsDiscretizer", "Normalizer", "PowerTransformer", "QuantileTransformer", "SVC", "StandardScaler"}
SEVERAL = {
    "MultiOutputRegressor",
    "MultiTaskElasticNet",
    "MultiTaskElasticNetCV",
    "MultiTaskLasso",
    "MultiTaskLassoCV",
    "RegressorChain",
}
COUNTS = {"GammaRegressor", "PoissonRegressor", "TweedieRegressor"}
BY_TARGET = ("Generic", "RFE", "Select", "Sequential", "Target")


class Data:
    """Rows to fit and to ask, of one seed: numbers of one size, whole numbers with ties, or large ones."""

    def __init__(self, seed):
        rng = np.random.RandomState(seed)
        rows = np.abs(rng.normal(size=(FITTED + ASKED, 4)))
        rows = [rows, np.rint(3 * rows), 1e3 * rows][seed % 3]
        rows[:, 3] = rng.randint(0, 4, len(rows))
        self.X, self.asked = rows[:FITTED], rows[FITTED:]
        numbers = self.X @ [1.0, -2.0, 3.0, 0.5] + 0.1 * rng.normal(size=FITTED)
        targets = np.stack([numbers, -numbers], axis=1)
        self.targets = {
            "binary": (numbers > np.median(numbers)).astype(int),
            "classes": np.array(["ash", "birch", "cedar"])[np.digitize(numbers, np.quantile(numbers, [0.3, 0.6]))],
            "numbers": numbers,
            "counts": np.abs(numbers) + 0.1,
            "targets": targets,
            "labels": (targets > 0).astype(int),
        }
        self.words = np.array(["a", "b", "c"], dtype=object)[rng.randint(0, 3, (FITTED + ASKED, 2))]

    def with_missing(self):
        """Return the rows to fit and to ask with NaN in two columns."""
        X, asked = self.X.copy(), self.asked.copy()
        X[::7, 1] = X[3::11, 0] = asked[::5, 1] = np.nan
        return X, asked

    def frames(self):
        """Return the same as data frames with names and a column of text."""
        result = []
        for rows, words in ((self.with_missing()[0], self.words[:FITTED]), (self.asked, self.words[FITTED:])):
            frame = pd.DataFrame(rows, columns=["w", "x", "y", "z"])
            frame["town"] = words[:, 0]
            result.append(frame)
        return result


def fits(names, data):
    """Yield (label, a function that makes the estimator, X, y, rows to ask)."""
    for name, cls in all_estimators():
        if name not in names:
            continue
        for changed in [{}, *CHANGES.get(name, [])]:
            for target in targets_of(name, cls):
                label = f"{name} {changed} {target}"
                y = data.targets[target]
                yield label, maker(cls, {**BASE.get(name, {}), **changed}), data.X, y, data.asked
                if name in WITH_MISSING:
                    X, asked = data.with_missing()
                    yield f"{label} missing", maker(cls, {**BASE.get(name, {}), **changed}), X, y, asked
                if name in WITH_TEXT:
                    yield f"{label} text", maker(cls, changed), data.words[:FITTED], y, data.words[FITTED:]
                if name in WITH_NEGATIVE:
                    moved = maker(cls, {**BASE.get(name, {}), **changed})
                    yield f"{label} negative", moved, data.X - 1.5, y, data.asked - 1.5
    yield from wholes(data)
    yield from texts(data)


def texts(data):
    """Yield models of texts: vectorizers, and what predicts from what they count."""
    words = (
        "free win prize now the of and you are Dear caf\u00e9 na\u00efve 123 2nd a I don't it's x_y \u00fcber".split()
    )
    rng = np.random.RandomState(len(data.X))
    made = [" ".join(words[at] for at in rng.randint(0, len(words), rng.randint(0, 12))) for _ in range(FITTED + ASKED)]
    X, asked = made[:FITTED], [*made[FITTED:], "", "unknown words", "FREE  win!"]
    count, tfidf, hashed = text.CountVectorizer, text.TfidfVectorizer, text.HashingVectorizer
    vectorizers = [
        count(),
        count(binary=True, ngram_range=(1, 2), min_df=2),
        count(analyzer="char", ngram_range=(2, 3), max_features=60),
        tfidf(),
        tfidf(sublinear_tf=True, stop_words="english", norm="l1"),
        tfidf(analyzer="char_wb", ngram_range=(1, 4), strip_accents="unicode"),
        tfidf(token_pattern=r"(?u)\b\w+\b", strip_accents="ascii", lowercase=False, use_idf=False),
        hashed(n_features=2**8),
        hashed(n_features=2**8, binary=True, norm=None),
        pipeline.make_pipeline(count(), text.TfidfTransformer(smooth_idf=False)),
        pipeline.make_union(count(), tfidf(analyzer="char")),
    ]
    lasts = [
        (LR(), "classes"),
        (svm.LinearSVC(random_state=0), "classes"),
        (naive_bayes.BernoulliNB(), "binary"),
        (linear_model.SGDClassifier(random_state=0), "binary"),
        (RIDGE(), "numbers"),
        (multiclass.OneVsRestClassifier(LR()), "classes"),
        (pipeline.make_pipeline(decomposition.TruncatedSVD(3, random_state=0), LR()), "classes"),
        (pipeline.make_pipeline(preprocessing.MaxAbsScaler(), RIDGE()), "numbers"),
        (pipeline.make_pipeline(feature_selection.SelectKBest(k=5), LR()), "classes"),
        (ensemble.RandomForestClassifier(n_estimators=3, random_state=0), "classes"),
    ]
    for number, vectorizer in enumerate(vectorizers):
        yield f"texts {vectorizer}", lambda vectorizer=vectorizer: vectorizer, X, data.targets["classes"], asked
        for last, target in lasts[number % 2 :: 2]:
            made = pipeline.make_pipeline(vectorizer, last)
            yield f"texts {made}", lambda made=made: made, X, data.targets[target], asked
    for last in (naive_bayes.MultinomialNB(), naive_bayes.ComplementNB if hasattr(naive_bayes, "ComplementNB") else LR):
        made = pipeline.make_pipeline(count(), last() if isinstance(last, type) else last)
        yield f"texts {made}", lambda made=made: made, X, data.targets["classes"], asked


def wholes(data):
    """Yield what people make of several: a frame's columns, searches, pipelines, several targets."""
    forest = ensemble.RandomForestClassifier(n_estimators=3, random_state=0)
    if compose is not None:
        yield from of_frames(data, forest)
    search = RandomizedSearchCV(forest, {"max_depth": [2, 3]}, n_iter=2, cv=3, random_state=0, scoring="accuracy")
    yield "search", lambda: search, data.X, data.targets["binary"], data.asked
    X, asked = data.X, data.asked
    drawn = RandomizedSearchCV(LR(), {"C": stats.uniform(0.1, 1)}, n_iter=2, cv=3, random_state=0)
    depths = RandomizedSearchCV(forest, {"max_depth": stats.randint(2, 4)}, n_iter=2, cv=3, random_state=0)
    logs = preprocessing.FunctionTransformer(np.log1p)
    rows = {
        "scaled SVC": (pipeline.make_pipeline(SCALER(), svm.SVC()), "classes"),
        "drawn C": (drawn, "classes"),
        "drawn depths": (depths, "binary"),
        "logarithms first": (pipeline.make_pipeline(logs, SCALER(), RIDGE()), "numbers"),
        "normalized first": (pipeline.make_pipeline(preprocessing.Normalizer(), svm.SVC(probability=True)), "binary"),
        "logarithms in a union": (
            pipeline.make_union(SCALER(), logs, preprocessing.Binarizer()),
            "numbers",
        ),
        "beginning by itself": (ensemble.GradientBoostingClassifier(n_estimators=3, init=DUMMY), "classes"),
        "one against the rest": (multiclass.OneVsRestClassifier(naive_bayes.GaussianNB()), "binary"),
        "labels of several": (linear_model.RidgeClassifier(), "labels"),
        "trees of several": (small_tree(tree.DecisionTreeClassifier), "labels"),
        "forest of several": (forest, "labels"),
        "selected": (
            pipeline.make_pipeline(feature_selection.SelectFromModel(linear_model.Lasso(0.01)), RIDGE()),
            "numbers",
        ),
        "weighed tree": (tree.DecisionTreeClassifier(max_depth=4, class_weight="balanced"), "classes"),
    }
    if hasattr(preprocessing, "Imputer"):  # until 0.21
        X, asked = data.with_missing()
        imputers = [preprocessing.Imputer(), preprocessing.Imputer(strategy="median"), preprocessing.Imputer(axis=1)]
        imputers += [preprocessing.Imputer(missing_values=0)]
        for made in imputers:
            scaled = pipeline.make_pipeline(made, SCALER(), RIDGE())
            yield repr(made), lambda scaled=scaled: scaled, X, data.targets["numbers"], asked
        X, asked = data.X, data.asked
    for label, (made, target) in rows.items():
        yield label, lambda made=made: made, X, data.targets[target], asked


def of_frames(data, forest):
    """Yield estimators of a frame's columns by their kind."""
    X, asked = data.frames()
    number = pipeline.make_pipeline(impute.SimpleImputer(), SCALER())
    word = pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"), CODES)
    parts = [("n", number, ["w", "x", "y"]), ("t", word, ["town"])]
    lasts = [(linear_model.LinearRegression(), "numbers"), (LR(), "classes"), (forest, "binary")]
    for last, target in lasts:
        made = pipeline.Pipeline([("c", compose.ColumnTransformer(parts)), ("m", last)])
        yield f"frame {type(last).__name__}", lambda made=made: made, X, data.targets[target], asked


def targets_of(name, cls):
    """Return the names of the targets that a class is fitted on."""
    kind = getattr(cls, "_estimator_type", "")
    if name in ("ClassifierChain", "MultiOutputClassifier"):
        return ["labels"]
    if name in SEVERAL:
        return ["targets"]
    if name in COUNTS:
        return ["counts"]
    if name.endswith(("Classifier", "SearchCV")) or kind == "classifier" or name in ("Pipeline", "SVC", "NuSVC"):
        return ["binary", "classes"]
    if name.endswith("Regressor") or kind == "regressor" or name in ("KernelRidge", "PLSRegression"):
        return ["numbers", "targets"]
    return ["numbers", "binary"] if name.startswith(BY_TARGET) else ["numbers"]


def maker(cls, parameters):
    """Return a function that makes an estimator with a seed."""

    def make():
        made = cls(**parameters)
        return made.set_params(random_state=0) if "random_state" in made.get_params() else made

    return make


def answers_of(estimator, asked):
    """Return what each method answers to the rows, as lists."""
    result = {}
    scores = (SCORES,) if type(estimator).__name__ in OUTLIERS else ()
    for method in (*METHODS, *scores):
        try:
            answer = getattr(estimator, method)(asked)
        except Exception:  # an old release says so in ways of its own
            continue
        if isinstance(answer, list):  # of several targets
            answer = np.concatenate(answer, axis=1)
        result[method] = np.asarray(answer.toarray() if hasattr(answer, "toarray") else answer).tolist()
    return result


def main(folder, names, seed, every):
    """Write an estimator's pickle and a JSON file with rows and answers, for each fit that this release can make."""
    for number, (label, make, X, y, asked) in enumerate(fits(names, Data(seed))):
        if (number + seed) % every:
            continue
        try:
            estimator = make().fit(X, y)
            data = pickle.dumps(estimator, 4)
        except Exception:
            continue  # not in this release
        answers = answers_of(estimator, asked)
        if answers:
            (folder / f"{number:04}.pickle").write_bytes(data)
            content = {"label": label, "asked": np.asarray(asked).tolist(), "answers": answers}
            (folder / f"{number:04}.json").write_text(json.dumps(content))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    main(Path(sys.argv[1]), set(sys.argv[2].split(",")), int(sys.argv[3]), int(sys.argv[4]))
